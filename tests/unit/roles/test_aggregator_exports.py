"""Files of an aggregation that are not made in the first pass: the Parquet table, and a diff's long lists."""

from __future__ import annotations

import io
import json
import sys

import pytest
from pyarrow import parquet

from inventory.errors import Throttled
from inventory.exports import diff_files
from inventory.model.publication import ArtifactGap
from tests.fakes.faulty_store import nth
from tests.fakes.installation import Installation
from tests.unit.roles.aggregated_runs import DERIVED, closed, diff, published, rescanned


def test_the_parquet_table_holds_the_inventory() -> None:
    here, _, run_id = rescanned()
    here.aggregate(run_id)
    rows = parquet.read_table(io.BytesIO(here.artifact(run_id, "inventory.parquet"))).to_pylist()
    records = here.lines(run_id, "inventory.jsonl.gz")
    assert [row["ocid"] for row in rows] == [record["ocid"] for record in records]
    assert [json.loads(row["details"]) for row in rows] == [record["details"] for record in records]


def test_a_parquet_table_that_nobody_wants_is_no_gap() -> None:
    here, _, run_id = rescanned(parquet=False)
    here.aggregate(run_id)
    listed = published(here, run_id)
    assert listed.gaps == ()
    assert {*DERIVED} - {artifact.name for artifact in listed.artifacts} == {"inventory.parquet"}


def test_an_image_without_pyarrow_lacks_the_parquet_table_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    here, _, run_id = rescanned()
    monkeypatch.delitem(sys.modules, "inventory.exports.parquet_table", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    assert published(here, run_id).gaps == (ArtifactGap(name="inventory.parquet", reason="internalError"),)


def long_lists(monkeypatch: pytest.MonkeyPatch) -> tuple[Installation, str, str]:
    """Runs in which no list of the diff is short enough to be kept."""
    monkeypatch.setattr(diff_files, "KEPT_LIST_BYTES", 0)
    return rescanned()


def test_long_lists_of_a_diff_are_made_by_reading_both_inventories_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, _, run_id = rescanned()
    here.aggregate(run_id)
    again, _, its_id = long_lists(monkeypatch)
    again.aggregate(its_id)
    assert diff(again, its_id) == diff(here, run_id)
    assert again.artifact(its_id, "diff.json") == here.artifact(run_id, "diff.json")


def test_a_baseline_that_goes_away_before_it_is_read_again_costs_the_diff_file_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, first, run_id = long_lists(monkeypatch)
    baseline = here.names(first).artifact("inventory.jsonl.gz")
    # The first two readings are the merge and the pass over both inventories.
    here.store.reads[baseline] = nth(3, Throttled("slow down", status=429))
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    assert published(here, run_id).gaps == (ArtifactGap(name="diff.json", reason="throttled (429)"),)


def test_the_report_names_what_is_gone_before_what_is_new_and_what_is_different() -> None:
    here, _, run_id = rescanned()
    here.aggregate(run_id)
    told = here.artifact(run_id, "report.md").decode()
    rows = [line.split(" | ")[0] for line in told.splitlines() if line.count("|") == 8]
    kinds = [row.removeprefix("| ") for row in rows if "removed" in row or "added" in row or "changed" in row]
    assert kinds == ["removed", "added", "changed", "changed"]
