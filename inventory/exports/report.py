"""`report.md`: a run told to people, also where it failed.

Decides which sections there are and their order; `report_course` and `report_results` write most of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inventory.catalog.entry import Catalog
from inventory.exports.counts import failed_reads_of
from inventory.exports.facts import RunFacts
from inventory.exports.failures import enrichment_failures
from inventory.exports.gaps import exclusions_of, gaps_of
from inventory.exports.markdown import document, paragraphs, text
from inventory.exports.report_course import (
    configuration_section,
    exclusions_section,
    failed_regions_section,
    regions_section,
    steps_section,
)
from inventory.exports.report_results import (
    changes_section,
    failures_section,
    findings_section,
    results_section,
)
from inventory.model.checkpoint import Outcome
from inventory.model.compartments import CompartmentTree
from inventory.model.executive_summary import ExecutiveSummary
from inventory.model.manifest import Manifest
from inventory.model.timestamps import parse_time


def run_report(facts: RunFacts, changes: Sequence[Mapping[str, object]]) -> bytes:
    """The report of a run that has an inventory.

    `changes` are the first lines of `changes.jsonl.gz`, as many as are to be named.
    """
    sections = [
        _title(facts.manifest.run_id),
        _status(facts),
        *([] if facts.executive_summary is None else [_executive_summary(facts.executive_summary)]),
        steps_section(facts.outcomes, facts.aggregation.seconds),
        configuration_section(facts.manifest, facts.compartments),
        regions_section(facts),
        exclusions_section(facts.manifest, facts.exclusions(), facts.gaps()),
        results_section(facts),
        failures_section(
            enrichment_failures(facts.records.failed_reads(), facts.catalog), gone=facts.records.gone
        ),
        changes_section(facts, changes),
        findings_section(facts),
        _notes(facts.outcomes),
    ]
    return document(sections)


def failure_report(
    *,
    run_id: str,
    reason: str,
    manifest: Manifest | None,
    outcomes: Mapping[str, Outcome],
    compartments: CompartmentTree | None = None,
    catalog: Catalog | None = None,
) -> bytes:
    """The report of a run that published nothing: why, how far each region came, and what was missing.

    It has the sections that can be told without an inventory. Without a catalog no statements are told.
    """
    sections = [
        _title(run_id),
        [
            "## Status",
            "",
            "**failed**: nothing was published, and the last published inventory stays as it is.",
            "",
            f"Reason: {text(reason)}",
        ],
    ]
    if manifest is not None:
        failed = failed_reads_of(outcomes)
        sections += [
            steps_section(outcomes, {}),
            configuration_section(manifest, compartments),
            failed_regions_section(manifest, outcomes),
            exclusions_section(manifest, exclusions_of(outcomes), gaps_of(manifest, outcomes, failed)),
            failures_section(enrichment_failures(failed, catalog)),
            _notes(outcomes),
        ]
    return document(sections)


def _title(run_id: str) -> list[str]:
    return [f"# OCI inventory: run {run_id}"]


def _status(facts: RunFacts) -> list[str]:
    started = parse_time(facts.manifest.collected_at)
    seconds = (parse_time(facts.ended_at) - started).total_seconds()
    gaps = facts.gaps()
    lines = ["## Status", ""]
    if gaps:
        number = "1 gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
        lines.append(f"The inventory has **{number}**; see Exclusion and Gap Details.")
    else:
        lines.append("The inventory is **without gaps**.")
    if facts.manifest.is_adhoc:
        lines += [
            "",
            "This is an **ad-hoc run**: its results are in its folder, and the pointer stays.",
        ]
    return [
        *lines,
        "",
        f"- Started: {facts.manifest.collected_at}",
        f"- Ended: {facts.ended_at} ({seconds:.0f} s)",
        f"- Resources: {facts.records.total}",
        f"- Carried forward from the last inventory: {facts.records.carried_forward.total()}",
    ]


def _executive_summary(summary: ExecutiveSummary) -> list[str]:
    lines = ["## Executive Summary", ""]
    if summary.text is None:
        return [*lines, f"It could not be made: {text(summary.error)}."]
    source = f"Written by the model {text(summary.model_id)} from this run's figures; the tables count."
    return [*lines, *paragraphs(summary.text), "", source]


def _notes(outcomes: Mapping[str, Outcome]) -> list[str]:
    redacted = sum(sum(outcome.tally.redactions.values()) for outcome in outcomes.values())
    return [
        "## Notes",
        "",
        "- Read-only: the tenancy was asked by list, get and search calls alone.",
        "- Every record was true at some instant while its region was scanned; resources that nobody touched "
        "meanwhile are exact. Resource Search follows the services with a delay of its own.",
        f"- Secrets that were redacted: {redacted}.",
    ]
