"""`python -m tools.package`: build the archive and the image's build context, and tell what they hold.

The archive is for one version of Python and one machine. `SHA256SUMS` beside it is for `sha256sum --check`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.package.archive import ArchiveTooLargeError
from tools.package.build import DEFAULT, build_archive, build_context
from tools.package.report import archive_lines, context_lines, dropped_lines, sha256_of
from tools.package.wheels import FetchError, Target

PROJECT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and tell; 1 where a wheel is missing or the archive is too large."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.package",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--python", default=DEFAULT.python, help="the runtime's Python (%(default)s)")
    parser.add_argument(
        "--platform",
        default=DEFAULT.machine,
        choices=("x86_64", "aarch64"),
        help="the application's machine (%(default)s)",
    )
    parser.add_argument(
        "--no-parquet",
        action="store_true",
        help="leave pyarrow out, for functions with INVENTORY_PARQUET=false",
    )
    parser.add_argument("--output", type=Path, default=Path("dist"), help="where to (%(default)s)")
    parser.add_argument(
        "--cache", type=Path, default=Path("build/wheels"), help="where wheels are kept (%(default)s)"
    )
    given = parser.parse_args(arguments)
    try:
        built = build_archive(
            PROJECT,
            given.output,
            target=Target(python=given.python, machine=given.platform),
            parquet=not given.no_parquet,
            cache=given.cache,
        )
    except (FetchError, ArchiveTooLargeError) as error:
        print(error, file=sys.stderr)
        return 1
    context = build_context(PROJECT, built.selection.code, given.output)
    archives = sorted(given.output.glob("*.zip"))
    sums = "".join(f"{sha256_of(path)}  {path.name}\n" for path in archives)
    (given.output / "SHA256SUMS").write_text(sums)
    for lines in (archive_lines(built), dropped_lines(built), context_lines(context)):
        print(*lines, sep="\n", end="\n\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
