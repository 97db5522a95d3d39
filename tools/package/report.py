"""What was built, for people and for the log of a continuous integration: sizes by part, hashes, what is left
out and why.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.package.archive import CODE, MAX_DIRECT_BYTES, entries
from tools.package.build import Built
from tools.package.image import digest_of

#: Parts below this share of the whole are told together.
_SMALL_SHARE = 0.005


def archive_lines(built: Built) -> Iterator[str]:
    """The archive's parts, the largest first, and what they were before anything was left out."""
    size = built.path.stat().st_size
    yield f"{built.path}"
    yield _row("part", "files", "unpacked", "zipped")
    parts = _parts(built)
    whole = _sum(parts.values())
    large = {name: sizes for name, sizes in parts.items() if sizes[1] >= whole[1] * _SMALL_SHARE}
    small = [sizes for name, sizes in parts.items() if name not in large]
    for name, sizes in sorted(large.items(), key=lambda part: -part[1][1]):
        yield _numbers(name, sizes)
    yield _numbers(f"{len(small)} other packages", _sum(small))
    yield _numbers("all", (whole[0], whole[1], size))
    locked = (
        len(built.packages),
        sum(file.size for file in built.packages.values()),
        sum(wheel.stat().st_size for wheel in built.wheels),
    )
    yield _numbers("all locked packages", locked)
    services = sorted(built.selection.services)
    yield f"  {len(services)} services of the SDK: {', '.join(services)}"
    way = "fits into a request" if size <= MAX_DIRECT_BYTES else "too large for a request: by Object Storage"
    yield f"  {way} ({MAX_DIRECT_BYTES // 1_000_000} MB at most)"
    yield f"  sha256 {sha256_of(built.path)}"


def dropped_lines(built: Built) -> Iterator[str]:
    """What was left out of the packages, by reason, the largest first."""
    yield "Left out of the packages"
    yield _row("why", "files", "unpacked", "")
    sizes = {
        why: (len(files), sum(file.size for file in files)) for why, files in built.selection.dropped.items()
    }
    for why, (files, unpacked) in sorted(sizes.items(), key=lambda part: -part[1][1]):
        yield _row(why, str(files), _megabytes(unpacked), "")


def context_lines(context: Path) -> Iterator[str]:
    """The image's build context."""
    files = [path for path in context.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    yield f"{context}"
    yield f"  {len(files)} files, {_megabytes(size)}"
    yield f"  sha256 {digest_of(context)}, of what sha256sum tells of its sorted files"


def sha256_of(path: Path) -> str:
    """A file's hash in hexadecimal."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _parts(built: Built) -> dict[str, tuple[int, int, int]]:
    """Files, bytes and zipped bytes by distribution, ours among them."""
    owners = {name: file.owner for name, file in entries(built.selection)}
    parts: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    with zipfile.ZipFile(built.path) as archive:
        for entry in archive.infolist():
            name = "our code" if entry.filename.startswith(f"{CODE}/") else owners[entry.filename]
            parts[name].append((1, entry.file_size, entry.compress_size))
    return {name: _sum(sizes) for name, sizes in parts.items()}


def _sum(sizes: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    columns = list(zip(*sizes, strict=True)) or [(), (), ()]
    return sum(columns[0]), sum(columns[1]), sum(columns[2])


def _numbers(name: str, sizes: tuple[int, int, int]) -> str:
    files, unpacked, zipped = sizes
    return _row(name, str(files), _megabytes(unpacked), _megabytes(zipped))


def _row(name: str, files: str, unpacked: str, zipped: str) -> str:
    return f"  {name:<50}{files:>8}{unpacked:>12}{zipped:>12}".rstrip()


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
