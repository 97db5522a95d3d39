"""Calls with too little time: a worker hands over to itself and nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.cloud import Cloud
from emulator.faults import Latency
from tests.e2e.conftest import build
from tests.e2e.small_tenancy import small_tenancy
from tests.e2e.verify import verify
from tests.e2e.world import World

#: Ten seconds more than the worker wants to have left for another page.
TIMEOUT_SECONDS = 25
#: Nine pages and more of that take longer than one call has.
PAGE_SECONDS = 1.0


@pytest.fixture
def hurried_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("hurried")
    config = {"INVENTORY_PAGE_SIZE": "20", "INVENTORY_SHARD_RECORDS": "40"}
    with Cloud(
        small_tenancy(),
        root=root,
        source_dir=build(root / "image"),
        config=config,
        detached_timeout_seconds=TIMEOUT_SECONDS,
    ) as cloud:
        yield World(cloud)


def test_region_that_needs_several_calls_goes_on_where_the_last_one_stopped(hurried_world: World) -> None:
    world = hurried_world
    world.break_requests(Latency(seconds=PAGE_SECONDS), service="query", region=world.home)
    run = verify(world, world.run())
    calls = world.calls(world.worker, containing=world.home)
    assert len(calls) >= 2
    assert {call.outcome for call in calls} == {"ok"}
    assert run.outcome(world.home)["epochs"] == len(calls)
    shards = run.listed_shards(world.home)
    assert len({shard["epoch"] for shard in shards}) >= 2
    assert sum(shard["count"] for shard in shards) == sum(
        resource["region"] == world.home for resource in world.truth()
    )
    # No shard was written that does not count.
    assert len([name for name in run.files() if f"{world.home}/shards/" in name]) == len(shards)
