"""Calls an emulated tenancy's services directly, as a door would after authentication."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.tenancy import Tenancy
from emulator.tenancy_services import tenancy_services
from emulator.wire import Principal, Request, Response, Service

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class ServiceCaller:
    """One signed-in user of the tenancy; a parameter that is None is not sent."""

    def __init__(self, tenancy: Tenancy, *, owned: Mapping[str, Service] | None = None) -> None:
        self.tenancy = tenancy
        self.services: dict[str, Service] = tenancy_services(tenancy, clock=lambda: NOW, owned=owned)
        self._principal = Principal(
            kind="user",
            ocid="ocid1.user.oc1..tester",
            tenancy_id=tenancy.tenancy_id,
            compartment_id=tenancy.tenancy_id,
        )

    def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        region: str | None = None,
        body: Any = None,
        **query: object,
    ) -> Response:
        request = Request(
            service=service,
            region=region or self.tenancy.home_region,
            method=method,
            path=path,
            target=path,
            query={name: [_parameter(value)] for name, value in query.items() if value is not None},
            body=b"" if body is None else json.dumps(body).encode(),
        )
        handler = self.services.get(service) or self.services["*"]
        return handler.handle(request, self._principal)

    def get(self, service: str, path: str, **rest: Any) -> Any:
        return json.loads(self.call(service, "GET", path, **rest).body)


def _parameter(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
