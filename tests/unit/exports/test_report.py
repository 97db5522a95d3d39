"""`report.md`: the run told to people, whatever names their resources have."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from inventory.exports.diff_files import change_line
from inventory.exports.facts import RunFacts
from inventory.exports.markdown import MAX_ROWS
from inventory.exports.report import failure_report, is_failure_report, run_report
from inventory.exports.report_course import configuration_section
from inventory.model.canonical import parse_json
from inventory.model.checkpoint import COMPLETE, FAILED, PARTIAL, ShardRef, Slice, Tally
from inventory.model.executive_summary import ExecutiveSummary
from inventory.model.manifest import Baseline, Manifest, Scope
from inventory.model.publication import Aggregation
from inventory.model.search_types import SearchTypes
from inventory.stages.diff import ADDED
from tests.unit.exports.facts import (
    ASHBURN,
    BEFORE,
    FRANKFURT,
    NETWORKS,
    PHOENIX,
    RUN,
    RUN_ID,
    change,
    changes,
    facts,
    manifest,
    outcome,
    outcomes,
    record,
)

GOLDEN = Path(__file__).parents[2] / "data" / "exports"
ENDED = "2026-11-23T04:02:30+00:00"


def named(*, display_name: str | None = None) -> list[dict[str, Any]]:
    """The first lines of the changes."""
    lines = [change_line(one, since=BEFORE, until=RUN) for one in changes()]
    told = [parse_json(line) for line in lines if line is not None]
    return told if display_name is None else [{**told[0], "displayName": display_name}]


def report(**more: Any) -> str:
    return run_report(facts(**more), named()).decode()


def failed(reason: str, **more: Any) -> str:
    """The report of a failed run, by default of one that was never planned."""
    told = {"manifest": None, "outcomes": {}, **more}
    return failure_report(run_id=RUN_ID, reason=reason, ended_at=ENDED, **told).decode()


def test_a_report_is_that_of_its_golden_file() -> None:
    assert report() == (GOLDEN / "report.md").read_text(encoding="utf-8")


def test_a_failure_report_is_that_of_its_golden_file() -> None:
    body = failure_report(
        run_id=RUN_ID,
        reason="a shard is damaged: shards/0001.jsonl.gz | not gzip",
        ended_at=ENDED,
        manifest=manifest(),
        outcomes={FRANKFURT: outcomes()[FRANKFURT]},
    )
    assert body.decode() == (GOLDEN / "failure_report.md").read_text(encoding="utf-8")


def test_a_run_that_was_never_planned_has_a_report_too() -> None:
    told = failed("no plan")
    assert told.startswith(f"# OCI inventory: run {RUN_ID}\n")
    assert section(told, "Status").strip().splitlines()[2:] == [
        "Reason: no plan",
        "",
        f"- Started: {RUN}",
        f"- Ended: {ENDED} (150 s)",
    ]
    assert "## Regions" not in told


SECTIONS = [
    "Status",
    "Executive Summary",
    "Steps Executed",
    "Run Configuration",
    "Regions",
    "Exclusion and Gap Details",
    "Results",
    "Enrichment Failures",
    "Changes",
    "Findings",
    "Notes",
]


def headings(told: str) -> list[str]:
    return [line[3:] for line in told.splitlines() if line.startswith("## ")]


def summarized(summary: ExecutiveSummary) -> str:
    return run_report(replace(facts(), executive_summary=summary), named()).decode()


def section(told: str, heading: str) -> str:
    """A section's text, without its heading."""
    return told.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_a_report_has_the_sections_that_its_readers_know_in_their_order() -> None:
    assert headings(summarized(ExecutiveSummary(model_id="m", text="All is well."))) == SECTIONS
    assert headings(report()) == [name for name in SECTIONS if name != "Executive Summary"]
    first = report().splitlines()[0]
    assert first == f"# OCI inventory: run {RUN_ID}"


