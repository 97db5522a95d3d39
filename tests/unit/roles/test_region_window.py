"""What was discovered and waits for its details: kept, taken over, and never told twice or lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from inventory.coordination.documents import read_checkpoint, read_outcome
from inventory.errors import ServerFault, StopRun
from inventory.model.checkpoint import COMPLETE, PARTIAL, Checkpoint, Outcome
from inventory.model.read_call import ReadCall
from inventory.model.record import Record
from inventory.roles.region.scanning import RESERVE_SECONDS
from inventory.roles.region.work import CONTINUED, DONE
from inventory.stages.keyed_lines import read_lines
from tests.fakes.faulty_store import DIES_AFTER, DIES_BEFORE, VANISHES, Died, nth
from tests.fakes.installation import FRANKFURT, Installation, item
from tests.fakes.memory_search import Asked

#: Longer than a call may live, plus skew.
CALL = 311
#: What it takes to bring the region to its end, where nobody dies.
WRITES = 28


def vnic(number: int) -> dict[str, Any]:
    """A search item of a type that no list shows: it costs a call of its own."""
    return item(
        FRANKFURT,
        f"{number:02}",
        resourceType="Vnic",
        identifier=f"ocid1.vnic.oc1.eu-frankfurt-1.{number:02}",
        timeCreated=f"2026-01-01T00:{number:02}:00+00:00",
    )


def nameless(name: str, resource_type: str = "Vnic") -> dict[str, Any]:
    """A search item without OCID."""
    return item(FRANKFURT, name, resourceType=resource_type, identifier=None)


@pytest.fixture
def here() -> Installation:
    """Twelve resources that are read one by one, three to a page and to a shard, and some without OCID.

    Two of these are alike; Search shows one resource twice, and one that nobody is asked about.
    """
    here = Installation(page_size=3, shard_records=3)
    here.regions[FRANKFURT].items = [
        *(vnic(number) for number in range(12)),
        vnic(7),
        nameless("without"),
        nameless("alike"),
        nameless("alike"),
        nameless("unknown", "NoSuchThing"),
    ]
    return here


ALL = Counter([*(f"{number:02}" for number in range(12)), "07", "without", "alike", "alike", "unknown"])


def records(here: Installation, run_id: str) -> Iterator[Record]:
    """The records of the files that the outcome lists."""
    for shard in outcome(here, run_id).shards:
        for line in read_lines([here.memory.get(shard.name).body], source=shard.name):
            yield line.record


def names(here: Installation, run_id: str) -> Counter[str]:
    return Counter(record["displayName"] for record in records(here, run_id))


def errors(here: Installation, run_id: str) -> dict[str, str | None]:
    return {
        record["displayName"]: record["enrichError"] for record in records(here, run_id) if record["ocid"]
    }


def outcome(here: Installation, run_id: str) -> Outcome:
    found = read_outcome(here.call(), run_id, FRANKFURT)
    assert found is not None
    return found


def checkpoint(here: Installation, run_id: str) -> Checkpoint:
    found = read_checkpoint(here.call(), run_id, FRANKFURT)
    assert found is not None
    return found.value


def found_count(here: Installation, run_id: str) -> int:
    return sum(listed.count for part in checkpoint(here, run_id).slices for listed in part.found)


@contextmanager
def hanging(here: Installation, hangs: Callable[[ReadCall], bool] = lambda _: True) -> Iterator[None]:
    """Some reads do not answer, and the call's time passes."""
    is_over = threading.Event()

    def before(call: ReadCall) -> None:
        if hangs(call):
            here.clock.advance(300 - RESERVE_SECONDS)
            is_over.wait(60)

    here.reader.before = before
    try:
        yield
    finally:
        is_over.set()
        here.reader.before = lambda _: None


# Files of what was found


def test_a_region_that_is_larger_than_a_shard_keeps_what_it_found(here: Installation) -> None:
    run_id = here.start()
    seen: list[int] = []
    here.reader.before = lambda call: seen.append(found_count(here, run_id))
    assert here.work(run_id, FRANKFURT).status == DONE
    assert set(seen) == {13}, "before the first read, all that waits is in the bucket"
    assert outcome(here, run_id).status == COMPLETE
    assert names(here, run_id) == ALL
    assert not any("/found/" in shard.name for shard in outcome(here, run_id).shards)


def test_a_region_of_one_shard_is_written_once(here: Installation) -> None:
    here.reconfigure(shard_records=17)
    run_id = here.start()
    here.store.written.clear()
    here.work(run_id, FRANKFURT)
    assert sum(name.endswith(".jsonl.gz") for name in here.store.written) == 1
    assert names(here, run_id) == ALL


