"""The archive in an empty folder serves whole runs with nothing but its own packages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import parquet

from emulator.cloud import Cloud
from tests.e2e.small_tenancy import small_tenancy
from tests.e2e.verify import verify
from tests.e2e.world import World
from tools.package.build import Built
from tools.package.services import used_services

pytestmark = pytest.mark.e2e

# Imports what a function imports at its start and, for the table, later.
_IMPORT_ALL = """
import json, sys
import fdk.scripts.fdk, func, inventory.exports.parquet_table
found = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps({"path": sys.path, "modules": found}))
"""


# The services that a function builds clients for, as their hosts are called.
HOSTS = {
    "functions": "functions",
    "generative_ai_inference": "inference.generativeai",
    "identity": "identity",
    "monitoring": "telemetry-ingestion",
    "object_storage": "objectstorage",
    "ons": "notification",
    "resource_search": "query",
}


@pytest.fixture(scope="module")
def shared_world(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A deployment of the archive that has everything switched on."""
    tenancy = small_tenancy()
    config = {
        "INVENTORY_REQUESTS_PER_SECOND": "1000",
        "INVENTORY_METRICS_COMPARTMENT_ID": tenancy.tenancy_id,
        "INVENTORY_EXECUTIVE_SUMMARY": "true",
        "INVENTORY_GENAI_MODEL_ID": "cohere.command-a-03-2025",
        "INVENTORY_GENAI_COMPARTMENT_ID": tenancy.tenancy_id,
    }
    root = tmp_path_factory.mktemp("cloud")
    with Cloud(tenancy, root=root, source_dir=unpacked / "function", config=config) as cloud:
        world = World(cloud)
        yield world
        world.heal()


@pytest.fixture
def world(shared_world: World) -> World:
    shared_world.reset()
    return shared_world


def test_runs_from_the_archive_tell_the_truth_and_what_changed(world: World) -> None:
    world.configure(world.aggregator, executive_summary="false", metrics_compartment_id="")
    runs = [verify(world, world.run())]
    world.mutate(seed=3)
    runs.append(verify(world, world.run()))
    for run in runs:
        assert run.gaps() == []
        assert len(world.messages(run.run_id)) == 1
        table = parquet.read_table(run.directory / "inventory.parquet")
        assert table.column("ocid").to_pylist() == [record["ocid"] for record in run.records()]
    assert {call.outcome for call in world.cloud.functions.calls} == {"ok"}


def test_every_service_that_the_code_names_answers_the_archive(world: World, archive: Built) -> None:
    run = world.run()
    assert "Emulated summary of " in run.report().replace("\\", "")
    assert used_services(archive.selection.code) == HOSTS.keys()
    answered = {entry.service for entry in world.cloud.emulator.requests.entries() if entry.status < 300}
    assert set(HOSTS.values()) <= answered


def test_everything_that_a_function_imports_comes_from_the_archive_or_python_itself(unpacked: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-s", "-S", "-c", _IMPORT_ALL],
        env={"PYTHONPATH": f"{unpacked / 'function'}:{unpacked / 'python'}"},
        cwd=unpacked,
        check=True,
        capture_output=True,
        text=True,
    )
    seen = json.loads(done.stdout)
    folders = (unpacked, Path(sys.base_prefix))
    assert "pyarrow.parquet" in seen["modules"]
    elsewhere = {
        name: file
        for name, file in seen["modules"].items()
        if file is not None and not any(Path(file).is_relative_to(folder) for folder in folders)
    }
    assert not elsewhere
    assert not any("site-packages" in place for place in seen["path"])
