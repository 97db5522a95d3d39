"""A documentation page's fenced blocks, each with what its marker says of it, and its tables.

A marker is an HTML comment on the line above the fence: `<!-- duckdb: untagged -->` names a block and how it
is run, `<!-- not run: oracle -->` says that it is not, and for what it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
#: Languages of blocks that somebody would run; the others only show something.
RUNNABLE = ("sh", "sql", "python")
NOT_RUN = "not run"

_BLOCK = re.compile(
    r"^(?:<!-- (?P<way>[a-z ]+): (?P<name>[\w ]+) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `way` is how it is run (None without a marker), `name` what the marker calls it."""

    way: str | None
    name: str | None
    language: str
    text: str


def blocks_of(page: str) -> list[Block]:
    """All fenced blocks of a page below `docs`, in order."""
    found = _BLOCK.finditer((DOCS / page).read_text("utf-8"))
    return [Block(*match.group("way", "name", "language", "text")) for match in found]


def block(page: str, way: str, name: str) -> str:
    """The text of the one block that is run in this way and has this name."""
    (text,) = [found.text for found in blocks_of(page) if (found.way, found.name) == (way, name)]
    return text


def table(page: str, title: str, *, number: int = 0) -> list[dict[str, str]]:
    """The rows of the so-manyth table below a heading, by column."""
    text = (DOCS / page).read_text("utf-8")
    (_, section) = re.split(rf"\n#+ {re.escape(title)}\n", text)
    lines = re.split(r"\n#+ ", section)[0].splitlines()
    tables = [list(rows) for is_row, rows in groupby(lines, lambda line: line.startswith("|")) if is_row]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in tables[number]]
    return [dict(zip(head, row, strict=True)) for row in rows]


def codes(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)
