"""The coordination as a model: random interleavings of the real roles hold the promises of the design."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings

from inventory.triggers import RUN
from tests.model.invariants import Observer
from tests.model.machine import Coordination
from tests.model.stories import stories_of, tell_all
from tests.model.world import REGIONS, STOPS, World, iam_item, item


def a_world() -> tuple[World, Observer]:
    world = World()
    observer = Observer(world)
    for region in REGIONS:
        world.regions[region].items = [item(region, number) for number in range(1, 6)] + [iam_item(7)]
    return world, observer


def test_a_run_without_mishaps_is_published_and_closed() -> None:
    world, observer = a_world()
    world.start_controller(RUN, "a")
    world.drive()
    world.time += timedelta(seconds=5)
    world.start_controller(RUN, "b")
    world.drive()
    assert len(observer.published_runs) == 2
    observer.check_at_rest()


@pytest.mark.parametrize("stop", STOPS)
def test_one_mishap_or_one_ghost_at_any_step_breaks_no_promise(stop: str) -> None:
    assert tell_all(stories_of(stop)), "no story came to this step"


TestCoordination = Coordination.TestCase
TestCoordination.settings = settings(
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
