"""Nodes and edges of the graph, line by line."""

from __future__ import annotations

import json
from typing import Any

from inventory.exports.graph import Graph, GraphFacts
from inventory.model.compartments import Compartment, CompartmentTree
from inventory.schemas.load import validator

ROOT = "ocid1.tenancy.oc1..root"
TREE = CompartmentTree(
    tenancy_id=ROOT,
    tenancy_name="acme",
    compartments={
        "ocid1.compartment.oc1..a": Compartment(name="A", parent=ROOT, state="ACTIVE"),
        "ocid1.compartment.oc1..b": Compartment(name="B", parent="ocid1.compartment.oc1..a", state="DELETED"),
        "ocid1.compartment.oc1..unused": Compartment(name="U", parent=ROOT, state="ACTIVE"),
    },
)


def record(ocid: str | None, **values: Any) -> dict[str, Any]:
    links = values.pop("links", [])
    return {
        "ocid": ocid,
        "resourceType": "Instance",
        "displayName": "web",
        "compartmentId": "ocid1.compartment.oc1..b",
        "region": "us-ashburn-1",
        "lifecycleState": "RUNNING",
        "timeCreated": "2026-01-01T00:00:00+00:00",
        "definedTags": {"Operations": {"Tier": "gold"}},
        "freeformTags": {"env": "prod"},
        "collectedAt": "2026-11-23T04:00:00+00:00",
        "enrichStatus": "OK",
        "enrichError": None,
        "details": {"searchSummary": {"availabilityDomain": "AD-1"}},
        "relationships": [
            {"source_ocid": ocid, "relation_type": kind, "target_ocid": target} for kind, target in links
        ],
    } | values


def graph_of(*records: dict[str, Any], tree: CompartmentTree | None = TREE, **options: Any) -> Graph:
    facts = GraphFacts(len(records))
    for one in records:
        facts.add(one)
    return Graph(facts, tree, **options)


def parsed(kind: str, lines: Any) -> list[dict[str, Any]]:
    values = []
    for line in lines:
        value = json.loads(line)
        assert line == json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        assert validator(kind)(value) is None
        values.append(value)
    return values


def edges(graph: Graph, one: dict[str, Any]) -> list[tuple[Any, ...]]:
    found = parsed("graph_edges_line", graph.edge_lines(one))
    assert all(edge["source_ocid"] == one["ocid"] for edge in found)
    names = ("relation_type", "target_ocid", "target_type", "target_in_inventory")
    return [tuple(edge[name] for name in names) for edge in found]


def test_a_record_is_a_node_in_the_ancestors_shape() -> None:
    one = record("ocid1.instance.oc1.iad.a")
    assert parsed("graph_nodes_line", [graph_of(one).node_line(one)]) == [
        {
            "nodeId": "ocid1.instance.oc1.iad.a",
            "nodeType": "compute.Instance",
            "nodeCategory": "compute",
            "name": "web",
            "region": "us-ashburn-1",
            "compartmentId": "ocid1.compartment.oc1..b",
            "metadata": {
                "lifecycleState": "RUNNING",
                "timeCreated": "2026-01-01T00:00:00+00:00",
                "availabilityDomain": "AD-1",
            },
            "tags": {"definedTags": {"Operations": {"Tier": "gold"}}, "freeformTags": {"env": "prod"}},
            "enrichStatus": "OK",
            "enrichError": None,
        }
    ]


def test_the_availability_domain_is_null_where_search_does_not_tell_it() -> None:
    for details in ({}, {"searchSummary": {}}, {"searchSummary": {"availabilityDomain": 1}}):
        one = record("ocid1.instance.oc1.iad.a", details=details)
        (node,) = parsed("graph_nodes_line", [graph_of(one).node_line(one)])
        assert node["metadata"]["availabilityDomain"] is None
    one = record("ocid1.instance.oc1.iad.a", details={"searchSummary": {"availability_domain": "AD-2"}})
    (node,) = parsed("graph_nodes_line", [graph_of(one).node_line(one)])
    assert node["metadata"]["availabilityDomain"] == "AD-2"


def test_relationships_and_the_compartment_are_edges_sorted_and_distinct() -> None:
    vcn, subnet = "ocid1.vcn.oc1.iad.v", "ocid1.subnet.oc1.iad.s"
    one = record(
        "ocid1.instance.oc1.iad.a",
        links=[
            ("IN_COMPARTMENT", "ocid1.compartment.oc1..b"),
            ("IN_SUBNET", subnet),
            ("IN_SUBNET", subnet),
            ("IN_VCN", vcn),
            ("A_BEFORE_ALL", vcn),
        ],
    )
    graph = graph_of(one, record(vcn, resourceType="Vcn"))
    assert edges(graph, one) == [
        ("A_BEFORE_ALL", vcn, "Vcn", True),
        ("IN_COMPARTMENT", "ocid1.compartment.oc1..b", "Compartment", False),
        ("IN_SUBNET", subnet, "subnet", False),
        ("IN_VCN", vcn, "Vcn", True),
    ]
    (edge, *_) = parsed("graph_edges_line", graph.edge_lines(one))
    assert (edge["source_type"], edge["region"]) == ("Instance", "us-ashburn-1")


