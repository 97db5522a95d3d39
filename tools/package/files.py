"""Files by the path that they have where a function looks for its modules, in a folder or still in wheels."""

from __future__ import annotations

import importlib.metadata
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: What an installer writes beside a module; never part of a package.
BYTECODE = "__pycache__"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file; `owner` is the distribution that it belongs to, empty for our own code and for scripts."""

    path: str
    size: int
    owner: str = ""
    read: Callable[[], bytes] = field(repr=False, compare=False)


#: Files by path, with slashes.
Files = Mapping[str, File]


def in_folder(root: Path, *parts: str) -> dict[str, File]:
    """All files below a folder, or below these parts of it, without bytecode.

    Owners are what distributions that are installed there tell.
    """
    owners = {
        str(path): distribution.metadata["Name"]
        for distribution in importlib.metadata.distributions(path=[str(root)])
        for path in distribution.files or ()
    }
    tops = [root / part for part in parts] or [root]
    paths = [path for top in tops for path in ([top] if top.is_file() else top.rglob("*"))]
    found = {}
    for path in sorted(paths):
        if path.is_file() and BYTECODE not in path.parts:
            name = path.relative_to(root).as_posix()
            found[name] = File(
                path=name, size=path.stat().st_size, owner=owners.get(name, ""), read=path.read_bytes
            )
    return found


def in_wheels(wheels: Sequence[Path]) -> dict[str, File]:
    """What wheels would install, read in place: an installation would add scripts and records of its own.

    Raises ValueError for a wheel whose modules are not all at its root, or two that hold the same path.
    """
    found: dict[str, File] = {}
    for wheel in sorted(wheels):
        # It stays open for as long as one of its files is kept.
        opened = zipfile.ZipFile(wheel)
        owner = wheel.name.partition("-")[0]
        for entry in opened.infolist():
            if entry.is_dir():
                continue
            top, _, rest = entry.filename.partition("/")
            if top.endswith(".data"):
                if rest.startswith(("purelib/", "platlib/", "data/")):
                    raise ValueError(f"{wheel.name} installs {rest} elsewhere than it lies")
                continue
            if entry.filename in found:
                raise ValueError(f"{wheel.name} and {found[entry.filename].owner} both hold {entry.filename}")
            found[entry.filename] = File(
                path=entry.filename, size=entry.file_size, owner=owner, read=_reader(opened, entry)
            )
    return found


def _reader(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], bytes]:
    return lambda: opened.read(entry)
