"""The wire facts of read operations, from the sources of the installed SDK's clients.

Decides how they are written: as JSON, one operation a line, so that an upgrade of the SDK shows as the lines
that differ. Which operations are wanted is the catalog's to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from emulator.sdk.models import item_model
from emulator.sdk.operations import Operation, operation
from inventory.catalog.entry import ResourceType, SdkOperation
from inventory.catalog.load import parse_entries

_TEMPLATE = re.compile(r"'service_endpoint_template': '([^']*)'")
_IN_KEY = ("service", "client", "operation")


class UnknownOperation(Exception):
    """The installed SDK has no such call, or it is not a read of one resource or of a list."""


def make_facts(text: str) -> dict[str, SdkOperation]:
    """The facts of every call that a catalog in YAML names, by `service.client.operation`.

    The entries need not agree with facts that are there already. Raises UnknownOperation, InvalidCatalog.
    """
    return {key: facts_of(key) for key in operation_keys(parse_entries(text))}


def operation_keys(entries: Iterable[ResourceType]) -> list[str]:
    """The operations that entries name, as `service.client.operation`, sorted."""
    keys = set()
    for entry in entries:
        own = f"{entry.service}.{entry.client}"
        keys |= {f"{own}.{call.operation}" for call in (entry.get, entry.list) if call is not None}
        if entry.members is not None:
            keys.add(f"{entry.members.service}.{entry.members.client}.{entry.members.operation}")
    return sorted(keys)


def facts_of(key: str) -> SdkOperation:
    """What the SDK sends for one operation. Raises UnknownOperation."""
    try:
        call = operation(key)
    except (KeyError, ValueError) as exc:
        raise UnknownOperation(f"the installed SDK has no {key}") from exc
    if call.method != "GET":
        raise UnknownOperation(f"{key} is a {call.method}, not a GET")
    template = _TEMPLATE.search(call.client.file.read_text("utf-8"))
    assert template is not None, "without it the client would not be known"
    service, client, name = key.split(".")
    return SdkOperation(
        service=service,
        client=client,
        operation=name,
        endpoint_template=template[1],
        path=call.path,
        path_parameters={call.arguments[wire]: wire for wire in call.path_parameters},
        query_parameters={call.arguments[wire]: wire for wire in call.query},
        required=tuple(argument for wire, argument in call.arguments.items() if wire in call.required),
        items=items_field(call),
        limit=call.max_limit if call.name.startswith("list_") else None,
    )


def items_field(call: Operation) -> str | None:
    """The field that holds a list's items, empty for a bare list, None for a get. Raises UnknownOperation."""
    if not call.name.startswith("list_"):
        return None
    found = item_model(call.client.module, call.response or "")
    if found is None:
        raise UnknownOperation(f"{call.key} answers {call.response}, which is no list")
    return found[1] or ""


def facts_text(facts: Mapping[str, SdkOperation]) -> str:
    """The operations by key as the text of `sdk_operations.json`."""
    lines = [f"{json.dumps(key)}: {_line(facts[key])}" for key in sorted(facts)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(one: SdkOperation) -> str:
    values = {name: value for name, value in asdict(one).items() if name not in _IN_KEY}
    return json.dumps(values)
