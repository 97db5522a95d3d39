"""Telling people that a run has ended."""

from __future__ import annotations

from typing import Protocol


class Notifier(Protocol):
    """One topic."""

    def publish(self, *, title: str, body: str) -> None:
        """Send one message. Raises RetryLater, RecordGap."""
        ...
