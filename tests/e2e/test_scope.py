"""Settings that narrow what a run looks at: what is out of scope is neither compared nor removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from tests.e2e.checks import check_inventory
from tests.e2e.expected import FINAL_STATES, Truth
from tests.e2e.run_files import RunFiles
from tests.e2e.verify import verify, verify_published
from tests.e2e.world import PAST_OWNERSHIP_SECONDS, World


def test_run_over_fewer_regions_does_not_report_the_others_as_removed(world: World) -> None:
    kept = world.others[:2]

    def covers(resource: Truth) -> bool:
        return resource["region"] in kept

    verify(world, world.run())
    world.mutate(seed=9)
    world.configure(world.controller, regions=",".join(kept))
    world.cloud.emulator.requests.clear()
    second = verify(world, world.run(), covers=covers)
    assert {record["region"] for record in second.records()} == set(kept)
    assert {line["region"] for line in second.lines("changes.jsonl.gz")} == set(kept)
    assert not world.cloud.emulator.requests.entries(service="query", region=world.home)
    assert second.summary()["out_of_scope"] > 0

    world.configure(world.controller, regions="")
    third = verify(world, world.run())
    assert third.document("diff.json")["summary"]["added"] == 0


def test_terminated_resources_can_be_left_out_and_are_not_reported_as_removed(world: World) -> None:
    def covers(resource: Truth) -> bool:
        return (resource["lifecycleState"] or "").upper() not in FINAL_STATES

    verify(world, world.run())
    gone = [resource for resource in world.truth() if not covers(resource)]
    assert gone
    world.configure(world.controller, include_terminated="false")
    second = verify(world, world.run(), covers=covers)
    summary = second.summary()
    assert summary["out_of_scope"] == len(gone)
    assert summary["diff"]["removed"] == 0
    dropped = [told["counts"].get("terminated_items_dropped", 0) for told in summary["regions"].values()]
    assert sum(dropped) == len(gone)

    # What is terminated from now on is gone from an inventory that does not show terminated resources.
    changes = world.mutate(seed=10, many=15)
    third = verify(world, world.run(), covers=covers)
    terminated = {resource["ocid"] for resource in world.truth() if not covers(resource)}
    newly = terminated & set(changes.lifecycle)
    assert newly
    assert set(third.document("diff.json")["removed"]) == {*changes.removed, *newly}


def test_types_are_asked_for_by_name_and_other_types_are_not_compared(world: World) -> None:
    wanted = {"instance", "vcn", "user", "bucket"}

    def covers(resource: Truth) -> bool:
        return resource["resourceType"].lower() in wanted

    verify(world, world.run())
    everything = len(world.truth())
    world.configure(world.controller, types=",".join(sorted(wanted)))
    second = verify(world, world.run(), covers=covers)
    assert second.summary()["out_of_scope"] == everything - len(second.records())
    assert all("counts" in told for told in second.summary()["regions"].values())

    world.mutate(seed=11, many=15)
    verify(world, world.run(), covers=covers)


def test_compartments_with_all_below_them_and_what_is_moved_out_of_them_is_not_removed(world: World) -> None:
    def parents() -> dict[str | None, str | None]:
        return {known.ocid: known.compartment_id for known in world.tenancy.compartments}

    root = next(parent for parent in parents().values() if parent in parents())

    def is_below(ocid: str | None) -> bool:
        return ocid == root or (ocid in parents() and is_below(parents()[ocid]))

    def covers(resource: Truth) -> bool:
        return is_below(resource["compartmentId"]) or is_below(resource["ocid"])

    world.configure(world.controller, compartments=str(root))
    first = verify(world, world.run(), covers=covers)
    before = {resource["ocid"] for resource in world.truth()}
    world.pass_time(PAST_OWNERSHIP_SECONDS)
    world.mutate(seed=12, many=40)
    second = world.run()
    verify_published(world, second)
    told = world.inventory.expect(world.truth(), collected_at=second.collected_at(), covers=covers)
    check_inventory(second, told.known)
    _check_that_only_what_came_and_went_is_news(world, first, second, before, covers)


def test_tags_and_a_resource_that_loses_its_tag_is_not_removed(world: World) -> None:
    tags = Counter(key for resource in world.truth() for key in resource["freeformTags"] or {})
    tag = next(key for key, _ in tags.most_common() if "." not in key and "," not in key and " " not in key)

    def covers(resource: Truth) -> bool:
        return tag in (resource["freeformTags"] or {})

    world.configure(world.controller, tags=tag)
    first = verify(world, world.run(), covers=covers)
    assert first.records()
    before = {resource["ocid"] for resource in world.truth()}
    world.pass_time(PAST_OWNERSHIP_SECONDS)
    world.mutate(seed=13, many=40)
    tenancy = world.tenancy
    tagged = [known for known in tenancy.resources.values() if tag in (known.freeform_tags or {})]
    with tenancy.changing:
        tenancy.replace(put=[replace(known, freeform_tags={}) for known in tagged[::2]], drop=())
    second = world.run()
    verify_published(world, second)
    told = world.inventory.expect(world.truth(), collected_at=second.collected_at(), covers=covers)
    check_inventory(second, told.known)
    _check_that_only_what_came_and_went_is_news(world, first, second, before, covers)


def _check_that_only_what_came_and_went_is_news(
    world: World, first: RunFiles, second: RunFiles, before: set[str], covers: Callable[[Truth], bool]
) -> None:
    now = {resource["ocid"] for resource in world.truth()}
    held = {record["ocid"]: record for record in first.records() if record["ocid"] is not None}
    holds = {record["ocid"] for record in second.records()} - {None}
    gone = {ocid for ocid, record in held.items() if ocid not in now and covers(record)}
    left = held.keys() & now - holds
    diff = second.document("diff.json")
    assert set(diff["removed"]) == gone
    assert set(diff["added"]) == holds - before
    assert gone, "nothing is gone, so this test has shown nothing"
    assert left, "nothing has left the scope, so this test has shown nothing"
    assert left <= set(diff["notCompared"])
