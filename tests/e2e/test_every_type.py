"""A tenancy with every type that Search can know: no get call of the catalog stays untried."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from emulator.cloud import Cloud
from emulator.tenancy import generate
from emulator.tenancy.resource_types import TYPES
from tests.e2e.conftest import build
from tests.e2e.expected import readable_types
from tests.e2e.verify import verify
from tests.e2e.world import World


def test_run_over_every_type_tells_the_truth_and_every_catalogued_get_brings_details(tmp_path: Path) -> None:
    tenancy = generate(
        seed=5, resources=800, regions=1, compartments=12, every_type=True, now=datetime.now(UTC)
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
    # Of a type that has two names, Search may use one alone.
    assert {name for name, found in statuses.items() if "OK" in found} == readable_types() & set(TYPES)
