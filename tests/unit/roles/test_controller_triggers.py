"""Triggers: which run each belongs to, however often and however fast they come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inventory.coordination.closing import close_run
from inventory.coordination.documents import read_lease
from inventory.errors import ServerFault
from inventory.model.lease import Lease
from inventory.model.names import run_id_for, run_started_at
from inventory.model.publication import RUN_FAILED
from inventory.roles.controller.control import IGNORED, SWEPT, ControlAnswer, control
from inventory.roles.controller.opening import JOINED, STARTED, open_run
from inventory.triggers import RUN, SWEEP, Ignored, Trigger
from tests.fakes.faulty_store import DIES_AFTER, LANDS_UNHEARD, Died
from tests.fakes.installation import FRANKFURT, HOME, REGION_FUNCTION, Installation, item
from tests.fakes.platform import Invocation


@pytest.fixture
def here() -> Installation:
    here = Installation()
    here.regions[HOME].items = [item(HOME, "a")]
    return here


def lease(here: Installation) -> Lease:
    present = read_lease(here.call())
    assert present is not None
    return present.value


def opened(here: Installation, key: str) -> tuple[str, bool]:
    found = open_run(here.call(), Trigger(action=RUN, kind="event", key=key))
    assert found.run_id is not None
    return found.run_id, found.is_new


def close(here: Installation, run_id: str) -> None:
    close_run(here.call(), run_id, status=RUN_FAILED, reason="test")


def test_a_trigger_starts_a_run_and_a_worker_for_each_region(here: Installation) -> None:
    answer = here.control(key="given:a")
    run_id = run_id_for(here.clock.now(), "given:a")
    assert answer == ControlAnswer(status=STARTED, run_id=run_id)
    assert here.invoker.take() == [
        Invocation(function_id=REGION_FUNCTION, body={"run_id": run_id, "region": region})
        for region in (FRANKFURT, HOME)
    ]
    assert here.manifest(run_id).run_id == run_id


def test_an_open_run_says_who_opened_it_and_until_when(here: Installation) -> None:
    run_id, is_new = opened(here, "event:1")
    assert is_new
    held = lease(here)
    assert (held.state, held.run_id, held.trigger_kind, held.trigger_key) == (
        "held",
        run_id,
        "event",
        "event:1",
    )
    assert held.valid_until == here.clock.now() + timedelta(hours=6)


def test_a_trigger_that_is_delivered_twice_is_answered_with_its_run(here: Installation) -> None:
    first = here.control(key="a")
    here.invoker.take()
    assert here.control(key="a") == ControlAnswer(status=JOINED, run_id=first.run_id)
    assert here.invoker.take() == [], "the workers are just starting"


def test_a_trigger_is_known_after_its_run_was_closed_and_others_came(here: Installation) -> None:
    first = here.run("a")
    here.run("b")
    assert here.control(key="a") == ControlAnswer(status=JOINED, run_id=first)


def test_a_trigger_that_meets_an_open_run_joins_it_for_good(here: Installation) -> None:
    first = here.start("a")
    here.clock.advance(5)
    assert here.control(key="b") == ControlAnswer(status=JOINED, run_id=first)
    close(here, first)
    here.clock.advance(5)
    assert here.control(key="b") == ControlAnswer(status=JOINED, run_id=first)
    third = here.control(key="c")
    assert third.status == STARTED
    assert third.run_id != first


def test_two_controllers_at_once_open_one_run(here: Installation) -> None:
    opened(here, "first")
    close(here, lease(here).run_id or "")
    here.clock.advance(5)
    other: list[tuple[str, bool]] = []
    here.store.writes["lease.json"] = [lambda: other.append(opened(here, "b"))]
    mine = opened(here, "a")
    assert other == [(mine[0], True)]
    assert mine[1] is False
    assert lease(here).run_of_trigger("a") == lease(here).run_of_trigger("b") == mine[0]


def test_a_trigger_within_the_minimum_interval_belongs_to_the_last_run(here: Installation) -> None:
    here.reconfigure(min_interval_seconds=3600)
    first = here.run("a")
    here.clock.advance(3600 - 60 - 1)
    answer = here.control(key="b")
    assert answer == ControlAnswer(status=JOINED, run_id=first, reason="the minimum interval is not over")
    here.clock.advance(1)
    assert here.control(key="b") == ControlAnswer(status=JOINED, run_id=first), "it is known by now"
    assert here.control(key="c").status == STARTED


def test_run_ids_rise_also_within_one_second(here: Installation) -> None:
    """Also against the hash: each id starts a second after the last."""
    run_ids = []
    for number in range(6):
        run_id, is_new = opened(here, f"key-{number}")
        assert is_new, number
        run_ids.append(run_id)
        close(here, run_id)
    assert run_ids == sorted(run_ids)
    assert len({run_started_at(run_id) for run_id in run_ids}) == 6


def test_run_ids_rise_also_where_the_stores_clock_goes_back(here: Installation) -> None:
    first = here.run("a")
    here.clock.advance(-600)
    second, is_new = opened(here, "b")
    assert is_new
    assert second > first


def test_a_lost_answer_does_not_open_a_second_run(here: Installation) -> None:
    opened(here, "first")
    close(here, lease(here).run_id or "")
    here.store.writes["lease.json"] = [LANDS_UNHEARD]
    run_id, is_new = opened(here, "a")
    assert is_new
    assert lease(here).run_id == run_id


def test_a_controller_that_dies_behind_the_lease_leaves_a_run_that_the_next_one_plans(
    here: Installation,
) -> None:
    here.run("before")
    here.store.writes["lease.json"] = [DIES_AFTER]
    with pytest.raises(Died):
        here.control(key="a")
    run_id = lease(here).run_id
    assert run_id is not None
    assert not here.has(here.names(run_id).manifest)
    assert here.control(action=SWEEP) == ControlAnswer(status=SWEPT, run_id=run_id)
    assert here.manifest(run_id).trigger_key == "a"
    assert len(here.invoker.take()) == 2


def test_a_message_that_asks_for_nothing_does_nothing(here: Installation) -> None:
    answer = control(here.call(), Ignored(reason="it is over"), here.planner)
    assert answer == ControlAnswer(status=IGNORED, run_id=None, reason="it is over")
    assert here.memory.objects == {}


def test_a_sweep_without_an_open_run_does_nothing(here: Installation) -> None:
    assert here.control(action=SWEEP) == ControlAnswer(status=SWEPT, run_id=None)
    assert here.memory.objects == {}
    here.run("a")
    before = dict(here.memory.objects)
    assert here.control(action=SWEEP) == ControlAnswer(status=SWEPT, run_id=None)
    assert here.memory.objects == before


def test_a_trigger_first_finishes_what_the_last_run_left(here: Installation) -> None:
    """The last run is closed but still holds the lease: the trigger gets a run of its own."""
    first = here.scan("a")
    here.store.writes["lease.json"] = [ServerFault("no answer")]
    with pytest.raises(ServerFault):
        here.aggregate(first)
    assert here.has(here.names(first).closed)
    assert lease(here).run_id == first
    here.clock.advance(5)
    answer = here.control(key="b")
    assert answer.status == STARTED
    assert answer.run_id is not None
    assert answer.run_id > first


def test_the_answer_of_a_trigger_does_not_depend_on_what_its_sweep_meets(here: Installation) -> None:
    here.directory.failure = ServerFault("identity is down")
    answer = here.control(key="a")
    assert answer.status == STARTED
    assert lease(here).plan_attempts == 1
    assert lease(here).run_id == answer.run_id
