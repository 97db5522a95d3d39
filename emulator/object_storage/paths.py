"""Where an object's content lies: its name as a path below its bucket's directory.

Decides file names. Normal names stay as they are; what a file system cannot hold is written with `%`: empty
and dot segments, control characters, `%` itself, very long segments. Where two names want one place (objects
`a` and `a/b`, or `A` and `a` on a file system that does not tell them apart), the later one gets a mark:
`a%file` beside the directory `a`, `a%dir/b` beside the file `a`. The caller remembers the path, and holds a
lock while it asks.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_MAX_SEGMENT_BYTES = 180


def free_path(directory: Path, name: str) -> Path:
    """A path below `directory` for a new object: nothing is there, every parent can be a directory."""
    *parents, leaf = [_segment(part) for part in name.split("/")]
    for parent in parents:
        directory = directory / parent
        while os.path.lexists(directory) and not directory.is_dir():
            directory = directory.with_name(f"{directory.name}%dir")
    path = directory / leaf
    while os.path.lexists(path):
        path = path.with_name(f"{path.name}%file")
    return path


def prune(path: Path, root: Path) -> None:
    """Remove the directories that a deleted file left empty, up to but not including `root`."""
    for parent in path.parents:
        if parent == root or any(parent.iterdir()):
            return
        parent.rmdir()


def _segment(text: str) -> str:
    if text in ("", ".", ".."):
        return "%" + text.replace(".", "%2E")
    written = "".join(
        f"%{ord(character):02X}"
        if character == "%" or ord(character) < 32 or character == "\x7f"
        else character
        for character in text
    )
    encoded = written.encode()
    if len(encoded) <= _MAX_SEGMENT_BYTES:
        return written
    digest = hashlib.sha256(encoded).hexdigest()[:16]
    return f"{encoded[:_MAX_SEGMENT_BYTES].decode(errors='ignore')}%~{digest}"
