"""Policy statements: what they say, and what is wrong with those that say nothing."""

from __future__ import annotations

import pytest

from emulator.iam.conditions import PolicySyntaxError
from emulator.iam.statements import parse_statement


def test_statement_says_who_may_do_what_where_and_when() -> None:
    text = (
        "Allow dynamic-group Workers, 'Default'/'Helpers' to manage objects "
        "in compartment id ocid1.compartment.oc1..A where target.bucket.name = 'inventory'"
    )
    statement = parse_statement(text)
    assert statement.text == text
    assert statement.subject_kind == "dynamic-group"
    assert statement.subjects == {"workers", "default/helpers"}
    assert (statement.verb, statement.resource_type) == ("manage", "objects")
    assert (statement.compartment, statement.compartment_id) == (None, "ocid1.compartment.oc1..a")
    assert statement.variables == {"target.bucket.name"}


def test_keywords_have_any_case_and_spaces_do_not_matter() -> None:
    plain = parse_statement("allow group a to read vcns in compartment b where any {request.permission='X'}")
    odd = parse_statement(
        "  ALLOW  Group A\n TO Read VCNs IN Compartment B WHERE Any{ Request.Permission = 'X' } "
    )
    for name in ("subject_kind", "subjects", "verb", "resource_type", "compartment", "condition"):
        assert getattr(odd, name) == getattr(plain, name)


@pytest.mark.parametrize(
    ("subject", "kind", "names"),
    [
        ("any-user", "any-user", set()),
        ("group Admins", "group", {"admins"}),
        (
            "group id ocid1.group.oc1..a, id ocid1.group.oc1..b",
            "group",
            {"ocid1.group.oc1..a", "ocid1.group.oc1..b"},
        ),
        ("service objectstorage-us-ashburn-1", "service", {"objectstorage-us-ashburn-1"}),
        ("dynamic-group 'with a space'", "dynamic-group", {"with a space"}),
    ],
)
def test_subjects_are_named_in_several_ways(subject: str, kind: str, names: set[str]) -> None:
    statement = parse_statement(f"Allow {subject} to inspect compartments in tenancy")
    assert (statement.subject_kind, statement.subjects) == (kind, names)


def test_permissions_may_stand_in_place_of_a_verb_and_a_type() -> None:
    statement = parse_statement("Allow any-user to {object_read, OBJECT_INSPECT} in tenancy")
    assert statement.permissions == {"OBJECT_READ", "OBJECT_INSPECT"}
    assert statement.verb is None


def test_compartment_is_named_by_its_path() -> None:
    assert parse_statement("Allow any-user to use vcns in compartment Net:Prod").compartment == "net:prod"


@pytest.mark.parametrize(
    ("text", "character", "message"),
    [
        ("", 1, "'allow' is expected"),
        ("Deny group A to read vcns in tenancy", 1, "'allow' is expected"),
        (
            "Allow A to read vcns in tenancy",
            7,
            "'dynamic-group' or 'group' or 'service' or 'any-user' is expected",
        ),
        ("Allow group to read vcns in tenancy", 16, "'to' is expected"),
        ("Allow group A, to read vcns in tenancy", 19, "'to' is expected"),
        ("Allow group {A} to read vcns in tenancy", 13, "a name is expected"),
        ("Allow group A to view vcns in tenancy", 18, "'inspect' or 'read' or 'use' or 'manage' is expected"),
        ("Allow group A to read objekts in tenancy", 23, "there is no resource type 'objekts'"),
        ("Allow group A to {} in tenancy", 19, "a name is expected"),
        ("Allow group A to {OBJECT_READ in tenancy", 31, "',' or '}' is expected"),
        ("Allow group A to read objects", 30, "'in' is expected"),
        ("Allow group A to read objects in region x", 34, "'tenancy' or 'compartment' is expected"),
        ("Allow group A to read objects in compartment", 45, "more is expected"),
        ("Allow group A to read objects in tenancy where", 47, "more is expected"),
        ("Allow group A to read objects in tenancy or not", 42, "nothing more is expected"),
        (
            "Allow group A to read objects in tenancy where target.bucket.nam = 'x'",
            48,
            "no variable 'target.bucket.nam'",
        ),
        (
            "Allow group A to read objects in tenancy where request.permission > 'x'",
            67,
            "'>' means nothing here",
        ),
        (
            "Allow group A to read objects in tenancy where request.permission in 'x'",
            67,
            "'=' or '!=' is expected",
        ),
        (
            "Allow group A to read objects in tenancy where request.permission = x",
            69,
            "a value in quotation marks",
        ),
        ("Allow group A to read objects in tenancy where request.permission = 'x", 69, "means nothing here"),
        (
            "Allow group A to read objects in tenancy where any {request.permission = 'x'",
            77,
            "'}' or ',' is expected",
        ),
        ("Allow group A to read objects in tenancy where all {}", 53, "there is no variable '}'"),
        (
            "Allow group A to read objects in tenancy where all request.permission = 'x'",
            52,
            "'{' is expected",
        ),
    ],
)
def test_error_names_the_statement_and_the_character_in_it(text: str, character: int, message: str) -> None:
    with pytest.raises(PolicySyntaxError) as raised:
        parse_statement(text)
    told = str(raised.value)
    assert told.startswith(f"policy statement {text!r}, at character {character}: ")
    assert message in told
