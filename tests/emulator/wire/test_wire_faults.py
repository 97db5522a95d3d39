"""Failures on purpose, as the SDK meets them behind both doors."""

from __future__ import annotations

import threading
from typing import Any

import oci
import pytest
from oci._vendor import requests as vendored

from emulator.app import Emulator
from emulator.faults import (
    BadJson,
    ExpirePageTokens,
    FaultRule,
    Hold,
    Latency,
    LoseAnswer,
    Reset,
    Status,
    TruncateBody,
)
from emulator.wire import Principal, Request, Response

WHERE = ("axexample", "inventory")
REGION = "us-ashburn-1"


class Broken:
    """A service with a bug."""

    def handle(self, request: Request, principal: Principal) -> Response:
        raise KeyError("a bug in a service")


class Pages:
    """A service that answers which page was asked for."""

    def handle(self, request: Request, principal: Principal) -> Response:
        return Response.of_json({"items": [], "page": request.parameter("page")})


def test_an_injected_error_is_answered_and_nothing_is_carried_out(emulator: Emulator, storage: Any) -> None:
    rule = FaultRule(
        action=Status(status=429, code="TooManyRequests", message="slow down", retry_after=7), method="PUT"
    )
    emulator.faults.add(rule)
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        storage.put_object(*WHERE, "a", b"x")
    assert (caught.value.status, caught.value.code, caught.value.message) == (
        429,
        "TooManyRequests",
        "slow down",
    )
    assert caught.value.headers["retry-after"] == "7"
    assert caught.value.request_id
    assert storage.list_objects(*WHERE).data.objects == []
    assert emulator.faults.fired(rule) == 1


def test_a_reset_connection_carries_nothing_out(emulator: Emulator, storage: Any) -> None:
    emulator.faults.add(FaultRule(action=Reset(), method="PUT", times=1))
    with pytest.raises(oci.exceptions.RequestException):
        storage.put_object(*WHERE, "a", b"x")
    assert storage.list_objects(*WHERE).data.objects == []
    storage.put_object(*WHERE, "a", b"x")
    [entry] = emulator.requests.entries(status=0)
    assert entry.transport == "reset"


def test_a_lost_answer_turns_a_retry_into_a_412_against_our_own_write(
    emulator: Emulator, storage: Any
) -> None:
    """The SDK's retry after a lost answer meets the object that the first attempt wrote."""
    emulator.faults.add(FaultRule(action=LoseAnswer(), method="PUT", times=1))
    with pytest.raises(oci.exceptions.RequestException):
        storage.put_object(*WHERE, "lease.json", b"ours", if_none_match="*")
    assert storage.get_object(*WHERE, "lease.json").data.content == b"ours"
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        storage.put_object(*WHERE, "lease.json", b"ours", if_none_match="*")
    assert (caught.value.status, caught.value.code) == (412, "IfNoneMatchFailed")
    [lost] = emulator.requests.entries(target="/o/", status=200)[:1]
    assert lost.transport == "lose_answer"


def test_a_truncated_body_is_noticed_by_the_reader(emulator: Emulator, storage: Any) -> None:
    storage.put_object(*WHERE, "a", b"0123456789")
    emulator.faults.add(FaultRule(action=TruncateBody(), method="GET", times=2))
    with pytest.raises(oci.exceptions.RequestException):
        storage.list_objects(*WHERE)
    streamed = storage.get_object(*WHERE, "a").data
    with pytest.raises(vendored.exceptions.ChunkedEncodingError):
        assert streamed.content
    assert storage.get_object(*WHERE, "a").data.content == b"0123456789"


def test_a_body_that_is_no_json_looks_like_an_empty_answer(emulator: Emulator, storage: Any) -> None:
    """The SDK does not raise: its model is there with nothing in it. A reader must tell None from empty."""
    storage.put_object(*WHERE, "a", b"x")
    emulator.faults.add(FaultRule(action=BadJson(), path=r"/o$", times=1))
    spoiled = storage.list_objects(*WHERE)
    assert (spoiled.status, spoiled.data.objects) == (200, None)
    assert [found.name for found in storage.list_objects(*WHERE).data.objects] == ["a"]


