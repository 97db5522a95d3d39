"""`coverage.json`: by region, which types Search can show, and what became of those that it showed."""

from __future__ import annotations

from typing import Any

from inventory.catalog.entry import Catalog
from inventory.exports.counts import TypeCounts
from inventory.exports.facts import RunFacts
from inventory.model.fields import document_bytes

FORMAT_VERSION = 1


def coverage_bytes(facts: RunFacts) -> bytes:
    """`coverage.json`."""
    return document_bytes(coverage(facts))


def coverage(facts: RunFacts) -> dict[str, Any]:
    """The coverage of every region, and the totals over all."""
    regions = {region: _region(facts, region) for region in facts.regions}
    return {
        "format_version": FORMAT_VERSION,
        "run_id": facts.manifest.run_id,
        "collectedAt": facts.manifest.collected_at,
        "regions": regions,
        "totals": _totals(facts),
    }


def not_searchable(facts: RunFacts, region: str) -> list[str] | None:
    """The catalogued types that a region's Search does not name; None where its types are not known.

    Types of the home region are missed in the home region alone.
    """
    told = facts.search_types.get(region)
    if told is None or told.types is None:
        return None
    return _missing(facts.catalog, told.types, is_home=region == facts.manifest.home_region)


def unknown_types(facts: RunFacts) -> list[str]:
    """The types asked for that no region's Search names, where all regions have told theirs."""
    told = [facts.search_types.get(region) for region in facts.outcomes]
    if any(types is None or types.types is None for types in told):
        return []
    named = {name.lower() for types in told if types and types.types for name in types.types}
    return [name for name in facts.manifest.scope.types or () if name.lower() not in named]


def not_readable(facts: RunFacts, region: str) -> list[str]:
    """The types of which every attempt to read one in a region was refused."""
    return sorted(
        kind
        for (place, kind), counts in facts.records.by_type.items()
        if place == region and counts.is_not_readable
    )


def _region(facts: RunFacts, region: str) -> dict[str, Any]:
    outcome = facts.outcomes.get(region)
    told = facts.search_types.get(region)
    return {
        "status": outcome.status if outcome else "not searched",
        "known": list(told.types) if told is not None and told.types is not None else None,
        "error": told.error if told is not None else None,
        "types": {
            kind: _type(counts) for (place, kind), counts in facts.records.by_type.items() if place == region
        },
        "notReadable": not_readable(facts, region),
        "notSearchable": not_searchable(facts, region),
    }


def _type(counts: TypeCounts) -> dict[str, Any]:
    return {
        "seen": counts.seen,
        "enriched": counts.enriched,
        "notImplemented": counts.not_implemented,
        "failed": dict(counts.failed),
        "gone": counts.gone,
        "carriedForward": counts.carried_forward,
    }


def _totals(facts: RunFacts) -> dict[str, int]:
    counted = facts.records.by_type.values()
    return {
        "seen": sum(counts.seen for counts in counted),
        "enriched": sum(counts.enriched for counts in counted),
        "notImplemented": sum(counts.not_implemented for counts in counted),
        "failed": sum(counts.failed.total() for counts in counted),
        "gone": sum(counts.gone for counts in counted),
        "carriedForward": sum(counts.carried_forward for counts in counted),
    }


def _missing(catalog: Catalog, named: tuple[str, ...], *, is_home: bool) -> list[str]:
    known = {name.lower() for name in named}
    return sorted(
        entry.name
        for entry in catalog.entries
        if (is_home or not entry.home_region)
        and known.isdisjoint(name.lower() for name in (entry.name, *entry.aliases))
    )
