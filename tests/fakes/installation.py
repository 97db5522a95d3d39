"""The three roles deployed in memory: their calls are made by hand, one after the other."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from inventory.catalog.entry import Catalog
from inventory.catalog.load import load_catalog
from inventory.coordination.call import Call
from inventory.coordination.documents import read_manifest
from inventory.logs import EventLog
from inventory.model.adhoc import AdhocScope
from inventory.model.canonical import parse_json
from inventory.model.checkpoint import CallTally
from inventory.model.manifest import Manifest
from inventory.model.names import ObjectNames, RunNames
from inventory.ports.deadline import Deadline
from inventory.ports.tenancy import RegionSubscription
from inventory.roles.aggregator.aggregate import AggregationAnswer, aggregate
from inventory.roles.controller.control import ControlAnswer, control
from inventory.roles.controller.planning import Planner
from inventory.roles.region.tools import RegionTools
from inventory.roles.region.work import RegionAnswer, work_region
from inventory.settings import Settings
from inventory.stages.gzip_members import iter_lines
from inventory.stages.redact import Redactor
from inventory.triggers import RUN, AggregationTask, RegionTask, Trigger
from tests.fakes.faulty_store import FaultyObjectStore
from tests.fakes.memory_search import MemorySearch, SearchedRegion, shown_ocids
from tests.fakes.memory_store import MemoryObjectStore
from tests.fakes.platform import (
    SINGLE_TRIES,
    HandClock,
    ListedRegions,
    MemoryReader,
    PendingInvocations,
    PostedMetrics,
    SentMessages,
    TalkingModel,
    ticking,
)

REGION_FUNCTION = "ocid1.fnfunc.oc1.iad.region"
AGGREGATOR_FUNCTION = "ocid1.fnfunc.oc1.iad.aggregator"
HOME = "us-ashburn-1"
FRANKFURT = "eu-frankfurt-1"
SUBSCRIPTIONS = (
    RegionSubscription(name=FRANKFURT, key="fra", is_ready=True, is_home=False),
    RegionSubscription(name=HOME, key="iad", is_ready=True, is_home=True),
)
NAMES = ObjectNames(prefix="inventory")
CATALOG: Catalog = load_catalog()

_SILENT = logging.getLogger("tests.installation.silent")
_SILENT.setLevel(logging.CRITICAL)


class Installation:
    """One deployment; `settings` are changes of its configuration."""

    def __init__(self, **settings: Any) -> None:
        self.clock = HandClock()
        self.memory = MemoryObjectStore(self.clock.now)
        self.store = FaultyObjectStore(self.memory)
        self.regions = {FRANKFURT: SearchedRegion(), HOME: SearchedRegion()}
        self.search = MemorySearch(self.regions)
        self.reader = MemoryReader(lambda: shown_ocids(self.regions))
        self.directory = ListedRegions(*SUBSCRIPTIONS)
        self.invoker = PendingInvocations()
        self.topic = SentMessages()
        self.log = EventLog(_SILENT)
        self.metrics: PostedMetrics | None = None
        self.model: TalkingModel | None = None
        self.catalog = CATALOG
        self.redactor = Redactor()
        self.count_calls: Callable[[], CallTally] = dict
        self.settings = Settings(
            **{
                "role": "controller",
                "bucket": "bucket",
                "region_function_id": REGION_FUNCTION,
                "aggregator_function_id": AGGREGATOR_FUNCTION,
                "invoke_endpoint": "https://functions.example.com",
                "workers": 1,
                "page_size": 10,
                "shard_records": 10,
                **settings,
            }
        )
        self._calls = itertools.count(1)

    # Calls

    def call(self, *, seconds: float = 300, log: EventLog | None = None) -> Call:
        """A function call that may take so long."""
        return Call(
            owner=f"call-{next(self._calls)}",
            settings=self.settings,
            store=self.store,
            invoker=self.invoker,
            notifier=self.topic,
            deadline=Deadline(self.clock.monotonic() + seconds, self.clock.monotonic),
            log=log or self.log,
            monotonic=self.clock.monotonic,
            metrics=self.metrics,
            summarizer=self.model,
        )

    @property
    def planner(self) -> Planner:
        return Planner(
            directory=self.directory,
            catalog=self.catalog,
            redaction_fingerprint=self.redactor.fingerprint,
        )

    @property
    def tools(self) -> RegionTools:
        return RegionTools(
            search=self.search,
            reader=self.reader,
            retry=SINGLE_TRIES,
            monotonic=ticking(),
            catalog=self.catalog,
            namespace="namespace",
            redactor=self.redactor,
            calls=self.count_calls,
        )

    def control(self, action: str = RUN, key: str = "a", *, adhoc: AdhocScope | None = None) -> ControlAnswer:
        trigger = Trigger(action=action, kind="direct", key=key, adhoc=adhoc)
        answer = control(self.call(), trigger, self.planner)
        assert isinstance(answer, ControlAnswer)
        return answer

    def work(self, run_id: str, region: str, *, seconds: float = 300) -> RegionAnswer:
        return work_region(self.call(seconds=seconds), RegionTask(run_id=run_id, region=region), self.tools)

    def aggregate(self, run_id: str, *, seconds: float = 300) -> AggregationAnswer:
        return aggregate(self.call(seconds=seconds), AggregationTask(run_id=run_id), self.catalog)

    # What the platform does

    def deliver(self) -> None:
        """Deliver what was invoked, and what that invokes, until nothing is left."""
        for _ in range(100):
            if not self.invoker.pending:
                return
            for invocation in self.invoker.take():
                if invocation.function_id == REGION_FUNCTION:
                    self.work(invocation.body["run_id"], invocation.body["region"])
                else:
                    self.aggregate(invocation.body["run_id"])
        raise AssertionError("the functions go on invoking each other")

    def start(self, key: str = "a") -> str:
        """A run as far as the controller brings it; what it invoked is not delivered. Returns its id."""
        run_id = self.control(key=key).run_id
        assert run_id is not None
        self.invoker.take()
        return run_id

    def scan(self, key: str = "a") -> str:
        """A run whose regions have all ended, so that the aggregator is next. Returns its id."""
        run_id = self.start(key)
        for region in self.manifest(run_id).regions:
            self.work(run_id, region)
        self.invoker.take()
        return run_id

    def run(self, key: str = "a", *, adhoc: AdhocScope | None = None) -> str:
        """A whole run; a minute passes after it. Returns its id."""
        run_id = self.control(key=key, adhoc=adhoc).run_id
        assert run_id is not None
        self.deliver()
        self.clock.advance(60)
        return run_id

    def reconfigure(self, **changes: Any) -> None:
        """Other settings from the next call on."""
        self.settings = replace(self.settings, **changes)

    # What lies in the bucket

    def names(self, run_id: str) -> RunNames:
        return NAMES.run(run_id)

    def manifest(self, run_id: str) -> Manifest:
        manifest = read_manifest(self.call(), run_id)
        assert manifest is not None
        return manifest

    def json(self, name: str) -> Any:
        """An object as JSON."""
        return parse_json(self.memory.get(name).body)

    def has(self, name: str) -> bool:
        return name in self.memory.objects

    def artifact(self, run_id: str, file_name: str) -> bytes:
        """An artifact's bytes as stored."""
        return self.memory.get(self.names(run_id).artifact(file_name)).body

    def lines(self, run_id: str, file_name: str) -> list[Any]:
        """The lines of a gzip JSONL artifact."""
        body = self.artifact(run_id, file_name)
        return [parse_json(line) for line in iter_lines([body], source=file_name)]

    def inventory(self, run_id: str) -> Mapping[str, Any]:
        """A run's records by OCID."""
        records = self.lines(run_id, "inventory.jsonl.gz")
        by_ocid = {record["ocid"]: record for record in records}
        assert len(by_ocid) == len(records)
        return by_ocid


def item(region: str, name: str, **changes: Any) -> dict[str, Any]:
    """A search item of a region."""
    key = {FRANKFURT: "eu-frankfurt-1", HOME: "iad"}[region]
    return {
        "resourceType": "Vcn",
        "identifier": f"ocid1.vcn.oc1.{key}.{name}",
        "compartmentId": "ocid1.compartment.oc1..c",
        "displayName": name,
        "lifecycleState": "AVAILABLE",
        "timeCreated": "2026-01-01T00:00:00+00:00",
        "freeformTags": {},
        "definedTags": {},
        **changes,
    }