def test_latency_beyond_the_clients_patience_is_a_timeout(
    emulator: Emulator, object_storage: Any, clients: Any
) -> None:
    impatient = clients(oci.object_storage.ObjectStorageClient, "objectstorage", timeout=(1, 0.05))
    emulator.faults.add(FaultRule(action=Latency(seconds=0.2), method="PUT"))
    with pytest.raises(oci.exceptions.RequestException) as caught:
        impatient.put_object(*WHERE, "a", b"x")
    assert isinstance(caught.value.args[0], vendored.exceptions.ReadTimeout)


def test_a_held_request_waits_until_it_is_let_go(emulator: Emulator, storage: Any) -> None:
    hold = Hold()
    emulator.faults.add(FaultRule(action=hold, method="PUT", path="checkpoint"))
    writer = threading.Thread(target=storage.put_object, args=(*WHERE, "checkpoint.json", b"x"))
    writer.start()
    assert hold.reached.wait(10)
    assert emulator.requests.count(operation="PUT /n/{namespaceName}/b/{bucketName}/o/{objectName}") == 0
    hold.release.set()
    writer.join()
    assert storage.get_object(*WHERE, "checkpoint.json").data.content == b"x"


def test_an_expired_page_token_concerns_later_pages_only(emulator: Emulator, clients: Any) -> None:
    emulator.register("query", Pages())
    emulator.faults.add(FaultRule(action=ExpirePageTokens(), service="query", times=1))
    client = clients(oci.resource_search.ResourceSearchClient, "query", skip_deserialization=True)
    details = oci.resource_search.models.StructuredSearchDetails(query="query all resources")
    assert client.search_resources(details).data["page"] is None
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        client.search_resources(details, page="token")
    assert (caught.value.status, caught.value.code) == (400, "InvalidParameter")
    assert client.search_resources(details, page="token").data["page"] == "token"


def test_rules_choose_requests_by_everything_a_test_needs(emulator: Emulator, clients: Any) -> None:
    emulator.register("query", Pages())
    frankfurt = clients(
        oci.resource_search.ResourceSearchClient, "query", region="eu-frankfurt-1", skip_deserialization=True
    )
    ashburn = clients(oci.resource_search.ResourceSearchClient, "query", skip_deserialization=True)

    def statuses(client: Any, query: str, count: int = 1) -> list[int]:
        details = oci.resource_search.models.StructuredSearchDetails(query=query)
        found = []
        for _ in range(count):
            try:
                found.append(client.search_resources(details).status)
            except oci.exceptions.ServiceError as error:
                found.append(error.status)
        return found

    error = Status(status=503, code="ServiceUnavailable")
    emulator.faults.add(FaultRule(action=error, service="query", region="eu-frankfurt-1", after=1, times=2))
    assert statuses(frankfurt, "query all resources", 4) == [200, 503, 503, 200]
    assert statuses(ashburn, "query all resources") == [200]
    emulator.faults.clear()
    emulator.faults.add(FaultRule(action=error, body="query instance"))
    assert statuses(ashburn, "query instance resources") == [503]
    assert statuses(ashburn, "query vcn resources") == [200]
    emulator.faults.clear()
    assert statuses(ashburn, "query instance resources") == [200]


def test_a_services_bug_is_a_500_and_is_logged(
    emulator: Emulator, clients: Any, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.register("query", Broken())
    client = clients(oci.resource_search.ResourceSearchClient, "query")
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        client.list_resource_types()
    assert (caught.value.status, caught.value.code) == (500, "InternalServerError")
    assert "a bug in a service" in caplog.text


def test_counts_are_kept_by_service_region_operation_and_status(emulator: Emulator, storage: Any) -> None:
    for name in ("runs/1", "runs/2"):
        storage.put_object(*WHERE, name, b"x")
    with pytest.raises(oci.exceptions.ServiceError):
        storage.get_object(*WHERE, "runs/3")
    assert emulator.requests.counts() == {
        ("objectstorage", REGION, "PUT /n/{namespaceName}/b/{bucketName}/o/{objectName}", 200): 2,
        ("objectstorage", REGION, "GET /n/{namespaceName}/b/{bucketName}/o/{objectName}", 404): 1,
    }
    assert emulator.requests.count(target=r"runs%2F1") == 1
    assert {entry.principal for entry in emulator.requests.entries()} == {"ocid1.user.oc1..aaaauser"}
    emulator.requests.clear()
    assert emulator.requests.counts() == {}
