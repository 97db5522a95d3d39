"""The rest of the roles' world: a clock that is set by hand, the tenancy's regions, services, functions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from inventory.coordination.retry import Retry
from inventory.errors import InventoryError
from inventory.model.compartments import Compartment, CompartmentTree
from inventory.model.metric import Metric
from inventory.model.read_call import ReadCall
from inventory.ports.deadline import Deadline
from inventory.ports.reader import ListPage
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


#: Details are asked for once.
SINGLE_TRIES = Retry(
    deadline=Deadline(float("inf"), lambda: 0.0),
    sleep=lambda _: None,
    uniform=lambda low, _: low,
    max_attempts=1,
)


def ticking() -> Callable[[], float]:
    """A clock that a second passes on whenever it is looked at: no budget is ever waited for."""
    return itertools.count(0.0, 1.0).__next__


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
    """Services that know what `ocids` tells, each resource with its identifier and some fields of its own.

    A get answers for any identifier, a list shows all that is known and of the kind that its operation names,
    `page_items` to a page. `failures` maps an identifier to what is raised for it, by its get or by the list
    that should show it; `unlisted` are identifiers that no list shows. `before` is called ahead of every
    request, and `asked` keeps them.
    """

    def __init__(self, ocids: Callable[[], Iterable[str]] = tuple) -> None:
        self.fields: dict[str, Any] = {"cidrBlock": "10.0.0.0/16"}
        self.failures: dict[str, Exception] = {}
        self.unlisted: set[str] = set()
        self.before: Callable[[ReadCall], object] = lambda _: None
        self.asked: list[ReadCall] = []
        self.page_items = 1000
        self._ocids = ocids

    def read(self, call: ReadCall, *, attempt: int = 1) -> dict[str, Any]:
        self.asked.append(call)
        self.before(call)
        identifier = str(next(iter(call.arguments.values()), ""))
        if identifier in self.failures:
            raise self.failures[identifier]
        return self.answer(identifier)

    def answer(self, identifier: str) -> dict[str, Any]:
        """What is said of one resource."""
        return {"id": identifier, **self.fields}

    def read_page(self, call: ReadCall, *, page: str | None, limit: int | None, attempt: int = 1) -> ListPage:
        self.asked.append(call)
        self.before(call)
        kinds = call.operation.replace("_", "")
        known = [
            ocid
            for ocid in dict.fromkeys(self._ocids())
            if ocid not in self.unlisted and ocid.split(".")[1] in kinds
        ]
        for ocid in known:
            if ocid in self.failures:
                raise self.failures[ocid]
        start = int(page or 0)
        end = start + min(limit or self.page_items, self.page_items)
        return ListPage(
            items=[self.answer(ocid) for ocid in known[start:end]],
            next_page=str(end) if end < len(known) else None,
        )


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
