"""`report.md`: a run told to people, also where it failed.

Decides which sections there are and their order; `report_course` and `report_results` write most of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inventory.catalog.entry import Catalog
from inventory.exports.counts import failed_reads_of
from inventory.exports.facts import RunFacts
from inventory.exports.failures import enrichment_failures
from inventory.exports.gaps import Gap, exclusions_of, gaps_of
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
from inventory.model.names import run_started_at
from inventory.model.record import ERROR, NOT_IMPLEMENTED, OK
from inventory.model.timestamps import format_time, parse_time

_FAILED = "**failed**: nothing was published, and the last published inventory stays as it is."


def run_report(facts: RunFacts, changes: Sequence[Mapping[str, Any]]) -> bytes:
    """The report of a run that has an inventory.

    `changes` are the first lines of `changes.jsonl.gz`, as many as are to be named.
    """
    gaps = facts.gaps()
    sections = [
        _title(facts.manifest.run_id),
        _status(facts, gaps),
        *([] if facts.executive_summary is None else [_executive_summary(facts.executive_summary)]),
        steps_section(facts.outcomes, facts.aggregation.seconds),
        configuration_section(facts.manifest, facts.compartments),
        regions_section(facts),
        exclusions_section(facts.manifest, facts.exclusions(), gaps),
        results_section(facts),
        failures_section(
            enrichment_failures(facts.records.failed_reads(), facts.catalog), gone=facts.records.gone
        ),
        changes_section(facts, changes),
        findings_section(facts),
        _notes(facts.outcomes, facts.executive_summary),
    ]
    return document(sections)


def failure_report(
    *,
    run_id: str,
    reason: str,
    ended_at: str,
    manifest: Manifest | None,
    outcomes: Mapping[str, Outcome],
    compartments: CompartmentTree | None = None,
    catalog: Catalog | None = None,
) -> bytes:
    """The report of a run that published nothing: why, how far each region came, and what was missing.

    It has the sections that can be told without an inventory. Without a catalog no statements are told.
    """
    times = _times(format_time(run_started_at(run_id)), ended_at)
    sections = [
        _title(run_id),
        ["## Status", "", _FAILED, "", f"Reason: {text(reason)}", "", *times],
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


def is_failure_report(report: bytes) -> bool:
    """Whether a stored `report.md` is that of a run that published nothing."""
    # Text of the tenancy cannot make a line like this one.
    return _FAILED.encode() in report.splitlines()


def _title(run_id: str) -> list[str]:
    return [f"# OCI inventory: run {run_id}"]


def _times(started_at: str, ended_at: str) -> list[str]:
    seconds = (parse_time(ended_at) - parse_time(started_at)).total_seconds()
    return [f"- Started: {started_at}", f"- Ended: {ended_at} ({seconds:.0f} s)"]


def _status(facts: RunFacts, gaps: Sequence[Gap]) -> list[str]:
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
        *_times(facts.manifest.collected_at, facts.ended_at),
        f"- Resources: {facts.records.total}",
        f"- Details: {_details(facts)}",
        f"- Carried forward from the last inventory: {facts.records.carried_forward.total()}",
    ]


def _details(facts: RunFacts) -> str:
    """How many records have what the statuses say, in words."""
    statuses = facts.records.by_status
    words = (
        (OK, "read from their services"),
        (NOT_IMPLEMENTED, "with Search's summary alone"),
        (ERROR, "could not be read (see Enrichment Failures)"),
    )
    return ", ".join(f"{statuses[status]} {word}" for status, word in words if statuses[status]) or "none"


def _executive_summary(summary: ExecutiveSummary) -> list[str]:
    lines = ["## Executive Summary", ""]
    if summary.text is None:
        return [*lines, f"It could not be made: {text(summary.error)}."]
    source = f"Written by the model {text(summary.model_id)} from this run's figures; the tables count."
    return [*lines, *paragraphs(summary.text), "", source]


def _notes(outcomes: Mapping[str, Outcome], summary: ExecutiveSummary | None = None) -> list[str]:
    chat = ""
    if summary is not None:
        chat = f" The executive summary is asked of the model {text(summary.model_id)}, by a chat call."
    redacted = sum(sum(outcome.tally.redactions.values()) for outcome in outcomes.values())
    return [
        "## Notes",
        "",
        f"- Read-only: the tenancy was asked by list, get and search calls alone.{chat}",
        "- Every record was true at some instant while its region was scanned; resources that nobody touched "
        "meanwhile are exact. Resource Search follows the services with a delay of its own.",
        f"- Secrets that were redacted: {redacted}.",
    ]
