"""What policy statements and matching rules name by OCID, and what only looks so."""

from __future__ import annotations

import pytest

from inventory.stages.iam_texts import policy_references, rule_references

GROUP = "ocid1.group.oc1..aaaagroup"
OTHER = "ocid1.dynamicgroup.oc1..aaaa-other_1"
PLACE = "ocid1.compartment.oc1..aaaaplace"
INSTANCE = "ocid1.instance.oc1.iad.aaaainstance"


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (f"Allow group id {GROUP} to manage all-resources in tenancy", [("GRANTS_TO", GROUP)]),
        (
            f"allow dynamic-group id {OTHER} to use keys in compartment id {PLACE}",
            [("GRANTS_TO", OTHER), ("GRANTS_IN", PLACE)],
        ),
        (
            f"Allow group id {GROUP}, id {OTHER} to read buckets in compartment id {PLACE}",
            [("GRANTS_TO", GROUP), ("GRANTS_TO", OTHER), ("GRANTS_IN", PLACE)],
        ),
        (
            f"Allow group id {GROUP},{OTHER} to read buckets in tenancy",
            [("GRANTS_TO", GROUP), ("GRANTS_TO", OTHER)],
        ),
        (f"ALLOW GROUP ID {GROUP}\nTO READ buckets IN  COMPARTMENT  ID {PLACE} ",
         [("GRANTS_TO", GROUP), ("GRANTS_IN", PLACE)]),
        (f"Deny group id {GROUP} to read buckets in compartment id {PLACE}",
         [("DENIES_TO", GROUP), ("DENIES_IN", PLACE)]),
        (f"Define group Auditors as {GROUP}", [("GRANTS_TO", GROUP)]),
        (f"Define dynamic-group Workers as {OTHER}", [("GRANTS_TO", OTHER)]),
        (f"Endorse group id {GROUP} to read buckets in any-tenancy", [("GRANTS_TO", GROUP)]),
        (f"Allow service faas to use keys in compartment id {PLACE}", [("GRANTS_IN", PLACE)]),
        (f"Allow any-user to read buckets in compartment id {PLACE} where target.bucket.name = 'x'",
         [("GRANTS_IN", PLACE)]),
    ],
)  # fmt: skip
def test_groups_and_compartments_that_a_statement_names_by_ocid(
    statement: str, found: list[tuple[str, str]]
) -> None:
    assert list(policy_references(statement)) == found


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "Allow group Admins to manage all-resources in tenancy",
        "Allow group Admins to manage all-resources in compartment Prod:Web",
        f"Allow group Admins to use groups in tenancy where target.group.id = '{GROUP}'",
        f"Allow group Admins to use groups in tenancy where any {{request.user.id = {GROUP}}}",
        f"Allow group 'in compartment id {PLACE} ' to read buckets in tenancy",
        f"Define tenancy Partner as {PLACE}",
        f"# group of {GROUP}",
        f"Allow group {GROUP} to read buckets in tenancy",
        "Allow group id Admins to read buckets in compartment id Prod",
    ],
)
def test_names_conditions_and_quoted_texts_name_nothing(statement: str) -> None:
    assert list(policy_references(statement)) == []


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (f"resource.compartment.id = '{PLACE}'", [("MATCHES_IN", PLACE)]),
        (f"ALL {{resource.type='fnfunc',resource.compartment.id='{PLACE}'}}", [("MATCHES_IN", PLACE)]),
        (
            f'Any {{instance.id = "{INSTANCE}", instance.compartment.id = "{PLACE}"}}',
            [("MATCHES", INSTANCE), ("MATCHES_IN", PLACE)],
        ),
        (f"any {{ all {{ resource.id = '{INSTANCE}' }} }}", [("MATCHES", INSTANCE)]),
    ],
)
def test_what_a_matching_rule_takes_in(rule: str, found: list[tuple[str, str]]) -> None:
    assert list(rule_references(rule)) == found


@pytest.mark.parametrize(
    "rule",
    [
        "",
        f"resource.compartment.id != '{PLACE}'",
        f"tag.Operations.Place.value = '{PLACE}'",
        f"tag.resource.id.value = '{INSTANCE}'",
        f"tag.a.resource.id = '{INSTANCE}'",
        f"tag.a.b.value = \"resource.id = '{INSTANCE}'\"",
        "resource.compartment.id = 'Prod'",
        f"resource.compartment.id = {PLACE}",
        f"resource.type = '{INSTANCE}'",
    ],
)
def test_what_a_rule_excludes_or_says_of_tags_names_nothing(rule: str) -> None:
    assert list(rule_references(rule)) == []
