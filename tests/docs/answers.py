"""What the blocks of docs/reading-results.md must answer, by block, told from the records themselves.

Everything here comes from `inventory.jsonl.gz` and `changes.jsonl.gz`; graph nodes are looked up for their
names alone. A row's values are in the order in which the block gives them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from inventory.model.compartments import CompartmentTree
from tests.docs.conftest import Results

Row = tuple[Any, ...]
Rows = list[Row]
Record = Mapping[str, Any]


def metadata(record: Record) -> Mapping[str, Any]:
    """The service's answer, empty where there is none."""
    found: Mapping[str, Any] = record["details"].get("metadata") or {}
    return found


def is_untagged(record: Record) -> bool:
    return not record["freeformTags"] and not record["definedTags"].keys() - {"Oracle-Tags"}


def _columns(records: Collection[Record], *names: str) -> Rows:
    return [tuple(record[name] for name in names) for record in records]


def _counted(rows: Collection[Row]) -> Rows:
    return [(*row, count) for row, count in Counter(rows).items()]


# Queries


def types_and_compartments(results: Results) -> Rows:
    tree = CompartmentTree.from_bytes(results.second.bytes_of("compartments.json"))
    places = [(one["compartmentId"], one["resourceType"]) for one in results.records]
    return _counted([(kind, None if ocid is None else tree.path(ocid)) for ocid, kind in places])


def untagged(results: Results) -> Rows:
    found = [record for record in results.records if is_untagged(record)]
    return _columns(found, "resourceType", "displayName", "region", "ocid")


def changes(results: Results) -> Iterator[Row]:
    for change in results.changes:
        who = tuple(change[name] for name in ("kind", "resourceType", "displayName", "ocid"))
        when = (datetime.fromisoformat(change["since"]), datetime.fromisoformat(change["until"]))
        for field in change.get("fields", [{}]):
            if not field.get("pointer", "").startswith("/details/searchSummary/"):
                yield (*who, *(field.get(name) for name in ("pointer", "before", "after")), *when)


def created_by(results: Results) -> Rows:
    by_ocid = {record["ocid"]: record for record in results.records}
    added = [by_ocid[change["ocid"]] for change in results.changes if change["kind"] == "added"]
    makers = [record["definedTags"].get("Oracle-Tags", {}).get("CreatedBy") for record in added]
    rows = _columns(added, "resourceType", "displayName", "ocid")
    return [(*row, maker) for row, maker in zip(rows, makers, strict=True)]


def two_runs(results: Results) -> Rows:
    names = ("displayName", "compartmentId", "lifecycleState", "freeformTags", "definedTags", "details")
    old, new = (
        {record["ocid"]: record for record in run.records() if record["ocid"]}
        for run in (results.first, results.second)
    )
    found: Rows = []
    for ocid in old.keys() | new.keys():
        kind = "added" if ocid not in old else "removed" if ocid not in new else "changed"
        if kind != "changed" or any(old[ocid][name] != new[ocid][name] for name in names):
            record = new.get(ocid) or old[ocid]
            found.append((kind, record["resourceType"], record["displayName"], ocid))
    return found


_ADDRESSES = {"Vnic": "publicIp", "PublicIp": "ipAddress", "NatGateway": "natIp"}


def public_addresses(results: Results) -> Rows:
    found: Rows = []
    for record in results.records:
        kind, told = record["resourceType"], metadata(record)
        addresses = [told.get(_ADDRESSES[kind])] if kind in _ADDRESSES else []
        if kind in ("LoadBalancer", "NetworkLoadBalancer"):
            addresses = [one["ipAddress"] for one in told.get("ipAddresses") or () if one["isPublic"]]
        rows = _columns([record], "resourceType", "displayName", "region", "ocid")
        found += [(*rows[0], address) for address in addresses if address is not None]
    return found


def not_read(results: Results) -> Rows:
    groups: dict[Row, list[str | None]] = {}
    for record in results.records:
        if record["enrichStatus"] != "OK":
            (key,) = _columns([record], "region", "resourceType", "enrichStatus", "enrichError")
            groups.setdefault(key, []).append(record["details"].get("asOf"))
    rows: Rows = []
    for key, ages in groups.items():
        known = [age for age in ages if age is not None]
        rows.append((*key, len(ages), len(known), min(known, default=None)))
    return rows


def not_seen(results: Results) -> Rows:
    old = [record for record in results.records if record["collectedAt"] != results.second.collected_at()]
    rows = _columns(old, "region", "resourceType", "collectedAt")
    return _counted([(region, kind, datetime.fromisoformat(seen)) for region, kind, seen in rows])


def too_long(results: Results) -> Rows:
    sizes = [
        (one["ocid"], one["resourceType"], len(_canonical(one["details"]).encode()))
        for one in results.records
    ]
    return [row for row in sizes if row[2] > 3000]


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# The graph


def a_subnet(results: Results) -> str:
    """The subnet that most refer to."""
    return _most_referred(results, "Subnet")


def a_vcn(results: Results) -> str:
    """The VCN that most refer to."""
    return _most_referred(results, "Vcn")


def _most_referred(results: Results, kind: str) -> str:
    ocids = {record["ocid"] for record in results.records if record["resourceType"] == kind}
    targets = Counter(target for _, _, target, _ in _references(results) if target in ocids)
    return str(targets.most_common(1)[0][0])


