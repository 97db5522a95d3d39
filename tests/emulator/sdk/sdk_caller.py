"""Calls a tenancy's services directly, as a door would after authentication."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.tenancy import Resource, Tenancy
from emulator.tenancy.details import read_path, read_query
from emulator.tenancy_services import tenancy_services
from emulator.wire import Principal, Request, Response, Service

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class Caller:
    """One signed-in user of the tenancy."""

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
            query={
                name: [str(value).lower() if isinstance(value, bool) else str(value)]
                for name, value in query.items()
            },
            body=b"" if body is None else json.dumps(body).encode(),
        )
        handler = self.services.get(service) or self.services["*"]
        return handler.handle(request, self._principal)

    def get(self, service: str, path: str, **rest: Any) -> Any:
        return json.loads(self.call(service, "GET", path, **rest).body)

    def read(self, resource: Resource, *, region: str | None = None) -> Any:
        """The GET of a resource, where the SDK would ask for it."""
        found = read_path(resource, self.tenancy)
        assert found is not None
        query = read_query(resource, self.tenancy)
        return self.get(*found, region=region or resource.region, **query)

    def listed(self, service: str, path: str, *, limit: int = 1000, **rest: Any) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        query = dict(rest)
        while True:
            answer = self.call(service, "GET", path, limit=limit, **query)
            page = json.loads(answer.body)
            items += page if isinstance(page, list) else page["items"]
            if "opc-next-page" not in answer.headers:
                return items
            query["page"] = answer.headers["opc-next-page"]
