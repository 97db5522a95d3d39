"""Regions that cannot be searched, or not to their end: what is known of them is kept and marked."""

from __future__ import annotations

from datetime import datetime

import pytest

from emulator.faults import Status
from emulator.tenancy.resource_types import HOME_TYPES
from emulator.tenancy.values import RegionSubscription
from tests.e2e.conftest import PAGE_SIZE
from tests.e2e.expected import Truth
from tests.e2e.verify import verify, verify_closed
from tests.e2e.world import World

HIDDEN = Status(status=404, code="NotAuthorizedOrNotFound")


@pytest.mark.parametrize(
    "answer", [HIDDEN, Status(status=401, code="NotAuthenticated")], ids=lambda answer: answer.code
)
def test_region_that_fails_in_run_2_is_carried_forward_and_its_changes_are_told_in_run_3(
    world: World, answer: Status
) -> None:
    lost = world.others[1]
    first = verify(world, world.run())
    changes = world.mutate(seed=5, many=15)
    world.break_requests(answer, service="query", region=lost)
    second = verify(world, world.run(), incomplete=[lost])

    assert ("slice", f"{lost}/*") in second.gaps()
    assert second.outcome(lost)["status"] == "failed"
    old = [record for record in first.records() if record["region"] == lost]
    kept = [record for record in second.records() if record["region"] == lost]
    assert kept == old
    assert {record["collectedAt"] for record in kept} == {first.collected_at()}
    regions = {record["ocid"]: record["region"] for record in [*first.records(), *second.records()]}
    told = second.document("diff.json")
    assert not [
        ocid for ocid in (*told["removed"], *told["added"], *told["changed"]) if regions[ocid] == lost
    ]

    world.heal()
    third = verify(world, world.run())
    told_before, told = told, third.document("diff.json")
    for kind, expected in (("added", changes.added), ("removed", changes.removed)):
        assert told[kind]
        assert sorted([*told_before[kind], *told[kind]]) == sorted(expected)
    assert {change["region"] for change in third.lines("changes.jsonl.gz")} == {lost}
    assert {change["since"] for change in third.lines("changes.jsonl.gz")} >= {first.collected_at()}


def test_region_that_fails_after_its_first_page_keeps_both_what_was_seen_and_what_was_not(
    world: World,
) -> None:
    lost = world.others[0]
    verify(world, world.run())
    world.mutate(seed=6, many=15)
    world.break_requests(HIDDEN, service="query", method="POST", region=lost, after=1)
    first_page = _in_order_of_creation(world, lost)[:PAGE_SIZE]
    second = verify(
        world, world.run(), incomplete=[lost], seen=lambda resource: _key(resource) in map(_key, first_page)
    )
    outcome = second.outcome(lost)
    assert outcome["status"] == "partial"
    assert outcome["slices"][0]["shards"] or outcome["slices"][0]["found"]
    ages = {record["collectedAt"] for record in second.records() if record["region"] == lost}
    assert len(ages) == 2
    assert second.document("diff.json")["summary"]["removed"] < 15

    world.heal()
    verify(world, world.run())


def _in_order_of_creation(world: World, region: str) -> list[Truth]:
    """What Search shows in a region, oldest first, those without a time last."""
    shown = [
        resource
        for resource in world.truth()
        if resource["searched"] and (resource["region"] == region or resource["resourceType"] in HOME_TYPES)
    ]
    return sorted(
        shown,
        key=lambda resource: (
            resource["timeCreated"] is None,
            datetime.fromisoformat(resource["timeCreated"] or "1970-01-01T00:00:00+00:00"),
            resource["ocid"] or "",
        ),
    )


def _key(resource: Truth) -> tuple[str, ...]:
    return tuple(str(resource[name]) for name in ("ocid", "resourceType", "displayName", "timeCreated"))


def test_home_region_that_fails_in_run_2_leaves_identity_as_it_was(world: World) -> None:
    verify(world, world.run())
    world.mutate(seed=7)
    world.break_requests(HIDDEN, service="query", region=world.home)
    second = verify(world, world.run(), incomplete=[world.home])
    assert not [line for line in second.lines("changes.jsonl.gz") if line["resourceType"] in HOME_TYPES]
    identity = [record for record in second.records() if record["resourceType"] in HOME_TYPES]
    assert len(identity) > 20
    assert not {second.collected_at()} & {record["collectedAt"] for record in identity}


def test_first_run_with_the_home_region_failed_publishes_the_rest_and_says_so(world: World) -> None:
    world.break_requests(HIDDEN, service="query", region=world.home)
    run = verify(world, world.run(), incomplete=[world.home])
    assert {record["region"] for record in run.records()} == set(world.others)
    assert ("slice", f"{world.home}/*") in run.gaps()
    assert world.home in run.section("Exclusion and Gap Details")

    # That nobody had seen the home region before does not make its resources new.
    world.heal()
    second = verify(world, world.run())
    assert second.document("diff.json")["summary"]["added"] == 0


def test_search_that_answers_500_for_a_while_costs_time_and_nothing_else(world: World) -> None:
    rules = [
        world.break_requests(
            Status(status=500, code="InternalServerError"), service="query", region=region, times=2
        )
        for region in world.regions
    ]
    run = verify(world, world.run())
    assert [world.fired(rule) for rule in rules] == [2, 2, 2, 2]
    assert not [place for kind, place in run.gaps() if kind != "enrichment"]


def test_run_in_which_every_region_fails_is_closed_as_failed_and_leaves_the_last_inventory(
    world: World,
) -> None:
    first = verify(world, world.run())
    world.mutate(seed=8)
    world.break_requests(HIDDEN, service="query")
    second = world.run()
    verify_closed(world, second, "failed")
    assert world.bucket.pointer() == first.run_id
    assert not second.has("published.json")
    assert not second.has("inventory.jsonl.gz")
    report = second.report()
    assert "failed" in report
    for region in world.regions:
        assert region in report

    world.heal()
    third = verify(world, world.run())
    assert third.document("manifest.json")["baseline"]["run_id"] == first.run_id


def test_first_run_in_which_every_region_fails_publishes_nothing(world: World) -> None:
    world.break_requests(HIDDEN, service="query")
    verify_closed(world, world.run(), "failed")
    assert world.bucket.pointer() is None

    world.heal()
    verify(world, world.run())


def test_identity_service_that_does_not_answer_leaves_a_failed_run_with_a_report(world: World) -> None:
    world.break_requests(HIDDEN, service="identity", path="regionSubscriptions")
    run = world.start()
    assert not run.has("manifest.json")
    world.sweep()
    world.sweep()
    verify_closed(world, run, "failed")
    assert "could not be planned" in run.report()

    world.heal()
    verify(world, world.run())


def test_region_whose_subscription_is_in_progress_is_named_and_not_searched(world: World) -> None:
    new = RegionSubscription(name="sa-saopaulo-1", key="GRU", status="IN_PROGRESS", is_home=False)
    world.tenancy.regions = (*world.tenancy.regions, new)
    run = verify(world, world.run())
    assert ("region", new.name) in run.gaps()
    assert new.name in run.section("Exclusion and Gap Details")
    assert new.name not in run.document("manifest.json")["regions"]
    assert not world.cloud.emulator.requests.count(region=new.name)
