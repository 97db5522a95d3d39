"""The archive of a code-only function, in the layout that OCI Functions asks of Python: `function/` with the
handler's module, `python/` with its packages.

Source: Oracle's pages "Creating Python Code-only Functions" and "About Code-only Functions", which also give
the largest sizes. Not documented: whether the runtime brings an `fdk` of its own; one is among the packages.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from tools.package.files import File
from tools.package.selection import Selection

CODE = "function"
PACKAGES = "python"
HANDLER = "func.handler"

#: What may travel in the request itself, and what may lie in a bucket.
MAX_DIRECT_BYTES = 25_000_000
MAX_STORED_BYTES = 250_000_000

# The first that a ZIP file can hold: times say nothing here, and would differ from build to build.
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_REGULAR_READABLE = 0o100644


class ArchiveTooLargeError(Exception):
    """OCI Functions would not take it from anywhere."""


def write_archive(selection: Selection, path: Path) -> None:
    """Write the ZIP file: the same bytes for the same files, wherever and whenever it is built.

    That holds for one version of zlib. Raises ArchiveTooLargeError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in entries(selection):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_READABLE << 16
            archive.writestr(entry, file.read())
    size = path.stat().st_size
    if size > MAX_STORED_BYTES:
        raise ArchiveTooLargeError(f"{path} has {size} bytes; OCI Functions takes {MAX_STORED_BYTES}")


def entries(selection: Selection) -> Iterator[tuple[str, File]]:
    """Names in the archive with their files, sorted."""
    named = {f"{CODE}/{path}": file for path, file in selection.code.items()}
    named |= {f"{PACKAGES}/{path}": file for path, file in selection.packages.items()}
    yield from sorted(named.items())
