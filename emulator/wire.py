"""The values that pass between a door (HTTP or in-process) and an emulated service.

A door parses bytes into `Request` and renders `Response`; a service sees neither sockets nor URLs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One API request as a service sees it.

    `service` is the first label of OCI's endpoint (`identity`, `query`, `objectstorage`, `iaas`, ...).
    `path` is percent-encoded and starts at the service's base path, for example `/20160918/compartments`.
    `target` is the request target as it was signed: with the door's prefix and the query string.
    Header names are lower case; every query parameter keeps all its values in order.
    """

    service: str
    region: str
    method: str
    path: str
    target: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter, or None."""
        values = self.query.get(name)
        return values[0] if values else None

    def segments(self) -> list[str]:
        """The path's segments, each unquoted once (`a%2Fb` is one segment `a/b`)."""
        return [unquote(part) for part in self.path.split("/")[1:]]

    def json(self) -> Any:
        """The body as JSON; OCI answers 400 InvalidParameter where it is not."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise ServiceError(400, "InvalidParameter", "The request body is not valid JSON.") from None


@dataclass(slots=True, kw_only=True)
class Response:
    """One API answer; the application adds `opc-request-id`, `date` and `content-length`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of_json(cls, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """An `application/json` answer."""
        return cls(
            status=status,
            headers={"content-type": "application/json", **(headers or {})},
            body=json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"),
        )


class ServiceError(Exception):
    """An error that OCI answers as `{"code": ..., "message": ...}` with its HTTP status.

    `reason` is for the emulator's log: what OCI would not tell.
    """

    reason: str | None = None

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def not_found() -> ServiceError:
    """OCI's deliberately ambiguous 404: not there, or not yours to see."""
    return ServiceError(
        404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who signed a request: a function (`kind='resource'`) or a person with an API key (`kind='user'`)."""

    kind: str
    ocid: str
    tenancy_id: str
    compartment_id: str


class Service(Protocol):
    """One emulated service: it answers requests for its name in every region."""

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer, or raise `ServiceError`."""
        ...
