"""Reading stored documents: typed fields with errors that name field, value and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from inventory.errors import InvalidDocument
from inventory.model.canonical import canonical_line, parse_json
from inventory.model.timestamps import parse_time

T = TypeVar("T")


class Fields:
    """A document's fields, read one by one; unknown fields are ignored.

    `source` names the document in errors. Every reader raises InvalidDocument.
    """

    __slots__ = ("_source", "_values")

    def __init__(self, source: str, values: object) -> None:
        if not isinstance(values, Mapping):
            raise InvalidDocument(f"{source}: expected a JSON object, found {_shown(values)}")
        self._source = source
        self._values = values

    @classmethod
    def parse(cls, source: str, body: bytes, *, format_version: int) -> Fields:
        """Read a whole document and check its `format_version` (a newer or foreign one is refused)."""
        try:
            values = parse_json(body)
        except ValueError as exc:
            raise InvalidDocument(f"{source}: not JSON: {exc}") from exc
        fields = cls(source, values)
        found = fields.integer("format_version")
        if found != format_version:
            raise fields.wrong("format_version", found, f"{format_version}, the version this code reads")
        return fields

    def wrong(self, name: str, value: object, allowed: str) -> InvalidDocument:
        """The error for a field whose value is not allowed."""
        return InvalidDocument(f"{self._source}: field {name!r} is {_shown(value)}; allowed: {allowed}")

    def _typed(self, name: str, kind: type | tuple[type, ...], allowed: str) -> Any:
        value = self._values.get(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(name, value, allowed)
        return value

    def is_null(self, name: str) -> bool:
        """Whether the field is null or absent."""
        return self._values.get(name) is None

    def has(self, name: str) -> bool:
        """Whether the field is there, null or not."""
        return name in self._values

    def text(self, name: str) -> str:
        value: str = self._typed(name, str, "a string")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self.is_null(name) else self.text(name)

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise self.wrong(name, value, ", ".join(allowed))
        return value

    def integer(self, name: str) -> int:
        value: int = self._typed(name, int, "an integer")
        return value

    def number(self, name: str) -> float:
        value: float = self._typed(name, (int, float), "a number")
        return value

    def boolean(self, name: str) -> bool:
        value: bool = self._typed(name, bool, "true or false")
        return value

    def time(self, name: str) -> datetime:
        value = self.text(name)
        try:
            return parse_time(value)
        except ValueError as exc:
            raise self.wrong(name, value, "an RFC 3339 time") from exc

    def optional_time(self, name: str) -> datetime | None:
        return None if self.is_null(name) else self.time(name)

    def mapping(self, name: str) -> dict[str, Any]:
        return dict(self._typed(name, dict, "a JSON object"))

    def by_key(self, name: str, read: Callable[[Fields, str], T]) -> dict[str, T]:
        """The values of an object whose keys are data, each read by its key."""
        keys = list(self.mapping(name))
        return {key: read(self.part(name), key) for key in keys}

    def sequence(self, name: str) -> list[Any]:
        return list(self._typed(name, list, "a JSON array"))

    def texts(self, name: str) -> tuple[str, ...]:
        values = self.sequence(name)
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(name, values, "an array of strings")
        return tuple(values)

    def optional_texts(self, name: str) -> tuple[str, ...] | None:
        return None if self.is_null(name) else self.texts(name)

    def parts(self, name: str) -> list[Fields]:
        """The objects of an array field."""
        return [Fields(f"{self._source}: {name}[{i}]", part) for i, part in enumerate(self.sequence(name))]

    def part(self, name: str) -> Fields:
        """The object in a field."""
        return Fields(f"{self._source}: {name}", self._values.get(name))

    def optional_part(self, name: str) -> Fields | None:
        return None if self.is_null(name) else self.part(name)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def document_bytes(values: Mapping[str, Any]) -> bytes:
    """A stored document's bytes: its canonical line."""
    return canonical_line(values)
