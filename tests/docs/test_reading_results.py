"""Every block of docs/reading-results.md that can run here is run, and says what the records say."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest

from inventory.exports.csv_table import COLUMNS as CSV_COLUMNS
from inventory.exports.parquet_table import COLUMNS
from inventory.schemas.load import schema_of
from tests.docs.answers import EXAMPLES, FRAMES, QUERIES, SCRIPTS, metadata
from tests.docs.conftest import PAGE, Results
from tests.docs.page import NOT_RUN, RUNNABLE, block, blocks_of

BLOCKS = blocks_of(PAGE)
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")


def names_of(way: str) -> list[str]:
    """The blocks that are run in one way."""
    return [found.name or "" for found in BLOCKS if found.way == way]


@pytest.fixture
def reader(results: Results, monkeypatch: pytest.MonkeyPatch) -> Results:
    """The results, from the directory in which the reader works."""
    monkeypatch.chdir(results.directory)
    return results


def test_every_block_that_could_be_run_says_how_or_that_it_is_not() -> None:
    unmarked = [found.text for found in BLOCKS if found.language in RUNNABLE and found.way is None]
    assert unmarked == []


def test_every_block_that_is_run_has_an_answer_and_every_answer_a_block() -> None:
    """Nothing is run without being compared."""
    assert Counter(names_of("duckdb")) == Counter(["views", "snappy", *QUERIES])
    assert Counter(names_of("shell")) == Counter([*SCRIPTS])
    assert Counter(names_of("pandas")) == Counter([*FRAMES])
    assert Counter(names_of("oci")) == Counter(["fetch", "check", "before", "everything"])
    assert {found.way for found in BLOCKS if found.way} == {"duckdb", "shell", "pandas", "oci", NOT_RUN}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_answers_what_the_records_say(reader: Results, name: str) -> None:
    query = block(PAGE, "duckdb", name)
    example, stand = EXAMPLES.get(name, ("", None))
    if stand is not None:
        assert example in query
        query = query.replace(example, stand(reader))
    with duckdb.connect() as connection:
        connection.execute(block(PAGE, "duckdb", "views"))
        rows = connection.sql(query).to_arrow_table().to_pylist()
    expected = list(QUERIES[name](reader))
    assert expected
    if name == "changes":
        # A field's value is JSON text here.
        for row in rows:
            row |= {side: row[side] and json.loads(row[side]) for side in ("before", "after")}
    assert _counted(row.values() for row in rows) == _counted(expected)


def _counted(rows: Iterable[Iterable[object]]) -> Counter[tuple[object, ...]]:
    """Rows as they can be compared: times in UTC, values of fields as text."""
    return Counter(tuple(map(_comparable, row)) for row in rows)


def _comparable(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC)
    return repr(cell) if isinstance(cell, (dict, list)) else cell


def test_the_questions_about_gaps_are_asked_of_a_run_with_gaps(results: Results) -> None:
    """The answers above are none about nothing."""
    kinds = {kind for kind, _ in results.second.gaps()}
    assert {"enrichment", "slice"} <= kinds
    assert any("asOf" in record["details"] for record in results.records)
    assert {change["kind"] for change in results.changes} == {"added", "removed", "changed"}
    attached = [row for row in QUERIES["in_vcn"](results) if row[0] == "compute.Instance"]
    assert attached
    assert max(steps for *_, steps in QUERIES["depends_on_subnet"](results)) > 1


def test_the_copy_for_a_database_without_zstd_holds_the_same(reader: Results) -> None:
    duckdb.execute(block(PAGE, "duckdb", "snappy"))
    copy = pyarrow.parquet.ParquetFile("inventory-snappy.parquet")
    assert copy.metadata.row_group(0).column(0).compression == "SNAPPY"
    assert copy.read().to_pylist() == pyarrow.parquet.read_table("results/inventory.parquet").to_pylist()


@needs_jq
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_shell_line_prints_what_the_records_say(results: Results, name: str) -> None:
    expected = SCRIPTS[name](results)
    assert expected
    printed = [line.strip() for line in results.shell(block(PAGE, "shell", name)).splitlines()]
    assert Counter(printed) == Counter(line.strip() for line in expected)


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_holds_what_the_records_say(reader: Results, name: str) -> None:
    variables: dict[str, Any] = {}
    exec(compile(block(PAGE, "pandas", name), f"{PAGE}: {name}", "exec"), variables)
    told, expected = FRAMES[name](reader, variables)
    assert expected
    assert told == expected


@needs_jq
def test_fetching_brings_every_file_that_the_pointer_names(results: Results) -> None:
    latest = json.loads((results.directory / "results" / "latest.json").read_bytes())
    assert latest["run_id"] == results.second.run_id
    for name, full_name in latest["artifacts"].items():
        assert (results.directory / "results" / name).read_bytes() == (
            results.bucket / full_name
        ).read_bytes()
    before = results.directory / "before" / "inventory.parquet"
    assert before.read_bytes() == results.first.bytes_of("inventory.parquet")


@needs_jq
@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_a_damaged_file_is_found_by_the_published_hashes(results: Results) -> None:
    script = block(PAGE, "oci", "check")
    told = results.shell(script).splitlines()
    artifacts = results.second.document("published.json")["artifacts"]
    assert set(told) == {f"{artifact['name']}: OK" for artifact in artifacts}
    shutil.copytree(results.directory / "results", results.directory / "damaged")
    with (results.directory / "damaged" / "inventory.csv").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        results.shell(script.replace("results", "damaged"))
    assert "inventory.csv: FAILED" in failed.value.stdout.splitlines()


@needs_jq
def test_everything_of_a_run_comes_at_once(results: Results) -> None:
    results.shell(block(PAGE, "oci", "everything"))
    place = results.directory / "everything" / "inventory" / "runs" / results.second.run_id
    fetched = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert fetched == set(results.second.files())


# What is not run: the names in it are held against the files.

#: A word such as `resourceType`, of which no other language here makes keywords.
_CAMEL_CASE = re.compile(r"\b[a-z]+(?:[A-Z][a-z]+)+\b")
_JSON_PATH = re.compile(r"\$\.metadata\.(\w+)")


def _texts(name: str) -> list[str]:
    found = [one.text for one in BLOCKS if (one.way, one.name) == (NOT_RUN, name)]
    assert found
    return found


def test_what_is_not_run_says_for_what_it_is_written() -> None:
    assert set(names_of(NOT_RUN)) == {"live bucket", "spark", "networkx", "oracle"}


def test_columns_named_for_oracle_are_those_of_the_files() -> None:
    """In any letter case: Oracle writes unquoted names in capitals."""
    named = {word for text in _texts("oracle") for word in _CAMEL_CASE.findall(_JSON_PATH.sub("", text))}
    assert {"resourceType", "displayName", "freeformTags"} <= named
    assert named <= set(COLUMNS)


def test_columns_of_the_list_for_oracle_are_those_of_the_csv_file_in_order() -> None:
    (text,) = [found for found in _texts("oracle") if "inventory.csv" in found]
    (columns,) = re.findall(r"column_list => '([^']*)'", text)
    assert (
        tuple(column.split()[0] for column in columns.split(",\n") for column in column.split(", "))
        == CSV_COLUMNS
    )


def test_columns_named_for_spark_are_those_of_the_files() -> None:
    (text,) = _texts("spark")
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    words = {name: _words(call for call in calls if _method(call) == name) for name in map(_method, calls)}
    (schema,) = words["schema"]
    change, field = schema_of("changes_line"), schema_of("changes_line")["definitions"]["field_change"]
    assert {column.split()[0] for column in schema.split(", ")} == change["properties"].keys()
    columns = {*COLUMNS, *change["properties"], *words["alias"]}
    columns |= {f"field.{name}" for name in field["properties"]}
    named = words["groupBy"] | words["select"] | words["explode_outer"]
    assert {"resourceType", "displayName", "fields"} <= named <= columns
    assert words["get_json_object"] & columns
    assert set(_CAMEL_CASE.findall(" ".join(words["where"]))) == {"resourceType"}


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _words(calls: Iterable[ast.Call]) -> set[str]:
    """The texts among the arguments of calls."""
    return {
        str(argument.value) for call in calls for argument in call.args if isinstance(argument, ast.Constant)
    }


def test_columns_named_for_networkx_are_those_of_the_edges() -> None:
    (text,) = _texts("networkx")
    named = set(re.findall(r'"(\w+)"', text))
    assert len(named) == 3
    assert named <= schema_of("graph_edges_line")["properties"].keys()


@pytest.mark.parametrize("name", ["oracle", "spark"])
def test_details_named_in_what_is_not_run_are_there(results: Results, name: str) -> None:
    paths = {path for text in _texts(name) for path in _JSON_PATH.findall(text)}
    assert paths
    for path in paths:
        assert any(metadata(record).get(path) is not None for record in results.records)


def test_files_named_on_the_page_are_files_of_a_run(results: Results) -> None:
    """The table of files names each published file, and the page names no other."""
    text = (Path(__file__).parents[2] / "docs" / PAGE).read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+\.(?:jsonl\.gz|parquet|csv|md|json))`", text))
    published = {artifact["name"] for artifact in results.second.document("published.json")["artifacts"]}
    assert named - {"latest.json", "published.json"} == published
