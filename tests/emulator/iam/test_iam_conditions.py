"""Conditions and matching rules: when they hold."""

from __future__ import annotations

import pytest

from emulator.iam.conditions import PolicySyntaxError, Reader, parse_rule, read_condition

VARIABLES = ("request.permission", "target.bucket.name", "target.function.id")


def outcome(text: str, *, is_open: bool = False, **values: str) -> bool | None:
    """Whether a condition holds; `permission`, `bucket` and `function` stand for the variables."""
    names = {"permission": VARIABLES[0], "bucket": VARIABLES[1], "function": VARIABLES[2]}
    condition = read_condition(Reader(text, kind="condition"), VARIABLES)
    return condition.outcome({names[name]: value for name, value in values.items()}, is_open=is_open)


@pytest.mark.parametrize(
    ("text", "bucket", "holds"),
    [
        ("target.bucket.name = 'inventory'", "inventory", True),
        ("target.bucket.name = 'inventory'", "Inventory", True),  # Oracle's pages warn of it
        ("target.bucket.name = 'inventory'", "inventory2", False),
        ("target.bucket.name = 'in.entory'", "inventory", False),  # no regular expression
        ("target.bucket.name != 'inventory'", "other", True),
        ("target.bucket.name != 'inventory'", "INVENTORY", False),
        ("target.bucket.name = /inv*/", "inventory", True),
        ("target.bucket.name = /INV*/", "inventory", True),
        ("target.bucket.name = /inv*/", "my-inventory", False),
        ("target.bucket.name = /*tory/", "inventory", True),
        ("target.bucket.name = /*tory/", "inventory2", False),
        ("target.bucket.name = /*vent*/", "inventory", True),
        ("target.bucket.name = /*/", "anything", True),
        ("target.bucket.name != /inv*/", "inventory", False),
    ],
)
def test_value_is_compared_as_a_whole_and_without_its_case(text: str, bucket: str, holds: bool) -> None:
    assert outcome(text, bucket=bucket) is holds


@pytest.mark.parametrize("operator", ["=", "!="])
def test_variable_that_does_not_apply_declines_whichever_way_it_is_compared(operator: str) -> None:
    text = f"target.bucket.name {operator} 'inventory'"
    assert outcome(text) is False
    assert outcome(f"all {{request.permission = 'P', {text}}}", permission="P") is False
    assert outcome(f"any {{request.permission = 'P', {text}}}", permission="P") is True


def test_groups_stand_in_one_another() -> None:
    text = "all {target.bucket.name = 'b', any {request.permission = 'P', request.permission = 'Q'}}"
    assert outcome(text, bucket="b", permission="P") is True
    assert outcome(text, bucket="b", permission="Q") is True
    assert outcome(text, bucket="b", permission="R") is False
    assert outcome(text, bucket="c", permission="P") is False
    either = "any {all {request.permission = 'P', target.bucket.name = 'b'}, request.permission = 'Q'}"
    assert outcome(either, permission="Q") is True
    assert outcome(either, permission="P") is False


def test_while_the_target_is_not_known_only_what_depends_on_it_is_left_open() -> None:
    text = "all {target.bucket.name = 'b', request.permission = 'P'}"
    assert outcome(text, is_open=True, permission="P") is None
    assert outcome(text, is_open=True, permission="Q") is False
    either = "any {target.bucket.name = 'b', request.permission = 'P'}"
    assert outcome(either, is_open=True, permission="P") is True
    assert outcome(either, is_open=True, permission="Q") is None
    # A property of the request that it does not have will not come with the target.
    assert outcome("request.permission != 'P'", is_open=True) is False


def matches(
    rule: str, *, ocid: str, kind: str = "fnfunc", compartment: str = "ocid1.compartment.oc1..c"
) -> bool:
    values = {"resource.id": ocid, "resource.type": kind, "resource.compartment.id": compartment}
    return parse_rule(rule).outcome(values, is_open=False) is True


def test_matching_rule_takes_in_resources_by_id_type_and_compartment() -> None:
    own, other = "ocid1.fnfunc.oc1.iad.own", "ocid1.fnfunc.oc1.iad.other"
    assert matches(f"resource.id = '{own}'", ocid=own)
    assert not matches(f"resource.id = '{own}'", ocid=other)
    assert matches(f"any {{resource.id = '{own}', resource.id = '{other}'}}", ocid=other)
    of_type = "ALL {resource.type = 'fnfunc', resource.compartment.id = 'ocid1.compartment.oc1..c'}"
    assert matches(of_type, ocid=own)
    assert not matches(of_type, ocid=own, kind="instance")
    assert not matches(of_type, ocid=own, compartment="ocid1.compartment.oc1..d")
    but_one = f"all {{resource.type = 'fnfunc', resource.id != '{own}'}}"
    assert matches(but_one, ocid=other)
    assert not matches(but_one, ocid=own)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("", "at character 1: more is expected"),
        ("resource.name = 'x'", "at character 1: there is no variable 'resource.name'"),
        ("target.bucket.name = 'x'", "at character 1: there is no variable 'target.bucket.name'"),
        ("resource.id = 'x' or", "at character 19: nothing more is expected"),
        ("any {resource.id = 'x'", "at character 23: '}' or ',' is expected"),
    ],
)
def test_wrong_matching_rule_is_named_with_the_place_in_it(rule: str, message: str) -> None:
    with pytest.raises(PolicySyntaxError) as raised:
        parse_rule(rule)
    assert str(raised.value) == f"matching rule {rule!r}, {message}"
