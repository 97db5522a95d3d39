"""The command line: reads arguments, does one thing, and says how it went by its exit code.

0: as it should be. 1: something was found. 2: wrong usage or settings, or the bucket cannot be read.
3: a bug.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TextIO

from inventory.cli.connect import open_store
from inventory.cli.options import DESCRIPTIONS, ENVIRONMENT_PREFIX, Options, key_of, read_options
from inventory.cli.verification import verification_json, verification_text
from inventory.errors import InvalidSettings, InventoryError, ObjectNotFound
from inventory.model.canonical import canonical_line
from inventory.model.names import ObjectNames, run_started_at
from inventory.roles.verifier.verify import verify_run

CLEAN = 0
FOUND = 1
UNUSABLE = 2
BROKEN = 3

LATEST = "latest"

_EPILOG = f"""\
where settings come from:
  Each of the settings may be given as a flag, as an environment variable (--endpoint-template is
  {ENVIRONMENT_PREFIX}ENDPOINT_TEMPLATE), or in a TOML file that --config or {ENVIRONMENT_PREFIX}CONFIG names
  (endpoint-template = "..."). A flag wins over a variable, a variable over the file.

exit codes:
  0  the run is as it should be
  1  something was found
  2  wrong usage or settings, no such run, or the bucket cannot be read
  3  a bug of this program

examples:
  oci-inv verify --bucket inventory-bucket
  oci-inv verify --bucket inventory-bucket --run 20261123T040000Z-1a2b3c4d --json
"""
_VERIFY = """\
Read a run from the bucket and hold everything in it against everything else: each document and line against
its schema and its canonical bytes; ETags, sizes, hashes and counts against what lists them; shards against
checkpoints; the inventory against shards and baseline; tables, relationships, differences, summary and
coverage against the inventory; and the pointer. Nothing is written. The signer needs to read the objects of
the bucket and to list them.
"""


def main(argv: Sequence[str], environ: Mapping[str, str], out: TextIO, err: TextIO) -> int:
    """Run the command with these arguments; returns the exit code. argparse ends the process for --help."""
    arguments = _parser().parse_args(argv)
    try:
        return _verify(arguments, environ, out)
    except (InvalidSettings, ObjectNotFound) as exc:
        print(f"oci-inv: {exc}", file=err)
    except InventoryError as exc:
        print(f"oci-inv: the bucket cannot be read: {exc}", file=err)
    return UNUSABLE


def run() -> None:
    """The entry point of the installed command."""
    try:
        code = main(sys.argv[1:], os.environ, sys.stdout, sys.stderr)
    except Exception:  # an exit code of 1 would say that something was found
        traceback.print_exc()
        code = BROKEN
    sys.exit(code)


def _verify(arguments: argparse.Namespace, environ: Mapping[str, str], out: TextIO) -> int:
    flags = {field.name: getattr(arguments, field.name) for field in fields(Options)}
    mistakes: list[str] = []
    run_id = _run_id(arguments.run, mistakes)
    options = read_options(flags, environ, config=arguments.config, mistakes=mistakes)
    with open_store(options, environ) as store:
        verification = verify_run(store, ObjectNames(prefix=options.prefix), run_id)
    if arguments.json:
        out.write(canonical_line(verification_json(verification)).decode())
    else:
        out.write(verification_text(verification, prefix=options.prefix))
    return CLEAN if verification.is_clean else FOUND


def _run_id(text: str, mistakes: list[str]) -> str | None:
    if text == LATEST:
        return None
    try:
        run_started_at(text)
    except ValueError:
        allowed = f"{LATEST}, or a run id such as 20261123T040000Z-1a2b3c4d"
        mistakes.append(f"--run is {text!r}; allowed: {allowed}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oci-inv",
        description="Work with the inventory of an OCI tenancy that lies in a bucket.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser(
        "verify",
        help="check that a run is what it says it is",
        description=_VERIFY,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument("--run", default=LATEST, metavar="RUN_ID", help="a run id, or latest (the default)")
    verify.add_argument("--json", action="store_true", help="tell everything as one JSON document")
    settings = verify.add_argument_group("settings")
    settings.add_argument("--config", metavar="FILE", help="a TOML file with settings")
    for field in fields(Options):
        settings.add_argument(
            f"--{key_of(field.name)}", dest=field.name, metavar="TEXT", help=DESCRIPTIONS[field.name]
        )
    return parser
