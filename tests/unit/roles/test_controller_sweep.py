"""The sweep: what it asks for again, what it leaves alone, and what it gives up."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from inventory.coordination.documents import read_aggregation, read_checkpoint, read_lease
from inventory.coordination.writes import swap
from inventory.errors import NotAuthorizedOrNotFound, ServerFault, Throttled
from inventory.model.checkpoint import FAILED, PARTIAL, Checkpoint
from inventory.model.lease import Invocations
from inventory.ports.tenancy import RegionSubscription
from inventory.roles.controller.giving_up import GIVEN_UP
from inventory.triggers import RUN, SWEEP
from tests.fakes.faulty_store import DIES_AFTER, DIES_BEFORE, Died
from tests.fakes.installation import (
    AGGREGATOR_FUNCTION,
    FRANKFURT,
    HOME,
    NAMES,
    REGION_FUNCTION,
    Installation,
    item,
)
from tests.fakes.memory_search import Asked

GRACE = 60
#: Longer than a call may live, plus skew.
CALL = 311


@pytest.fixture
def here() -> Installation:
    here = Installation(start_grace_seconds=GRACE, max_invocations=3)
    here.regions[FRANKFURT].items = [item(FRANKFURT, name) for name in "ab"]
    here.regions[HOME].items = [item(HOME, name) for name in "abc"]
    return here


def asked_for(here: Installation) -> list[str]:
    """What was invoked since the last look: regions by name, the aggregator as such."""
    return [
        invocation.body["region"] if invocation.function_id == REGION_FUNCTION else "aggregator"
        for invocation in here.invoker.take()
    ]


def sweep(here: Installation, *, patient: bool = False) -> list[str]:
    """A sweep, and what it invoked; a trigger that is known already sweeps patiently."""
    here.control(action=RUN if patient else SWEEP, key="a")
    return asked_for(here)


def invocations(here: Installation, region: str) -> int:
    lease = read_lease(here.call())
    assert lease is not None
    return lease.value.region_invocations.get(region, Invocations()).count


def outcome(here: Installation, run_id: str, region: str) -> Any:
    return here.json(here.names(run_id).outcome(region))


def closed(here: Installation, run_id: str) -> tuple[str, str] | None:
    name = here.names(run_id).closed
    if not here.has(name):
        return None
    document = here.json(name)
    return document["status"], document["reason"]


def dies_in(here: Installation, run_id: str, region: str, *, after_pages: int = 0) -> None:
    """A worker that dies before it asks for the page of this number."""

    def before(asked: Asked) -> None:
        if asked.region == region and sum(a.region == region for a in here.search.asked) > after_pages:
            raise Died

    here.search.before = before
    with pytest.raises(Died):
        here.work(run_id, region)
    here.search.before = lambda _: None
    here.search.asked.clear()


def given_up_after_a_page(here: Installation) -> str:
    """A run whose home region was given up when a worker had died behind its first page; returns its id."""
    run_id = here.start()
    here.work(run_id, FRANKFURT)
    dies_in(here, run_id, HOME, after_pages=1)
    for _ in range(4):
        here.clock.advance(CALL + GRACE)
        sweep(here)
    return run_id


# Regions


def test_a_lost_worker_is_asked_for_again_at_once_by_an_impatient_sweep(here: Installation) -> None:
    here.start()
    assert sweep(here) == [FRANKFURT, HOME]


def test_a_patient_sweep_gives_a_worker_time_to_start(here: Installation) -> None:
    here.start()
    here.clock.advance(GRACE - 1)
    assert sweep(here, patient=True) == []
    here.clock.advance(1)
    assert sweep(here, patient=True) == [FRANKFURT, HOME]


def test_a_region_that_has_ended_is_left_alone(here: Installation) -> None:
    run_id = here.start()
    here.work(run_id, FRANKFURT)
    assert sweep(here) == [HOME]


def test_a_region_that_somebody_works_on_is_left_alone_until_its_owner_expires(here: Installation) -> None:
    run_id = here.start()
    dies_in(here, run_id, HOME)
    here.work(run_id, FRANKFURT)
    here.clock.advance(CALL - 2)
    assert sweep(here) == []
    here.clock.advance(2)
    assert sweep(here) == [HOME]


def test_a_region_whose_owner_handed_over_gets_its_grace_from_there(here: Installation) -> None:
    """The continuation that was invoked may just be starting."""
    run_id = here.start()
    here.clock.advance(GRACE + 1)
    here.search.before = lambda asked: here.clock.advance(290)
    here.reconfigure(page_size=2)
    assert here.work(run_id, HOME).status == "continued"
    here.invoker.take()
    here.search.before = lambda asked: None
    here.work(run_id, FRANKFURT)
    assert sweep(here, patient=True) == []
    here.clock.advance(GRACE + 1)
    assert sweep(here, patient=True) == [HOME]


def test_a_region_is_asked_for_a_bounded_number_of_times_and_then_given_up(here: Installation) -> None:
    run_id = here.start()
    here.work(run_id, FRANKFURT)
    for count in (2, 3):
        here.clock.advance(GRACE)
        assert sweep(here) == [HOME]
        assert invocations(here, HOME) == count
    here.clock.advance(GRACE - 1)
    assert sweep(here) == [], "the last invocation may still start"
    assert not here.has(here.names(run_id).outcome(HOME))
    here.clock.advance(1)
    assert sweep(here) == ["aggregator"]
    given_up = outcome(here, run_id, HOME)
    assert given_up["status"] == FAILED
    assert [part["error"] for part in given_up["slices"]] == [GIVEN_UP]


def test_a_region_that_is_given_up_keeps_what_was_committed(here: Installation) -> None:
    here.reconfigure(page_size=2, shard_records=2, window_records=2)
    run_id = given_up_after_a_page(here)
    given_up = outcome(here, run_id, HOME)
    assert given_up["status"] == PARTIAL
    assert [[shard["count"] for shard in part["shards"]] for part in given_up["slices"]] == [[2]]
    here.aggregate(run_id)
    assert closed(here, run_id) == ("published", "the pointer names this run")
    assert {record["enrichStatus"] for record in here.inventory(run_id).values()} == {"OK"}
    assert len(here.inventory(run_id)) == 4


def test_a_region_that_is_given_up_keeps_what_it_had_found_without_details(here: Installation) -> None:
    here.reconfigure(page_size=2, shard_records=2)
    run_id = given_up_after_a_page(here)
    given_up = outcome(here, run_id, HOME)
    assert given_up["status"] == PARTIAL
    assert [len(part["shards"]) for part in given_up["slices"]] == [0]
    assert [[found["count"] for found in part["found"]] for part in given_up["slices"]] == [[2]]
    here.aggregate(run_id)
    assert closed(here, run_id) == ("published", "the pointer names this run")
    at_home = [record for record in here.inventory(run_id).values() if record["region"] == HOME]
    told = [(record["enrichStatus"], record["enrichError"]) for record in at_home]
    assert told == [("ERROR", "timeout")] * 2


def test_a_region_that_gets_further_each_time_is_asked_for_as_long_as_that_takes(here: Installation) -> None:
    """Its continuations are lost every time, so that each piece needs a sweep."""
    here.reconfigure(page_size=1, shard_records=1)
    here.regions[HOME].items = [item(HOME, f"{number}") for number in range(9)]
    run_id = here.start()
    here.work(run_id, FRANKFURT)
    sweeps = 0
    while not here.has(here.names(run_id).outcome(HOME)):
        here.search.before = lambda asked: here.clock.advance(200)
        here.work(run_id, HOME)
        here.invoker.take()
        here.clock.advance(GRACE)
        sweep(here)
        sweeps += 1
        assert sweeps < 20
    assert sweeps > 3
    assert outcome(here, run_id, HOME)["status"] == "complete"


def test_a_worker_that_wakes_up_after_it_was_given_up_writes_nothing_more(here: Installation) -> None:
    run_id = here.start()
    here.work(run_id, FRANKFURT)
    given_up: list[bytes] = []

    def before(asked: Asked) -> None:
        """Meanwhile the worker's time runs out, four sweeps pass, and the region is given up."""
        here.search.before = lambda _: None
        for _ in range(4):
            here.clock.advance(CALL + GRACE)
            sweep(here)
        given_up.append(here.memory.get(here.names(run_id).checkpoint(HOME)).body)

    here.search.before = before
    assert here.work(run_id, HOME).status == "owned by another call"
    assert given_up == [here.memory.get(here.names(run_id).checkpoint(HOME)).body]
    assert outcome(here, run_id, HOME)["status"] == FAILED


