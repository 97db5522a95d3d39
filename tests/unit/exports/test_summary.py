"""`run_summary.json`: numbers that add up, and every gap by kind, place and reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.exports.counts import call_totals
from inventory.exports.facts import RunFacts
from inventory.exports.summary import summarize, summary_bytes
from inventory.model.canonical import canonical_line
from inventory.model.checkpoint import COMPLETE, FAILED
from inventory.model.search_types import SearchTypes
from tests.unit.exports.facts import ASHBURN, BEFORE_ID, FRANKFURT, PHOENIX, TENANCY, calls, facts

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
        ("enrichment", f"{ASHBURN}/Vcn", "notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound): 1 records"),
        ("search", ASHBURN, "2 search items could not be read"),
        ("coverage", FRANKFURT, "serverError (503)"),
        ("baseline", BEFORE_ID, "gone"),
        ("artifact", "inventory.csv", "internalError"),
    ]


def without(told: RunFacts, region: str) -> RunFacts:
    """The same run as if it had never planned to search a region."""
    regions = tuple(name for name in told.manifest.regions if name != region)
    outcomes = {name: told.outcomes[name] for name in regions}
    return replace(told, manifest=replace(told.manifest, regions=regions), outcomes=outcomes)


def kinds_and_places(told: RunFacts) -> set[tuple[str, str]]:
    return {(gap["kind"], gap["place"]) for gap in told.gaps()}


def test_a_region_that_keeps_records_without_being_searched_is_a_gap() -> None:
    assert {"kind": "region", "place": FRANKFURT, "reason": "notSubscribed"} in without(
        facts(), FRANKFURT
    ).gaps()


def test_a_home_region_that_is_not_searched_is_a_gap_for_all_that_lives_there() -> None:
    told = facts(told=[])
    assert ("region", ASHBURN) in kinds_and_places(without(told, ASHBURN))
    assert ("region", ASHBURN) not in kinds_and_places(told)


def test_a_compartment_tree_that_could_not_be_read_is_a_gap() -> None:
    told = facts()
    told = replace(told, manifest=replace(told.manifest, compartments_error="serverError (503)"))
    assert {"kind": "compartments", "place": TENANCY, "reason": "serverError (503)"} in told.gaps()


def test_resources_that_no_compartment_filter_can_judge_are_a_gap_and_counted() -> None:
    told = facts()
    tally = replace(told.outcomes[ASHBURN].tally, counts={"unknown_compartment_items_dropped": 4})
    told = replace(told, outcomes={**told.outcomes, ASHBURN: replace(told.outcomes[ASHBURN], tally=tally)})
    assert ("compartments", ASHBURN) in kinds_and_places(told)
    assert summarize(told)["exclusions"]["unknown_compartment_items_dropped"] == 4


@pytest.mark.parametrize(
    ("status", "told", "reason"),
    [
        (COMPLETE, SearchTypes(run_id="r", region=ASHBURN, types=None, error="timeout"), "timeout"),
        (COMPLETE, None, "notRecorded"),
        (COMPLETE, SearchTypes(run_id="r", region=ASHBURN, types=()), None),
        (FAILED, SearchTypes(run_id="r", region=ASHBURN, types=None, error="timeout"), None),
        (FAILED, None, None),
    ],
)
def test_a_region_whose_types_nobody_knows_is_a_gap_unless_it_failed_altogether(
    status: str, told: SearchTypes | None, reason: str | None
) -> None:
    whole = facts()
    changed = replace(
        whole,
        outcomes={**whole.outcomes, ASHBURN: replace(whole.outcomes[ASHBURN], status=status)},
        search_types={} if told is None else {ASHBURN: told},
    )
    found = [gap["reason"] for gap in changed.gaps() if (gap["kind"], gap["place"]) == ("coverage", ASHBURN)]
    assert found == ([] if reason is None else [reason])


def test_failed_calls_for_details_add_up_over_the_regions() -> None:
    told = facts()
    failures = {
        ASHBURN: {"core": {"get_vcn": {"timeout": 1, "throttled": 2}}},
        FRANKFURT: {"core": {"get_vcn": {"timeout": 3}, "list_subnets": {"goneSinceDiscovery": 4}}},
    }
    outcomes = {
        region: replace(outcome, tally=replace(outcome.tally, failures=failures[region]))
        for region, outcome in told.outcomes.items()
    }
    assert summarize(replace(told, outcomes=outcomes))["failures"] == {
        "core": {"get_vcn": {"timeout": 4, "throttled": 2}, "list_subnets": {"goneSinceDiscovery": 4}}
    }
    assert summarize(replace(told, outcomes={}))["failures"] == {}


def test_each_region_knows_its_own_gaps() -> None:
    regions = summarize(facts())["regions"]
    assert [gap["kind"] for gap in regions[ASHBURN]["gaps"]] == ["enrichment", "search"]
    assert [gap["kind"] for gap in regions[FRANKFURT]["gaps"]] == ["slice", "coverage"]


def test_records_are_counted_by_compartment_with_its_path_the_largest_first() -> None:
    told = summarize(facts())["counts_by_compartment"]
    assert [(row["path"], row["records"]) for row in told] == [("acme/Production/net|works", 4), ("acme", 1)]
    assert sum(row["records"] for row in told) == summarize(facts())["total_discovered"]
    unnamed = summarize(replace(facts(), compartments=None))["counts_by_compartment"]
    assert [row["path"] for row in unnamed] == [row["compartmentId"] for row in unnamed]


def test_calls_are_summed_over_the_regions() -> None:
    told = summarize(facts())
    assert told["calls"] == {"core": {"get_vcn": {"calls": 7, "retries": 2, "throttles": 0}}}
    assert call_totals(facts().outcomes.values()) == {"calls": 7, "retries": 2, "throttles": 0}
    assert told["regions"][ASHBURN]["calls"] == calls(5)
    assert told["redactions"] == {"Vcn:/details/metadata/secret": 4}


def test_a_run_without_diff_says_why() -> None:
    told = summarize(facts(baseline_error="gone"))
    assert told["diff"] is None
    assert told["diff_note"] == "the baseline could not be read: gone"
    assert told["mass_removals"] == []
    assert summarize(facts())["diff_note"] is None
