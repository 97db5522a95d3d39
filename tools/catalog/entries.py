"""Entries of the catalog: made from the SDK's operations, and written as `types.yaml` has them."""

from __future__ import annotations

from collections.abc import Mapping

from emulator.sdk.operations import Operation
from inventory.catalog.entry import GetCall, ListCall, ResourceType
from tools.catalog.derive import endpoint_of, get_call, list_call

_WIDTH = 150


def entry_of(name: str, get: Operation, listed: Operation | None) -> ResourceType:
    """The entry of a type that one get reads; with the list beside it if its items are complete."""
    beside = list_call(listed, get) if listed is not None else None
    return ResourceType(
        name=name,
        canonical=name,
        service=get.client.module,
        client=get.client.name,
        get=get_call(get),
        list=beside if beside is not None and beside.complete else None,
        endpoint=endpoint_of(get),
    )


def entry_text(entry: ResourceType) -> str:
    """The entry as lines of YAML; what has its default is left out."""
    lines = [f"- name: {entry.name}"]
    if entry.aliases:
        lines.append(f"  aliases: [{', '.join(entry.aliases)}]")
    if entry.canonical != entry.name:
        lines.append(f"  canonical: {entry.canonical}")
    if entry.home_region:
        lines.append("  home_region: true")
    if entry.service is not None:
        lines += [f"  service: {entry.service}", f"  client: {entry.client}"]
    if entry.get is not None:
        lines += _flow("get", _get_parts(entry.get))
    if entry.list is not None:
        lines += _flow("list", _list_parts(entry.list))
    if entry.endpoint is not None:
        source = entry.endpoint
        lines += _flow(
            "endpoint", [f"type: {source.type}", f"identifier: {source.identifier}", f"field: {source.field}"]
        )
    if entry.members is not None:
        shown = entry.members
        parts = [f"{name}: {getattr(shown, name)}" for name in ("service", "client", "operation", "key")]
        lines += _flow("members", parts)
    if entry.reason is not None:
        lines.append(f"  reason: {entry.reason}")
    if entry.unsearched:
        lines.append("  unsearched: true")
    lines += [line for name in ("set_like", "volatile") for line in _pointers(name, getattr(entry, name))]
    return "\n".join(lines) + "\n"


def _get_parts(call: GetCall) -> list[str]:
    return [f"operation: {call.operation}", f"arguments: {_mapping(call.arguments)}"]


def _list_parts(call: ListCall) -> list[str]:
    parts = [f"operation: {call.operation}", f"scope: {call.scope}"]
    if call.arguments:
        parts.append(f"arguments: {_mapping(call.arguments)}")
    if call.constants:
        parts.append(f"constants: {_mapping(call.constants)}")
    if call.key != "id":
        parts.append(f"key: {call.key}")
    return [*parts, *(["complete: true"] if call.complete else [])]


def _mapping(values: Mapping[str, str | bool]) -> str:
    shown = {True: "true", False: "false"}
    return "{" + ", ".join(f"{name}: {shown.get(value, value)}" for name, value in values.items()) + "}"


def _flow(name: str, parts: list[str]) -> list[str]:
    """A mapping on one line, or with one part a line where that is too long."""
    line = f"  {name}: {{{', '.join(parts)}}}"
    if len(line) <= _WIDTH:
        return [line]
    return [f"  {name}:", *(f"    {part}" for part in parts)]


def _pointers(name: str, pointers: tuple[str, ...]) -> list[str]:
    if not pointers:
        return []
    line = f"  {name}: [{', '.join(pointers)}]"
    return [line] if len(line) <= _WIDTH else [f"  {name}:", *(f"    - {one}" for one in pointers)]
