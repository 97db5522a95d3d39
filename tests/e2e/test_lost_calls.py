"""Detached calls that were accepted and never ran: sweeps heal them, or close what cannot end."""

from __future__ import annotations

from tests.e2e.verify import verify, verify_closed
from tests.e2e.world import PAST_GRACE_SECONDS, World


def test_lost_call_to_a_region_is_made_good_by_a_sweep(world: World) -> None:
    lost = world.others[0]
    world.rules.lose_next(world.worker, containing=lost.encode())
    run = world.run()
    assert run.closed() is None
    assert not run.has(f"regions/{lost}/checkpoint.json")
    world.sweep()
    verify(world, run)
    assert [call.outcome for call in world.calls(world.worker, containing=lost)] == ["lost", "ok"]


def test_next_trigger_heals_the_open_run_and_joins_it(world: World) -> None:
    lost = world.others[0]
    world.rules.lose_next(world.worker, containing=lost.encode())
    run = world.run()
    # It might still be starting; the next schedule is far later.
    world.pass_time(PAST_GRACE_SECONDS)
    answer = world.wake()
    world.settle()
    assert answer == {"status": "joined", "run_id": run.run_id, "reason": None}
    verify(world, run)


def test_lost_call_to_the_aggregator_is_made_good_by_a_sweep(world: World) -> None:
    world.rules.lose_next(world.aggregator, times=99)
    run = world.run()
    assert run.closed() is None
    assert not run.has("aggregation.json")
    world.rules.clear()
    world.sweep()
    verify(world, run)


def test_region_whose_calls_are_all_lost_is_given_up_and_carried_forward(world: World) -> None:
    lost = world.others[2]
    verify(world, world.run())
    world.mutate(seed=13)
    world.configure(world.controller, max_invocations="2")
    world.rules.lose_next(world.worker, times=99, containing=lost.encode())
    run = world.run()
    world.sweep()
    # Asked for twice; within the grace it is not given up.
    world.sweep()
    assert run.closed() is None
    world.pass_time(PAST_GRACE_SECONDS)
    world.sweep()
    verify(world, run, incomplete=[lost])
    calls = world.calls(world.worker, containing=lost)
    assert [call.outcome for call in calls] == ["ok", "lost", "lost"]
    assert ("slice", f"{lost}/*") in run.gaps()
    assert "givenUp" in run.report()

    world.rules.clear()
    verify(world, world.run())


def test_aggregator_whose_calls_are_all_lost_ends_the_run_as_failed(world: World) -> None:
    first = verify(world, world.run())
    world.mutate(seed=14)
    world.configure(world.controller, max_invocations="2")
    world.rules.lose_next(world.aggregator, times=99)
    run = world.run()
    for _ in range(3):
        world.pass_time(PAST_GRACE_SECONDS)
        world.sweep()
    verify_closed(world, run, "failed")
    assert "the aggregator did not finish" in run.report()
    assert world.bucket.pointer() == first.run_id

    world.rules.clear()
    later = verify(world, world.run())
    assert later.document("manifest.json")["baseline"]["run_id"] == first.run_id