def test_a_worker_that_commits_at_the_last_moment_is_not_given_up(here: Installation) -> None:
    run_id = here.start()
    here.work(run_id, FRANKFURT)
    dies_in(here, run_id, HOME)
    for _ in range(2):
        here.clock.advance(CALL + GRACE)
        sweep(here)
    here.clock.advance(CALL + GRACE)

    def overtake() -> None:
        present = read_checkpoint(here.call(), run_id, HOME)
        assert present is not None
        alive = replace(present.value, owner="alive", revision=present.value.revision + 1)
        swap(here.memory, here.names(run_id).checkpoint(HOME), alive.to_bytes(), etag=present.etag)

    here.store.writes[f"{HOME}/checkpoint.json"] = [overtake]
    sweep(here)
    assert Checkpoint.from_bytes(here.memory.get(here.names(run_id).checkpoint(HOME)).body).owner == "alive"
    assert not here.has(here.names(run_id).outcome(HOME))


def test_when_the_runs_time_is_over_regions_are_closed_as_they_are(here: Installation) -> None:
    here.reconfigure(run_timeout_seconds=120)
    run_id = here.start()
    here.work(run_id, FRANKFURT)
    here.clock.advance(119)
    assert sweep(here) == [HOME]
    here.clock.advance(GRACE - 1)
    assert sweep(here) == [], "it was asked for a moment ago"
    here.clock.advance(1)
    assert sweep(here) == ["aggregator"]
    assert outcome(here, run_id, HOME)["status"] == FAILED


