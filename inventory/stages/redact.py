"""Taking secrets out of values before they leave a worker.

Applies the tables of `secrets` and the fields that a setting adds. Says where something was replaced,
never what it was. Values are JSON; what is not replaced is shared with the input, which is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import is_

import orjson

from inventory.model.canonical import JsonValue, canonical_line, sha256_hex
from inventory.model.ocid import is_ocid
from inventory.model.record import Record
from inventory.stages.relationships import FREE_MAPS
from inventory.stages.secrets import (
    FREE_ENDINGS,
    REDACTED,
    SECRET_ENDINGS,
    SECRET_FORMS,
    TEXT_NAMES,
    SecretForm,
)

#: The fields of a record that can hold secrets; the others are identifiers, states and times.
REDACTED_FIELDS = ("displayName", "definedTags", "freeformTags", "enrichError", "details")

# How much a field's name says about its value.
_OPEN, _SECRET_TEXT, _SECRET = 0, 1, 2

_NOT_ALPHANUMERIC = re.compile(r"[^0-9a-z]")


class Redactor:
    """Replaces secrets by `[REDACTED]`; safe to use from several threads.

    `extra_fields` are further names of fields (compared as wholes) that hold secrets. `fingerprint`
    changes whenever other rules apply.
    """

    def __init__(self, extra_fields: Iterable[str] = ()) -> None:
        self._extra_names = frozenset(filter(None, map(_folded, extra_fields)))
        self._secrecy = lru_cache(maxsize=8192)(self._secrecy_of_name)
        forms = [[form.name, *form.markers, form.pattern.pattern, form.replacement] for form in SECRET_FORMS]
        endings = [sorted(SECRET_ENDINGS), sorted(FREE_ENDINGS)]
        rules = [sorted(TEXT_NAMES), *endings, forms, sorted(self._extra_names)]
        self.fingerprint = sha256_hex(canonical_line(rules))

    def redact(self, value: JsonValue, path: Sequence[str] = ()) -> tuple[JsonValue, list[str]]:
        """The value without secrets, and the sorted JSON pointers (below `path`) of what was replaced."""
        found: list[str] = []
        redacted = self._redacted(value, _OPEN, _possible_forms(value), list(path), found)
        return redacted, sorted(found)

    def redact_record(self, record: Record) -> tuple[Record, list[str]]:
        """The record without secrets, and the sorted JSON pointers of what was replaced."""
        parts = {field: record[field] for field in REDACTED_FIELDS if field in record}
        redacted, found = self.redact(parts)
        return ({**record, **redacted} if found else record), found

    def _secrecy_of_name(self, name: str) -> int:
        folded = _folded(name)
        if folded in self._extra_names or folded.endswith(SECRET_ENDINGS):
            return _SECRET
        return _SECRET_TEXT if folded in TEXT_NAMES else _OPEN

    def _redacted(
        self,
        value: JsonValue,
        secrecy: int,
        forms: tuple[SecretForm, ...],
        path: list[str],
        found: list[str],
    ) -> JsonValue:
        """The value itself where nothing had to be replaced, else a copy."""
        if isinstance(value, str):
            replaced = _redacted_text(value, secrecy, forms)
        elif isinstance(value, dict):
            return self._redacted_object(value, secrecy, forms, path, found)
        elif isinstance(value, (list, tuple)):
            items = []
            for index, item in enumerate(value):
                path.append(str(index))
                items.append(self._redacted(item, secrecy, forms, path, found))
                path.pop()
            return value if all(map(is_, items, value)) else items
        elif secrecy == _SECRET and not isinstance(value, bool) and value is not None:
            replaced = REDACTED
        else:
            return value
        if replaced == value:
            return value
        found.append(_pointer(path))
        return replaced

    def _redacted_object(
        self,
        value: dict[str, JsonValue],
        secrecy: int,
        forms: tuple[SecretForm, ...],
        path: list[str],
        found: list[str],
    ) -> JsonValue:
        # Below a secret name texts are secrets, but numbers describe them.
        inherited = _SECRET_TEXT if secrecy else _OPEN
        pair = self._pair_secrecy(value)
        changes: dict[str, JsonValue] = {}
        names_are_free = _is_below_free_map(path)
        for key, item in value.items():
            item_secrecy = self._secrecy(key) or inherited
            if names_are_free and not item_secrecy and _folded(key).endswith(FREE_ENDINGS):
                item_secrecy = _SECRET_TEXT
            if pair and key in _PAIR_VALUES:
                item_secrecy = pair
            if not item_secrecy and not forms and isinstance(item, str):
                continue
            path.append(key)
            replaced = self._redacted(item, item_secrecy, forms, path, found)
            path.pop()
            if replaced is not item:
                changes[key] = replaced
        return {**value, **changes} if changes else value

    def _pair_secrecy(self, value: dict[str, JsonValue]) -> int:
        """What the name in a `{"name": ..., "value": ...}` object says about its value."""
        for field in _PAIR_NAMES:
            name = value.get(field)
            if isinstance(name, str):
                return self._secrecy(name)
        return _OPEN


def _is_below_free_map(path: list[str]) -> bool:
    # `details.metadata` itself is the service's answer, whose names are the service's.
    return any(segment in FREE_MAPS for segment in (path[2:] if path[:1] == ["details"] else path))


_PAIR_NAMES = ("name", "key")
_PAIR_VALUES = frozenset({"value", "defaultValue", "default_value"})


def _redacted_text(text: str, secrecy: int, forms: tuple[SecretForm, ...]) -> str:
    if secrecy:
        # An OCID under such a name refers to a secret kept elsewhere.
        return text if not text or is_ocid(text) else REDACTED
    if forms:
        lowered = text.lower()
        for form in forms:
            if form.markers[0] in lowered:
                text = form.pattern.sub(form.replacement, text)
    return text


def _possible_forms(value: JsonValue) -> tuple[SecretForm, ...]:
    """The forms that can occur anywhere in the value: usually none, which saves looking at every text."""
    try:
        text = orjson.dumps(value).lower()
    except TypeError:
        return SECRET_FORMS  # orjson does not write every JSON value
    return tuple(
        form
        for form, first, others in _MARKED_FORMS
        if first in text and all(marker in text for marker in others)
    )


# Each form with the bytes of its first and of its other markers.
_MARKED_FORMS = [
    (form, form.markers[0].encode(), tuple(marker.encode() for marker in form.markers[1:]))
    for form in SECRET_FORMS
]


def _folded(name: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", name.lower())


def _pointer(path: Sequence[str]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
