"""By a parser alone: resources, data sources, blocks and arguments of the module are the provider's."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.blocks import parse, read_directory, twice_labelled
from tests.terraform.runner import MODULE, SCHEMA, SOURCE
from tests.terraform.schema_check import violations

DIRECTORIES = sorted({path.parent for path in MODULE.rglob("*.tf") if ".terraform" not in path.parts})

RULE = """
resource "oci_events_rule" "wake" {
  compartment_id = var.compartment_ocid
  display_name   = "wake"
  is_enabled     = true
  condition      = "{}"
  actions {
    action {
      action_type = "FAAS"
      is_enabled  = true
    }
  }
}
"""


@cache
def oracle() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))["provider_schemas"][SOURCE]


def found_in(text: str) -> list[str]:
    return list(violations(parse(text), oracle()))


@pytest.mark.parametrize(
    "directory", DIRECTORIES, ids=lambda path: path.relative_to(MODULE.parent).as_posix()
)
def test_the_provider_has_all_that_is_written(directory: Path) -> None:
    blocks = read_directory(directory)
    assert list(violations(blocks, oracle())) == []


def test_the_parser_sees_every_resource() -> None:
    """Counted by the lines that begin them, so that a parser that skips some is noticed."""
    blocks = read_directory(MODULE)
    for kind in ("resource", "data"):
        lines = [line for path in MODULE.glob("*.tf") for line in path.read_text("utf-8").splitlines()]
        assert len(list(twice_labelled(blocks[kind]))) == sum(line.startswith(f'{kind} "') for line in lines)


def test_a_right_resource_is_right() -> None:
    assert found_in(RULE) == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("is_enabled     = true", "enabled = true\n  is_enabled = true", "there is no argument enabled"),
        ("  display_name   =", "  state =", "state is the provider's to set"),
        ("  display_name   = ", "  # ", "the argument display_name is missing"),
        ("    action {", "    task {", "[0]: there is no block task"),
        ("  actions {", "  deeds {", "there is no block deeds"),
        ("  actions {", "  deeds {", "the block actions is missing"),
        ("  actions {", "  actions {\n  }\n  actions {", "there are too many blocks actions"),
        ("action_type =", "type =", "actions[0].action[0]: there is no argument type"),
        ("action_type =", "type =", "actions[0].action[0]: the argument action_type is missing"),
        ("  actions {", "  condition_details = {}\n  actions {", "there is no argument condition_details"),
        ("  actions {", '  dynamic "actions" {\n  }\n  actions {', "there is no argument dynamic"),
        ('"oci_events_rule"', '"oci_events_rules"', "the provider has no such resource"),
        ('resource "oci_events_rule"', 'data "oci_events_regulation"', "the provider has no such data"),
    ],
)
def test_what_the_provider_has_not_is_told(right: str, wrong: str, told: str) -> None:
    assert right in RULE
    assert any(each.endswith(told) for each in found_in(RULE.replace(right, wrong)))


def test_an_unknown_setting_of_the_provider_is_told() -> None:
    assert found_in('provider "oci" {\n  alias = "home"\n  region = "x"\n}') == []
    assert found_in('provider "oci" {\n  regions = "x"\n}') == ["provider.oci: there is no argument regions"]


def test_arguments_of_terraform_itself_are_none_of_the_providers() -> None:
    own = "count = 1\n  depends_on = [oci_core_vcn.x]\n  lifecycle {\n    prevent_destroy = true\n  }"
    assert found_in(RULE.replace("  actions {", f"  {own}\n  actions {{")) == []