def test_a_failure_report_has_the_sections_that_can_be_told_in_the_same_order() -> None:
    told = failed("r", manifest=manifest(), outcomes=outcomes())
    without = {"Executive Summary", "Results", "Changes", "Findings"}
    assert headings(told) == [name for name in SECTIONS if name not in without]


def test_a_models_words_are_quoted_and_named_as_such() -> None:
    told = summarized(ExecutiveSummary(model_id="meta.llama", text="# All\n\n5 <b>resources</b>"))
    assert section(told, "Executive Summary").strip().splitlines() == [
        r"> \# All",
        ">",
        r"> 5 \<b\>resources\</b\>",
        "",
        "Written by the model meta.llama from this run's figures; the tables count.",
    ]


def test_a_summary_that_could_not_be_made_is_a_line_and_no_gap() -> None:
    told = summarized(ExecutiveSummary(model_id="m", error="timeout"))
    assert section(told, "Executive Summary").strip() == "It could not be made: timeout."
    assert section(told, "Status") == section(report(), "Status")


def test_the_configuration_tells_every_filter_with_compartments_by_name() -> None:
    scope = Scope(
        query="query vcn resources",
        regions=(ASHBURN,),
        include_terminated=False,
        types=("Vcn", "Subnet"),
        exclude_types=("Image",),
        compartments=(NETWORKS, "ocid1.compartment.oc1..unknown"),
        tags=("team=net|work", "Ops.Owner"),
    )
    pinned = replace(
        manifest(),
        regions=(ASHBURN,),
        unavailable_regions=(),
        scope=scope,
        is_adhoc=True,
        volatile_fields=("/details/metadata/x",),
        budgets={"identity": 12.5, "*": 50.0},
    )
    told = run_report(replace(facts(), manifest=pinned), []).decode()
    rows = section(told, "Run Configuration").splitlines()
    for row in (
        "| Kind of run | ad hoc: the pointer stays where it is |",
        "| Tenancy | acme (ocid1.tenancy.oc1..t) |",
        "| Query | query vcn resources |",
        f"| Regions asked for | {ASHBURN} |",
        "| Resource types | Vcn, Subnet |",
        "| Resource types left out | Image |",
        rf"| Compartments, with all below | acme/Production/net\|works ({NETWORKS}), "
        "ocid1.compartment.oc1..unknown |",
        r"| Tags | team=net\|work, Ops.Owner |",
        "| Terminated resources | left out |",
        "| Requests per second in each region | any service 50, identity 12.5 |",
        "| Volatile fields besides the built-in | /details/metadata/x |",
    ):
        assert row in rows
    assert "This is an **ad-hoc run**" in section(told, "Status")
    details = section(told, "Exclusion and Gap Details")
    assert f"Subscribed regions that were not asked for: {FRANKFURT}, {PHOENIX}." in details


def other(value: Any) -> Any:
    """Another value of the same kind, also for a field that is not set."""
    match value:
        case bool():
            return not value
        case str():
            return f"9{value}"
        case datetime():
            return value + timedelta(hours=1)
        case Baseline():
            return None
        case tuple() | None:
            return ("another",)
        case dict():
            return {**value, "another": 7.5}
    raise AssertionError(f"no other value for {value!r}")


def test_every_setting_that_a_manifest_pins_is_told() -> None:
    """Each field's value can be seen in the section, or is told in another one."""
    elsewhere = {
        "run_id",
        "collected_at",
        "regions",
        "unavailable_regions",
        "region_keys",
        "compartments_error",
    }
    pinned = manifest()
    told = configuration_section(pinned, None)
    for name in {field.name for field in fields(Manifest)} - elsewhere - {"scope"}:
        changed = replace(pinned, **{name: other(getattr(pinned, name))})
        assert configuration_section(changed, None) != told, name
    for name in {field.name for field in fields(Scope)}:
        scope = replace(pinned.scope, **{name: other(getattr(pinned.scope, name))})
        assert configuration_section(replace(pinned, scope=scope), None) != told, name


