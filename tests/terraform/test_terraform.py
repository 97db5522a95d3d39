"""Terraform's own checks of the module: format, validity, and every run of its tests.

With the stand-in they don't see what only the provider's code refuses (`schema_provider.py`), and neither way
what the service makes of a request.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.terraform.runner import MODULE, Result, Terraform
from tests.terraform.ways import attach_runs

DIRECTORIES = [".", *sorted(f"examples/{path.name}" for path in MODULE.glob("examples/*") if path.is_dir())]
TEST_FILES = sorted(path.name for path in MODULE.glob("tests/*.tftest.hcl"))


def run_test_file(
    terraform: Terraform, directory: Path, name: str, report: Path
) -> tuple[Result, dict[str, str]]:
    """Run one file of tests; returns Terraform's result, and "pass" or another word for each run in it."""
    result = terraform.run(directory, "test", "-no-color", f"-filter=tests/{name}", f"-junit-xml={report}")
    if not report.exists():  # the file could not be read, or the module is not valid
        return result, {}
    cases = ElementTree.parse(report).iter("testcase")
    return result, {case.get("name", ""): next((problem.tag for problem in case), "pass") for case in cases}


def test_the_files_are_formatted(terraform: Terraform) -> None:
    result = terraform.run(MODULE, "fmt", "-check", "-diff", "-recursive", "-no-color")
    assert result.code == 0, result.output


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_the_configuration_is_valid(terraform: Terraform, module: Path, directory: str) -> None:
    assert list((module / directory).glob("*.tf"))
    terraform.initialise(module / directory)
    result = terraform.run(module / directory, "validate", "-no-color")
    assert result.code == 0, result.output


def test_all_test_files_are_where_they_are_looked_for() -> None:
    assert TEST_FILES
    everywhere = [*MODULE.rglob("*.tftest.hcl"), *MODULE.rglob("*.tftest.json")]
    assert sorted(
        path.relative_to(MODULE).as_posix() for path in everywhere if ".terraform" not in path.parts
    ) == [f"tests/{name}" for name in TEST_FILES]


@pytest.mark.parametrize("name", TEST_FILES)
def test_every_run_passes(
    terraform: Terraform,
    module: Path,
    name: str,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Held against the names of the runs as they stand in the file, so that none is left out unseen."""
    written = re.findall(r'^run "(.+)"', (module / "tests" / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert written
    terraform.initialise(module)
    result, runs = run_test_file(terraform, module, name, tmp_path / "report.xml")
    attach_runs(record_property, len(runs))
    assert runs == dict.fromkeys(written, "pass"), result.output
    assert result.code == 0, result.output
