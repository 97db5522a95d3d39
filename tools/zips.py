"""ZIP files that are the same bytes for the same files, whoever builds them, wherever and whenever.

That holds for one version of zlib. Which files, in which order and under which names is for the callers.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

# The first that a ZIP file can hold: times say nothing here, and would differ from build to build.
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_REGULAR_READABLE = 0o100644


def write_zip(path: Path, entries: Iterable[tuple[str, bytes]]) -> None:
    """Write names and contents, in this order, as regular files that all may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_READABLE << 16
            archive.writestr(entry, content)
