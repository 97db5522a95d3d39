"""From the project and its lock to the two things that can be deployed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inventory import __version__
from tools.package.archive import write_archive
from tools.package.files import Files, in_folder, in_wheels
from tools.package.image import write_context
from tools.package.selection import Selection, select
from tools.package.wheels import LOCK, Target, fetch_wheels

#: Oracle's default for new Python functions, and the usual shape of an application.
DEFAULT = Target(python="3.12", machine="x86_64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An archive: where it lies, what it was chosen from, and what was chosen."""

    path: Path
    wheels: list[Path]
    packages: Files
    selection: Selection


def build_archive(
    project: Path, folder: Path, *, target: Target | None, parquet: bool = True, cache: Path
) -> Built:
    """Write the archive of the project's code for a target into a folder.

    `target` None is the running interpreter, for trying an archive where it was built. That of the default
    target has the plain name, others tell what they are for. Raises FetchError, ArchiveTooLargeError, and
    what `select` raises.
    """
    wheels = fetch_wheels(project / LOCK, target, cache)
    packages = in_wheels(wheels)
    selection = select(project_code(project), packages, parquet=parquet)
    traits = [] if target == DEFAULT else [str(target) if target is not None else "here"]
    traits += [] if parquet else ["no-parquet"]
    path = folder / f"{'-'.join(('oci-inventory-code', __version__, *traits))}.zip"
    write_archive(selection, path)
    return Built(path=path, wheels=wheels, packages=packages, selection=selection)


def build_context(project: Path, code: Files, folder: Path) -> Path:
    """Write the image's build context below a folder; `code` as selected. Returns where it lies."""
    context = folder / "image"
    write_context(project, code, context)
    return context


def project_code(project: Path) -> Files:
    """Our own files, from which a selection chooses."""
    return in_folder(project, "func.py", "inventory")
