"""The end of a region and of a run: done by whoever comes by, as often as it takes, with one result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from inventory.coordination.call import Call
from inventory.coordination.closing import (
    NOT_CONFIGURED,
    SENT,
    close_run,
    invoke_aggregator,
    invoke_aggregator_if_last,
    move_pointer,
    write_outcome,
)
from inventory.coordination.documents import read_checkpoint, read_closed, read_lease, read_published
from inventory.errors import (
    ConnectionFailed,
    NotAuthorizedOrNotFound,
    RequestRefused,
    StopRun,
    Throttled,
)
from inventory.model.checkpoint import Outcome, outcome_of
from inventory.model.manifest import Baseline, Manifest
from inventory.model.publication import (
    PUBLISHED,
    RUN_FAILED,
    STORED,
    SUPERSEDED,
    Artifact,
    Pointer,
    Published,
)
from inventory.ports.store import IfMatch
from tests.fakes.faulty_store import LANDS_UNHEARD, VANISHES
from tests.fakes.installation import AGGREGATOR_FUNCTION, FRANKFURT, HOME, NAMES, Installation, item
from tests.fakes.platform import Invocation


@pytest.fixture
def here() -> Installation:
    here = Installation()
    here.regions[HOME].items = [item(HOME, "a")]
    return here


# A region's end


def test_an_outcome_is_written_once_by_whoever_comes_first(here: Installation) -> None:
    run_id = here.start()
    here.work(run_id, HOME)
    checkpoint = read_checkpoint(here.call(), run_id, HOME)
    assert checkpoint is not None
    name = here.names(run_id).outcome(HOME)
    before = here.memory.get(name)
    assert before.body == outcome_of(checkpoint.value).to_bytes()
    write_outcome(here.call(), checkpoint.value)
    assert here.memory.get(name) == before


def test_the_last_region_out_invokes_the_aggregator(here: Installation) -> None:
    run_id = here.start()
    here.work(run_id, FRANKFURT)
    assert here.invoker.take() == []
    here.work(run_id, HOME)
    assert here.invoker.take() == [Invocation(function_id=AGGREGATOR_FUNCTION, body={"run_id": run_id})]


def test_a_region_that_ended_before_may_invoke_the_aggregator_again(here: Installation) -> None:
    run_id = here.scan()
    assert invoke_aggregator_if_last(here.call(), here.manifest(run_id))
    assert len(here.invoker.take()) == 1


@pytest.mark.parametrize("failure", [Throttled("429"), NotAuthorizedOrNotFound("404")])
def test_an_aggregator_that_cannot_be_invoked_is_left_to_the_next_sweep(
    here: Installation, failure: Throttled | NotAuthorizedOrNotFound
) -> None:
    here.invoker.failure = failure
    assert not invoke_aggregator(here.call(), "20261123T040000Z-1a2b3c4d")


def test_without_an_aggregator_function_nothing_is_invoked(here: Installation) -> None:
    here.reconfigure(aggregator_function_id=None)
    with pytest.raises(StopRun, match="no aggregator function"):
        invoke_aggregator(here.call(), "20261123T040000Z-1a2b3c4d")


# The pointer


@pytest.fixture
def planned(here: Installation) -> Callable[[str], Manifest]:
    """A run that is planned against the pointer as it is now."""

    def plan(key: str) -> Manifest:
        here.clock.advance(60)
        manifest = here.manifest(here.start(key))
        close_run(here.call(), manifest.run_id, status=RUN_FAILED, reason="only planned")
        return manifest

    return plan


def published(manifest: Manifest) -> Published:
    return Published(
        run_id=manifest.run_id,
        collected_at=manifest.collected_at,
        baseline_run_id=None,
        contract_version=1,
        known_regions=(),
        artifacts=(Artifact(name="report.md", etag="e", size=1, sha256="0"),),
        gaps=(),
        counts={},
    )


def pointed(here: Installation) -> Pointer:
    return Pointer.from_bytes(here.memory.get(NAMES.latest).body)


def test_the_first_pointer_is_created(here: Installation, planned: Callable[[str], Manifest]) -> None:
    manifest = planned("a")
    assert move_pointer(here.call(), manifest, published(manifest)) == PUBLISHED
    assert pointed(here) == Pointer(
        run_id=manifest.run_id,
        collected_at=manifest.collected_at,
        previous_run_id=None,
        artifacts={"report.md": f"inventory/runs/{manifest.run_id}/report.md"},
    )


def test_a_pointer_moves_on_from_where_the_manifest_saw_it(
    here: Installation, planned: Callable[[str], Manifest]
) -> None:
    first = planned("a")
    move_pointer(here.call(), first, published(first))
    second = planned("b")
    assert second.baseline == Baseline(run_id=first.run_id, etag=here.memory.head(NAMES.latest).etag)
    assert move_pointer(here.call(), second, published(second)) == PUBLISHED
    assert pointed(here).run_id == second.run_id
    assert pointed(here).previous_run_id == first.run_id


@pytest.mark.parametrize("has_baseline", [False, True])
@pytest.mark.parametrize("fate", [LANDS_UNHEARD, VANISHES])
def test_a_pointer_whose_answer_is_lost_is_looked_at(
    here: Installation, planned: Callable[[str], Manifest], has_baseline: bool, fate: str
) -> None:
    if has_baseline:
        before = planned("before")
        move_pointer(here.call(), before, published(before))
    manifest = planned("a")
    here.store.writes[NAMES.latest] = [fate]
    assert move_pointer(here.call(), manifest, published(manifest)) == PUBLISHED
    assert pointed(here).run_id == manifest.run_id


def test_moving_the_pointer_twice_is_moving_it_once(
    here: Installation, planned: Callable[[str], Manifest]
) -> None:
    first = planned("a")
    move_pointer(here.call(), first, published(first))
    second = planned("b")
    move_pointer(here.call(), second, published(second))
    moved = here.memory.get(NAMES.latest)
    assert move_pointer(here.call(), second, published(second)) == PUBLISHED
    assert here.memory.get(NAMES.latest) == moved


def test_the_pointer_never_goes_back(here: Installation, planned: Callable[[str], Manifest]) -> None:
    first, also_first = planned("a"), planned("b")
    assert also_first.baseline is None
    move_pointer(here.call(), also_first, published(also_first))
    assert move_pointer(here.call(), first, published(first)) == SUPERSEDED
    assert pointed(here).run_id == also_first.run_id

    second, third = planned("c"), planned("d")
    move_pointer(here.call(), third, published(third))
    assert move_pointer(here.call(), second, published(second)) == SUPERSEDED
    assert pointed(here).run_id == third.run_id


def test_a_pointer_that_somebody_rewrote_with_the_same_run_is_not_ours_to_replace(
    here: Installation, planned: Callable[[str], Manifest]
) -> None:
    first = planned("a")
    move_pointer(here.call(), first, published(first))
    second = planned("b")
    stored = here.memory.get(NAMES.latest)
    here.memory.put(NAMES.latest, stored.body, condition=IfMatch(etag=stored.etag))
    assert move_pointer(here.call(), second, published(second)) == SUPERSEDED
    assert pointed(here).run_id == first.run_id


def test_an_adhoc_run_leaves_the_pointer_alone(
    here: Installation, planned: Callable[[str], Manifest]
) -> None:
    first = planned("a")
    assert move_pointer(here.call(), replace(first, is_adhoc=True), published(first)) == STORED
    assert not here.has(NAMES.latest)
    move_pointer(here.call(), first, published(first))
    before = here.memory.get(NAMES.latest)
    second = replace(planned("b"), is_adhoc=True)
    assert move_pointer(here.call(), second, published(second)) == STORED
    assert here.memory.get(NAMES.latest) == before


# A run's end


def lease_state(here: Installation) -> tuple[str, str | None]:
    lease = read_lease(here.call())
    assert lease is not None
    return lease.value.state, lease.value.last_run_id


def test_a_closing_tells_people_and_frees_the_lease(here: Installation) -> None:
    run_id = here.start()
    closed = close_run(here.call(), run_id, status=PUBLISHED, reason="done")
    assert closed == read_closed(here.call(), run_id)
    assert (closed.status, closed.reason, closed.notification) == (PUBLISHED, "done", SENT)
    assert closed.closed_at == here.clock.now()
    assert lease_state(here) == ("idle", run_id)
    assert here.topic.messages == [
        (
            f"OCI inventory {run_id}: published",
            f"done\nReport: bucket/inventory/runs/{run_id}/report.md",
        )
    ]


def test_the_first_closing_stands_and_people_are_not_told_again(here: Installation) -> None:
    run_id = here.start()
    first = close_run(here.call(), run_id, status=PUBLISHED, reason="done")
    here.clock.advance(5)
    assert close_run(here.call(), run_id, status=RUN_FAILED, reason="late") == first
    assert len(here.topic.messages) == 1


def test_a_closing_that_somebody_else_wrote_meanwhile_stands(here: Installation) -> None:
    run_id = here.start()
    call = here.call()

    def overtake() -> None:
        close_run(here.call(), run_id, status=PUBLISHED, reason="faster")

    here.store.writes["closed.json"] = [overtake]
    closed = close_run(call, run_id, status=RUN_FAILED, reason="slower")
    assert (closed.status, closed.reason) == (PUBLISHED, "faster")


def test_a_closed_run_that_still_holds_the_lease_is_released(here: Installation) -> None:
    run_id = here.start()
    here.store.writes["lease.json"] = [ConnectionFailed("no answer")]
    with pytest.raises(ConnectionFailed):
        close_run(here.call(), run_id, status=PUBLISHED, reason="done")
    assert lease_state(here) == ("held", None)
    close_run(here.call(), run_id, status=PUBLISHED, reason="done")
    assert lease_state(here) == ("idle", run_id)


@pytest.mark.parametrize(
    ("failure", "noted"),
    [
        (Throttled("no", status=429, code="TooManyRequests"), "not sent: throttled (429 TooManyRequests)"),
        (RequestRefused("no", status=400, code="InvalidParameter"), "not sent: requestRefused (400 "),
        (ConnectionFailed("no"), "not sent: connectionFailed"),
    ],
)
def test_a_message_that_cannot_be_sent_is_noted_and_ends_nothing(
    here: Installation, failure: Exception, noted: str
) -> None:
    run_id = here.start()
    here.topic.failure = failure
    closed = close_run(here.call(), run_id, status=PUBLISHED, reason="done")
    assert closed.notification.startswith(noted)
    assert lease_state(here) == ("idle", run_id)


def test_without_a_topic_nobody_is_told(here: Installation) -> None:
    run_id = here.start()
    call: Call = replace(here.call(), notifier=None)
    assert close_run(call, run_id, status=PUBLISHED, reason="done").notification == NOT_CONFIGURED


def test_documents_that_do_not_exist_yet_are_none(here: Installation) -> None:
    call = here.call()
    assert read_lease(call) is None
    assert read_closed(call, "20261123T040000Z-1a2b3c4d") is None
    assert read_published(call, "20261123T040000Z-1a2b3c4d") is None


def test_an_outcome_that_is_stored_is_what_the_last_checkpoint_says(here: Installation) -> None:
    run_id = here.scan()
    for region in (FRANKFURT, HOME):
        checkpoint = read_checkpoint(here.call(), run_id, region)
        assert checkpoint is not None
        stored = Outcome.from_bytes(here.memory.get(here.names(run_id).outcome(region)).body)
        assert stored == outcome_of(checkpoint.value)


def test_ownership_ends_a_little_after_the_calls_own_deadline(here: Installation) -> None:
    assert (here.call(seconds=300).owned_until() - here.clock.now()).total_seconds() == 310
    late = here.call(seconds=5)
    here.clock.advance(60)
    assert (late.owned_until() - here.clock.now()).total_seconds() == 10
