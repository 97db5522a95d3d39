"""Foreign errors into the project's tree.

Decides for every exception of the SDK and of the libraries below it what the caller should do. Nothing else
in the project names their classes.
"""

from __future__ import annotations

import http.client
import json
from email.utils import parsedate_to_datetime
from typing import Any

import circuitbreaker  # type: ignore[import-untyped]
import jwt
import oci
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

# Codes that speak louder than their status. The three conflicts are those that the SDK itself repeats:
# another request holds the resource, or wrote the same object, at this instant.
_BY_CODE: dict[tuple[int, str], type[InventoryError]] = {
    (400, "UnmatchedContentMD5"): MalformedAnswer,
    (409, "ConcurrentObjectUpdate"): ServerFault,
    (409, "IncorrectState"): ServerFault,
    (409, "LockConflict"): ServerFault,
}

_BY_STATUS: dict[int, type[InventoryError]] = {
    401: NotAuthenticated,
    403: NotAuthorizedOrNotFound,
    404: NotAuthorizedOrNotFound,
    408: RequestTimeout,
    429: Throttled,
    501: RequestRefused,  # not implemented stays not implemented
}

# An exception's class is looked up along its base classes, nearest first.
_BY_CLASS: dict[type[BaseException], type[InventoryError]] = {
    circuitbreaker.CircuitBreakerError: CircuitOpen,
    # The SDK reads a principal's token and key anew while requests are made.
    jwt.PyJWTError: CredentialsUnusable,
    oci.exceptions.ClientError: CredentialsUnusable,
    oci.exceptions.MissingEndpointForNonRegionalServiceClientError: InvalidCatalog,
    oci.exceptions.WaitUntilNotSupported: StopRun,
    oci.exceptions.MaximumWaitTimeExceeded: RequestTimeout,
    oci.exceptions.MultipartUploadError: ServerFault,
    oci.exceptions.CompositeOperationError: ServerFault,
    oci.exceptions.DownloadTerminated: ConnectionFailed,
    oci.exceptions.ResumableDownloadException: ConnectionFailed,
    oci.exceptions.DownloadFailedIncorrectDownloadSize: MalformedAnswer,
    oci.exceptions.ChecksumVerificationError: MalformedAnswer,
    requests.exceptions.RequestException: ConnectionFailed,
    requests.exceptions.Timeout: RequestTimeout,
    requests.exceptions.ConnectTimeout: RequestTimeout,
    requests.exceptions.HTTPError: ServerFault,
    requests.exceptions.RetryError: ServerFault,
    requests.exceptions.InvalidJSONError: MalformedAnswer,
    requests.exceptions.ChunkedEncodingError: MalformedAnswer,
    requests.exceptions.ContentDecodingError: MalformedAnswer,
    requests.exceptions.StreamConsumedError: MalformedAnswer,
    requests.exceptions.TooManyRedirects: RequestRefused,
    requests.exceptions.URLRequired: RequestRefused,
    requests.exceptions.MissingSchema: RequestRefused,
    requests.exceptions.InvalidSchema: RequestRefused,
    requests.exceptions.InvalidURL: RequestRefused,
    requests.exceptions.InvalidHeader: RequestRefused,
    urllib3.exceptions.HTTPError: ConnectionFailed,
    urllib3.exceptions.TimeoutError: RequestTimeout,
    urllib3.exceptions.NewConnectionError: ConnectionFailed,
    urllib3.exceptions.ResponseError: ServerFault,
    urllib3.exceptions.DecodeError: MalformedAnswer,
    urllib3.exceptions.IncompleteRead: MalformedAnswer,
    urllib3.exceptions.InvalidChunkLength: MalformedAnswer,
    urllib3.exceptions.ResponseNotChunked: MalformedAnswer,
    urllib3.exceptions.BodyNotHttplibCompatible: MalformedAnswer,
    urllib3.exceptions.HeaderParsingError: MalformedAnswer,
    urllib3.exceptions.HostChangedError: RequestRefused,
    urllib3.exceptions.LocationValueError: RequestRefused,
    urllib3.exceptions.ProxySchemeUnsupported: RequestRefused,
    urllib3.exceptions.InvalidHeader: RequestRefused,
    urllib3.exceptions.TimeoutStateError: StopRun,
    http.client.HTTPException: ConnectionFailed,
    http.client.IncompleteRead: MalformedAnswer,
    http.client.InvalidURL: RequestRefused,
    json.JSONDecodeError: MalformedAnswer,
    UnicodeDecodeError: MalformedAnswer,
    TimeoutError: RequestTimeout,
    OSError: ConnectionFailed,  # sockets, name resolution and TLS
}

# Classes that say less than the exception they were made from.
_WRAPPERS: tuple[type[BaseException], ...] = (
    oci.exceptions.RequestException,
    oci.exceptions.ConnectTimeout,
    requests.exceptions.ConnectionError,
    urllib3.exceptions.MaxRetryError,
    urllib3.exceptions.ProtocolError,
)


def translate(
    error: BaseException, *, operation: str, region: str, request_id: str | None
) -> InventoryError | None:
    """The project's error for a foreign one, or None for an error that is a bug.

    `request_id` is used where the error has none of its own. Raise the result `from error`.
    """
    if isinstance(error, oci.exceptions.ServiceError):
        return _of_service_error(error, operation=operation, region=region, request_id=request_id)
    kind = _kind(error)
    if kind is None:
        return None
    retry_after_seconds = None
    if isinstance(error, circuitbreaker.CircuitBreakerError):
        retry_after_seconds = float(max(0, error._circuit_breaker.open_remaining))
    # What cannot read a token or a key may quote it.
    told = type(error).__name__ if kind is CredentialsUnusable else _name(error)
    return kind(
        f"{operation} in {region}: {told}",
        operation=operation,
        region=region,
        request_id=request_id,
        retry_after_seconds=retry_after_seconds,
    )


def _of_service_error(error: Any, *, operation: str, region: str, request_id: str | None) -> InventoryError:
    kind = _BY_CODE.get((error.status, error.code)) or _BY_STATUS.get(error.status)
    if kind is None:
        kind = ServerFault if error.status >= 500 else RequestRefused
    return kind(
        f"{operation} in {region}: {error.status} {error.code}: {str(error.message)[:300]}",
        operation=operation,
        region=region,
        request_id=error.request_id or request_id,
        status=error.status,
        code=error.code,
        retry_after_seconds=_retry_after_seconds(error.headers),
    )


def _kind(error: BaseException) -> type[InventoryError] | None:
    if isinstance(error, _WRAPPERS):
        wrapped = getattr(error, "reason", None), *error.args
        for inner in wrapped:
            if isinstance(inner, BaseException):
                kind = _kind(inner)
                if kind is not None:
                    return kind
    for ancestor in type(error).__mro__:
        kind = _BY_CLASS.get(ancestor)
        if kind is not None:
            return kind
    return None


def _name(error: BaseException) -> str:
    """The innermost class and what it says."""
    while isinstance(error, _WRAPPERS):
        inner = [
            part for part in (getattr(error, "reason", None), *error.args) if isinstance(part, Exception)
        ]
        if not inner:
            break
        error = inner[0]
    return f"{type(error).__name__}: {error}"[:300]


def _retry_after_seconds(headers: Any) -> float | None:
    """Retry-After in seconds; its other form, a date, is measured against the answer's own Date."""
    value = headers.get("retry-after")
    if not value:
        return None
    try:
        if value.strip().isdigit():
            return float(value)
        return max(
            0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(headers["date"])).total_seconds()
        )
    except (ValueError, TypeError, KeyError):
        return None
