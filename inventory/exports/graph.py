"""The inventory as a graph, in the ancestor's contract: nodes and edges as canonical lines.

Every record with an OCID is a node, and so is every compartment that a record lies in and no record
describes, with those above it as far as the compartment tree knows them (`enrichStatus` `UNKNOWN`). Edges are
the records' relationships, and IN_COMPARTMENT for every node whose compartment is known. An edge says whether
the inventory has a record of its target; targets that it does not have are no nodes, other than compartments.
A record without OCID cannot be named, so it is in neither file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from inventory.exports.graph_categories import category_of, node_type
from inventory.exports.ocid_index import OcidIndex
from inventory.model.canonical import canonical_line
from inventory.model.compartments import CompartmentTree
from inventory.model.ocid import ocid_kind
from inventory.model.record import Record

COMPARTMENT = "Compartment"
IN_COMPARTMENT = "IN_COMPARTMENT"
#: The `enrichStatus` of a compartment that no record describes.
UNKNOWN = "UNKNOWN"

#: Name of a type for the kind in an OCID, or None where the kind is no type's name.
TypeOfKind = Callable[[str], str | None]


class GraphFacts:
    """What the graph must know of all records before its first line: their OCIDs, and their compartments.

    Takes up to `capacity` records; each OCID once, as in an inventory.
    """

    def __init__(self, capacity: int) -> None:
        self.index = OcidIndex(capacity)
        self._compartments: set[str] = set()

    def add(self, record: Record) -> None:
        """Take a record."""
        if record["ocid"]:
            self.index.add(record["ocid"], record["resourceType"])
        if record["compartmentId"]:
            self._compartments.add(record["compartmentId"])

    def undescribed(self, tree: CompartmentTree | None) -> dict[str, str | None]:
        """The compartments that records lie in and none describes, and those above them, with what each
        lies in; sorted by OCID."""
        found: dict[str, str | None] = {}
        waiting = sorted(self._compartments)
        while waiting:
            ocid = waiting.pop()
            if ocid in found or self.index.find(ocid)[0]:
                continue
            known = tree.compartments.get(ocid) if tree is not None else None
            found[ocid] = known.parent if known is not None else None
            if known is not None:
                waiting.append(known.parent)
        return dict(sorted(found.items()))


class Graph:
    """Makes the lines of both files; `undescribed` is `GraphFacts.undescribed` for the same tree."""

    def __init__(
        self,
        facts: GraphFacts,
        tree: CompartmentTree | None,
        *,
        type_of_kind: TypeOfKind = lambda _kind: None,
    ) -> None:
        self._index = facts.index
        self._tree = tree
        self._type_of_kind = type_of_kind
        self.undescribed: Mapping[str, str | None] = facts.undescribed(tree)

    def node_line(self, record: Record) -> bytes:
        """The node of a record that has an OCID."""
        return canonical_line(
            {
                "nodeId": record["ocid"],
                "nodeType": node_type(record["resourceType"]),
                "nodeCategory": category_of(record["resourceType"]),
                "name": record["displayName"],
                "region": record["region"],
                "compartmentId": record["compartmentId"],
                "metadata": _metadata(record["lifecycleState"], record["timeCreated"], _domain_of(record)),
                "tags": {"definedTags": record["definedTags"], "freeformTags": record["freeformTags"]},
                "enrichStatus": record["enrichStatus"],
                "enrichError": record["enrichError"],
            }
        )

    def undescribed_node_line(self, ocid: str) -> bytes:
        """The node of a compartment that no record describes, or of the tenancy."""
        tree = self._tree
        known = tree.compartments.get(ocid) if tree is not None else None
        name = known.name if known is not None else None
        if tree is not None and ocid == tree.tenancy_id:
            name = tree.tenancy_name
        return canonical_line(
            {
                "nodeId": ocid,
                "nodeType": node_type(COMPARTMENT),
                "nodeCategory": category_of(COMPARTMENT),
                "name": name,
                "region": None,
                "compartmentId": self.undescribed[ocid],
                "metadata": _metadata(known.state if known is not None else None, None, None),
                "tags": {"definedTags": {}, "freeformTags": {}},
                "enrichStatus": UNKNOWN,
                "enrichError": None,
            }
        )

    def edge_lines(self, record: Record) -> Iterator[bytes]:
        """The edges of a record that has an OCID, sorted by (relation, target), distinct."""
        edges = {(item["relation_type"], item["target_ocid"]) for item in record["relationships"]}
        if record["compartmentId"] and record["compartmentId"] != record["ocid"]:
            edges.add((IN_COMPARTMENT, record["compartmentId"]))
        for relation, target in sorted(edges):
            yield self._edge_line(record["ocid"], relation, target, record["resourceType"], record["region"])

    def undescribed_edge_lines(self, ocid: str) -> Iterator[bytes]:
        """The edge from a compartment that no record describes to what it lies in, if that is known."""
        parent = self.undescribed[ocid]
        if parent is not None:
            yield self._edge_line(ocid, IN_COMPARTMENT, parent, COMPARTMENT, None)

    def _edge_line(
        self, source: str, relation: str, target: str, source_type: str, region: str | None
    ) -> bytes:
        is_there, target_type = self._index.find(target)
        if not is_there:
            target_type = COMPARTMENT if target in self.undescribed else self._type_by_kind(target)
        return canonical_line(
            {
                "source_ocid": source,
                "target_ocid": target,
                "relation_type": relation,
                "source_type": source_type,
                "target_type": target_type,
                "region": region,
                "target_in_inventory": is_there,
            }
        )

    def _type_by_kind(self, ocid: str) -> str | None:
        kind = ocid_kind(ocid)
        return self._type_of_kind(kind) or kind or None


def _metadata(state: str | None, created: str | None, domain: str | None) -> dict[str, str | None]:
    return {"lifecycleState": state, "timeCreated": created, "availabilityDomain": domain}


def _domain_of(record: Mapping[str, Any]) -> str | None:
    item = record["details"].get("searchSummary")
    if not isinstance(item, dict):
        return None
    domain = item.get("availabilityDomain", item.get("availability_domain"))
    return domain if isinstance(domain, str) else None
