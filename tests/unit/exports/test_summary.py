"""`run_summary.json`: numbers that add up, and every gap by kind, place and reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from inventory.exports.summary import RecordCounts, call_total, summarize, summary_bytes
from inventory.model.canonical import canonical_line
from tests.unit.exports.facts import ASHBURN, BEFORE_ID, FRANKFURT, PHOENIX, RUN, calls, facts, record

GOLDEN = Path(__file__).parents[2] / "data" / "exports" / "run_summary.json"


def test_a_summary_is_that_of_its_golden_file() -> None:
    assert json.loads(summary_bytes(facts())) == json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert summary_bytes(facts()) == canonical_line(summarize(facts()))


def test_the_totals_add_up() -> None:
    told = summarize(facts())
    by_status = told["counts_by_enrich_status"]
    assert told["total_discovered"] == sum(by_status.values()) == 5
    assert (told["enriched_ok"], told["not_implemented"], told["errors"]) == (3, 1, 1)
    assert by_status == {"OK": 3, "NOT_IMPLEMENTED": 1, "ERROR": 1}
    assert told["counts_by_resource_type"] == {"Thing": 1, "Vcn": 4}
    assert told["counts_by_resource_type_and_status"] == {
        "Thing": {"NOT_IMPLEMENTED": 1},
        "Vcn": {"OK": 3, "ERROR": 1},
    }
    assert sum(region["records"] for region in told["regions"].values()) == told["total_discovered"]


def test_every_gap_is_named_in_a_fixed_order() -> None:
    assert [(gap["kind"], gap["place"], gap["reason"]) for gap in facts(baseline_error="gone").gaps()] == [
        ("region", PHOENIX, "subscriptionNotReady"),
        ("slice", f"{FRANKFURT}/*", "serverError (503)"),
        ("enrichment", f"{ASHBURN}/Vcn", "throttled (429): 1 records"),
        ("search", ASHBURN, "2 search items could not be read"),
        ("baseline", BEFORE_ID, "gone"),
        ("artifact", "inventory.csv", "internalError"),
    ]


def test_a_region_that_keeps_records_without_being_searched_is_a_gap() -> None:
    told = facts()
    without = replace(told, outcomes={ASHBURN: told.outcomes[ASHBURN]})
    assert {"kind": "region", "place": FRANKFURT, "reason": "notSubscribed"} in without.gaps()


def test_a_home_region_that_is_not_searched_is_a_gap_for_all_that_lives_there() -> None:
    told = facts(told=[])
    without = replace(told, outcomes={FRANKFURT: told.outcomes[FRANKFURT]})
    assert ("region", ASHBURN) in {(gap["kind"], gap["place"]) for gap in without.gaps()}
    assert ASHBURN not in {gap["place"] for gap in told.gaps() if gap["kind"] == "region"}


def test_each_region_knows_its_own_gaps() -> None:
    regions = summarize(facts())["regions"]
    assert [gap["kind"] for gap in regions[ASHBURN]["gaps"]] == ["enrichment", "search"]
    assert [gap["kind"] for gap in regions[FRANKFURT]["gaps"]] == ["slice"]


def test_calls_are_summed_over_the_regions() -> None:
    told = summarize(facts())
    assert told["calls"] == {"core": {"get_vcn": {"calls": 7, "retries": 2, "throttles": 0}}}
    assert call_total(told["calls"]) == 7
    assert told["regions"][ASHBURN]["calls"] == calls(5)
    assert told["redactions"] == {"Vcn:/details/metadata/secret": 4}


def test_a_record_of_an_earlier_run_counts_as_carried_forward() -> None:
    counts = RecordCounts(RUN)
    counts.add(record("a"))
    counts.add(record("b", collectedAt="2026-11-01T00:00:00+00:00", region=FRANKFURT))
    counts.add(record(None))
    assert (counts.total, counts.without_ocid) == (3, 1)
    assert dict(counts.by_region) == {ASHBURN: 2, FRANKFURT: 1}
    assert dict(counts.carried_forward) == {FRANKFURT: 1}


def test_a_run_without_diff_says_why() -> None:
    told = summarize(facts(baseline_error="gone"))
    assert told["diff"] is None
    assert told["diff_note"] == "the baseline could not be read: gone"
    assert told["mass_removals"] == []
    assert summarize(facts())["diff_note"] is None
