"""The emulated tenancy's front: one request in, one answer out.

Decides the order of things: authenticate, apply faults, authorize, dispatch, render errors, log. Leaves
sockets to the doors, permissions to `iam` and every meaning to the services.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from emulator.auth import KeyRing
from emulator.faults import (
    BadJson,
    Faults,
    Hold,
    Latency,
    LoseAnswer,
    Reset,
    Status,
    TransportFault,
    TruncateBody,
    error_headers,
)
from emulator.request_log import LogEntry, RequestLog, operation_of
from emulator.wire import Principal, Request, Response, Service, ServiceError, not_found

_log = logging.getLogger(__name__)
_NOT_JSON = b'{"items": [{"identifier": "ocid1.'


def utc_now() -> datetime:
    """The system's time in UTC."""
    return datetime.now(UTC)


class Emulator:
    """An OCI tenancy that services are registered with and doors are opened to.

    `authorize` raises `ServiceError` for what a principal may not do; until it is set, everybody may do all.
    """

    def __init__(
        self, *, root: Path, tenancy_id: str, realm: str = "oc1", clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.root = root
        self.tenancy_id = tenancy_id
        self.realm = realm
        self.keys = KeyRing(tenancy_id=tenancy_id)
        self.faults = Faults()
        self.requests = RequestLog()
        self.authorize: Callable[[Request, Principal], None] = lambda _request, _principal: None
        self._clock = clock
        self._clock_lock = threading.Lock()
        self._advanced = timedelta()
        self._services: dict[str, Service] = {}

    def now(self) -> datetime:
        """The emulator's time, shown in its `Date` headers; hand it to services as their clock."""
        with self._clock_lock:
            return self._clock() + self._advanced

    def advance(self, seconds: float) -> None:
        """Move the emulator's time forward.

        Signatures and tokens stay valid: they are measured by the system's time.
        """
        with self._clock_lock:
            self._advanced += timedelta(seconds=seconds)

    def register(self, service: str, handler: Service) -> None:
        """Answer requests for `service` (an endpoint's first label) by `handler`, in every region.

        The handler of `*` answers for the labels that no other does.
        """
        self._services[service] = handler

    def handle(self, request: Request) -> Response:
        """Answer a request.

        Raises `TransportFault` where a fault rule says that the connection fails, and nothing else.
        """
        client_request_id = request.headers.get("opc-request-id")
        request_id = _request_id(client_request_id)
        principal: Principal | None = None
        detail: str | None = None
        response: Response | None = None
        transport: Literal["reset", "lose_answer", "truncate_body"] | None = None
        try:
            principal = self.keys.authenticate(request)
            transport, spoil = self._fail_on_purpose(request)
            if transport != "reset":
                response = self._dispatch(request, principal)
                if spoil:
                    response.body = _NOT_JSON
                    response.headers.pop("content-length", None)
        except ServiceError as error:
            response = _error(error)
            detail = error.reason
        except Exception:
            _log.exception("the emulator failed on %s %s", request.method, request.target)
            response = _error(ServiceError(500, "InternalServerError", "Internal Server Error."))
        if response is not None:
            self._complete(request, response, request_id)
        self.requests.add(
            LogEntry(
                time=self.now(),
                service=request.service,
                region=request.region,
                method=request.method,
                target=request.target,
                operation=operation_of(request),
                status=response.status if response is not None else 0,
                transport=transport,
                principal=principal.ocid if principal is not None else None,
                client_request_id=client_request_id,
                request_id=request_id,
                detail=detail,
            )
        )
        if transport is not None:
            raise TransportFault(transport, response)
        assert response is not None
        return response

    def _fail_on_purpose(
        self, request: Request
    ) -> tuple[Literal["reset", "lose_answer", "truncate_body"] | None, bool]:
        """The transport fault to raise at the end, and whether to spoil the body."""
        for effect in self.faults.fire(request):
            match effect:
                case Latency():
                    time.sleep(effect.seconds)
                case Hold():
                    effect.reached.set()
                    effect.release.wait(effect.timeout_seconds)
                case Status():
                    raise ServiceError(effect.status, effect.code, effect.message, error_headers(effect))
                case Reset():
                    return "reset", False
                case LoseAnswer():
                    return "lose_answer", False
                case TruncateBody():
                    return "truncate_body", False
                case BadJson():
                    return None, True
        return None, False

    def _dispatch(self, request: Request, principal: Principal) -> Response:
        if principal.tenancy_id != self.tenancy_id:
            raise not_found()
        # Only now: whether an object exists may have changed while a fault held the request up.
        self.authorize(request, principal)
        service = self._services.get(request.service) or self._services.get("*")
        if service is None:
            raise ServiceError(404, "NotFound", f"Not Found: no service {request.service!r} is emulated.")
        return service.handle(request, principal)

    def _complete(self, request: Request, response: Response, request_id: str) -> None:
        headers = response.headers
        headers["opc-request-id"] = request_id
        headers["date"] = format_datetime(self.now().astimezone(UTC), usegmt=True)
        if response.status not in (204, 304):
            headers.setdefault("content-length", str(len(response.body)))
        if request.method == "HEAD":
            response.body = b""


def _error(error: ServiceError) -> Response:
    body = {"code": error.code, "message": error.message}
    response = Response.of_json(body, status=error.status, headers=error.headers)
    if error.status == 304:
        response.body = b""
        response.headers.pop("content-type")
    return response


def _request_id(client_request_id: str | None) -> str:
    """OCI answers the client's id followed by its own two."""
    own = f"{uuid4().hex.upper()}/{uuid4().hex.upper()}"
    return f"{client_request_id}/{own}" if client_request_id else own
