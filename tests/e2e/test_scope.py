"""Settings that narrow what a run looks at: what is out of scope is neither compared nor removed."""

from __future__ import annotations

from tests.e2e.expected import FINAL_STATES, Truth
from tests.e2e.verify import verify
from tests.e2e.world import World


def test_run_over_fewer_regions_does_not_report_the_others_as_removed(world: World) -> None:
    kept = world.others[:2]

    def covers(resource: Truth) -> bool:
        return resource["region"] in kept

    verify(world, world.run())
    world.mutate(seed=9)
    world.configure(world.controller, regions=",".join(kept))
    second = verify(world, world.run(), covers=covers)
    assert {record["region"] for record in second.records()} == set(kept)
    assert {line["region"] for line in second.lines("changes.jsonl.gz")} == set(kept)
    assert not world.cloud.emulator.requests.entries(service="query", region=world.home)[7:]
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