def test_a_chat_with_a_model_is_no_list_get_or_search_and_is_told() -> None:
    asked = "The executive summary is asked of the model meta.llama, by a chat call."
    for summary in (
        ExecutiveSummary(model_id="meta.llama", text="All is well."),
        ExecutiveSummary(model_id="meta.llama", error="timeout"),
    ):
        assert asked in section(summarized(summary), "Notes")
    assert "chat" not in section(report(), "Notes")


def test_what_lies_beside_the_records_as_sightings_is_no_record_read() -> None:
    """A filter that leaves a resource out leaves a line about it in the shards."""
    shard = ShardRef(
        name="s", etag="e", sha256="f" * 64, size=9, count=5, epoch=1, sequence=1, first_key=(), last_key=()
    )
    left_out = {"other_tag_items_dropped": 4, "sightings_out_of_scope": 3}
    seen = outcome(
        FRANKFURT, PARTIAL, Slice(name="*", state=FAILED, error="timeout", shards=(shard,)), counts=left_out
    )
    told = failed("r", manifest=manifest(), outcomes={FRANKFURT: seen})
    assert f"| {FRANKFURT} | partial | timeout | 2 | 0 |" in section(told, "Regions")


def test_a_failure_report_is_told_from_the_report_of_results() -> None:
    assert is_failure_report(failed("r").encode())
    assert not is_failure_report(report().encode())
    imitation = "**failed**: nothing was published, and the last published inventory stays as it is."
    summary = ExecutiveSummary(model_id="m", text=imitation)
    assert not is_failure_report(summarized(summary).encode())


def test_compartments_are_told_by_their_names_from_the_tenancy_down() -> None:
    told = report()
    assert r"| acme/Production/net\|works | 4 | ocid1.compartment.oc1..c |" in section(told, "Results")
    assert "| added | Vcn | new \\| \\`net\\` | acme | us-ashburn-1 |" in section(told, "Changes")


def test_without_a_tree_compartments_are_told_by_their_ocids() -> None:
    told = run_report(replace(facts(), compartments=None), named()).decode()
    assert f"| {NETWORKS} | 4 | {NETWORKS} |" in told


def many(count: int) -> RunFacts:
    """A run with so many types, each in a compartment of its own, the later the more records."""
    return facts(
        told=[
            change(
                ADDED,
                None,
                record(
                    f"ocid1.t.oc1.iad.{number}-{copy}",
                    resourceType=f"Type{number:03}",
                    compartmentId=f"ocid1.compartment.oc1..{number:03}",
                ),
            )
            for number in range(count)
            for copy in range(1 + (number == count - 1))
        ]
    )


def test_long_tables_are_cut_and_count_what_they_leave_out() -> None:
    results = section(run_report(many(MAX_ROWS + 3), []).decode(), "Results")
    rest = "3 more rows, 3 in sum; all of them are in `run_summary.json`."
    assert results.count(rest) == 2, "of types and of compartments"
    assert results.index("| Type052 | 2 |") < results.index("| Type000 | 1 |")
    assert "| Type049 | 1 |" not in results
    assert "more rows" not in section(run_report(many(MAX_ROWS), []).decode(), "Results")


def test_what_was_left_out_on_purpose_is_counted_by_reason() -> None:
    details = section(report(), "Exclusion and Gap Details")
    assert (
        "| `terminated_items_dropped` | terminated or deleted, which the settings leave out | 7 |" in details
    )
    assert "| `out_of_scope` |" in details
    assert "other_type_items_dropped" not in details, "none of that kind"


def test_enrichment_failures_are_told_once_and_not_among_the_other_gaps() -> None:
    told = report()
    assert "| enrichment |" not in section(told, "Exclusion and Gap Details")
    (row,) = [line for line in section(told, "Enrichment Failures").splitlines() if "core.get" in line]
    assert row == (
        "| notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound) | Vcn | core.get\\_vcn | us-ashburn-1 | "
        "1 of 3 | `Allow dynamic-group <name> to read virtual-network-family in tenancy` |"
    )