def test_what_waits_is_kept_without_its_secrets(here: Installation) -> None:
    for known in here.regions[FRANKFURT].items:
        known["freeformTags"] = {"dbPassword": "hunter2hunter2"}
    run_id = here.start()
    here.reader.failures = {vnic(3)["identifier"]: StopRun("leave the files")}
    here.work(run_id, FRANKFURT)
    assert any("/found/" in name for name in here.memory.objects)
    assert b"hunter" not in b"".join(stored.body for stored in here.memory.objects.values())


# Taking over


@pytest.mark.parametrize("write", range(1, WRITES + 1))
@pytest.mark.parametrize("fate", [DIES_BEFORE, DIES_AFTER])
def test_a_worker_that_dies_at_any_write_is_taken_over_with_every_record_once(
    here: Installation, fate: str, write: int
) -> None:
    run_id = here.start()
    here.store.writes[""] = nth(write, fate)
    with pytest.raises(Died):
        here.work(run_id, FRANKFURT)
    here.clock.advance(CALL)
    here.store.writes.clear()
    assert here.work(run_id, FRANKFURT).status == DONE
    assert outcome(here, run_id).status == COMPLETE
    assert names(here, run_id) == ALL
    assert set(errors(here, run_id).values()) == {None}


def test_no_write_comes_behind_those_at_which_workers_die(here: Installation) -> None:
    """Or the test before this one would not reach them all."""
    run_id = here.start()
    here.store.written.clear()
    here.work(run_id, FRANKFURT)
    assert len(here.store.written) == WRITES


@pytest.mark.parametrize("seed", range(6))
def test_workers_that_die_again_and_again_lose_and_repeat_nothing(here: Installation, seed: int) -> None:
    run_id = here.start()
    for life in range(40):
        here.store.writes[""] = nth(2 + (seed + life) % 4, (DIES_BEFORE, DIES_AFTER, VANISHES)[life % 3])
        try:
            if here.work(run_id, FRANKFURT).status == DONE:
                break
        except (Died, ServerFault):
            pass
        here.clock.advance(CALL)
    assert outcome(here, run_id).status == COMPLETE
    assert names(here, run_id) == ALL


def test_what_was_read_before_a_takeover_is_not_read_again(here: Installation) -> None:
    run_id = here.start()
    here.store.writes["checkpoint.json"] = nth(10, DIES_BEFORE)
    with pytest.raises(Died):
        here.work(run_id, FRANKFURT)
    here.clock.advance(CALL)
    part = checkpoint(here, run_id).slices[0]
    done = {
        line.record["ocid"]
        for shard in part.shards
        for line in read_lines([here.memory.get(shard.name).body], source=shard.name)
        if line.record["enrichStatus"] == "OK"
    }
    assert done
    here.reader.asked.clear()
    here.search.asked.clear()
    here.work(run_id, FRANKFURT)
    again = [str(call.arguments["vnic_id"]) for call in here.reader.asked]
    # Of the one that Search shows twice, one may be done and the other not.
    assert not (done & set(again)) - {vnic(7)["identifier"]}
    assert here.search.asked == [], "Search was at its end"
    assert names(here, run_id) == ALL


def test_a_found_file_that_is_gone_ends_the_region_as_it_stands(here: Installation) -> None:
    run_id = here.start()
    with hanging(here):
        assert here.work(run_id, FRANKFURT).status == CONTINUED
    lost = checkpoint(here, run_id).slices[0].found[0].name
    here.memory.delete(lost)
    assert here.work(run_id, FRANKFURT).status == DONE
    assert outcome(here, run_id).status == PARTIAL
    assert str(outcome(here, run_id).slices[0].error).startswith("invalidDocument")


# No time


def test_a_call_without_progress_gives_up_what_it_asked_and_nothing_else(here: Installation) -> None:
    """A service that hangs costs the records that it was asked for, in the second call that meets it."""
    stuck = vnic(5)["identifier"]
    run_id = here.start()
    with hanging(here):
        assert here.work(run_id, FRANKFURT).status == CONTINUED
    assert found_count(here, run_id) == 13
    here.reader.asked.clear()
    with hanging(here):
        assert here.work(run_id, FRANKFURT).status == CONTINUED
    (asked,) = here.reader.asked
    assert checkpoint(here, run_id).stalled == 0, "giving up is progress"
    here.reader.failures = {stuck: ServerFault("m")}
    assert here.work(run_id, FRANKFURT).status == DONE
    assert names(here, run_id) == ALL
    by_ocid = {record["ocid"]: record["enrichError"] for record in records(here, run_id) if record["ocid"]}
    given_up = {ocid for ocid, error in by_ocid.items() if error == "timeout"}
    assert given_up == {asked.arguments["vnic_id"]}
    assert by_ocid[stuck] == "serverError"


