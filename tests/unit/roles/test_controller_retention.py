"""Retention: old runs go, in an order that a crash cannot spoil, and nothing that anybody still needs."""

from __future__ import annotations

import pytest

from inventory.coordination.refusals import report_refusal
from inventory.errors import InvalidTrigger, Throttled
from inventory.model.adhoc import AdhocScope
from inventory.model.manifest import Baseline
from inventory.ports.store import IfAbsent, StoredObject
from inventory.roles.controller.retention import (
    REFUSAL_SECONDS,
    REFUSALS_PER_CALL,
    RESERVE_SECONDS,
    TOMBSTONE_SECONDS,
    plan_removal,
    remove_old_runs,
)
from tests.fakes.installation import HOME, NAMES, Installation, item


@pytest.fixture
def here() -> Installation:
    here = Installation(retention_runs=2)
    here.regions[HOME].items = [item(HOME, "a")]
    return here


def runs(here: Installation, *keys: str) -> list[str]:
    """Whole runs that nobody has tidied up behind: their retention keeps everything."""
    here.reconfigure(retention_runs=1000)
    run_ids = [here.run(key) for key in keys]
    here.reconfigure(retention_runs=2)
    return run_ids


def objects_of(here: Installation, run_id: str) -> list[str]:
    prefix = f"{here.names(run_id).root}/"
    return [name.removeprefix(prefix) for name in sorted(here.memory.objects) if name.startswith(prefix)]


def test_the_runs_beyond_the_last_ones_are_planned_for_removal_oldest_first(here: Installation) -> None:
    old, older, kept, newest = runs(here, "a", "b", "c", "d")
    assert plan_removal(here.call()) == [old, older]
    remove_old_runs(here.call())
    assert objects_of(here, old) == ["closed.json"]
    assert objects_of(here, older) == ["closed.json"]
    assert "inventory.jsonl.gz" in objects_of(here, kept)
    assert "inventory.jsonl.gz" in objects_of(here, newest)


def test_adhoc_runs_push_out_no_regular_ones(here: Installation) -> None:
    here.reconfigure(retention_runs=1000)
    regular = [here.run("a"), here.run("b")]
    adhoc = [here.run(key, adhoc=AdhocScope(regions=(HOME,))) for key in "cdef"]
    here.reconfigure(retention_runs=2)
    assert plan_removal(here.call()) == adhoc[:2]
    here.reconfigure(retention_runs=1)
    assert plan_removal(here.call()) == [regular[0], *adhoc[:3]]


def test_a_run_whose_closing_cannot_be_read_stays_and_holds_nothing_up(here: Installation) -> None:
    first, second, *_ = runs(here, "a", "b", "c", "d")
    here.memory.objects[here.names(first).closed] = StoredObject(body=b"{", etag="spoiled")
    assert plan_removal(here.call()) == [second]


def test_reports_of_refused_calls_go_when_they_are_old(here: Installation) -> None:
    def report(message: str) -> str:
        failure = InvalidTrigger(message)
        report_refusal(here.store, NAMES, role="controller", failure=failure)
        return sorted(name for name in here.memory.objects if "/refused/" in name)[0]

    old = report("an old mistake")
    here.memory.put(NAMES.refusal("damaged"), b"{", condition=IfAbsent())
    here.clock.advance(REFUSAL_SECONDS + 1)
    report("a new mistake")
    remove_old_runs(here.call())
    left = [name for name in here.memory.objects if "/refused/" in name]
    assert len(left) == 1
    assert old not in left
    here.clock.advance(REFUSAL_SECONDS)
    remove_old_runs(here.call())
    assert [name for name in here.memory.objects if "/refused/" in name] == left, "not a second too early"


def test_a_call_looks_at_so_many_reports_and_the_next_ones_at_others(here: Installation) -> None:
    for number in range(2 * REFUSALS_PER_CALL + 1):
        failure = InvalidTrigger(f"mistake {number}")
        report_refusal(here.store, NAMES, role="controller", failure=failure)

    def left() -> int:
        return sum("/refused/" in name for name in here.memory.objects)

    remove_old_runs(here.call())
    here.clock.advance(REFUSAL_SECONDS + 1)
    for number in range(REFUSALS_PER_CALL):
        failure = InvalidTrigger(f"newer mistake {number}")
        report_refusal(here.store, NAMES, role="controller", failure=failure)
    before = left()
    remove_old_runs(here.call())
    assert before - REFUSALS_PER_CALL <= left() < before
    for _ in range(60):
        remove_old_runs(here.call())
    assert left() == REFUSALS_PER_CALL, "no old one hides behind the newer ones for ever"


def test_nothing_is_removed_before_there_is_anything_beyond(here: Installation) -> None:
    runs(here, "a", "b")
    assert plan_removal(here.call()) == []
    assert plan_removal(Installation().call()) == []


def test_a_trigger_removes_old_runs_by_itself(here: Installation) -> None:
    first = here.run("a")
    here.run("b")
    here.run("c")
    assert objects_of(here, first) == ["closed.json"]


