"""`inventory.csv`: one row a record, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

COLUMNS = (
    "ocid",
    "resourceType",
    "displayName",
    "compartmentId",
    "region",
    "lifecycleState",
    "timeCreated",
    "enrichStatus",
)

# A spreadsheet runs a cell that starts so as a formula; tab and carriage return hide such a start.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_header() -> bytes:
    """The first line."""
    return _row(COLUMNS)


def csv_row(record: Mapping[str, Any]) -> bytes:
    """A record's line; an absent value is an empty cell, a cell that could be a formula starts with '."""
    return _row([_cell(record.get(column)) for column in COLUMNS])


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _row(cells: list[str] | tuple[str, ...]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue().encode("utf-8")
