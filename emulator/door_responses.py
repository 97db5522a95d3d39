"""The door inside a test process: OCI's standard host names answered without a socket.

Decides which host belongs to which service and region, and how a `TransportFault` looks to the SDK's HTTP
library. Uses `responses` on the copy of `requests` that the SDK vendors; hosts that are not OCI's stay
unreachable.
"""

from __future__ import annotations

import re
import time
from http.client import RemoteDisconnected
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses
from oci._vendor.requests import exceptions
from urllib3.exceptions import ProtocolError

from emulator.app import Emulator
from emulator.faults import TransportFault
from emulator.wire import Request, Response

_READ_BYTES = 64 * 1024
# Service labels, the region (`us-ashburn-1`, `us-gov-phoenix-1`), then the realm's domain, with or without
# `oci.` or one of its siblings before it: `objectstorage.{region}.oraclecloud.com`,
# `query.{region}.oci.oraclecloud.com`, `mysql.{region}.ocp.oraclecloud.com`,
# `{anything}.{region}.functions.oci.oraclecloud.com`.
_HOST = re.compile(r"(?P<labels>[^/]+?)\.(?P<region>[a-z]+(?:-[a-z0-9]+)+-[0-9]+)\.(?P<domain>[a-z0-9.-]+)")
# An identity domain's own host names no region.
_DOMAIN_HOST = re.compile(r"(?P<labels>idcs-[0-9a-z]+\.identity)\.[a-z0-9.-]+")
_URL = re.compile(rf"https://(?:{_HOST.pattern}|idcs-[0-9a-z]+\.identity\.[a-z0-9.-]+(?::443)?)(?:[/?]|$)")


def service_and_region(host: str) -> tuple[str, str] | None:
    """The emulated service and region of a standard host name, or None for a host that is not OCI's.

    The region of an identity domain's host is empty.
    """
    domain_host = _DOMAIN_HOST.fullmatch(host)
    if domain_host is not None:
        return domain_host["labels"], ""
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    labels, region, domain = match["labels"], match["region"], match["domain"]
    if domain.startswith("functions."):
        return "functions", region
    if labels.endswith(".objectstorage"):
        return "objectstorage", region
    return labels, region


class ResponsesDoor:
    """A context manager in which every SDK client of this process talks to the emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._mock = _Mock(
            assert_all_requests_are_fired=False, target="oci._vendor.requests.adapters.HTTPAdapter.send"
        )
        for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"):
            self._mock.add_callback(method, _URL, callback=self._answer, content_type=None)

    def __enter__(self) -> ResponsesDoor:
        self._mock.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mock.stop(allow_assert=False)
        self._mock.reset()

    def _answer(self, prepared: Any) -> tuple[int, dict[str, str], bytes]:
        started = time.monotonic()
        try:
            response = self._emulator.handle(_request(prepared))
            body = response.body
        except TransportFault as fault:
            response, body = _fail(fault, prepared)
        read_timeout = _read_timeout(prepared)
        if read_timeout is not None and time.monotonic() - started > read_timeout:
            raise exceptions.ReadTimeout(f"Read timed out. (read timeout={read_timeout})", request=prepared)
        return response.status, response.headers, body


class _Mock(responses.RequestsMock):
    def _read_filelike_body(self, body: Any) -> Any:
        """Read a streamed body in pieces, as a connection would: the SDK's part reader needs it."""
        if not hasattr(body, "read"):
            return body
        pieces = []
        while piece := body.read(_READ_BYTES):
            pieces.append(piece.encode() if isinstance(piece, str) else bytes(piece))
        return b"".join(pieces)

    def _on_request(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super()._on_request(*args, **kwargs)
        finally:
            # The library keeps every request and answer; the emulator has its own log.
            self._calls.reset()
            for registered in self.registered():
                registered.calls.reset()


def _request(prepared: Any) -> Request:
    url = urlsplit(prepared.url)
    named = service_and_region(url.hostname or "")
    assert named is not None, "only standard hosts are routed here"
    body = prepared.body or b""
    return Request(
        service=named[0],
        region=named[1],
        method=prepared.method,
        path=url.path or "/",
        target=prepared.path_url,
        query=parse_qs(url.query, keep_blank_values=True),
        headers={name.lower(): str(value).strip() for name, value in prepared.headers.items()},
        body=body.encode() if isinstance(body, str) else bytes(body),
    )


def _fail(fault: TransportFault, prepared: Any) -> tuple[Response, bytes]:
    if fault.kind == "truncate_body" and fault.response is not None:
        # The announced content-length makes the reader notice, as on a socket.
        return fault.response, fault.response.body[: len(fault.response.body) // 2]
    cause: Exception = RemoteDisconnected("Remote end closed connection without response")
    if fault.kind == "reset":
        cause = ConnectionResetError(104, "Connection reset by peer")
    raise exceptions.ConnectionError(ProtocolError("Connection aborted.", cause), request=prepared)


def _read_timeout(prepared: Any) -> float | None:
    """The client's limit in seconds: the second of a (connect, read) pair, or one for both."""
    timeout: tuple[float, float] | float | None = prepared.req_kwargs.get("timeout")
    return timeout[1] if isinstance(timeout, tuple) else timeout
