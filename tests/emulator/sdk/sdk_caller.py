"""Reads a tenancy's resources as the SDK would address them, and lists page by page."""

from __future__ import annotations

import json
from typing import Any

from emulator.tenancy import Resource
from emulator.tenancy.details import read_path, read_query
from tests.fakes.service_caller import ServiceCaller


class Caller(ServiceCaller):
    """One signed-in user of the tenancy."""

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
