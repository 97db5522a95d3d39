"""The module agrees with the program (settings, metrics, forms) and with its own files."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import fields
from functools import cache
from typing import Any

import pytest
import yaml

from inventory.exports.metrics import run_metrics
from inventory.model.publication import CLOSINGS, Published
from inventory.settings import OWN_FUNCTION_ID, PREFIX, ROLES, Settings, parse_setting, unknown_keys
from tests.terraform.blocks import Blocks, labelled, local_values, read_directory, twice_labelled
from tests.terraform.runner import MODULE, SCHEMA, SOURCE

KEY = re.compile(rf"\b({PREFIX}[A-Z_]+)\b")


@cache
def module() -> Blocks:
    return read_directory(MODULE)


@cache
def variables() -> dict[str, Blocks]:
    return dict(labelled(module()["variable"]))


def text_of(name: str) -> str:
    return (MODULE / name).read_text(encoding="utf-8")


def configuration_keys(role: str) -> set[str]:
    """The keys that a function of a role can be given by the module itself, all features on."""
    told = local_values(module())
    return set(KEY.findall(f"{told['shared_config']} {told[f'{role}_config']}"))


def setting_keys() -> set[str]:
    return {PREFIX + field.name.upper() for field in fields(Settings)}


SAMPLES = {
    "INVENTORY_BUCKET": "inventory-bucket",
    "INVENTORY_NAMESPACE": "mynamespace",
    "INVENTORY_PREFIX": "inventory",
    "INVENTORY_TOPIC_ID": "ocid1.onstopic.oc1.eu-frankfurt-1.topic",
    "INVENTORY_REGION_FUNCTION_ID": "ocid1.fnfunc.oc1.eu-frankfurt-1.region",
    "INVENTORY_AGGREGATOR_FUNCTION_ID": "ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator",
    "INVENTORY_INVOKE_ENDPOINT": "https://abc.eu-frankfurt-1.functions.oci.oraclecloud.com",
    "INVENTORY_METRICS_COMPARTMENT_ID": "ocid1.compartment.oc1..mycompartment",
    "INVENTORY_METRICS_NAMESPACE": "tenancy_inventory",
    "INVENTORY_EXECUTIVE_SUMMARY": "true",
    "INVENTORY_GENAI_MODEL_ID": "cohere.command-r",
    "INVENTORY_GENAI_COMPARTMENT_ID": "ocid1.compartment.oc1..models",
    "INVENTORY_GENAI_REGION": "us-chicago-1",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_told_what_it_needs_and_nothing_unknown(role: str) -> None:
    """With values of the right form: `Settings` itself says what is missing or unknown."""
    values = {key: SAMPLES.get(key, role) for key in configuration_keys(role)}
    values[OWN_FUNCTION_ID] = f"ocid1.fnfunc.oc1.eu-frankfurt-1.{role}"  # the platform's
    assert Settings.from_mapping(values).role == role
    assert unknown_keys(values) == {}


def test_a_function_is_not_told_of_itself() -> None:
    """Its own OCID exists only when it does; a key for it would make a cycle in Terraform."""
    for role in ROLES:
        assert f"INVENTORY_{role.upper()}_FUNCTION_ID" not in configuration_keys(role)
    assert "INVENTORY_INVOKE_ENDPOINT" not in configuration_keys("aggregator")


def test_an_owner_may_set_every_setting_that_the_module_does_not() -> None:
    allowed = KEY.findall(variables()["settings"]["validation"][0]["condition"])
    assert allowed == sorted(allowed)
    own = set().union(*(configuration_keys(role) for role in ROLES))
    assert set(allowed) == setting_keys() - own


@pytest.mark.parametrize(
    ("variable", "setting"),
    [
        ("bucket_name", "bucket"),
        ("prefix", "prefix"),
        ("metrics_namespace", "metrics_namespace"),
        ("region", "genai_region"),
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        *["inventory", "a/b", "/a", "a/", "a//b", "year=2026", "a.b_c-d", "A", "1", "_", "é", "a b", ""],
        *[
            "oci_x",
            "oracle_x",
            "ocix",
            "tenancy_inventory",
            "us-ashburn-1",
            "us-1",
            "US-ASHBURN-1",
            "x" * 257,
        ],
    ],
)
def test_names_have_the_form_that_the_program_takes(variable: str, setting: str, value: str) -> None:
    """Else an apply succeeds, and then every call of a function is refused."""
    try:
        is_taken_by_program = bool(value) and parse_setting(setting, value) == value
    except ValueError:
        is_taken_by_program = False
    assert all(_holds(rule["condition"], value) for rule in variables()[variable]["validation"]) == (
        is_taken_by_program
    )


def _holds(condition: str, value: str) -> bool:
    """A condition of the form `can(regex(…))` or its negation, where the variable is this value."""
    matched = re.search(r'(!?)can\(regex\("(.*)", var\.\w+\)\)', condition)
    assert matched is not None
    negated, pattern = matched.groups()
    return bool(re.search(pattern.replace("\\\\", "\\"), value)) != bool(negated)


def test_alarms_look_at_metrics_that_a_run_posts() -> None:
    published = Published(
        run_id="r",
        collected_at="2026-11-28T04:00:00Z",
        baseline_run_id=None,
        contract_version=1,
        known_regions=(),
        artifacts=(),
        gaps=(),
        counts={"gaps": 1},
    )
    posted = {
        (metric.name, status)
        for status in CLOSINGS
        for metric in run_metrics(
            status=status, run_seconds=1.0, outcomes={}, aggregation=None, published=published
        )
        if metric.dimensions == {"status": status}
    }
    values = local_values(module())
    alarms = f"{values['run_alarms']} {values['overdue_alarms']}"
    looked_at = re.findall(r'query\s*= "(\w+)\[[^]]*\](?:\{(\w+) = \\"(\w+)\\"\})?', alarms)
    assert [name for name, _, _ in looked_at] == ["run_state", "gaps", "throttles", "run_state"]
    for name, dimension, status in looked_at:
        assert dimension in ("", "status")
        assert any(name == known and status in ("", given) for known, given in posted), (name, status)


def test_no_lifecycle_rule_touches_a_current_object() -> None:
    """`latest.json` and the baseline are as old as the last published run, however old that is."""
    policies = [
        body
        for kind, _, body in twice_labelled(module()["resource"])
        if kind == "oci_objectstorage_object_lifecycle_policy"
    ]
    targets = [(rule["target"], rule["action"]) for policy in policies for rule in policy["rules"]]
    assert sorted(targets) == [("multipart-uploads", "ABORT"), ("previous-object-versions", "DELETE")]


def test_the_bucket_cannot_be_destroyed_and_has_no_retention_rule() -> None:
    (bucket,) = (
        body for kind, _, body in twice_labelled(module()["resource"]) if kind == "oci_objectstorage_bucket"
    )
    assert bucket["lifecycle"][0]["prevent_destroy"] is True
    assert "retention_rules" not in bucket


def test_every_name_of_the_wiring_is_used() -> None:
    wiring: dict[str, Any] = yaml.safe_load(text_of("deployment.yaml"))
    together = "\n".join(path.read_text(encoding="utf-8") for path in sorted(MODULE.glob("main.*.tf")))
    for kind in wiring:
        assert f"local.wiring.{kind}" in together, kind
    for role in wiring["functions"]:
        assert re.search(rf"display_name\s+= local\.wiring\.functions\.{role}\n", together), role
    assert set(wiring["functions"]) == set(ROLES)
    # Each kind of schedule and rule needs a value of the owner's, or a condition.
    values = local_values(module())
    assert set(values["recurrence"]) == set(wiring["schedules"])
    assert set(values["rule_conditions"]) == set(wiring["rules"])


def test_every_switch_of_the_policies_is_known_and_used() -> None:
    roles: dict[str, Any] = yaml.safe_load(text_of("policies.yaml"))
    entries = [*roles.values(), *(each for role in roles.values() for each in role["statements"])]
    assert {entry["if"] for entry in entries if "if" in entry} == set(local_values(module())["features"])


def test_everything_that_can_have_tags_has_them() -> None:
    schemas = json.loads(SCHEMA.read_text(encoding="utf-8"))["provider_schemas"][SOURCE]["resource_schemas"]
    for kind, name, body in twice_labelled(module()["resource"]):
        if "freeform_tags" in schemas[kind]["block"]["attributes"]:
            assert body.get("freeform_tags") == "${local.freeform_tags}", (kind, name)
            assert body.get("defined_tags") == "${local.defined_tags}", (kind, name)


def test_iam_alone_is_made_by_the_home_regions_provider() -> None:
    for kind, name, body in twice_labelled(module()["resource"]):
        assert (body.get("provider") == "${oci.home}") == kind.startswith("oci_identity_"), (kind, name)


def test_every_rule_has_a_run_that_breaks_it() -> None:
    """Counted; that each run breaks one rule of its variable was seen by leaving the rules out one by one."""
    rules = Counter({name: len(body.get("validation", ())) for name, body in variables().items()})
    runs = Counter(re.findall(r"expect_failures = \[var\.(\w+)\]", text_of("tests/rejected.tftest.hcl")))
    assert {name: count for name, count in rules.items() if runs[name] < count} == {}


@pytest.mark.parametrize(("heading", "kind"), [("Inputs", "variable"), ("Outputs", "output")])
def test_the_readme_lists_inputs_and_outputs(heading: str, kind: str) -> None:
    section = text_of("README.md").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [_row(name, body) for name, body in labelled(module()[kind])]


def _row(name: str, body: Blocks) -> str:
    description = re.sub(r"\\(.)", r"\1", body["description"]).replace("|", r"\|")
    if "value" in body:
        return f"| `{name}` | {description} |"
    default = f"`{json.dumps(body['default'])}`" if "default" in body else "required"
    return f"| `{name}` | {default} | {description} |"
