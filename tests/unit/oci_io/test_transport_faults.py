"""Whatever goes wrong on the wire reaches a role as the project's error, through every adapter."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from http.client import RemoteDisconnected
from typing import Any

import oci
import pytest
import responses
from oci._vendor.requests import exceptions
from urllib3.exceptions import ProtocolError

from inventory.errors import (
    ConnectionFailed,
    InventoryError,
    MalformedAnswer,
    NotAuthenticated,
    NotAuthorizedOrNotFound,
    ObjectNotFound,
    RequestRefused,
    RequestTimeout,
    ServerFault,
    Throttled,
)
from inventory.oci_io.clients import Clients
from inventory.oci_io.signer import Credentials
from tests.unit.oci_io.adapters import (
    CALLS,
    INVOKE_ENDPOINT,
    JSON_CALLS,
    REGION,
    Adapters,
    open_adapters,
    operation_of,
)
from tests.unit.oci_io.raw_server import HANG, RESET, http_answer, raw_server

SEND = "oci._vendor.requests.adapters.HTTPAdapter.send"
ANYWHERE = re.compile(r"https://.*")
ID_SENT = re.compile(r"[0-9A-F]{32}")

STATUSES: list[tuple[int, str, int | None, type[InventoryError]]] = [
    (400, "InvalidParameter", None, RequestRefused),
    (401, "NotAuthenticated", None, NotAuthenticated),
    (404, "NotAuthorizedOrNotFound", None, NotAuthorizedOrNotFound),
    (409, "IncorrectState", None, ServerFault),
    (409, "Conflict", None, RequestRefused),
    (412, "NoEtagMatch", None, RequestRefused),
    (429, "TooManyRequests", None, Throttled),
    (429, "TooManyRequests", 7, Throttled),
    (500, "InternalServerError", None, ServerFault),
    (502, "BadGateway", None, ServerFault),
    (503, "ServiceUnavailable", 30, ServerFault),
    (504, "GatewayTimeout", None, ServerFault),
]

# What these calls make of an answer that the others pass on.
SPECIAL: dict[tuple[str, int], type[InventoryError]] = {
    ("head_object", 404): ObjectNotFound,
    ("head_object", 409): RequestRefused,  # no body says which conflict it is
    ("get_object range", 412): ObjectNotFound,
}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(target=SEND, assert_all_requests_are_fired=False) as wire:
        yield wire


def answer_everything(wire: responses.RequestsMock, **answer: Any) -> None:
    for method in ("GET", "PUT", "POST", "DELETE"):
        wire.add(method, ANYWHERE, **answer)
    wire.add("HEAD", ANYWHERE, **{name: value for name, value in answer.items() if name != "json"})


def failure(call: Callable[[Adapters], object], adapters: Adapters) -> InventoryError:
    with pytest.raises(InventoryError) as caught:
        call(adapters)
    return caught.value


@pytest.mark.parametrize(("status", "code", "retry_after", "expected"), STATUSES)
@pytest.mark.parametrize("call", CALLS)
def test_a_service_error_keeps_what_support_asks_for(
    wire: responses.RequestsMock,
    adapters: Adapters,
    call: str,
    status: int,
    code: str,
    retry_after: int | None,
    expected: type[InventoryError],
) -> None:
    headers = {"opc-request-id": "SENT/ANSWERED"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    body = {"code": code, "message": "as OCI words it"}
    answer_everything(wire, status=status, json=body, headers=headers)
    error = failure(CALLS[call], adapters)
    assert type(error) is SPECIAL.get((call, status), expected)
    assert (error.operation, error.region) == (operation_of(call), REGION)
    assert error.request_id == "SENT/ANSWERED"
    assert error.retry_after_seconds == retry_after
    assert (error.status, error.code) == (status, None if call == "head_object" else code)
    cause = error.__cause__
    if isinstance(cause, InventoryError):
        cause = cause.__cause__
    assert isinstance(cause, oci.exceptions.ServiceError)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (exceptions.ReadTimeout("Read timed out."), RequestTimeout),
        (exceptions.ConnectTimeout("no route"), RequestTimeout),
        (
            exceptions.ConnectionError(ProtocolError("Connection aborted.", RemoteDisconnected("closed"))),
            ConnectionFailed,
        ),
        (
            exceptions.ConnectionError(
                ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
            ),
            ConnectionFailed,
        ),
        (exceptions.SSLError("certificate verify failed"), ConnectionFailed),
        (exceptions.ProxyError("no tunnel"), ConnectionFailed),
        (exceptions.ChunkedEncodingError("IncompleteRead(3 bytes read, 7 more expected)"), MalformedAnswer),
        (exceptions.ContentDecodingError("not gzip"), MalformedAnswer),
    ],
    ids=lambda value: value.args[0] if isinstance(value, Exception) else value.__name__,
)
@pytest.mark.parametrize("call", CALLS)
def test_a_request_without_an_answer_keeps_the_id_it_was_sent_with(
    wire: responses.RequestsMock,
    adapters: Adapters,
    call: str,
    raised: Exception,
    expected: type[InventoryError],
) -> None:
    answer_everything(wire, body=raised)
    error = failure(CALLS[call], adapters)
    assert type(error) is expected
    assert (error.operation, error.region) == (operation_of(call), REGION)
    assert error.request_id == wire.calls[-1].request.headers["opc-request-id"]
    assert ID_SENT.fullmatch(error.request_id)
    assert isinstance(error.__cause__, exceptions.RequestException)


def over_socket(call: str, credentials: Credentials, answer: bytes, **options: float) -> InventoryError:
    """How a call fails against a server that says these bytes."""
    with (
        raw_server(answer) as template,
        Clients(credentials, endpoint_template=template, **options) as clients,
    ):
        invoke_endpoint = template.format(service="functions", region=REGION)
        adapters = open_adapters(clients, max_attempts=1, invoke_endpoint=invoke_endpoint)
        error = failure(CALLS[call], adapters)
    assert (error.operation, error.region) == (operation_of(call), REGION)
    return error


BODY = b'{"items": [], "objects": [], "uploadId": "u"}'
JSON_HEADERS = ("content-type: application/json", "opc-request-id: SENT/ANSWERED", "etag: e")


@pytest.mark.parametrize(
    "call", [*JSON_CALLS, "get_object", "get_object range", "invoke_function", "publish_message"]
)
def test_a_body_that_ends_early_is_malformed(credentials: Credentials, call: str) -> None:
    truncated = http_answer(BODY[:20], *JSON_HEADERS, announced=len(BODY))
    error = over_socket(call, credentials, truncated)
    assert type(error) is MalformedAnswer
    assert error.request_id == "SENT/ANSWERED"
    assert error.__cause__ is not None


@pytest.mark.parametrize(
    "body",
    [b"", b'{"items": [{"identifier": "ocid1.', b"<html>proxy</html>", b'{"a": "\xff\xfe"}'],
    ids=["nothing", "cut JSON", "a page of a proxy", "not UTF-8"],
)
@pytest.mark.parametrize("call", JSON_CALLS)
def test_a_body_that_is_not_json_is_malformed(credentials: Credentials, call: str, body: bytes) -> None:
    error = over_socket(call, credentials, http_answer(body, *JSON_HEADERS))
    assert type(error) is MalformedAnswer
    assert error.request_id == "SENT/ANSWERED"
    assert isinstance(error.__cause__, ValueError)


@pytest.mark.parametrize("body", [b"[1]", b"17", b"null", b'"text"', b'{"objects": 1, "items": {}}'])
@pytest.mark.parametrize("call", [call for call in JSON_CALLS if call != "get_instance"])
def test_json_of_another_shape_is_malformed(credentials: Credentials, call: str, body: bytes) -> None:
    error = over_socket(call, credentials, http_answer(body, *JSON_HEADERS))
    assert type(error) is MalformedAnswer
    assert error.request_id == "SENT/ANSWERED"


@pytest.mark.parametrize("call", CALLS)
def test_a_reset_connection_is_a_failed_connection(credentials: Credentials, call: str) -> None:
    error = over_socket(call, credentials, RESET)
    assert type(error) is ConnectionFailed
    assert ID_SENT.fullmatch(error.request_id or "")
    assert error.__cause__ is not None


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_says_nothing_is_a_timeout(credentials: Credentials, call: str) -> None:
    error = over_socket(call, credentials, HANG, read_timeout_seconds=0.03)
    assert type(error) is RequestTimeout
    assert ID_SENT.fullmatch(error.request_id or "")


@pytest.mark.parametrize("call", CALLS)
def test_what_is_not_http_is_a_failed_connection(credentials: Credentials, call: str) -> None:
    assert type(over_socket(call, credentials, b"SSH-2.0-OpenSSH_9.9\r\n")) is ConnectionFailed


@pytest.mark.parametrize("call", ["get_object", "search_resources", "invoke_function"])
def test_a_closed_port_is_a_failed_connection(credentials: Credentials, call: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Clients(credentials, endpoint_template=f"http://127.0.0.1:{port}/{{service}}/{{region}}") as clients:
        adapters = open_adapters(clients, max_attempts=1, invoke_endpoint=f"http://127.0.0.1:{port}")
        error = failure(CALLS[call], adapters)
    assert type(error) is ConnectionFailed


def test_an_error_page_in_another_encoding_is_still_a_retry(credentials: Credentials) -> None:
    page = http_answer("<p>Überlastet</p>".encode("latin-1"), "opc-request-id: X", status="503 Busy")
    error = over_socket("search_resources", credentials, page)
    assert type(error) is MalformedAnswer
    assert error.request_id == "X"


def test_the_invoke_endpoint_is_the_applications_own(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    answer_everything(wire, status=404, json={"code": "NotAuthorizedOrNotFound", "message": "no"})
    failure(CALLS["invoke_function"], adapters)
    assert wire.calls[-1].request.url.startswith(INVOKE_ENDPOINT)
