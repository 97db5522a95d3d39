"""All shards of a run and the last inventory, merged in one pass into the new inventory.

Decides which of several records of one resource stands, what is kept of resources that were not seen, and
what of their details when enrichment failed. Whether a slice was complete and what the run covers are the
caller's to say; that shard lines are canonical is assumed, since `build_shard` made them.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inventory.errors import InvalidDocument
from inventory.model.canonical import canonical_line
from inventory.model.ocid import ocid_region
from inventory.model.record import ERROR, OUT_OF_SCOPE, RecordKey
from inventory.stages.details import carry_details, has_metadata
from inventory.stages.join import outer_join
from inventory.stages.keyed_lines import KeyedLine
from inventory.stages.shard import sort_token


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardStream:
    """One shard: whose worker wrote it, its (epoch, sequence) in that region, its lines in file order."""

    region: str
    order: tuple[int, int]
    lines: Iterator[KeyedLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRules:
    """What the merge must know of the run.

    `collected_at`: what every record seen in this run carries.
    `region_names`: a region's key or name, lower case, to its name, from the tenancy's subscriptions.
    `canonical_type`: the catalog's canonical name of a resource type.
    `is_complete(region, record)`: whether that region's slice for the record's type was complete; False for
    a region that is not in the run.
    `in_scope(record)`: whether the run's settings cover a baseline record at all.
    """

    collected_at: str
    region_names: Mapping[str, str]
    canonical_type: Callable[[str], str]
    is_complete: Callable[[str, Mapping[str, Any]], bool]
    in_scope: Callable[[Mapping[str, Any]], bool]


@dataclass(slots=True, kw_only=True)
class MergeCounts:
    """What a merge did, counted while its output is read.

    `records` were written, of them `without_ocid` have none, and `details_carried_forward` were seen but
    keep the baseline's metadata. `folded` are further sightings of one OCID. The counters are by
    (region, resource type) of baseline records that were not seen.
    """

    records: int = 0
    without_ocid: int = 0
    folded: int = 0
    details_carried_forward: int = 0
    carried_forward: Counter[tuple[str, str]] = field(default_factory=Counter)
    out_of_scope: Counter[tuple[str, str]] = field(default_factory=Counter)
    removed_candidates: Counter[tuple[str, str]] = field(default_factory=Counter)


def merge_records(
    shards: Sequence[ShardStream],
    baseline: Iterator[KeyedLine] | None,
    rules: MergeRules,
    counts: MergeCounts,
) -> Iterator[KeyedLine]:
    """The new inventory: one canonical line per resource, in file order.

    `shards` come in any order, each with its lines in file order; the baseline holds each OCID once.
    Raises InvalidDocument where a stream is not so, or where a shard holds another run's record.
    """
    seen = _one_per_ocid(_in_order(shards), shards, rules, counts)
    for before, now in outer_join(baseline or iter(()), seen):
        if now is None:
            assert before is not None
            merged = _not_seen(before, rules, counts)
        else:
            merged = _seen(before, now, rules, counts)
        if merged is not None:
            counts.records += 1
            counts.without_ocid += not merged.key[0]
            yield merged


def sightings_out_of_scope(shards: Sequence[ShardStream]) -> Iterator[str]:
    """The OCIDs of what the shards show and the run's filters leave out, in file order.

    Raises InvalidDocument where a shard is damaged.
    """
    for _, _, line in _in_order(shards):
        if line.record["enrichStatus"] == OUT_OF_SCOPE:
            yield line.key[0]


_Sighting = tuple[tuple[RecordKey, bytes], int, KeyedLine]


def _in_order(shards: Sequence[ShardStream]) -> Iterator[_Sighting]:
    def sightings(number: int, shard: ShardStream) -> Iterator[_Sighting]:
        # The number is never equal between streams, so that lines are never compared.
        for line in shard.lines:
            yield sort_token(line.key, line.line), number, line

    return heapq.merge(*(sightings(number, shard) for number, shard in enumerate(shards)))


def _one_per_ocid(
    sightings: Iterator[_Sighting], shards: Sequence[ShardStream], rules: MergeRules, counts: MergeCounts
) -> Iterator[KeyedLine]:
    best: _Sighting | None = None
    for sighting in sightings:
        ocid = sighting[2].key[0]
        if best is None:
            best = sighting
        elif ocid and ocid == best[2].key[0]:
            counts.folded += 1
            # Within one shard, the later of two equal keys was written later.
            if _rank(sighting, shards, rules) <= _rank(best, shards, rules):
                best = sighting
        else:
            yield best[2]
            best = sighting
    if best is not None:
        yield best[2]


def _rank(
    sighting: _Sighting, shards: Sequence[ShardStream], rules: MergeRules
) -> tuple[bool, bool, bool, str, str, tuple[int, int]]:
    """The place of one sighting among those of its OCID; the lowest stands.

    The order of shards comes last: what stands must not depend on how the work was cut into slices.
    """
    _, number, (key, record, _) = sighting
    shard = shards[number]
    resource_type = record["resourceType"]
    epoch, sequence = shard.order
    return (
        record["enrichStatus"] == OUT_OF_SCOPE,
        rules.canonical_type(resource_type) != resource_type,
        rules.region_names.get(ocid_region(key[0])) != shard.region,
        shard.region,
        resource_type,
        (-epoch, -sequence),
    )


def _not_seen(before: KeyedLine, rules: MergeRules, counts: MergeCounts) -> KeyedLine | None:
    record = before.record
    place = (record["region"], record["resourceType"])
    if not rules.in_scope(record):
        counts.out_of_scope[place] += 1
        return None
    if rules.is_complete(record["region"], record):
        counts.removed_candidates[place] += 1
        return None
    counts.carried_forward[place] += 1
    return before


def _is_better_known(before: KeyedLine, now: KeyedLine, rules: MergeRules) -> bool:
    """Whether only another region's sighting is at hand, because the resource's own could not be read."""
    region = before.record["region"]
    return (
        region != now.record["region"]
        and rules.in_scope(before.record)
        and not rules.is_complete(region, before.record)
    )


def _seen(
    before: KeyedLine | None, now: KeyedLine, rules: MergeRules, counts: MergeCounts
) -> KeyedLine | None:
    record = now.record
    if record["collectedAt"] != rules.collected_at:
        raise InvalidDocument(
            f"a shard's record {now.key} was collected at {record['collectedAt']!r}, "
            f"not in this run of {rules.collected_at!r}"
        )
    if before is not None and _is_better_known(before, now, rules):
        counts.folded += 1
        counts.carried_forward[(before.record["region"], before.record["resourceType"])] += 1
        return before
    if record["enrichStatus"] == OUT_OF_SCOPE:
        if before is not None:
            counts.out_of_scope[(before.record["region"], before.record["resourceType"])] += 1
        return None
    if (
        before is None
        or record["enrichStatus"] != ERROR
        or has_metadata(record)
        or not has_metadata(before.record)
    ):
        return now
    counts.details_carried_forward += 1
    merged = carry_details(before.record, record)
    return KeyedLine(now.key, merged, canonical_line(merged))
