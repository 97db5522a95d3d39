"""A run that somebody has spoiled: the verifier names the object, the place, what is there and should be."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from inventory.roles.verifier.findings import MAX_FINDINGS_PER_OBJECT
from inventory.roles.verifier.verify import verify_run
from inventory.stages import merge
from tests.fakes.installation import FRANKFURT, HOME, NAMES, Installation, item
from tests.unit.verifier.damages import DAMAGES, Damage
from tests.unit.verifier.stored_runs import StoredRuns, stored_runs


@pytest.fixture
def runs() -> StoredRuns:
    return stored_runs()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.what)
def test_every_damage_is_found_where_it_is(damage: Damage, runs: StoredRuns) -> None:
    name = runs.name(damage.file)
    damage.spoil(runs)
    told = runs.findings()
    assert any(
        finding.object_name == name
        and damage.place in finding.place
        and damage.found in finding.found
        and damage.expected in finding.expected
        for finding in told
    ), told


def test_damaged_shard_does_not_accuse_the_files_that_were_made_of_it(runs: StoredRuns) -> None:
    shard = runs.name(f"{FRANKFURT}:shard")
    runs.put(f"{FRANKFURT}:shard", runs.body(f"{FRANKFURT}:shard")[:-9])
    verification = runs.verify()
    assert {finding.object_name for finding in verification.findings.told} == {shard}
    assert (NAMES.run(runs.second).root, "a shard or an inventory is damaged: files were not compared") in (
        verification.findings.notes
    )
    # What could be read was read to its end.
    assert verification.findings.lines[runs.name("inventory.jsonl.gz")] == 37
    assert verification.findings.lines[runs.name("inventory.csv")] == 37


def test_carried_record_that_is_not_the_baselines_is_found(runs: StoredRuns) -> None:
    runs.run_id = runs.third

    def change(lines: list[dict[str, object]]) -> None:
        kept = next(line for line in lines if line["region"] == FRANKFURT and line["ocid"])
        kept["displayName"] = "made up"

    runs.edit_lines("inventory.jsonl.gz", change)
    runs.relist("inventory.jsonl.gz")
    assert any("the baseline's line" in finding.expected for finding in runs.findings())


def test_damaged_baseline_is_found_while_its_successor_is_verified(runs: StoredRuns) -> None:
    runs.run_id = runs.first
    name = runs.name("inventory.jsonl.gz")
    runs.edit_lines("inventory.jsonl.gz", lambda lines: lines[9].update(displayName="made up"))
    runs.run_id = runs.second
    told = runs.findings()
    assert (name, "sha256") in {(finding.object_name, finding.place) for finding in told}


def test_secret_detail_that_flips_without_any_listing_noticing_is_found_by_its_hash(runs: StoredRuns) -> None:
    """All three, shard, inventory and their listings, are changed alike; only the diff knows better."""
    for file in (f"{FRANKFURT}:shard", "inventory.jsonl.gz"):
        runs.edit_lines(
            file,
            lambda lines: next(line for line in lines if str(line["ocid"]).endswith("n05")).update(
                displayName="made up"
            ),
        )
    runs.relist("inventory.jsonl.gz")
    runs.relist_shard(FRANKFURT)
    told = [finding for finding in runs.findings() if finding.object_name == runs.name("diff.json")]
    assert any("n05" in finding.place and "curr_hash" in finding.found for finding in told)


def test_pointer_without_a_readable_run_is_found_without_a_run(runs: StoredRuns) -> None:
    runs.put("/latest.json", b"null")
    verification = verify_run(runs.here.memory, NAMES, None)
    assert verification.run_id is None
    assert not verification.is_clean


def test_pointer_to_a_run_that_is_all_gone_is_found(runs: StoredRuns) -> None:
    root = NAMES.run(runs.third).root
    for name in [name for name in runs.here.memory.objects if name.startswith(root)]:
        del runs.here.memory.objects[name]
    verification = verify_run(runs.here.memory, NAMES, None)
    assert {finding.object_name for finding in verification.findings.told} == {NAMES.latest}


def test_file_that_is_wrong_in_every_line_is_told_once_and_counted(runs: StoredRuns) -> None:
    lines = gzip.decompress(runs.body("inventory.jsonl.gz")).replace(
        b'"enrichStatus":"OK"', b'"enrichStatus":"ok"'
    )
    runs.put("inventory.jsonl.gz", gzip.compress(lines, mtime=0))
    verification = runs.verify()
    name = runs.name("inventory.jsonl.gz")
    told = [finding for finding in verification.findings.told if finding.object_name == name]
    assert len(told) == MAX_FINDINGS_PER_OBJECT
    assert verification.findings.untold[name] > 5


def test_two_spellings_of_one_number_are_not_the_same_line(runs: StoredRuns) -> None:
    body = gzip.decompress(runs.body("inventory.jsonl.gz"))
    key_twice = body.replace(b'"enrichStatus":"OK"', b'"enrichStatus":"OK","enrichStatus":"OK"', 1)
    runs.put("inventory.jsonl.gz", gzip.compress(key_twice, mtime=0))
    runs.relist("inventory.jsonl.gz")
    assert any("canonical form" in finding.expected for finding in runs.findings())
    assert hashlib.sha256(runs.body("inventory.jsonl.gz")).hexdigest() in runs.body("published.json").decode()


def test_merge_that_drops_what_a_lost_region_held_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug that all files agree on: what could not be seen is gone, and told as removed."""
    monkeypatch.setattr(merge, "_not_seen", lambda *_: None)
    here = Installation()
    here.regions[FRANKFURT].items = [item(FRANKFURT, name) for name in "abc"]
    here.regions[HOME].items = [item(HOME, "d")]
    here.run("first")
    here.regions[FRANKFURT].is_down = True
    findings = verify_run(here.memory, NAMES, here.run("second")).findings.told
    assert [finding.found for finding in findings] == ["no such record"] * 3
    assert {finding.expected for finding in findings} == {
        f"the baseline's, since {FRANKFURT} was not seen completely"
    }
