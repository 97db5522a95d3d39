"""What `mutate` says it changed is what changed."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from tenancy_caller import NOW, Caller

from emulator.mutation import Changes, mutate
from emulator.tenancy import Tenancy
from emulator.tenancy.details import is_final
from emulator.tenancy.resource_types import HOME_TYPES
from emulator.truth import truth_records

EVERYTHING = {"adds": 25, "removes": 20, "tag_changes": 20, "lifecycle_changes": 20, "detail_changes": 20}


def _by_ocid(tenancy: Tenancy) -> dict[str, Any]:
    return {r["ocid"]: r for r in json.loads(json.dumps(list(truth_records(tenancy)))) if r["ocid"]}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, set[str]]:
    """What changed, found from the two truths alone."""
    found: dict[str, set[str]] = {
        "added": after.keys() - before.keys(),
        "removed": before.keys() - after.keys(),
    }
    for kind in ("tags", "lifecycle", "details"):
        found[kind] = set()
    for ocid in before.keys() & after.keys():
        fields = {name for name in before[ocid] if before[ocid][name] != after[ocid][name]}
        if fields & {"freeformTags", "definedTags"}:
            assert fields <= {"freeformTags", "definedTags", "body"}
            found["tags"].add(ocid)
        elif "lifecycleState" in fields:
            assert fields <= {"lifecycleState", "body"}
            found["lifecycle"].add(ocid)
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
        "details": set(changes.details),
    }
    assert len(changes.added) == 25
    assert len(changes.removed) == len(changes.tags) == len(changes.lifecycle) == len(changes.details) == 20
    assert set(changes.changed) == {*changes.tags, *changes.lifecycle, *changes.details}
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
    for ocids in (changes.added, changes.removed, changes.tags, changes.lifecycle, changes.details):
        records = [after.get(ocid) or before[ocid] for ocid in ocids]
        places = {"identity" if r["resourceType"] in HOME_TYPES else r["region"] for r in records}
        assert places == {"identity", *tenancy.ready_regions}


def test_the_same_seed_mutates_alike(make_tenancy: Any) -> None:
    results: list[tuple[Changes, dict[str, Any]]] = []
    for _ in range(2):
        tenancy = make_tenancy()
        results.append((mutate(tenancy, seed=9, now=NOW, **EVERYTHING), _by_ocid(tenancy)))
    assert results[0] == results[1]


def test_repeated_mutations_leave_no_reference_to_nothing(make_tenancy: Any) -> None:
    tenancy = make_tenancy()
    for seed in range(6):
        mutate(tenancy, seed=seed, now=NOW, **EVERYTHING)
    for resource in tenancy.snapshot:
        for reference in resource.references.values():
            for ocid in reference if isinstance(reference, tuple) else (reference,):
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
        return {item["identifier"]: item for items in found for item in items if item["identifier"]}

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
        found = {item["identifier"] for item in caller.items("query all resources", region=region)}
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
            ocids = [item["identifier"] for item in found if item["identifier"]]
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