def test_a_closing_outlives_any_call_that_could_still_look_for_it(here: Installation) -> None:
    first, *_ = runs(here, "a", "b", "c")
    remove_old_runs(here.call())
    assert objects_of(here, first) == ["closed.json"]
    here.clock.advance(TOMBSTONE_SECONDS - 1000)
    remove_old_runs(here.call())
    assert objects_of(here, first) == ["closed.json"]
    here.clock.advance(1001)
    remove_old_runs(here.call())
    assert objects_of(here, first) == []


def test_the_run_that_the_pointer_names_stays_however_old(here: Installation) -> None:
    (published,) = runs(here, "a")
    here.regions[HOME].is_down = True
    here.directory.subscriptions = here.directory.subscriptions[1:]
    failed = runs(here, "b", "c", "d")
    assert here.json(NAMES.latest)["run_id"] == published
    assert plan_removal(here.call()) == failed[:1]
    remove_old_runs(here.call())
    assert "inventory.jsonl.gz" in objects_of(here, published)


def test_an_open_run_and_its_baseline_stay(here: Installation) -> None:
    """The pointer has moved on, yet an unclosed run was planned against the first one."""
    first, second, third = runs(here, "a", "b", "c")
    open_run = here.start("d")
    manifest = here.manifest(open_run)
    assert manifest.baseline == Baseline(run_id=third, etag=here.memory.head(NAMES.latest).etag)
    here.reconfigure(retention_runs=1)
    assert plan_removal(here.call()) == [first, second]


def test_a_run_that_was_never_closed_keeps_itself_and_its_baseline(here: Installation) -> None:
    first, second, third, fourth = runs(here, "a", "b", "c", "d")
    here.memory.delete(here.names(second).closed)
    here.reconfigure(retention_runs=1)
    assert plan_removal(here.call()) == [third], f"{second} is open and compares with {first}"
    assert fourth not in plan_removal(here.call())


def test_a_run_whose_plan_cannot_be_read_is_left_to_people(here: Installation) -> None:
    first, *_ = runs(here, "a", "b", "c")
    here.memory.delete(here.names(first).closed)
    here.memory.delete(here.names(first).manifest)
    here.memory.put(here.names(first).manifest, b"{}", condition=IfAbsent())
    assert plan_removal(here.call()) == []


def test_a_removal_that_was_cut_short_is_finished_the_next_time(here: Installation) -> None:
    first, *_ = runs(here, "a", "b", "c")
    deleted: list[str] = []
    delete = here.memory.delete

    def tired(name: str) -> None:
        if len(deleted) == 4:
            raise Throttled("enough for today")
        deleted.append(name)
        delete(name)

    here.memory.delete = tired  # type: ignore[method-assign]
    remove_old_runs(here.call())
    assert deleted[0] == here.names(first).published, "half a run must not pass for a published one"
    assert "closed.json" in objects_of(here, first)
    here.memory.delete = delete  # type: ignore[method-assign]
    remove_old_runs(here.call())
    assert objects_of(here, first) == ["closed.json"]


def test_what_an_overtaken_call_leaves_behind_goes_too(here: Installation) -> None:
    first, *_ = runs(here, "a", "b", "c")
    remove_old_runs(here.call())
    debris = f"{here.names(first).root}/regions/us-ashburn-1/shards/0001-000001-0000000000000000.jsonl.gz"
    here.memory.put(debris, b"late", condition=IfAbsent())
    remove_old_runs(here.call())
    assert objects_of(here, first) == ["closed.json"]


def test_debris_of_a_run_that_was_never_planned_goes_too(here: Installation) -> None:
    runs(here, "a", "b", "c")
    never = "20200101T000000Z-00000000"
    here.memory.put(here.names(never).artifact("report.md"), b"late", condition=IfAbsent())
    assert plan_removal(here.call())[0] == never
    remove_old_runs(here.call())
    assert objects_of(here, never) == []


def test_only_runs_are_removed_and_only_below_the_prefix(here: Installation) -> None:
    runs(here, "a", "b", "c")
    others = [
        "inventory/notes.txt",
        "inventory/runs/readme.txt",
        "inventory/runs/not-a-run/manifest.json",
        "inventory2/runs/20200101T000000Z-00000000/manifest.json",
        "other/latest.json",
    ]
    for name in others:
        here.memory.put(name, b"x", condition=IfAbsent())
    remove_old_runs(here.call())
    assert all(here.has(name) for name in [*others, NAMES.lease, NAMES.latest])


def test_a_call_without_time_removes_nothing(here: Installation) -> None:
    first, *_ = runs(here, "a", "b", "c")
    remove_old_runs(here.call(seconds=RESERVE_SECONDS - 1))
    assert "manifest.json" in objects_of(here, first)


def test_a_store_that_fails_does_not_fail_the_trigger(here: Installation) -> None:
    runs(here, "a", "b", "c")
    here.store.reads["closed.json"] = [Throttled("429")]
    remove_old_runs(here.call())
