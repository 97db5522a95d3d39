"""Requests for details in lanes: at each service's own pace, repeated, given up, and handed over in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from inventory.coordination.budget import ServiceBudget
from inventory.coordination.retry import Retry
from inventory.errors import (
    CircuitOpen,
    DeadlineNear,
    InventoryError,
    LostOwnership,
    NotAuthorizedOrNotFound,
    RequestTimeout,
    ServerFault,
    StopRun,
    Throttled,
)
from inventory.ports.deadline import Deadline
from inventory.roles.region.lanes import Job, Lanes

BUGS: list[Exception] = []


class Asking:
    """A job of `requests` requests; `answer` is called with the attempt of each and may raise."""

    operation = ("service", "operation")

    def __init__(
        self, service: str, *, requests: int = 1, answer: Callable[[int], object] = lambda attempt: None
    ) -> None:
        self.service = service
        self.attempt = 0
        self.left = requests
        self.attempts: list[int] = []
        self.given_up: list[InventoryError] = []
        self.following: list[Job] = []
        self._answer = answer

    def run(self) -> list[Job]:
        self.attempts.append(self.attempt)
        self._answer(self.attempt)
        self.left -= 1
        return [self] if self.left else self.following

    def give_up(self, error: InventoryError) -> list[Job]:
        self.given_up.append(error)
        return []

    def waiting(self) -> list[bytes]:
        return [b"record"] * self.left

    def asked(self, waiting: list[bytes]) -> int:
        return 1


@contextmanager
def lanes(
    *, rate: float = 1000, concurrency: int = 2, workers: int = 4, attempts: int = 3
) -> Iterator[Lanes]:
    pool = ThreadPoolExecutor(workers)
    retry = Retry(
        deadline=Deadline(time.monotonic() + 60, time.monotonic),
        sleep=time.sleep,
        uniform=lambda low, high: 0.01,
        max_attempts=50,
        max_fault_attempts=attempts,
    )
    try:
        yield Lanes(
            pool=pool,
            workers=workers,
            budget=lambda _service: ServiceBudget(rate=rate, concurrency=concurrency),
            retry=retry,
            monotonic=time.monotonic,
            on_bug=lambda job, error: BUGS.append(error),
        )
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def run(one: Lanes, *jobs: Asking) -> bool:
    one.add(jobs)
    return one.run(has_time=lambda: True, progress=lambda: None)


def test_every_job_is_done_with_all_its_requests_and_those_that_follow() -> None:
    first, second = Asking("core", requests=3), Asking("database")
    last = Asking("core")
    second.following = [last]
    with lanes() as here:
        assert run(here, first, second)
    assert (first.left, second.left, last.left) == (0, 0, 0)
    assert first.attempts == [1, 1, 1]


def failing(times: int, error: Callable[[], InventoryError]) -> Callable[[int], None]:
    def answer(attempt: int) -> None:
        if attempt <= times:
            raise error()

    return answer


def test_a_fault_is_asked_again_and_a_lasting_one_is_given_up() -> None:
    passing = Asking("core", answer=failing(2, lambda: ServerFault("down")))
    lasting = Asking("core", answer=failing(99, lambda: ServerFault("down")))
    refused = Asking("core", answer=failing(99, lambda: NotAuthorizedOrNotFound("no")))
    with lanes() as here:
        assert run(here, passing, lasting, refused)
    assert (passing.attempts, passing.given_up) == ([1, 2, 3], [])
    assert lasting.attempts == [1, 2, 3]
    assert isinstance(lasting.given_up[0], ServerFault)
    assert refused.attempts == [1]
    assert isinstance(refused.given_up[0], NotAuthorizedOrNotFound)


def test_a_throttled_job_is_patient_beyond_the_tries_of_a_fault() -> None:
    job = Asking("core", answer=failing(5, lambda: Throttled("slow down", retry_after_seconds=0.01)))
    with lanes() as here:
        assert run(here, job)
    assert job.attempts == [1, 2, 3, 4, 5, 6]
    assert job.given_up == []


def test_a_slow_service_does_not_hold_up_another() -> None:
    order: list[str] = []
    slow = [Asking("slow", answer=lambda _: (time.sleep(0.15), order.append("slow"))) for _ in range(6)]
    quick = [Asking("quick", answer=lambda _: order.append("quick")) for _ in range(20)]
    with lanes(concurrency=2, workers=4) as here:
        assert run(here, *slow, *quick)
    assert order.index("slow") > 10
    assert len(order) == 26


def test_a_service_is_asked_no_faster_than_its_budget() -> None:
    began = time.monotonic()
    jobs = [Asking("core") for _ in range(12)]
    with lanes(rate=20, concurrency=4) as here:
        assert run(here, *jobs)
    # One at once and the burst of a tenth of a second, the rest at 20 a second.
    assert time.monotonic() - began > 0.3


def test_no_more_requests_run_at_once_than_service_and_worker_may() -> None:
    running: dict[str, int] = {"a": 0, "b": 0}
    most = {"a": 0, "b": 0, "all": 0}
    lock = threading.Lock()

    def answer(service: str) -> None:
        with lock:
            running[service] += 1
            most[service] = max(most[service], running[service])
            most["all"] = max(most["all"], sum(running.values()))
        time.sleep(0.02)
        with lock:
            running[service] -= 1

    jobs = [Asking(name, answer=lambda _, name=name: answer(name)) for name in "ab" for _ in range(8)]
    with lanes(concurrency=2, workers=3) as here:
        assert run(here, *jobs)
    assert most["a"] <= 2
    assert most["b"] <= 2
    assert most["all"] <= 3


def test_a_service_that_does_not_answer_is_given_up_for_the_rest_of_the_call() -> None:
    asked: list[int] = []

    def silent(attempt: int) -> None:
        asked.append(attempt)
        raise RequestTimeout("nothing came")

    jobs = [Asking("core", answer=silent) for _ in range(40)]
    other = Asking("database", requests=5)
    with lanes() as here:
        assert run(here, *jobs, other)
    assert all(job.given_up for job in jobs)
    assert len(asked) < 20
    assert other.left == 0


def test_an_open_breaker_is_waited_for_and_given_up_only_if_it_opens_again_and_again() -> None:
    def opened() -> CircuitOpen:
        return CircuitOpen("open", retry_after_seconds=0.02)

    once = Asking("core", answer=failing(1, opened))
    with lanes() as here:
        assert run(here, once)
    assert once.given_up == []
    jobs = [Asking("core", answer=failing(99, opened)) for _ in range(30)]
    with lanes() as here:
        assert run(here, *jobs)
    assert all(job.given_up for job in jobs)
    assert sum(len(job.attempts) for job in jobs) < 10


def test_what_there_is_no_time_for_is_handed_over_and_nobody_waits_for_what_hangs() -> None:
    hanging = Asking("core", answer=lambda _: time.sleep(5))
    waiting = [Asking("core") for _ in range(3)]
    began = time.monotonic()
    with lanes(concurrency=1) as here:
        here.add([hanging, *waiting])
        assert not here.run(has_time=lambda: time.monotonic() - began < 0.2, progress=lambda: None)
        assert here.abandon() == ([hanging], waiting)
        assert here.run(has_time=lambda: True, progress=lambda: None)
    assert time.monotonic() - began < 3


def test_a_bug_costs_the_job_that_met_it_and_is_told() -> None:
    def broken(_attempt: int) -> None:
        raise ZeroDivisionError

    BUGS.clear()
    job, other = Asking("core", answer=broken), Asking("core")
    with lanes() as here:
        assert run(here, job, other)
    assert [type(bug) for bug in BUGS] == [ZeroDivisionError]
    assert [error.reason for error in job.given_up] == ["internalError"]
    assert other.left == 0


@pytest.mark.parametrize("ending", [StopRun("no more"), LostOwnership("gone"), DeadlineNear("over")])
def test_what_ends_the_work_is_no_job_s_failure(ending: InventoryError) -> None:
    def ended(_attempt: int) -> None:
        raise ending

    with lanes() as here, pytest.raises(type(ending)):
        run(here, Asking("core", answer=ended))
