"""What hangs on what: read from fields that are known to say so, and from nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from inventory.stages.relationships import FREE_MAPS, RELATION_TYPES, relationships_of

OWN = "ocid1.instance.oc1.iad.own"


def ocid(kind: str, unique: str = "aaaa") -> str:
    return f"ocid1.{kind}.oc1.iad.{unique}"


def edges(metadata: Any) -> list[tuple[str, str]]:
    record = {"ocid": OWN, "details": {"searchSummary": {"vcnId": ocid("vcn", "s")}, "metadata": metadata}}
    before = copy.deepcopy(record)
    found = relationships_of(record)
    assert record == before
    assert all(edge["source_ocid"] == OWN for edge in found)
    assert all(set(edge) == {"source_ocid", "relation_type", "target_ocid"} for edge in found)
    return [(edge["relation_type"], edge["target_ocid"]) for edge in found]


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize(("field", "kind"), RELATION_TYPES.items())
def test_every_field_of_the_table_makes_its_edge_in_both_spellings_and_as_a_list(
    field: str, kind: str
) -> None:
    target, other = ocid("target"), ocid("target", "bbbb")
    assert edges({field: target}) == edges({snake(field): target}) == [(kind, target)]
    assert edges({f"{field}s": [target, other]}) == edges({f"{snake(field)}s": [other, target]})
    assert edges({f"{field}s": [target, other]}) == [(kind, target), (kind, other)]


def test_edges_are_found_at_any_depth_distinct_and_sorted() -> None:
    vcn, gateway, subnet = ocid("vcn"), ocid("internetgateway"), ocid("subnet")
    metadata = {
        "vcnId": vcn,
        "routeRules": [
            {"networkEntityId": gateway, "cidr": "0.0.0.0/0"},
            {"networkEntityId": gateway, "cidr": "10.0.0.0/8"},
        ],
        "placement": {"primary": {"subnetId": subnet, "vcn_id": vcn}},
        "backendSets": {"one": {"backends": [[{"subnetIds": [subnet]}]]}},
    }
    assert edges(metadata) == [("IN_SUBNET", subnet), ("IN_VCN", vcn), ("ROUTES_VIA", gateway)]


@pytest.mark.parametrize("free_map", FREE_MAPS)
def test_tags_and_what_users_write_make_no_edge(free_map: str) -> None:
    decoy = {"subnetId": ocid("subnet"), "nested": {"vcn_id": ocid("vcn")}, "nsgIds": [ocid("nsg")]}
    assert edges({free_map: decoy, "inner": {snake(free_map): decoy}}) == []


@pytest.mark.parametrize(
    "metadata",
    [
        {"description": f"in {ocid('subnet')}"},
        {"description": ocid("subnet")},
        {"subnetId": f"see {ocid('subnet')}"},
        {"subnetId": ""},
        {"subnetId": None},
        {"subnetId": 7},
        {"subnetIds": [None, 1, "subnet-1", {}]},
        {"mySubnetId": ocid("subnet")},
        {"subnetIdHint": ocid("subnet")},
        {"id": ocid("subnet"), "compartmentId": ocid("compartment")},
        {"imageId": OWN},
        {},
        [],
        None,
        "text",
    ],
)
def test_nothing_else_makes_an_edge(metadata: Any) -> None:
    assert edges(metadata) == []


def test_a_record_that_cannot_be_a_source_has_no_relationships() -> None:
    details = {"metadata": {"subnetId": ocid("subnet")}}
    assert relationships_of({"ocid": None, "details": details}) == []
    assert relationships_of({"ocid": OWN, "details": {"searchSummary": {}}}) == []
    assert relationships_of({"ocid": OWN}) == []
