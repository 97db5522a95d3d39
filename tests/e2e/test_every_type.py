"""A tenancy with every type that Search can know: no get call of the catalog stays untried."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from emulator.cloud import Cloud
from emulator.tenancy import generate
from emulator.tenancy.mix import DEFAULT_MIX
from emulator.tenancy.resource_types import TYPES
from emulator.truth import truth_domain_members
from tests.e2e.conftest import build
from tests.e2e.expected import readable_types
from tests.e2e.verify import verify
from tests.e2e.world import World

UNSEARCHED = frozenset({"MySQLBackup", "MySQLDbSystem", "VnicAttachment", "VolumeAttachment"})


def test_run_over_every_type_tells_the_truth_and_every_catalogued_get_brings_details(tmp_path: Path) -> None:
    tenancy = generate(
        seed=5,
        resources=800,
        regions=1,
        compartments=12,
        every_type=True,
        now=datetime.now(UTC),
        oddities=replace(DEFAULT_MIX.oddities, unsearched_types=UNSEARCHED, domains_below_root=True),
    )
    with Cloud(tenancy, root=tmp_path / "cloud", source_dir=build(tmp_path / "image")) as cloud:
        world = World(cloud)
        run = verify(world, world.run())
        world.mutate(seed=1, many=40)
        again = verify(world, world.run())
    statuses = defaultdict(set)
    for record in (*run.records(), *again.records()):
        statuses[record["resourceType"]].add(record["enrichStatus"])
    assert len(statuses) > 490
    read = {name for name, found in statuses.items() if "OK" in found}
    assert len(read) >= 250
    # What Search does not know is found all the same, and the domains' users and groups.
    assert read >= {*UNSEARCHED, "Domain"}
    domains = {one["body"]["domainOcid"] for one in truth_domain_members(tenancy)}
    told = {(record["details"].get("metadata") or {}).get("domainOcid") for record in again.records()}
    assert len(domains) == 2
    assert domains <= told
    # Of a type that has two names, Search may use one alone.
    assert read == readable_types() & set(TYPES)
