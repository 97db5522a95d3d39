"""What `mutate` says it changed is what changed."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from tenancy_caller import Caller

from emulator.mutation import Changes, mutate
from emulator.tenancy import Tenancy, generate
from emulator.tenancy.details import is_final
from emulator.tenancy.oddities import Oddities
from emulator.tenancy.references import named_by
from emulator.tenancy.resource_types import HOME_TYPES, REFERENCED_TYPES
from emulator.truth import truth_records
from tests.fakes.service_caller import NOW

EVERYTHING = {
    "adds": 25,
    "removes": 20,
    "tag_changes": 20,
    "lifecycle_changes": 20,
    "moves": 20,
    "detail_changes": 20,
}


def _by_ocid(tenancy: Tenancy) -> dict[str, Any]:
    return {r["ocid"]: r for r in json.loads(json.dumps(list(truth_records(tenancy)))) if r["ocid"]}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, set[str]]:
    """What changed, found from the two truths alone."""
    found: dict[str, set[str]] = {
        "added": after.keys() - before.keys(),
        "removed": before.keys() - after.keys(),
    }
    for kind in ("tags", "lifecycle", "moved", "details"):
        found[kind] = set()
    for ocid in before.keys() & after.keys():
        # Edges are what the body shows.
        fields = {name for name in before[ocid] if before[ocid][name] != after[ocid][name]} - {"edges"}
        if fields & {"freeformTags", "definedTags"}:
            assert fields <= {"freeformTags", "definedTags", "body"}
            found["tags"].add(ocid)
        elif "lifecycleState" in fields:
            assert fields <= {"lifecycleState", "body", "oddities"}
            found["lifecycle"].add(ocid)
        elif "compartmentId" in fields:
            assert fields <= {"compartmentId", "body", "oddities"}
            found["moved"].add(ocid)
        elif fields:
            assert fields == {"body"}
            found["details"].add(ocid)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_changes_are_the_difference_of_the_two_truths(make_tenancy: Any, seed: int) -> None:
    tenancy = make_tenancy()
    before = _by_ocid(tenancy)
    changes = mutate(tenancy, seed=seed, now=NOW, **EVERYTHING)
    after = _by_ocid(tenancy)
    assert _differences(before, after) == {
        "added": set(changes.added),
        "removed": set(changes.removed),
        "tags": set(changes.tags),
        "lifecycle": set(changes.lifecycle),
        "moved": set(changes.moved),
        "details": set(changes.details),
    }
    assert len(changes.added) == 25
    kinds = (changes.removed, changes.tags, changes.lifecycle, changes.moved, changes.details)
    assert [len(ocids) for ocids in kinds] == [20] * 5
    assert set(changes.changed) == {ocid for ocids in kinds[1:] for ocid in ocids}
    assert not {before[ocid]["lifecycleState"] for ocid in (*changes.removed, *changes.changed)} & {
        "TERMINATED",
        "Terminated",
        "DELETED",
    }


def test_every_kind_of_change_reaches_identity_and_every_region(make_tenancy: Any) -> None:
    tenancy = make_tenancy()
    before = _by_ocid(tenancy)
    changes = mutate(tenancy, seed=1, now=NOW, **EVERYTHING)
    after = _by_ocid(tenancy)
    kinds = (changes.tags, changes.lifecycle, changes.moved, changes.details)
    for ocids in (changes.added, changes.removed, *kinds):
        records = [after.get(ocid) or before[ocid] for ocid in ocids]
        places = {"identity" if r["resourceType"] in HOME_TYPES else r["region"] for r in records}
        assert places == {"identity", *tenancy.ready_regions}


def test_a_moved_resource_lies_in_another_living_compartment_and_no_compartment_in_itself(
    make_tenancy: Any,
) -> None:
    tenancy = make_tenancy(resources=600, types=40)
    moved: set[str] = set()
    for seed in range(8):
        before = {ocid: r.compartment_id for ocid, r in tenancy.resources.items()}
        changes = mutate(tenancy, seed=seed, moves=40, now=NOW)
        living = {c.ocid for c in tenancy.compartments if c.lifecycle_state == "ACTIVE"}
        for ocid in changes.moved:
            place = tenancy.resources[ocid].compartment_id
            assert place != before[ocid]
            assert place in living | {tenancy.tenancy_id}
        moved.update(tenancy.resources[ocid].resource_type for ocid in changes.moved)
    assert "Compartment" in moved
    assert not moved & {"User", "Group"}, "users and groups lie in the tenancy"
    parents = {c.ocid: c.compartment_id for c in tenancy.compartments}
    for ocid in parents:
        path = [ocid]
        while path[-1] in parents:
            path.append(parents[path[-1]])
            assert len(path) <= len(parents)


def test_every_type_may_change() -> None:
    tenancy = generate(resources=3000, now=NOW, every_type=True, regions=2, compartments=12)
    types = {ocid: r.resource_type for ocid, r in tenancy.resources.items()}
    living = {r.resource_type for r in tenancy.snapshot if r.ocid and r.is_searchable and not is_final(r)}
    many = sum(r.is_searchable and not is_final(r) for r in tenancy.resources.values())
    changes = mutate(tenancy, seed=1, tag_changes=many, now=NOW)
    assert {types[ocid] for ocid in changes.tags} == living
    changes = mutate(tenancy, seed=2, removes=1500, now=NOW)
    removed = {types[ocid] for ocid in changes.removed}
    assert len(removed) > 300
    assert removed & REFERENCED_TYPES, "what others may name goes too, where none does"
    assert "Compartment" not in removed
    for resource in tenancy.snapshot:
        assert set(named_by(resource)) <= {*tenancy.resources, tenancy.tenancy_id}


def test_a_full_set_of_tags_never_overflows(make_tenancy: Any) -> None:
    tenancy = make_tenancy(resources=300, types=20, oddities=Oddities(huge_tags=1))
    for seed in range(4):
        mutate(tenancy, seed=seed, tag_changes=100, now=NOW)
    assert max(len(r.freeform_tags) for r in tenancy.snapshot) == 10


def test_members_of_identity_domains_do_not_change(make_tenancy: Any) -> None:
    tenancy = make_tenancy(resources=100, types=20)
    before = [r for r in tenancy.snapshot if not r.is_searchable]
    mutate(tenancy, seed=1, tag_changes=50, now=NOW)
    assert [r for r in tenancy.snapshot if not r.is_searchable] == before


def test_the_same_seed_mutates_alike(make_tenancy: Any) -> None:
    results: list[tuple[Changes, dict[str, Any]]] = []
    for _ in range(2):
        tenancy = make_tenancy()
        results.append((mutate(tenancy, seed=9, now=NOW, **EVERYTHING), _by_ocid(tenancy)))
    assert results[0] == results[1]


def test_repeated_mutations_leave_no_reference_to_nothing(make_tenancy: Any) -> None:
    tenancy = make_tenancy()
    ending = {tenancy.tenancy_id, *(c.ocid for c in tenancy.compartments if is_final(c))}
    ended = 0
    for seed in range(6):
        changes = mutate(tenancy, seed=seed, now=NOW, **EVERYTHING)
        ended += sum(is_final(tenancy.resources[ocid]) for ocid in changes.lifecycle)
    assert ended > 5
    for resource in tenancy.snapshot:
        for ocid in named_by(resource):
            if ocid not in ending:
                assert not is_final(tenancy.resources[ocid])


def test_a_tenancy_too_small_for_the_changes_stays_as_it_is(make_tenancy: Any) -> None:
    tenancy = make_tenancy(resources=100)
    before = _by_ocid(tenancy)
    with pytest.raises(ValueError, match="of 500 resources are left for removal"):
        mutate(tenancy, seed=1, removes=500, now=NOW)
    assert _by_ocid(tenancy) == before


def test_a_detail_change_shows_in_the_get_and_not_in_search(make_tenancy: Any) -> None:
    tenancy = make_tenancy()
    caller = Caller(tenancy)
    question = "query all resources return allAdditionalFields"

    def seen() -> dict[str, Any]:
        found = (caller.items(question, region=region) for region in tenancy.ready_regions)
        return {item["identifier"]: item for items in found for item in items if item.get("identifier")}

    searched, truth = seen(), _by_ocid(tenancy)
    changes = mutate(tenancy, seed=2, detail_changes=200, now=NOW)
    assert seen() == searched
    for ocid in changes.details:
        if truth[ocid]["resourceType"] != "Bucket":
            assert caller.read(truth[ocid]) != truth[ocid]["body"]


def test_removed_resources_vanish_from_search_and_answer_404(make_tenancy: Any) -> None:
    tenancy = make_tenancy()
    caller = Caller(tenancy)
    changes = mutate(tenancy, seed=2, removes=30, now=NOW)
    for region in tenancy.ready_regions:
        found = {item.get("identifier") for item in caller.items("query all resources", region=region)}
        assert not found & set(changes.removed)


def test_a_scan_that_mutations_overtake_still_sees_one_instant(make_tenancy: Any) -> None:
    """Threads page through Search while resources come and go: no page set is torn."""
    tenancy = make_tenancy(resources=600, regions=1)
    caller = Caller(tenancy)
    sizes = {600}
    stop = threading.Event()
    torn: list[object] = []

    def scan() -> None:
        while not stop.is_set():
            found = caller.items("query all resources", limit=97)
            ocids = [item["identifier"] for item in found if item.get("identifier")]
            if len(set(ocids)) != len(ocids) or len(found) not in sizes:
                torn.append(len(found))

    threads = [threading.Thread(target=scan) for _ in range(3)]
    for thread in threads:
        thread.start()
    for seed in range(12):
        sizes.add(600 + 5 * (seed + 1))
        mutate(tenancy, seed=seed, adds=12, removes=7, tag_changes=5, now=NOW)
    stop.set()
    for thread in threads:
        thread.join(timeout=30)
    assert not torn
