"""Reads Terraform's files as blocks, without Terraform.

Blocks of one kind are lists of mappings from labels to bodies, as python-hcl2 gives them: literals are
values, every other expression is its text within `${…}`. Evaluates nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

_OPTIONS = SerializationOptions(strip_string_quotes=True, with_comments=False)
#: python-hcl2's mark of a block, which tells it from an attribute that holds an object.
IS_BLOCK = "__is_block__"

Blocks = dict[str, Any]


def parse(text: str) -> Blocks:
    """The blocks of a file's text by kind."""
    blocks: Blocks = hcl2.loads(text, serialization_options=_OPTIONS)
    return blocks


def read_directory(directory: Path) -> Blocks:
    """The blocks of all `.tf` files of one directory, by kind, in the order of the files' names."""
    together: Blocks = {}
    for path in sorted(directory.glob("*.tf")):
        for kind, blocks in parse(path.read_text(encoding="utf-8")).items():
            together.setdefault(kind, []).extend(blocks)
    return together


def labelled(blocks: Iterable[Blocks]) -> Iterator[tuple[str, Blocks]]:
    """Label and body of blocks with one label, such as variables and outputs."""
    for block in blocks:
        yield from ((label, body) for label, body in block.items() if label != IS_BLOCK)


def twice_labelled(blocks: Iterable[Blocks]) -> Iterator[tuple[str, str, Blocks]]:
    """Type, name and body of resources and data sources."""
    for kind, named in labelled(blocks):
        yield from ((kind, name, body) for name, body in named.items() if name != IS_BLOCK)


def local_values(blocks: Blocks) -> dict[str, Any]:
    """All locals of a directory by name."""
    return {
        name: value for each in blocks.get("locals", ()) for name, value in each.items() if name != IS_BLOCK
    }