def _references(results: Results) -> Iterator[tuple[str, str, str, str]]:
    """Source, relation, target and the source's type of every reference."""
    for record in results.records:
        for one in record["relationships"]:
            yield one["source_ocid"], one["relation_type"], one["target_ocid"], record["resourceType"]


def depends_on_subnet(results: Results) -> Rows:
    steps = {a_subnet(results): 0}
    edge = list(steps)
    while edge:
        referring = {source for source, _, target, _ in _references(results) if target in edge}
        depth = steps[edge[0]] + 1
        edge = [ocid for ocid in referring if ocid not in steps]
        steps |= dict.fromkeys(edge, depth)
    return [(*node, steps[node[2]]) for node in _nodes(results, steps) if steps[node[2]]]


def in_vcn(results: Results) -> Rows:
    relations = {"IN_VCN", "IN_SUBNET", "IN_VLAN", "IN_VNIC", "ATTACHED_TO"}
    references = list(_references(results))
    inside = {a_vcn(results)}
    while True:
        more = {
            source for source, relation, target, _ in references if relation in relations and target in inside
        }
        if more <= inside:
            break
        inside |= more
    attached = {
        target
        for source, relation, target, kind in references
        if kind == "VnicAttachment" and relation == "ATTACHED_TO" and source in inside
    }
    return _nodes(results, inside | attached)


def _nodes(results: Results, ocids: Collection[str]) -> Rows:
    nodes = results.second.lines("graph_nodes.jsonl.gz")
    return [(node["nodeType"], node["name"], node["nodeId"]) for node in nodes if node["nodeId"] in ocids]


QUERIES: Mapping[str, Callable[[Results], Iterable[Row]]] = {
    "types_and_compartments": types_and_compartments,
    "untagged": untagged,
    "changes": changes,
    "created_by": created_by,
    "two_runs": two_runs,
    "public_addresses": public_addresses,
    "not_read": not_read,
    "not_seen": not_seen,
    "depends_on_subnet": depends_on_subnet,
    "in_vcn": in_vcn,
    "too_long": too_long,
}
#: What a block has as an example, and what it is run with here.
EXAMPLES: Mapping[str, tuple[str, Callable[[Results], str]]] = {
    "depends_on_subnet": ("ocid1.subnet.oc1..…", a_subnet),
    "in_vcn": ("ocid1.vcn.oc1..…", a_vcn),
    # No body of the emulated services is as long as that.
    "too_long": ("32767", lambda _: "3000"),
}


# The shell


def _lines(rows: Collection[Row]) -> list[str]:
    """The rows as jq's `@tsv` writes them; null is empty."""
    escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
    return ["\t".join("" if cell is None else str(cell).translate(escapes) for cell in row) for row in rows]


def shell_types(results: Results) -> list[str]:
    counts = Counter(record["resourceType"] for record in results.records)
    return [f"{count} {kind}" for kind, count in counts.items()]


def shell_untagged(results: Results) -> list[str]:
    found = [record for record in results.records if is_untagged(record)]
    return _lines(_columns(found, "resourceType", "displayName", "ocid"))


def shell_changes(results: Results) -> list[str]:
    return _lines(
        [
            (change["ocid"], field["pointer"], *(_canonical(field.get(name)) for name in ("before", "after")))
            for change in results.changes
            for field in change.get("fields", ())
        ]
    )


def shell_gaps(results: Results) -> list[str]:
    return _lines(_columns(results.second.summary()["gaps"], "kind", "place", "reason"))


def shell_statements(results: Results) -> list[str]:
    statements = {failure["statement"] for failure in results.second.summary()["enrichment_failures"]}
    return sorted(statements - {None})


SCRIPTS: Mapping[str, Callable[[Results], list[str]]] = {
    "types": shell_types,
    "untagged": shell_untagged,
    "changes": shell_changes,
    "gaps": shell_gaps,
    "statements": shell_statements,
}


# pandas: the block's variables, and what they must hold


def pandas_counts(results: Results, variables: Mapping[str, Any]) -> tuple[object, object]:
    expected = Counter((record["resourceType"], record["region"]) for record in results.records)
    return variables["counts"].to_dict(), dict(expected)


def pandas_untagged(results: Results, variables: Mapping[str, Any]) -> tuple[object, object]:
    found = variables["untagged"]["ocid"]
    told = Counter(None if found.isna()[index] else ocid for index, ocid in found.items())
    return told, Counter(record["ocid"] for record in results.records if is_untagged(record))


def pandas_changes(results: Results, variables: Mapping[str, Any]) -> tuple[object, object]:
    fields = variables["fields"]
    told = Counter(zip(fields["ocid"], fields["pointer"], fields["fields"].map(_canonical), strict=True))
    expected = Counter(
        (change["ocid"], field["pointer"], _canonical(field))
        for change in results.changes
        for field in change.get("fields", ())
    )
    return told, expected


def pandas_shapes(results: Results, variables: Mapping[str, Any]) -> tuple[object, object]:
    instances = [record for record in results.records if record["resourceType"] == "Instance"]
    shapes = [metadata(record).get("shape") for record in instances]
    return variables["shapes"].to_dict(), dict(Counter(shape for shape in shapes if shape is not None))


FRAMES: Mapping[str, Callable[[Results, Mapping[str, Any]], tuple[object, object]]] = {
    "counts": pandas_counts,
    "untagged": pandas_untagged,
    "changes": pandas_changes,
    "shapes": pandas_shapes,
}
