"""A world in which the real roles run step by step: store, clock, platform and crashes are ours to decide.

Every role call is an actor in a greenlet of its own. An actor stops before and after each of its writes and
before each invocation; the scheduler decides who goes on, and what becomes of the write: it lands, it lands
but the answer is lost, it does not land and the answer is lost, it lands much later, or the actor dies
before or after it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import greenlet

from inventory.catalog.entry import Catalog
from inventory.catalog.load import load_catalog
from inventory.coordination.call import Call
from inventory.errors import InventoryError
from inventory.logs import EventLog
from inventory.model.adhoc import AdhocScope
from inventory.ports.deadline import Deadline
from inventory.ports.store import Condition, IfAbsent, Landed, PutOutcome, Unknown
from inventory.ports.tenancy import RegionSubscription
from inventory.roles.aggregator.aggregate import aggregate
from inventory.roles.controller.control import control
from inventory.roles.controller.planning import Planner
from inventory.roles.region.tools import RegionTools
from inventory.roles.region.work import work_region
from inventory.settings import Settings
from inventory.stages.redact import Redactor
from inventory.triggers import AggregationTask, RegionTask, Trigger
from tests.fakes.memory_search import MemorySearch, SearchedRegion, shown_ocids
from tests.fakes.memory_store import MemoryObjectStore
from tests.fakes.platform import SINGLE_TRIES, Invocation, ListedRegions, MemoryReader, ticking

REGION_FUNCTION = "ocid1.fnfunc.oc1.iad.region"
AGGREGATOR_FUNCTION = "ocid1.fnfunc.oc1.iad.aggregator"
CALL_SECONDS = 300.0
#: Longer than a call's deadline, so that ghosts are met, and as long as OCI lets any call live.
LIFETIME_SECONDS = 3600.0
REGIONS = ("eu-frankfurt-1", "us-ashburn-1")
HOME = "us-ashburn-1"
SUBSCRIPTIONS = (
    RegionSubscription(name="eu-frankfurt-1", key="fra", is_ready=True, is_home=False),
    RegionSubscription(name="us-ashburn-1", key="iad", is_ready=True, is_home=True),
)

#: What can become of a write.
LANDS = "lands"
LANDS_UNHEARD = "lands, answer lost"
VANISHES = "does not land, answer lost"
LANDS_LATE = "lands later, answer lost"
DIES_BEFORE = "actor dies before"
DIES_AFTER = "actor dies after"
FATES = (LANDS, LANDS_UNHEARD, VANISHES, LANDS_LATE, DIES_BEFORE, DIES_AFTER)

#: The kinds of writes and other steps at which an actor can be stopped.
KINDS = (
    "lease",
    "manifest",
    "checkpoint",
    "shard",
    "outcome",
    "aggregation",
    "artifact",
    "published",
    "latest",
    "closed",
    "invoke",
)

#: Where an actor can be made to pause: before a step, or behind a write that has landed.
STOPS = (*KINDS, *(f"behind {kind}" for kind in KINDS if kind != "invoke"))

_CATALOG: Catalog = load_catalog()

_SILENT = logging.getLogger("tests.model.silent")
_SILENT.setLevel(logging.CRITICAL)


class Died(BaseException):
    """The actor's process is gone."""


def kind_of(name: str) -> str:
    """The kind of an object's name."""
    last = name.rsplit("/", 1)[-1].removesuffix(".json")
    if "/shards/" in name:
        return "shard"
    return last if last in KINDS else "artifact"


@dataclass(slots=True)
class Actor:
    """One role call."""

    name: str
    body: Callable[[], object]
    greenlet: greenlet.greenlet | None = None
    at: str = "start"
    is_done: bool = False
    is_paused: bool = False
    fate: str = LANDS
    born: datetime = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class LateWrite:
    """A write on its way, whose writer has heard nothing."""

    name: str
    body: bytes
    condition: Condition
    since: datetime


