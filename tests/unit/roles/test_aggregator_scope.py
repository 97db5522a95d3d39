"""Two runs that did not look at the same: what one of them did not cover is not compared."""

from __future__ import annotations

import pytest

from inventory.stages.redact import Redactor
from tests.fakes.installation import FRANKFURT, HOME, SUBSCRIPTIONS, Installation, item
from tests.unit.roles.aggregated_runs import changed, closed, diff, gaps, inhabited, published, summary

DEFAULT = "query all resources"
VCNS = "query vcn resources"


def two_runs(here: Installation, *, before: dict[str, object], after: dict[str, object]) -> str:
    """A run with one configuration and, over the changed tenancy, one with another; the second's id."""
    here.reconfigure(**before)
    here.run("first")
    changed(here)
    here.reconfigure(**after)
    return here.run("second")


def test_a_region_that_is_no_longer_asked_for_is_neither_kept_nor_removed() -> None:
    here = inhabited()
    run_id = two_runs(here, before={}, after={"regions": (HOME,)})
    found = diff(here, run_id)
    assert (found["removed"], found["notCompared"]) == ([], ["a", "b", "c"])
    assert (found["changed"], found["unchanged"]) == (["k"], ["u", "l", "m"])
    assert {record["region"] for record in here.inventory(run_id).values()} == {HOME}
    assert summary(here, run_id)["out_of_scope"] == 3
    assert gaps(here, run_id) == []


def test_a_region_that_is_asked_for_anew_brings_nothing_new() -> None:
    here = inhabited()
    run_id = two_runs(here, before={"regions": (HOME,)}, after={"regions": None})
    found = diff(here, run_id)
    assert (found["added"], found["notCompared"]) == ([], ["b", "c", "d"])
    numbers = summary(here, run_id)["diff"]
    assert (numbers["notCompared"], numbers["notComparedCurrent"]) == (0, 3)
    third = here.run("third")
    assert diff(here, third)["notCompared"] == []


def test_what_a_region_holds_when_it_is_first_seen_is_not_news_but_what_comes_later_is() -> None:
    here = inhabited()
    here.directory.subscriptions = [SUBSCRIPTIONS[1]]
    first = here.run("first")
    assert published(here, first).known_regions == (HOME,)
    here.directory.subscriptions = list(SUBSCRIPTIONS)
    second = here.run("second")
    assert (diff(here, second)["added"], summary(here, second)["diff"]["notComparedCurrent"]) == ([], 3)
    assert published(here, second).known_regions == (FRANKFURT, HOME)
    changed(here)
    assert diff(here, here.run("third"))["added"] == ["d"]


def test_a_region_that_failed_in_the_first_run_brings_no_news_in_the_second() -> None:
    here = inhabited()
    here.regions[FRANKFURT].is_down = True
    here.run("first")
    here.regions[FRANKFURT].is_down = False
    found = diff(here, here.run("second"))
    assert (found["added"], found["notCompared"]) == ([], ["a", "b", "c"])


def test_a_region_stays_known_through_a_run_that_could_not_see_it() -> None:
    here = inhabited()
    here.run("first")
    here.regions[FRANKFURT].is_down = True
    second = here.run("second")
    assert published(here, second).known_regions == (FRANKFURT, HOME)


def test_a_region_that_becomes_unavailable_keeps_its_records_and_is_a_gap() -> None:
    here = inhabited(regions=(FRANKFURT, HOME))
    here.run("first")
    here.directory.subscriptions = [SUBSCRIPTIONS[1]]
    run_id = here.run("second")
    assert diff(here, run_id)["notCompared"] == ["a", "b", "c"]
    assert gaps(here, run_id) == [("region", FRANKFURT, "notSubscribed")]
    assert summary(here, run_id)["regions"][FRANKFURT] == {
        "status": "not searched",
        "records": 3,
        "carried_forward": 3,
    }


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True)])
def test_terminated_resources_come_and_go_with_the_setting_and_not_as_changes(
    before: bool, after: bool
) -> None:
    here = inhabited()
    here.regions[HOME].items.append(item(HOME, "gone", lifecycleState="TERMINATED"))
    here.reconfigure(include_terminated=before)
    here.run("first")
    here.reconfigure(include_terminated=after)
    run_id = here.run("second")
    found = diff(here, run_id)
    assert (found["added"], found["removed"], found["changed"]) == ([], [], [])
    assert found["notCompared"] == ["gone"]
    assert ("ocid1.vcn.oc1.iad.gone" in here.inventory(run_id)) is after


