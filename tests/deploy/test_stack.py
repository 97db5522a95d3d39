"""The Resource Manager stack: its form asks for what the module takes, and its ZIP file is whole."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.terraform.blocks import labelled, read_directory
from tools.stack import MODULE, PROJECT, write_stack

SCHEMA: dict[str, Any] = yaml.safe_load((MODULE / "schema.yaml").read_text("utf-8"))
BLOCKS = read_directory(MODULE)
VARIABLES: dict[str, Any] = dict(labelled(BLOCKS["variable"]))
OUTPUTS: dict[str, Any] = dict(labelled(BLOCKS["output"]))
FORM: dict[str, Any] = SCHEMA["variables"]

# What a form can take, by the type of the variable, in the words of Oracle's meta schema.
FORM_TYPES = {
    "string": {
        *("string", "text", "enum"),
        *("oci:identity:compartment:id", "oci:identity:region:name", "oci:apm:domain:id"),
    },
    "number": {"integer", "enum"},
    "bool": {"boolean"},
    "${list(string)}": {"array"},
}
OUTPUT_TYPES = {"copyableString", "json"}
VARIABLE_KEYS = {
    *("type", "title", "description", "required", "visible", "default", "dependsOn"),
    *("pattern", "enum", "minimum", "maximum", "items", "uniqueItems", "multiline"),
}


def names_in(groups: list[dict[str, Any]], key: str) -> list[str]:
    """What the groups list, which is written as references."""
    references = [reference for group in groups for reference in group[key]]
    assert all(re.fullmatch(r"\$\{\w+\}", reference) for reference in references)
    return [reference[2:-1] for reference in references]


def conditions(name: str) -> list[str]:
    """A variable's validations, as text."""
    return [each["condition"] for each in VARIABLES[name].get("validation", ())]


def found_in(name: str, pattern: str) -> re.Match[str] | None:
    """The first validation of a variable in which a regular expression is found."""
    return next((found for each in conditions(name) if (found := re.search(pattern, each))), None)


def test_each_variable_is_in_one_group() -> None:
    assert sorted(names_in(SCHEMA["variableGroups"], "variables")) == sorted(VARIABLES)


def test_each_variable_that_a_form_can_take_is_described_once() -> None:
    assert set(FORM) == {name for name, body in VARIABLES.items() if body["type"] in FORM_TYPES}
    for name, field in FORM.items():
        assert field["title"], name
        assert set(field) <= VARIABLE_KEYS, name
    titles = [field["title"] for field in FORM.values()]
    assert len(set(titles)) == len(titles)


def test_what_is_not_for_a_form_is_hidden() -> None:
    (hidden,) = [group for group in SCHEMA["variableGroups"] if group.get("visible") is False]
    concealed = set(names_in([hidden], "variables"))
    assert {name for name, field in FORM.items() if field.get("visible") is False} == concealed & set(FORM)
    assert {"tenancy_ocid", "compartment_ocid", "region"} <= concealed
    assert set(VARIABLES) - set(FORM) <= concealed


@pytest.mark.parametrize("name", FORM)
def test_types_and_defaults_agree(name: str) -> None:
    field, body = FORM[name], VARIABLES[name]
    assert field["type"] in FORM_TYPES[body["type"]]
    default = field.get("default")
    if body["type"] == "number" and field["type"] == "enum":
        assert isinstance(default, str)
        default = int(default)
    assert default == body.get("default")
    if field["type"] != "boolean" and field["type"] != "array":
        # What has no value of its own, or may not be null, must not be left empty.
        assert field["required"] == (
            "default" not in body or body.get("default") is not None or name == "image"
        )


@pytest.mark.parametrize("name", FORM)
def test_a_form_accepts_what_the_validations_accept(name: str) -> None:
    field = FORM[name]
    choice = found_in(name, rf"contains\(\[(.*)\], var\.{name}\)")
    assert ("enum" in field) == (choice is not None)
    if choice:
        assert field["enum"] == [text.strip().strip('"') for text in choice[1].split(",")]
    pattern = found_in(name, rf'(?<!!)can\(regex\("(.*)", var\.{name}\)\)')
    if pattern and field["type"] == "string" and name != "invoke_endpoint":
        expected = pattern[1].replace("\\\\", "\\")
        may_be_empty = VARIABLES[name].get("default", "") is None and name != "image"
        assert field["pattern"] == (f"^$|{expected}" if may_be_empty else expected)
        assert re.compile(field["pattern"])
    if field["type"] == "integer":
        counted = found_in(name, r"contains\(range\((\d+), (\d+)\)")
        least, most = found_in(name, r">= (\d+)"), found_in(name, r"<= (\d+)")
        if counted:
            limits = (int(counted[1]), int(counted[2]) - 1)
        else:
            assert least
            limits = (int(least[1]), int(most[1]) if most else None)
        assert (field["minimum"], field.get("maximum")) == limits


