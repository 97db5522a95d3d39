"""Everything is delivered at least once: triggers, workers and aggregators that come twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.conftest import PAGE_SIZE
from tests.e2e.verify import verify
from tests.e2e.world import World

PUT: dict[str, Any] = {"service": "objectstorage", "method": "PUT"}


def test_one_trigger_delivered_twice_at_once_and_again_later_is_one_run(world: World) -> None:
    run_id = _wake_at_once(world, "schedule-1", "schedule-1")
    run = verify(world, world.bucket.run(run_id))

    again = world.wake(trigger_key="schedule-1")
    world.settle()
    assert again == {"status": "joined", "run_id": run_id, "reason": None}
    assert world.bucket.run_ids() == [run_id]
    assert run.document("manifest.json")["trigger_key"] == "given:schedule-1"
    assert len(world.calls(world.worker)) == len(world.regions)


def test_two_triggers_at_once_are_one_run_and_a_later_one_is_another(world: World) -> None:
    run_id = _wake_at_once(world, "alarm-1", "schedule-1")
    verify(world, world.bucket.run(run_id))
    assert world.bucket.run_ids() == [run_id]

    # Both keys belong to that run for good.
    for key in ("alarm-1", "schedule-1"):
        assert world.wake(trigger_key=key) == {"status": "joined", "run_id": run_id, "reason": None}
    later = world.wake(trigger_key="alarm-2")
    world.settle()
    assert later["status"] == "started"
    verify(world, world.bucket.run(later["run_id"]))


def _wake_at_once(world: World, *keys: str) -> str:
    """Wake controllers that all find no lease and all try to create it; returns the one run's id."""
    creating = world.hold(count=len(keys), **PUT, path=r"lease\.json$")
    # The run stays open until all have been answered.
    searching = world.hold(service="query", region=world.home)
    with ThreadPoolExecutor(len(keys)) as pool:
        waking = [pool.submit(world.wake, trigger_key=key) for key in keys]
        creating.wait_and_end()
    searching.wait_and_end()
    world.settle()
    answers = [woken.result() for woken in waking]
    assert sorted(answer["status"] for answer in answers) == ["joined", "started"]
    (run_id,) = {str(answer["run_id"]) for answer in answers}
    return run_id


@pytest.mark.parametrize("same_call_id", [False, True], ids=["call ids differ", "one call id"])
def test_worker_invoked_twice_at_once_works_once(world: World, same_call_id: bool) -> None:
    twice = world.home
    world.rules.double_next(world.worker, containing=twice.encode(), same_call_id=same_call_id)
    claiming = world.hold(count=2, **PUT, path=rf"{twice}/checkpoint\.json$")
    run = world.start()
    claiming.wait_and_end()
    world.settle()
    verify(world, run)
    assert [call.outcome for call in world.calls(world.worker, containing=twice)] == ["ok", "ok"]
    assert run.outcome(twice)["epochs"] == 1
    # No page was asked for by both.
    shown = sum(one["searched"] and one["region"] == twice for one in world.truth())
    pages = -(-shown // PAGE_SIZE)
    assert world.cloud.emulator.requests.count(target=r"/resources(\?|$)", region=twice) == pages


def test_worker_invoked_while_another_is_at_work_leaves_the_region_to_it(world: World) -> None:
    region = world.home
    working = world.hold(service="query", region=region, after=2)
    run = world.start()
    working.wait()
    before = run.checkpoint(region)
    world.invoke(world.worker, run_id=run.run_id, region=region)
    world.wait_for_calls(world.worker, 1, containing=region)
    assert run.checkpoint(region) == before
    working.end()
    world.settle()
    verify(world, run)
    assert run.outcome(region)["epochs"] == 1


def test_aggregator_invoked_while_another_is_at_work_leaves_the_run_to_it(world: World) -> None:
    working = world.hold(**PUT, path=r"/inventory\.csv$")
    run = world.start()
    working.wait()
    before = run.document("aggregation.json")
    others = len(world.calls(world.aggregator))
    world.invoke(world.aggregator, run_id=run.run_id)
    world.wait_for_calls(world.aggregator, others)
    assert run.document("aggregation.json") == before
    assert run.closed() is None
    working.end()
    world.settle()
    verify(world, run)
    assert run.document("aggregation.json")["epoch"] == 1


def test_worker_invoked_again_after_the_end_changes_nothing(world: World) -> None:
    run = verify(world, world.run())
    before = {name: run.bytes_of(name) for name in run.files()}
    for region in world.regions:
        world.invoke(world.worker, run_id=run.run_id, region=region)
    world.invoke(world.aggregator, run_id=run.run_id)
    world.settle()
    assert {name: run.bytes_of(name) for name in run.files()} == before
    assert world.bucket.pointer() == run.run_id


def test_aggregator_invoked_twice_at_once_publishes_once(world: World) -> None:
    verify(world, world.run())
    world.mutate(seed=12)
    world.rules.double_next(world.aggregator)
    claiming = world.hold(count=2, **PUT, path=r"aggregation\.json$")
    run = world.start()
    claiming.wait_and_end()
    world.settle()
    verify(world, run)
    assert len(world.calls(world.aggregator)) >= 3
    assert run.document("aggregation.json")["epoch"] == 1
    for name in ("inventory.jsonl.gz", "published.json", "closed.json"):
        writes = world.cloud.emulator.requests.entries(
            service="objectstorage", target=rf"{run.run_id}.*{name}"
        )
        assert [entry.status for entry in writes if entry.method == "PUT"] == [200]
    assert len(world.messages(run.run_id)) == 1
