"""The rest of the roles' world: a clock that is set by hand, the tenancy's regions, services, functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from inventory.errors import InventoryError
from inventory.model.read_call import ReadCall
from inventory.ports.tenancy import RegionSubscription


class HandClock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class ListedRegions:
    """The tenancy's subscriptions as a list; `failure` is raised instead, if there is one."""

    tenancy_id = "ocid1.tenancy.oc1..t"

    def __init__(self, *subscriptions: RegionSubscription) -> None:
        self.subscriptions = list(subscriptions)
        self.failure: Exception | None = None

    def region_subscriptions(self) -> list[RegionSubscription]:
        if self.failure is not None:
            raise self.failure
        return list(self.subscriptions)


class MemoryReader:
    """Services that answer every get with the identifier asked for and some fields of their own.

    `failures` maps an argument's value to what is raised for it; `before` is called ahead of every read.
    """

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {"cidrBlock": "10.0.0.0/16"}
        self.failures: dict[str, Exception] = {}
        self.before: Callable[[ReadCall], object] = lambda _: None

    def read(self, call: ReadCall) -> dict[str, Any]:
        self.before(call)
        identifier = next(iter(call.arguments.values()), "")
        if identifier in self.failures:
            raise self.failures[identifier]
        return {"id": identifier, **self.fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A detached call that the platform has accepted."""

    function_id: str
    body: Mapping[str, Any]


class PendingInvocations:
    """Detached calls that wait to be delivered by hand; `failure` is raised instead, if there is one."""

    def __init__(self) -> None:
        self.pending: list[Invocation] = []
        self.failure: InventoryError | None = None

    def invoke_detached(self, function_id: str, body: Mapping[str, Any]) -> None:
        if self.failure is not None:
            raise self.failure
        self.pending.append(Invocation(function_id=function_id, body=dict(body)))

    def take(self) -> list[Invocation]:
        """What waits, which waits no more."""
        taken, self.pending = self.pending, []
        return taken


class SentMessages:
    """A topic that keeps what was published; `failure` is raised instead, if there is one."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.failure: Exception | None = None

    def publish(self, *, title: str, body: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.messages.append((title, body))
