"""The fields of the catalog's data: each read with its allowed values, each mistake named.

Decides nothing about types; `parse` says which fields an entry has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from inventory.errors import InvalidCatalog

SOURCES = (
    "identifier, compartmentId, availabilityDomain, displayName, tenancyId, namespace, identityContext.<key>,"
    " additionalDetails.<key>"
)
_SOURCE = re.compile(
    r"identifier|compartmentId|availabilityDomain|displayName|tenancyId|namespace"
    r"|(?:identityContext|additionalDetails)\.\w+",
    re.ASCII,
)
_POINTER = re.compile(r"(?:/[^/\s]+)+")


def wrong(entry: str, field: str, value: object, allowed: str) -> InvalidCatalog:
    """The error that names a mistake by entry, field, value, and what is allowed."""
    return InvalidCatalog(f"catalog: {entry}: field {field!r} is {value!r}; allowed: {allowed}")


class Fields:
    """The fields of one mapping of the data; `prefix` leads to it from its entry (`get.`)."""

    def __init__(self, entry: str, prefix: str, values: object, known: Collection[str]) -> None:
        """Raises InvalidCatalog where it is no mapping, or has a field that is not among `known`."""
        if not isinstance(values, dict):
            raise wrong(entry, prefix.rstrip(".") or "(itself)", values, "a mapping")
        self._entry = entry
        self._prefix = prefix
        self._values: Mapping[Any, Any] = values
        for field in values:
            if field not in known:
                raise self.wrong(field, f"only the fields {sorted(known)}")

    def wrong(self, field: str, allowed: str) -> InvalidCatalog:
        """The error that says what the field may hold instead of what it holds."""
        return wrong(self._entry, f"{self._prefix}{field}", self._values.get(field), allowed)

    def part(self, field: str, known: Collection[str]) -> Fields | None:
        """A mapping below this one; None where it is not given. Raises InvalidCatalog as the others do."""
        if field not in self._values:
            return None
        return Fields(self._entry, f"{self._prefix}{field}.", self._values[field], known)

    def text(self, field: str, default: str | None = None) -> str:
        """A string that is not empty; it must be given where there is no default."""
        value = self._values.get(field, default)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(field, "a string that is not empty")
        return value

    def optional_text(self, field: str) -> str | None:
        """A string that is not empty, or None where it is not given."""
        return self.text(field) if field in self._values else None

    def choice(self, field: str, allowed: Collection[str]) -> str:
        """One of a few values."""
        value = self._values.get(field)
        if not isinstance(value, str) or value not in allowed:
            raise self.wrong(field, f"one of {', '.join(allowed)}")
        return value

    def matching(self, field: str, pattern: re.Pattern[str], allowed: str) -> str:
        """A string of a certain form."""
        value = self.text(field)
        if not pattern.fullmatch(value):
            raise self.wrong(field, allowed)
        return value

    def texts(self, field: str) -> tuple[str, ...]:
        """Strings that are not empty; none where they are not given."""
        value = self._values.get(field, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(field, "a list of strings that are not empty")
        return tuple(value)

    def pointers(self, field: str) -> tuple[str, ...]:
        """JSON pointers."""
        pointers = self.texts(field)
        for pointer in pointers:
            if not _POINTER.fullmatch(pointer):
                allowed = "JSON pointers such as /routeRules or /backendSets/*/backends"
                raise wrong(self._entry, f"{self._prefix}{field}", pointer, allowed)
        return pointers

    def flag(self, field: str) -> bool:
        """True or false; false where it is not given."""
        value = self._values.get(field, False)
        if not isinstance(value, bool):
            raise self.wrong(field, "true or false")
        return value

    def source(self, field: str) -> str:
        """Where a value comes from."""
        return self.matching(field, _SOURCE, SOURCES)

    def sources(self, field: str) -> dict[str, str]:
        """Where the values of parameters come from, by parameter; empty where it is not given."""
        return self._parameters(field, f"a mapping from SDK parameters to {SOURCES}", _is_source, SOURCES)

    def constants(self, field: str) -> dict[str, str | bool]:
        """Values of parameters, by parameter; empty where it is not given."""
        allowed = "a string that is not empty, true or false"
        return self._parameters(field, "a mapping from SDK parameters to values", _is_constant, allowed)

    def _parameters(
        self, field: str, allowed: str, is_allowed: Callable[[object], bool], allowed_value: str
    ) -> dict[str, Any]:
        given = self._values.get(field, {})
        if not isinstance(given, dict):
            raise self.wrong(field, allowed)
        for parameter, value in given.items():
            if not is_allowed(value):
                raise wrong(self._entry, f"{self._prefix}{field}.{parameter}", value, allowed_value)
        return {str(parameter): value for parameter, value in given.items()}


def _is_source(value: object) -> bool:
    return isinstance(value, str) and _SOURCE.fullmatch(value) is not None


def _is_constant(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and bool(value.strip()))
