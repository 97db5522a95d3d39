"""Ad-hoc runs: a scope of their own, results in their own folder, and never in the way of a regular run."""

from __future__ import annotations

import pytest

from inventory.coordination.closing import close_run
from inventory.coordination.documents import read_closed, read_lease
from inventory.errors import ServerFault
from inventory.model.adhoc import AdhocScope
from inventory.model.lease import REMEMBERED_TRIGGERS, Lease
from inventory.model.names import run_started_at
from inventory.model.publication import RUN_FAILED, STORED, Pointer
from inventory.roles.controller.control import SWEPT, ControlAnswer
from inventory.roles.controller.opening import BUSY, JOINED, STARTED, WAITING, open_run
from inventory.triggers import RUN, SWEEP, Trigger
from tests.fakes.faulty_store import DIES_AFTER, LANDS_UNHEARD, Died
from tests.fakes.installation import FRANKFURT, HOME, NAMES, Installation, item

AT_HOME = AdhocScope(regions=(HOME,))


@pytest.fixture
def here() -> Installation:
    here = Installation()
    here.regions[HOME].items = [item(HOME, "a"), item(HOME, "i", resourceType="Instance")]
    here.regions[FRANKFURT].items = [item(FRANKFURT, "b")]
    return here


def lease(here: Installation) -> Lease:
    present = read_lease(here.call())
    assert present is not None
    return present.value


def pointed(here: Installation) -> str:
    return Pointer.from_bytes(here.memory.get(NAMES.latest).body).run_id


def close(here: Installation, run_id: str | None) -> None:
    assert run_id is not None
    close_run(here.call(), run_id, status=RUN_FAILED, reason="test")


def test_an_adhoc_run_stores_its_results_and_leaves_the_pointer_alone(here: Installation) -> None:
    regular = here.run("a")
    run_id = here.run("b", adhoc=AT_HOME)
    manifest = here.manifest(run_id)
    assert (manifest.is_adhoc, manifest.regions, manifest.scope.regions) == (True, (HOME,), (HOME,))
    assert here.has(here.names(run_id).published)
    assert len(here.inventory(run_id)) == 2
    closed = read_closed(here.call(), run_id)
    assert closed is not None
    assert (closed.status, closed.reason) == (
        STORED,
        "an ad-hoc run: its results are in its own folder, and the pointer was left alone",
    )
    assert pointed(here) == regular


def test_the_first_run_of_all_may_be_adhoc_and_there_is_no_pointer_then(here: Installation) -> None:
    run_id = here.run("a", adhoc=AT_HOME)
    assert here.has(here.names(run_id).published)
    assert not here.has(NAMES.latest)
    regular = here.run("b")
    assert pointed(here) == regular
    assert here.manifest(regular).baseline is None, "an ad-hoc run is nobody's baseline"


def test_what_is_asked_for_takes_the_place_of_the_settings(here: Installation) -> None:
    here.reconfigure(query="query x resources", regions=(FRANKFURT,), exclude_types=("Instance",))
    run_id = here.start("a")
    close(here, run_id)
    here.clock.advance(5)
    asked = AdhocScope(query="query all resources", types=("instance",))
    answer = here.control(key="b", adhoc=asked)
    assert answer.run_id is not None
    scope = here.manifest(answer.run_id).scope
    assert (scope.query, scope.types, scope.exclude_types) == ("query all resources", ("instance",), ())
    assert scope.regions == (FRANKFURT,), "what is not asked for stays"


def test_an_adhoc_run_of_types_finds_these_alone(here: Installation) -> None:
    here.run("a")
    run_id = here.run("b", adhoc=AdhocScope(types=("instance",)))
    assert [record["resourceType"] for record in here.inventory(run_id).values()] == ["Instance"]
    diff = here.json(here.names(run_id).artifact("diff.json"))
    assert (diff["removed"], diff["added"], diff["changed"]) == ([], [], [])
    assert len(diff["notCompared"]) == 2


