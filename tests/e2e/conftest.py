"""One emulated cloud per test process, emptied and healed for every test."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from emulator.cloud import Cloud
from tests.e2e.small_tenancy import small_tenancy
from tests.e2e.world import World

#: Small, so that every region has several pages and several shards.
PAGE_SIZE = 25


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


def build(image: Path) -> Path:
    """Copy what a function image holds: containers that start later must not see later edits."""
    source = Path(__file__).resolve().parents[2]
    shutil.copytree(source / "inventory", image / "inventory", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(source / "func.py", image)
    return image


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, World):
                report.sections.append(("what happened in the cloud", value.story()))
    return report


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    config = {
        "INVENTORY_PAGE_SIZE": str(PAGE_SIZE),
        "INVENTORY_SHARD_RECORDS": str(PAGE_SIZE),
        # Nobody is to be spared here.
        "INVENTORY_REQUESTS_PER_SECOND": "1000",
    }
    root = tmp_path_factory.mktemp("cloud")
    with Cloud(small_tenancy(), root=root, source_dir=build(root / "image"), config=config) as cloud:
        world = World(cloud)
        try:
            yield world
        finally:
            world.heal()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """The cloud as just deployed; whatever a test does to it, the product asks for nothing it may not do."""
    shared_world.reset()
    yield shared_world
    assert shared_world.refusals() == []