def test_what_was_answered_before_the_time_was_over_is_kept_and_nothing_is_given_up(
    here: Installation,
) -> None:
    run_id = here.start()
    stuck = vnic(5)["identifier"]
    for _ in range(2):
        with hanging(here, lambda call: call.arguments["vnic_id"] == stuck):
            here.work(run_id, FRANKFURT)
    here.work(run_id, FRANKFURT)
    assert outcome(here, run_id).status == COMPLETE
    assert names(here, run_id) == ALL


def test_an_answer_that_comes_too_late_is_nobody_s(here: Installation) -> None:
    run_id = here.start()
    is_over, is_answered = threading.Event(), threading.Event()
    read = here.reader.read

    def late(call: ReadCall, *, attempt: int = 1) -> dict[str, Any]:
        here.clock.advance(300 - RESERVE_SECONDS)
        is_over.wait(60)
        is_answered.set()
        return read(call, attempt=attempt)

    here.reader.read = late  # type: ignore[method-assign]
    assert here.work(run_id, FRANKFURT).status == CONTINUED
    here.reader.read = read  # type: ignore[method-assign]
    is_over.set()
    assert is_answered.wait(60)
    assert here.work(run_id, FRANKFURT).status == DONE
    assert names(here, run_id) == ALL


# Windows


def test_a_region_that_is_larger_than_the_window_is_read_in_several(here: Installation) -> None:
    here.reconfigure(window_records=4)
    events: list[str] = []
    most: list[int] = []
    run_id = here.start()

    def before(_asked: Asked) -> None:
        most.append(found_count(here, run_id))
        events.append("search")

    here.search.before = before
    here.reader.before = lambda call: events.append("read")
    assert here.work(run_id, FRANKFURT).status == DONE
    turns = [event for number, event in enumerate(events) if number == 0 or events[number - 1] != event]
    assert turns == ["search", "read"] * 3
    assert max(most) <= 6, "a window and the page that fills it"
    assert outcome(here, run_id).status == COMPLETE
    assert names(here, run_id) == ALL


@pytest.mark.parametrize("write", range(1, 27))
@pytest.mark.parametrize("window_records", [1, 4])
def test_a_worker_that_dies_between_windows_is_taken_over(
    here: Installation, window_records: int, write: int
) -> None:
    here.reconfigure(window_records=window_records)
    run_id = here.start()
    here.store.writes[""] = nth(write, DIES_BEFORE)
    try:
        here.work(run_id, FRANKFURT)
    except Died:
        here.clock.advance(CALL)
    here.store.writes.clear()
    here.work(run_id, FRANKFURT)
    assert outcome(here, run_id).status == COMPLETE
    assert names(here, run_id) == ALL


# Giving the region up


def given_up(here: Installation) -> str:
    """A run whose region was given up while its records waited; returns its id."""
    run_id = here.control().run_id
    assert run_id is not None
    here.invoker.take()
    with hanging(here, lambda call: call.arguments.get("vnic_id") == vnic(9)["identifier"]):
        here.work(run_id, FRANKFURT)
    catalog = here.catalog
    here.catalog = replace(catalog, fingerprint="another")
    assert here.work(run_id, FRANKFURT).status == DONE
    here.catalog = catalog
    return run_id


def test_what_was_found_in_a_region_that_is_given_up_is_told_as_not_read_in_time(here: Installation) -> None:
    run_id = given_up(here)
    assert outcome(here, run_id).status == PARTIAL
    here.work(run_id, "us-ashburn-1")
    here.deliver()
    told = here.lines(run_id, "inventory.jsonl.gz")
    by_ocid = {record["ocid"]: record for record in told if record["ocid"]}
    assert set(by_ocid) == {vnic(number)["identifier"] for number in range(12)}
    waiting = by_ocid[vnic(9)["identifier"]]
    assert (waiting["enrichStatus"], waiting["enrichError"]) == ("ERROR", "timeout")
    assert waiting["details"] == {"searchSummary": vnic(9)}
    assert by_ocid[vnic(0)["identifier"]]["enrichStatus"] == "OK", "what was read before stands"


def test_a_region_that_is_given_up_tells_records_without_ocid_as_often_as_they_exist(
    here: Installation,
) -> None:
    run_id = given_up(here)
    here.work(run_id, "us-ashburn-1")
    here.deliver()
    told = here.lines(run_id, "inventory.jsonl.gz")
    assert Counter(record["displayName"] for record in told if not record["ocid"]) == Counter(
        ["without", "alike", "alike", "unknown"]
    )