def test_a_region_that_cannot_be_searched_ends_an_adhoc_run_with_a_report(here: Installation) -> None:
    here.run("a")
    before = pointed(here)
    answer = here.control(key="b", adhoc=AdhocScope(regions=("us-phoenix-1",)))
    assert answer.status == STARTED
    assert answer.run_id is not None
    closed = read_closed(here.call(), answer.run_id)
    assert closed is not None
    assert closed.status == RUN_FAILED
    assert "no region can be searched; asked for: us-phoenix-1" in closed.reason
    assert pointed(here) == before


def test_an_adhoc_trigger_gives_way_to_an_open_run_and_is_not_remembered(here: Installation) -> None:
    first = here.start("a")
    answer = here.control(key="b", adhoc=AT_HOME)
    assert answer == ControlAnswer(
        status=BUSY, run_id=first, reason="another run is open; ask again when it is closed"
    )
    assert lease(here).run_of_trigger("b") is None
    close(here, first)
    here.clock.advance(5)
    assert here.control(key="b", adhoc=AT_HOME).status == STARTED


def test_an_adhoc_trigger_that_is_delivered_twice_has_one_run(here: Installation) -> None:
    run_id = here.run("a", adhoc=AT_HOME)
    assert here.control(key="a", adhoc=AT_HOME) == ControlAnswer(status=JOINED, run_id=run_id)


def test_a_controller_that_dies_leaves_the_scope_to_the_next_one(here: Installation) -> None:
    here.run("a")
    here.store.writes["lease.json"] = [DIES_AFTER]
    with pytest.raises(Died):
        here.control(key="b", adhoc=AT_HOME)
    run_id = lease(here).run_id
    assert run_id is not None
    assert here.control(SWEEP).run_id == run_id
    assert here.manifest(run_id).is_adhoc
    assert here.manifest(run_id).scope.regions == (HOME,)


# What waits


def test_a_regular_trigger_waits_for_an_adhoc_run_and_gets_a_run_of_its_own(here: Installation) -> None:
    adhoc = here.control(key="a", adhoc=AT_HOME).run_id
    answer = here.control(key="b")
    assert answer == ControlAnswer(
        status=WAITING,
        run_id=adhoc,
        reason="an ad-hoc run is open; the run follows when it is closed",
    )
    assert lease(here).run_of_trigger("b") is None, "the ad-hoc run is not its run"
    here.deliver()
    here.clock.advance(60)
    swept = here.control(SWEEP)
    assert swept.status == SWEPT
    assert swept.run_id is not None
    assert swept.run_id != adhoc
    assert not here.manifest(swept.run_id).is_adhoc
    assert here.manifest(swept.run_id).trigger_key == "b"
    here.deliver()
    assert pointed(here) == swept.run_id
    assert lease(here).pending is None
    assert here.control(key="b") == ControlAnswer(status=JOINED, run_id=swept.run_id)


def test_all_triggers_that_wait_belong_to_one_run(here: Installation) -> None:
    here.control(key="a", adhoc=AT_HOME)
    for key in ("b", "c", "b", "d"):
        assert here.control(key=key).status == WAITING
    pending = lease(here).pending
    assert pending is not None
    assert (pending.kind, pending.keys) == ("direct", ("b", "c", "d"))
    here.deliver()
    run_id = here.control(SWEEP).run_id
    for key in ("b", "c", "d"):
        assert here.control(key=key) == ControlAnswer(status=JOINED, run_id=run_id)


def test_a_trigger_that_comes_before_the_next_sweep_is_the_run_of_those_that_wait(here: Installation) -> None:
    here.control(key="a", adhoc=AT_HOME)
    here.control(key="b")
    here.deliver()
    answer = here.control(key="c")
    assert answer.status == JOINED
    assert lease(here).run_id == answer.run_id
    assert lease(here).run_of_trigger("b") == answer.run_id