def test_a_region_at_work_is_not_cut_off_when_the_runs_time_is_over(here: Installation) -> None:
    here.reconfigure(run_timeout_seconds=60)
    run_id = here.start()
    here.clock.advance(50)
    dies_in(here, run_id, HOME)
    here.work(run_id, FRANKFURT)
    here.clock.advance(GRACE + 60)
    assert sweep(here) == []
    assert not here.has(here.names(run_id).outcome(HOME))


def test_a_worker_that_dies_before_its_outcome_is_completed(here: Installation) -> None:
    run_id = here.start()
    here.work(run_id, FRANKFURT)
    here.store.writes[f"{HOME}/outcome.json"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.work(run_id, HOME)
    assert sweep(here) == ["aggregator"]
    assert outcome(here, run_id, HOME)["status"] == "complete"


@pytest.mark.parametrize("failure", [Throttled("429"), NotAuthorizedOrNotFound("404")])
def test_workers_that_cannot_be_invoked_are_counted_and_left_to_the_next_sweep(
    here: Installation, failure: Throttled | NotAuthorizedOrNotFound
) -> None:
    here.invoker.failure = failure
    here.start()
    assert (invocations(here, FRANKFURT), invocations(here, HOME)) == (1, 1)
    here.invoker.failure = None
    assert sweep(here) == [FRANKFURT, HOME]


def test_two_sweeps_at_once_ask_once(here: Installation) -> None:
    here.start()
    other: list[list[str]] = []
    here.store.writes["lease.json"] = [lambda: other.append(sweep(here))]
    assert sweep(here) == []
    assert other == [[FRANKFURT, HOME]]
    assert invocations(here, HOME) == 2


def test_a_sweep_of_a_run_that_is_closed_meanwhile_invokes_nothing(here: Installation) -> None:
    run_id = here.start()

    def overtake() -> None:
        here.work(run_id, FRANKFURT)
        here.work(run_id, HOME)
        here.aggregate(run_id)
        here.invoker.take()

    here.store.writes["lease.json"] = [overtake]
    assert sweep(here) == []
    assert here.json(NAMES.lease)["state"] == "idle"
    assert here.json(NAMES.lease)["region_invocations"] == {}


# Aggregation


def test_an_aggregator_that_was_lost_is_asked_for_again(here: Installation) -> None:
    here.scan()
    assert sweep(here, patient=True) == ["aggregator"], "no controller has asked for it so far"
    assert sweep(here, patient=True) == [], "it may just be starting"
    assert sweep(here) == ["aggregator"]
    here.clock.advance(GRACE)
    assert sweep(here, patient=True) == ["aggregator"]


def test_an_aggregator_at_work_is_left_alone_until_its_claim_expires(here: Installation) -> None:
    run_id = here.scan()
    here.store.writes["inventory.jsonl.gz"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    here.clock.advance(CALL - 2)
    assert sweep(here) == []
    here.clock.advance(2)
    assert sweep(here) == ["aggregator"]


def test_an_aggregator_that_never_comes_is_fenced_off_and_the_run_fails(here: Installation) -> None:
    run_id = here.scan()
    for _ in range(3):
        assert sweep(here) == ["aggregator"]
    here.clock.advance(GRACE - 1)
    assert sweep(here) == []
    here.clock.advance(1)
    assert sweep(here) == []
    assert closed(here, run_id) == ("failed", "the aggregator did not finish")
    report = here.artifact(run_id, "report.md").decode()
    assert "Reason: the aggregator did not finish" in report
    assert f"| {HOME} | complete |" in report
    assert here.json(NAMES.lease)["state"] == "idle"
    assert not here.has(NAMES.latest)

    assert here.aggregate(run_id).status == "closed"
    assert not here.has(NAMES.latest)


def test_an_aggregator_that_wakes_up_behind_the_fence_does_not_publish(here: Installation) -> None:
    run_id = here.scan()
    aggregation = here.names(run_id).aggregation

    def meanwhile() -> None:
        here.store.writes.clear()
        for _ in range(6):
            here.clock.advance(CALL + GRACE)
            sweep(here)
        assert closed(here, run_id) is not None

    here.store.writes["inventory.csv"] = [meanwhile]
    assert here.aggregate(run_id).status == "owned by another call"
    assert closed(here, run_id) == ("failed", "the aggregator did not finish")
    assert here.json(aggregation)["state"] == "fenced"
    assert not here.has(NAMES.latest)
    assert not here.has(here.names(run_id).published)


@pytest.mark.parametrize("ending", ["latest.json", "closed.json"])
def test_a_publishing_that_was_begun_is_finished_by_the_controller(here: Installation, ending: str) -> None:
    run_id = here.scan()
    here.store.writes[ending] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    for _ in range(3):
        here.clock.advance(CALL)
        assert sweep(here) == ["aggregator"]
    here.clock.advance(CALL)
    assert sweep(here) == []
    status = closed(here, run_id)
    assert status is not None
    assert status[0] == "published"
    assert here.json(NAMES.latest)["run_id"] == run_id


def test_a_fence_that_loses_against_a_new_claim_does_not_fail_the_run(here: Installation) -> None:
    run_id = here.scan()
    here.store.writes["inventory.jsonl.gz"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    for _ in range(3):
        here.clock.advance(CALL)
        sweep(here)
    here.clock.advance(CALL)
    here.store.writes["aggregation.json"] = [lambda: here.aggregate(run_id)]
    sweep(here)
    status = closed(here, run_id)
    assert status is not None
    assert status[0] == "published"


def test_a_controller_that_dies_behind_its_fence_is_completed_by_the_next(here: Installation) -> None:
    run_id = here.scan()
    for _ in range(3):
        sweep(here)
    here.clock.advance(GRACE)
    here.store.writes["aggregation.json"] = [DIES_AFTER]
    with pytest.raises(Died):
        sweep(here)
    aggregation = read_aggregation(here.call(), run_id)
    assert aggregation is not None
    assert aggregation.value.state == "fenced"
    assert closed(here, run_id) is None
    sweep(here)
    assert closed(here, run_id) == ("failed", "the aggregator did not finish")


def test_a_failed_run_tells_why_beside_a_report_that_is_there_already(here: Installation) -> None:
    run_id = here.scan()
    here.store.writes["published.json"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.aggregate(run_id)
    report = here.artifact(run_id, "report.md")
    for _ in range(5):
        here.clock.advance(CALL)
        sweep(here)
    assert closed(here, run_id) == ("failed", "the aggregator did not finish")
    assert here.artifact(run_id, "report.md") == report
    assert "Reason: the aggregator did not finish" in here.artifact(run_id, "failure.md").decode()


def test_a_failure_report_of_the_controller_tells_times_and_what_grant_is_missing() -> None:
    here = Installation(start_grace_seconds=GRACE, max_invocations=3)
    here.regions[HOME].items = [item(HOME, "a")]
    refused = NotAuthorizedOrNotFound("no", status=404, code="NotAuthorizedOrNotFound")
    here.reader.failures["ocid1.vcn.oc1.iad.a"] = refused
    run_id = here.scan()
    for _ in range(5):
        here.clock.advance(CALL)
        sweep(here)
    assert closed(here, run_id) == ("failed", "the aggregator did not finish")
    report = here.artifact(run_id, "report.md").decode()
    assert "`Allow dynamic-group <name> to read virtual-network-family in tenancy`" in report
    ended = here.json(here.names(run_id).closed)["closed_at"]
    assert "- Started: 2026-11-23T04:00:00+00:00\n" in report
    assert f"- Ended: {ended} (" in report


def test_a_failure_is_told_once_although_the_controller_dies_before_the_closing(here: Installation) -> None:
    run_id = here.scan()
    here.store.writes["closed.json"] = [DIES_BEFORE]
    for _ in range(4):
        here.clock.advance(CALL)
        with suppress(Died):
            sweep(here)
    here.clock.advance(CALL)
    sweep(here)
    assert closed(here, run_id) == ("failed", "the aggregator did not finish")
    assert not here.has(here.names(run_id).artifact("failure.md"))


def test_a_run_whose_workers_never_came_is_closed_when_its_time_is_over(here: Installation) -> None:
    run_id = here.start()
    here.clock.advance(6 * 3600)
    here.control(action=SWEEP)
    here.deliver()
    assert closed(here, run_id) == ("failed", "no region could be read completely")


def test_a_store_that_does_not_answer_ends_the_sweep_and_the_next_one_goes_on(here: Installation) -> None:
    here.start()
    here.store.reads[f"{FRANKFURT}/outcome.json"] = [ServerFault("503")]
    with pytest.raises(ServerFault):
        sweep(here)
    assert sweep(here) == [FRANKFURT, HOME]


def test_the_aggregator_is_the_function_that_the_settings_name(here: Installation) -> None:
    here.scan()
    here.control(action=SWEEP)
    assert [invocation.function_id for invocation in here.invoker.take()] == [AGGREGATOR_FUNCTION]


def test_many_regions_are_invoked_at_the_same_time() -> None:
    """Each waits until its container has started; one after the other would outlast the controller."""
    here = Installation(workers=8)
    here.directory.subscriptions = [
        RegionSubscription(name=f"us-test-{number}", key=f"t{number}", is_ready=True, is_home=number == 0)
        for number in range(5)
    ]
    together = Barrier(5)
    accept = here.invoker.invoke_detached

    def slow(function_id: str, body: Mapping[str, Any]) -> None:
        together.wait(timeout=10)
        accept(function_id, body)

    here.invoker.invoke_detached = slow  # type: ignore[method-assign]
    here.control(key="a")
    assert sorted(invocation.body["region"] for invocation in here.invoker.take()) == [
        f"us-test-{number}" for number in range(5)
    ]


def test_a_region_that_cannot_be_invoked_does_not_keep_the_others_from_it() -> None:
    here = Installation(workers=8)
    accept = here.invoker.invoke_detached

    def choosy(function_id: str, body: Mapping[str, Any]) -> None:
        if body["region"] == FRANKFURT:
            raise Throttled("too many")
        accept(function_id, body)

    here.invoker.invoke_detached = choosy  # type: ignore[method-assign]
    here.control(key="a")
    assert [invocation.body["region"] for invocation in here.invoker.take()] == [HOME]
