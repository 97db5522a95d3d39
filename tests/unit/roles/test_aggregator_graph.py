"""The graph's files of an aggregation."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.errors import NotAuthorizedOrNotFound
from inventory.exports.graph import Graph, GraphFacts
from inventory.model.publication import ArtifactGap
from inventory.roles.verifier.verify import verify_run
from tests.fakes.installation import HOME, NAMES, Installation, item
from tests.unit.roles.aggregated_runs import closed, inhabited, published, rescanned

NODES, EDGES = "graph_nodes.jsonl.gz", "graph_edges.jsonl.gz"
VCN = "ocid1.vcn.oc1.iad.k"


def graph(here: Installation, run_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return here.lines(run_id, NODES), here.lines(run_id, EDGES)


def linked() -> Installation:
    """Resources that name a VCN of the inventory, and a subnet that is in none."""
    here = inhabited()
    here.reader.fields |= {"vcnId": VCN, "subnetId": "ocid1.subnet.oc1.iad.gone"}
    here.regions[HOME].items.append(item(HOME, "nobody", identifier=None, resourceType="Thing"))
    return here


def test_every_record_with_an_ocid_is_a_node_and_every_relationship_an_edge() -> None:
    here = linked()
    run_id = here.run()
    nodes, edges = graph(here, run_id)
    records = [record for record in here.lines(run_id, "inventory.jsonl.gz") if record["ocid"]]
    described = {record["ocid"] for record in records}
    assert [node["nodeId"] for node in nodes] == sorted({node["nodeId"] for node in nodes})
    assert {node["nodeId"] for node in nodes if node["enrichStatus"] != "UNKNOWN"} == described
    pairs = [(edge["source_ocid"], edge["relation_type"], edge["target_ocid"]) for edge in edges]
    assert pairs == sorted(set(pairs))
    wanted = {
        (record["ocid"], link["relation_type"], link["target_ocid"])
        for record in records
        for link in record["relationships"]
    } | {(record["ocid"], "IN_COMPARTMENT", record["compartmentId"]) for record in records}
    unknown = {node["nodeId"] for node in nodes} - described
    assert unknown
    assert {pair for pair in pairs if pair[0] in described} == wanted
    assert {pair[0] for pair in pairs} <= described | unknown
    for edge in edges:
        assert edge["target_in_inventory"] == (edge["target_ocid"] in described)
    assert {edge["target_in_inventory"] for edge in edges if edge["relation_type"] == "IN_VCN"} == {True}
    assert {edge["target_in_inventory"] for edge in edges if edge["relation_type"] == "IN_SUBNET"} == {False}
    assert {edge["target_type"] for edge in edges if edge["relation_type"] == "IN_SUBNET"} == {"Subnet"}
    assert verify_run(here.memory, NAMES, run_id).findings.told == []


def test_two_runs_over_one_state_have_the_same_graph() -> None:
    here = linked()
    first, second = here.run("first"), here.run("second")
    assert here.memory.get(here.names(first).artifact(NODES)).body == (
        here.memory.get(here.names(second).artifact(NODES)).body
    )
    assert graph(here, first) == graph(here, second)


@pytest.mark.parametrize("broken", [(GraphFacts, "add"), (Graph, "node_line"), (Graph, "edge_lines")])
def test_a_bug_in_the_graph_costs_the_graph_alone(
    monkeypatch: pytest.MonkeyPatch, broken: tuple[type, str]
) -> None:
    def fail(*_arguments: object) -> None:
        raise KeyError("a bug")

    here, _, run_id = rescanned()
    monkeypatch.setattr(*broken, fail)
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    lost = {"add": [NODES, EDGES], "node_line": [NODES], "edge_lines": [EDGES]}[broken[1]]
    assert published(here, run_id).gaps == tuple(
        ArtifactGap(name=name, reason="internalError") for name in lost
    )


def test_without_a_compartment_tree_the_graph_has_its_compartments_without_names() -> None:
    here = inhabited()
    refused = NotAuthorizedOrNotFound("no", status=404, code="NotAuthorizedOrNotFound")
    here.directory.compartments_failure = refused
    run_id = here.run()
    nodes, edges = graph(here, run_id)
    assert [(node["nodeId"], node["name"]) for node in nodes if node["enrichStatus"] == "UNKNOWN"] == [
        ("ocid1.compartment.oc1..c", None)
    ]
    assert len(edges) == len(nodes) - 1
    assert verify_run(here.memory, NAMES, run_id).findings.told == []
