"""Shards: the sorted, compressed files in which a region worker hands over what it found.

Decides a shard's bytes and what its listing says about it. Cutting a region into shards of a bearable size is
the caller's part: a shard is built in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.model.canonical import canonical_line, parse_json, sha256_hex
from inventory.model.record import Record, RecordKey, record_key
from inventory.stages.gzip_members import FAST, gzip_chunks
from inventory.stages.keyed_lines import record_problem

#: A finished record as a shard holds it: its key and its canonical line.
Row = tuple[RecordKey, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A shard's bytes and what they hold. `sha256` is that of `body`, in hex; no records, empty keys."""

    body: bytes
    sha256: str
    count: int
    first_key: RecordKey
    last_key: RecordKey


def shard_row(record: Record) -> Row:
    """A record's row; it takes a fifth of the memory that the record takes.

    Raises ValueError for what is no record: nothing may be committed that the aggregator would refuse.
    """
    if problem := record_problem(record):
        raise ValueError(f"not a record: {problem}")
    line = canonical_line(record)
    key = record_key(record)
    if not all(map(str.isascii, key)):
        # The key is read from the line, as a reader will find it: lone surrogates change on the way.
        key = record_key(parse_json(line))
    return key, line


def build_shard(rows: Iterable[Row]) -> Shard:
    """Sort rows, in any order, into the bytes of a shard.

    Of records with one OCID and type the later one stays later. Equal keys without OCID are sorted by their
    lines, so that their ordinals do not depend on the order in which a service answered.
    """
    rows = sorted(rows, key=lambda row: sort_token(*row))
    body = b"".join(gzip_chunks((line for _, line in rows), level=FAST))
    return Shard(
        body=body,
        sha256=sha256_hex(body),
        count=len(rows),
        first_key=rows[0][0] if rows else (),
        last_key=rows[-1][0] if rows else (),
    )


def sort_token(key: RecordKey, line: bytes) -> tuple[RecordKey, bytes]:
    """What sorts shards: the key and, where there is no OCID, the line after it."""
    return key, b"" if key[0] else line
