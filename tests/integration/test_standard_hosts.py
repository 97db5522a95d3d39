"""Without an endpoint template the product finds OCI's standard hosts by itself, in any realm."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator.app import Emulator
from emulator.door_responses import ResponsesDoor
from emulator.monitoring import MonitoringService
from emulator.mutation import mutate
from emulator.notifications import NotificationsService
from emulator.object_storage import ObjectStorageService
from emulator.reads import GeneratedBuckets
from emulator.tenancy import Tenancy, generate
from emulator.tenancy_services import tenancy_services
from emulator.truth import truth_domain_members, truth_domains, truth_records
from emulator.wire import Principal, Request, Response
from inventory import assembly, entry
from inventory.logs import EventLog
from tests.e2e.expected import readable_types

BUCKET = "inventory"
IDS = {role: f"ocid1.fnfunc.oc1.iad.{role}" for role in ("controller", "region", "aggregator")}


class QueuedFunctions:
    """The Functions service as far as detached invocations go: accepts them, for the test to deliver."""

    def __init__(self) -> None:
        self.queue: list[tuple[str, bytes]] = []

    def handle(self, request: Request, principal: Principal) -> Response:
        ocid = request.segments()[2]
        role = next(role for role, function_id in IDS.items() if function_id == ocid)
        self.queue.append((role, request.body))
        return Response(status=202, headers={"fn-call-id": "call"})


class Application:
    """The deployed application in one process: its functions are called one after the other."""

    def __init__(self, tenancy: Tenancy, root: Path, monkeypatch: pytest.MonkeyPatch, **config: str) -> None:
        self.emulator = Emulator(root=root, tenancy_id=tenancy.tenancy_id, realm=tenancy.realm)
        self.storage = ObjectStorageService(
            root=root,
            namespace=tenancy.namespace,
            clock=self.emulator.now,
            realm=tenancy.realm,
            other_buckets=GeneratedBuckets(tenancy).bucket_details,
        )
        self.storage.create_bucket(BUCKET, tenancy.tenancy_id, region=tenancy.home_region)
        self.functions = QueuedFunctions()
        self.topics = NotificationsService(root=root, clock=self.emulator.now, realm=tenancy.realm)
        self.topic_id = self.topics.create_topic("inventory", region=tenancy.home_region)
        self.services = tenancy_services(tenancy, clock=self.emulator.now)
        for label, service in self.services.items():
            self.emulator.register(label, service)
        self.emulator.register("objectstorage", self.storage)
        self.emulator.register("functions", self.functions)
        self.emulator.register("notification", self.topics)
        self.objects = root / "objectstorage" / tenancy.namespace / BUCKET / "inventory"
        domain = {"oc1": "oraclecloud.com", "oc2": "oraclegovcloud.com", "oc19": "oraclecloud.eu"}
        self._config = {
            "INVENTORY_BUCKET": BUCKET,
            "INVENTORY_REGION_FUNCTION_ID": IDS["region"],
            "INVENTORY_AGGREGATOR_FUNCTION_ID": IDS["aggregator"],
            "INVENTORY_INVOKE_ENDPOINT": (
                f"https://abc123.{tenancy.home_region}.functions.oci.{domain[tenancy.realm]}"
            ),
            "INVENTORY_TOPIC_ID": self.topic_id,
            "INVENTORY_WORKERS": "2",
            **config,
        }
        principal = self.emulator.keys.mint_resource_principal(
            function_id=IDS["controller"], compartment_id=tenancy.tenancy_id
        )
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2")
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_RPST", principal.rpst)
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", principal.private_key_pem)
        monkeypatch.setenv("OCI_RESOURCE_PRINCIPAL_REGION", tenancy.home_region)

    def run(self) -> str:
        """One run to its end; returns its id."""
        answer = self.call("controller", b"{}")
        while self.functions.queue:
            self.call(*self.functions.queue.pop(0))
        return str(answer["run_id"])

    def call(self, role: str, body: bytes) -> dict[str, Any]:
        deadline = (datetime.now(UTC) + timedelta(seconds=300)).isoformat()
        request = entry.Request(
            body=body,
            headers={},
            call_id=f"call-{id(body)}-{len(self.functions.queue)}-{datetime.now(UTC).timestamp()}",
            deadline=deadline,
            config={**self._config, "INVENTORY_ROLE": role},
        )
        status, answer = entry.answer_call(request, EventLog(logging.getLogger("tests.standard_hosts")))
        assert status == 200, answer
        return answer

    def report(self, run_id: str) -> str:
        """A run's report."""
        return (self.objects / "runs" / run_id / "report.md").read_text()

    def records(self, run_id: str) -> list[dict[str, Any]]:
        """A run's inventory."""
        body = gzip.decompress((self.objects / "runs" / run_id / "inventory.jsonl.gz").read_bytes())
        return [json.loads(line) for line in body.splitlines()]


