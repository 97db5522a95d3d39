"""Figures of a run for dashboards and alarms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from inventory.model.metric import Metric


class MetricSink(Protocol):
    """One namespace in one compartment."""

    def post(self, metrics: Sequence[Metric], *, at: datetime) -> None:
        """Send metrics as of one instant, which is near the present. Raises RetryLater, RecordGap."""
        ...
