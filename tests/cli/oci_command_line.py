"""Somebody else's client against the emulated tenancy: the `oci` command line, over HTTP, as a user has it.

Not among the tests of `make test`, since the command line is a large package of its own: `make cli-test`
installs it beside the project and runs this file. `OCI_CLI` is the program.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulator.cloud import BUCKET, Cloud
from emulator.tenancy import generate
from tests.docs.page import block

PROGRAM = Path(os.environ.get("OCI_CLI", ".venv-cli/bin/oci")).absolute()
PROJECT = Path(__file__).parents[2]
#: More than fits in one part of the command line's default size, 128 MiB.
LARGE_BYTES = 150_000_000

Oci = Callable[..., str]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    tenancy = generate(seed=7, resources=1200, regions=2, types=60, now=datetime.now(UTC))
    with Cloud(tenancy, root=tmp_path_factory.mktemp("cloud"), source_dir=PROJECT) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def home(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a user of the tenancy: a key, and the file `config`."""
    home = tmp_path_factory.mktemp("home")
    person = cloud.person()
    key_file, config_file = home / "key.pem", home / "config"
    key_file.write_text(person.private_key_pem)
    config_file.write_text(
        "[DEFAULT]\n"
        f"user={person.user_id}\n"
        f"fingerprint={person.fingerprint}\n"
        f"tenancy={person.tenancy_id}\n"
        f"region={cloud.region}\n"
        f"key_file={key_file}\n"
    )
    for file in (key_file, config_file):
        file.chmod(0o600)
    return home


@pytest.fixture(scope="module")
def oci(cloud: Cloud, home: Path) -> Oci:
    """Runs the command line as that user, at a service's endpoint; returns what it prints."""

    def run(service: str, *words: str) -> str:
        config_file, endpoint = home / "config", cloud.endpoint(service)
        done = subprocess.run(
            [str(PROGRAM), "--config-file", str(config_file), "--endpoint", endpoint, *words],
            env={"PATH": os.environ["PATH"], "HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def answered(printed: str) -> Any:
    """The data of an answer that is printed as JSON."""
    return json.loads(printed)["data"]


@pytest.mark.parametrize("limit", [7, 1000])
def test_search_shows_what_the_region_has_page_by_page(cloud: Cloud, oci: Oci, limit: int) -> None:
    query = "query Vcn, Subnet resources sorted by timeCreated asc"
    words = ["search", "resource", "structured-search", "--query-text", query]
    found: list[dict[str, Any]] = []
    page: list[str] = []
    while True:
        told = json.loads(oci("query", *words, "--limit", str(limit), *page))
        found += told["data"]["items"]
        if "opc-next-page" not in told:
            break
        page = ["--page", told["opc-next-page"]]
    expected = {
        resource.ocid
        for resource in cloud.tenancy.resources.values()
        if resource.region == cloud.region and resource.resource_type in ("Vcn", "Subnet")
    }
    assert {item["identifier"] for item in found} == expected
    assert len(found) == len(expected) > 7
    created = [item["time-created"] for item in found]
    assert created == sorted(created)


def test_all_compartments_are_listed_by_pages(cloud: Cloud, oci: Oci) -> None:
    words = ["iam", "compartment", "list", "--compartment-id-in-subtree", "true", "--all", "--page-size", "5"]
    listed = answered(oci("identity", *words))
    expected = {
        resource.ocid: resource.display_name
        for resource in cloud.tenancy.resources.values()
        if resource.resource_type == "Compartment"
    }
    assert {one["id"]: one["name"] for one in listed} == expected
    assert len(expected) > 5


def test_a_large_file_is_put_in_parts_and_comes_back_as_it_was(
    cloud: Cloud, oci: Oci, tmp_path: Path
) -> None:
    sent, received = tmp_path / "sent", tmp_path / "received"
    block = random.Random(150).randbytes(1_000_000)
    with sent.open("wb") as file:
        for number in range(LARGE_BYTES // len(block)):
            file.write(number.to_bytes(4, "big") + block[4:])
    place = ["--bucket-name", BUCKET, "--namespace", cloud.tenancy.namespace, "--name", "large/file ü.bin"]
    before = cloud.emulator.requests.count(service="objectstorage", target=r"/u/.*uploadPartNum=")
    oci("objectstorage", "os", "object", "put", *place, "--file", str(sent), "--no-overwrite")
    parts = cloud.emulator.requests.count(service="objectstorage", target=r"/u/.*uploadPartNum=") - before
    assert parts == 2
    told = json.loads(oci("objectstorage", "os", "object", "head", *place))
    assert int(told["content-length"]) == LARGE_BYTES
    oci("objectstorage", "os", "object", "get", *place, "--file", str(received))
    assert received.stat().st_size == LARGE_BYTES
    assert _sha256(received) == _sha256(sent)


def test_an_invocation_without_body_takes_an_inventory_that_can_be_fetched(
    cloud: Cloud, oci: Oci, tmp_path: Path
) -> None:
    words = ["fn", "function", "invoke", "--function-id", cloud.deployment.controller.ocid, "--file", "-"]
    started = json.loads(oci("functions", *words, "--body", ""))
    assert started["status"] == "started"
    cloud.functions.wait_idle(240)
    told = json.loads(oci("functions", *words, "--body", '{"action":"status"}'))
    assert told["status"] == "status"
    place = ["--bucket-name", BUCKET, "--namespace", cloud.tenancy.namespace]
    names = [*place, "--prefix", "inventory/", "--all"]
    listed = {one["name"] for one in answered(oci("objectstorage", "os", "object", "list", *names))}
    pointer = tmp_path / "latest.json"
    fetch = ["os", "object", "get", *place, "--name", "inventory/latest.json", "--file", str(pointer)]
    oci("objectstorage", *fetch)
    latest = json.loads(pointer.read_bytes())
    assert latest["run_id"] == started["run_id"]
    assert set(latest["artifacts"].values()) <= listed


def test_the_commands_for_readers_fetch_what_is_published(cloud: Cloud, home: Path, tmp_path: Path) -> None:
    """The blocks of docs/reading-results.md, as they stand there."""
    for _ in range(2):
        cloud.functions.invoke(cloud.deployment.controller.ocid, b"{}")
        cloud.functions.wait_idle(240)
    latest = json.loads((cloud.objects / "inventory" / "latest.json").read_bytes())
    program = tmp_path / "bin" / "oci"
    program.parent.mkdir()
    endpoint = cloud.endpoint("objectstorage")
    program.write_text(f'#!/bin/sh\nexec {PROGRAM} --config-file {home}/config --endpoint {endpoint} "$@"\n')
    program.chmod(0o755)
    for name in ("fetch", "check", "before", "everything"):
        subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", block("reading-results.md", "oci", name)],
            cwd=tmp_path,
            env={"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(home)},
            check=True,
            timeout=300,
        )
    for name, full_name in latest["artifacts"].items():
        assert _sha256(tmp_path / "results" / name) == _sha256(cloud.objects / full_name)
    runs = cloud.objects / "inventory" / "runs"
    before = runs / latest["previous_run_id"] / "inventory.parquet"
    assert _sha256(tmp_path / "before" / "inventory.parquet") == _sha256(before)
    run = runs / latest["run_id"]
    everything = tmp_path / "everything" / "inventory" / "runs" / latest["run_id"]
    assert _files(everything) == _files(run)


def _files(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): _sha256(path)
        for path in directory.rglob("*")
        if path.is_file()
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
