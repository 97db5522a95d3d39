"""The one place that repeats a request.

Decides how often and after which pause. What may be repeated is said by the error (`RetryLater`); that every
request made through here is safe to repeat is for the adapters to see to.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from inventory.errors import (
    CircuitOpen,
    CredentialsUnusable,
    InventoryError,
    NotAuthenticated,
    RequestTimeout,
    RetryLater,
    Throttled,
)
from inventory.ports.deadline import Deadline

T = TypeVar("T")

#: The platform renews a resource principal's token and key in two files. The SDK reads them anew after a
#: 401, but once in a request, and may meet the one renewed and the other not.
SIGNATURE_ATTEMPTS = 3


class Retry:
    """Exponential backoff with full jitter, behind the service's Retry-After, bounded by tries and time.

    `max_attempts` bounds answers that ask for patience (429), `max_fault_attempts` all other failures (as
    many if none is given). With `waits_for_breaker` a client's open circuit breaker is waited for; without,
    it is an answer. `uniform(low, high)` draws the jitter, `sleep(seconds)` waits. No pause is begun that is
    longer than `longest_pause_seconds` or that the deadline leaves no room for, so the deadline should end
    early enough for the caller to do something about the failure.
    """

    def __init__(
        self,
        *,
        deadline: Deadline,
        sleep: Callable[[float], None],
        uniform: Callable[[float, float], float],
        max_attempts: int = 8,
        max_fault_attempts: int | None = None,
        waits_for_breaker: bool = True,
        base_seconds: float = 1.0,
        cap_seconds: float = 30.0,
        longest_pause_seconds: float = math.inf,
    ) -> None:
        self._deadline = deadline
        self._sleep = sleep
        self._uniform = uniform
        self._max_attempts = max_attempts
        self._max_fault_attempts = max_attempts if max_fault_attempts is None else max_fault_attempts
        self._waits_for_breaker = waits_for_breaker
        self._base_seconds = base_seconds
        self._cap_seconds = cap_seconds
        self._longest_pause_seconds = longest_pause_seconds

    def run(
        self,
        attempt: Callable[[], T],
        *,
        failed: Callable[[RetryLater], None],
        attempt_seconds: float | None = None,
    ) -> T:
        """The first success of `attempt`; `failed` is told of every attempt that may be repeated.

        An attempt that may take `attempt_seconds` is begun only where the deadline leaves room for it; where
        none are given, the first one is made in any case. Raises RequestTimeout where there is no room for
        the first, the last attempt's RetryLater or NotAuthenticated when tries or time have run out, any
        other error at once.
        """
        if attempt_seconds is not None and attempt_seconds > self._deadline.remaining_seconds():
            raise RequestTimeout("no time left for an attempt")
        for number in count(1):
            try:
                return attempt()
            except (RetryLater, NotAuthenticated) as error:
                if isinstance(error, RetryLater):
                    failed(error)
                pause_seconds = self.pause_before_next(number, error, attempt_seconds=attempt_seconds or 0.0)
                if pause_seconds is None:
                    raise
            self._sleep(pause_seconds)
        raise AssertionError("counting does not end")

    def pause_before_next(
        self, number: int, error: InventoryError, *, attempt_seconds: float = 0.0
    ) -> float | None:
        """Seconds to wait before a request is made again whose so-manyth attempt ended in this error.

        None where it is not made again.
        """
        if not isinstance(error, (RetryLater, NotAuthenticated)) or number >= self._attempts(error):
            return None
        pause_seconds = self._pause_seconds(number, error)
        needed_seconds = pause_seconds + attempt_seconds
        if (
            pause_seconds > self._longest_pause_seconds
            or needed_seconds >= self._deadline.remaining_seconds()
        ):
            return None
        return pause_seconds

    def _attempts(self, error: InventoryError) -> int:
        if isinstance(error, (NotAuthenticated, CredentialsUnusable)):
            return min(SIGNATURE_ATTEMPTS, self._max_attempts)
        if isinstance(error, CircuitOpen) and not self._waits_for_breaker:
            return 0
        return self._max_attempts if isinstance(error, Throttled) else self._max_fault_attempts

    def _pause_seconds(self, number: int, error: InventoryError) -> float:
        # The jitter comes on top of Retry-After: without it all workers would come back at the same instant.
        backoff_seconds = min(self._cap_seconds, self._base_seconds * 2.0 ** (number - 1))
        return (error.retry_after_seconds or 0.0) + self._uniform(0.0, backoff_seconds)
