"""`python -m tools.package.prune --code /function --packages /python`: what the image's build runs.

Takes out of an installation what `selection` leaves out, so that the image holds what the archive does.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tools.package.files import in_folder
from tools.package.selection import select


def prune(code: Path, packages: Path) -> int:
    """Delete from both folders all files that are not needed, bytecode among them; how many are left."""
    selection = select(in_folder(code), in_folder(packages))
    for root, kept in ((code, selection.code), (packages, selection.packages)):
        # Deepest first, so that a folder is empty before it is looked at.
        for path in sorted(root.rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.relative_to(root).as_posix() not in kept:
                path.unlink()
    return len(selection.code) + len(selection.packages)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prune the two folders."""
    parser = argparse.ArgumentParser(prog="python -m tools.package.prune", description=__doc__)
    parser.add_argument("--code", type=Path, required=True, help="the folder with func.py")
    parser.add_argument("--packages", type=Path, required=True, help="the folder that pip installed into")
    given = parser.parse_args(arguments)
    print(f"{prune(given.code, given.packages)} files are kept")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