def test_resources_that_are_gone_are_told_apart_from_what_could_not_be_read() -> None:
    gone = record(
        "ocid1.vcn.oc1.iad.x",
        lifecycleState="TERMINATED",
        enrichStatus="ERROR",
        enrichError="notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)",
    )
    told = run_report(facts(told=[change(ADDED, None, gone)]), []).decode()
    assert section(told, "Enrichment Failures").strip().splitlines() == [
        "Deleted by what Search shows, or no longer known to their service: 1.",
        "",
        "None besides.",
    ]


def test_types_that_cannot_be_seen_or_read_are_findings() -> None:
    told = facts(told=[one for one in changes() if one.kind == ADDED])
    findings = section(run_report(told, []).decode(), "Findings")
    assert "- Types of which nothing could be read: Vcn (us-ashburn-1)" in findings
    assert "- Types that the catalog has and Search does not name: Drg (us-ashburn-1)" in findings


def test_a_type_that_several_regions_do_not_name_is_told_once() -> None:
    both = {
        region: SearchTypes(run_id=RUN_ID, region=region, types=("User", "Vcn", "Volume"))
        for region in (ASHBURN, FRANKFURT)
    }
    findings = section(run_report(replace(facts(), search_types=both), []).decode(), "Findings")
    assert "- Types that the catalog has and Search does not name: Drg (2 of 2 regions)" in findings


def test_a_name_cannot_break_out_of_its_cell() -> None:
    told = run_report(facts(), named(display_name="a|b\n# c `d`")).decode()
    (row,) = [line for line in told.splitlines() if line.startswith("| added | Vcn |")]
    assert row == r"| added | Vcn | a\|b # c \`d\` | acme | us-ashburn-1 |  | ocid1.vcn.oc1.iad.b |"


def test_a_resource_without_a_name_is_an_empty_cell() -> None:
    told = run_report(facts(), [{**named()[0], "displayName": None}]).decode()
    assert "| added | Vcn |  | acme | us-ashburn-1 |  | ocid1.vcn.oc1.iad.b |" in told


def test_a_reason_cannot_break_out_of_its_line() -> None:
    told = failed("a\n\n# b <i>")
    assert r"Reason: a # b \<i\>" in told.splitlines()


def test_a_run_without_gaps_says_so() -> None:
    whole = facts(told=changes()[3:])
    seen = replace(whole.outcomes[ASHBURN], tally=Tally(), slices=(Slice(name="*", state=COMPLETE),))
    whole = replace(
        whole,
        manifest=replace(whole.manifest, regions=(ASHBURN,), unavailable_regions=()),
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


def test_a_changed_resource_is_told_with_its_first_fields() -> None:
    """Search's own copy of a field is not told beside the field."""
    pointers = ["/details/searchSummary/a", "/a", "/b", "/c", "/d"]
    changed = {**named()[0], "kind": "changed", "fields": [{"pointer": pointer} for pointer in pointers]}
    told = section(run_report(facts(), [changed]).decode(), "Changes")
    assert "| us-ashburn-1 | /a, /b, /c, and 1 more |" in told
    changed["fields"] = [{"pointer": "/details/searchSummary/a"}]
    told = section(run_report(facts(), [changed]).decode(), "Changes")
    assert "| us-ashburn-1 | /details/searchSummary/a |" in told


def test_types_that_nobody_knows_are_a_finding() -> None:
    """A typing error in a filter by type gives an inventory of nothing."""
    asked = facts()
    scope = replace(asked.manifest.scope, types=("VCN", "Instanze"))
    asked = replace(asked, manifest=replace(asked.manifest, scope=scope))
    wanted = "**Types asked for that no region's Search names**"
    named_by_all = {
        region: SearchTypes(run_id=RUN_ID, region=region, types=("Vcn",), error=None)
        for region in asked.outcomes
    }
    told = run_report(replace(asked, search_types=named_by_all), named()).decode()
    assert f"- {wanted}: Instanze" in section(told, "Findings")
    told = run_report(replace(asked, search_types={}), named()).decode()
    assert wanted not in told
