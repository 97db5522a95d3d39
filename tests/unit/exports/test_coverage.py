"""`coverage.json`: what Search can show in each region, and what became of what it showed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inventory.exports.coverage import coverage, coverage_bytes, not_searchable
from inventory.exports.facts import RunFacts
from inventory.model.canonical import parse_json
from inventory.model.search_types import SearchTypes
from tests.unit.exports.facts import ASHBURN, CATALOG, FRANKFURT, PHOENIX, RUN_ID, changes, facts

GOLDEN = Path(__file__).parents[2] / "data" / "exports" / "coverage.json"


def naming(facts: RunFacts, region: str, *types: str) -> RunFacts:
    told = SearchTypes(run_id=RUN_ID, region=region, types=types)
    return replace(facts, search_types={**facts.search_types, region: told})


def test_a_coverage_is_that_of_its_golden_file() -> None:
    assert parse_json(coverage_bytes(facts())) == parse_json(GOLDEN.read_bytes())


def test_the_totals_are_the_sum_of_all_types_and_regions() -> None:
    told = coverage(facts())
    types = [kind for region in told["regions"].values() for kind in region["types"].values()]
    assert told["totals"] == {
        "seen": sum(kind["seen"] for kind in types),
        "enriched": sum(kind["enriched"] for kind in types),
        "notImplemented": sum(kind["notImplemented"] for kind in types),
        "failed": sum(sum(kind["failed"].values()) for kind in types),
        "gone": sum(kind["gone"] for kind in types),
        "carriedForward": sum(kind["carriedForward"] for kind in types),
    }
    assert told["totals"]["seen"] + told["totals"]["carriedForward"] == facts().records.total


def test_a_type_that_search_does_not_name_is_not_searchable_in_that_region() -> None:
    assert not_searchable(facts(), ASHBURN) == ["Drg"]


def test_a_type_is_searchable_under_an_older_name_and_in_any_letter_case() -> None:
    names = [entry.name for entry in CATALOG.entries if entry.name not in ("Volume", "Vcn")]
    assert not_searchable(naming(facts(), ASHBURN, *names, "BLOCKVOLUME", "vcn"), ASHBURN) == []
    assert not_searchable(naming(facts(), ASHBURN, *names, "vcn"), ASHBURN) == ["Volume"]


def test_a_type_of_the_home_region_is_missed_at_home_alone() -> None:
    regional = [entry.name for entry in CATALOG.entries if not entry.home_region]
    assert not_searchable(naming(facts(), FRANKFURT, *regional), FRANKFURT) == []
    missed = not_searchable(naming(facts(), ASHBURN, *regional), ASHBURN)
    assert missed == sorted(entry.name for entry in CATALOG.entries if entry.home_region)


def test_without_the_regions_own_list_nothing_is_said_about_what_it_cannot_show() -> None:
    told = coverage(facts())["regions"]
    assert (told[FRANKFURT]["known"], told[FRANKFURT]["notSearchable"]) == (None, None)
    assert told[FRANKFURT]["error"] == "serverError (503)"
    assert (told[PHOENIX]["status"], told[PHOENIX]["known"], told[PHOENIX]["types"]) == (
        "not searched",
        None,
        {},
    )


def test_a_type_of_which_nothing_could_be_read_is_named() -> None:
    told = facts(
        told=[one for one in changes() if one.after is not None and one.after["enrichStatus"] == "ERROR"]
    )
    assert coverage(told)["regions"][ASHBURN]["notReadable"] == ["Vcn"]
    assert coverage(facts())["regions"][ASHBURN]["notReadable"] == []
