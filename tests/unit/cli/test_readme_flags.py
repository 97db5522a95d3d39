"""The README's table of `oci-inv`'s settings says what the command does."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import NamedTuple

from inventory.cli.options import DESCRIPTIONS, ENVIRONMENT_PREFIX, Options, key_of

README = Path(__file__).parents[3] / "README.md"
_ROW = re.compile(r"\| `--([a-z-]+)` \| `(\w+)` \| (none|required|`[^`]+`) \| (.+) \|")


class Row(NamedTuple):
    """A setting's flag, variable, default, and what it is."""

    flag: str
    variable: str
    default: str
    meaning: str


def documented() -> list[Row]:
    """The rows in their order; of the meaning what stands before a semicolon."""
    rows = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("| `--")]
    found = []
    for row in rows:
        match = _ROW.fullmatch(row)
        assert match, f"not a row of the table of flags: {row}"
        meaning = match[4].replace("`", "").partition(";")[0].removesuffix(".")
        found.append(Row(match[1], match[2], match[3], meaning))
    return found


def coded() -> list[Row]:
    """The rows as `--help` and the defaults have them."""
    return [
        Row(
            flag=key_of(field.name),
            variable=ENVIRONMENT_PREFIX + field.name.upper(),
            default=_shown(field.default),
            meaning=_sentence(DESCRIPTIONS[field.name]),
        )
        for field in fields(Options)
    ]


def _shown(default: object) -> str:
    if default is MISSING:
        return "required"
    return "none" if default is None else f"`{default}`"


def _sentence(description: str) -> str:
    meaning = description.partition(";")[0]
    return meaning[:1].upper() + meaning[1:]


def test_the_readme_lists_every_flag_with_its_variable_default_and_meaning() -> None:
    assert documented() == coded()
