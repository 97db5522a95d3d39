"""Requests that wait for each other, or for the test: how a race is made to happen every time."""

from __future__ import annotations

import time
from collections.abc import Callable

from emulator.faults import Hold

#: Long enough for containers that start on a busy machine.
WAIT_SECONDS = 120.0


class Meeting:
    """Requests that are held when they arrive, until the test lets them go on."""

    def __init__(self, count: int) -> None:
        self.holds = [Hold(timeout_seconds=WAIT_SECONDS) for _ in range(count)]

    def is_complete(self) -> bool:
        """Whether all have arrived."""
        return all(hold.reached.is_set() for hold in self.holds)

    def wait(self) -> None:
        """Wait until all have arrived."""
        for hold in self.holds:
            assert hold.reached.wait(WAIT_SECONDS), "a request that the test waits for did not come"

    def end(self) -> None:
        """Let them go on."""
        for hold in self.holds:
            hold.release.set()

    def wait_and_end(self) -> None:
        """Wait until all have arrived, then let them go on together."""
        self.wait()
        self.end()


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that nobody announces."""
    give_up = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < give_up, "what the test waits for did not happen"
        time.sleep(0.01)
