"""The rest of the roles' world: a clock that is set by hand, the tenancy's regions, services, functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from inventory.errors import InventoryError
from inventory.model.compartments import Compartment, CompartmentTree
from inventory.model.metric import Metric
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
    """The tenancy's subscriptions and compartments as lists.

    `failure` and `compartments_failure` are raised instead, if there is one. `compartments` maps OCIDs.
    """

    tenancy_id = "ocid1.tenancy.oc1..t"

    def __init__(self, *subscriptions: RegionSubscription) -> None:
        self.subscriptions = list(subscriptions)
        self.failure: Exception | None = None
        self.compartments: dict[str, Compartment] = {
            "ocid1.compartment.oc1..c": Compartment(name="c", parent=self.tenancy_id, state="ACTIVE")
        }
        self.compartments_failure: Exception | None = None

    def compartment_tree(self) -> CompartmentTree:
        if self.compartments_failure is not None:
            raise self.compartments_failure
        return CompartmentTree(
            tenancy_id=self.tenancy_id, tenancy_name="acme", compartments=dict(self.compartments)
        )

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


class PostedMetrics:
    """A metrics service that keeps what was posted, and when; `failure` is raised instead of that."""

    def __init__(self) -> None:
        self.posts: list[tuple[datetime, list[Metric]]] = []
        self.failure: Exception | None = None

    def post(self, metrics: Sequence[Metric], *, at: datetime) -> None:
        if self.failure is not None:
            raise self.failure
        self.posts.append((at, list(metrics)))


class TalkingModel:
    """A language model that says `answer` to every prompt; `failure` is raised instead, if there is one."""

    model_id = "meta.llama-3.3-70b-instruct"

    def __init__(self, answer: str = "All is well.") -> None:
        self.answer = answer
        self.prompts: list[str] = []
        self.failure: Exception | None = None

    def complete(self, prompt: str, *, max_tokens: int) -> str:
        assert max_tokens > 0
        self.prompts.append(prompt)
        if self.failure is not None:
            raise self.failure
        return self.answer
