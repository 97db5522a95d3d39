"""Results to read: two runs of a small tenancy, the second with changes and gaps; fetched by the page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from emulator.cloud import Cloud
from emulator.faults import Status
from emulator.tenancy import generate
from emulator.tenancy.mix import DEFAULT_MIX
from tests.docs.page import block
from tests.e2e.run_files import RunFiles
from tests.e2e.world import World

PAGE = "reading-results.md"
PROJECT = Path(__file__).resolve().parents[2]
#: A network with what lies in it, and one type that no service reads.
TYPES: Mapping[str, float] = {
    "Compartment": 1,
    "Vcn": 1,
    "Subnet": 2,
    "Drg": 1,
    "DrgAttachment": 1,
    "NatGateway": 1,
    "Image": 1,
    "Instance": 6,
    "Vnic": 6,
    "VnicAttachment": 4,
    "PrivateIp": 3,
    "PublicIp": 2,
    "LoadBalancer": 2,
    "NetworkLoadBalancer": 2,
    "BootVolume": 3,
    "meshvirtualservice": 1,
}


@dataclass(frozen=True)
class Results:
    """What a reader has: `directory` with the folders that the page fetches, and the runs in the bucket."""

    directory: Path
    bucket: Path
    first: RunFiles
    second: RunFiles

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The second run's records."""
        return self.second.records()

    @cached_property
    def changes(self) -> list[dict[str, Any]]:
        """The second run's changes."""
        return self.second.lines("changes.jsonl.gz")

    def shell(self, script: str) -> str:
        """What a block of the page prints in the reader's directory. Raises where a command of it fails."""
        environment = {**os.environ, "PATH": f"{self.directory}/bin:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.directory,
            env={**environment, "BUCKET_DIR": str(self.bucket)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "results" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """In the second run one type is refused in the home region, and Search in the other one."""
    root = tmp_path_factory.mktemp("cloud")
    tenancy = generate(
        seed=5,
        resources=300,
        regions=2,
        compartments=12,
        mix=replace(DEFAULT_MIX, weights=TYPES),
        now=datetime.now(UTC),
    )
    with Cloud(
        tenancy, root=root, source_dir=PROJECT, config={"INVENTORY_REQUESTS_PER_SECOND": "1000"}
    ) as cloud:
        world = World(cloud)
        first = world.run()
        world.mutate(seed=3, many=6)
        refused = Status(status=404, code="NotAuthorizedOrNotFound")
        world.break_requests(refused, service="iaas", region=world.home, path=r"/subnets")
        world.break_requests(refused, service="query", region=world.others[0])
        second = world.run()
    directory = tmp_path_factory.mktemp("reader")
    found = Results(directory=directory, bucket=cloud.objects, first=first, second=second)
    _install_stand_in(directory / "bin")
    if shutil.which("jq") is not None:
        for name in ("fetch", "before"):
            found.shell(block(PAGE, "oci", name))
    else:
        shutil.copytree(second.directory, directory / "results")
        shutil.copytree(first.directory, directory / "before")
    return found


def _install_stand_in(place: Path) -> None:
    place.mkdir()
    program = place / "oci"
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("oci_stand_in.py")} "$@"\n'
    )
    program.chmod(0o755)