def test_two_who_find_a_waiting_trigger_open_one_run(here: Installation) -> None:
    here.control(key="a", adhoc=AT_HOME)
    here.control(key="b")
    here.deliver()
    other: list[str | None] = []

    def overtake() -> None:
        other.append(open_run(here.call(), Trigger(action=RUN, kind="event", key="c")).run_id)

    here.store.writes["lease.json"] = [overtake]
    here.control(SWEEP)
    assert lease(here).run_id == other[0]
    assert lease(here).run_of_trigger("b") == other[0]


def test_a_waiting_run_comes_before_another_adhoc_run(here: Installation) -> None:
    first = here.control(key="a", adhoc=AT_HOME).run_id
    here.control(key="b")
    close(here, first)
    late = Trigger(action=RUN, kind="direct", key="c", adhoc=AT_HOME)
    found = open_run(here.call(), late)
    assert (found.status, found.run_id, found.reason) == (BUSY, None, "a run that had to wait comes first")
    here.clock.advance(5)
    answer = here.control(key="c", adhoc=AT_HOME)
    assert answer.status == BUSY
    assert answer.run_id == lease(here).run_id == lease(here).run_of_trigger("b")


def test_a_lost_answer_does_not_lose_a_trigger_that_waits(here: Installation) -> None:
    here.control(key="a", adhoc=AT_HOME)
    here.store.writes["lease.json"] = [LANDS_UNHEARD]
    assert here.control(key="b").status == WAITING
    here.store.writes["lease.json"] = [ServerFault("no answer")]
    with pytest.raises(ServerFault):
        here.control(key="c")
    pending = lease(here).pending
    assert pending is not None
    assert pending.keys == ("b",)


def test_a_trigger_waits_also_through_a_failed_adhoc_run(here: Installation) -> None:
    here.directory.failure = ServerFault("identity is down")
    adhoc = here.control(key="a", adhoc=AT_HOME).run_id
    here.control(key="b")
    here.control(SWEEP)
    here.control(SWEEP)
    assert read_closed(here.call(), adhoc or "") is not None
    here.directory.failure = None
    here.control(SWEEP)
    assert here.manifest(lease(here).run_id or "").trigger_key == "b"


def test_so_many_triggers_wait_that_the_first_and_the_last_are_remembered(here: Installation) -> None:
    here.control(key="a", adhoc=AT_HOME)
    for number in range(REMEMBERED_TRIGGERS + 10):
        open_run(here.call(), Trigger(action=RUN, kind="event", key=f"key-{number}"))
    pending = lease(here).pending
    assert pending is not None
    assert len(pending.keys) == REMEMBERED_TRIGGERS
    assert (pending.keys[0], pending.keys[-1]) == ("key-0", f"key-{REMEMBERED_TRIGGERS + 9}")


# The minimum interval


def test_adhoc_runs_neither_keep_the_minimum_interval_nor_count_for_it(here: Installation) -> None:
    here.reconfigure(min_interval_seconds=3600)
    regular = here.run("a")
    adhoc = here.run("b", adhoc=AT_HOME)
    assert adhoc > regular
    answer = here.control(key="c")
    assert (answer.status, answer.run_id) == (JOINED, regular)
    here.clock.advance(3600 - 120)
    assert here.control(key="d").status == STARTED, "an hour after the regular run, not after the other"


def test_a_trigger_within_the_interval_does_not_wait_for_an_adhoc_run(here: Installation) -> None:
    here.reconfigure(min_interval_seconds=3600)
    regular = here.run("a")
    here.control(key="b", adhoc=AT_HOME)
    answer = here.control(key="c")
    assert (answer.status, answer.run_id) == (JOINED, regular)
    assert lease(here).pending is None


def test_ids_rise_over_adhoc_and_regular_runs(here: Installation) -> None:
    ids = []
    for number in range(4):
        trigger = Trigger(
            action=RUN, kind="direct", key=f"key-{number}", adhoc=AT_HOME if number % 2 else None
        )
        ids.append(open_run(here.call(), trigger).run_id or "")
        close(here, ids[-1])
    assert len({run_started_at(run_id) for run_id in ids}) == 4
    assert ids == sorted(ids)
