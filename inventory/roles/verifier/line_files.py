"""Files of lines as checked streams: gzip, JSON, schema, canonical bytes, order, number.

A stream ends nowhere early for a broken line: the line becomes a finding and is left out, and the stream
says that it is no longer whole, so that nobody draws conclusions from what is missing.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from inventory.errors import InvalidDocument
from inventory.model.record import RecordKey, identity_of, record_key
from inventory.roles.verifier.bucket import StoredFile
from inventory.roles.verifier.recomputation import canonical_bytes, parse_strictly
from inventory.schemas.load import validator
from inventory.stages.gzip_members import iter_lines
from inventory.stages.keyed_lines import record_problem


class Line(NamedTuple):
    """A line of a file: its number from 1, what it says, and its bytes with the newline."""

    number: int
    value: Any
    line: bytes


class LineFile:
    """The lines of one gzip JSONL file, each held against a schema, the file against its listing.

    `is_whole` turns False where a line could not be used or the file breaks off.
    """

    def __init__(self, file: StoredFile, kind: str, *, chunk_bytes: int, is_trusted: bool = False) -> None:
        self.name = file.name
        self.findings = file.findings
        self.is_whole = True
        self._file = file
        self._chunk_bytes = chunk_bytes
        self._misfit_of = validator(kind)
        # A file that belongs to another run has been checked with that run; here its hash must do.
        self.is_trusted = is_trusted

    def __iter__(self) -> Iterator[Line]:
        number = 0
        try:
            lines = iter_lines(self._file.chunks(self._chunk_bytes), source=self.name)
            for number, line in enumerate(lines, start=1):
                value = self._parsed(number, line)
                if value is not None:
                    yield Line(number, value, line)
        except InvalidDocument as exc:
            self.is_whole = False
            self.findings.add(
                self.name, f"behind line {number}", found=str(exc), expected="a whole gzip file"
            )
        self._file.check_count(number)

    def again(self) -> Iterator[tuple[int, Any]]:
        """Numbers and values of all lines once more; none where the first reading found the file broken."""
        if not self.is_whole:
            return
        try:
            lines = iter_lines(self._file.chunks_from(0, self._chunk_bytes), source=self.name)
            for number, line in enumerate(lines, start=1):
                yield number, parse_strictly(line)
        except InvalidDocument as exc:
            self.is_whole = False
            self.findings.add(self.name, "", found=str(exc), expected="the file that was read before")

    def broken(self, number: int, *, found: object, expected: object) -> None:
        """Note a line that cannot stand where it does."""
        self.is_whole = False
        self.findings.add(self.name, f"line {number}", found=found, expected=expected)

    def _parsed(self, number: int, line: bytes) -> Any:
        try:
            value = parse_strictly(line)
        except ValueError as exc:
            self.broken(number, found=f"not JSON: {exc}", expected="one JSON object")
            return None
        if self.is_trusted:
            return value
        misfit = self._misfit_of(value)
        if misfit is not None:
            place = f"line {number}, field {misfit.pointer or '/'}"
            self.is_whole = False
            self.findings.add(self.name, place, found=misfit.found, expected=misfit.expected)
            return None
        try:
            canonical = canonical_bytes(value)
        except ValueError as exc:
            self.findings.add(self.name, f"line {number}", found=str(exc), expected="a canonical line")
        else:
            if canonical != line:
                self.findings.add(
                    self.name,
                    f"line {number}",
                    found=line[:120].decode("utf-8", "replace"),
                    expected="its canonical form: sorted keys, no spaces, no escapes",
                )
        return value


class RecordLine(NamedTuple):
    """A line that holds a record: its identity in the file's order, and the line."""

    identity: RecordKey
    number: int
    record: dict[str, Any]
    line: bytes


class RecordFile:
    """A shard or an inventory: lines in the order (ocid, resourceType).

    With `unique`, as in an inventory, each OCID stands once. `fixed` are fields that all records share.
    `first_key` and `last_key` are those met so far.
    """

    def __init__(self, lines: LineFile, *, unique: bool, fixed: Mapping[str, str] | None = None) -> None:
        self.lines = lines
        self._fixed = fixed or {}
        self.first_key: RecordKey = ()
        self.last_key: RecordKey = ()
        self._unique = unique

    @property
    def is_whole(self) -> bool:
        return self.lines.is_whole

    def __iter__(self) -> Iterator[RecordLine]:
        last_line = b""
        for number, record, line in self.lines:
            # Any other line has been held against its schema, which asks for more.
            problem = record_problem(record) if self.lines.is_trusted else None
            if problem is not None:
                self.lines.broken(number, found=problem, expected="a record")
                continue
            for field, expected in self._fixed.items():
                place = f"line {number}, field /{field}"
                self.lines.findings.expect(self.lines.name, place, found=record[field], expected=expected)
            key, previous = record_key(record), self.last_key
            if self._unique and key[0] and identity_of(key) == identity_of(previous or ("",)):
                self.lines.broken(number, found=f"{key[0]} once more", expected="each OCID once")
                continue
            if key < previous or (not self._unique and not key[0] and key == previous and line < last_line):
                self.lines.broken(number, found=f"{key} behind {previous}", expected="sorted lines")
                continue
            self.first_key = self.first_key or key
            self.last_key, last_line = key, line
            yield RecordLine(identity_of(key), number, record, line)


class Group(NamedTuple):
    """What a run's files hold of one identity: further copies only where there is no OCID, or in shards."""

    identity: RecordKey
    seen: list[RecordLine]
    before: list[RecordLine]
    now: list[RecordLine]


def grouped(
    shards: Sequence[RecordFile], baseline: RecordFile | None, inventory: RecordFile | None
) -> Iterator[Group]:
    """Everything by identity, in the order of files; only one identity's lines are held at a time."""
    seen = _Groups(heapq.merge(*shards, key=lambda line: line.identity))
    before = _Groups(iter(baseline or ()))
    now = _Groups(iter(inventory or ()))
    while True:
        heads = [groups.head for groups in (seen, before, now) if groups.head is not None]
        if not heads:
            return
        identity = min(heads)
        yield Group(identity, seen.take(identity), before.take(identity), now.take(identity))


class _Groups:
    def __init__(self, lines: Iterator[RecordLine]) -> None:
        self._groups = (
            (identity, list(group)) for identity, group in groupby(lines, lambda line: line.identity)
        )
        self._next = next(self._groups, None)

    @property
    def head(self) -> RecordKey | None:
        return None if self._next is None else self._next[0]

    def take(self, identity: RecordKey) -> list[RecordLine]:
        if self._next is None or self._next[0] != identity:
            return []
        taken = self._next[1]
        self._next = next(self._groups, None)
        return taken