def truth(tenancy: Tenancy) -> list[dict[str, Any]]:
    """All that an inventory should hold, in its order."""
    shown = [*truth_records(tenancy), *truth_domains(tenancy), *truth_domain_members(tenancy)]
    return sorted(shown, key=lambda record: (record["ocid"] or "", record["resourceType"]))


@pytest.fixture
def fresh_clients() -> Iterator[None]:
    """The clients of a function's container live as long as its process; here, as long as the test."""
    assembly._clients.cache_clear()
    yield
    assembly._clients(None).close()
    assembly._clients.cache_clear()


@pytest.mark.usefixtures("fresh_clients")
@pytest.mark.parametrize("realm", ["oc1", "oc2", "oc19"])
def test_two_runs_at_the_standard_hosts_of_a_realm_equal_the_truth(
    realm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    tenancy = generate(seed=3, resources=150, regions=2, types=60, compartments=12, realm=realm, now=now)
    application = Application(tenancy, tmp_path, monkeypatch)
    try:
        with ResponsesDoor(application.emulator):
            first = application.run()
            expected = [record["ocid"] for record in truth(tenancy)]
            assert [record["ocid"] for record in application.records(first)] == expected
            changes = mutate(
                tenancy, seed=4, adds=4, removes=3, tag_changes=3, moves=2, detail_changes=8, now=now
            )
            second = application.run()
        diff = json.loads((application.objects / "runs" / second / "diff.json").read_bytes())
        assert diff["added"] == sorted(changes.added)
        assert diff["removed"] == sorted(changes.removed)
        types = {record["ocid"]: record["resourceType"] for record in truth(tenancy)}
        unseen = {ocid for ocid in changes.details if types[ocid] not in readable_types()}
        assert diff["changed"] == sorted(set(changes.changed) - unseen)
        titles = [message.title for message in application.topics.messages(application.topic_id)]
        assert titles == [f"OCI inventory {run_id}: published" for run_id in (first, second)]
    finally:
        application.storage.close()


@pytest.mark.usefixtures("fresh_clients")
@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("cohere.command-a-03-2025", "Emulated summary of "),
        ("cohere.command-a-vision-07-2025", "Emulated summary of "),
        ("xai.grok-4", "Emulated summary of "),
        ("acme.no-such-model", "It could not be made: notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)"),
    ],
)
def test_figures_and_prompt_reach_their_hosts_too(
    model: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenancy = generate(seed=3, resources=40, regions=2, types=10, realm="oc19", now=datetime.now(UTC))
    application = Application(
        tenancy,
        tmp_path,
        monkeypatch,
        INVENTORY_DEPTH="search",
        INVENTORY_METRICS_COMPARTMENT_ID=tenancy.tenancy_id,
        INVENTORY_EXECUTIVE_SUMMARY="true",
        INVENTORY_GENAI_MODEL_ID=model,
        INVENTORY_GENAI_COMPARTMENT_ID=tenancy.tenancy_id,
        INVENTORY_GENAI_REGION=tenancy.ready_regions[1],
    )
    monitoring = application.services["telemetry-ingestion"]
    assert isinstance(monitoring, MonitoringService)
    try:
        with ResponsesDoor(application.emulator):
            run_id = application.run()
        assert told in application.report(run_id).replace("\\", "")
        points = {point.name: point for point in monitoring.points() if len(point.dimensions) == 1}
        assert points["run_state"].dimensions == {"status": "published"}
        assert points["resources"].value == len(truth(tenancy))
        assert {point.namespace for point in monitoring.points()} == {"tenancy_inventory"}
        requests = application.emulator.requests
        assert requests.count(service="telemetry-ingestion", status=200) == 1
        assert requests.count(service="inference.generativeai", region=tenancy.ready_regions[1]) == 1
    finally:
        application.storage.close()
