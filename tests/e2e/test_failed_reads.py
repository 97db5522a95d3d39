"""Services that do not show single resources: the last details are kept, with their age."""

from __future__ import annotations

from emulator.faults import Status
from tests.e2e.expected import Truth, is_final
from tests.e2e.verify import verify
from tests.e2e.world import World


def test_details_that_cannot_be_read_are_carried_forward_and_their_changes_told_later(world: World) -> None:
    def is_volume(resource: Truth) -> bool:
        return str(resource["resourceType"]) in ("Volume", "BootVolume", "Vnic")

    first = verify(world, world.run())
    hidden = Status(status=404, code="NotAuthorizedOrNotFound")
    world.break_requests(hidden, service="iaas", path="/(volumes|bootVolumes|vnics)(/|$)")
    for seed in (20, 21):
        # Also of those that change and that are new meanwhile, and over more than one run.
        world.mutate(seed=seed, many=20)
        run = verify(world, world.run(), unreadable=is_volume)
    volumes = [record for record in run.records() if is_volume(record)]
    ages = [record["details"].get("asOf") for record in volumes]
    assert ages.count(first.collected_at()) > 20
    assert None in ages
    assert run.summary()["details_carried_forward"] >= ages.count(first.collected_at())
    failures = run.section("Enrichment Failures")
    assert "Allow dynamic-group <name> to read volume-family in tenancy" in failures
    assert "Allow dynamic-group <name> to read virtual-network-family in tenancy" in failures
    hidden_types = {
        (one["region"], one["resourceType"]) for one in world.truth() if is_volume(one) and not is_final(one)
    }
    assert len(hidden_types) > 8
    for region, kind in hidden_types:
        # Nothing of these types could be read anywhere.
        assert kind in run.coverage()["regions"][region]["notReadable"]

    world.heal()
    last = verify(world, world.run())
    # What nobody could see then is told now.
    changed = [line for line in last.lines("changes.jsonl.gz") if is_volume(line)]
    assert {field["pointer"].split("/")[2] for line in changed for field in line["fields"]} == {"metadata"}