def test_a_targets_type_is_its_records_or_told_by_its_ocid() -> None:
    """The kind in an OCID is spelled as the catalog spells the type of that name, where there is one."""
    links = [
        ("X", "ocid1.fnfunc.oc1.iad.f"),
        ("X", "ocid1.subnet.oc1.iad.s"),
        ("X", "urn:nothing"),
        ("X", "ocid1.vcn.oc1.iad.odd"),
    ]
    one = record("ocid1.instance.oc1.iad.a", links=links, compartmentId=None)
    odd = record("ocid1.vcn.oc1.iad.odd", resourceType="VirtualNetwork")
    graph = graph_of(one, odd, type_of_kind={"subnet": "Subnet", "vcn": "Vcn"}.get)
    assert [edge[2:] for edge in edges(graph, one)] == [
        ("fnfunc", False),
        ("Subnet", False),
        ("VirtualNetwork", True),
        (None, False),
    ]


def test_compartments_that_no_record_describes_are_nodes_with_all_above_them() -> None:
    one = record("ocid1.instance.oc1.iad.a")
    graph = graph_of(one)
    assert list(graph.undescribed) == ["ocid1.compartment.oc1..a", "ocid1.compartment.oc1..b", ROOT]
    nodes = parsed("graph_nodes_line", map(graph.undescribed_node_line, graph.undescribed))
    assert [(node["name"], node["compartmentId"], node["metadata"]["lifecycleState"]) for node in nodes] == [
        ("A", ROOT, "ACTIVE"),
        ("B", "ocid1.compartment.oc1..a", "DELETED"),
        ("acme", None, None),
    ]
    assert {(node["nodeType"], node["enrichStatus"], node["region"]) for node in nodes} == {
        ("Compartment", "UNKNOWN", None)
    }
    lines = [line for ocid in graph.undescribed for line in graph.undescribed_edge_lines(ocid)]
    found = parsed("graph_edges_line", lines)
    assert [(edge["source_ocid"], edge["target_ocid"], edge["target_type"]) for edge in found] == [
        ("ocid1.compartment.oc1..a", ROOT, "Compartment"),
        ("ocid1.compartment.oc1..b", "ocid1.compartment.oc1..a", "Compartment"),
    ]
    assert {(edge["relation_type"], edge["target_in_inventory"], edge["region"]) for edge in found} == {
        ("IN_COMPARTMENT", False, None)
    }


def test_a_compartment_that_a_record_describes_is_its_node() -> None:
    one = record("ocid1.instance.oc1.iad.a")
    compartment = record("ocid1.compartment.oc1..b", resourceType="Compartment", compartmentId=ROOT)
    graph = graph_of(compartment, one)
    assert list(graph.undescribed) == [ROOT]
    assert edges(graph, one) == [("IN_COMPARTMENT", "ocid1.compartment.oc1..b", "Compartment", True)]


def test_without_a_tree_a_compartment_has_no_name_and_no_place() -> None:
    one = record("ocid1.instance.oc1.iad.a")
    graph = graph_of(one, tree=None)
    assert dict(graph.undescribed) == {"ocid1.compartment.oc1..b": None}
    (node,) = parsed("graph_nodes_line", [graph.undescribed_node_line("ocid1.compartment.oc1..b")])
    assert (node["name"], node["compartmentId"]) == (None, None)
    assert list(graph.undescribed_edge_lines("ocid1.compartment.oc1..b")) == []


def test_a_record_without_ocid_still_lies_in_a_compartment() -> None:
    graph = graph_of(record(None, compartmentId="ocid1.compartment.oc1..a"))
    assert list(graph.undescribed) == ["ocid1.compartment.oc1..a", ROOT]


def test_what_lies_in_itself_or_nowhere_has_no_edge_to_a_compartment() -> None:
    root = record(ROOT, resourceType="Compartment", compartmentId=ROOT)
    nowhere = record("ocid1.vcn.oc1.iad.v", compartmentId=None)
    graph = graph_of(root, nowhere)
    assert edges(graph, root) == edges(graph, nowhere) == []
    assert not graph.undescribed
