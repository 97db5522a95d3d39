"""The aggregator against the way such tools are usually written: whole lists, `json`, a dict by OCID.

Both get the same shards and the same last inventory, and make the same files; each works in a process of its
own, so that its memory is its own. Prints a table of figures and ratios, and asserts nothing but that both
find the same changes. Seconds are those of the processor, so that a busy machine says the same.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import pickle
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inventory.allocator import collect_seldom, return_large_blocks
from inventory.exports.csv_table import COLUMNS
from inventory.model.canonical import canonical_line
from inventory.ports.store import StoredObject
from tests.fakes.installation import FRANKFURT, HOME, Installation, item, shown_ocids
from tests.fakes.platform import MemoryReader

RECORDS = 20_000
COUNTS = ("added", "removed", "changed", "unchanged")


def main() -> None:
    """Measure and print."""
    print(f"making two runs of {RECORDS} records ...", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        # Also made elsewhere: a process begins with the peak of the one that started it.
        _in_a_process("make", state)
        ours, usual = (_in_a_process(way, state) for way in ("ours", "usual"))
    assert ours["found"] == usual["found"], (ours["found"], usual["found"])
    print(f"merge, diff and exports: {', '.join(f'{n} {kind}' for kind, n in ours['found'].items())}\n")
    print(f"{'':24}{'streaming':>12}{'in memory':>12}{'ratio':>8}")
    _row("seconds", ours["seconds"], usual["seconds"], "12.2f")
    _row("records a second", RECORDS / ours["seconds"], RECORDS / usual["seconds"], "12,.0f")
    _row("peak memory, MB", ours["megabytes"], usual["megabytes"], "12.1f")
    print(f"\n{'':24}{'canonical':>12}{'json.dumps':>12}{'ratio':>8}")
    _row("microseconds a record", ours["canonical"], ours["dumps"], "12.1f")


def _row(what: str, ours: float, usual: float, form: str) -> None:
    print(f"{what:24}{ours:{form}}{usual:{form}}{ours / usual:8.2f}")


def _in_a_process(way: str, state: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench", way, str(state)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


# The two runs


class RichReader(MemoryReader):
    """Services whose answers have the size and the references of real ones."""

    def answer(self, identifier: str) -> dict[str, Any]:
        chance = random.Random(identifier)
        return {
            "id": identifier,
            "compartmentId": "ocid1.compartment.oc1..c",
            "displayName": identifier[-8:],
            "cidrBlocks": [f"10.{chance.randrange(256)}.0.0/16" for _ in range(3)],
            "defaultRouteTableId": f"ocid1.routetable.oc1.iad.{chance.getrandbits(200):x}",
            "defaultSecurityListId": f"ocid1.securitylist.oc1.iad.{chance.getrandbits(200):x}",
            "options": {f"option{number}": chance.random() for number in range(8)},
            "rules": [{"port": chance.randrange(65536), "text": "x" * 40} for _ in range(4)],
            "lifecycleState": "AVAILABLE",
            "timeCreated": "2026-01-01T00:00:00.000Z",
        }


def make(state: Path) -> dict[str, Any]:
    """Store the objects of a published run and of a scanned one over a changed tenancy, and both ids."""
    # The usual way has no Parquet table, and a manifest pins whether there is one.
    here = Installation(page_size=1000, shard_records=5000, parquet=False)
    here.reader = RichReader(lambda: shown_ocids(here.regions))
    chance = random.Random(1)
    for region in (FRANKFURT, HOME):
        names = [f"{chance.getrandbits(240):060x}" for _ in range(RECORDS // 2)]
        here.regions[region].items = [
            item(region, name, definedTags={"Operations": {"CostCenter": str(number % 50)}})
            for number, name in enumerate(names)
        ]
    first = here.run("first")
    for region, searched in here.regions.items():
        kept = searched.items[RECORDS // 200 :]
        for known in kept[::50]:
            known["displayName"] = "renamed"
        searched.items = kept + [item(region, f"new{number:04}") for number in range(RECORDS // 200)]
    second = here.scan("second")
    with state.open("wb") as file:
        pickle.dump((here.memory.objects, first, second), file)
    return {}


def _made(state: Path) -> tuple[dict[str, StoredObject], str, str]:
    with state.open("rb") as file:
        made: tuple[dict[str, StoredObject], str, str] = pickle.load(file)
    return made


def ours(state: Path) -> dict[str, Any]:
    """The aggregator over a store in memory, and the canonical line against `json.dumps`."""
    here = Installation(parquet=False)
    here.memory.objects, _, run_id = _made(state)
    here.clock.advance(600)
    # As the function's entry point does.
    return_large_blocks()
    collect_seldom()
    measured = _measured(lambda: here.aggregate(run_id))
    summary = here.json(here.names(run_id).artifact("diff_summary.json"))
    records = here.lines(run_id, "inventory.jsonl.gz")
    assert {record["enrichStatus"] for record in records} == {"OK"}
    return {
        **measured,
        "found": {kind: summary[kind] for kind in COUNTS},
        "canonical": _microseconds(canonical_line, records),
        "dumps": _microseconds(_dumped, records),
    }


def _dumped(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"


def _microseconds(write: Any, records: list[Any]) -> float:
    """The best of three goes over all records, for one record."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for record in records:
            write(record)
        best = min(best, time.process_time() - began)
    return best / len(records) * 1e6


