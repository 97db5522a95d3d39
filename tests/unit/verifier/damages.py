"""Ways to spoil a published run, each with the finding that must tell it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.installation import FRANKFURT, HOME
from tests.unit.verifier.stored_runs import Lines, StoredRuns

SHARD = f"{HOME}:shard"
INVENTORY = "inventory.jsonl.gz"
CHANGES = "changes.jsonl.gz"
RELATIONSHIPS = "relationships.jsonl.gz"
NODES = "graph_nodes.jsonl.gz"
EDGES = "graph_edges.jsonl.gz"
OUTCOME = f"regions/{HOME}/outcome.json"
CHECKPOINT = f"regions/{HOME}/checkpoint.json"

Spoil = Callable[[StoredRuns], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What happened, to which file, and words of the finding's place, of what is there and should be."""

    what: str
    spoil: Spoil
    file: str
    place: str = ""
    found: str = ""
    expected: str = ""


def _dropped(file: str) -> Spoil:
    return lambda runs: runs.drop(file)


def _body(file: str, change: Callable[[bytes], bytes]) -> Spoil:
    return lambda runs: runs.put(file, change(runs.body(file)))


def _edited(file: str, change: Callable[[Any], Any]) -> Spoil:
    return lambda runs: runs.edit(file, change)


def _relisted(file: str, change: Callable[[Any], Any]) -> Spoil:
    """An edit after which the listing tells the new bytes."""

    def spoil(runs: StoredRuns) -> None:
        runs.edit(file, change)
        runs.relist(file)

    return spoil


def _relined(file: str, change: Callable[[Lines], Any]) -> Spoil:
    """A change of lines after which the listing tells the new bytes and number."""

    def spoil(runs: StoredRuns) -> None:
        runs.edit_lines(file, change)
        runs.relist(file, count=len(runs.lines(file)))

    return spoil


def _vcn(lines: Lines) -> dict[str, Any]:
    """The second node of a VCN: the first one tells the category of its type."""
    return [line for line in lines if line["nodeType"] == "network.Vcn"][1]


def _unknown(lines: Lines) -> dict[str, Any]:
    return next(line for line in lines if line["enrichStatus"] == "UNKNOWN")


def _of_relation(lines: Lines, relation: str) -> dict[str, Any]:
    found = (line for line in lines if line["relation_type"] == relation and line["source_type"] == "Vcn")
    return next(found)


def _resharded(change: Callable[[Lines], Any]) -> Spoil:
    """A change of a shard after which checkpoint and outcome tell the new bytes and number."""

    def spoil(runs: StoredRuns) -> None:
        runs.edit_lines(SHARD, change)
        runs.relist_shard(HOME, count=len(runs.lines(SHARD)))

    return spoil


