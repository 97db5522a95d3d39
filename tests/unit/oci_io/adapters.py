"""Every adapter over one set of clients, and every call that a role can make through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inventory.catalog.load import packaged_operations
from inventory.coordination.retry import Retry
from inventory.model.metric import Metric
from inventory.model.read_call import ReadCall
from inventory.oci_io.caller import Caller
from inventory.oci_io.calls import CallCounts
from inventory.oci_io.clients import Clients
from inventory.oci_io.functions import OciFunctionInvoker
from inventory.oci_io.metrics import OciMetrics
from inventory.oci_io.notifier import OciNotifier
from inventory.oci_io.object_store import OciObjectStore
from inventory.oci_io.reader import OciResourceReader
from inventory.oci_io.search import OciResourceSearch
from inventory.oci_io.summarizer import OciGenerativeAi
from inventory.oci_io.tenancy import OciTenancyDirectory
from inventory.ports.deadline import Deadline

REGION = "us-ashburn-1"
TENANCY = "ocid1.tenancy.oc1..aaaatenancy"
FUNCTION = "ocid1.fnfunc.oc1.iad.aaaafunction"
INVOKE_ENDPOINT = "https://abcdefg.us-ashburn-1.functions.oci.oraclecloud.com"
RUN_STATE = Metric(name="run_state", value=1, unit="runs", dimensions={"status": "published"})
READ_INSTANCE = ReadCall(
    service="core",
    client="ComputeClient",
    operation="get_instance",
    region=REGION,
    arguments={"instance_id": "ocid1.instance.oc1.iad.aaaainstance"},
)


@dataclass(slots=True)
class ManualClock:
    """A monotonic clock that moves when somebody sleeps on it."""

    seconds: float = 1000.0
    sleeps: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    clock: ManualClock
    counts: CallCounts
    caller: Caller
    store: OciObjectStore
    search: OciResourceSearch
    reader: OciResourceReader
    directory: OciTenancyDirectory
    invoker: OciFunctionInvoker
    notifier: OciNotifier
    metrics: OciMetrics
    model: OciGenerativeAi


def open_adapters(
    clients: Clients,
    *,
    max_attempts: int,
    remaining_seconds: float = 3600.0,
    invoke_endpoint: str | None = INVOKE_ENDPOINT,
    part_bytes: int = 10,
    page_objects: int = 2,
) -> Adapters:
    """Adapters whose pauses are the longest that the jitter may draw, and take no time."""
    clock = ManualClock()
    counts = CallCounts()
    retry = Retry(
        deadline=Deadline(ends_at=clock.seconds + remaining_seconds, monotonic=clock.monotonic),
        sleep=clock.sleep,
        uniform=lambda _low, high: high,
        max_attempts=max_attempts,
    )
    caller = Caller(clients=clients, retry=retry, counts=counts)
    return Adapters(
        clock=clock,
        counts=counts,
        caller=caller,
        store=OciObjectStore(
            caller,
            region=REGION,
            bucket="inventory",
            namespace="axunit",
            monotonic=clock.monotonic,
            part_bytes=part_bytes,
            page_objects=page_objects,
        ),
        search=OciResourceSearch(caller, brief=caller),
        reader=OciResourceReader(caller, packaged_operations()),
        directory=OciTenancyDirectory(caller),
        invoker=OciFunctionInvoker(caller, region=REGION, invoke_endpoint=invoke_endpoint),
        notifier=OciNotifier(caller, region=REGION, topic_id="ocid1.onstopic.oc1.iad.aaaatopic"),
        metrics=OciMetrics(caller, region=REGION, compartment_id=TENANCY, namespace="tenancy_inventory"),
        model=OciGenerativeAi(
            caller, region=REGION, compartment_id=TENANCY, model_id="meta.llama-3.3-70b-instruct"
        ),
    )


def upload_eleven_bytes(adapters: Adapters) -> None:
    """With parts of ten bytes this begins a multipart upload and sends its first part."""
    adapters.store.start_upload("big").write(b"x" * 11)


#: Calls that raise what goes wrong, by the SDK operation that they make (first).
CALLS: dict[str, Callable[[Adapters], object]] = {
    "get_object": lambda adapters: adapters.store.get("a"),
    "get_object range": lambda adapters: adapters.store.read_range("a", start=0, length=5, etag="e"),
    "head_object": lambda adapters: adapters.store.head("a"),
    "list_objects": lambda adapters: list(adapters.store.list_objects("p/")),
    "list_objects prefixes": lambda adapters: list(adapters.store.list_prefixes("p/")),
    "delete_object": lambda adapters: adapters.store.delete("a"),
    "get_namespace": lambda adapters: adapters.store.now(),
    "create_multipart_upload": upload_eleven_bytes,
    "search_resources": lambda adapters: adapters.search.search(
        region=REGION, query="query all resources", page=None, limit=1000
    ),
    "list_resource_types": lambda adapters: adapters.search.resource_types(region=REGION),
    "get_instance": lambda adapters: adapters.reader.read(READ_INSTANCE),
    "list_region_subscriptions": lambda adapters: adapters.directory.region_subscriptions(),
    "get_tenancy": lambda adapters: adapters.directory.compartment_tree(),
    "invoke_function": lambda adapters: adapters.invoker.invoke_detached(FUNCTION, {"version": 1}),
    "publish_message": lambda adapters: adapters.notifier.publish(title="done", body="all"),
    "post_metric_data": lambda adapters: adapters.metrics.post(
        [RUN_STATE], at=datetime(2026, 11, 23, 4, tzinfo=UTC)
    ),
    "chat": lambda adapters: adapters.model.complete("How many?", max_tokens=100),
}

#: Those whose answer has a body that must be JSON.
JSON_CALLS = [
    "list_objects",
    "list_objects prefixes",
    "create_multipart_upload",
    "search_resources",
    "list_resource_types",
    "get_instance",
    "list_region_subscriptions",
    "post_metric_data",
    "chat",
]


def operation_of(call: str) -> str:
    """The SDK operation of a key of `CALLS`."""
    return call.split(" ")[0]
