"""`python -m tools.stack`: the Resource Manager stack, a ZIP file of the Terraform module with its form.

Decides which files of `terraform/` a stack holds: what Terraform and Resource Manager read, and the README.
Left out are tests, examples, and what a person's own deployment leaves behind (variables, state, plug-ins).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.zips import write_zip

PROJECT = Path(__file__).resolve().parents[1]
MODULE = PROJECT / "terraform"

_OTHERS = ("README.md", "deployment.yaml", "policies.yaml", "schema.yaml")


def stack_files(module: Path = MODULE) -> Iterator[Path]:
    """The files of a stack, sorted; all lie at the root of the module and of the ZIP file.

    Raises FileNotFoundError where one that a stack cannot do without is missing.
    """
    configuration = sorted(module.glob("*.tf"))
    others = [module / name for name in _OTHERS]
    missing = [path.name for path in others if not path.is_file()]
    if missing or not configuration:
        raise FileNotFoundError(f"{module} lacks {', '.join(missing) or 'Terraform files'}")
    yield from sorted([*configuration, *others], key=lambda path: path.name)


def write_stack(path: Path, module: Path = MODULE) -> None:
    """Write the ZIP file. Raises FileNotFoundError as `stack_files`."""
    write_zip(path, [(file.name, file.read_bytes()) for file in stack_files(module)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the stack and say where it lies."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.stack",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("dist/oci-inventory-stack.zip"),
        metavar="FILE",
        help="where to (%(default)s)",
    )
    given = parser.parse_args(arguments)
    write_stack(given.output)
    print(f"{given.output}: {given.output.stat().st_size} bytes, {len(list(stack_files()))} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
