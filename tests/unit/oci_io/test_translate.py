"""Every class of error that the SDK and the libraries below it can raise has its place in our tree."""

from __future__ import annotations

import http.client
import inspect
import json
import socket
import ssl
from types import ModuleType

import circuitbreaker
import jwt
import oci
import pytest
import urllib3
from oci._vendor import requests

from inventory.errors import (
    CircuitOpen,
    ConnectionFailed,
    CredentialsUnusable,
    InvalidCatalog,
    InventoryError,
    MalformedAnswer,
    NotAuthenticated,
    NotAuthorizedOrNotFound,
    RequestRefused,
    RequestTimeout,
    ServerFault,
    StopRun,
    Throttled,
)
from inventory.oci_io.translate import translate

SDK = oci.exceptions
REQUESTS = requests.exceptions
URLLIB3 = urllib3.exceptions

DECIDED: dict[type[BaseException], type[InventoryError]] = {
    SDK.ServiceError: ServerFault,  # as made below, with status 500; statuses have a test of their own
    SDK.TransientServiceError: ServerFault,
    SDK.ClientError: CredentialsUnusable,
    SDK.ConfigFileNotFound: CredentialsUnusable,
    SDK.InvalidConfig: CredentialsUnusable,
    SDK.InvalidDeveloperToolConfiguration: CredentialsUnusable,
    SDK.InvalidResourcePrincipalArguments: CredentialsUnusable,
    SDK.InvalidPrivateKey: CredentialsUnusable,
    SDK.MissingPrivateKeyPassphrase: CredentialsUnusable,
    SDK.InvalidKeyFilePath: CredentialsUnusable,
    SDK.ProfileNotFound: CredentialsUnusable,
    SDK.MissingEndpointForNonRegionalServiceClientError: InvalidCatalog,
    SDK.WaitUntilNotSupported: StopRun,
    SDK.MaximumWaitTimeExceeded: RequestTimeout,
    SDK.MultipartUploadError: ServerFault,
    SDK.CompositeOperationError: ServerFault,
    SDK.RequestException: ConnectionFailed,
    SDK.ConnectTimeout: RequestTimeout,
    SDK.DownloadTerminated: ConnectionFailed,
    SDK.ResumableDownloadException: ConnectionFailed,
    SDK.DownloadFailedIncorrectDownloadSize: MalformedAnswer,
    SDK.ChecksumVerificationError: MalformedAnswer,
    REQUESTS.RequestException: ConnectionFailed,
    REQUESTS.InvalidJSONError: MalformedAnswer,
    REQUESTS.JSONDecodeError: MalformedAnswer,
    REQUESTS.HTTPError: ServerFault,
    REQUESTS.ConnectionError: ConnectionFailed,
    REQUESTS.ProxyError: ConnectionFailed,
    REQUESTS.SSLError: ConnectionFailed,
    REQUESTS.Timeout: RequestTimeout,
    REQUESTS.ConnectTimeout: RequestTimeout,
    REQUESTS.ReadTimeout: RequestTimeout,
    REQUESTS.URLRequired: RequestRefused,
    REQUESTS.TooManyRedirects: RequestRefused,
    REQUESTS.MissingSchema: RequestRefused,
    REQUESTS.InvalidSchema: RequestRefused,
    REQUESTS.InvalidURL: RequestRefused,
    REQUESTS.InvalidHeader: RequestRefused,
    REQUESTS.InvalidProxyURL: RequestRefused,
    REQUESTS.ChunkedEncodingError: MalformedAnswer,
    REQUESTS.ContentDecodingError: MalformedAnswer,
    REQUESTS.StreamConsumedError: MalformedAnswer,
    REQUESTS.RetryError: ServerFault,
    REQUESTS.UnrewindableBodyError: ConnectionFailed,
    URLLIB3.HTTPError: ConnectionFailed,
    URLLIB3.PoolError: ConnectionFailed,
    URLLIB3.RequestError: ConnectionFailed,
    URLLIB3.SSLError: ConnectionFailed,
    URLLIB3.ProxyError: ConnectionFailed,
    URLLIB3.DecodeError: MalformedAnswer,
    URLLIB3.ProtocolError: ConnectionFailed,
    URLLIB3.MaxRetryError: ConnectionFailed,
    URLLIB3.HostChangedError: RequestRefused,
    URLLIB3.TimeoutStateError: StopRun,
    URLLIB3.TimeoutError: RequestTimeout,
    URLLIB3.ReadTimeoutError: RequestTimeout,
    URLLIB3.ConnectTimeoutError: RequestTimeout,
    URLLIB3.NewConnectionError: ConnectionFailed,
    URLLIB3.NameResolutionError: ConnectionFailed,
    URLLIB3.EmptyPoolError: ConnectionFailed,
    URLLIB3.FullPoolError: ConnectionFailed,
    URLLIB3.ClosedPoolError: ConnectionFailed,
    URLLIB3.LocationValueError: RequestRefused,
    URLLIB3.LocationParseError: RequestRefused,
    URLLIB3.URLSchemeUnknown: RequestRefused,
    URLLIB3.ProxySchemeUnknown: RequestRefused,
    URLLIB3.ProxySchemeUnsupported: RequestRefused,
    URLLIB3.ResponseError: ServerFault,
    URLLIB3.ResponseNotChunked: MalformedAnswer,
    URLLIB3.BodyNotHttplibCompatible: MalformedAnswer,
    URLLIB3.IncompleteRead: MalformedAnswer,
    URLLIB3.InvalidChunkLength: MalformedAnswer,
    URLLIB3.InvalidHeader: RequestRefused,
    URLLIB3.HeaderParsingError: MalformedAnswer,
    URLLIB3.UnrewindableBodyError: ConnectionFailed,
    circuitbreaker.CircuitBreakerError: CircuitOpen,
    jwt.PyJWTError: CredentialsUnusable,
    jwt.DecodeError: CredentialsUnusable,
    json.JSONDecodeError: MalformedAnswer,
    UnicodeDecodeError: MalformedAnswer,
    http.client.HTTPException: ConnectionFailed,
    http.client.BadStatusLine: ConnectionFailed,
    http.client.RemoteDisconnected: ConnectionFailed,
    http.client.IncompleteRead: MalformedAnswer,
    http.client.InvalidURL: RequestRefused,
    http.client.LineTooLong: ConnectionFailed,
    ssl.SSLError: ConnectionFailed,
    ssl.SSLCertVerificationError: ConnectionFailed,
    ssl.SSLEOFError: ConnectionFailed,
    ssl.SSLZeroReturnError: ConnectionFailed,
    socket.gaierror: ConnectionFailed,
    socket.herror: ConnectionFailed,
    TimeoutError: RequestTimeout,
    ConnectionResetError: ConnectionFailed,
    ConnectionRefusedError: ConnectionFailed,
    ConnectionAbortedError: ConnectionFailed,
    BrokenPipeError: ConnectionFailed,
    OSError: ConnectionFailed,
}