def _measured(work: Any) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    work()
    seconds = time.process_time() - began
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": seconds, "megabytes": kilobytes / 1024}


# The usual way


def usual(state: Path) -> dict[str, Any]:
    """The same files by whole lists."""
    objects, first, second = _made(state)
    shards = [
        stored.body for name, stored in objects.items() if f"{second}/regions/" in name and "/shards/" in name
    ]
    baseline = objects[f"inventory/runs/{first}/inventory.jsonl.gz"].body
    found: Counter[str] = Counter()
    measured = _measured(lambda: found.update(aggregate_in_memory(shards, baseline)))
    return {**measured, "found": {kind: found[kind] for kind in COUNTS}}


def aggregate_in_memory(shards: list[bytes], baseline: bytes) -> dict[str, int]:
    """Merge, compare, and write every file."""
    before = {record["ocid"]: record for record in _records(baseline)}
    now: dict[str, Any] = {}
    for shard in shards:
        for record in _records(shard):
            now[record["ocid"]] = record
    records = [now[ocid] for ocid in sorted(now)]
    details: dict[str, Any] = {}
    kinds: dict[str, list[str]] = {kind: [] for kind in COUNTS}
    changes = []
    for ocid in sorted(before.keys() | now.keys()):
        old, new = before.get(ocid), now.get(ocid)
        hashes = [None if record is None else _hash(record) for record in (old, new)]
        fields: list[dict[str, Any]] = []
        if old is None:
            kind = "added"
        elif new is None:
            kind = "removed"
        elif hashes[0] == hashes[1]:
            kind = "unchanged"
        else:
            kind = "changed"
            fields = list(_fields("", old, new))
        kinds[kind].append(ocid)
        details[ocid] = {"prev_hash": hashes[0], "curr_hash": hashes[1]}
        if kind != "unchanged":
            changes.append({"kind": kind, "ocid": ocid, "fields": fields})
    relationships = [one for record in records for one in record["relationships"]]
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(records)
    files = {
        "inventory.jsonl.gz": _packed(records),
        "inventory.csv": table.getvalue().encode(),
        "relationships.jsonl.gz": _packed(relationships),
        "graph_nodes.jsonl.gz": _packed([_node(record) for record in records]),
        "graph_edges.jsonl.gz": _packed(_edges(records, now)),
        "diff.json": json.dumps({**kinds, "details": details}, indent=2, sort_keys=True).encode(),
        "changes.jsonl.gz": _packed(changes),
        "run_summary.json": json.dumps(Counter(record["resourceType"] for record in records)).encode(),
    }
    assert all(files.values())
    return {kind: len(ocids) for kind, ocids in kinds.items()}


def _node(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "nodeId": record["ocid"],
        "nodeType": f"network.{record['resourceType']}",
        "nodeCategory": "network",
        "name": record["displayName"],
        "region": record["region"],
        "compartmentId": record["compartmentId"],
        "metadata": {name: record[name] for name in ("lifecycleState", "timeCreated")},
        "tags": {"definedTags": record["definedTags"], "freeformTags": record["freeformTags"]},
        "enrichStatus": record["enrichStatus"],
        "enrichError": record["enrichError"],
    }


def _edges(records: list[Any], known: dict[str, Any]) -> list[dict[str, Any]]:
    edges = set()
    for record in records:
        targets = [(one["target_ocid"], one["relation_type"]) for one in record["relationships"]]
        for target, kind in [(record["compartmentId"], "IN_COMPARTMENT"), *targets]:
            edges.add(
                (record["ocid"], target, kind, record["resourceType"], record["region"], target in known)
            )
    names = ("source_ocid", "target_ocid", "relation_type", "source_type", "region", "target_in_inventory")
    return [dict(zip(names, edge, strict=True)) for edge in sorted(edges)]


def _records(body: bytes) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(body).splitlines()]


def _packed(values: list[Any]) -> bytes:
    lines = "".join(json.dumps(value, sort_keys=True) + "\n" for value in values)
    return gzip.compress(lines.encode(), compresslevel=6)


def _hash(record: dict[str, Any]) -> str:
    compared = {key: value for key, value in record.items() if key != "collectedAt"}
    return hashlib.sha256(json.dumps(compared, sort_keys=True).encode()).hexdigest()


def _fields(pointer: str, old: Any, new: Any) -> Iterator[dict[str, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if key != "collectedAt":
                yield from _fields(f"{pointer}/{key}", old.get(key), new.get(key))
    elif old != new:
        yield {"pointer": pointer, "before": old, "after": new}


if __name__ == "__main__":
    if len(sys.argv) == 3:
        way = {"make": make, "ours": ours, "usual": usual}[sys.argv[1]]
        print(json.dumps(way(Path(sys.argv[2]))))
    else:
        main()
