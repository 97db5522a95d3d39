"""One function call: who it is, how long it may work, and what it works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inventory.logs import EventLog
from inventory.model.names import ObjectNames, RunNames
from inventory.ports.deadline import Deadline
from inventory.ports.functions import FunctionInvoker
from inventory.ports.metrics import MetricSink
from inventory.ports.notifier import Notifier
from inventory.ports.store import ObjectStore
from inventory.ports.summarizer import Summarizer
from inventory.settings import Settings

#: Added to a call's deadline before its ownership may be taken over: clocks differ, kills take a moment.
SKEW_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What every role works with. `owner` is unique for each call, delivered twice or not.

    What is None is not configured.
    """

    owner: str
    settings: Settings
    store: ObjectStore
    invoker: FunctionInvoker
    notifier: Notifier | None
    deadline: Deadline
    log: EventLog
    monotonic: Callable[[], float]
    metrics: MetricSink | None = None
    summarizer: Summarizer | None = None

    @property
    def names(self) -> ObjectNames:
        return ObjectNames(prefix=self.settings.prefix)

    def run(self, run_id: str) -> RunNames:
        """The names of a run's objects."""
        return self.names.run(run_id)

    def about(self, run_id: str) -> Call:
        """The same call, with a log whose events name the run."""
        return replace(self, log=self.log.bound(run_id=run_id))

    def owned_until(self) -> datetime:
        """Until when this call may hold what it owns, by the store's clock."""
        remaining = max(self.deadline.remaining_seconds(), 0.0)
        return self.store.now() + timedelta(seconds=remaining + SKEW_SECONDS)
