"""The lease under contention: every change is made on what is stored, or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory.coordination.documents import read_lease
from inventory.coordination.leasing import CHANGE_ATTEMPTS, change_lease, release_lease
from inventory.errors import ServerFault
from inventory.model.adhoc import AdhocScope
from inventory.model.lease import HELD, IDLE, Invocations, Lease, PendingTrigger
from tests.fakes.faulty_store import LANDS_UNHEARD, VANISHES
from tests.fakes.installation import NAMES, Installation

RUN_ID = "20261123T040000Z-1a2b3c4d"


@pytest.fixture
def here() -> Installation:
    return Installation()


def one_more_attempt(lease: Lease) -> Lease:
    return replace(lease, plan_attempts=lease.plan_attempts + 1)


def stored(here: Installation) -> Lease:
    present = read_lease(here.call())
    assert present is not None
    return present.value


def test_the_first_change_makes_the_lease(here: Installation) -> None:
    call = here.call()
    changed = change_lease(call, one_more_attempt)
    assert changed == stored(here)
    assert (changed.state, changed.plan_attempts, changed.owner, changed.revision) == (IDLE, 1, call.owner, 1)


def test_a_change_that_is_none_writes_nothing(here: Installation) -> None:
    change_lease(here.call(), one_more_attempt)
    before = here.memory.get(NAMES.lease)
    assert change_lease(here.call(), lambda _: None) == stored(here)
    assert here.memory.get(NAMES.lease) == before


def test_two_controllers_that_change_at_once_both_count(here: Installation) -> None:
    change_lease(here.call(), one_more_attempt)
    here.store.writes[NAMES.lease] = [lambda: change_lease(here.call(), one_more_attempt)]
    change_lease(here.call(), one_more_attempt)
    assert stored(here).plan_attempts == 3
    assert stored(here).revision == 3


def test_two_controllers_that_make_the_lease_at_once_share_one(here: Installation) -> None:
    here.store.writes[NAMES.lease] = [lambda: change_lease(here.call(), one_more_attempt)]
    change_lease(here.call(), one_more_attempt)
    assert stored(here).plan_attempts == 2


@pytest.mark.parametrize("fate", [LANDS_UNHEARD, VANISHES])
def test_a_change_whose_answer_is_lost_counts_once(here: Installation, fate: str) -> None:
    change_lease(here.call(), one_more_attempt)
    here.store.writes[NAMES.lease] = [fate]
    changed = change_lease(here.call(), one_more_attempt)
    assert changed == stored(here)
    assert changed.plan_attempts == 2


def test_a_lease_that_others_keep_changing_is_given_up(here: Installation) -> None:
    change_lease(here.call(), one_more_attempt)
    other = here.call()

    def overtake() -> None:
        plan = here.store.writes.pop(NAMES.lease)
        change_lease(other, one_more_attempt)
        here.store.writes[NAMES.lease] = plan

    here.store.writes[NAMES.lease] = [overtake] * (CHANGE_ATTEMPTS + 5)
    with pytest.raises(ServerFault, match="too many"):
        change_lease(here.call(), lambda lease: replace(lease, last_run_id="mine"))
    assert stored(here).last_run_id is None
    assert stored(here).plan_attempts == 1 + CHANGE_ATTEMPTS


def held(here: Installation) -> Lease:
    return change_lease(
        here.call(),
        lambda lease: replace(
            lease.remembering("given:a", RUN_ID),
            state=HELD,
            run_id=RUN_ID,
            trigger_kind="direct",
            trigger_key="given:a",
            valid_until=here.clock.now() + timedelta(hours=6),
            plan_attempts=2,
            region_invocations={"us-ashburn-1": Invocations(count=1, last_at=here.clock.now())},
            aggregator_invocations=Invocations(count=1, last_at=here.clock.now()),
        ),
    )


def test_a_released_lease_keeps_its_memory_and_nothing_of_the_run(here: Installation) -> None:
    held(here)
    call = here.call()
    release_lease(call, RUN_ID)
    assert stored(here) == Lease(
        state=IDLE,
        owner=call.owner,
        revision=2,
        last_run_id=RUN_ID,
        last_regular_run_id=RUN_ID,
        recent_triggers=(("given:a", RUN_ID),),
    )


def test_an_adhoc_run_that_is_closed_is_not_the_last_regular_one_and_loses_nothing_that_waits(
    here: Installation,
) -> None:
    held(here)
    regular, pending = "20261122T040000Z-00112233", PendingTrigger(kind="event", keys=("event:1",))
    adhoc = AdhocScope(types=("Vcn",))
    change_lease(
        here.call(),
        lambda lease: replace(lease, adhoc=adhoc, last_regular_run_id=regular, pending=pending),
    )
    release_lease(here.call(), RUN_ID)
    released = stored(here)
    assert (released.state, released.adhoc, released.pending) == (IDLE, None, pending)
    assert (released.last_run_id, released.last_regular_run_id) == (RUN_ID, regular)


def test_only_the_run_that_holds_the_lease_releases_it(here: Installation) -> None:
    before = held(here)
    release_lease(here.call(), "20261122T040000Z-00112233")
    assert stored(here) == before


def test_a_lease_is_released_once(here: Installation) -> None:
    held(here)
    release_lease(here.call(), RUN_ID)
    released = stored(here)
    release_lease(here.call(), RUN_ID)
    assert stored(here) == released
