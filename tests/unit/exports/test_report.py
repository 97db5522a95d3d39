"""`report.md`: the run told to people, whatever names their resources have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inventory.exports.diff_files import change_line
from inventory.exports.report import failure_report, run_report
from inventory.model.canonical import parse_json
from inventory.model.checkpoint import COMPLETE, Slice, Tally
from inventory.model.publication import Aggregation
from tests.unit.exports.facts import (
    ASHBURN,
    BEFORE,
    FRANKFURT,
    RUN,
    RUN_ID,
    changes,
    facts,
    manifest,
    outcomes,
)

GOLDEN = Path(__file__).parents[2] / "data" / "exports"


def named(*, display_name: str | None = None) -> list[dict[str, Any]]:
    """The first lines of the changes."""
    lines = [change_line(one, since=BEFORE, until=RUN) for one in changes()]
    told = [parse_json(line) for line in lines if line is not None]
    return told if display_name is None else [{**told[0], "displayName": display_name}]


def report(**more: Any) -> str:
    return run_report(facts(**more), named()).decode()


def test_a_report_is_that_of_its_golden_file() -> None:
    assert report() == (GOLDEN / "report.md").read_text(encoding="utf-8")


def test_a_failure_report_is_that_of_its_golden_file() -> None:
    body = failure_report(
        run_id=RUN_ID,
        reason="a shard is damaged: shards/0001.jsonl.gz | not gzip",
        manifest=manifest(),
        outcomes={FRANKFURT: outcomes()[FRANKFURT]},
    )
    assert body.decode() == (GOLDEN / "failure_report.md").read_text(encoding="utf-8")


def test_a_run_that_was_never_planned_has_a_report_too() -> None:
    told = failure_report(run_id=RUN_ID, reason="no plan", manifest=None, outcomes={}).decode()
    assert told.startswith(f"# OCI inventory: run {RUN_ID}\n")
    assert "Reason: no plan" in told
    assert "## Regions" not in told


def test_a_report_has_the_sections_that_its_readers_know() -> None:
    headings = [line for line in report().splitlines() if line.startswith("#")]
    assert headings == [
        f"# OCI inventory: run {RUN_ID}",
        "## Status",
        "## Steps Executed",
        "## Run Configuration",
        "## Regions",
        "## Gaps",
        "## Results",
        "## Changes",
        "## Findings",
        "## Notes",
    ]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a|b", r"a\|b"),
        ("`code`", r"\`code\`"),
        ("*bold* _it_", r"\*bold\* \_it\_"),
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("[link](http://x)", r"\[link\](http://x)"),
        ("two\nlines\r\nand\ttabs", "two lines and tabs"),
        ("back\\slash|", r"back\\slash\|"),
        ("# no heading", "# no heading"),
    ],
)
def test_a_name_cannot_break_out_of_its_cell(name: str, written: str) -> None:
    told = run_report(facts(), named(display_name=name)).decode()
    (row,) = [line for line in told.splitlines() if line.startswith("| added | Vcn |")]
    assert row == f"| added | Vcn | {written} | us-ashburn-1 | ocid1.vcn.oc1.iad.b |"


def test_a_resource_without_a_name_is_an_empty_cell() -> None:
    told = run_report(facts(), [{**named()[0], "displayName": None}]).decode()
    assert "| added | Vcn |  | us-ashburn-1 | ocid1.vcn.oc1.iad.b |" in told


def test_a_reason_cannot_break_out_of_its_line() -> None:
    told = failure_report(run_id=RUN_ID, reason="a\n\n# b <i>", manifest=None, outcomes={}).decode()
    assert r"Reason: a # b \<i\>" in told.splitlines()


def test_a_run_without_gaps_says_so() -> None:
    whole = facts(told=changes()[3:])
    seen = replace(whole.outcomes[ASHBURN], tally=Tally(), slices=(Slice(name="*", state=COMPLETE),))
    whole = replace(
        whole,
        manifest=replace(whole.manifest, unavailable_regions=()),
        outcomes={ASHBURN: seen},
        aggregation=replace(whole.aggregation, gaps=()),
    )
    told = run_report(whole, []).decode()
    assert "The inventory is **without gaps**." in told
    assert "None: everything in scope was seen." in told


def test_without_a_baseline_the_report_says_why_there_is_no_diff() -> None:
    assert "No diff: the baseline could not be read: it is gone." in report(baseline_error="it is gone")
    first = facts(baseline_error="x")
    aggregation: Aggregation = replace(first.aggregation, baseline_error=None)
    told = run_report(replace(first, aggregation=aggregation), []).decode()
    assert "No diff: there is no earlier inventory to compare with." in told


def test_a_mass_removal_is_a_finding() -> None:
    told = report()
    assert "- **Mass removal**: 12 of 12 Subnet in us-ashburn-1 are gone. Search hides" in told
    assert "Mass removal" not in report(told=changes())
