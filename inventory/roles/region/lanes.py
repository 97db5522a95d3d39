"""Sending the requests for details: every service in a lane of its own, at its own pace, side by side.

Decides which request goes next: of the services whose budgets allow one, that with the most waiting. A
request that failed goes back into its lane if `retry` says so, behind the pause that it says. A service that
does not answer any more is given up for the rest of the call, so that it costs nobody's time but its own.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Protocol

from inventory.coordination.budget import ServiceBudget
from inventory.coordination.retry import Retry
from inventory.errors import (
    CircuitOpen,
    ConnectionFailed,
    DeadlineNear,
    InventoryError,
    LostOwnership,
    RequestTimeout,
    StopRun,
    Throttled,
)
from inventory.roles.region.window import Packed

#: So many requests of a service in a row without answer, or so many times its breaker open, and no answer in
#: between: it is given up for this call.
_UNANSWERED = 6
_BREAKERS = 2
#: Errors that end the work, not a request.
_ENDING = (StopRun, LostOwnership, DeadlineNear)
#: The longest wait for an answer before the clock and the deadline are looked at again.
_LOOK_SECONDS = 0.5


class Job(Protocol):
    """One request for details at a time."""

    service: str
    attempt: int
    operation: tuple[str, str]

    def run(self) -> list[Job]:
        """Make the request and use its answer; returns the jobs that follow, which may be itself.

        Raises InventoryError where it fails.
        """
        ...

    def give_up(self, error: InventoryError) -> list[Job]:
        """Do without the answer; returns the jobs that stand in for it."""
        ...

    def waiting(self) -> list[Packed]:
        """The records that have not got their details yet."""
        ...

    def asked(self, waiting: list[Packed]) -> int:
        """Of the records that wait, how many of the last ones the present request is about."""
        ...


@dataclass(slots=True)
class _Lane:
    budget: ServiceBudget
    queue: deque[Job] = field(default_factory=deque)
    #: Jobs behind a pause, by the time at which they may go on.
    paused: list[tuple[float, int, Job]] = field(default_factory=list)
    unanswered: int = 0
    breakers: int = 0
    broken: InventoryError | None = None

    @property
    def size(self) -> int:
        return len(self.queue) + len(self.paused)

    def wake(self, now: float) -> None:
        while self.paused and self.paused[0][0] <= now:
            self.queue.appendleft(heapq.heappop(self.paused)[2])


@dataclass(frozen=True, slots=True)
class _Ended:
    lane: _Lane
    job: Job
    following: list[Job]
    error: BaseException | None


class Lanes:
    """The lanes of one region's call; budgets outlive a window."""

    def __init__(
        self,
        *,
        pool: ThreadPoolExecutor,
        workers: int,
        budget: Callable[[str], ServiceBudget],
        retry: Retry,
        monotonic: Callable[[], float],
        on_bug: Callable[[Job, Exception], None],
    ) -> None:
        """`workers` requests at once at the most; `budget` makes that of a service; `on_bug` is told of a job
        that failed for no reason of its service's."""
        self._on_bug = on_bug
        self._pool = pool
        self._workers = workers
        self._budget = budget
        self._retry = retry
        self._monotonic = monotonic
        self._lanes: dict[str, _Lane] = {}
        self._running: set[Job] = set()
        self._ended: SimpleQueue[_Ended] = SimpleQueue()
        self._sequence = 0

    def add(self, jobs: Iterable[Job]) -> None:
        """Jobs to do, behind those that wait."""
        for job in jobs:
            self._lane(job.service).queue.append(job)

    def run(self, *, has_time: Callable[[], bool], progress: Callable[[], None]) -> bool:
        """Do all jobs; False where the time was over before. `progress` is told whenever something is done.

        Jobs that still run when there is no time left are nobody's any more: they may hang.
        """
        while True:
            if not has_time():
                return not (self._running or any(lane.size for lane in self._lanes.values()))
            wait_seconds = self._start_jobs()
            if not self._running and wait_seconds is None:
                return True
            self._collect(min(_LOOK_SECONDS, _LOOK_SECONDS if wait_seconds is None else wait_seconds))
            progress()

    def abandon(self) -> tuple[list[Job], list[Job]]:
        """What was under way and what was waiting when the time was over; the lanes are empty then."""
        running, self._running = list(self._running), set()
        waiting = [
            job
            for lane in self._lanes.values()
            for job in (*lane.queue, *(paused for _, _, paused in lane.paused))
        ]
        self._lanes.clear()
        return running, waiting

    def _lane(self, service: str) -> _Lane:
        lane = self._lanes.get(service)
        if lane is None:
            lane = self._lanes[service] = _Lane(self._budget(service))
        return lane

    def _start_jobs(self) -> float | None:
        """Start what may start now; returns how long to wait for more, None where nothing waits."""
        soonest: float | None = None
        now = self._monotonic()
        ready: list[_Lane] = []
        for lane in self._lanes.values():
            if lane.paused:
                lane.wake(now)
                if lane.paused:
                    soonest = _sooner(soonest, lane.paused[0][0] - now)
            if lane.queue:
                ready.append(lane)
        ready.sort(key=lambda lane: lane.size, reverse=True)
        for lane in ready:
            while lane.queue:
                if lane.broken is not None:
                    self._drop(lane, lane.broken)
                    soonest = 0.0
                    break
                if len(self._running) >= self._workers:
                    return _sooner(soonest, _LOOK_SECONDS)
                free_in = lane.budget.seconds_until_free(now)
                if free_in is None:
                    soonest = _sooner(soonest, _LOOK_SECONDS)
                    break
                if free_in > 0:
                    soonest = _sooner(soonest, free_in)
                    break
                self._start(lane, lane.queue.popleft(), now)
        return soonest

    def _start(self, lane: _Lane, job: Job, now: float) -> None:
        lane.budget.start(now)
        job.attempt += 1
        self._running.add(job)
        self._pool.submit(self._work, lane, job)

    def _work(self, lane: _Lane, job: Job) -> None:
        try:
            ended = _Ended(lane, job, job.run(), None)
        except BaseException as error:  # the loop decides; a thread's exception would be nobody's
            ended = _Ended(lane, job, [], error)
        self._ended.put(ended)

    def _collect(self, wait_seconds: float) -> None:
        try:
            ended = self._ended.get(timeout=wait_seconds) if wait_seconds > 0 else self._ended.get_nowait()
        except Empty:
            return
        while True:
            self._end(ended)
            try:
                ended = self._ended.get_nowait()
            except Empty:
                return

    def _end(self, ended: _Ended) -> None:
        lane, job, error = ended.lane, ended.job, ended.error
        if job not in self._running:
            return
        self._running.remove(job)
        now = self._monotonic()
        asked_for = error.retry_after_seconds or 0.0 if isinstance(error, Throttled) else None
        lane.budget.end(now, is_throttled=asked_for is not None, pause_seconds=asked_for or 0.0)
        if error is None:
            lane.unanswered = lane.breakers = 0
            for following in reversed(ended.following):
                following.attempt = 0
                self._lane(following.service).queue.appendleft(following)
            return
        if not isinstance(error, Exception) or isinstance(error, _ENDING):
            raise error
        if not isinstance(error, InventoryError):
            # A bug costs the details that it met, and is told.
            self._on_bug(job, error)
            self._give_up(job, InventoryError("a bug in reading details"))
            return
        self._note_silence(lane, error, now)
        pause = self._retry.pause_before_next(job.attempt, error)
        if pause is None or lane.broken is not None:
            self._give_up(job, error)
        elif asked_for is not None:
            # The lane as a whole waits already, and goes on in its order.
            lane.queue.appendleft(job)
        else:
            self._sequence += 1
            heapq.heappush(lane.paused, (now + pause, self._sequence, job))

    def _note_silence(self, lane: _Lane, error: InventoryError, now: float) -> None:
        if isinstance(error, CircuitOpen):
            lane.breakers += 1
            lane.budget.pause(now, error.retry_after_seconds or 0.0)
            if lane.breakers > _BREAKERS:
                lane.broken = error
        elif isinstance(error, (RequestTimeout, ConnectionFailed)):
            lane.unanswered += 1
            if lane.unanswered >= _UNANSWERED:
                lane.broken = error
        else:
            lane.unanswered = 0

    def _give_up(self, job: Job, error: InventoryError) -> None:
        for following in job.give_up(error):
            following.attempt = 0
            self._lane(following.service).queue.append(following)

    def _drop(self, lane: _Lane, error: InventoryError) -> None:
        """Give up all that waits for a service that does not answer."""
        jobs = [*lane.queue, *(job for _, _, job in lane.paused)]
        lane.queue.clear()
        lane.paused.clear()
        for job in jobs:
            self._give_up(job, error)


def _sooner(one: float | None, other: float) -> float:
    return max(0.0, other) if one is None else min(one, max(0.0, other))
