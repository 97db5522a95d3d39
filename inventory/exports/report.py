"""`report.md`: a run told to people, also where it failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from inventory.exports.diff_files import diff_summary
from inventory.exports.summary import RunFacts, call_total
from inventory.model.checkpoint import Outcome
from inventory.model.manifest import Manifest
from inventory.model.record import ENRICH_STATUSES
from inventory.model.timestamps import format_time, parse_time

#: How many changed resources the report names; all of them are in `changes.jsonl.gz`.
NAMED_CHANGES = 50


def run_report(facts: RunFacts, changes: Sequence[Mapping[str, object]]) -> bytes:
    """The report of a run that has an inventory.

    `changes` are the first lines of `changes.jsonl.gz`, as many as are to be named.
    """
    sections = [
        [f"# OCI inventory: run {facts.manifest.run_id}"],
        _status(facts),
        _steps(facts),
        _configuration(facts.manifest),
        _regions(facts),
        _gaps(facts),
        _results(facts),
        _changes(facts, changes),
        _findings(facts),
        _notes(facts),
    ]
    return _document(sections)


def failure_report(
    *, run_id: str, reason: str, manifest: Manifest | None, outcomes: Mapping[str, Outcome]
) -> bytes:
    """The report of a run that published nothing: why, and how far each region came."""
    sections = [
        [f"# OCI inventory: run {run_id}"],
        [
            "## Status",
            "",
            "**failed**: nothing was published, and the last published inventory stays as it is.",
            "",
            f"Reason: {_text(reason)}",
        ],
    ]
    if manifest is not None:
        sections.append(_configuration(manifest))
        rows = [
            (
                region,
                outcomes[region].status if region in outcomes else "no outcome",
                _errors(outcomes, region),
            )
            for region in manifest.regions
        ]
        rows += [(gap.region, "not searched", gap.reason) for gap in manifest.unavailable_regions]
        sections.append(["## Regions", "", *_table(("Region", "Status", "Reason"), rows)])
    return _document(sections)


def _status(facts: RunFacts) -> list[str]:
    started = parse_time(facts.manifest.collected_at)
    seconds = (parse_time(facts.ended_at) - started).total_seconds()
    gaps = facts.gaps()
    lines = ["## Status", ""]
    if gaps:
        lines.append(f"The inventory has **{len(gaps)} gaps**; see Gaps below.")
    else:
        lines.append("The inventory is **without gaps**.")
    lines += [
        "",
        f"- Started: {facts.manifest.collected_at}",
        f"- Ended: {facts.ended_at} ({seconds:.0f} s)",
        f"- Resources: {facts.records.total}",
        f"- Carried forward from the last inventory: {facts.records.carried_forward.total()}",
    ]
    return lines


def _steps(facts: RunFacts) -> list[str]:
    rows = [
        (f"region {region}", step, f"{spent:.1f}")
        for region, outcome in sorted(facts.outcomes.items())
        for step, spent in outcome.tally.seconds.items()
    ]
    rows += [("aggregator", step, f"{spent:.1f}") for step, spent in facts.aggregation.seconds.items()]
    return ["## Steps Executed", "", *_table(("Where", "Step", "Seconds"), rows)]


def _configuration(manifest: Manifest) -> list[str]:
    rows = [
        ("Trigger", manifest.trigger_kind),
        ("Query", manifest.scope.query),
        ("Regions asked for", ", ".join(manifest.scope.regions or ("all subscribed",))),
        ("Terminated resources", "included" if manifest.scope.include_terminated else "left out"),
        ("Depth", manifest.depth),
        ("Home region", manifest.home_region),
        ("Baseline", manifest.baseline.run_id if manifest.baseline else "none"),
        ("Code version", manifest.code_version),
        ("Catalog", manifest.catalog_fingerprint[:16]),
        ("Redaction rules", manifest.redaction_fingerprint[:16]),
    ]
    return ["## Run Configuration", "", *_table(("Setting", "Value"), rows)]


def _regions(facts: RunFacts) -> list[str]:
    rows = []
    for region in sorted({*facts.outcomes, *facts.records.by_region}):
        outcome = facts.outcomes.get(region)
        calls = call_total(outcome.tally.calls) if outcome else 0
        rows.append(
            (
                region,
                outcome.status if outcome else "not searched",
                facts.records.by_region[region],
                facts.records.carried_forward[region],
                calls,
                f"{format_time(outcome.started_at)} to {format_time(outcome.ended_at)}" if outcome else "",
            )
        )
    columns = ("Region", "Status", "Resources", "Carried forward", "API calls", "Scanned")
    return ["## Regions", "", *_table(columns, rows)]


def _gaps(facts: RunFacts) -> list[str]:
    rows = [(gap["kind"], gap["place"], gap["reason"]) for gap in facts.gaps()]
    if not rows:
        return ["## Gaps", "", "None: everything in scope was seen."]
    told = "What could not be seen keeps its last known state; it is neither dropped nor reported as removed."
    return ["## Gaps", "", told, "", *_table(("Kind", "Place", "Reason"), rows)]


def _results(facts: RunFacts) -> list[str]:
    rows = [
        (kind, statuses.total(), *(statuses[status] for status in ENRICH_STATUSES))
        for kind, statuses in sorted(facts.records.by_type_and_status.items())
    ]
    return ["## Results", "", *_table(("Resource type", "Resources", *ENRICH_STATUSES), rows)]


def _changes(facts: RunFacts, changes: Sequence[Mapping[str, object]]) -> list[str]:
    if facts.diff is None:
        return ["## Changes", "", f"No diff: {_text(facts.diff_note or '')}."]
    rows: list[Sequence[object]] = list(diff_summary(facts.diff).items())
    lines = ["## Changes", "", *_table(("", "Resources"), rows)]
    if changes:
        total = facts.diff.added + facts.diff.removed + facts.diff.changed
        lines += ["", f"The first {len(changes)} of {total}; all of them are in `changes.jsonl.gz`.", ""]
        columns = ("Change", "Resource type", "Name", "Region", "OCID")
        lines += _table(
            columns,
            [
                tuple(change[key] for key in ("kind", "resourceType", "displayName", "region", "ocid"))
                for change in changes
            ],
        )
    return lines


def _findings(facts: RunFacts) -> list[str]:
    counts = facts.aggregation.counts
    lines = [
        "## Findings",
        "",
        f"- Records without OCID: {facts.records.without_ocid}",
        f"- Further sightings of one resource, folded into one record: {counts.get('folded', 0)}",
        f"- Details kept from the last inventory because enrichment failed: "
        f"{counts.get('details_carried_forward', 0)}",
        f"- Records of the last inventory that are out of this run's scope: {counts.get('out_of_scope', 0)}",
    ]
    for flagged in facts.diff.mass_removals() if facts.diff else ():
        lines.append(
            f"- **Mass removal**: {flagged.removed} of {flagged.before} {flagged.resource_type} in "
            f"{flagged.region} are gone. "
            "Search hides what a lost IAM grant no longer shows; check the policy."
        )
    return lines


def _notes(facts: RunFacts) -> list[str]:
    redacted = sum(sum(outcome.tally.redactions.values()) for outcome in facts.outcomes.values())
    return [
        "## Notes",
        "",
        "- Read-only: the tenancy was asked by list, get and search calls alone.",
        "- Every record was true at some instant while its region was scanned; resources that nobody touched "
        "meanwhile are exact. Resource Search follows the services with a delay of its own.",
        f"- Secrets that were redacted: {redacted}.",
    ]


def _errors(outcomes: Mapping[str, Outcome], region: str) -> str:
    outcome = outcomes.get(region)
    return "; ".join(part.error for part in outcome.slices if part.error) if outcome else ""


def _document(sections: Iterable[list[str]]) -> bytes:
    return "\n".join("\n".join([*lines, ""]) for lines in sections).encode("utf-8", "replace")


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    return [
        "| " + " | ".join(columns) + " |",
        "|" + " --- |" * len(columns),
        *("| " + " | ".join(_text(cell) for cell in row) + " |" for row in rows),
    ]


def _text(value: object) -> str:
    """A value inside a line of Markdown: no markup of its own, no line breaks."""
    text = "" if value is None else str(value)
    for character in "\\`*_<>|[]":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
