"""Reading the schemas, and holding values against them.

`<kind>.schema.json` describes a document, or one line of a file of lines (`<file>_line`). Documents may have
fields that the schema does not know, as our readers accept them; the lines of an inventory may not.
`<table>.columns.json` lists a table's columns. This package alone knows the validator: the functions work
without it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import fastjsonschema

from inventory.model.canonical import JsonValue

_SUFFIX = ".schema.json"
_INDEX = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Where a value breaks its schema: a JSON pointer, what is found there, and what the schema asks.

    `found` is the value, or the names of an object's fields where it lacks one or has one too many.
    """

    pointer: str
    found: JsonValue
    expected: str


def schema_kinds() -> tuple[str, ...]:
    """The names of all schemas, sorted."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(file.name.removesuffix(_SUFFIX) for file in files if file.name.endswith(_SUFFIX)))


def schema_of(kind: str) -> dict[str, Any]:
    """A schema as JSON. Raises FileNotFoundError for a kind that is not there."""
    return _read(kind + _SUFFIX)


def table_columns(table: str) -> list[dict[str, str]]:
    """A table's columns in their order: `name`, `type` and `description`."""
    columns: list[dict[str, str]] = _read(f"{table}.columns.json")["columns"]
    return columns


@cache
def validator(kind: str) -> Callable[[JsonValue], Misfit | None]:
    """A function that tells where a value breaks the schema, or None; the value is not changed."""
    check = fastjsonschema.compile(schema_of(kind), use_default=False)

    def misfit_of(value: JsonValue) -> Misfit | None:
        try:
            check(value)
        except fastjsonschema.JsonSchemaValueException as exc:
            return Misfit(pointer=_pointer(value, exc.name or ""), found=_found(exc), expected=_expected(exc))
        return None

    return misfit_of


def _pointer(value: JsonValue, name: str) -> str:
    """The JSON pointer of the validator's own spelling of a place, such as `data.artifacts[0].size`.

    The spelling does not tell the dots in a key from those between keys; the value does.
    """
    pointer, rest = "", name.removeprefix("data")
    while rest:
        index = _INDEX.match(rest)
        if index is not None and isinstance(value, list):
            step, rest = index[1], rest[index.end() :]
            value = value[int(step)]
        else:
            keys = [key for key in value if _begins(rest, f".{key}")] if isinstance(value, dict) else []
            step = max(keys, key=len, default=rest[1:])
            rest = rest[len(step) + 1 :]
            value = value[step] if keys else None
        pointer += f"/{step.replace('~', '~0').replace('/', '~1')}"
    return pointer


def _begins(rest: str, step: str) -> bool:
    return rest.startswith(step) and rest[len(step) : len(step) + 1] in ("", ".", "[")


def _found(exc: fastjsonschema.JsonSchemaValueException) -> JsonValue:
    # Where a field is missing or too many, the names tell more than all that stands in them.
    is_about_names = exc.rule in ("required", "additionalProperties")
    return sorted(exc.value) if is_about_names and isinstance(exc.value, dict) else exc.value


def _expected(exc: fastjsonschema.JsonSchemaValueException) -> str:
    # The message begins with the validator's own spelling of the path.
    return str(exc.message).removeprefix(exc.name or "").strip()


def _read(file_name: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(file_name).read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
