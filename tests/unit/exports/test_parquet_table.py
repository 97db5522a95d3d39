"""The Parquet table: what query engines find in it, and how little of it is held at a time."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from pyarrow import parquet

from inventory.exports import parquet_table
from inventory.exports.parquet_table import COLUMNS, ParquetTable
from inventory.model.canonical import canonical_line
from inventory.model.record import RECORD_FIELDS, Record
from tests.unit.exports.facts import RUN, record


def written(records: Iterable[Record]) -> bytes:
    table = ParquetTable()
    return b"".join([*map(table.add, records), table.finish()])


def rows(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.ParquetFile(io.BytesIO(body)).read().to_pylist()
    return found


def test_texts_and_times_are_columns_and_the_rest_is_json() -> None:
    full = record(
        "ocid1.vcn.oc1.iad.a",
        displayName='Büro "1"\n',
        timeCreated="2026-01-01T02:00:00.123456+02:00",
        definedTags={"Operations": {"CostCenter": 42}},
        freeformTags={"b": "2", "a": "1"},
        enrichError="throttled (429)",
        relationships=[{"source_ocid": "a", "relation_type": "uses", "target_ocid": "b"}],
    )
    (row,) = rows(written([full]))
    assert row == {
        **{name: full[name] for name in RECORD_FIELDS},
        "timeCreated": datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC),
        "collectedAt": datetime.fromisoformat(RUN),
        "definedTags": '{"Operations":{"CostCenter":42}}',
        "freeformTags": '{"a":"1","b":"2"}',
        "details": '{"metadata":{"cidrBlock":"10.0.0.0/16"}}',
        "relationships": '[{"relation_type":"uses","source_ocid":"a","target_ocid":"b"}]',
        "unfit": None,
    }
    assert tuple(row) == COLUMNS


def test_what_is_not_there_is_null_and_not_unfit() -> None:
    nothing = dict.fromkeys(RECORD_FIELDS)
    assert rows(written([nothing])) == [dict.fromkeys(COLUMNS)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeCreated", "yesterday"),
        ("timeCreated", "2026-02-30T00:00:00Z"),
        ("timeCreated", 1700000000),
        ("collectedAt", ""),
        ("displayName", 7),
        ("displayName", ["a", {"b": None}]),
        ("lifecycleState", {"code": "ACTIVE"}),
        ("compartmentId", False),
    ],
)
def test_a_value_of_another_kind_is_null_and_keeps_its_raw_form(field: str, value: Any) -> None:
    (row,) = rows(written([record("o", **{field: value})]))
    assert row[field] is None
    assert json.loads(row["unfit"]) == {field: value}
    assert row["ocid"] == "o"


def test_half_a_character_costs_its_cell_and_not_the_file() -> None:
    (row,) = rows(written([record("o", displayName="half \ud83d", freeformTags={"k": "\ud83d"})]))
    assert (row["displayName"], row["unfit"]) == (None, '{"displayName":"half \ufffd"}')
    assert row["freeformTags"] == '{"k":"\ufffd"}'


def test_an_inventory_without_resources_is_a_table_without_rows() -> None:
    found = parquet.ParquetFile(io.BytesIO(written([])))
    assert (found.metadata.num_rows, found.schema_arrow.names) == (0, list(COLUMNS))


def test_rows_keep_their_order_over_row_groups_and_leave_memory_with_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet_table, "ROW_GROUP_ROWS", 10)
    table = ParquetTable()
    ready = [table.add(record(f"o{number:02}")) for number in range(25)]
    assert [number for number, piece in enumerate(ready) if piece] == [9, 19]
    body = b"".join([*ready, table.finish()])
    metadata = parquet.ParquetFile(io.BytesIO(body)).metadata
    assert [metadata.row_group(number).num_rows for number in range(3)] == [10, 10, 5]
    assert [row["ocid"] for row in rows(body)] == [f"o{number:02}" for number in range(25)]


def test_large_records_end_a_row_group_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_table, "ROW_GROUP_BYTES", 50_000)
    large = record("o", details={"metadata": {"text": "x" * 30_000}})
    body = written([large] * 5)
    metadata = parquet.ParquetFile(io.BytesIO(body)).metadata
    assert [metadata.row_group(number).num_rows for number in range(3)] == [2, 2, 1]


def test_equal_records_give_equal_bytes() -> None:
    records = [record(f"o{number}", displayName=f"name {number % 3}") for number in range(50)]
    again = [json.loads(canonical_line(each)) for each in records]
    assert written(records) == written(again)


def test_an_engine_can_pass_over_row_groups_by_type_and_time() -> None:
    """Statistics stand where queries select, and not over long JSON texts."""
    column = parquet.ParquetFile(io.BytesIO(written([record("o")]))).metadata.row_group(0).column
    selected = {name: column(number).is_stats_set for number, name in enumerate(COLUMNS)}
    assert selected["resourceType"]
    assert selected["timeCreated"]
    assert not selected["details"]
