"""Two records of one resource, compared field by field.

Decides what a change is and how it is told: by JSON pointer, with the old and the new value as they stand in
the records. Which fields a type's services make flicker, and which arrays have no order, is told by patterns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from inventory.model.canonical import COLLECTED_AT, JsonValue, canonical_line
from inventory.stages.pointers import HERE, Rests, append, descend


class Absent(Enum):
    """The value of a field that is not there, which is not the same as null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One changed field: its JSON pointer in the record and its values, ABSENT where it is not there."""

    pointer: str
    before: JsonValue | Absent
    after: JsonValue | Absent

    def to_dict(self) -> dict[str, Any]:
        """The change as it is written: an absent value has no key."""
        values = {"before": self.before, "after": self.after}
        return {
            "pointer": self.pointer,
            **{name: value for name, value in values.items() if value is not ABSENT},
        }


def compare_values(
    before: Mapping[str, Any], after: Mapping[str, Any], *, ignored: Rests, set_like: Rests
) -> tuple[FieldChange, ...]:
    """The differences between two objects, sorted by pointer.

    `collectedAt` at any depth and what `ignored` matches is not compared; arrays that `set_like` matches are
    equal if they hold the same elements as often. Such arrays, and arrays of different length, are told as a
    whole. Numbers of different JSON form (1, 1.0) and true are different values.
    """
    changes: list[FieldChange] = []
    _compare_objects(before, after, "", ignored, set_like, changes)
    return tuple(sorted(changes, key=lambda change: change.pointer))


def _compare_objects(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    pointer: str,
    ignored: Rests,
    set_like: Rests,
    changes: list[FieldChange],
) -> None:
    for key in before.keys() | after.keys():
        old, new = before.get(key, ABSENT), after.get(key, ABSENT)
        if key == COLLECTED_AT or _is_same(old, new):
            continue
        ignored_below = descend(ignored, key)
        if HERE not in ignored_below:
            _compare(old, new, append(pointer, key), ignored_below, descend(set_like, key), changes)


def _compare(
    old: JsonValue, new: JsonValue, pointer: str, ignored: Rests, set_like: Rests, changes: list[FieldChange]
) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        _compare_objects(old, new, pointer, ignored, set_like, changes)
    elif isinstance(old, list) and isinstance(new, list):
        _compare_arrays(old, new, pointer, ignored, set_like, changes)
    elif not _is_same(old, new):
        changes.append(FieldChange(pointer=pointer, before=old, after=new))


def _compare_arrays(
    old: list[Any], new: list[Any], pointer: str, ignored: Rests, set_like: Rests, changes: list[FieldChange]
) -> None:
    if HERE in set_like:
        if _elements(old, ignored, set_like) != _elements(new, ignored, set_like):
            changes.append(FieldChange(pointer=pointer, before=old, after=new))
    elif len(old) != len(new):
        changes.append(FieldChange(pointer=pointer, before=old, after=new))
    else:
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            ignored_below = descend(ignored, str(index))
            if HERE not in ignored_below:
                below = append(pointer, index)
                _compare(one, other, below, ignored_below, descend(set_like, str(index)), changes)


def _is_same(old: JsonValue, new: JsonValue) -> bool:
    if old != new:
        return False
    # In Python 1, 1.0 and True are equal, and so are containers of them; their canonical bytes are not.
    if isinstance(old, (dict, list)):
        return canonical_line(old) == canonical_line(new)
    return type(old) is type(new)


def _elements(array: list[Any], ignored: Rests, set_like: Rests) -> list[bytes]:
    """An array's elements in an order of their own, as far as they are compared."""
    # An element of a set has no index; only patterns for all elements reach into it.
    ignored, set_like = descend(ignored, "*"), descend(set_like, "*")
    return sorted(canonical_line(_compared(item, ignored, set_like)) for item in array)


def _compared(value: JsonValue, ignored: Rests, set_like: Rests) -> JsonValue:
    """A value without what is not compared, the arrays without order sorted."""
    if HERE in ignored:
        return None
    if isinstance(value, dict):
        return {
            key: _compared(item, below, descend(set_like, key))
            for key, item in value.items()
            if key != COLLECTED_AT and HERE not in (below := descend(ignored, key))
        }
    if isinstance(value, list):
        if HERE in set_like:
            return [line.decode() for line in _elements(value, ignored, set_like)]
        return [
            _compared(item, descend(ignored, str(index)), descend(set_like, str(index)))
            for index, item in enumerate(value)
        ]
    return value
