"""What a run costs in requests, against the fewest that the catalog allows, and what throttling does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulator.cloud import Cloud
from emulator.faults import Throttle
from emulator.tenancy import generate
from inventory.catalog.load import load_catalog
from tests.e2e.call_plan import fewest_calls
from tests.e2e.conftest import build
from tests.e2e.run_files import RunFiles
from tests.e2e.verify import verify
from tests.e2e.world import World

RESOURCES = 10_000
#: How many times the fewest calls a run may make, and how many for each record.
MOST_TIMES = 1.05
MOST_PER_RECORD = 0.60


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return build(tmp_path / "image")


def reading_calls(run: RunFiles) -> int:
    """The requests of the run's workers that are about the tenancy: all but those about our own bucket."""
    return sum(
        counts["calls"]
        for service, operations in run.summary()["calls"].items()
        for operation, counts in operations.items()
        if service != "object_storage" or operation == "get_bucket"
    )


def test_ten_thousand_resources_are_the_truth_at_the_fewest_calls(tmp_path: Path, image: Path) -> None:
    tenancy = generate(resources=RESOURCES, now=datetime.now(UTC))
    config = {"INVENTORY_REQUESTS_PER_SECOND": "1000"}
    with Cloud(tenancy, root=tmp_path / "cloud", source_dir=image, config=config) as cloud:
        world = World(cloud)
        run = verify(world, world.run())
        calls = reading_calls(run)
        fewest = fewest_calls(tenancy, world.truth(), load_catalog()).total()
        assert fewest <= calls <= MOST_TIMES * fewest
        assert round(calls / len(run.records()), 2) <= MOST_PER_RECORD


def test_a_token_bucket_of_ten_a_second_costs_no_record_anything(tmp_path: Path, image: Path) -> None:
    tenancy = generate(resources=500, regions=2, compartments=12, now=datetime.now(UTC))
    with Cloud(tenancy, root=tmp_path / "cloud", source_dir=image) as cloud:
        world = World(cloud)
        rule = world.break_requests(Throttle(per_second=10, burst=10, tells_when=True))
        run = verify(world, world.run())
        assert world.fired(rule)
        assert "throttled" not in str(run.summary()["failures"])
