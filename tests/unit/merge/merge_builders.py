"""Records, shards and rules for the tests of merge and diff; files go through the real writer and reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from inventory.model.record import Record
from inventory.stages.keyed_lines import KeyedLine, read_lines
from inventory.stages.merge import MergeCounts, MergeRules, ShardStream, merge_records
from inventory.stages.shard import Shard, build_shard, shard_row

RUN = "2026-11-23T04:00:00+00:00"
BEFORE = "2026-11-22T04:00:00+00:00"
LONG_BEFORE = "2026-11-20T04:00:00+00:00"
ASHBURN = "us-ashburn-1"
FRANKFURT = "eu-frankfurt-1"
PHOENIX = "us-phoenix-1"
REGION_NAMES = {
    "iad": ASHBURN,
    "fra": FRANKFURT,
    "phx": PHOENIX,
    ASHBURN: ASHBURN,
    FRANKFURT: FRANKFURT,
    PHOENIX: PHOENIX,
}


def ocid(name: str, *, kind: str = "instance", region: str = "iad") -> str:
    return f"ocid1.{kind}.oc1.{region}.{name}"


def record(
    identifier: str | None,
    *,
    at: str = RUN,
    region: str = ASHBURN,
    details: dict[str, Any] | None = None,
    relationships: Iterable[tuple[str, str]] = (),
    **fields: Any,
) -> Record:
    """A record seen at `at`; relationships are (type, target)."""
    return {
        "ocid": identifier,
        "resourceType": "Instance",
        "displayName": "web",
        "compartmentId": ocid("root", kind="compartment", region=""),
        "region": region,
        "lifecycleState": "RUNNING",
        "timeCreated": "2026-01-01T00:00:00+00:00",
        "definedTags": {},
        "freeformTags": {},
        "collectedAt": at,
        "enrichStatus": "OK",
        "enrichError": None,
        "details": {"metadata": {"shape": "small"}} if details is None else details,
        "relationships": [
            {"source_ocid": identifier or "", "relation_type": kind, "target_ocid": target}
            for kind, target in relationships
        ],
        **fields,
    }


def shard_of(records: Iterable[Record]) -> Shard:
    """The shard of records in any order."""
    return build_shard(map(shard_row, records))


def file_of(records: Iterable[Record], *, unique: bool = False) -> Iterator[KeyedLine]:
    """The records as a stored file, read back."""
    return read_lines([shard_of(records).body], source="file", unique=unique)


def shard(region: str, *records: Record, order: tuple[int, int] = (1, 1)) -> ShardStream:
    return ShardStream(region=region, order=order, lines=file_of(records))


def rules(
    *,
    complete: Iterable[tuple[str, str]] | None = None,
    out_of_scope: Iterable[str] = (),
    canonical: dict[str, str] | None = None,
) -> MergeRules:
    """Rules of a run at RUN: `complete` are (region, type), all if None; `out_of_scope` are compartments."""
    slices = None if complete is None else set(complete)
    excluded = set(out_of_scope)
    return MergeRules(
        collected_at=RUN,
        region_names=REGION_NAMES,
        canonical_type=lambda name: (canonical or {}).get(name, name),
        is_complete=lambda region, item: slices is None or (region, item["resourceType"]) in slices,
        in_scope=lambda item: item["compartmentId"] not in excluded,
    )


def merge(
    shards: Iterable[ShardStream], baseline: Iterable[Record] | None = None, run: MergeRules | None = None
) -> tuple[list[Record], MergeCounts]:
    counts = MergeCounts()
    before = None if baseline is None else file_of(baseline, unique=True)
    merged = list(merge_records(list(shards), before, run or rules(), counts))
    return [line.record for line in merged], counts
