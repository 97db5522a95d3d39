"""`inventory.csv` against the records of the inventory, row by row."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from typing import Any

from inventory.errors import InvalidDocument
from inventory.roles.verifier.bucket import StoredFile
from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.line_files import RecordLine
from inventory.schemas.load import table_columns

_CHUNK_BYTES = 256 * 1024
_FORMULA_STARTS = "=+-@\t\r"
#: The standard library's reader refuses longer cells unless it is told otherwise.
_MAX_CELL_CHARACTERS = 16 * 1024 * 1024


class CsvCheck:
    """Takes the inventory's records in their order; behind the first differing row, rows are only counted."""

    def __init__(self, file: StoredFile, findings: Findings) -> None:
        csv.field_size_limit(_MAX_CELL_CHARACTERS)
        self._file = file
        self._findings = findings
        self._columns = [column["name"] for column in table_columns("inventory_csv")]
        self._rows = self._read()
        self._count = 0
        self._is_in_step = self._findings.expect(
            file.name, "line 1", found=next(self._rows, None), expected=self._columns
        )

    def add(self, record: RecordLine) -> None:
        """Check the record's row."""
        row = next(self._rows, None)
        if row is not None:
            self._count += 1
        if self._is_in_step:
            self._is_in_step = self._findings.expect(
                self._file.name,
                f"row {record.number}",
                found=row,
                expected=[_cell(record.record[column]) for column in self._columns],
            )

    def finish(self) -> None:
        """Read the rest, and hold the number of rows against the listing."""
        self._count += sum(1 for _ in self._rows)
        self._file.check_count(self._count)

    def _read(self) -> Iterator[list[str]]:
        try:
            yield from csv.reader(_text_lines(self._file.chunks(_CHUNK_BYTES)), strict=True)
        except (csv.Error, ValueError, InvalidDocument) as exc:
            self._findings.add(
                self._file.name, f"behind row {self._count}", found=str(exc), expected="CSV in UTF-8"
            )


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] and text[0] in _FORMULA_STARTS else text


def _text_lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Lines with their ends, cut at newlines alone: what else could end a line may stand in a cell."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    begun = ""
    for chunk in chunks:
        *lines, begun = (begun + decoder.decode(chunk)).split("\n")
        for line in lines:
            yield line + "\n"
    begun += decoder.decode(b"", final=True)
    if begun:
        yield begun
