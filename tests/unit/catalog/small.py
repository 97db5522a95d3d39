"""Small catalogs of a service that nobody has, and the facts of its calls."""

from __future__ import annotations

from inventory.catalog.entry import Catalog, SdkOperation
from inventory.catalog.load import parse_catalog

GET = "{operation: get_x, arguments: {x_id: identifier}}"
LIST = "{operation: list_x, scope: compartment, arguments: {compartment_id: compartmentId}}"
SDK = "service: s, client: C"


def operation(
    name: str, parameters: dict[str, str], *required: str, items: str | None = None
) -> SdkOperation:
    return SdkOperation(
        service="s",
        client="C",
        operation=name,
        endpoint_template="https://s.{region}.{secondLevelDomain}",
        path="/1/x",
        path_parameters={},
        query_parameters=parameters,
        required=required,
        items=items,
    )


OPERATIONS = {
    "s.C.get_x": operation("get_x", {"x_id": "xId", "vault_id": "vaultId"}, "x_id"),
    "s.C.list_x": operation(
        "list_x", {"compartment_id": "compartmentId", "zone": "zone", "deep": "deep"}, items="items"
    ),
    "s.C.list_y": operation("list_y", {"y_id": "yId", "kind": "kind"}, "y_id", items="items"),
}


def parse(text: str) -> Catalog:
    return parse_catalog(text, OPERATIONS)


def readable(name: str, **parts: str) -> str:
    """An entry with a get, or what `parts` say instead."""
    said = {"service": "s", "client": "C", "get": GET} | parts
    return "{" + ", ".join(f"{field}: {value}" for field, value in {"name": name, **said}.items()) + "}"
