"""`inventory.csv`: readable by any reader of CSV, harmless in any spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.exports.csv_table import COLUMNS, csv_header, csv_row
from tests.unit.exports.facts import record


def cell(value: Any) -> str:
    """A display name as it stands in the table."""
    return rows(csv_row(record("ocid1.vcn.oc1.iad.a", displayName=value)))[0][2]


def rows(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode("utf-8"), newline="")))


def test_the_header_names_the_columns_of_the_contract() -> None:
    assert csv_header() == (
        b"ocid,resourceType,displayName,compartmentId,region,lifecycleState,timeCreated,enrichStatus\r\n"
    )


def test_a_record_is_one_row_in_the_order_of_the_columns() -> None:
    assert csv_row(record("ocid1.vcn.oc1.iad.a")) == (
        b"ocid1.vcn.oc1.iad.a,Vcn,net,ocid1.compartment.oc1..c,us-ashburn-1,AVAILABLE,"
        b"2026-01-01T00:00:00+00:00,OK\r\n"
    )


def test_what_is_absent_is_an_empty_cell() -> None:
    assert csv_row(record(None, displayName=None, lifecycleState=None, timeCreated=None)) == (
        b",Vcn,,ocid1.compartment.oc1..c,us-ashburn-1,,,OK\r\n"
    )


@pytest.mark.parametrize(
    "formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A0", "=", "-"]
)
def test_a_cell_that_could_be_a_formula_is_text(formula: str) -> None:
    assert cell(formula) == f"'{formula}"


@pytest.mark.parametrize(
    "text",
    [
        "a=1",
        "a-b",
        "1-1",
        "'=1",
        " =1",
        "plain",
        "",
        "ünïcode – 数据 🙂",
        "a,b",
        'say "hi"',
        "a\nb",
        "a\r\nb",
    ],
)
def test_any_other_text_stays_what_it_is(text: str) -> None:
    assert cell(text) == text


def test_quotes_commas_and_line_breaks_are_quoted() -> None:
    row = csv_row(record("ocid1.vcn.oc1.iad.a", displayName='a,"b"\nc'))
    assert b'"a,""b""\nc"' in row


@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=5))
def test_a_table_is_read_back_cell_by_cell(names: list[str]) -> None:
    table = csv_header() + b"".join(csv_row(record("o", displayName=name)) for name in names)
    read = rows(table)
    assert read[0] == list(COLUMNS)
    assert [row[2].removeprefix("'") for row in read[1:]] == [name.removeprefix("'") for name in names]
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for row in read for text in row)
