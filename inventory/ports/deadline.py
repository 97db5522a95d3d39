"""How long a call may still work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of one function call, on a monotonic clock that is given."""

    ends_at: float
    monotonic: Callable[[], float]

    def remaining_seconds(self) -> float:
        """Seconds until the platform stops waiting; negative when past."""
        return self.ends_at - self.monotonic()
