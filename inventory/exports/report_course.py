"""The sections of `report.md` that say how a run went: steps, settings, regions, what is missing and why.

They follow from manifest and outcomes, so a run that failed has them, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inventory.exports.counts import call_totals, records_read
from inventory.exports.facts import RunFacts
from inventory.exports.gaps import EXCLUSIONS, OUT_OF_SCOPE, Gap
from inventory.exports.markdown import code, cut_table, table, text
from inventory.model.checkpoint import Outcome
from inventory.model.compartments import CompartmentTree
from inventory.model.manifest import Manifest
from inventory.model.timestamps import format_time

_SERVICES = {"*": "any service"}


def steps_section(outcomes: Mapping[str, Outcome], aggregator: Mapping[str, float]) -> list[str]:
    """`## Steps Executed`: seconds by step, of every region and of the aggregator."""
    rows = [
        (f"region {region}", step, f"{spent:.1f}")
        for region, outcome in sorted(outcomes.items())
        for step, spent in outcome.tally.seconds.items()
    ]
    rows += [("aggregator", step, f"{spent:.1f}") for step, spent in aggregator.items()]
    return ["## Steps Executed", "", *table(("Where", "Step", "Seconds"), rows)]


def configuration_section(manifest: Manifest, tree: CompartmentTree | None) -> list[str]:
    """`## Run Configuration`: everything that the manifest pins."""
    scope = manifest.scope
    compartments = [_named(ocid, tree) for ocid in scope.compartments or ()]
    rows = [
        ("Trigger", manifest.trigger_kind),
        ("Trigger key", manifest.trigger_key),
        ("Kind of run", "ad hoc: the pointer stays where it is" if manifest.is_adhoc else "inventory"),
        ("Tenancy", _named(manifest.tenancy_id, tree)),
        ("Query", scope.query),
        ("Regions asked for", ", ".join(scope.regions or ("all subscribed",))),
        ("Resource types", ", ".join(scope.types or ("all",))),
        ("Resource types left out", ", ".join(scope.exclude_types or ("none",))),
        ("Compartments, with all below", ", ".join(compartments or ["all"])),
        ("Tags", ", ".join(scope.tags or ("any",))),
        ("Terminated resources", "included" if scope.include_terminated else "left out"),
        ("Depth", manifest.depth),
        ("Requests per second in each region", _budgets(manifest.budgets)),
        ("Parquet table", "left out" if manifest.parquet is False else "made"),
        ("Home region", manifest.home_region),
        ("Baseline", manifest.baseline.run_id if manifest.baseline else "none"),
        ("Volatile fields besides the built-in", ", ".join(manifest.volatile_fields or ("none",))),
        ("To be closed by", format_time(manifest.close_by)),
        ("Code version", manifest.code_version),
        ("Catalog", manifest.catalog_fingerprint[:16]),
        ("Redaction rules", manifest.redaction_fingerprint[:16]),
        ("Compartment tree", (manifest.compartments_sha256 or "not read")[:16]),
    ]
    return ["## Run Configuration", "", *table(("Setting", "Value"), rows)]


def regions_section(facts: RunFacts) -> list[str]:
    """`## Regions`: how each region ended, and how old the youngest resource was that Search showed there."""
    rows = []
    for region in facts.regions:
        outcome = facts.outcomes.get(region)
        rows.append(
            (
                region,
                outcome.status if outcome else "not searched",
                facts.records.by_region[region],
                facts.records.carried_forward[region],
                _calls(outcome),
                facts.records.youngest.get(region),
                _scanned(outcome),
            )
        )
    columns = (
        "Region",
        "Status",
        "Resources",
        "Carried forward",
        "API calls",
        "Youngest creation",
        "Scanned",
    )
    return ["## Regions", "", *table(columns, rows)]


def failed_regions_section(manifest: Manifest, outcomes: Mapping[str, Outcome]) -> list[str]:
    """`## Regions` of a run without inventory: how far each region came."""
    rows: list[Sequence[object]] = []
    for region in manifest.regions:
        outcome = outcomes.get(region)
        status = outcome.status if outcome else "no outcome"
        records = records_read(outcome.slices, outcome.tally) if outcome else 0
        errors = "; ".join(part.error for part in outcome.slices if part.error) if outcome else ""
        rows.append((region, status, errors, records, _calls(outcome), _scanned(outcome)))
    rows += [(gap.region, "not searched", gap.reason, 0, 0, "") for gap in manifest.unavailable_regions]
    columns = ("Region", "Status", "Reason", "Records read", "API calls", "Scanned")
    return ["## Regions", "", *table(columns, rows)]


def _calls(outcome: Outcome | None) -> int:
    return call_totals([outcome])["calls"] if outcome else 0


def _scanned(outcome: Outcome | None) -> str:
    return f"{format_time(outcome.started_at)} to {format_time(outcome.ended_at)}" if outcome else ""


def exclusions_section(manifest: Manifest, exclusions: Mapping[str, int], gaps: Sequence[Gap]) -> list[str]:
    """`## Exclusion and Gap Details`: what was left out on purpose, and what could not be seen."""
    words = {**EXCLUSIONS, **OUT_OF_SCOPE}
    rows: list[Sequence[object]] = [
        (code(reason), words[reason], count) for reason, count in exclusions.items() if count
    ]
    others = sorted({*manifest.region_keys.values()} - {*manifest.regions})
    others = [region for region in others if not manifest.scope.covers_region(region)]
    lines = ["## Exclusion and Gap Details", "", "### Left out on purpose", ""]
    if others:
        lines += [f"Subscribed regions that were not asked for: {text(', '.join(others))}.", ""]
    if rows:
        lines += table(("Reason", "What", "Items"), rows)
    elif not others:
        lines.append("Nothing.")
    return [*lines, "", "### What could not be seen", "", *_gap_lines(gaps)]


def _gap_lines(gaps: Sequence[Gap]) -> list[str]:
    if not gaps:
        return ["None: everything in scope was seen."]
    failed = [gap for gap in gaps if gap["kind"] == "enrichment"]
    rows = [(gap["kind"], gap["place"], gap["reason"]) for gap in gaps if gap["kind"] != "enrichment"]
    lines = [
        "What could not be seen keeps its last known state; it is neither dropped nor reported as removed."
    ]
    if rows:
        lines += ["", *cut_table(("Kind", "Place", "Reason"), rows)]
    if failed:
        told = "Details could not be read in so many cases of region, type and reason"
        lines += ["", f"{told}: {len(failed)}; see Enrichment Failures."]
    return lines


def _budgets(budgets: Mapping[str, float]) -> str:
    """`any service 50, identity 12.5`; the budget of all others comes first."""
    told = sorted(budgets.items(), key=lambda budget: (budget[0] != "*", budget[0]))
    return ", ".join(f"{_SERVICES.get(name, name)} {rate:g}" for name, rate in told) or "not told"


def _named(ocid: str, tree: CompartmentTree | None) -> str:
    path = ocid if tree is None else tree.path(ocid)
    return ocid if path == ocid else f"{path} ({ocid})"
