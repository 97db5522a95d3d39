"""What a verification finds, and how much of it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

#: One broken file may break every line; so many findings tell which kind of damage it is.
MAX_FINDINGS_PER_OBJECT = 20
_MAX_SHOWN = 200
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be: in which object, at which line or field, what is there, and
    what should be."""

    object_name: str
    place: str
    found: str
    expected: str


@dataclass(slots=True, kw_only=True)
class Findings:
    """Everything that was found, in the order of finding.

    `untold` counts what was found in an object beyond the limit. `notes` are (object, reason) of what could
    not be checked without being wrong. `lines` counts the checked lines, rows and documents by object.
    """

    told: list[Finding] = field(default_factory=list)
    untold: Counter[str] = field(default_factory=Counter)
    notes: list[tuple[str, str]] = field(default_factory=list)
    lines: Counter[str] = field(default_factory=Counter)
    _by_object: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All findings, told or not."""
        return len(self.told) + self.untold.total()

    def add(self, object_name: str, place: str, *, found: object, expected: object) -> None:
        """Note a finding; strings stand as they are, other values as Python shows them."""
        self._by_object[object_name] += 1
        if self._by_object[object_name] > MAX_FINDINGS_PER_OBJECT:
            self.untold[object_name] += 1
            return
        self.told.append(
            Finding(object_name=object_name, place=place, found=_shown(found), expected=_shown(expected))
        )

    def expect(self, object_name: str, place: str, *, found: object, expected: object) -> bool:
        """Note a finding where two values differ; returns whether they are equal."""
        if found == expected:
            return True
        self.add(object_name, place, found=found, expected=expected)
        return False

    def expect_json(
        self, object_name: str, pointer: str, *, found: Any, expected: Any, context: str = ""
    ) -> None:
        """Note the places below a JSON pointer in which two JSON values differ."""
        if found == expected:
            return
        if isinstance(found, dict) and isinstance(expected, dict):
            steps: list[Any] = sorted(found.keys() | expected.keys(), key=str)
            pairs = [(step, found.get(step, _NOTHING), expected.get(step, _NOTHING)) for step in steps]
        elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
            pairs = list(zip(range(len(found)), found, expected, strict=True))
        else:
            self.add(object_name, f"field {pointer or '/'}{context}", found=found, expected=expected)
            return
        for step, one, other in pairs:
            below = f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"
            self.expect_json(object_name, below, found=one, expected=other, context=context)

    def note(self, object_name: str, reason: str) -> None:
        """Say that something was not checked, and why."""
        if (object_name, reason) not in self.notes:
            self.notes.append((object_name, reason))


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."
