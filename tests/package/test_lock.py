"""The functions' lock: what the archive and the image are built from."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from inventory import __version__
from tests.package.conftest import PROJECT
from tools.package import wheels
from tools.package.build import DEFAULT
from tools.package.wheels import LOCK, Target, fetch_wheels


def locked(name: str) -> dict[str, str]:
    """Distributions and versions of a lock."""
    found = {}
    for entry in re.split(r"\n(?=\S)", (PROJECT / name).read_text().strip()):
        assert entry.count("--hash=sha256:") >= 1, entry
        requirement = Requirement(entry.partition(" \\\n")[0])
        found[requirement.name] = str(requirement.specifier)
    return found


def test_it_is_made_for_the_oldest_python_so_that_no_condition_is_left() -> None:
    """pip would judge conditions by the Python that builds, not by the one that runs."""
    text = (PROJECT / LOCK).read_text()
    assert ";" not in text
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_it_holds_what_the_tests_run_with() -> None:
    tested = locked("requirements/dev.txt")
    functions = locked(LOCK)
    assert {name: tested.get(name) for name in functions} == functions


def test_it_holds_what_the_functions_require() -> None:
    required = [Requirement(line) for line in (PROJECT / "requirements.txt").read_text().splitlines()]
    functions = locked(LOCK)
    assert {each.name.lower(): str(each.specifier) for each in required}.items() <= functions.items()


def test_the_version_is_told_once_and_func_yaml_agrees() -> None:
    assert f"\nversion: {__version__}\n" in (PROJECT / "func.yaml").read_text()
    assert f"## [{__version__}]" in (PROJECT / "CHANGELOG.md").read_text()
    project = (PROJECT / "pyproject.toml").read_text()
    assert not re.search(r'^version = "', project, re.MULTILINE)
    assert 'version = { attr = "inventory.__version__" }' in project


def test_wheels_are_asked_for_the_oldest_c_library_that_may_be_met() -> None:
    """One for a newer C library would be installed and then not be loaded."""
    arguments = DEFAULT.pip_arguments()
    platforms = [value for name, value in pairwise(arguments) if name == "--platform"]
    assert platforms[0] == "manylinux_2_28_x86_64"
    assert "manylinux2014_x86_64" in platforms
    assert not any(re.search(r"_2_(29|3\d)_", platform) for platform in platforms)
    assert "cp311" in Target(python="3.11", machine="aarch64").pip_arguments()


def test_wheels_of_two_machines_that_are_fetched_at_once_do_not_mix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2)

    def download(_lock: Path, arguments: list[str], folder: Path) -> None:
        both.wait(30)
        folder.mkdir(exist_ok=True)
        (folder / f"{arguments[-1]}.whl").touch()
        both.wait(30)

    monkeypatch.setattr(wheels, "_download", download)
    machines = ("x86_64", "aarch64")
    with ThreadPoolExecutor() as pool:
        found = list(
            pool.map(
                lambda machine: fetch_wheels(
                    PROJECT / LOCK, Target(python="3.12", machine=machine), tmp_path / "wheels"
                ),
                machines,
            )
        )
    assert [[wheel.stem for wheel in each] for each in found] == [
        [f"manylinux1_{machine}"] for machine in machines
    ]