def test_conditions_name_variables_and_have_the_forms_that_there_are() -> None:
    shown = [field["visible"] for field in FORM.values() if not isinstance(field.get("visible", True), bool)]
    assert shown
    for condition in shown:
        match condition:
            case str():
                references = [condition]
            case {"eq": [reference, value]}:
                references = [reference]
                assert value in FORM[reference[2:-1]]["enum"]
            case {"and": [first, second]}:
                references = [first, second]
            case _:
                pytest.fail(f"another form: {condition}")
        assert {reference[2:-1] for reference in references} <= set(FORM)
    depended = [name for field in FORM.values() for name in field.get("dependsOn", {}).values()]
    assert {name[2:-1] for name in depended} <= set(FORM)


def test_each_output_is_in_one_group() -> None:
    assert sorted(names_in(SCHEMA["outputGroups"], "outputs")) == sorted(OUTPUTS)
    assert set(SCHEMA["outputs"]) == set(OUTPUTS)
    for output in SCHEMA["outputs"].values():
        assert output["title"]
        assert output["type"] in OUTPUT_TYPES
    assert SCHEMA["schemaVersion"] == "1.1.0"
    assert all(SCHEMA[key] for key in ("title", "description", "stackDescription"))


def test_a_stack_has_the_module_at_its_root_and_nobodys_deployment(tmp_path: Path) -> None:
    module = tmp_path / "terraform"
    shutil.copytree(MODULE, module)
    (module / "terraform.tfvars").write_text('region = "eu-frankfurt-1"\n')
    (module / "functions.auto.tfvars.json").write_text("{}\n")
    (module / "terraform.tfstate").write_text("{}\n")
    (module / ".terraform").mkdir()
    (module / ".terraform" / "plugin").write_text("")
    (module / ".terraform.lock.hcl").write_text("")
    write_stack(tmp_path / "stack.zip", module)
    with zipfile.ZipFile(tmp_path / "stack.zip") as stack:
        names = stack.namelist()
        assert stack.read("schema.yaml") == (MODULE / "schema.yaml").read_bytes()
    assert set(names) == {
        *("README.md", "deployment.yaml", "policies.yaml", "schema.yaml"),
        *(path.name for path in MODULE.glob("*.tf")),
    }
    assert {"variables.tf", "outputs.tf", "versions.tf"} <= set(names)


def test_all_files_that_the_module_reads_are_in_the_stack(tmp_path: Path) -> None:
    write_stack(tmp_path / "stack.zip")
    with zipfile.ZipFile(tmp_path / "stack.zip") as stack:
        texts = {name: stack.read(name).decode() for name in stack.namelist()}
    read = {name for text in texts.values() for name in re.findall(r"\$\{path\.module\}/([\w./-]+)", text)}
    assert read
    assert read <= set(texts)


def test_the_same_module_makes_the_same_bytes(tmp_path: Path) -> None:
    """Also where the files have other times and modes."""
    module = tmp_path / "terraform"
    shutil.copytree(MODULE, module, copy_function=shutil.copyfile)
    for path in module.glob("*.tf"):
        path.chmod(0o600)
    write_stack(tmp_path / "one.zip")
    write_stack(tmp_path / "two.zip", module)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_module_without_its_form_makes_no_stack(tmp_path: Path) -> None:
    module = tmp_path / "terraform"
    shutil.copytree(MODULE, module)
    (module / "schema.yaml").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks schema\.yaml"):
        write_stack(tmp_path / "stack.zip", module)


def test_make_stack_builds_it(tmp_path: Path) -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "stack"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert "python -m tools.stack" in shown.stdout
    done = subprocess.run(
        [sys.executable, "-m", "tools.stack", "--output", str(tmp_path / "dist" / "stack.zip")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{tmp_path / 'dist' / 'stack.zip'}: " in done.stdout
    assert zipfile.is_zipfile(tmp_path / "dist" / "stack.zip")
