"""`inventory.parquet`: one row a record, for query engines.

Decides columns and types, and where a row group ends. Texts and times have columns of their own; tags,
`details` and `relationships` are canonical JSON text, which every engine can search and which takes whatever
the services gave, while nested columns would differ between types and runs. A value that does not fit its
column (a creation time that is no time, a name that is no text) is null there and stands in `unfit`.
Equal records give equal bytes with one version of pyarrow.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow
from pyarrow import parquet

from inventory.model.canonical import canonical_line
from inventory.model.record import RECORD_FIELDS
from inventory.model.timestamps import parse_time

#: A row group ends with the row that reaches one of these: its memory is the most that a table needs.
ROW_GROUP_ROWS = 16_384
ROW_GROUP_BYTES = 4 * 1024 * 1024

TIMES = ("timeCreated", "collectedAt")
JSON_TEXTS = ("definedTags", "freeformTags", "details", "relationships")
UNFIT = "unfit"
COLUMNS = (*RECORD_FIELDS, UNFIT)

# Unique in nearly every row, so that a dictionary would only cost memory, or too long for statistics.
_PLAIN = ("ocid", "displayName", *JSON_TEXTS, UNFIT)
_WITH_STATISTICS = tuple(name for name in COLUMNS if name not in (*JSON_TEXTS, UNFIT))


def _column_type(name: str) -> Any:
    return pyarrow.timestamp("us", tz="UTC") if name in TIMES else pyarrow.string()


SCHEMA = pyarrow.schema([(name, _column_type(name)) for name in COLUMNS])


class ParquetTable:
    """Writes the file while the records stream; each method returns the bytes that are ready, often none."""

    __slots__ = ("_bytes", "_columns", "_file", "_rows", "_writer")

    def __init__(self) -> None:
        self._file = _Outlet()
        # Arrow's own pool keeps what it was ever given; the system's gives it back.
        self._writer = parquet.ParquetWriter(
            self._file,
            SCHEMA,
            compression="zstd",
            use_dictionary=[name for name in COLUMNS if name not in _PLAIN],
            write_statistics=list(_WITH_STATISTICS),
            store_schema=False,
            memory_pool=pyarrow.system_memory_pool(),
        )
        self._begin_row_group()

    def add(self, record: Mapping[str, Any]) -> bytes:
        """One record's row."""
        unfit: dict[str, Any] = {}
        for name, cell_of in _CELLS:
            value = record.get(name)
            cell = None if value is None else cell_of(value)
            if cell is None and value is not None:
                unfit[name] = value
            self._append(name, cell)
        self._append(UNFIT, _json_text(unfit) if unfit else None)
        self._rows += 1
        if self._rows < ROW_GROUP_ROWS and self._bytes < ROW_GROUP_BYTES:
            return b""
        self._write_row_group()
        return self._file.taken()

    def finish(self) -> bytes:
        """The last row group and the footer; the table is used up."""
        if self._rows:
            self._write_row_group()
        self._writer.close()
        return self._file.taken()

    def _append(self, name: str, cell: str | datetime | None) -> None:
        self._columns[name].append(cell)
        if isinstance(cell, str):
            self._bytes += len(cell)

    def _begin_row_group(self) -> None:
        self._columns: dict[str, list[str | datetime | None]] = {name: [] for name in COLUMNS}
        self._rows = 0
        self._bytes = 0

    def _write_row_group(self) -> None:
        pool = pyarrow.system_memory_pool()
        arrays = [pyarrow.array(self._columns[field.name], field.type, memory_pool=pool) for field in SCHEMA]
        self._begin_row_group()
        table = pyarrow.Table.from_arrays(arrays, schema=SCHEMA)
        self._writer.write_table(table, row_group_size=table.num_rows)


class _Outlet(io.RawIOBase):
    """What pyarrow writes into: a file that is taken away in pieces, and still knows how long it is."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


# A cell's value, or None where the field's value does not fit.


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return None
    return value


def _time(value: object) -> datetime | None:
    return _parsed_time(value) if isinstance(value, str) else None


@lru_cache(maxsize=256)
def _parsed_time(text: str) -> datetime | None:
    try:
        return parse_time(text)
    except ValueError:
        return None


def _json_text(value: object) -> str:
    return canonical_line(value)[:-1].decode()


def _cell_of(name: str) -> Callable[[Any], str | datetime | None]:
    if name in TIMES:
        return _time
    return _json_text if name in JSON_TEXTS else _text


_CELLS = tuple((name, _cell_of(name)) for name in RECORD_FIELDS)
