"""`inventory.parquet` against the records of the inventory, row by row."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow
from pyarrow import parquet

from inventory.errors import InvalidDocument
from inventory.model.timestamps import parse_time
from inventory.roles.verifier.bucket import StoredFile
from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.line_files import RecordLine
from inventory.roles.verifier.recomputation import canonical_bytes, parse_strictly
from inventory.schemas.load import table_columns

_CHUNK_BYTES = 1024 * 1024
_BATCH_ROWS = 500
_TIMES = ("timeCreated", "collectedAt")
_JSON_TEXTS = ("definedTags", "freeformTags", "details", "relationships")
_UNFIT = "unfit"


class ParquetCheck:
    """Takes the inventory's records in their order; behind the first differing row, rows are only counted."""

    def __init__(self, file: StoredFile, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._columns = [(column["name"], column["type"]) for column in table_columns("inventory_parquet")]
        self._count = 0
        self._is_in_step = True
        try:
            for _ in file.chunks(_CHUNK_BYTES):
                pass  # a table is read by its end; its hash needs all of it in order
        except InvalidDocument as exc:
            self._findings.add(file.name, "", found=str(exc), expected="the listed object")
        self._rows = self._read()

    def add(self, record: RecordLine) -> None:
        """Check the record's row."""
        row = next(self._rows, None)
        if row is not None:
            self._count += 1
        if not self._is_in_step:
            return
        if row is None:
            self._is_in_step = False
            self._findings.add(
                self._file.name, f"row {record.number}", found="no row", expected=record.identity
            )
            return
        for name, expected in _cells(record, row).items():
            place = f"row {record.number}, column {name}"
            if not self._findings.expect(self._file.name, place, found=row.get(name), expected=expected):
                self._is_in_step = False

    def finish(self) -> None:
        """Read the rest, and hold the number of rows against the listing."""
        self._count += sum(1 for _ in self._rows)
        self._file.check_count(self._count)

    def _read(self) -> Iterator[dict[str, Any]]:
        try:
            table = parquet.ParquetFile(_RangeFile(self._file), pre_buffer=False)
            found = [(field.name, str(field.type)) for field in table.schema_arrow]
            self._is_in_step = self._findings.expect(
                self._file.name, "columns", found=found, expected=self._columns
            )
            for batch in table.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
                yield from batch.to_pylist()
        except (pyarrow.ArrowException, OSError, ValueError, InvalidDocument) as exc:
            self._findings.add(
                self._file.name, f"behind row {self._count}", found=str(exc), expected="a Parquet file"
            )


def _cells(line: RecordLine, row: Mapping[str, Any]) -> dict[str, Any]:
    """What the columns of a record's row should hold."""
    cells: dict[str, Any] = {}
    unfit: dict[str, Any] = {}
    for name, value in line.record.items():
        cell = value
        if name in _TIMES and value is not None:
            try:
                cell = parse_time(value)
            except ValueError:
                unfit[name], cell = value, None
        elif name in _JSON_TEXTS:
            cell = row.get(name) if _is_text_of(row.get(name), value, line.line) else _text(value)
        cells[name] = cell
    cells[_UNFIT] = _text(unfit) if unfit else None
    return cells


def _is_text_of(cell: Any, value: Any, line: bytes) -> bool:
    # A part of a canonical line is canonical; so it need only be read, which is cheaper than to be written.
    if not isinstance(cell, str) or cell.encode("utf-8", "replace") not in line:
        return False
    try:
        return bool(parse_strictly(cell.encode("utf-8")) == value)
    except ValueError:
        return False


def _text(value: Any) -> str:
    return canonical_bytes(value)[:-1].decode("utf-8")


class _RangeFile(io.RawIOBase):
    """A stored object as the file that pyarrow wants to seek in."""

    def __init__(self, file: StoredFile) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        self._at = origin + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        wanted = self._file.size - self._at if size < 0 else size
        pieces: list[bytes] = []
        while wanted > 0 and self._at < self._file.size:
            piece = self._file.read(self._at, wanted)
            pieces.append(piece)
            self._at += len(piece)
            wanted -= len(piece)
        return b"".join(pieces)
