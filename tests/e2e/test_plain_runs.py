"""Runs in which nothing goes wrong."""

from __future__ import annotations

import json
from collections import Counter

from emulator.tenancy.resource_types import HOME_TYPES
from tests.e2e.checks import canonical, masked
from tests.e2e.expected import readable_types
from tests.e2e.graph_checks import assert_edges
from tests.e2e.run_files import RunFiles
from tests.e2e.verify import verify
from tests.e2e.world import World

_GRAPH = ("graph_nodes.jsonl.gz", "graph_edges.jsonl.gz")


def test_two_runs_with_changes_in_between_tell_the_truth_and_exactly_the_changes(world: World) -> None:
    verify(world, world.run())
    changes = world.mutate(seed=3)
    second = verify(world, world.run())

    types = {resource["ocid"]: resource["resourceType"] for resource in world.truth()}
    # A change that only a GET shows is seen where the product has a get call for the type.
    details = {ocid for ocid in changes.details if types[ocid] in readable_types()}
    diff = second.document("diff.json")
    assert diff["added"] == sorted(changes.added)
    assert diff["removed"] == sorted(changes.removed)
    assert diff["changed"] == sorted({*changes.tags, *changes.lifecycle, *changes.moved, *details})
    assert len(details) >= len(changes.details) / 4


def test_identity_resources_that_every_region_answers_for_stand_once_in_the_home_region(world: World) -> None:
    run = verify(world, world.run())
    identity = Counter(
        resource["ocid"] for resource in world.truth() if resource["resourceType"] in HOME_TYPES
    )
    shown = sum(one["searched"] and one["resourceType"] in HOME_TYPES for one in world.truth())
    assert len(identity) > 20
    records = [record for record in run.records() if record["resourceType"] in HOME_TYPES]
    assert Counter(record["ocid"] for record in records) == identity
    assert {record["region"] for record in records} == {world.home}
    for region in world.others:
        # Each of the others was shown all of them.
        assert run.outcome(region)["tally"]["counts"]["home_region_items_skipped"] == shown


def test_relationships_are_exactly_what_the_generator_chose_and_decoys_are_none(world: World) -> None:
    """Texts, tags, instance metadata and function configuration quote OCIDs in every tenancy."""
    run = verify(world, world.run())
    assert assert_edges(run.records(), world.truth()) > 100
    quoting = [
        record
        for record in run.records()
        if (record["resourceType"] == "Instance" and record["enrichStatus"] == "OK")
        or any(value.startswith("ocid1.") for value in record["freeformTags"].values())
    ]
    assert len(quoting) > 3


def test_two_runs_over_the_same_state_give_the_same_bytes_and_an_empty_diff(world: World) -> None:
    first = verify(world, world.run())
    second = verify(world, world.run())
    for name in ("inventory.jsonl.gz", "relationships.jsonl.gz", *_GRAPH):
        assert _masked_lines(first, name) == _masked_lines(second, name)
    assert first.bytes_of("inventory.csv") == second.bytes_of("inventory.csv")
    assert second.bytes_of("changes.jsonl.gz") == b""
    summary = second.document("diff_summary.json")
    assert (summary["added"], summary["removed"], summary["changed"]) == (0, 0, 0)
    assert summary["unchanged"] == len(world.truth())


def _masked_lines(run: RunFiles, name: str) -> list[bytes]:
    return [canonical(masked(json.loads(line))) for line in run.bytes_of(name).splitlines()]
