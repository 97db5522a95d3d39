"""Markdown in which text of the tenancy stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# What would make the beginning of a line a heading, a list, a rule or a fence.
_LINE_START = re.compile(r"^(?:(?=[#+\-=~])|(\d+)(?=[.)]))")
# What renderers make a link of without any markup: `https://...` and `www....`.
_BARE_LINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)

#: How many rows a table has at most; `run_summary.json` and `coverage.json` are complete.
MAX_ROWS = 50


class Markup(str):
    """Markdown that means to be Markdown."""

    __slots__ = ()


def text(value: object) -> str:
    """A value inside a line: no markup and no links of its own, no line breaks."""
    if isinstance(value, Markup):
        return value
    written = "" if value is None else str(value)
    for character in "\\`*_<>|[]":
        written = written.replace(character, f"\\{character}")
    written = _BARE_LINK.sub(r"\\", written)
    return " ".join(written.split())


def paragraphs(value: str) -> list[str]:
    """Untrusted text of several lines as quoted paragraphs, each of them plain text."""
    lines = [_LINE_START.sub(r"\1\\", line) for line in map(text, value.splitlines()) if line]
    return [quoted for line in lines for quoted in (f"> {line}", ">")][:-1]


def code(value: str) -> Markup:
    """Our own words as code, in a cell or elsewhere."""
    escaped = value.replace("|", "\\|")
    return Markup(f"`{escaped}`")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table's lines."""
    return [
        "| " + " | ".join(columns) + " |",
        "|" + " --- |" * len(columns),
        *("| " + " | ".join(text(cell) for cell in row) + " |" for row in rows),
    ]


def cut_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, counted: int | None = None
) -> list[str]:
    """A table of at most `MAX_ROWS`, and a line that counts the others and adds up column `counted`."""
    lines = table(columns, rows[:MAX_ROWS])
    rest = rows[MAX_ROWS:]
    if not rest:
        return lines
    total = f", {sum(_number(row[counted]) for row in rest)} in sum" if counted is not None else ""
    return [*lines, "", f"{len(rest)} more rows{total}; all of them are in `run_summary.json`."]


def _number(cell: object) -> int:
    assert isinstance(cell, int)
    return cell


def document(sections: Iterable[list[str]]) -> bytes:
    """The sections, each of some lines, with an empty line behind each."""
    return "\n".join("\n".join([*lines, ""]) for lines in sections).encode("utf-8", "replace")