def defined_in(module: ModuleType) -> set[type[BaseException]]:
    """The exception classes of a module, without warnings."""
    return {
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Exception)
        and not issubclass(found, Warning)
        and found.__module__ == module.__name__
    }


def made(kind: type[BaseException]) -> BaseException:
    """An instance, by its constructor where its text or fate depends on that, else without its arguments."""
    if issubclass(kind, SDK.ServiceError):
        return kind(500, "InternalServerError", {}, "broken", operation_name="get_it")
    if issubclass(kind, SDK.InvalidConfig):
        return kind({"region": "missing"})
    if issubclass(kind, circuitbreaker.CircuitBreakerError):
        return kind(circuitbreaker.CircuitBreaker(name="unit"))
    if issubclass(kind, UnicodeDecodeError):
        return kind("utf-8", b"\xff", 0, 1, "invalid start byte")
    if issubclass(kind, json.JSONDecodeError) and kind is json.JSONDecodeError:
        return kind("no JSON", "<html>", 0)
    if kind is URLLIB3.InvalidChunkLength:
        return URLLIB3.InvalidChunkLength(urllib3.HTTPResponse(b""), b"zz")
    if issubclass(kind, http.client.IncompleteRead):
        return kind(b"123" if kind is http.client.IncompleteRead else 3, 7)
    return kind.__new__(kind, "something broke")


def translated(error: BaseException) -> InventoryError | None:
    return translate(error, operation="get_it", region="us-ashburn-1", request_id="SENT")


@pytest.mark.parametrize(
    "module", [SDK, REQUESTS, URLLIB3, circuitbreaker], ids=lambda module: module.__name__
)
def test_a_new_class_of_error_waits_for_a_decision(module: ModuleType) -> None:
    """An upgrade of the SDK or of a library below it that brings a new exception class fails here."""
    assert defined_in(module) - set(DECIDED) == set()


