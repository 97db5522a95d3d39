"""Filters from search to diff: what is left out is counted, and what another scope leaves out is not news."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.model.compartments import Compartment
from inventory.model.manifest import DEFAULT_QUERY
from tests.fakes.installation import FRANKFURT, HOME, Installation, item
from tests.unit.roles.aggregated_runs import closed, diff, gaps, summary

TENANCY = "ocid1.tenancy.oc1..t"
PRODUCTION = "ocid1.compartment.oc1..production"
WEB = "ocid1.compartment.oc1..web"
OTHER = "ocid1.compartment.oc1..other"
LATER = "2026-11-23T05:00:00+00:00"


def compartment(name: str, parent: str) -> Compartment:
    return Compartment(name=name, parent=parent, state="ACTIVE")


@pytest.fixture
def here() -> Installation:
    here = Installation()
    here.directory.compartments = {
        PRODUCTION: compartment("Production", TENANCY),
        WEB: compartment("web", PRODUCTION),
        OTHER: compartment("other", TENANCY),
    }
    here.regions[HOME].items = [
        item(HOME, "v", compartmentId=WEB, freeformTags={"owner": "me"}),
        item(HOME, "w", compartmentId=PRODUCTION),
        item(HOME, "x", compartmentId=OTHER, freeformTags={"owner": "me"}),
        item(HOME, "i", resourceType="Instance", compartmentId=WEB),
    ]
    return here


def found(here: Installation, run_id: str) -> list[str]:
    return [ocid.rsplit(".", 1)[1] for ocid in here.inventory(run_id)]


def counts(here: Installation, run_id: str) -> dict[str, int]:
    region: dict[str, int] = summary(here, run_id)["regions"][HOME]["counts"]
    return {name: count for name, count in region.items() if name.endswith("_dropped")}


@pytest.mark.parametrize(
    ("settings", "left", "dropped"),
    [
        ({"types": ("vcn",)}, ["v", "w", "x"], {}),
        ({"exclude_types": ("instance",)}, ["v", "w", "x"], {"other_type_items_dropped": 1}),
        ({"compartments": (PRODUCTION,)}, ["i", "v", "w"], {"other_compartment_items_dropped": 1}),
        ({"compartments": (WEB, OTHER)}, ["i", "v", "x"], {"other_compartment_items_dropped": 1}),
        ({"tags": ("owner=me",)}, ["v", "x"], {"other_tag_items_dropped": 2}),
        (
            {"compartments": (WEB,), "tags": ("owner",), "exclude_types": ("Instance",)},
            ["v"],
            {"other_compartment_items_dropped": 2, "other_type_items_dropped": 1},
        ),
    ],
)
def test_what_a_filter_leaves_out_is_counted(
    here: Installation, settings: dict[str, Any], left: list[str], dropped: dict[str, int]
) -> None:
    here.reconfigure(**settings)
    run_id = here.run("a")
    assert found(here, run_id) == left
    assert counts(here, run_id) == dropped


def test_types_are_asked_for_by_name_where_the_query_is_the_default_one(here: Installation) -> None:
    here.reconfigure(types=("Vcn", "Instance"), regions=(HOME,))
    here.run("a")
    assert {asked.query for asked in here.search.asked} == {
        "query Vcn, Instance resources sorted by timeCreated asc"
    }


def test_an_override_is_sent_as_it_is_and_filtered_here(here: Installation) -> None:
    here.reconfigure(types=("Vcn",), regions=(HOME,), query="query all resources where x = 'y'")
    run_id = here.run("a")
    assert {asked.query for asked in here.search.asked} == {"query all resources where x = 'y'"}
    assert found(here, run_id) == ["v", "w", "x"]


def test_a_region_that_does_not_know_a_type_is_read_whole_and_filtered_here(here: Installation) -> None:
    here.reconfigure(types=("Vcn", "BrandNew"), regions=(HOME,))
    run_id = here.run("a")
    assert [asked.query for asked in here.search.asked] == [
        "query Vcn, BrandNew resources sorted by timeCreated asc",
        DEFAULT_QUERY,
    ]
    assert found(here, run_id) == ["v", "w", "x"]
    assert counts(here, run_id) == {"other_type_items_dropped": 1}
    assert closed(here, run_id)[0] == "published"


def test_no_service_is_asked_about_what_is_left_out(here: Installation) -> None:
    """Lists that find what Search does not show are no question about it: they tell what there is."""
    here.regions[HOME].items += [
        item(HOME, name, resourceType="Vnic", identifier=f"ocid1.vnic.oc1.iad.{name}", compartmentId=place)
        for name, place in (("in", OTHER), ("out", WEB))
    ]
    here.reconfigure(compartments=(OTHER,))
    asked: list[Any] = []
    here.reader.before = asked.append
    here.run("a")
    finding = {"list_domains", "list_db_systems"}
    assert [(call.operation, call.arguments) for call in asked if call.operation not in finding] == [
        ("list_vcns", {"compartment_id": OTHER}),
        ("get_vnic", {"vnic_id": "ocid1.vnic.oc1.iad.in"}),
    ]


def test_a_resource_in_a_compartment_that_nobody_knows_is_left_out_and_counted(here: Installation) -> None:
    """It may lie below one that is asked for: created since, or hidden."""
    here.regions[HOME].items.append(item(HOME, "n", compartmentId="ocid1.compartment.oc1..new"))
    here.reconfigure(compartments=(PRODUCTION,))
    run_id = here.run("a")
    assert found(here, run_id) == ["i", "v", "w"]
    assert counts(here, run_id)["unknown_compartment_items_dropped"] == 1


def test_a_compartment_that_is_asked_for_is_found_itself(here: Installation) -> None:
    here.regions[HOME].items.append(
        item(HOME, "self", resourceType="Compartment", identifier=WEB, compartmentId=PRODUCTION)
    )
    here.reconfigure(compartments=(WEB,))
    assert WEB in here.inventory(here.run("a"))


# Two runs


SCOPES = [
    ({"types": ("Vcn",)}, ["i"]),
    ({"exclude_types": ("instance",)}, ["i"]),
    ({"compartments": (WEB,)}, ["w", "x"]),
    ({"tags": ("owner",)}, ["i", "w"]),
]


@pytest.mark.parametrize(("settings", "outside"), SCOPES)
def test_what_a_new_filter_leaves_out_leaves_the_inventory_and_is_not_removed(
    here: Installation, settings: dict[str, Any], outside: list[str]
) -> None:
    here.run("a")
    here.reconfigure(**settings)
    run_id = here.run("b")
    changes = diff(here, run_id)
    assert (changes["removed"], changes["added"], changes["changed"]) == ([], [], [])
    assert changes["notCompared"] == outside
    assert summary(here, run_id)["out_of_scope"] == len(outside)
    assert not set(outside) & set(found(here, run_id))


@pytest.mark.parametrize(("settings", "outside"), SCOPES)
def test_what_a_filter_hid_is_no_news_when_the_filter_goes(
    here: Installation, settings: dict[str, Any], outside: list[str]
) -> None:
    here.reconfigure(**settings)
    here.run("a")
    here.reconfigure(types=None, exclude_types=(), compartments=None, tags=None)
    run_id = here.run("b")
    changes = diff(here, run_id)
    assert (changes["removed"], changes["added"], changes["changed"]) == ([], [], [])
    assert changes["notCompared"] == outside
    assert found(here, run_id) == ["i", "v", "w", "x"]


@pytest.mark.parametrize(
    "settings", [{"types": ("Vcn",)}, {"compartments": (WEB, OTHER)}, {"tags": ("owner",)}]
)
def test_under_the_same_filter_news_are_news(here: Installation, settings: dict[str, Any]) -> None:
    here.reconfigure(**settings)
    here.run("a")
    new = item(HOME, "new", compartmentId=WEB, freeformTags={"owner": "me"}, timeCreated=LATER)
    here.regions[HOME].items = [*here.regions[HOME].items[1:], new]
    here.regions[HOME].items[1] = item(
        HOME, "x", compartmentId=OTHER, freeformTags={"owner": "me"}, displayName="renamed"
    )
    changes = diff(here, here.run("b"))
    assert (changes["added"], changes["removed"], changes["changed"]) == (["new"], ["v"], ["x"])
    assert changes["notCompared"] == []


def test_a_compartment_that_was_moved_takes_its_resources_out_of_the_scope(here: Installation) -> None:
    here.reconfigure(compartments=(PRODUCTION,))
    here.run("a")
    here.directory.compartments[WEB] = compartment("web", OTHER)
    run_id = here.run("b")
    changes = diff(here, run_id)
    assert found(here, run_id) == ["w"]
    assert (changes["removed"], changes["notCompared"]) == ([], ["i", "v"])
    assert summary(here, run_id)["out_of_scope"] == 2


def test_a_compartment_that_was_moved_into_the_scope_brings_no_news(here: Installation) -> None:
    here.reconfigure(compartments=(OTHER,))
    here.run("a")
    here.directory.compartments[WEB] = compartment("web", OTHER)
    changes = diff(here, here.run("b"))
    assert (changes["added"], changes["notCompared"]) == ([], ["i", "v"])


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        ({"compartments": (WEB,)}, {"compartmentId": OTHER, "freeformTags": {"owner": "me"}}),
        ({"tags": ("owner",)}, {"compartmentId": WEB}),
        ({"compartments": (WEB,)}, {"compartmentId": "ocid1.compartment.oc1..new"}),
    ],
)
def test_a_resource_that_leaves_the_scope_by_a_change_of_its_own_was_not_removed(
    here: Installation, settings: dict[str, Any], moved: dict[str, Any]
) -> None:
    here.reconfigure(**settings)
    here.run("a")
    here.regions[HOME].items[0] = item(HOME, "v", **moved)
    run_id = here.run("b")
    changes = diff(here, run_id)
    assert "v" not in found(here, run_id)
    assert (changes["removed"], changes["notCompared"]) == ([], ["v"])
    assert summary(here, run_id)["out_of_scope"] == 1


def test_a_resource_that_comes_into_the_scope_by_a_change_of_its_own_was_not_added(
    here: Installation,
) -> None:
    here.reconfigure(tags=("owner",))
    here.run("a")
    here.regions[HOME].items[1] = item(HOME, "w", compartmentId=PRODUCTION, freeformTags={"owner": "you"})
    run_id = here.run("b")
    changes = diff(here, run_id)
    assert "w" in found(here, run_id)
    assert (changes["added"], changes["notCompared"]) == ([], ["w"])
    assert diff(here, here.run("c"))["unchanged"] == ["v", "w", "x"]


def test_what_leaves_the_scope_of_a_region_that_fails_is_carried_forward(here: Installation) -> None:
    here.regions[FRANKFURT].items = [item(FRANKFURT, "f", compartmentId=WEB)]
    here.reconfigure(compartments=(WEB,))
    here.run("a")
    here.regions[FRANKFURT].items = [item(FRANKFURT, "f", compartmentId=OTHER)]
    here.regions[FRANKFURT].is_down = True
    run_id = here.run("b")
    assert "f" in found(here, run_id)
    assert diff(here, run_id)["notCompared"] == ["f"]


def test_a_baseline_without_its_compartments_is_given_up(here: Installation) -> None:
    here.reconfigure(compartments=(WEB,))
    first = here.run("a")
    here.memory.delete(here.names(first).compartments)
    run_id = here.run("b")
    assert found(here, run_id) == ["i", "v"]
    assert ("baseline", first, f"compartments.json of run {first} is missing") in gaps(here, run_id)


def test_a_run_whose_compartments_are_gone_ends_as_failed(here: Installation) -> None:
    first = here.run("a")
    here.reconfigure(compartments=(WEB,))
    run_id = here.start("b")
    here.memory.delete(here.names(run_id).compartments)
    for region in here.manifest(run_id).regions:
        here.work(run_id, region)
    here.deliver()
    assert closed(here, run_id)[0] == "failed"
    assert here.json("inventory/latest.json")["run_id"] == first


@pytest.mark.parametrize(
    ("tag", "tags"),
    [
        ("Auth-Token=blue", {"freeformTags": {"Auth-Token": "blue"}}),
        ("Team.api-key=blue", {"definedTags": {"Team": {"api-key": "blue"}}}),
        ("Credentials.color=blue", {"definedTags": {"Credentials": {"color": "blue"}}}),
    ],
)
def test_what_a_redacted_tag_brought_into_the_scope_is_not_lost_with_its_region(
    here: Installation, tag: str, tags: dict[str, Any]
) -> None:
    """The worker reads the tag's value, the aggregator of the next run no longer can."""
    here.regions[FRANKFURT].items = [item(FRANKFURT, "f", **tags), item(FRANKFURT, "g")]
    here.reconfigure(tags=(tag,))
    assert found(here, here.run("a")) == ["f"]
    here.regions[FRANKFURT].is_down = True
    run_id = here.run("b")
    assert found(here, run_id) == ["f"]
    assert diff(here, run_id)["notCompared"] == ["f"]
    here.regions[FRANKFURT].is_down = False
    here.regions[FRANKFURT].items.pop(0)
    assert diff(here, here.run("c"))["removed"] == ["f"]
