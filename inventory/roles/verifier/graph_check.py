"""The graph's two files against the records that they were made of.

Nodes and edges are read along with the inventory. What an edge says of its target (whether the inventory has
it, and its type) can be judged only when all records have passed, so the edges are then read once more.
Compartments that no record describes are told by what records lie in, and by the run's compartment tree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.known_types import KnownTypes
from inventory.roles.verifier.line_files import Line, LineFile, RecordLine
from inventory.roles.verifier.run_facts import VerifiedRun
from inventory.roles.verifier.sorted_lines import SortedLines

_EDGE_PARTS = ("source_ocid", "relation_type", "target_ocid")
_IN_COMPARTMENT = "IN_COMPARTMENT"
_COMPARTMENT = "Compartment"
_UNKNOWN = "UNKNOWN"
_CATEGORIES_IN_TYPES = ("compute", "network", "security")

_Edge = tuple[str, str, str, str | None]


class GraphCheck:
    """Takes the inventory's records in their order; either file may be missing."""

    def __init__(
        self, nodes: LineFile | None, edges: LineFile | None, run: VerifiedRun, findings: Findings
    ) -> None:
        self._findings = findings
        self._run = run
        self._edge_file = edges
        self._nodes = None if nodes is None else SortedLines(nodes, ("nodeId",), findings)
        self._edges = None if edges is None else SortedLines(edges, _EDGE_PARTS, findings)
        self._types = KnownTypes()
        self._named: set[str] = set()
        # What belongs to no record, by OCID: compartments only, so there are few.
        self._other_nodes: dict[str, Line] = {}
        self._other_edges: dict[str, list[_Edge]] = defaultdict(list)
        self._categories: dict[str, str] = {}

    def add(self, line: RecordLine) -> None:
        """Check one record's node and edges."""
        record, ocid = line.record, line.identity[0]
        if record["compartmentId"]:
            self._named.add(record["compartmentId"])
        if not ocid:
            return
        self._types.add(ocid, record["resourceType"])
        if self._nodes is not None:
            self._keep_nodes(self._nodes, ocid)
            found = self._nodes.at(ocid)
            if found:
                self._check_node(self._nodes.name, found[0], _node_of(record), record["resourceType"])
            else:
                self._findings.add(self._nodes.name, f"node {ocid}", found="nothing", expected="a line")
        if self._edges is not None:
            self._keep_edges(self._edges, ocid)
            self._findings.expect(
                self._edges.name,
                f"edges of {ocid}",
                found=[_edge(found.value) for found in self._edges.at(ocid)],
                expected=_edges_of(record),
            )

    def finish(self) -> None:
        """Everything was taken: judge what belongs to no record, and what edges say of their targets."""
        if self._nodes is not None:
            self._keep_nodes(self._nodes, None)
        if self._edges is not None:
            self._keep_edges(self._edges, None)
        tree = self._run.compartments
        if tree is None and self._run.manifest.compartments_sha256 is not None:
            return  # the tree is damaged, which has been told
        expected = self._undescribed()
        if self._nodes is not None:
            self._check_other_nodes(self._nodes.name, expected)
        if self._edges is not None:
            self._check_other_edges(self._edges.name, expected)
            self._check_targets(self._edges.name, expected)

    def abandon(self) -> None:
        """Read the rest for its own sake: what it should be compared with is damaged."""
        for lines in (self._nodes, self._edges):
            if lines is not None:
                lines.abandon()

    def _keep_nodes(self, nodes: SortedLines, ocid: str | None) -> None:
        for line in nodes.below(ocid):
            if line.value["enrichStatus"] == _UNKNOWN:
                self._other_nodes[line.value["nodeId"]] = line
            else:
                self._findings.add(
                    nodes.name,
                    f"line {line.number}, field /nodeId",
                    found=line.value["nodeId"],
                    expected="an OCID of the inventory",
                )

    def _keep_edges(self, edges: SortedLines, ocid: str | None) -> None:
        for line in edges.below(ocid):
            if line.value["relation_type"] == _IN_COMPARTMENT and line.value["source_type"] == _COMPARTMENT:
                self._other_edges[line.value["source_ocid"]].append(_edge(line.value))
            else:
                self._findings.add(
                    edges.name,
                    f"line {line.number}, field /source_ocid",
                    found=line.value["source_ocid"],
                    expected="a node",
                )

    def _check_node(self, name: str, line: Line, expected: dict[str, Any], resource_type: str) -> None:
        node = dict(line.value)
        told_type, category = node.pop("nodeType"), node.pop("nodeCategory")
        self._findings.expect_json(name, "", found=node, expected=expected, context=f" of line {line.number}")
        category = self._categories.setdefault(resource_type, category)
        self._findings.expect(
            name,
            f"line {line.number}, type and category",
            found=(told_type, line.value["nodeCategory"]),
            expected=(
                f"{category}.{resource_type}" if category in _CATEGORIES_IN_TYPES else resource_type,
                category,
            ),
        )

    def _undescribed(self) -> dict[str, dict[str, Any]]:
        """The nodes of compartments that no record describes, by OCID."""
        tree = self._run.compartments
        found: dict[str, dict[str, Any]] = {}
        waiting = list(self._named)
        while waiting:
            ocid = waiting.pop()
            if ocid in found or self._types.find(ocid)[0]:
                continue
            known = None if tree is None else tree.compartments.get(ocid)
            name, parent, state = (known.name, known.parent, known.state) if known else (None, None, None)
            if tree is not None and ocid == tree.tenancy_id:
                name = tree.tenancy_name
            found[ocid] = _node(
                ocid,
                name=name,
                region=None,
                compartment=parent,
                metadata=(state, None, None),
                tags=({}, {}),
                enriched=(_UNKNOWN, None),
            )
            if parent is not None:
                waiting.append(parent)
        return found

    def _check_other_nodes(self, name: str, expected: dict[str, dict[str, Any]]) -> None:
        self._findings.expect(
            name,
            "compartments that no record describes",
            found=sorted(self._other_nodes),
            expected=sorted(expected),
        )
        for ocid, line in self._other_nodes.items():
            if ocid in expected:
                self._check_node(name, line, expected[ocid], _COMPARTMENT)

    def _check_other_edges(self, name: str, expected: dict[str, dict[str, Any]]) -> None:
        wanted = {
            ocid: [(_IN_COMPARTMENT, node["compartmentId"], _COMPARTMENT, None)]
            for ocid, node in expected.items()
            if node["compartmentId"] is not None
        }
        for ocid in sorted({*wanted, *self._other_edges}):
            found = self._other_edges.get(ocid, [])
            self._findings.expect(name, f"edges of {ocid}", found=found, expected=wanted.get(ocid, []))

    def _check_targets(self, name: str, undescribed: dict[str, dict[str, Any]]) -> None:
        for number, edge in self._edges_again():
            target = edge["target_ocid"]
            is_there, wanted = self._types.find(target)
            place = f"line {number}, field /target_in_inventory"
            self._findings.expect(name, place, found=edge["target_in_inventory"], expected=is_there)
            if not is_there and target in undescribed:
                wanted = _COMPARTMENT
            if wanted is not None:
                place = f"line {number}, field /target_type"
                self._findings.expect(name, place, found=edge["target_type"], expected=wanted)

    def _edges_again(self) -> Iterator[tuple[int, Any]]:
        return iter(()) if self._edge_file is None else self._edge_file.again()


