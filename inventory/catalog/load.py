"""Reading the catalog: data in, checked values out.

Every mistake stops the run, named by entry, field, value and what is allowed. Whether the calls and their
wire facts are those of the installed SDK is not checked here, but by a test.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

import yaml

from inventory.catalog.agree import check_calls, check_names
from inventory.catalog.entry import Catalog, ResourceType, SdkOperation
from inventory.catalog.parse import parse_entry
from inventory.errors import InvalidCatalog
from inventory.model.canonical import canonical_line, sha256_hex

_TYPES = "types.yaml"
_OPERATIONS = "sdk_operations.json"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_catalog() -> Catalog:
    """The catalog that is part of this package. Raises InvalidCatalog."""
    return parse_catalog(_packaged(_TYPES))


def parse_catalog(text: str, operations: Mapping[str, SdkOperation] | None = None) -> Catalog:
    """Read and check a catalog in YAML: a list of entries in the form of `ResourceType`.

    `operations` by `service.client.operation`; those of this package where they are not given. Raises
    InvalidCatalog for a field that is not known, a value that is not allowed, a name that is taken, a call
    that cannot be made.
    """
    entries = parse_entries(text)
    facts = packaged_operations() if operations is None else operations
    check_calls(entries, facts)
    fingerprint = sha256_hex(canonical_line([asdict(entry) for entry in entries]))
    return Catalog(entries=entries, fingerprint=fingerprint, operations=facts)


def parse_entries(text: str) -> tuple[ResourceType, ...]:
    """The entries of a catalog in YAML, checked without the facts of their calls. Raises InvalidCatalog."""
    try:
        data = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    except yaml.YAMLError as exc:
        raise InvalidCatalog(f"catalog: not YAML: {exc}") from exc
    if not isinstance(data, list):
        raise InvalidCatalog(f"catalog: is {data!r}; allowed: a list of entries")
    entries = tuple(parse_entry(position, values) for position, values in enumerate(data, start=1))
    check_names(entries)
    return entries


@cache
def packaged_operations() -> Mapping[str, SdkOperation]:
    """The wire facts that are part of this package. Raises InvalidCatalog."""
    return parse_operations(_packaged(_OPERATIONS))


def parse_operations(text: str) -> Mapping[str, SdkOperation]:
    """Wire facts by `service.client.operation`, from JSON. Raises InvalidCatalog."""
    try:
        return {key: _operation(key, values) for key, values in json.loads(text).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise InvalidCatalog(f"catalog: wire facts are not as `make catalog` writes them: {exc!r}") from exc


def _operation(key: str, values: Mapping[str, Any]) -> SdkOperation:
    service, client, operation = key.split(".")
    return SdkOperation(
        service=service,
        client=client,
        operation=operation,
        endpoint_template=values["endpoint_template"],
        path=values["path"],
        path_parameters=values["path_parameters"],
        query_parameters=values["query_parameters"],
        required=tuple(values["required"]),
        items=values["items"],
        limit=values["limit"],
    )


def _packaged(name: str) -> str:
    return resources.files("inventory.catalog").joinpath(name).read_text(encoding="utf-8")
