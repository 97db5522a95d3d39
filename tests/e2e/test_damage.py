"""Artifacts that cannot be written and baselines that cannot be read: named gaps, not the end of a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.faults import Status
from tests.e2e.bucket import full_name
from tests.e2e.run_files import RunFiles
from tests.e2e.verify import verify
from tests.e2e.world import World


@pytest.mark.parametrize(
    "answer",
    [Status(status=403, code="NotAllowed"), Status(status=400, code="InvalidParameter")],
    ids=lambda answer: str(answer.status),
)
def test_derived_artifact_that_cannot_be_written_is_a_named_gap(world: World, answer: Status) -> None:
    world.break_requests(answer, service="objectstorage", method="PUT", path=r"inventory\.csv$")
    run = verify(world, world.run(), without_table=True)
    (gap,) = run.document("published.json")["gaps"]
    assert gap["name"] == "inventory.csv"
    assert str(answer.status) in gap["reason"]
    assert not run.has("inventory.csv")
    assert "inventory.csv" in run.section("Exclusion and Gap Details")

    world.heal()
    world.mutate(seed=17)
    verify(world, world.run())


def _truncate(world: World, run: RunFiles) -> None:
    path = run.directory / "inventory.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-1000])


def _flip_a_byte(world: World, run: RunFiles) -> None:
    path = run.directory / "inventory.jsonl.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _remove_inventory(world: World, run: RunFiles) -> None:
    world.bucket.delete(full_name(run, "inventory.jsonl.gz"))


def _unpublish(world: World, run: RunFiles) -> None:
    world.bucket.delete(full_name(run, "published.json"))


def _spoil_manifest(world: World, run: RunFiles) -> None:
    world.bucket.overwrite(full_name(run, "manifest.json"), b'{"format_version": 1, "run_id":')


@pytest.mark.parametrize(
    "damage",
    [_truncate, _flip_a_byte, _remove_inventory, _unpublish, _spoil_manifest],
    ids=lambda damage: damage.__name__.strip("_"),
)
def test_unreadable_baseline_publishes_without_diff_and_says_so(
    world: World, damage: Callable[[World, RunFiles], None]
) -> None:
    first = verify(world, world.run())
    world.mutate(seed=18)
    damage(world, first)
    second = verify(world, world.run(), without_baseline=True)
    assert ("baseline", first.run_id) in second.gaps()
    assert "could not be read" in second.summary()["diff_note"]
    assert "No diff" in second.report()
    assert {gap["name"] for gap in second.document("published.json")["gaps"]} == {
        "diff.json",
        "diff_summary.json",
        "changes.jsonl.gz",
    }

    world.mutate(seed=19)
    verify(world, world.run())
