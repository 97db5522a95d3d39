"""Calls whose container dies in the middle of their work."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from emulator.faults import Reset
from emulator.wire import ServiceError
from tests.e2e.bucket import full_name
from tests.e2e.verify import verify
from tests.e2e.world import PAST_OWNERSHIP_SECONDS, World

PUT: dict[str, Any] = {"service": "objectstorage", "method": "PUT"}

# Where the worker dies: at a request, the first `after` of its kind aside; and whether that request still
# arrives, from the grave, or is lost with its sender.
WORKER_DEATHS = [
    pytest.param({"service": "query", "after": 2}, True, id="while it waits for the third page"),
    pytest.param({**PUT, "path": "shards/", "after": 1}, True, id="writing the second shard"),
    pytest.param({**PUT, "path": r"checkpoint\.json$", "after": 2}, True, id="committing, landed"),
    pytest.param({**PUT, "path": r"checkpoint\.json$", "after": 2}, False, id="committing, lost"),
    pytest.param({**PUT, "path": r"outcome\.json$"}, False, id="writing its outcome"),
]


@pytest.mark.parametrize(("where", "lands"), WORKER_DEATHS)
def test_killed_worker_is_followed_by_one_that_goes_on_behind_the_last_commit(
    world: World, where: dict[str, Any], lands: bool
) -> None:
    region = world.home
    if "path" in where:
        where = {**where, "path": rf"{region}/{where['path']}"}
    else:
        where = {**where, "region": region}
    death = world.kill_at(world.worker, where, containing=region)
    if not lands:
        world.break_requests(Reset(), times=1, **where)
    run = world.start()
    death.wait()
    world.wait_for_kill(world.worker)
    world.release_from_the_grave(death)
    checkpoint = run.checkpoint(region)
    committed = checkpoint["slices"][0]["shards"]
    assert committed or checkpoint["slices"][0]["found"]

    world.sweep()
    is_done = checkpoint["state"] == "final"
    if not is_done:
        # Nobody takes over while the dead call may still be thought alive.
        assert run.closed() is None
        world.pass_time(PAST_OWNERSHIP_SECONDS)
        world.sweep()
    verify(world, run)
    assert run.outcome(region)["epochs"] == (1 if is_done else 2)
    shards = run.listed_shards(region)
    assert shards[: len(committed)] == committed
    assert sum(shard["count"] for shard in shards) == sum(
        resource["region"] == region for resource in world.truth()
    )


def test_shard_and_commit_of_a_dead_worker_that_arrive_after_its_successor_began_change_nothing(
    world: World,
) -> None:
    region = world.home
    committing = {**PUT, "path": rf"{region}/checkpoint\.json$", "after": 2}
    death = world.kill_at(world.worker, committing, containing=region)
    run = world.start()
    death.wait()
    world.wait_for_kill(world.worker)
    world.pass_time(PAST_OWNERSHIP_SECONDS)
    # The successor is held in its work until the dead one's commit has come.
    successor = world.hold(service="query", region=region)
    world.wake(action="sweep")
    successor.wait()
    death.end()
    world.wait_for_answer(status=412, target=rf"{region}(/|%2F)checkpoint\.json")
    successor.end()
    world.settle()
    verify(world, run)
    # The shard that the dead worker wrote and could not commit lies there and does not count.
    stored = {full_name(run, name) for name in run.files() if f"{region}/shards/" in name}
    listed = {shard["name"] for shard in run.listed_shards(region)}
    assert len(stored - listed) == 1


AGGREGATOR_DEATHS = [
    pytest.param("inventory.jsonl.gz", False, id="writing the inventory"),
    pytest.param("inventory.csv", True, id="in the middle of the exports"),
    pytest.param("published.json", False, id="before publishing"),
    pytest.param("published.json", True, id="after publishing"),
    pytest.param("latest.json", False, id="before moving the pointer"),
    pytest.param("latest.json", True, id="after moving the pointer"),
    pytest.param("closed.json", False, id="before closing"),
]


@pytest.mark.parametrize(("name", "lands"), AGGREGATOR_DEATHS)
def test_killed_aggregator_is_followed_by_one_that_publishes_the_same(
    world: World, name: str, lands: bool
) -> None:
    verify(world, world.run())
    world.mutate(seed=15)
    where = {**PUT, "path": rf"/{name.replace('.', '[.]')}$"}
    death = world.kill_at(world.aggregator, where)
    if not lands:
        world.break_requests(Reset(), times=1, **where)
    run = world.start()
    death.wait()
    world.wait_for_kill(world.aggregator)
    world.release_from_the_grave(death)
    assert run.closed() is None
    world.sweep()
    assert run.closed() is None
    world.pass_time(PAST_OWNERSHIP_SECONDS)
    world.sweep()
    verify(world, run)
    assert run.document("aggregation.json")["epoch"] == 2


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({**PUT, "path": r"lease\.json$", "after": 1}, id="opening the run"),
        pytest.param({**PUT, "path": r"manifest\.json$"}, id="writing the manifest"),
        pytest.param({"service": "functions", "method": "POST", "after": 1}, id="after its first invocation"),
    ],
)
def test_killed_controller_leaves_a_run_that_a_sweep_finishes(world: World, where: dict[str, Any]) -> None:
    death = world.kill_at(world.controller, where)
    with contextlib.suppress(ServiceError):
        world.wake(trigger_key="schedule-1")
    world.release_from_the_grave(death)
    run_id = world.bucket.document("lease.json")["run_id"]
    world.sweep()
    assert world.wake(trigger_key="schedule-1") == {"status": "joined", "run_id": run_id, "reason": None}
    world.settle()
    verify(world, world.bucket.run(run_id))
    assert world.bucket.run_ids() == [run_id]
