"""What holds for every script of `deploy/`: it parses, is clean, and its --help lists all that it takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.fakes import PROJECT

SCRIPTS = sorted((PROJECT / "deploy").glob("*.sh"))
SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def ids(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("script", SCRIPTS, ids=ids)
def test_a_script_parses_stops_at_errors_and_may_be_run(script: Path) -> None:
    subprocess.run(["/bin/bash", "-n", str(script)], check=True)
    lines = script.read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines[:6]
    assert script.stat().st_mode & 0o111


@pytest.mark.parametrize("script", SCRIPTS, ids=ids)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    if not SHELLCHECK.exists():
        pytest.skip("shellcheck is not among the installed packages")
    done = subprocess.run([str(SHELLCHECK), str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("script", SCRIPTS, ids=ids)
def test_help_lists_all_options_that_are_taken(script: Path) -> None:
    shown = subprocess.run([str(script), "--help"], capture_output=True, text=True, check=True).stdout
    explained = set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE))
    branches = re.findall(r"^ +(--[a-z][a-z |-]*)\)", script.read_text("utf-8"), re.MULTILINE)
    taken = {option for branch in branches for option in re.findall(r"--[a-z-]+", branch)}
    assert taken
    assert explained == taken
    assert "exit codes:" in shown


def test_there_are_scripts() -> None:
    assert [path.name for path in SCRIPTS] == ["cloud_shell.sh", "preflight.sh"]


def test_help_of_code_only_lists_its_options() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "deploy.code_only", "--help"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for option in (
        *("--apply", "--archive", "--runtime", "--way", "--terraform", "--outputs", "--wait-seconds"),
        *("--auth", "--oci-config", "--profile", "--region", "--endpoint-template"),
    ):
        assert option in shown
    for way in ("api_key", "security_token", "instance_principal", "resource_principal", "delegation_token"):
        assert way in shown
