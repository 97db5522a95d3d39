"""Short stories told systematically: every step at which a call can stop, every time it comes, every fate.

Random stories (`machine`) find what nobody thought of; these find, each time and quickly, what a single
mishap in a run, or a single ghost from an earlier run, can break.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inventory.model.adhoc import AdhocScope
from inventory.triggers import RUN, SWEEP
from tests.model.invariants import Observer, is_run_waiting
from tests.model.world import FATES, KINDS, LANDS, REGIONS, World, iam_item, item

#: How often a step of one kind can come in a run of two regions.
OCCURRENCES = 11
#: The same for an ad-hoc run of one region, and the controllers around it.
ADHOC_OCCURRENCES = 7
#: Longer than a call may own anything, and not so long that the platform kills it.
LONG = 1000


@dataclass(frozen=True, slots=True)
class Story:
    """One disturbance of one run: a fate of a step, or (`fate` None) a pause of whoever stands at a stop.

    With `is_down` the second region's search does not answer in that run. With `is_adhoc` that run is ad hoc,
    and a trigger for a regular one comes while it is open.
    """

    stop: str
    skip: int
    fate: str | None
    is_down: bool = False
    is_adhoc: bool = False


def stories_of(stop: str) -> Iterator[Story]:
    """All stories of one stop, the likeliest to show something first."""
    fates = [fate for fate in FATES if fate != LANDS] if stop in KINDS else []
    for skip in range(OCCURRENCES):
        for fate in (*fates, None):
            yield Story(stop, skip, fate)
            yield Story(stop, skip, fate, is_down=True)
            if skip < ADHOC_OCCURRENCES:
                yield Story(stop, skip, fate, is_adhoc=True)


def tell_all(stories: Iterable[Story]) -> bool:
    """Tell stories one after the other, all of them; returns whether any of their stops was reached."""
    reached = [tell(story) for story in stories]
    return True in reached


def tell(story: Story) -> bool:
    """Tell a story to its end with all promises checked; returns whether its stop was ever reached.

    A run without mishaps comes first, and one comes while a paused call is a ghost. Raises AssertionError
    where a promise is broken.
    """
    world = World()
    observer = Observer(world)
    for region in REGIONS:
        world.regions[region].items = [
            *(item(region, number) for number in range(1, 6)),
            item(region, 6, is_named=False),
            iam_item(7),
        ]
    try:
        _run(world, "first")
        world.regions[REGIONS[1]].is_down = story.is_down
        if story.is_adhoc:
            world.start_controller(RUN, "second", AdhocScope(regions=REGIONS[:1]))
            world.start_controller(RUN, "waits")
        else:
            world.start_controller(RUN, "second")
        is_reached = _disturb(world, story)
        world.regions[REGIONS[1]].is_down = False
        if story.fate is None:
            sweep_to_rest(world)
            _run(world, "third")
            for actor in world.actors:
                actor.is_paused = False
        world.drive()
        while world.late_writes:
            world.land_late_write(0)
        sweep_to_rest(world)
        observer.check_at_rest()
        return is_reached
    finally:
        world.close()


def _disturb(world: World, story: Story) -> bool:
    for _ in range(story.skip):
        actor = world.drive(until=story.stop)
        if actor is None:
            return False
        world.step(actor)
    actor = world.drive(until=story.stop)
    if actor is None:
        return False
    if story.fate is None:
        actor.is_paused = True
    else:
        world.step(actor, story.fate)
    world.drive()
    return True


def _run(world: World, key: str) -> None:
    world.pass_time(1)
    world.start_controller(RUN, key)
    world.drive()


def sweep_to_rest(world: World) -> None:
    """Two sweeps; a run that had to wait is a cause of its own, and gets its own two."""
    for _ in range(2):
        _sweep(world)
    if is_run_waiting(world):
        for _ in range(2):
            _sweep(world)


def _sweep(world: World) -> None:
    world.pass_time(LONG)
    world.start_controller(SWEEP, "sweep")
    world.drive()
