"""Who works on a region, for how long, and who goes on where one stopped."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from inventory.coordination.closing import close_run
from inventory.coordination.documents import read_checkpoint, read_outcome
from inventory.errors import InvalidTrigger, NotAuthorizedOrNotFound, ServerFault, StopRun, Throttled
from inventory.model.checkpoint import COMPLETE, FAILED, PARTIAL, Checkpoint, Outcome
from inventory.model.publication import RUN_FAILED
from inventory.roles.region.claim import claim_region
from inventory.roles.region.scanning import RESERVE_SECONDS, SMALLEST_PAGE
from inventory.roles.region.work import (
    CONTINUED,
    DONE,
    MAX_STALLED,
    OWNED_BY_ANOTHER,
    RUN_IS_CLOSED,
    RegionAnswer,
)
from inventory.stages.keyed_lines import read_lines
from inventory.stages.redact import Redactor
from tests.fakes.faulty_store import DIES_AFTER, DIES_BEFORE, LANDS_UNHEARD, VANISHES, Died, nth
from tests.fakes.installation import FRANKFURT, HOME, REGION_FUNCTION, Installation, item
from tests.fakes.memory_search import Asked
from tests.fakes.platform import Invocation

#: Longer than a call may live, plus skew.
CALL = 311


@pytest.fixture
def here() -> Installation:
    """Ten resources, three to a page, three to a shard."""
    here = Installation(page_size=3, shard_records=3)
    here.regions[HOME].items = [
        item(HOME, f"{number:02}", timeCreated=f"2026-01-01T00:{number:02}:00+00:00") for number in range(10)
    ]
    return here


def names(here: Installation, run_id: str) -> Counter[str]:
    """The names in the shards that the outcome lists."""
    return Counter(
        line.record["displayName"]
        for shard in outcome(here, run_id).shards
        for line in read_lines([here.memory.get(shard.name).body], source=shard.name)
    )


def found_count(here: Installation, run_id: str) -> int:
    """How many records are found and wait for their details."""
    return sum(listed.count for part in checkpoint(here, run_id).slices for listed in part.found)


ALL = Counter(f"{number:02}" for number in range(10))


def outcome(here: Installation, run_id: str) -> Outcome:
    found = read_outcome(here.call(), run_id, HOME)
    assert found is not None
    return found


def checkpoint(here: Installation, run_id: str) -> Checkpoint:
    found = read_checkpoint(here.call(), run_id, HOME)
    assert found is not None
    return found.value


def slow(here: Installation, seconds: float, *, on_page: int) -> None:
    """Search takes so long for its nth answer from now on."""
    count = iter(range(1, 1000))

    def before(asked: Asked) -> None:
        if next(count) == on_page:
            here.clock.advance(seconds)

    here.search.before = before


# Tasks


def test_a_finished_region_answers_so_and_keeps_its_outcome(here: Installation) -> None:
    run_id = here.start()
    assert here.work(run_id, HOME) == RegionAnswer(status=DONE, run_id=run_id, region=HOME)
    before = dict(here.memory.objects)
    asked = len(here.search.asked)
    assert here.work(run_id, HOME).status == DONE
    assert here.memory.objects == before
    assert len(here.search.asked) == asked


def test_a_task_of_a_run_without_manifest_is_refused(here: Installation) -> None:
    run_id = "20200101T000000Z-00000000"
    with pytest.raises(InvalidTrigger) as caught:
        here.work(run_id, HOME)
    assert str(caught.value) == f"field 'run_id' is '{run_id}'; allowed: a run that has a manifest"


def test_a_task_of_a_region_outside_the_run_is_refused_with_those_inside(here: Installation) -> None:
    run_id = here.start()
    with pytest.raises(InvalidTrigger) as caught:
        here.work(run_id, "us-phoenix-1")
    assert str(caught.value) == ("field 'region' is 'us-phoenix-1'; allowed: eu-frankfurt-1, us-ashburn-1")


def test_a_task_of_a_closed_run_does_nothing(here: Installation) -> None:
    run_id = here.start()
    close_run(here.call(), run_id, status=RUN_FAILED, reason="test")
    before = dict(here.memory.objects)
    assert here.work(run_id, HOME).status == RUN_IS_CLOSED
    assert here.memory.objects == before


# Ownership


def test_a_duplicate_worker_that_meets_an_owner_ends(here: Installation) -> None:
    run_id = here.start()
    duplicate: list[str] = []

    def before(asked: Asked) -> None:
        if not duplicate:
            duplicate.append(here.work(run_id, HOME).status)

    here.search.before = before
    assert here.work(run_id, HOME).status == DONE
    assert duplicate == [OWNED_BY_ANOTHER]
    assert names(here, run_id) == ALL


def test_two_workers_that_claim_at_once_have_one_owner(here: Installation) -> None:
    run_id = here.start()
    first: list[Any] = []
    here.store.writes[f"{HOME}/checkpoint.json"] = [
        lambda: first.append(claim_region(here.call(), run_id=run_id, region=HOME))
    ]
    assert claim_region(here.call(), run_id=run_id, region=HOME) is None
    assert first[0].value == checkpoint(here, run_id)


@pytest.mark.parametrize("fate", [LANDS_UNHEARD, VANISHES])
def test_a_claim_whose_answer_is_lost_is_known_by_its_bytes(here: Installation, fate: str) -> None:
    run_id = here.start()
    here.store.writes[f"{HOME}/checkpoint.json"] = [fate]
    owned = claim_region(here.call(), run_id=run_id, region=HOME)
    assert owned is not None
    assert owned.value == checkpoint(here, run_id)


@pytest.mark.parametrize("writes", range(1, 9))
@pytest.mark.parametrize("fate", [DIES_BEFORE, DIES_AFTER])
@pytest.mark.parametrize("kind", ["checkpoint.json", ".jsonl.gz", "outcome.json"])
def test_a_worker_that_dies_anywhere_is_taken_over_where_it_stood(
    here: Installation, kind: str, fate: str, writes: int
) -> None:
    run_id = here.start()
    here.store.writes[kind] = nth(writes, fate)
    try:
        here.work(run_id, HOME)
    except Died:
        here.clock.advance(CALL)
    here.store.writes.clear()
    here.work(run_id, HOME)
    assert outcome(here, run_id).status == COMPLETE
    assert names(here, run_id) == ALL


def test_a_committed_page_is_not_read_again(here: Installation) -> None:
    run_id = here.start()
    here.store.writes["checkpoint.json"] = nth(4, DIES_BEFORE)
    with pytest.raises(Died):
        here.work(run_id, HOME)
    here.clock.advance(CALL)
    here.search.asked.clear()
    here.work(run_id, HOME)
    assert [asked.page for asked in here.search.asked] == ["0:6", "0:9"]
    assert outcome(here, run_id).epochs == 2
    assert names(here, run_id) == ALL


def test_a_shard_that_was_written_but_not_committed_does_not_count(here: Installation) -> None:
    run_id = here.start()
    here.store.writes["checkpoint.json"] = nth(6, DIES_BEFORE)
    with pytest.raises(Died):
        here.work(run_id, HOME)
    here.clock.advance(CALL)
    here.regions[HOME].items[0]["displayName"] = "changed"
    here.work(run_id, HOME)
    stored = [name for name in here.memory.objects if f"{run_id}/regions/{HOME}/shards/" in name]
    listed = [shard.name for shard in outcome(here, run_id).shards]
    assert len(stored) == len(listed) + 1
    assert names(here, run_id) == ALL, "what was found stands, and is not looked for again"


def test_a_worker_that_was_overtaken_stops_writing(here: Installation) -> None:
    run_id = here.start()
    taken_over: list[str] = []

    def before(asked: Asked) -> None:
        if asked.page == "0:3" and not taken_over:
            taken_over.append("now")
            here.clock.advance(CALL)
            taken_over.append(here.work(run_id, HOME).status)
            here.store.written.clear()

    here.search.before = before
    assert here.work(run_id, HOME).status == OWNED_BY_ANOTHER
    assert taken_over == ["now", DONE]
    assert names(here, run_id) == ALL
    assert not [name for name in here.store.written if name.endswith("outcome.json")]


# Deadlines


def test_a_worker_commits_and_hands_over_in_time(here: Installation) -> None:
    run_id = here.start()
    here.invoker.take()
    slow(here, 280, on_page=2)
    assert here.work(run_id, HOME).status == CONTINUED
    assert here.invoker.take() == [
        Invocation(function_id=REGION_FUNCTION, body={"run_id": run_id, "region": HOME})
    ]
    assert found_count(here, run_id) == 6
    assert read_outcome(here.call(), run_id, HOME) is None
    here.search.before = lambda _: None
    here.search.asked.clear()
    assert here.work(run_id, HOME).status == DONE, "the region is free at once"
    assert here.search.asked[0].page == "0:6"
    assert names(here, run_id) == ALL
    assert outcome(here, run_id).epochs == 2


def test_a_worker_stops_while_another_page_like_the_slowest_would_still_fit_twice(here: Installation) -> None:
    run_id = here.start()
    slow(here, 100, on_page=2)
    assert here.work(run_id, HOME).status == CONTINUED
    assert RESERVE_SECONDS + 2 * 100 > 300 - 100


def test_records_that_wait_for_a_full_shard_are_handed_over_too(here: Installation) -> None:
    here.reconfigure(shard_records=1000)
    run_id = here.start()
    slow(here, 280, on_page=2)
    assert here.work(run_id, HOME).status == CONTINUED
    assert found_count(here, run_id) == 6


@pytest.mark.parametrize("failure", [Throttled("429"), NotAuthorizedOrNotFound("404")])
def test_a_continuation_that_cannot_be_invoked_is_left_to_the_next_sweep(
    here: Installation, failure: Any
) -> None:
    run_id = here.start()
    here.invoker.failure = failure
    slow(here, 280, on_page=2)
    assert here.work(run_id, HOME).status == CONTINUED
    here.invoker.failure = None
    here.search.before = lambda _: None
    assert here.work(run_id, HOME).status == DONE


def test_a_search_that_fails_because_time_is_up_is_no_failure_of_the_region(here: Installation) -> None:
    run_id = here.start()

    def before(asked: Asked) -> None:
        if asked.page == "0:3":
            here.clock.advance(290)
            raise ServerFault("503, and no time left to ask again")

    here.search.before = before
    assert here.work(run_id, HOME).status == CONTINUED
    here.search.before = lambda _: None
    assert here.work(run_id, HOME).status == DONE
    assert outcome(here, run_id).status == COMPLETE


def test_a_first_page_that_never_fits_is_asked_for_in_smaller_ones_and_then_given_up(
    here: Installation,
) -> None:
    here.reconfigure(page_size=640)
    run_id = here.start()

    def never(asked: Asked) -> None:
        here.clock.advance(299)
        raise ServerFault("no answer in time")

    here.search.before = never
    for _ in range(MAX_STALLED):
        assert here.work(run_id, HOME).status == CONTINUED
    assert [asked.limit for asked in here.search.asked] == [640, 160, 40, SMALLEST_PAGE]
    assert here.work(run_id, HOME).status == DONE
    assert len(here.search.asked) == MAX_STALLED
    (part,) = outcome(here, run_id).slices
    assert (part.state, part.error) == (FAILED, "stalled (4 calls in a row committed nothing)")


def test_a_call_that_commits_something_is_not_stalled(here: Installation) -> None:
    here.reconfigure(page_size=1, shard_records=1)
    run_id = here.start()
    for _ in range(9):
        slow(here, 299, on_page=2)
        here.work(run_id, HOME)
        assert checkpoint(here, run_id).stalled == 0
    here.search.before = lambda _: None
    here.work(run_id, HOME)
    assert outcome(here, run_id).status == COMPLETE
    assert names(here, run_id) == ALL


def test_details_that_take_longer_than_a_call_do_not_hold_the_region_up(here: Installation) -> None:
    """A service hangs: the first call leaves the page to the next one, which goes on without the details."""
    here.reconfigure(page_size=100)
    # Not the home region, which would look for identity domains in the time that there is not.
    here.regions[FRANKFURT].items, here.regions[HOME].items = here.regions[HOME].items, []
    run_id = here.start()
    is_over = threading.Event()
    here.reader.before = lambda call: is_over.wait(60)
    try:
        assert here.work(run_id, FRANKFURT, seconds=RESERVE_SECONDS).status == CONTINUED
        assert here.work(run_id, FRANKFURT, seconds=RESERVE_SECONDS).status == DONE
    finally:
        is_over.set()
    found = read_outcome(here.call(), run_id, FRANKFURT)
    assert found is not None
    assert found.status == COMPLETE
    assert sum(shard.count for shard in found.shards) == 10
    assert found.tally.enrich_errors == {"Vcn": {"timeout": 10}}


# What ends a region


def test_a_catalog_that_changes_during_a_run_ends_the_region_as_it_stands(here: Installation) -> None:
    run_id = here.start()
    slow(here, 280, on_page=2)
    here.work(run_id, HOME)
    here.catalog = replace(here.catalog, fingerprint="another")
    here.search.before = lambda _: None
    assert here.work(run_id, HOME).status == DONE
    found = outcome(here, run_id)
    assert found.status == PARTIAL
    assert found.slices[0].error == "catalogChanged (the function was updated during the run)"
    assert sum(shard.count for shard in found.shards) == 6


def test_a_redaction_that_changes_during_a_run_ends_the_region(here: Installation) -> None:
    run_id = here.start()
    here.redactor = Redactor(["note"])
    here.work(run_id, HOME)
    found = outcome(here, run_id)
    assert found.status == FAILED
    assert found.slices[0].error == "redactionChanged (the function was updated during the run)"
    assert here.search.asked == []


def test_a_store_that_fails_frees_the_region_for_the_next_call(here: Installation) -> None:
    run_id = here.start()
    here.store.writes[".jsonl.gz"] = [Throttled("429")]
    with pytest.raises(Throttled):
        here.work(run_id, HOME)
    assert here.work(run_id, HOME).status == DONE
    assert outcome(here, run_id).status == COMPLETE
    assert names(here, run_id) == ALL


def test_a_bug_frees_the_region_for_the_next_call(here: Installation) -> None:
    run_id = here.start()

    def broken(asked: Asked) -> None:
        raise ZeroDivisionError

    here.search.before = broken
    with pytest.raises(ZeroDivisionError):
        here.work(run_id, HOME)
    here.search.before = lambda _: None
    assert here.work(run_id, HOME).status == DONE


def test_a_release_that_fails_does_not_hide_what_led_to_it(here: Installation) -> None:
    run_id = here.start()
    here.store.writes[".jsonl.gz"] = [Throttled("the cause")]
    here.store.writes["checkpoint.json"] = nth(2, ServerFault("the consequence"))
    with pytest.raises(Throttled, match="the cause"):
        here.work(run_id, HOME)


def test_a_stop_of_the_work_fails_the_region_and_not_the_call(here: Installation) -> None:
    run_id = here.start()
    here.reader.failures = {here.regions[HOME].items[4]["identifier"]: StopRun("no more")}
    assert here.work(run_id, HOME).status == DONE
    found = outcome(here, run_id)
    assert found.status == PARTIAL
    assert names(here, run_id) == ALL, "what was found and not read is told as it was found"


def test_a_region_without_anything_committed_does_not_stop_the_others(here: Installation) -> None:
    here.regions[FRANKFURT].items = [item(FRANKFURT, "a")]
    run_id = here.start()
    here.redactor = Redactor(["note"])
    here.work(run_id, HOME)
    here.redactor = Redactor()
    here.work(run_id, FRANKFURT)
    assert len(here.invoker.take()) == 1, "the aggregator"
