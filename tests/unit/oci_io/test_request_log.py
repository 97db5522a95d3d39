"""Request ids in the log: what OCI's support asks for, when a run did not go as it should."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from oci._vendor.requests import exceptions

from inventory.catalog.load import packaged_operations
from inventory.errors import InventoryError, NotAuthorizedOrNotFound, ServerFault
from inventory.logs import configure_logging
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import Clients
from inventory.oci_io.object_store import OciObjectStore
from inventory.oci_io.reader import OciResourceReader
from inventory.ports.store import IfAbsent, Landed
from tests.unit.oci_io.adapters import READ_INSTANCE, REGION, open_adapters

pytestmark = pytest.mark.usefixtures("loggers_as_they_were")

INSTANCE = re.compile(r"https://iaas\.us-ashburn-1\.oraclecloud\.com/20160918/instances/.*")
OBJECTS = re.compile(r"https://.*objectstorage\.us-ashburn-1\..*/o/.*")


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(target="oci._vendor.requests.adapters.HTTPAdapter.send") as wire:
        yield wire


class LoggedCalls:
    """The reader and the store, with a log that is kept."""

    def __init__(self, clients: Clients, level: str) -> None:
        self._stream = io.StringIO()
        log = configure_logging(level, stream=self._stream).bound(run_id="r", region="eu-zurich-1")
        adapters = open_adapters(clients, max_attempts=3)
        caller = Caller(clients=clients, retry=adapters.caller._retry, counts=adapters.counts, log=log)
        self.reader = OciResourceReader(caller, packaged_operations())
        self.store = OciObjectStore(
            caller,
            region=REGION,
            bucket="inventory",
            namespace="axunit",
            monotonic=adapters.clock.monotonic,
            part_bytes=10,
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def test_a_failing_call_is_logged_with_ocis_request_id_and_without_its_message(
    wire: responses.RequestsMock, clients: Clients
) -> None:
    calls = LoggedCalls(clients, "INFO")
    body = {"code": "NotAuthorizedOrNotFound", "message": "instance 'the tenant's words' not found"}
    wire.get(INSTANCE, status=404, json=body, headers={"opc-request-id": "MINE/OCI"})
    with pytest.raises(NotAuthorizedOrNotFound):
        calls.reader.read(READ_INSTANCE)
    (line,) = calls.lines
    del line["time"]
    assert line == {
        "level": "INFO",
        "event": "request_failed",
        "run_id": "r",
        "region": "eu-zurich-1",
        "service_region": "us-ashburn-1",
        "operation": "get_instance",
        "reason": "notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)",
        "request_id": "MINE/OCI",
        "attempt": 1,
    }


@pytest.mark.parametrize(("level", "told"), [("INFO", [1]), ("DEBUG", [1, 2, 3, 1, 2, 3])])
def test_a_thousand_failures_of_one_kind_are_one_line_unless_details_are_wanted(
    wire: responses.RequestsMock, clients: Clients, level: str, told: list[int]
) -> None:
    calls = LoggedCalls(clients, level)
    wire.get(INSTANCE, status=503, json={"code": "ServiceUnavailable", "message": "m"})
    for attempt in (1, 2, 3, 1, 2, 3):
        with pytest.raises(ServerFault):
            calls.reader.read(READ_INSTANCE, attempt=attempt)
    assert [line["attempt"] for line in calls.lines] == told


def test_a_request_without_answer_is_logged_with_the_id_that_was_sent(
    wire: responses.RequestsMock, clients: Clients
) -> None:
    calls = LoggedCalls(clients, "INFO")
    wire.get(INSTANCE, body=exceptions.ConnectionError("Connection aborted."))
    with pytest.raises(InventoryError):
        calls.reader.read(READ_INSTANCE)
    (line,) = calls.lines
    assert line["request_id"] == wire.calls[0].request.headers["opc-request-id"]


def test_a_write_is_logged_with_its_request_id_and_a_read_is_not(
    wire: responses.RequestsMock, clients: Clients
) -> None:
    calls = LoggedCalls(clients, "INFO")
    wire.put(OBJECTS, headers={"etag": "e", "opc-request-id": "PUT/ID"})
    wire.get(INSTANCE, json={"id": "i"})
    assert isinstance(calls.store.put("runs/r/closed.json", b"{}", condition=IfAbsent()), Landed)
    calls.reader.read(READ_INSTANCE)
    (line,) = calls.lines
    assert (line["event"], line["operation"], line["object"], line["request_id"]) == (
        "request_done",
        "put_object",
        "runs/r/closed.json",
        "PUT/ID",
    )


def test_an_object_that_is_not_there_yet_is_no_news(wire: responses.RequestsMock, clients: Clients) -> None:
    calls = LoggedCalls(clients, "INFO")
    wire.get(OBJECTS, status=404, json={"code": "ObjectNotFound", "message": "m"})
    wire.put(OBJECTS, status=412, json={"code": "IfNoneMatchFailed", "message": "m"})
    with pytest.raises(InventoryError):
        calls.store.get("lease.json")
    calls.store.put("lease.json", b"{}", condition=IfAbsent())
    assert calls.lines == []


def test_parts_that_stay_behind_are_an_event_of_the_call(
    wire: responses.RequestsMock, clients: Clients
) -> None:
    calls = LoggedCalls(clients, "WARNING")
    uploads = re.compile(r"https://.*objectstorage\.us-ashburn-1\..*/u.*")
    wire.post(uploads, json={"uploadId": "u"})
    wire.put(uploads, headers={"etag": "e"})
    wire.delete(uploads, status=400, json={"code": "InvalidUploadId", "message": "m"})
    upload = calls.store.start_upload("big")
    upload.write(b"x" * 11)
    upload.abort()
    (line,) = calls.lines
    assert (line["event"], line["object"], line["run_id"]) == ("upload_parts_stay_behind", "big", "r")
