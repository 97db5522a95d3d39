"""What a scope leaves out, and why."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.model.compartments import Compartment, CompartmentTree
from inventory.model.manifest import Scope
from inventory.stages.keyed_lines import record_problem
from inventory.stages.scope import (
    OTHER_COMPARTMENT,
    OTHER_TAGS,
    OTHER_TYPE,
    TERMINATED,
    UNKNOWN_COMPARTMENT,
    ScopeFilter,
    sighting,
)

TENANCY = "ocid1.tenancy.oc1..t"
PRODUCTION = "ocid1.compartment.oc1..production"
WEB = "ocid1.compartment.oc1..web"
OTHER = "ocid1.compartment.oc1..other"
TREE = CompartmentTree(
    tenancy_id=TENANCY,
    tenancy_name="acme",
    compartments={
        PRODUCTION: Compartment(name="Production", parent=TENANCY, state="ACTIVE"),
        WEB: Compartment(name="web", parent=PRODUCTION, state="DELETED"),
        OTHER: Compartment(name="other", parent=TENANCY, state="ACTIVE"),
    },
)


def record(**changes: Any) -> dict[str, Any]:
    return {
        "ocid": "ocid1.vcn.oc1.iad.a",
        "resourceType": "Vcn",
        "displayName": "a",
        "compartmentId": WEB,
        "region": "us-ashburn-1",
        "lifecycleState": "AVAILABLE",
        "timeCreated": "2026-01-01T00:00:00+00:00",
        "definedTags": {},
        "freeformTags": {},
        "collectedAt": "2026-11-23T04:00:00+00:00",
        "enrichStatus": "PENDING",
        "enrichError": None,
        "details": {"searchSummary": {"secret": 1}},
        "relationships": [],
        **changes,
    }


def filtered(**scope: Any) -> ScopeFilter:
    return ScopeFilter(Scope(**{"query": "q", "regions": None, "include_terminated": True, **scope}), TREE)


def test_a_scope_without_filters_leaves_nothing_out() -> None:
    everything = ScopeFilter(Scope(query="q", regions=None, include_terminated=True), None)
    assert everything.left_out(record(compartmentId=None, lifecycleState="TERMINATED")) is None
    assert not everything.is_passing


@pytest.mark.parametrize(
    ("scope", "resource_type", "reason"),
    [
        ({"types": ("Vcn", "Instance")}, "Vcn", None),
        ({"types": ("vcn",)}, "VCN", None),
        ({"types": ("Instance",)}, "Vcn", OTHER_TYPE),
        ({"types": ("VcnPeering",)}, "Vcn", OTHER_TYPE),
        ({"exclude_types": ("VCN",)}, "Vcn", OTHER_TYPE),
        ({"exclude_types": ("Instance",)}, "Vcn", None),
    ],
)
def test_types_are_told_in_any_letter_case(scope: Any, resource_type: str, reason: str | None) -> None:
    assert filtered(**scope).left_out(record(resourceType=resource_type)) == reason


@pytest.mark.parametrize(
    ("roots", "changes", "reason"),
    [
        ((WEB,), {}, None),
        ((PRODUCTION,), {}, None),
        ((TENANCY,), {}, None),
        ((OTHER, WEB), {}, None),
        ((OTHER,), {}, OTHER_COMPARTMENT),
        ((WEB,), {"compartmentId": PRODUCTION}, OTHER_COMPARTMENT),
        ((WEB,), {"compartmentId": TENANCY}, OTHER_COMPARTMENT),
        ((TENANCY,), {"compartmentId": TENANCY}, None),
        ((WEB,), {"compartmentId": "ocid1.compartment.oc1..new"}, UNKNOWN_COMPARTMENT),
        ((TENANCY,), {"compartmentId": None}, UNKNOWN_COMPARTMENT),
        ((WEB,), {"ocid": WEB, "resourceType": "Compartment", "compartmentId": PRODUCTION}, None),
        ((WEB,), {"ocid": None, "compartmentId": OTHER}, OTHER_COMPARTMENT),
    ],
)
def test_a_compartment_stands_for_itself_and_all_below_it(
    roots: tuple[str, ...], changes: dict[str, Any], reason: str | None
) -> None:
    assert filtered(compartments=roots).left_out(record(**changes)) == reason


FREEFORM = {"owner": "team a", "Owner": "b", "empty": ""}
DEFINED = {"Operations": {"CostCenter": "42", "level": 3, "critical": True}, "odd": None}


@pytest.mark.parametrize(
    ("tags", "has_one"),
    [
        (("owner",), True),
        (("OWNER",), False),
        (("owner=team a",), True),
        (("owner=Team a",), False),
        (("owner=b",), False),
        (("empty=",), True),
        (("owner=",), False),
        (("CostCenter",), False),
        (("Operations.CostCenter",), True),
        (("operations.costcenter=42",), True),
        (("Operations.CostCenter=4",), False),
        (("Operations.level=3",), True),
        (("Operations.critical=true",), True),
        (("Operations.owner",), False),
        (("odd.key",), False),
        (("nothing", "Operations.CostCenter"), True),
    ],
)
def test_any_one_tag_suffices(tags: tuple[str, ...], has_one: bool) -> None:
    found = filtered(tags=tags).left_out(record(freeformTags=FREEFORM, definedTags=DEFINED))
    assert found == (None if has_one else OTHER_TAGS)


def test_terminated_resources_are_told_as_such_first() -> None:
    scope = filtered(include_terminated=False, types=("Instance",))
    assert scope.left_out(record(lifecycleState="Terminated")) == TERMINATED


def test_a_record_is_covered_where_its_region_is_asked_for_too() -> None:
    scope = filtered(regions=("us-ashburn-1",), types=("Vcn",))
    assert scope.covers(record())
    assert not scope.covers(record(region="eu-frankfurt-1"))
    assert not scope.covers(record(resourceType="Instance"))


@pytest.mark.parametrize(
    ("scope", "is_passing"),
    [
        ({"types": ("Vcn",), "exclude_types": ("Image",), "include_terminated": False}, False),
        ({"compartments": (WEB,)}, True),
        ({"tags": ("owner",)}, True),
    ],
)
def test_resources_pass_into_compartments_and_not_into_types(scope: Any, is_passing: bool) -> None:
    assert filtered(**scope).is_passing is is_passing


def test_compartments_are_not_told_apart_without_the_tree() -> None:
    with pytest.raises(ValueError, match="by the tree"):
        ScopeFilter(Scope(query="q", regions=None, include_terminated=True, compartments=(WEB,)), None)


def test_a_sighting_is_a_record_that_holds_nothing() -> None:
    seen = sighting(record(freeformTags=FREEFORM, definedTags=DEFINED))
    assert record_problem(seen) is None
    assert (seen["ocid"], seen["enrichStatus"]) == ("ocid1.vcn.oc1.iad.a", "OUT_OF_SCOPE")
    assert (seen["details"], seen["freeformTags"], seen["definedTags"]) == ({}, {}, {})
    assert seen["displayName"] is None