def test_a_resource_that_terminates_while_terminated_ones_are_left_out_is_removed() -> None:
    here = inhabited()
    run_id = two_runs(here, before={"include_terminated": False}, after={})
    found = diff(here, run_id)
    assert found["removed"] == ["a", "k"]
    assert found["notCompared"] == []


@pytest.mark.parametrize(
    ("before", "after"), [(DEFAULT, VCNS), (VCNS, DEFAULT), (VCNS, f"{VCNS} where x = 'y'")]
)
def test_under_another_query_only_what_both_runs_saw_is_compared(before: str, after: str) -> None:
    here = inhabited()
    run_id = two_runs(here, before={"query": before}, after={"query": after})
    found = diff(here, run_id)
    assert (found["added"], found["removed"]) == ([], [])
    assert found["notCompared"] == ["a", "d"]
    assert found["changed"] == ["b", "k"]
    assert summary(here, run_id)["out_of_scope"] == 1
    assert "ocid1.vcn.oc1.eu-frankfurt-1.a" not in here.inventory(run_id)


@pytest.mark.parametrize(
    ("before", "after"),
    [(DEFAULT, "QUERY  all\n resources"), (f"{VCNS} where a = 'b'", f"{VCNS}  where a =\n'b'")],
)
def test_the_same_query_in_other_words_is_the_same_query(before: str, after: str) -> None:
    here = inhabited()
    run_id = two_runs(here, before={"query": before}, after={"query": after})
    found = diff(here, run_id)
    assert (found["added"], found["removed"], found["notCompared"]) == (["d"], ["a"], [])


def test_a_query_whose_texts_differ_in_letter_case_is_another_query() -> None:
    here = inhabited()
    run_id = two_runs(
        here, before={"query": f"{VCNS} where a = 'B'"}, after={"query": f"{VCNS} where a = 'b'"}
    )
    assert diff(here, run_id)["removed"] == []


@pytest.mark.parametrize(("before", "after"), [("full", "search"), ("search", "full")])
def test_under_another_depth_only_what_search_shows_is_compared(before: str, after: str) -> None:
    here = inhabited()
    run_id = two_runs(here, before={"depth": before}, after={"depth": after})
    found = diff(here, run_id)
    assert (found["added"], found["removed"], found["changed"]) == (["d"], ["a"], ["b", "k"])
    assert found["unchanged"] == ["u", "c", "l", "m"]
    pointers = {
        field["pointer"]
        for line in here.lines(run_id, "changes.jsonl.gz")
        for field in line.get("fields", ())
    }
    assert pointers == {"/displayName", "/lifecycleState"}


def test_under_other_redaction_rules_only_what_search_shows_is_compared() -> None:
    here = inhabited()
    here.run("first")
    here.redactor = Redactor(["cidrBlock"])
    run_id = here.run("second")
    found = diff(here, run_id)
    assert found["changed"] == []
    assert len(found["unchanged"]) == 7
    record = here.inventory(run_id)["ocid1.vcn.oc1.iad.l"]
    assert record["details"]["metadata"]["cidrBlock"] != "10.0.0.0/16"


def test_details_that_change_are_changes_and_volatile_ones_are_not() -> None:
    here = inhabited()
    here.reader.fields = {"cidrBlock": "10.0.0.0/16", "timeUpdated": "a"}
    here.run("first")
    here.reader.fields = {"cidrBlock": "10.0.0.0/16", "timeUpdated": "b"}
    here.reconfigure(volatile_fields=("/details/metadata/timeUpdated",))
    second = here.run("second")
    assert diff(here, second)["changed"] == []
    here.reader.fields = {"cidrBlock": "10.1.0.0/16", "timeUpdated": "c"}
    third = here.run("third")
    assert diff(here, third)["changed"] == ["u", "a", "b", "c", "k", "l", "m"]
    _, line, *_ = here.lines(third, "changes.jsonl.gz")
    assert line["fields"] == [
        {
            "pointer": "/details/metadata/cidrBlock",
            "before": "10.0.0.0/16",
            "after": "10.1.0.0/16",
        }
    ]


def test_a_type_that_loses_most_of_its_records_at_once_is_flagged() -> None:
    here = inhabited()
    here.regions[HOME].items = [item(HOME, f"n{number:02}") for number in range(20)]
    here.run("first")
    here.regions[HOME].items = here.regions[HOME].items[:5]
    run_id = here.run("second")
    assert closed(here, run_id)[0] == "published"
    assert summary(here, run_id)["mass_removals"] == [
        {"resourceType": "Vcn", "region": HOME, "before": 20, "removed": 15}
    ]
    report = here.artifact(run_id, "report.md").decode()
    assert "**Mass removal**: 15 of 20 Vcn in us-ashburn-1 are gone." in report
