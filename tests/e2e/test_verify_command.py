"""`oci-inv verify` as its owner runs it: a process of its own, an API key, the real SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.cloud import BUCKET
from emulator.faults import Status
from tests.e2e.bucket import full_name
from tests.e2e.world import World

Command = Callable[..., subprocess.CompletedProcess[str]]

ADHOC = b'{"action": "run", "regions": ["%s"]}'


@pytest.fixture
def command(world: World, tmp_path: Path) -> Command:
    """Runs the command as somebody in the tenancy, with its settings in a file and the environment."""
    person = world.cloud.person()
    key = tmp_path / "key.pem"
    key.write_text(person.private_key_pem)
    values = {**person.config(world.cloud.region), "key_file": str(key)}
    del values["key_content"]
    (tmp_path / "config").write_text(
        "[OWNER]\n" + "".join(f"{name}={text}\n" for name, text in values.items())
    )
    settings = {"oci-config": str(tmp_path / "config"), "profile": "OWNER", "bucket": "of the file"}
    (tmp_path / "oci-inv.toml").write_text(
        "".join(f"{key} = {json.dumps(text)}\n" for key, text in settings.items())
    )
    environ = {
        "PATH": os.environ["PATH"],
        "OCI_INV_CONFIG": str(tmp_path / "oci-inv.toml"),
        "OCI_INV_BUCKET": BUCKET,
        "OCI_INV_ENDPOINT_TEMPLATE": world.cloud.door.endpoint_template,
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "inventory.cli", "verify", *arguments],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def told(command: Command, *arguments: str) -> dict[str, Any]:
    """What the command tells programs."""
    done = command("--json", *arguments)
    assert done.stderr == ""
    document: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if document["is_clean"] else 1)
    return document


def test_sound_runs_are_clean_and_a_spoiled_one_is_told(world: World, command: Command) -> None:
    """With a baseline, with a region that was lost, and one that is ad hoc."""
    first = world.run()
    assert told(command)["run_id"] == first.run_id
    world.mutate(seed=31)
    world.break_requests(
        Status(status=404, code="NotAuthorizedOrNotFound"), service="query", region=world.others[0]
    )
    second = world.run()
    document = told(command, "--run", second.run_id)
    assert document["findings"] == []
    assert document["checked"][full_name(second, "inventory.jsonl.gz")] == len(second.records())
    world.heal()

    adhoc = json.loads(world.cloud.functions.invoke(world.controller.ocid, ADHOC % world.home.encode()).body)
    world.settle()
    assert told(command, "--run", adhoc["run_id"])["findings"] == []
    done = command()
    assert done.returncode == 0
    assert f"run {second.run_id}: as it should be" in done.stdout

    path = second.directory / "inventory.csv"
    spoiled = path.read_bytes().replace(b",OK\r\n", b",ERROR\r\n", 1)
    world.bucket.overwrite(full_name(second, "inventory.csv"), spoiled)
    found = {(one["object"], one["where"]) for one in told(command)["findings"]}
    name = full_name(second, "inventory.csv")
    assert {(name, "ETag"), (name, "sha256"), (name, "size in bytes")} <= found
    assert any(where.startswith("row ") for _, where in found)
    done = command()
    assert done.returncode == 1
    assert "OBJECT" in done.stdout
    assert f"{second.run_id}/inventory.csv" in done.stdout


def test_bucket_that_cannot_be_read_is_not_taken_for_a_damaged_run(world: World, command: Command) -> None:
    done = command("--bucket", "no-such-bucket")
    assert done.returncode == 2
    assert "no-such-bucket" in done.stderr or "cannot be read" in done.stderr
    assert done.stdout == ""
    done = command()
    assert done.returncode == 2
    assert "no inventory has been published" in done.stderr
