"""The sections of `report.md` that say what a run found: results, failures, changes, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from inventory.exports.coverage import not_readable, not_searchable, unknown_types
from inventory.exports.diff_files import diff_summary
from inventory.exports.facts import RunFacts, counts_by_compartment
from inventory.exports.failures import EnrichmentFailure
from inventory.exports.markdown import MAX_ROWS, code, cut_table, table, text
from inventory.model.record import ENRICH_STATUSES

#: How many changed resources the report names; all of them are in `changes.jsonl.gz`.
NAMED_CHANGES = 50
#: How many of a changed resource's fields it names.
NAMED_FIELDS = 3
_SEARCH_COPY = "/details/searchSummary/"


def results_section(facts: RunFacts) -> list[str]:
    """`## Results`: the records by region, type, compartment and status, the largest first."""
    records = facts.records
    carried = records.carried_forward
    compartments = [
        (row["path"] or "none", row["records"], row["compartmentId"]) for row in counts_by_compartment(facts)
    ]
    statuses = [(status, count) for status, count in sorted(records.by_status.items())]
    return [
        "## Results",
        "",
        f"{records.total} resources, of which {carried.total()} are carried forward from the last inventory.",
        *_table_of("By region", "Region", _by_status(records.by_region_and_status)),
        *_table_of("By resource type", "Resource type", _by_status(records.by_type_and_status)),
        "",
        "### By compartment",
        "",
        *cut_table(("Compartment", "Resources", "OCID"), compartments, counted=1),
        "",
        "### By status",
        "",
        *table(("Status", "Resources"), statuses),
    ]


def _by_status(counts: Mapping[str, Counter[str]]) -> list[tuple[object, ...]]:
    rows = sorted(counts.items(), key=lambda row: (-row[1].total(), row[0]))
    return [
        (name, statuses.total(), *(statuses[status] for status in ENRICH_STATUSES)) for name, statuses in rows
    ]


def _table_of(title: str, column: str, rows: list[tuple[object, ...]]) -> list[str]:
    return ["", f"### {title}", "", *cut_table((column, "Resources", *ENRICH_STATUSES), rows, counted=1)]


def failures_section(failures: Sequence[EnrichmentFailure], *, gone: int = 0) -> list[str]:
    """`## Enrichment Failures`: by reason, with the IAM statement that would mend it, where one would.

    `gone` resources have failed, too, but nothing was missed there.
    """
    lines = ["## Enrichment Failures", ""]
    if gone:
        lines += [f"Deleted by what Search shows, or no longer known to their service: {gone}.", ""]
    if not failures:
        return [*lines, "None besides." if gone else "None."]
    columns = ("Reason", "Resource type", "Call", "Regions", "Resources", "Statement that would mend it")
    rows = [
        (
            failure.reason,
            failure.resource_type,
            failure.operation or "",
            ", ".join(failure.regions),
            str(failure.records) if failure.seen is None else f"{failure.records} of {failure.seen}",
            code(failure.statement) if failure.statement else "",
        )
        for failure in failures
    ]
    lines += cut_table(columns, rows)
    if any(failure.statement for failure in failures):
        lines += [
            "",
            "OCI answers alike for what is gone and for what may not be seen: where all resources of a type "
            "fail, a grant is missing; where a few do, they may be gone meanwhile.",
        ]
    return lines


def changes_section(facts: RunFacts, changes: Sequence[Mapping[str, Any]]) -> list[str]:
    """`## Changes`: the numbers, and some of the resources by name: what is gone, then what is new."""
    if facts.diff is None:
        return ["## Changes", "", f"No diff: {text(facts.diff_note)}."]
    numbers: list[Sequence[object]] = list(diff_summary(facts.diff).items())
    lines = ["## Changes", "", *table(("", "Resources"), numbers)]
    if changes:
        total = facts.diff.added + facts.diff.removed + facts.diff.changed
        lines += ["", f"{len(changes)} of {total} are named here; all of them are in `changes.jsonl.gz`.", ""]
        columns = ("Change", "Resource type", "Name", "Compartment", "Region", "What changed", "OCID")
        lines += table(columns, [_change(facts, change) for change in changes])
    return lines


def _change(facts: RunFacts, change: Mapping[str, Any]) -> tuple[object, ...]:
    compartment = change["compartmentId"]
    path = facts.compartment_path(None if compartment is None else str(compartment))
    kind, name = change["resourceType"], change["displayName"]
    return change["kind"], kind, name, path, change["region"], _changed_fields(change), change["ocid"]


def _changed_fields(change: Mapping[str, Any]) -> str:
    """The first pointers of a changed resource; Search's own copy of a field says nothing more."""
    pointers = [field["pointer"] for field in change.get("fields", ())]
    told = [pointer for pointer in pointers if not pointer.startswith(_SEARCH_COPY)] or pointers
    more = f", and {len(told) - NAMED_FIELDS} more" if len(told) > NAMED_FIELDS else ""
    return ", ".join(told[:NAMED_FIELDS]) + more


def findings_section(facts: RunFacts) -> list[str]:
    """`## Findings`: what somebody should look at, or should know to read the numbers."""
    counts = facts.aggregation.counts
    lines = ["## Findings", ""]
    for flagged in facts.diff.mass_removals() if facts.diff else ():
        lines.append(
            f"- **Mass removal**: {flagged.removed} of {flagged.before} {text(flagged.resource_type)} in "
            f"{flagged.region} are gone. "
            "Search hides what a lost IAM grant no longer shows; check the policy."
        )
    unknown = unknown_types(facts)
    if unknown:
        lines.append(f"- **Types asked for that no region's Search names**: {_listed(unknown)}")
    lines += [
        f"- Records without OCID: {facts.records.without_ocid}",
        f"- Further sightings of one resource, folded into one record: {counts.get('folded', 0)}",
        f"- Details kept from the last inventory because enrichment failed: "
        f"{counts.get('details_carried_forward', 0)}",
        "- Index lag: Search does not tell how old its index is. Resources created later than a region's "
        "youngest creation (see Regions) may be missing. Resources of which the service told another "
        f"lifecycle state than Search: {facts.records.other_state}",
        f"- Types of which nothing could be read: {_listed(_unreadable(facts))}",
        f"- Types that the catalog has and Search does not name: {_listed(_unsearchable(facts))}",
    ]
    return lines


def _unreadable(facts: RunFacts) -> list[str]:
    return _with_regions(facts, {region: not_readable(facts, region) for region in facts.outcomes})


def _unsearchable(facts: RunFacts) -> list[str]:
    told = {region: not_searchable(facts, region) or [] for region in facts.outcomes}
    return _with_regions(facts, told)


def _with_regions(facts: RunFacts, found: Mapping[str, Iterable[str]]) -> list[str]:
    """Each type with the regions in which it was found: all, one by name, or how many of them."""
    regions: dict[str, list[str]] = {}
    for region, kinds in sorted(found.items()):
        for kind in kinds:
            regions.setdefault(kind, []).append(region)
    told = []
    for kind, where in sorted(regions.items()):
        named = where[0] if len(where) == 1 else f"{len(where)} of {len(facts.outcomes)} regions"
        told.append(f"{text(kind)} ({named})")
    return told


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "none"
    rest = len(names) - MAX_ROWS
    more = f" and {rest} more; all of them are in `coverage.json`" if rest > 0 else ""
    return ", ".join(names[:MAX_ROWS]) + more
