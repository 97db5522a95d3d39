"""Keeping an eye on the deadline while records stream by."""

from __future__ import annotations

from inventory.coordination.call import Call
from inventory.errors import DeadlineNear

#: What must be left of a call's time to go on.
RESERVE_SECONDS = 10.0
_EVERY = 2000


class Pace:
    """Counts steps and looks at the deadline now and then."""

    __slots__ = ("_call", "_steps")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._steps = 0

    def step(self) -> None:
        """One record further. Raises DeadlineNear."""
        self._steps += 1
        if self._steps % _EVERY == 0 and self._call.deadline.remaining_seconds() < RESERVE_SECONDS:
            raise DeadlineNear("the aggregator hands over")
