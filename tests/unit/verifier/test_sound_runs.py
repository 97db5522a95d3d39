"""Runs as the product leaves them: the verifier has nothing to find, whatever became of them."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.errors import ObjectNotFound
from inventory.model.adhoc import AdhocScope
from inventory.roles.verifier import diff_check
from inventory.roles.verifier.verify import verify_run
from tests.fakes.installation import FRANKFURT, HOME, NAMES, Installation
from tests.unit.roles.aggregated_runs import changed, inhabited
from tests.unit.verifier.stored_runs import StoredRuns, stored_runs


@pytest.fixture
def runs() -> StoredRuns:
    return stored_runs()


def test_runs_with_and_without_baseline_and_with_a_lost_region_are_clean(runs: StoredRuns) -> None:
    for run_id in (runs.first, runs.second, runs.third):
        verification = runs.verify(run_id)
        assert verification.findings.told == []
        assert verification.findings.notes == []
        assert verification.run_id == run_id


@pytest.mark.parametrize("size", range(1, 13))
def test_a_diff_is_sound_wherever_its_batches_end(
    runs: StoredRuns, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A batch that ended within the eight numbers of the summary made two incomplete ones of them."""
    monkeypatch.setattr(diff_check, "_BATCH", size)
    assert runs.findings() == []


def test_the_runs_hold_what_could_be_spoiled(runs: StoredRuns) -> None:
    """A check of files in which nothing stands would find nothing either."""
    diff = runs.document("diff.json")
    assert {kind: len(diff[kind]) for kind in ("added", "removed", "changed")} == {
        "added": 4,
        "removed": 4,
        "changed": 2,
    }
    assert len(runs.lines("relationships.jsonl.gz")) > 10
    edges = runs.lines("graph_edges.jsonl.gz")
    assert {edge["target_in_inventory"] for edge in edges} == {True, False}
    assert {edge["target_type"] for edge in edges} >= {"Vcn", "Compartment"}
    nodes = runs.lines("graph_nodes.jsonl.gz")
    assert sum(node["enrichStatus"] == "UNKNOWN" for node in nodes) > 1
    assert sum(record["ocid"] is None for record in runs.lines("inventory.jsonl.gz")) == 4
    assert any("asOf" in record["details"] for record in runs.lines("inventory.jsonl.gz"))
    runs.run_id = runs.third
    ages = {record["collectedAt"] for record in runs.lines("inventory.jsonl.gz")}
    assert len(ages) == 2
    assert runs.document("diff.json")["notCompared"]


def test_latest_is_the_run_that_the_pointer_names(runs: StoredRuns) -> None:
    assert verify_run(runs.here.memory, NAMES, None).run_id == runs.third


def test_everything_that_is_published_was_read(runs: StoredRuns) -> None:
    verification = runs.verify()
    assert verification.findings.lines[runs.name("inventory.jsonl.gz")] == 37
    assert verification.findings.lines[runs.name("inventory.csv")] == 37
    assert verification.findings.lines[runs.name("inventory.parquet")] == 37
    listed = {runs.name(artifact["name"]) for artifact in runs.document("published.json")["artifacts"]}
    assert listed <= verification.findings.lines.keys()


def test_run_whose_baseline_was_removed_is_checked_without_it(runs: StoredRuns) -> None:
    root = NAMES.run(runs.first).root
    for name in [name for name in runs.here.memory.objects if name.startswith(root)]:
        del runs.here.memory.objects[name]
    verification = runs.verify()
    assert verification.is_clean
    assert verification.findings.notes == [(root, "the baseline was removed; nothing is compared with it")]


def test_run_that_had_to_do_without_its_baseline_is_clean(runs: StoredRuns) -> None:
    runs.run_id = runs.third
    runs.put("inventory.jsonl.gz", b"damaged")
    fourth = runs.here.run("fourth")
    verification = runs.verify(fourth)
    assert verification.findings.told == []
    (note,) = verification.findings.notes
    assert "the run did without its baseline" in note[1]


def test_run_of_which_only_the_closing_is_left_is_no_damage(runs: StoredRuns) -> None:
    root = NAMES.run(runs.first).root
    for name in [name for name in runs.here.memory.objects if name.startswith(root)]:
        if name != NAMES.run(runs.first).closed:
            del runs.here.memory.objects[name]
    verification = runs.verify(runs.first)
    assert verification.is_clean
    assert "removed" in verification.findings.notes[0][1]


def test_ad_hoc_run_is_clean_and_leaves_the_pointer_alone(runs: StoredRuns) -> None:
    here = inhabited()
    regular = here.run("regular")
    changed(here)
    adhoc = here.run("adhoc", adhoc=AdhocScope(regions=(HOME,), types=("Vcn",)))
    assert here.json(NAMES.run(adhoc).closed)["status"] == "stored"
    assert verify_run(here.memory, NAMES, adhoc).findings.told == []
    assert verify_run(here.memory, NAMES, None).run_id == regular


@pytest.mark.parametrize(
    "settings",
    [
        {"types": ("Vcn",)},
        {"exclude_types": ("User",)},
        {"compartments": ("ocid1.compartment.oc1..c",)},
        {"tags": ("a=b",)},
        {"include_terminated": False},
        {"regions": (HOME,)},
        {"query": "query vcn resources"},
        {"depth": "search"},
        {"parquet": False},
    ],
    ids=str,
)
def test_run_with_other_settings_than_its_baseline_is_clean(settings: dict[str, object]) -> None:
    here = inhabited()
    here.run("first")
    changed(here)
    here.reconfigure(**settings)
    second = here.run("second")
    here.regions[FRANKFURT].items[0]["displayName"] = "renamed"
    third = here.run("third")
    for run_id in (second, third):
        assert verify_run(here.memory, NAMES, run_id).findings.told == []


def test_run_planned_before_the_parquet_table_was_pinned_is_clean_without_one(runs: StoredRuns) -> None:
    def older(document: dict[str, Any]) -> None:
        document.pop("parquet")

    def without(document: dict[str, Any]) -> None:
        document["artifacts"] = [one for one in document["artifacts"] if one["name"] != "inventory.parquet"]

    runs.edit("manifest.json", older)
    for file in ("published.json", "aggregation.json"):
        runs.edit(file, without)
    assert runs.findings() == []


def test_failed_run_is_clean_as_far_as_it_came() -> None:
    here = inhabited()
    for region in here.regions.values():
        region.is_down = True
    run_id = here.run("a")
    assert here.json(NAMES.run(run_id).closed)["status"] == "failed"
    assert verify_run(here.memory, NAMES, run_id).findings.told == []


def test_run_that_is_still_open_is_clean_and_said_to_be_open() -> None:
    here = inhabited()
    run_id = here.scan("a")
    verification = verify_run(here.memory, NAMES, run_id)
    assert verification.is_clean
    assert (NAMES.run(run_id).closed, "the run is not closed yet") in verification.findings.notes


def test_run_that_does_not_exist_is_told_apart_from_a_damaged_one(runs: StoredRuns) -> None:
    with pytest.raises(ObjectNotFound, match="there is no run 20200101T000000Z-00000000"):
        runs.verify("20200101T000000Z-00000000")
    with pytest.raises(ObjectNotFound, match="no inventory has been published"):
        verify_run(Installation().memory, NAMES, None)
