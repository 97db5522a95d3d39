"""How a run is compared with its baseline: by what both manifests say, and by what both runs cover."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inventory.catalog.entry import Catalog
from inventory.coordination.call import Call
from inventory.coordination.documents import read_scope_filter
from inventory.model.checkpoint import Outcome
from inventory.model.manifest import Manifest
from inventory.model.timestamps import parse_time
from inventory.roles.aggregator.sources import BaselineFiles, LeftScope, is_same_query
from inventory.stages.diff import DiffRules

_METADATA = "/details/metadata"

_Test = Callable[[Mapping[str, Any]], bool]


def rules_without_baseline(manifest: Manifest, catalog: Catalog) -> DiffRules:
    """How a run is told that there is nothing to compare with: no record of it is news."""
    return _rules(manifest, manifest, catalog, in_scope_before=lambda _: False, in_scope_now=lambda _: True)


def rules_against(
    call: Call, manifest: Manifest, outcomes: Mapping[str, Outcome], baseline: BaselineFiles, catalog: Catalog
) -> DiffRules:
    """How a run is compared with its baseline.

    The rules hold for one pass in the order of OCIDs. Raises InvalidDocument where this run's compartments
    or, while comparing, one of its shards are damaged.
    """
    is_comparable = is_same_query(baseline.manifest, manifest)
    now = read_scope_filter(call, manifest)
    left = LeftScope(call, outcomes, now)
    return _rules(
        baseline.manifest,
        manifest,
        catalog,
        in_scope_before=lambda record: is_comparable and _was_covered(record, baseline),
        in_scope_now=lambda record: is_comparable and now.covers(record) and not left.has(record["ocid"]),
    )


def _was_covered(record: Mapping[str, Any], baseline: BaselineFiles) -> bool:
    """Whether the baseline would have held a record, had it been there at the time."""
    if record["region"] not in baseline.known_regions or not baseline.scope.covers(record):
        return False
    # Where resources come into a scope by a change of their own, only what was created since is news.
    return not baseline.scope.is_passing or _is_younger(record, baseline.manifest.collected_at)


def _is_younger(record: Mapping[str, Any], than: str) -> bool:
    try:
        return parse_time(str(record["timeCreated"])) > parse_time(than)
    except ValueError:
        return False


def _rules(
    before: Manifest, now: Manifest, catalog: Catalog, *, in_scope_before: _Test, in_scope_now: _Test
) -> DiffRules:
    def volatile(resource_type: str) -> tuple[str, ...]:
        entry = catalog.entry(resource_type)
        own = tuple(_METADATA + pattern for pattern in entry.volatile) if entry else ()
        return (*own, *now.volatile_fields)

    def set_like(resource_type: str) -> tuple[str, ...]:
        entry = catalog.entry(resource_type)
        return tuple(_METADATA + pattern for pattern in entry.set_like) if entry else ()

    return DiffRules(
        collected_at=now.collected_at,
        volatile=volatile,
        set_like=set_like,
        in_scope_before=in_scope_before,
        in_scope_now=in_scope_now,
        search_fields_only=(
            (before.depth, before.catalog_fingerprint, before.redaction_fingerprint)
            != (now.depth, now.catalog_fingerprint, now.redaction_fingerprint)
        ),
    )