def _node_of(record: dict[str, Any]) -> dict[str, Any]:
    item = record["details"].get("searchSummary") or {}
    domain = item.get("availabilityDomain", item.get("availability_domain"))
    return _node(
        record["ocid"],
        name=record["displayName"],
        region=record["region"],
        compartment=record["compartmentId"],
        metadata=(
            record["lifecycleState"],
            record["timeCreated"],
            domain if isinstance(domain, str) else None,
        ),
        tags=(record["definedTags"], record["freeformTags"]),
        enriched=(record["enrichStatus"], record["enrichError"]),
    )


def _node(
    ocid: str,
    *,
    name: str | None,
    region: str | None,
    compartment: str | None,
    metadata: tuple[str | None, str | None, str | None],
    tags: tuple[Any, Any],
    enriched: tuple[str, str | None],
) -> dict[str, Any]:
    """A node without its type and category."""
    return {
        "nodeId": ocid,
        "name": name,
        "region": region,
        "compartmentId": compartment,
        "metadata": dict(zip(("lifecycleState", "timeCreated", "availabilityDomain"), metadata, strict=True)),
        "tags": dict(zip(("definedTags", "freeformTags"), tags, strict=True)),
        "enrichStatus": enriched[0],
        "enrichError": enriched[1],
    }


def _edge(line: dict[str, Any]) -> _Edge:
    """What of an edge follows from its source alone, behind the source's OCID."""
    return line["relation_type"], line["target_ocid"], line["source_type"], line["region"]


def _edges_of(record: dict[str, Any]) -> list[_Edge]:
    pairs = {(item["relation_type"], item["target_ocid"]) for item in record["relationships"]}
    if record["compartmentId"] and record["compartmentId"] != record["ocid"]:
        pairs.add((_IN_COMPARTMENT, record["compartmentId"]))
    return [(*pair, record["resourceType"], record["region"]) for pair in sorted(pairs)]
