"""Stands in for Oracle's `oci` command line over a bucket whose objects are plain files.

Knows the two commands of docs/reading-results.md that fetch objects, and refuses every other word.
`BUCKET_DIR` is the bucket's directory, whose name is the bucket's. `make cli-test` runs the same blocks by
the real one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path


def main(words: list[str]) -> int:
    """Run one command; returns the exit code."""
    bucket = Path(os.environ["BUCKET_DIR"])
    parser = argparse.ArgumentParser(prog="oci", allow_abbrev=False)
    commands = parser.add_subparsers(required=True)
    get = commands.add_parser("get", allow_abbrev=False)
    get.add_argument("--bucket-name", required=True, choices=[bucket.name])
    get.add_argument("--name", required=True)
    get.add_argument("--file", required=True, type=Path)
    get.set_defaults(run=_get)
    bulk = commands.add_parser("bulk-download", allow_abbrev=False)
    bulk.add_argument("--bucket-name", required=True, choices=[bucket.name])
    bulk.add_argument("--prefix", required=True)
    bulk.add_argument("--download-dir", required=True, type=Path)
    bulk.set_defaults(run=_bulk_download)
    if words[:2] != ["os", "object"]:
        parser.error(f"unknown command: {' '.join(words)}")
    options = parser.parse_args(words[2:])
    options.run(bucket, options)
    return 0


def _get(bucket: Path, options: argparse.Namespace) -> None:
    shutil.copyfile(bucket / options.name, options.file)


def _bulk_download(bucket: Path, options: argparse.Namespace) -> None:
    for path in bucket.rglob("*"):
        name = path.relative_to(bucket).as_posix()
        if path.is_file() and name.startswith(options.prefix):
            target = options.download_dir / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
