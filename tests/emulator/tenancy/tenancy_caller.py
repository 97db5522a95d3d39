"""Searches a generated tenancy, and reads what its truth tells of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from emulator.tenancy.details import read_path
from emulator.wire import Response
from tests.fakes.service_caller import ServiceCaller


class Caller(ServiceCaller):
    """One signed-in user of the tenancy."""

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
