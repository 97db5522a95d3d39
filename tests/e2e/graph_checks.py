"""Holds relationships and the graph's files against the generator's own choice of what hangs on what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.e2e.expected import LISTED, Identity, Known, Truth
from tests.e2e.run_files import RunFiles

Pair = tuple[str, str]
_NODES, _EDGES = "graph_nodes.jsonl.gz", "graph_edges.jsonl.gz"


def assert_edges(records: Iterable[Mapping[str, Any]], truth: Iterable[Truth]) -> int:
    """Relationships of all records that were read lead exactly where the truth says; returns their number.

    None is missing, and none comes from a text, a tag or what users write.
    """
    targets = {resource["ocid"]: {ocid for _, ocid in resource["edges"]} for resource in truth}
    read = [record for record in records if record["enrichStatus"] == "OK"]
    wanted = {(record["ocid"], target) for record in read for target in targets[record["ocid"]]}
    found = {pair for record in read for pair in _pairs(record)}
    assert not wanted - found, "relationships that are missing"
    assert not found - wanted, "relationships that do not exist"
    return len(found)


def check_relationships(run: RunFiles, expected: Mapping[Identity, Known]) -> None:
    """As `assert_edges`, where some details are of an earlier run, and some only a list shows."""
    known = {identity[0]: one for identity, one in expected.items() if identity[0]}
    for record in run.records():
        one = known.get(record["ocid"])
        wanted = set() if one is None else {(record["ocid"], target) for target in one.targets}
        found = set(_pairs(record))
        assert wanted <= found, record["ocid"]
        more = {target for _, target in found - wanted}
        if more and one is not None and one.body is not None and record["resourceType"] in LISTED:
            metadata = record["details"]["metadata"]
            more -= set(_texts({name: metadata[name] for name in metadata if name not in one.body}))
        assert not more, record["ocid"]


def check_graph(run: RunFiles) -> None:
    """Nodes and edges are those of the records, and of compartments that no record describes."""
    records = {record["ocid"]: record for record in run.records() if record["ocid"] is not None}
    nodes = {node["nodeId"]: node for node in run.lines(_NODES)}
    assert list(nodes) == sorted(nodes)
    assert len(nodes) == len(run.lines(_NODES))
    unknown = {ocid for ocid, node in nodes.items() if node["enrichStatus"] == "UNKNOWN"}
    assert nodes.keys() - unknown == records.keys()
    named = {record["compartmentId"] for record in run.records()} - {None}
    assert named <= nodes.keys()
    assert not unknown & records.keys()
    for ocid, record in records.items():
        node = nodes[ocid]
        assert node["nodeType"].rpartition(".")[2] == record["resourceType"]
        assert node["name"] == record["displayName"]
        assert node["tags"] == {name: record[name] for name in ("definedTags", "freeformTags")}
        for name in ("region", "compartmentId", "enrichStatus", "enrichError"):
            assert node[name] == record[name]
    lines = run.lines(_EDGES)
    places = [(edge["source_ocid"], edge["relation_type"], edge["target_ocid"]) for edge in lines]
    assert places == sorted(set(places))
    wanted = {
        (source, edge["relation_type"], edge["target_ocid"])
        for source, record in records.items()
        for edge in record["relationships"]
    } | {
        (ocid, "IN_COMPARTMENT", node["compartmentId"])
        for ocid, node in nodes.items()
        if node["compartmentId"] not in (None, ocid)
    }
    assert set(places) == wanted
    for edge in lines:
        target = records.get(edge["target_ocid"])
        assert edge["target_in_inventory"] == (target is not None)
        if target is not None:
            assert edge["target_type"] == target["resourceType"]


def _pairs(record: Mapping[str, Any]) -> Iterator[Pair]:
    for edge in record["relationships"]:
        yield edge["source_ocid"], edge["target_ocid"]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