class World:
    """The scheduler, and everything that actors touch."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
        self.store = MemoryObjectStore(lambda: self.time)
        self.regions = {name: SearchedRegion() for name in REGIONS}
        self.actors: list[Actor] = []
        self.pending: list[Invocation] = []
        self.late_writes: list[LateWrite] = []
        self.on_write: Callable[[str], None] = lambda _name: None
        self._hub = greenlet.getcurrent()
        self._serial = 0

    # Starting and stepping actors

    def start(self, name: str, body: Callable[[Call], object]) -> Actor:
        """A new actor, stopped before its first step."""
        self._serial += 1
        actor = Actor(name=f"{name}#{self._serial}", body=lambda: None, born=self.time)
        call = self._call(actor)

        def run() -> None:
            # A role call that ends in one of our errors is a failed call, as the platform sees it.
            with contextlib.suppress(InventoryError, Died):
                body(call)

        actor.body = run
        self.actors.append(actor)
        return actor

    def step(self, actor: Actor, fate: str = LANDS) -> None:
        """Let an actor go on to its next stop; `fate` is that of the write it stands before."""
        if actor.is_done:
            return
        actor.fate = fate
        if actor.greenlet is None:
            actor.greenlet = greenlet.greenlet(actor.body)
        actor.greenlet.parent = greenlet.getcurrent()
        self._hub = greenlet.getcurrent()
        actor.greenlet.switch()
        if actor.greenlet.dead:
            actor.is_done = True
            self.actors.remove(actor)

    def drive(self, *, until: str | None = None, budget: int = 3000) -> Actor | None:
        """Let everybody who is not paused work, and deliver invocations, until nothing is left to do.

        Stops early where an actor stands before a step of the kind `until`, and returns it.
        """
        for _ in range(budget):
            awake = [actor for actor in self.actors if not actor.is_paused]
            for actor in awake:
                if until is not None and actor.at == until:
                    return actor
            if awake:
                self.step(awake[0])
            elif self.pending:
                self.deliver(0)
            else:
                return None
        raise AssertionError("the world does not come to rest")

    def pass_time(self, seconds: float) -> None:
        """Time passes; the platform kills calls, and the network forgets writes, that are too old."""
        self.time += timedelta(seconds=seconds)
        oldest = self.time - timedelta(seconds=LIFETIME_SECONDS)
        self.late_writes = [write for write in self.late_writes if write.since > oldest]
        for actor in list(self.actors):
            if actor.born <= oldest:
                self._kill(actor)

    def close(self) -> None:
        """Kill whoever is left."""
        for actor in list(self.actors):
            self._kill(actor)

    def _kill(self, actor: Actor) -> None:
        if actor.greenlet is None:
            self.actors.remove(actor)
        else:
            self.step(actor, DIES_BEFORE)

    # What the platform does

    def deliver(self, index: int, *, keep: bool = False) -> Actor:
        """Start what an invocation asks for; with `keep` it will be delivered once more."""
        invocation = self.pending[index] if keep else self.pending.pop(index)
        if invocation.function_id == REGION_FUNCTION:
            return self.start_region(invocation.body["run_id"], invocation.body["region"])
        return self.start_aggregator(invocation.body["run_id"])

    def start_controller(self, action: str, key: str, adhoc: AdhocScope | None = None) -> Actor:
        trigger = Trigger(action=action, kind="direct", key=key, adhoc=adhoc)
        planner = Planner(
            directory=ListedRegions(*SUBSCRIPTIONS),
            catalog=_CATALOG,
            redaction_fingerprint=Redactor().fingerprint,
        )
        return self.start(f"controller {action}", lambda call: control(call, trigger, planner))

    def start_region(self, run_id: str, region: str) -> Actor:
        tools = RegionTools(
            search=MemorySearch(self.regions),
            reader=MemoryReader(lambda: shown_ocids(self.regions)),
            retry=SINGLE_TRIES,
            monotonic=ticking(),
            catalog=_CATALOG,
            namespace="namespace",
            redactor=Redactor(),
            calls=dict,
        )
        task = RegionTask(run_id=run_id, region=region)
        return self.start(f"region {region}", lambda call: work_region(call, task, tools))

    def start_aggregator(self, run_id: str) -> Actor:
        task = AggregationTask(run_id=run_id)
        return self.start("aggregator", lambda call: aggregate(call, task, _CATALOG))

    def land_late_write(self, index: int) -> None:
        """A write whose answer was lost reaches the store after all."""
        write = self.late_writes.pop(index)
        self._put(write.name, write.body, write.condition)

    # What an actor calls

    def stop(self, kind: str, actor: Actor) -> str:
        """The actor stands before a step; returns what becomes of it."""
        actor.at = kind
        self._hub.switch()
        actor.at = "running"
        fate, actor.fate = actor.fate, LANDS
        if fate == DIES_BEFORE:
            raise Died
        return fate

    def write(self, actor: Actor, name: str, body: bytes, condition: Condition) -> PutOutcome:
        """A write of an actor, with a stop before and behind it."""
        fate = self.stop(kind_of(name), actor)
        if fate == LANDS_LATE:
            self.late_writes.append(LateWrite(name, body, condition, self.time))
            return Unknown()
        if fate == VANISHES:
            return Unknown()
        outcome = self._put(name, body, condition)
        if fate == DIES_AFTER:
            raise Died
        self.stop(f"behind {kind_of(name)}", actor)
        return Unknown() if fate == LANDS_UNHEARD else outcome

    def _put(self, name: str, body: bytes, condition: Condition) -> PutOutcome:
        outcome = self.store.put(name, body, condition=condition)
        if isinstance(outcome, Landed):
            self.on_write(name)
        return outcome

    def _call(self, actor: Actor) -> Call:
        def monotonic() -> float:
            return self.time.timestamp()

        settings = Settings(
            role="controller",
            bucket="bucket",
            region_function_id=REGION_FUNCTION,
            aggregator_function_id=AGGREGATOR_FUNCTION,
            invoke_endpoint="https://functions.example.com",
            workers=1,
            page_size=2,
            shard_records=2,
            start_grace_seconds=60,
            max_invocations=3,
            retention_runs=3,
            # Derived files are like each other here; this one takes longer than the others together.
            parquet=False,
        )
        return Call(
            owner=actor.name,
            settings=settings,
            store=_ActorStore(self, actor),
            invoker=_Invoker(self, actor),
            notifier=None,
            deadline=Deadline(ends_at=monotonic() + CALL_SECONDS, monotonic=monotonic),
            log=EventLog(_SILENT),
            monotonic=monotonic,
        )


class _ActorStore:
    """The store as one actor sees it."""

    def __init__(self, world: World, actor: Actor) -> None:
        self._world = world
        self._actor = actor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.store, name)

    def put(self, name: str, body: bytes, *, condition: Condition) -> PutOutcome:
        return self._world.write(self._actor, name, body, condition)

    def start_upload(self, name: str) -> _ActorUpload:
        return _ActorUpload(self._world, self._actor, name)


class _ActorUpload:
    def __init__(self, world: World, actor: Actor, name: str) -> None:
        self._world = world
        self._actor = actor
        self._name = name
        self._buffer = bytearray()

    def write(self, data: bytes) -> None:
        self._buffer += data

    def commit(self) -> PutOutcome:
        return self._world.write(self._actor, self._name, bytes(self._buffer), IfAbsent())

    def abort(self) -> None:
        self._buffer.clear()


class _Invoker:
    def __init__(self, world: World, actor: Actor) -> None:
        self._world = world
        self._actor = actor

    def invoke_detached(self, function_id: str, body: Mapping[str, Any]) -> None:
        fate = self._world.stop("invoke", self._actor)
        if fate not in (VANISHES, LANDS_LATE):
            self._world.pending.append(Invocation(function_id=function_id, body=dict(body)))
        if fate == DIES_AFTER:
            raise Died


def item(region: str, number: int, *, is_named: bool = True, tag: str = "") -> dict[str, Any]:
    """A search item of a region."""
    key = {"eu-frankfurt-1": "eu-frankfurt-1", "us-ashburn-1": "iad"}[region]
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number // 2)
    values: dict[str, Any] = {
        "resourceType": "Vcn" if number % 2 else "UnknownThing",
        "compartmentId": "ocid1.compartment.oc1..c",
        "displayName": f"thing-{number}",
        "lifecycleState": "AVAILABLE",
        "timeCreated": created.isoformat(),
        "freeformTags": {"tag": tag},
        "definedTags": {},
    }
    if is_named:
        values["identifier"] = f"ocid1.thing.oc1.{key}.{region}{number:04d}"
    return values


def iam_item(number: int) -> dict[str, Any]:
    """A search item of a home-region type, which every region's search returns."""
    return {**item(HOME, number), "resourceType": "User", "identifier": f"ocid1.user.oc1..user{number:04d}"}


def names_under(world: World, prefix: str) -> Iterator[str]:
    """The names of the stored objects below a prefix."""
    return (name for name in sorted(world.store.objects) if name.startswith(prefix))
