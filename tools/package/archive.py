"""The archive of a code-only function, in the layout that OCI Functions asks of Python: `function/` with the
handler's module, `python/` with its packages.

Source: Oracle's pages "Creating Python Code-only Functions" and "About Code-only Functions", which also give
the largest sizes. Not documented: whether the runtime brings an `fdk` of its own; one is among the packages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tools.package.files import File
from tools.package.selection import Selection
from tools.zips import write_zip

CODE = "function"
PACKAGES = "python"
HANDLER = "func.handler"

#: What may travel in the request itself, and what may lie in a bucket.
MAX_DIRECT_BYTES = 25_000_000
MAX_STORED_BYTES = 250_000_000


class ArchiveTooLargeError(Exception):
    """OCI Functions would not take it from anywhere."""


def write_archive(selection: Selection, path: Path) -> None:
    """Write the ZIP file. Raises ArchiveTooLargeError."""
    write_zip(path, ((name, file.read()) for name, file in entries(selection)))
    size = path.stat().st_size
    if size > MAX_STORED_BYTES:
        raise ArchiveTooLargeError(f"{path} has {size} bytes; OCI Functions takes {MAX_STORED_BYTES}")


def entries(selection: Selection) -> Iterator[tuple[str, File]]:
    """Names in the archive with their files, sorted."""
    named = {f"{CODE}/{path}": file for path, file in selection.code.items()}
    named |= {f"{PACKAGES}/{path}": file for path, file in selection.packages.items()}
    yield from sorted(named.items())
