"""Reading the catalog: data in, checked values out.

Every mistake stops the run, named by entry, field, value and what is allowed. Whether the calls exist in
the installed SDK is not checked here, but by a test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from importlib import resources
from typing import Any

import yaml

from inventory.catalog.entry import Catalog, GetCall, ResourceType
from inventory.errors import InvalidCatalog
from inventory.model.canonical import canonical_line, sha256_hex

_DATA = "types.yaml"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_ENTRY_FIELDS = frozenset(field.name for field in fields(ResourceType))
_GET_FIELDS = frozenset(field.name for field in fields(GetCall))
_SOURCE = re.compile(
    r"identifier|compartmentId|displayName|namespace|(?:identityContext|additionalDetails)\.\w+", re.ASCII
)
_SOURCES = "identifier, compartmentId, displayName, namespace, identityContext.<key>, additionalDetails.<key>"
_POINTER = re.compile(r"(?:/[^/\s]+)+")
# Only reads may be called: the catalog cannot ask for anything else.
_READ_OPERATION = re.compile(r"get_[a-z0-9_]+")


def load_catalog() -> Catalog:
    """The catalog that is part of this package. Raises InvalidCatalog."""
    text = resources.files("inventory.catalog").joinpath(_DATA).read_text(encoding="utf-8")
    return parse_catalog(text)


def parse_catalog(text: str) -> Catalog:
    """Read and check a catalog in YAML: a list of entries in the form of `ResourceType`.

    Raises InvalidCatalog for a field that is not known, a value that is not allowed, a name that is taken.
    """
    try:
        data = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    except yaml.YAMLError as exc:
        raise InvalidCatalog(f"catalog: not YAML: {exc}") from exc
    if not isinstance(data, list):
        raise InvalidCatalog(f"catalog: is {data!r}; allowed: a list of entries")
    entries = tuple(_entry(position, values) for position, values in enumerate(data, start=1))
    _check_names(entries)
    fingerprint = sha256_hex(canonical_line([asdict(entry) for entry in entries]))
    return Catalog(entries=entries, fingerprint=fingerprint)


def _check_names(entries: tuple[ResourceType, ...]) -> None:
    owners: dict[str, str] = {}
    for entry in entries:
        for field, name in [("name", entry.name), *(("aliases", alias) for alias in entry.aliases)]:
            if name.lower() in owners:
                taken_by = owners[name.lower()]
                raise _wrong(entry.name, field, name, f"a name that is not taken (here by {taken_by!r})")
            owners[name.lower()] = entry.name
    names = {entry.name for entry in entries}
    for entry in entries:
        if entry.canonical not in names:
            raise _wrong(entry.name, "canonical", entry.canonical, "the name of an entry")


def _entry(position: int, values: object) -> ResourceType:
    label = f"entry {position}"
    if not isinstance(values, dict):
        raise _wrong(label, "(itself)", values, "a mapping")
    name = _text(label, values, "name")
    _check_fields(name, values, _ENTRY_FIELDS)
    return ResourceType(
        name=name,
        aliases=_texts(name, values, "aliases"),
        canonical=_text(name, values, "canonical") if "canonical" in values else name,
        home_region=_flag(name, values, "home_region"),
        get=_get_call(name, values["get"]) if "get" in values else None,
        set_like=_pointers(name, values, "set_like"),
        volatile=_pointers(name, values, "volatile"),
    )


def _get_call(entry: str, values: object) -> GetCall:
    if not isinstance(values, dict):
        raise _wrong(entry, "get", values, "a mapping")
    _check_fields(entry, values, _GET_FIELDS, prefix="get.")
    operation = _text(entry, values, "operation", prefix="get.")
    if not _READ_OPERATION.fullmatch(operation):
        raise _wrong(entry, "get.operation", operation, "a method whose name starts with get_")
    arguments = values.get("arguments")
    if not isinstance(arguments, dict) or not arguments:
        raise _wrong(entry, "get.arguments", arguments, f"a mapping from SDK parameters to {_SOURCES}")
    for parameter, source in arguments.items():
        if not isinstance(source, str) or not _SOURCE.fullmatch(source):
            raise _wrong(entry, f"get.arguments.{parameter}", source, _SOURCES)
    return GetCall(
        service=_text(entry, values, "service", prefix="get."),
        client=_text(entry, values, "client", prefix="get."),
        operation=operation,
        arguments={str(parameter): source for parameter, source in arguments.items()},
    )


def _check_fields(entry: str, values: Mapping[Any, Any], known: frozenset[str], prefix: str = "") -> None:
    for field in values:
        if field not in known:
            raise _wrong(entry, f"{prefix}{field}", values[field], f"only the fields {sorted(known)}")


def _text(entry: str, values: Mapping[str, Any], field: str, prefix: str = "") -> str:
    value = values.get(field)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(entry, f"{prefix}{field}", value, "a string that is not empty")
    return value


def _texts(entry: str, values: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = values.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _wrong(entry, field, value, "a list of strings that are not empty")
    return tuple(value)


def _pointers(entry: str, values: Mapping[str, Any], field: str) -> tuple[str, ...]:
    pointers = _texts(entry, values, field)
    for pointer in pointers:
        if not _POINTER.fullmatch(pointer):
            raise _wrong(
                entry, field, pointer, "JSON pointers such as /routeRules or /backendSets/*/backends"
            )
    return pointers


def _flag(entry: str, values: Mapping[str, Any], field: str) -> bool:
    value = values.get(field, False)
    if not isinstance(value, bool):
        raise _wrong(entry, field, value, "true or false")
    return value


def _wrong(entry: str, field: str, value: object, allowed: str) -> InvalidCatalog:
    return InvalidCatalog(f"catalog: {entry}: field {field!r} is {value!r}; allowed: {allowed}")
