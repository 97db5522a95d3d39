"""Files of records as checked streams: every line parsed, in order, and nothing missing.

Decides when a shard or an inventory is not what its listing says. Lines that are valid but not canonical are
accepted: the ancestor's files may be read too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from inventory.errors import InvalidDocument
from inventory.model.canonical import parse_json
from inventory.model.record import RECORD_FIELDS, Record, RecordKey, identity_of, record_key
from inventory.stages.gzip_members import iter_lines


class KeyedLine(NamedTuple):
    """One line of a file of records; a tuple, because a run makes a million of them.

    `record` is the parsed line and is never changed, `line` its bytes with the newline.
    """

    key: RecordKey
    record: Record
    line: bytes


_REQUIRED = frozenset(RECORD_FIELDS)
# What the stages rely on; other fields may hold whatever JSON the services gave.
_FIELD_TYPES: tuple[tuple[str, type | tuple[type, ...], str], ...] = (
    ("ocid", (str, type(None)), "a string or null"),
    ("resourceType", str, "a string"),
    ("region", str, "a string"),
    ("collectedAt", str, "a string"),
    ("enrichStatus", str, "a string"),
    ("details", dict, "an object"),
    ("relationships", list, "an array"),
)
_RELATIONSHIP = ("source_ocid", "relation_type", "target_ocid")


def record_problem(record: object) -> str | None:
    """What makes a parsed line no record, in words, or None."""
    if not isinstance(record, Mapping):
        return "not a JSON object"
    if not record.keys() >= _REQUIRED:
        return f"fields missing: {', '.join(sorted(_REQUIRED - record.keys()))}"
    for name, kind, allowed in _FIELD_TYPES:
        if not isinstance(record[name], kind):
            return f"field {name!r} is of type {type(record[name]).__name__}; allowed: {allowed}"
    for item in record["relationships"]:
        if not (isinstance(item, dict) and all(isinstance(item.get(name), str) for name in _RELATIONSHIP)):
            return f"field 'relationships' holds something else than objects of the strings {_RELATIONSHIP}"
    return None


def read_lines(
    chunks: Iterable[bytes],
    *,
    source: str,
    count: int | None = None,
    first: Sequence[str] | None = None,
    last: Sequence[str] | None = None,
    sha256: str | None = None,
    unique: bool = False,
) -> Iterator[KeyedLine]:
    """The records of a gzip JSONL file, checked while they stream, in file order.

    `source` names the file in errors. `count`, `first` and `last` (keys, empty for an empty file) and
    `sha256` (of the compressed bytes, hex) are what the listing says; what is None is not checked. With
    `unique`, as in an inventory, a resource may stand in the file once only; records without OCID may have
    equal keys. Raises InvalidDocument naming `source`, the line's number and what is wrong; what concerns
    the whole file is known, and raised, at its end.
    """
    digest = hashlib.sha256()
    number = 0
    begin: RecordKey = ()
    key: RecordKey = ()
    for number, line in enumerate(iter_lines(_hashed(chunks, digest), source=source), start=1):
        record = _parsed(line, source, number)
        previous, key = key, record_key(record)
        if not _follows(key, previous, unique=unique):
            raise InvalidDocument(f"{source}: line {number}: {key} must not follow {previous}")
        begin = begin or key
        yield KeyedLine(key, record, line)
    for what, found, listed in (
        ("sha256", digest.hexdigest(), sha256),
        ("number of records", number, count),
        ("first key", begin, first if first is None else tuple(first)),
        ("last key", key, last if last is None else tuple(last)),
    ):
        if listed is not None and found != listed:
            raise InvalidDocument(f"{source}: {what} is {found!r}, its listing says {listed!r}")


def _hashed(chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _parsed(line: bytes, source: str, number: int) -> Record:
    try:
        record: Record = parse_json(line)
    except ValueError as exc:
        raise InvalidDocument(f"{source}: line {number}: not JSON: {exc}") from exc
    if problem := record_problem(record):
        raise InvalidDocument(f"{source}: line {number}: {problem}")
    return record


def _follows(key: RecordKey, previous: RecordKey, *, unique: bool) -> bool:
    if unique and key[0]:
        return identity_of(key) > identity_of(previous or ("",))
    return key >= previous
