"""The build context of the image: all that its Dockerfile copies, and nothing that is not in the project.

Packages are installed by the image's build, for the machine that builds it, and pruned there by the same
rules as the archive's.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from tools.package.files import Files
from tools.package.wheels import LOCK

#: What the image's build runs of this package.
_PRUNING = ("__init__", "files", "imports", "left_out", "prune", "selection", "services")


def write_context(project: Path, code: Files, folder: Path) -> None:
    """Write the folder anew; `code` is what `selection` keeps of ours."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, file in code.items():
        _write(folder / path, file.read())
    here = Path(__file__).parent
    for source, name in (
        (project / "func.yaml", "func.yaml"),
        (project / LOCK, "requirements.txt"),
        (here / "Dockerfile", "Dockerfile"),
        (here.parent / "__init__.py", "tools/__init__.py"),
        *((here / f"{module}.py", f"tools/package/{module}.py") for module in _PRUNING),
    ):
        _write(folder / name, source.read_bytes())


def digest_of(folder: Path) -> str:
    """SHA-256 over all files' names and contents, in the form and order of `sha256sum`."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
