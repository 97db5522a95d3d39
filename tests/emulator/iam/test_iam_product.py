"""The product's policy file, filled in for a deployment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from iam_site import OTHER, OWN, Site

from emulator.deployment import Deployment
from emulator.iam.product import EXTRAS, policy_of, roles_of
from emulator.wiring import TERRAFORM

AGGREGATOR = "ocid1.fnfunc.oc1.iad.aggregator"
SCHEDULES = ("ocid1.resourceschedule.oc1..run", "ocid1.resourceschedule.oc1..sweep")
#: The settings that switch features on.
SETTINGS = {
    "notifications": {"INVENTORY_TOPIC_ID": "ocid1.onstopic.oc1.iad.t"},
    "metrics": {"INVENTORY_METRICS_COMPARTMENT_ID": "ocid1.compartment.oc1..m"},
    "executive_summary": {
        "INVENTORY_EXECUTIVE_SUMMARY": "true",
        "INVENTORY_GENAI_COMPARTMENT_ID": "ocid1.compartment.oc1..g",
    },
}
FEATURES = (*SETTINGS, "schedules", *EXTRAS)


def as_written() -> dict[str, Any]:
    text = (TERRAFORM / "policies.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def deployment(site: Site, *features: str) -> Deployment:
    worker, controller = site.function(OWN), site.function(OTHER)
    config = {"INVENTORY_BUCKET": "inventory"}
    for feature in features:
        config |= SETTINGS.get(feature, {})
    return Deployment(
        application=replace(worker.application, display_name="Inventory", config=config),
        controller=controller,
        region=worker,
        aggregator=replace(worker, ocid=AGGREGATOR),
        invoke_endpoint="https://functions",
        wiring={},
    )


def rendered(site: Site, *features: str) -> dict[str, tuple[str, ...]]:
    roles = roles_of(
        deployment(site, *features),
        bucket_compartment_id="ocid1.tenancy.oc1..b",
        schedule_ids=SCHEDULES if "schedules" in features else (),
        extras=set(features) & set(EXTRAS),
    )
    return {name: role.statements for name, role in roles.items()}


def test_what_belongs_to_no_feature_is_always_there(site: Site) -> None:
    statements = rendered(site)
    assert set(statements) == {name for name, role in as_written().items() if "if" not in role}
    for name, texts in statements.items():
        assert len(texts) == sum("if" not in one for one in as_written()[name]["statements"])


@pytest.mark.parametrize("feature", FEATURES)
def test_feature_brings_its_statements_and_no_others(site: Site, feature: str) -> None:
    without, with_it = rendered(site), rendered(site, feature)
    for name, role in as_written().items():
        more = set(with_it.get(name, ())) - set(without.get(name, ()))
        brought = [one for one in role["statements"] if feature in (one.get("if"), role.get("if"))]
        assert len(more) == len(brought)
    assert with_it != without


def test_every_feature_of_the_file_is_known_here(site: Site) -> None:
    named = {one.get("if") for role in as_written().values() for one in (role, *role["statements"])}
    assert named - {None} == set(FEATURES)
    assert sum(map(len, rendered(site, *FEATURES).values())) == sum(
        len(role["statements"]) for role in as_written().values()
    )


def test_all_of_it_can_be_read_and_names_this_deployment(site: Site) -> None:
    found = deployment(site, *FEATURES)
    roles = roles_of(
        found, bucket_compartment_id="ocid1.tenancy.oc1..b", schedule_ids=SCHEDULES, extras=EXTRAS
    )
    policy = policy_of(roles)
    assert policy.dynamic_groups.keys() == {
        f"inventory-{role}" for role in ("controller", "region", "aggregator", "schedules")
    }
    told = "\n".join(text for role in roles.values() for text in role.statements)
    for word in (OWN, OTHER, AGGREGATOR, "ocid1.tenancy.oc1..b", "ocid1.compartment.oc1..m", "'inventory'"):
        assert word in told
    assert f"any {{resource.id = '{SCHEDULES[0]}', resource.id = '{SCHEDULES[1]}'}}" in (
        roles["schedules"].members or ""
    )


def test_every_statement_has_a_reason_and_every_role_a_purpose() -> None:
    for name, role in as_written().items():
        assert role["purpose"].endswith("."), name
        for statement in role["statements"]:
            assert statement["why"].endswith("."), statement["allow"]


def test_file_has_nothing_that_terraform_would_take_for_a_directive() -> None:
    text = Path(TERRAFORM / "policies.yaml").read_text("utf-8")
    assert "%{" not in text
    assert "$${" not in text
