"""Calls a generated tenancy's services directly, as a door would after authentication."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from emulator.tenancy import Tenancy
from emulator.tenancy.details import read_path
from emulator.tenancy_services import tenancy_services
from emulator.wire import Principal, Request, Response, Service

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class Caller:
    """One signed-in user of the tenancy."""

    def __init__(self, tenancy: Tenancy) -> None:
        self.tenancy = tenancy
        self.services: dict[str, Service] = tenancy_services(tenancy, clock=lambda: NOW)
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
            query={name: [str(value)] for name, value in query.items() if value is not None},
            body=b"" if body is None else json.dumps(body).encode(),
        )
        return self.services.get(service, self.services["*"]).handle(request, self._principal)

    def get(self, service: str, path: str, **rest: Any) -> Any:
        return json.loads(self.call(service, "GET", path, **rest).body)

    def pages(
        self, query: str, *, region: str | None = None, limit: int = 1000
    ) -> Iterator[list[dict[str, Any]]]:
        token = None
        while True:
            answer = self.search(query, region=region, limit=limit, page=token)
            yield json.loads(answer.body)["items"]
            token = answer.headers.get("opc-next-page")
            if token is None:
                return

    def search(self, query: str, *, region: str | None = None, **parameters: object) -> Response:
        body = {"type": "Structured", "query": query}
        return self.call("query", "POST", "/20180409/resources", region=region, body=body, **parameters)

    def items(self, query: str, *, region: str | None = None, limit: int = 1000) -> list[dict[str, Any]]:
        return [item for page in self.pages(query, region=region, limit=limit) for item in page]

    def read(self, record: dict[str, Any], *, region: str | None = None) -> Any:
        """The service's GET of a truth record."""
        found = read_path(self.tenancy.resources[record["ocid"]], self.tenancy)
        assert found is not None
        service, path = found
        return self.get(service, path, region=region or record["region"])