@pytest.mark.parametrize("kind", DECIDED, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_class_of_error_has_its_place_in_the_tree(kind: type[BaseException]) -> None:
    error = translated(made(kind))
    assert type(error) is DECIDED[kind]
    assert (error.operation, error.region, error.request_id) == ("get_it", "us-ashburn-1", "SENT")
    assert str(error).startswith("get_it in us-ashburn-1: ")


@pytest.mark.parametrize("bug", [KeyError("x"), TypeError("x"), ValueError("x"), AssertionError("x")])
def test_a_bug_is_not_translated(bug: Exception) -> None:
    assert translated(bug) is None


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (304, None, RequestRefused),
        (400, "InvalidParameter", RequestRefused),
        (400, "UnmatchedContentMD5", MalformedAnswer),
        (401, "NotAuthenticated", NotAuthenticated),
        (403, "NotAllowed", NotAuthorizedOrNotFound),
        (404, "NotAuthorizedOrNotFound", NotAuthorizedOrNotFound),
        (404, None, NotAuthorizedOrNotFound),
        (408, None, RequestTimeout),
        (409, "IncorrectState", ServerFault),
        (409, "LockConflict", ServerFault),
        (409, "ConcurrentObjectUpdate", ServerFault),
        (409, "InvalidatedRetryToken", RequestRefused),
        (410, "Gone", RequestRefused),
        (412, "IfMatchFailed", RequestRefused),
        (413, "RequestEntityTooLarge", RequestRefused),
        (422, "UnprocessableEntity", RequestRefused),
        (429, "TooManyRequests", Throttled),
        (500, "InternalServerError", ServerFault),
        (501, "MethodNotImplemented", RequestRefused),
        (502, "BadGateway", ServerFault),
        (503, "ServiceUnavailable", ServerFault),
        (504, None, ServerFault),
        (599, None, ServerFault),
    ],
)
def test_a_service_error_is_placed_by_status_and_code(
    status: int, code: str | None, expected: type[InventoryError]
) -> None:
    error = translated(SDK.ServiceError(status, code, {"opc-request-id": "ANSWERED"}, "no"))
    assert type(error) is expected
    assert (error.status, error.code, error.request_id) == (status, code, "ANSWERED")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 04:00:30 GMT", "date": "Mon, 23 Nov 2026 04:00:10 GMT"}, 20.0),
        ({"retry-after": "Mon, 23 Nov 2026 04:00:00 GMT", "date": "Mon, 23 Nov 2026 04:00:10 GMT"}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 04:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_from_the_answer_however_it_is_written(
    headers: dict[str, str], seconds: float | None
) -> None:
    error = translated(SDK.ServiceError(429, "TooManyRequests", headers, "slow down"))
    assert error is not None
    assert error.retry_after_seconds == seconds


def test_what_could_not_read_a_token_is_not_quoted() -> None:
    error = translated(jwt.DecodeError("Invalid payload: eyJhbGciOi"))
    assert str(error) == "get_it in us-ashburn-1: DecodeError"


def test_an_open_circuit_says_when_to_come_back() -> None:
    breaker = circuitbreaker.CircuitBreaker(name="unit", recovery_timeout=30)
    error = translated(circuitbreaker.CircuitBreakerError(breaker))
    assert type(error) is CircuitOpen
    assert error.retry_after_seconds is not None
    assert 0 < error.retry_after_seconds <= 30


POOL = urllib3.HTTPConnectionPool("localhost")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (REQUESTS.ConnectionError(URLLIB3.ReadTimeoutError(POOL, "/", "slow")), RequestTimeout),
        (
            REQUESTS.ConnectTimeout(
                URLLIB3.MaxRetryError(POOL, "/", URLLIB3.ConnectTimeoutError("no answer to SYN"))
            ),
            RequestTimeout,
        ),
        (
            REQUESTS.ConnectionError(
                URLLIB3.MaxRetryError(POOL, "/", URLLIB3.NewConnectionError(POOL, "refused"))
            ),
            ConnectionFailed,
        ),
        (
            REQUESTS.ConnectionError(
                URLLIB3.ProtocolError("Connection aborted.", http.client.RemoteDisconnected("closed"))
            ),
            ConnectionFailed,
        ),
        (URLLIB3.ProtocolError("Connection broken", URLLIB3.IncompleteRead(3, 7)), MalformedAnswer),
        (REQUESTS.ChunkedEncodingError(URLLIB3.ProtocolError("Connection broken")), MalformedAnswer),
        (REQUESTS.ConnectionError(), ConnectionFailed),
        (REQUESTS.ConnectionError("said in words"), ConnectionFailed),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_what_was_wrapped_decides_and_not_the_wrapper(
    error: Exception, expected: type[InventoryError]
) -> None:
    """The SDK wraps everything of its HTTP library into one class."""
    assert type(translated(error)) is expected
    assert type(translated(SDK.RequestException(error))) is expected
    assert type(translated(SDK.RequestException(SDK.RequestException(error)))) is expected


def test_the_message_of_a_wrapped_error_is_the_innermost_and_short() -> None:
    error = translated(
        SDK.RequestException(REQUESTS.ConnectionError(ConnectionResetError(104, "reset" * 1000)))
    )
    assert str(error).startswith("get_it in us-ashburn-1: ConnectionResetError: [Errno 104] reset")
    assert len(str(error)) < 400