def _flip(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return change


def _swap(lines: Lines) -> None:
    lines[-1], lines[-2] = lines[-2], lines[-1]


def _kept(lines: Lines) -> dict[str, Any]:
    """A line of a record that both runs have and that did not change."""
    return next(line for line in lines if (line["ocid"] or "").endswith("n07"))


def _loosely_written(runs: StoredRuns) -> None:
    lines = gzip.decompress(runs.body(INVENTORY)).replace(b'"collectedAt":', b'"collectedAt": ')
    runs.put(INVENTORY, gzip.compress(lines, mtime=0))
    runs.relist(INVENTORY)


def _moved(source: str, target: str) -> Callable[[Any], None]:
    """One OCID of a diff goes into another list, and the numbers go with it."""

    def change(diff: Any) -> None:
        diff[target] = sorted([*diff[target], diff[source].pop()])
        diff["summary"][source] -= 1
        diff["summary"][target] += 1

    return change


def _from_an_older_run(lines: Lines) -> None:
    _kept(lines)["collectedAt"] = "2026-11-23T04:00:00+00:00"


def _duplicated(lines: Lines) -> None:
    lines.append(dict(lines[-1]))


def _without_a_column(body: bytes) -> bytes:
    return body.replace(b",region,", b",Region,", 1)


def _without_the_parquet_table(told: Any) -> None:
    told["artifacts"] = [one for one in told["artifacts"] if one["name"] != "inventory.parquet"]


def _parquet_of_the_first_run(runs: StoredRuns) -> None:
    runs.run_id = runs.first
    body = runs.body("inventory.parquet")
    runs.run_id = runs.second
    runs.put("inventory.parquet", body)
    runs.relist("inventory.parquet")


DAMAGES = (
    # Shards
    Damage(what="a byte of a shard flips", spoil=_body(SHARD, _flip), file=SHARD, place="line"),
    Damage(
        what="a shard is cut short",
        spoil=_body(SHARD, lambda body: body[:-9]),
        file=SHARD,
        found="ends too early",
    ),
    Damage(what="a shard is no gzip", spoil=_body(SHARD, lambda _: b"records"), file=SHARD, found="not gzip"),
    Damage(what="a shard is gone", spoil=_dropped(SHARD), file=SHARD, found="no such object"),
    Damage(
        what="a shard's hash is another",
        spoil=lambda runs: runs.edit_lines(SHARD, lambda _: None),
        file=SHARD,
        place="sha256",
    ),
    Damage(what="two lines of a shard change places", spoil=_resharded(_swap), file=SHARD, expected="sorted"),
    Damage(
        what="a shard has fewer lines than listed",
        spoil=lambda runs: ((runs.edit_lines(SHARD, lambda lines: lines.pop(3)), runs.relist_shard(HOME))),
        file=SHARD,
        place="count",
    ),
    Damage(
        what="a shard begins with another record than listed",
        # The first two are twins.
        spoil=_resharded(lambda lines: [lines.pop(0) for _ in range(2)]),
        file=SHARD,
        place="first key",
    ),
    Damage(
        what="a shard holds another run's record",
        spoil=_resharded(_set(4, "collectedAt", to="2026-11-22T04:00:00+00:00")),
        file=SHARD,
        place="line 5, field /collectedAt",
        found="2026-11-22",
    ),
    Damage(
        what="a shard holds another region's record",
        spoil=_resharded(_set(4, "region", to=FRANKFURT)),
        file=SHARD,
        place="line 5, field /region",
        expected=HOME,
    ),
    Damage(
        what="a shard's record was left out of the inventory",
        spoil=_relined(INVENTORY, lambda lines: lines.remove(_kept(lines))),
        file=INVENTORY,
        place="n07",
        found="no such record",
    ),
    Damage(
        what="a shard's record without OCID was left out of the inventory",
        spoil=_relined(INVENTORY, lambda lines: lines.pop(0)),
        file=INVENTORY,
        place="without OCID",
        found="1 of this run",
    ),
    # Checkpoint and outcome
    Damage(what="a region has no outcome", spoil=_dropped(OUTCOME), file=OUTCOME, found="no such object"),
    Damage(
        what="a region has no checkpoint", spoil=_dropped(CHECKPOINT), file=CHECKPOINT, found="no such object"
    ),
    Damage(
        what="an outcome leaves a shard out",
        spoil=_edited(OUTCOME, lambda told: told["slices"][0]["shards"].pop()),
        file=OUTCOME,
        place="/slices/0/shards, against the checkpoint",
    ),
    Damage(
        what="an outcome lists a shard under another name",
        spoil=_edited(OUTCOME, _set("slices", 0, "shards", 0, "epoch", to=7)),
        file=OUTCOME,
        place="name of a shard",
        expected="/shards/0007-",
    ),
    Damage(
        what="an outcome's status does not follow from its slices",
        spoil=_edited(OUTCOME, _set("status", to="partial")),
        file=OUTCOME,
        place="/status",
        found="partial",
        expected="complete",
    ),
    Damage(
        what="an outcome's tally is another than the checkpoint's",
        spoil=_edited(OUTCOME, _set("tally", "seconds", to={"search": 9.5})),
        file=OUTCOME,
        place="/tally/seconds",
    ),
    Damage(
        what="a checkpoint is still open",
        spoil=_edited(CHECKPOINT, _set("state", to="open")),
        file=OUTCOME,
        place="state of the checkpoint",
    ),
    # Documents
    Damage(
        what="the manifest is gone",
        spoil=_dropped("manifest.json"),
        file="manifest.json",
        found="no such object",
    ),
    Damage(
        what="the manifest is of a foreign version",
        spoil=_edited("manifest.json", _set("format_version", to=2)),
        file="manifest.json",
        place="/format_version",
        found="2",
    ),
    Damage(
        what="the manifest is another run's",
        spoil=_edited("manifest.json", _set("run_id", to="20261123T040000Z-00000000")),
        file="manifest.json",
        place="/run_id",
    ),
    Damage(
        what="a document is no JSON",
        spoil=_body("closed.json", lambda _: b"<html>"),
        file="closed.json",
        found="not JSON",
    ),
    Damage(
        what="a document is written loosely",
        spoil=_body("closed.json", lambda body: body.replace(b'":', b'": ')),
        file="closed.json",
        expected="canonical",
    ),
    Damage(
        what="a time is in another form",
        spoil=_edited("closed.json", _set("closed_at", to="2026-11-23T04:00:00Z")),
        file="closed.json",
        place="/closed_at",
    ),
    Damage(
        what="the compartments are not those that the manifest pins",
        spoil=_edited("compartments.json", _set("tenancy_name", to="other")),
        file="compartments.json",
        place="sha256",
    ),
    Damage(
        what="the compartments are gone",
        spoil=_dropped("compartments.json"),
        file="compartments.json",
        found="no such",
    ),
    Damage(
        what="a region's types are another region's",
        spoil=_edited(f"regions/{HOME}/search_types.json", _set("region", to=FRANKFURT)),
        file=f"regions/{HOME}/search_types.json",
        place="/region",
    ),
    Damage(
        what="a region's types are gone",
        spoil=_dropped(f"regions/{HOME}/search_types.json"),
        file=f"regions/{HOME}/search_types.json",
        expected="coverage.json names",
    ),
    Damage(
        what="aggregation.json is gone",
        spoil=_dropped("aggregation.json"),
        file="aggregation.json",
        found="no such",
    ),
    Damage(
        what="the aggregation was given up",
        spoil=_edited("aggregation.json", _set("state", to="fenced")),
        file="aggregation.json",
        place="/state",
        expected="publishing",
    ),
    Damage(
        what="a closed run has published nothing",
        spoil=_dropped("published.json"),
        file="published.json",
        found="no such object",
    ),
    Damage(
        what="published.json names another baseline",
        spoil=_edited("published.json", _set("baseline_run_id", to=None)),
        file="published.json",
        place="/baseline_run_id",
    ),
    Damage(
        what="published.json counts otherwise",
        spoil=_edited("published.json", _set("counts", "records", to=5)),
        file="published.json",
        place="/counts/records",
        found="5",
        expected="37",
    ),
    Damage(
        what="published.json counts other changes",
        spoil=_edited("published.json", _set("counts", "removed", to=0)),
        file="published.json",
        place="/counts/removed",
        expected="4",
    ),
    Damage(
        what="published.json forgets a file",
        spoil=_edited("published.json", lambda told: told["artifacts"].pop(2)),
        file="published.json",
        place="/artifacts",
        expected="every file",
    ),
    Damage(
        what="published.json forgets a file that the manifest asks for",
        spoil=_edited("published.json", _without_the_parquet_table),
        file="published.json",
        place="/artifacts",
        found="no inventory.parquet",
    ),
    Damage(
        what="the summary names a gap for a published file",
        spoil=_relisted(
            "run_summary.json",
            lambda told: told["gaps"].append(
                {"kind": "artifact", "place": "inventory.csv", "reason": "throttled (429)"}
            ),
        ),
        file="run_summary.json",
        place="/gaps of kind artifact",
        found="inventory.csv",
        expected="[]",
    ),
    Damage(
        what="published.json lists another ETag",
        spoil=_edited("published.json", _set("artifacts", 1, "etag", to="etag-of-another")),
        file="inventory.csv",
        place="ETag",
        expected="etag-of-another",
    ),
    # The pointer
    Damage(
        what="the pointer names a run that is not there",
        spoil=_edited("/latest.json", _set("run_id", to="20261124T040000Z-00000000")),
        file="/latest.json",
        place="/run_id",
        expected="a run that has a published.json",
    ),
    Damage(
        what="the pointer has gone back",
        spoil=lambda runs: runs.edit("/latest.json", _set("run_id", to=runs.first)),
        file="/latest.json",
        place="/run_id",
        expected="or a later run",
    ),
    Damage(
        what="the pointer is gone",
        spoil=_dropped("/latest.json"),
        file="/latest.json",
        found="no such object",
    ),
    Damage(
        what="the pointer is no JSON",
        spoil=_body("/latest.json", lambda _: b"{"),
        file="/latest.json",
        found="not JSON",
    ),
    Damage(
        what="the pointer names a file elsewhere",
        spoil=_edited("/latest.json", _set("artifacts", "report.md", to="inventory/report.md")),
        file="/latest.json",
        place="/artifacts/report.md",
    ),
    Damage(
        what="the lease is of a foreign version",
        spoil=_edited("/lease.json", _set("format_version", to=3)),
        file="/lease.json",
        place="/format_version",
    ),
    # The inventory
    Damage(what="a byte of the inventory flips", spoil=_body(INVENTORY, _flip), file=INVENTORY, place="line"),
    Damage(what="the inventory is gone", spoil=_dropped(INVENTORY), file=INVENTORY, found="no such object"),
    Damage(
        what="the inventory is cut short",
        spoil=_body(INVENTORY, lambda body: body[:-1]),
        file=INVENTORY,
        place="size",
    ),
    Damage(
        what="two lines of the inventory change places",
        spoil=_relined(INVENTORY, _swap),
        file=INVENTORY,
        expected="sorted",
    ),
    Damage(
        what="a line stands twice",
        spoil=_relined(INVENTORY, _duplicated),
        file=INVENTORY,
        expected="each OCID once",
    ),
    Damage(
        what="the inventory has fewer lines than listed",
        spoil=lambda runs: ((runs.edit_lines(INVENTORY, lambda lines: lines.pop()), runs.relist(INVENTORY))),
        file=INVENTORY,
        place="count",
    ),
    Damage(
        what="lines are written loosely",
        spoil=_loosely_written,
        file=INVENTORY,
        place="line 1",
        expected="canonical",
    ),
    Damage(
        what="a record has a fifteenth field",
        spoil=_relined(INVENTORY, _set(5, "more", to=1)),
        file=INVENTORY,
        place="line 6",
        found="more",
        expected="must not contain",
    ),
    Damage(
        what="a record lacks a field",
        spoil=_relined(INVENTORY, lambda lines: lines[5].pop("definedTags")),
        file=INVENTORY,
        place="line 6",
        expected="definedTags",
    ),
    Damage(
        what="a record is still pending",
        spoil=_relined(INVENTORY, _set(5, "enrichStatus", to="PENDING")),
        file=INVENTORY,
        place="line 6, field /enrichStatus",
        found="PENDING",
    ),
    Damage(
        what="a record is another than its shard's",
        spoil=_relined(INVENTORY, lambda lines: _kept(lines).update(displayName="made up")),
        file=INVENTORY,
        place="line",
        expected="what a shard of this run holds",
    ),
    Damage(
        what="a record that was seen is told as an older one",
        spoil=_relined(INVENTORY, _from_an_older_run),
        file=INVENTORY,
        place="/collectedAt",
        expected="was seen completely",
    ),
    # Tables
    Damage(
        what="the table is gone",
        spoil=_dropped("inventory.csv"),
        file="inventory.csv",
        found="no such object",
    ),
    Damage(
        what="the table lacks its last row",
        spoil=lambda runs: (
            (
                runs.put(
                    "inventory.csv", b"\r\n".join(runs.body("inventory.csv").split(b"\r\n")[:-2]) + b"\r\n"
                ),
                runs.relist("inventory.csv"),
            )
        ),
        file="inventory.csv",
        place="count",
        expected="37",
    ),
    Damage(
        what="a cell is another",
        spoil=lambda runs: (
            (
                runs.put("inventory.csv", runs.body("inventory.csv").replace(b"n07,", b"n70,", 1)),
                runs.relist("inventory.csv"),
            )
        ),
        file="inventory.csv",
        place="row",
        found="n70",
    ),
    Damage(
        what="a column has another name",
        spoil=_body("inventory.csv", _without_a_column),
        file="inventory.csv",
        place="line 1",
        found="Region",
    ),
    Damage(
        what="a cell could be run as a formula",
        spoil=_body("inventory.csv", lambda body: body.replace(b"\"'=1+1", b'"=1+1')),
        file="inventory.csv",
        place="row",
        found="=1+1",
    ),
    Damage(
        what="the Parquet file is another run's",
        spoil=_parquet_of_the_first_run,
        file="inventory.parquet",
        place="row",
    ),
    Damage(
        what="the Parquet file is cut short",
        spoil=_body("inventory.parquet", lambda body: body[:-20]),
        file="inventory.parquet",
        expected="a Parquet file",
    ),
    # Relationships
    Damage(
        what="a relationship is missing",
        spoil=_relined(RELATIONSHIPS, lambda lines: lines.pop(2)),
        file=RELATIONSHIPS,
        place="relationships of ocid1.vcn",
        expected="IN_SUBNET",
    ),
    Damage(
        what="a relationship begins at nobody",
        spoil=_relined(RELATIONSHIPS, _set(0, "source_ocid", to="ocid1.a")),
        file=RELATIONSHIPS,
        place="line 1, field /source_ocid",
        expected="an OCID of the inventory",
    ),
    Damage(
        what="relationships are not sorted",
        spoil=_relined(RELATIONSHIPS, _swap),
        file=RELATIONSHIPS,
        expected="sorted",
    ),
    # Graph
    Damage(
        what="a node is missing",
        spoil=_relined(NODES, lambda lines: lines.remove(_vcn(lines))),
        file=NODES,
        place="node ocid1.vcn",
        found="nothing",
    ),
    Damage(
        what="a node has another name",
        spoil=_relined(NODES, lambda lines: _vcn(lines).update(name="made up")),
        file=NODES,
        place="/name",
        found="made up",
    ),
    Damage(
        what="a node's state is another",
        spoil=_relined(NODES, lambda lines: _vcn(lines)["metadata"].update(lifecycleState="GONE")),
        file=NODES,
        place="/metadata/lifecycleState",
        found="GONE",
    ),
    Damage(
        what="a node's type lacks its category",
        spoil=_relined(NODES, lambda lines: _vcn(lines).update(nodeType="Vcn")),
        file=NODES,
        place="type and category",
        expected="network.Vcn",
    ),
    Damage(
        what="two nodes of one type have different categories",
        spoil=_relined(
            NODES, lambda lines: _vcn(lines).update(nodeType="compute.Vcn", nodeCategory="compute")
        ),
        file=NODES,
        place="type and category",
        found="compute.Vcn",
    ),
    Damage(
        what="a node belongs to nothing",
        spoil=_relined(NODES, lambda lines: lines.insert(0, {**_vcn(lines), "nodeId": "ocid1.a"})),
        file=NODES,
        place="line 1, field /nodeId",
        expected="an OCID of the inventory",
    ),
    Damage(
        what="a compartment is no node",
        spoil=_relined(NODES, lambda lines: lines.remove(_unknown(lines))),
        file=NODES,
        place="compartments that no record describes",
        expected="ocid1.compartment.oc1..c0",
    ),
    Damage(
        what="a compartment is a node under another name",
        spoil=_relined(NODES, lambda lines: _unknown(lines).update(name="made up")),
        file=NODES,
        place="/name",
        found="made up",
    ),
    Damage(
        what="nodes are not sorted",
        spoil=_relined(NODES, _swap),
        file=NODES,
        expected="sorted",
    ),
    Damage(
        what="an edge is missing",
        spoil=_relined(EDGES, lambda lines: lines.remove(_of_relation(lines, "IN_SUBNET"))),
        file=EDGES,
        place="edges of ocid1.vcn",
    ),
    Damage(
        what="a record lies in no compartment",
        spoil=_relined(EDGES, lambda lines: lines.pop()),
        file=EDGES,
        place="edges of ocid1.vcn",
    ),
    Damage(
        what="an edge begins at a node of another type",
        spoil=_relined(EDGES, lambda lines: _of_relation(lines, "IN_VCN").update(source_type="Subnet")),
        file=EDGES,
        place="edges of ocid1.vcn",
        found="Subnet",
    ),
    Damage(
        what="an edge begins at nobody",
        spoil=_relined(
            EDGES, lambda lines: lines.insert(0, {**_of_relation(lines, "IN_VCN"), "source_ocid": "ocid1.a"})
        ),
        file=EDGES,
        place="line 1, field /source_ocid",
        expected="a node",
    ),
    Damage(
        what="an edge of a compartment that no record describes is made up",
        spoil=_relined(
            EDGES,
            lambda lines: lines.insert(
                0,
                {
                    **_of_relation(lines, "IN_COMPARTMENT"),
                    "source_ocid": "ocid1.a",
                    "source_type": "Compartment",
                },
            ),
        ),
        file=EDGES,
        place="edges of ocid1.a",
    ),
    Damage(
        what="an edge says that the inventory has what it does not have",
        spoil=_relined(
            EDGES, lambda lines: _of_relation(lines, "IN_SUBNET").update(target_in_inventory=True)
        ),
        file=EDGES,
        place="/target_in_inventory",
        found="True",
    ),
    Damage(
        what="an edge says that the inventory lacks what it has",
        spoil=_relined(EDGES, lambda lines: _of_relation(lines, "IN_VCN").update(target_in_inventory=False)),
        file=EDGES,
        place="/target_in_inventory",
        found="False",
    ),
    Damage(
        what="an edge tells another type of its target than the record",
        spoil=_relined(EDGES, lambda lines: _of_relation(lines, "IN_VCN").update(target_type="Subnet")),
        file=EDGES,
        place="/target_type",
        expected="Vcn",
    ),
    Damage(
        what="an edge tells another type of a compartment",
        spoil=_relined(EDGES, lambda lines: _of_relation(lines, "IN_COMPARTMENT").update(target_type=None)),
        file=EDGES,
        place="/target_type",
        expected="Compartment",
    ),
    Damage(
        what="edges are not sorted",
        spoil=_relined(EDGES, _swap),
        file=EDGES,
        expected="sorted",
    ),
    # What changed
    Damage(
        what="what was added is told as not compared",
        spoil=_relisted("diff.json", _moved("added", "notCompared")),
        file="diff.json",
        found="in notCompared",
        expected="in added",
    ),
    Damage(
        what="what was removed is told as not compared",
        spoil=_relisted("diff.json", _moved("removed", "notCompared")),
        file="diff.json",
        found="in notCompared",
        expected="in removed",
    ),
    Damage(
        what="what did not change is told as changed",
        spoil=_relisted(
            "diff.json", lambda diff: (diff["changed"].append(diff["unchanged"][-1]), diff["changed"].sort())
        ),
        file="diff.json",
        found="in changed, unchanged",
        expected="in unchanged",
    ),
    Damage(
        what="what changed is told as not compared",
        spoil=_relisted("diff.json", _moved("changed", "notCompared")),
        file="diff.json",
        found="in notCompared",
        expected="in changed or unchanged",
    ),
    Damage(
        what="what was removed is not told at all",
        spoil=_relisted("diff.json", lambda diff: diff["removed"].clear()),
        file="diff.json",
        found="in no list",
        expected="in removed",
    ),
    Damage(
        what="somebody is told as removed whom nobody knows",
        spoil=_relisted("diff.json", _set("removed", to=["ocid1.unknown"])),
        file="diff.json",
        place="/removed",
        found="ocid1.unknown",
    ),
    Damage(
        what="a list is not sorted",
        spoil=_relisted("diff.json", lambda diff: diff["unchanged"].reverse()),
        file="diff.json",
        place="/unchanged",
        expected="sorted",
    ),
    Damage(
        what="a hash is another",
        spoil=_relisted(
            "diff.json",
            lambda diff: diff["details"][diff["changed"][0]].update(curr_hash="0" * 64),
        ),
        file="diff.json",
        place="/details/ocid1.vcn",
        found="000000",
    ),
    Damage(
        what="a hash is missing",
        spoil=_relisted("diff.json", lambda diff: diff["details"].pop(diff["unchanged"][3])),
        file="diff.json",
        place="/details/ocid1.vcn",
        found="None",
    ),
    Damage(
        what="the totals of the diff do not add up",
        spoil=_relisted("diff.json", lambda diff: diff["summary"].update(unchanged=1000)),
        file="diff.json",
        place="/summary/prev_total",
        expected="removed + changed + unchanged + notCompared",
    ),
    Damage(
        what="the diff's total is not the inventory's",
        spoil=_relisted("diff.json", lambda diff: diff["summary"].update(curr_total=1)),
        file="diff.json",
        place="/summary/curr_total",
        found="1",
        expected="37",
    ),
    Damage(
        what="the diff is cut short",
        spoil=_body("diff.json", lambda body: body[:-30]),
        file="diff.json",
        expected="whole",
    ),
    Damage(
        what="the short diff says something else",
        spoil=_relisted("diff_summary.json", _set("removed", to=3)),
        file="diff_summary.json",
        place="/removed",
        found="3",
        expected="4",
    ),
    Damage(
        what="a change is not told",
        spoil=_relined(CHANGES, lambda lines: lines.pop()),
        file=CHANGES,
        place="ocid1.vcn",
        found="no line",
    ),
    Damage(
        what="a change is told as another",
        spoil=_relined(CHANGES, _set(-1, "kind", to="removed")),
        file=CHANGES,
        place="/kind",
        found="removed",
        expected="added",
    ),
    Damage(
        what="a change is told of what did not change",
        spoil=_relined(
            CHANGES,
            lambda lines: lines.insert(0, {**lines[0], "kind": "added", "ocid": "ocid1.nobody"}),
        ),
        file=CHANGES,
        place="line 1",
        found="ocid1.nobody",
    ),
    Damage(
        what="a changed field's old value is made up",
        spoil=_relined(
            CHANGES,
            lambda lines: next(line for line in lines if line["kind"] == "changed")["fields"][0].update(
                before="x"
            ),
        ),
        file=CHANGES,
        place="/fields/0/before",
        found="x",
    ),
    Damage(
        what="a change names no field",
        spoil=_relined(
            CHANGES, lambda lines: next(line for line in lines if line["kind"] == "changed").pop("fields")
        ),
        file=CHANGES,
        place="line",
        expected="fields",
    ),
    Damage(
        what="a change is dated otherwise",
        spoil=_relined(CHANGES, _set(0, "since", to="2026-01-01T00:00:00+00:00")),
        file=CHANGES,
        place="/since",
        found="2026-01-01",
    ),
    # Summary, coverage, report
    Damage(
        what="the summary counts otherwise",
        spoil=_relisted("run_summary.json", _set("total_discovered", to=36)),
        file="run_summary.json",
        place="/total_discovered",
        found="36",
        expected="37",
    ),
    Damage(
        what="the summary counts a type otherwise",
        spoil=_relisted("run_summary.json", _set("counts_by_resource_type_and_status", "Vcn", "OK", to=1)),
        file="run_summary.json",
        place="/counts_by_resource_type_and_status/Vcn/OK",
        found="1",
    ),
    Damage(
        what="the summary names a compartment otherwise",
        spoil=_relisted("run_summary.json", _set("counts_by_compartment", 0, "path", to="elsewhere")),
        file="run_summary.json",
        place="/counts_by_compartment/0/path",
        found="elsewhere",
    ),
    Damage(
        what="the summary counts a failure otherwise",
        spoil=_relisted("run_summary.json", _set("enrichment_failures", 0, "records", to=9)),
        file="run_summary.json",
        place="/enrichment_failures/Vcn: notAuthorizedOrNotFound",
        found="9",
    ),
    Damage(
        what="the summary forgets a region",
        spoil=_relisted("run_summary.json", lambda told: told["regions"].pop(HOME)),
        file="run_summary.json",
        place="/regions",
        found=HOME,
    ),
    Damage(
        what="the summary tells another diff",
        spoil=_relisted("run_summary.json", _set("diff", "added", to=0)),
        file="run_summary.json",
        place="/diff/added",
        expected="4",
    ),
    Damage(
        what="the coverage counts a type otherwise",
        spoil=_relisted("coverage.json", _set("regions", HOME, "types", "Vcn", "enriched", to=0)),
        file="coverage.json",
        place=f"/regions/{HOME}/types/Vcn/enriched",
        found="0",
    ),
    Damage(
        what="the coverage's totals do not add up",
        spoil=_relisted("coverage.json", _set("totals", "seen", to=1)),
        file="coverage.json",
        place="/totals/seen",
        expected="37",
    ),
    Damage(
        what="the coverage knows other types than the region's Search",
        spoil=_relisted("coverage.json", _set("regions", HOME, "known", to=["Vcn"])),
        file="coverage.json",
        place=f"/regions/{HOME}/known",
    ),
    Damage(
        what="the report is another",
        spoil=_body("report.md", lambda body: body + b"\n"),
        file="report.md",
        place="sha256",
    ),
    Damage(what="the report is gone", spoil=_dropped("report.md"), file="report.md", found="no such object"),
)
