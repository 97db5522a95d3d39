"""The schemas against what the code writes and against what its readers accept."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inventory.errors import InvalidDocument
from inventory.exports.csv_table import COLUMNS
from inventory.exports.parquet_table import SCHEMA
from inventory.model.canonical import canonical_line, parse_json
from inventory.model.record import ENRICH_STATUSES, OUT_OF_SCOPE, RECORD_FIELDS
from inventory.schemas.load import schema_kinds, schema_of, table_columns, validator
from inventory.stages.keyed_lines import record_problem
from tests.unit.documents.examples import EXAMPLES, Example
from tests.unit.verifier.stored_runs import stored_runs

DATA = Path(__file__).parents[2] / "data"
#: Documents whose file is not called as their kind.
KINDS = {"refusal.json": "refused"}

every_document = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
every_kind = pytest.mark.parametrize("kind", schema_kinds())

Path_ = tuple[str | int, ...]


def kind_of(example: Example) -> str:
    return KINDS.get(example.name, example.name.removesuffix(".json"))


@every_kind
def test_a_schema_says_what_it_is_and_describes_every_field(kind: str) -> None:
    schema = schema_of(kind)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["title"]
    for part in _parts(schema):
        if "properties" in part and "then" not in part:
            assert set(part.get("required", ())) <= part["properties"].keys()
        if "type" in part and part.get("type") not in ("string", "integer", "number"):
            assert part.get("description"), part
    assert validator(kind)(None) is not None


def test_what_several_schemas_define_is_defined_alike() -> None:
    known: dict[str, Any] = {}
    for kind in schema_kinds():
        for name, definition in schema_of(kind).get("definitions", {}).items():
            assert known.setdefault(name, definition) == definition, (kind, name)


def test_every_document_has_a_schema_and_every_schema_a_document() -> None:
    documents = {kind_of(example) for example in EXAMPLES}
    records = {"inventory_line", "shard_line", "relationships_line", "changes_line"}
    lines = {*records, "graph_nodes_line", "graph_edges_line"}
    exports = {"run_summary", "coverage", "diff", "diff_summary"}
    assert set(schema_kinds()) == documents | lines | exports


# Documents


@every_document
def test_a_document_fits_its_schema_also_from_a_newer_writer(example: Example) -> None:
    values = parse_json(example.value.to_bytes())
    check = validator(kind_of(example))
    assert check(values) is None
    assert check({**values, "of_the_future": {"x": [1]}}) is None


@every_document
def test_schema_and_reader_ask_for_the_same_fields(example: Example) -> None:
    values = parse_json(example.value.to_bytes())
    refused = 0
    for path in _paths(values):
        if isinstance(path[-1], int):
            continue
        changed = copy.deepcopy(values)
        del _at(changed, path[:-1])[path[-1]]
        misfit = validator(kind_of(example))(changed)
        assert (misfit is not None) == _is_refused(example, changed), path
        if misfit is not None:
            refused += 1
            assert path[-1] in misfit.expected, misfit
            assert misfit.pointer == "".join(f"/{step}" for step in path[:-1])
    assert refused >= 3


@every_document
def test_what_a_reader_refuses_its_schema_refuses(example: Example) -> None:
    values = parse_json(example.value.to_bytes())
    for path in _paths(values):
        for wrong in (None, True, 7, 1.5, "x", [], {}, [None], -1):
            changed = copy.deepcopy(values)
            _at(changed, path[:-1])[path[-1]] = wrong
            if _is_refused(example, changed):
                assert validator(kind_of(example))(changed) is not None, (path, wrong)


@every_document
@pytest.mark.parametrize("version", [0, 99, "1", None, True])
def test_a_foreign_version_does_not_fit(example: Example, version: Any) -> None:
    values = {**parse_json(example.value.to_bytes()), "format_version": version}
    misfit = validator(kind_of(example))(values)
    assert misfit is not None
    assert misfit.pointer == "/format_version"


def _is_refused(example: Example, values: Any) -> bool:
    try:
        example.parse(canonical_line(values))
    except InvalidDocument:
        return True
    return False


# Results


@pytest.mark.parametrize("kind", ["run_summary", "coverage"])
def test_the_golden_results_fit(kind: str) -> None:
    golden = json.loads((DATA / "exports" / f"{kind}.json").read_bytes())
    assert validator(kind)(golden) is None


def test_the_ancestors_seven_counts_are_required() -> None:
    required = schema_of("run_summary")["required"]
    assert {
        "total_discovered",
        "enriched_ok",
        "not_implemented",
        "errors",
        "counts_by_resource_type",
        "counts_by_enrich_status",
        "counts_by_resource_type_and_status",
    } <= set(required)


def test_the_columns_of_the_tables_are_those_that_are_written() -> None:
    assert tuple(column["name"] for column in table_columns("inventory_csv")) == COLUMNS
    parquet = [(column["name"], column["type"]) for column in table_columns("inventory_parquet")]
    assert parquet == [(field.name, str(field.type)) for field in SCHEMA]


def test_everything_below_the_prefix_of_a_used_bucket_fits_a_schema() -> None:
    objects = stored_runs().here.memory.objects
    checked = set()
    for name, stored in objects.items():
        file = name.rsplit("/", 1)[1]
        kind = file.split(".", 1)[0]
        if file.endswith(".json"):
            assert validator(kind)(json.loads(stored.body)) is None, name
        elif file.endswith(".jsonl.gz"):
            is_of_region = "/shards/" in name or "/found/" in name
            kind = "shard_line" if is_of_region else f"{kind}_line"
            for line in gzip.decompress(stored.body).splitlines():
                assert validator(kind)(json.loads(line)) is None, name
        else:
            assert kind in ("inventory", "report"), name
        checked.add(kind)
    assert set(schema_kinds()) - {"refused"} <= checked


# Lines


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    lines: list[dict[str, Any]] = stored_runs().lines("inventory.jsonl.gz")
    return next(line for line in lines if line["relationships"])


def test_a_record_has_exactly_the_fourteen_fields(record: dict[str, Any]) -> None:
    check = validator("inventory_line")
    assert set(schema_of("inventory_line")["properties"]) == set(RECORD_FIELDS)
    for name in RECORD_FIELDS:
        lacking = {key: value for key, value in record.items() if key != name}
        misfit = check(lacking)
        assert misfit is not None
        assert name in misfit.expected
        assert record_problem(lacking) is not None
    misfit = check({**record, "fifteenth": 1})
    assert misfit is not None
    assert "fifteenth" in misfit.expected


def test_what_is_no_record_for_the_aggregator_does_not_fit_either(record: dict[str, Any]) -> None:
    for name in RECORD_FIELDS:
        for wrong in (None, True, 7, "x", [], {}, [{}], [{"source_ocid": 1}]):
            changed = {**record, name: wrong}
            if record_problem(changed) is not None:
                assert validator("inventory_line")(changed) is not None, (name, wrong)


def test_only_shards_hold_what_is_out_of_scope(record: dict[str, Any]) -> None:
    statuses = schema_of("inventory_line")["properties"]["enrichStatus"]["enum"]
    assert tuple(statuses) == ENRICH_STATUSES
    left_out = {**record, "enrichStatus": OUT_OF_SCOPE, "details": {}, "relationships": []}
    assert validator("shard_line")(left_out) is None
    assert validator("inventory_line")(left_out) is not None
    assert validator("inventory_line")({**record, "enrichStatus": "PENDING"}) is not None


def test_a_record_whose_content_was_withheld_is_one(record: dict[str, Any]) -> None:
    withheld = {**record, "details": {}, "relationships": [], "enrichStatus": "ERROR", "enrichError": "x"}
    assert validator("inventory_line")(withheld) is None


def test_a_misfit_is_told_by_json_pointer(record: dict[str, Any]) -> None:
    changed = copy.deepcopy(record)
    changed["relationships"][0]["target_ocid"] = 5
    misfit = validator("inventory_line")(changed)
    assert misfit is not None
    assert misfit.pointer == "/relationships/0/target_ocid"
    assert misfit.found == 5
    assert misfit.expected == "must be string"


def test_a_changed_line_must_say_which_fields(record: dict[str, Any]) -> None:
    line = {
        "kind": "changed",
        "ocid": "ocid1.a",
        "resourceType": "Vcn",
        "displayName": None,
        "region": "us-ashburn-1",
        "compartmentId": None,
        "since": None,
        "until": "2026-11-23T04:00:00+00:00",
    }
    check = validator("changes_line")
    assert check(line) is not None
    assert check({**line, "fields": []}) is not None
    assert check({**line, "fields": [{"pointer": "/x", "after": None}]}) is None
    assert check({**line, "kind": "added"}) is None


# Walking through JSON


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for key, value in schema.items():
            if key not in ("properties", "definitions"):
                yield from _parts(value)
            else:
                for part in value.values():
                    yield from _parts(part)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)


def _at(value: Any, path: Path_) -> Any:
    for step in path:
        value = value[step]
    return value


def _paths(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    steps: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    for step, item in steps:
        yield (*path, step)
        yield from _paths(item, (*path, step))
