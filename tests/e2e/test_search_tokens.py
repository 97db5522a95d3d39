"""Page tokens that expire under a scan."""

from __future__ import annotations

import pytest

from emulator.faults import ExpirePageTokens
from tests.e2e.verify import verify, verify_published
from tests.e2e.world import World


# One of the home region's pages ends in the middle of many resources of one instant.
@pytest.mark.parametrize("after", range(6))
def test_page_token_that_expires_costs_no_record_and_doubles_none(world: World, after: int) -> None:
    _check_awkward_records_are_there(world)
    rules = [
        world.break_requests(ExpirePageTokens(), service="query", region=region, after=after, times=1)
        for region in world.regions
    ]
    run = verify(world, world.run())
    assert world.fired(rules[0]) == 1
    counts = run.outcome(world.home)["tally"]["counts"]
    assert counts["expired_page_tokens"] == 1
    assert [kind for kind, _ in run.gaps() if kind != "enrichment"] == []


def test_tokens_that_expire_again_and_again_cost_no_record(world: World) -> None:
    rules = [
        world.break_requests(ExpirePageTokens(), service="query", region=world.home, after=after, times=1)
        for after in (0, 1, 2, 4)
    ]
    run = verify(world, world.run())
    assert [world.fired(rule) for rule in rules] == [1, 1, 1, 1]
    assert run.outcome(world.home)["tally"]["counts"]["expired_page_tokens"] == 4


def test_all_tokens_of_a_region_expire_while_it_is_being_read(world: World) -> None:
    reading = world.hold(service="query", region=world.home, after=3)
    run = world.start()
    reading.wait()
    world.cloud.search.expire_tokens()
    reading.end()
    world.settle()
    verify(world, run)
    assert run.outcome(world.home)["tally"]["counts"]["expired_page_tokens"] == 1


def test_region_whose_tokens_never_work_is_reported_and_loses_nothing(world: World) -> None:
    verify(world, world.run())
    world.break_requests(ExpirePageTokens(), service="query", region=world.home)
    second = world.run()
    verify_published(world, second)
    assert ("slice", f"{world.home}/*") in second.gaps()
    diff = second.document("diff.json")["summary"]
    assert (diff["added"], diff["removed"], diff["changed"]) == (0, 0, 0)
    assert len(second.records()) == len(world.truth())


def _check_awkward_records_are_there(world: World) -> None:
    """The tenancy has what only tokens or times could tell apart."""
    home = [resource for resource in world.truth() if resource["region"] == world.home]
    assert sum(resource["timeCreated"] is None for resource in home) >= 2
    assert any(resource["ocid"] is None for resource in world.truth())
