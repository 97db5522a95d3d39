"""One entry of the catalog from its data.

Decides which fields there are and which belong together; what several entries, or the wire facts, must agree
in is left to `agree`.
"""

from __future__ import annotations

import re
from dataclasses import fields

from inventory.catalog.entry import (
    REASONS,
    SCOPES,
    EndpointSource,
    GetCall,
    ListCall,
    MemberList,
    ResourceType,
)
from inventory.catalog.fields import SOURCES, Fields

# Only reads may be called: the catalog cannot ask for anything else.
_GET = re.compile(r"get_[a-z0-9_]+", re.ASCII)
_LIST = re.compile(r"list_[a-z0-9_]+", re.ASCII)

_ENTRY_FIELDS = frozenset(field.name for field in fields(ResourceType))
_GET_FIELDS = frozenset(field.name for field in fields(GetCall))
_LIST_FIELDS = frozenset(field.name for field in fields(ListCall))
_MEMBERS_FIELDS = frozenset(field.name for field in fields(MemberList))
_ENDPOINT_FIELDS = frozenset(field.name for field in fields(EndpointSource))


def parse_entry(position: int, values: object) -> ResourceType:
    """The entry at a position, from 1 on. Raises InvalidCatalog."""
    label = f"entry {position}"
    name = Fields(label, "", values, values if isinstance(values, dict) else ()).text("name")
    entry = Fields(name, "", values, _ENTRY_FIELDS)
    get, listed = entry.part("get", _GET_FIELDS), entry.part("list", _LIST_FIELDS)
    parsed = ResourceType(
        name=name,
        aliases=entry.texts("aliases"),
        canonical=entry.text("canonical", default=name),
        home_region=entry.flag("home_region"),
        service=entry.optional_text("service"),
        client=entry.optional_text("client"),
        get=_get_call(get) if get is not None else None,
        list=_list_call(listed) if listed is not None else None,
        endpoint=_endpoint(entry.part("endpoint", _ENDPOINT_FIELDS)),
        members=_members(entry.part("members", _MEMBERS_FIELDS)),
        reason=entry.choice("reason", REASONS) if entry.optional_text("reason") is not None else None,
        unsearched=entry.flag("unsearched"),
        set_like=entry.pointers("set_like"),
        volatile=entry.pointers("volatile"),
    )
    _check_calls(entry, parsed)
    return parsed


def _get_call(get: Fields) -> GetCall:
    arguments = get.sources("arguments")
    if not arguments:
        raise get.wrong("arguments", f"a mapping from SDK parameters to {SOURCES}")
    operation = get.matching("operation", _GET, "a method whose name starts with get_")
    return GetCall(operation=operation, arguments=arguments)


def _list_call(listed: Fields) -> ListCall:
    return ListCall(
        operation=listed.matching("operation", _LIST, "a method whose name starts with list_"),
        scope=listed.choice("scope", SCOPES),
        arguments=listed.sources("arguments"),
        constants=listed.constants("constants"),
        complete=listed.flag("complete"),
        adds=listed.sources("adds"),
        key=listed.text("key", default="id"),
    )


def _endpoint(source: Fields | None) -> EndpointSource | None:
    if source is None:
        return None
    return EndpointSource(
        type=source.text("type"), identifier=source.source("identifier"), field=source.text("field")
    )


def _members(listed: Fields | None) -> MemberList | None:
    if listed is None:
        return None
    return MemberList(
        service=listed.text("service"),
        client=listed.text("client"),
        operation=listed.matching("operation", _LIST, "a method whose name starts with list_"),
        key=listed.text("key"),
    )


def _check_calls(entry: Fields, parsed: ResourceType) -> None:
    has_call = parsed.get is not None or parsed.list is not None
    if has_call == (parsed.reason is not None):
        raise entry.wrong("reason", f"one of {', '.join(REASONS)}, for entries without get and list only")
    for field in ("service", "client"):
        if has_call != (getattr(parsed, field) is not None):
            raise entry.wrong(field, "the SDK's module and class, for entries with get or list only")
    if parsed.get is None and parsed.list is not None and not parsed.list.complete:
        raise entry.wrong("list", "a list that is complete, where there is no get")
