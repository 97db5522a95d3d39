"""The merge, rule by rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from merge_builders import (
    ASHBURN,
    BEFORE,
    FRANKFURT,
    LONG_BEFORE,
    PHOENIX,
    RUN,
    file_of,
    merge,
    ocid,
    record,
    rules,
    shard,
)

from inventory.errors import InvalidDocument
from inventory.model.canonical import canonical_line, parse_json
from inventory.model.record import Record, record_key
from inventory.stages.keyed_lines import KeyedLine
from inventory.stages.merge import MergeCounts, ShardStream, merge_records

NOTHING_COMPLETE: tuple[tuple[str, str], ...] = ()


def test_shards_of_all_regions_come_out_as_one_sorted_file():
    shards = [
        shard(FRANKFURT, record(ocid("c")), record(ocid("a"))),
        shard(ASHBURN, record(ocid("d")), record(None), order=(1, 2)),
        shard(ASHBURN, record(ocid("b"))),
    ]
    merged, counts = merge(shards)
    assert [item["ocid"] for item in merged] == [None, *(ocid(name) for name in "abcd")]
    assert (counts.records, counts.without_ocid, counts.folded) == (5, 1, 0)


def test_the_same_resource_from_all_regions_is_one_record_from_the_region_in_its_ocid():
    user = ocid("u", region="phx")
    merged, counts = merge(
        shard(region, record(user, region=region)) for region in (ASHBURN, PHOENIX, FRANKFURT)
    )
    assert [item["region"] for item in merged] == [PHOENIX]
    assert counts.folded == 2


@pytest.mark.parametrize("in_ocid", ["", "xyz", "iad"])
def test_without_its_own_region_among_the_sightings_the_lowest_region_name_stands(in_ocid: str):
    user = ocid("u", region=in_ocid)
    merged, _ = merge(shard(region, record(user, region=region)) for region in (PHOENIX, FRANKFURT))
    assert [item["region"] for item in merged] == [FRANKFURT]


def test_of_two_types_the_canonical_one_stands_even_from_another_region():
    shards = [
        shard(ASHBURN, record(ocid("a"), resourceType="OldName")),
        shard(FRANKFURT, record(ocid("a"), resourceType="NewName", region=FRANKFURT)),
    ]
    merged, counts = merge(shards, run=rules(canonical={"OldName": "NewName"}))
    assert [item["resourceType"] for item in merged] == ["NewName"]
    assert counts.folded == 1


def test_of_two_types_that_no_catalog_knows_the_choice_does_not_depend_on_the_order_of_work():
    def of_order(first: tuple[int, int], second: tuple[int, int]) -> list[Record]:
        return merge(
            [
                shard(ASHBURN, record(ocid("a"), resourceType="One"), order=first),
                shard(ASHBURN, record(ocid("a"), resourceType="Two"), order=second),
            ]
        )[0]

    assert of_order((1, 1), (1, 2)) == of_order((1, 2), (1, 1))


@pytest.mark.parametrize(("later", "earlier"), [((2, 1), (1, 9)), ((1, 10), (1, 9))])
@pytest.mark.parametrize("turn", [1, -1])
def test_inside_a_region_the_later_shard_wins(later: tuple[int, int], earlier: tuple[int, int], turn: int):
    shards = [
        shard(ASHBURN, record(ocid("a"), displayName="new"), order=later),
        shard(ASHBURN, record(ocid("a"), displayName="old"), order=earlier),
    ]
    merged, _ = merge(shards[::turn])
    assert [item["displayName"] for item in merged] == ["new"]


def test_inside_a_shard_the_later_sighting_wins():
    """A slice that went on after an expired page token may see a resource again."""
    sightings = [record(ocid("a"), displayName=name) for name in ("z", "a")]
    merged, counts = merge([shard(ASHBURN, *sightings)])
    assert [item["displayName"] for item in merged] == ["a"]
    assert counts.folded == 1


def test_records_without_ocid_are_never_folded():
    shards = [
        shard(ASHBURN, record(None), record(None)),
        shard(ASHBURN, record(None), order=(1, 2)),
        shard(FRANKFURT, record(None, region=FRANKFURT)),
    ]
    merged, counts = merge(shards)
    assert [item["region"] for item in merged] == [FRANKFURT, ASHBURN, ASHBURN, ASHBURN]
    assert (counts.without_ocid, counts.folded) == (4, 0)


def test_a_resource_that_a_complete_slice_did_not_show_is_gone():
    old = record(ocid("a"), at=BEFORE)
    merged, counts = merge([], [old], rules(complete=[(ASHBURN, "Instance")]))
    assert merged == []
    assert counts.removed_candidates == {(ASHBURN, "Instance"): 1}


def test_a_failed_region_keeps_its_records_byte_for_byte():
    """Even what this code would write otherwise: the bytes are the baseline's."""
    line = b' {"extra": 1e16, ' + canonical_line(record(ocid("a"), at=BEFORE))[1:]
    old = parse_json(line)
    baseline = iter([KeyedLine(record_key(old), old, line)])
    counts = MergeCounts()
    (kept,) = merge_records([], baseline, rules(complete=[(FRANKFURT, "Instance")]), counts)
    assert kept.line == line
    assert kept.record["collectedAt"] == BEFORE
    assert counts.carried_forward == {(ASHBURN, "Instance"): 1}


def test_completeness_is_asked_for_the_type_and_region_of_the_record():
    old = [record(ocid(name), at=BEFORE, resourceType=name) for name in ("Bucket", "Vcn")]
    merged, counts = merge([], old, rules(complete=[(ASHBURN, "Vcn"), (FRANKFURT, "Bucket")]))
    assert [item["resourceType"] for item in merged] == ["Bucket"]
    assert counts.removed_candidates.total() == counts.carried_forward.total() == 1


def test_a_resource_whose_own_region_failed_keeps_its_record_though_another_region_shows_it():
    """One record, the one that its own region gave last: another region's view of it is no change."""
    old = record(ocid("u", region=""), at=BEFORE, region=FRANKFURT)
    now = record(ocid("u", region=""), region=PHOENIX)
    merged, counts = merge([shard(PHOENIX, now)], [old], rules(complete=NOTHING_COMPLETE))
    assert merged == [old]
    assert (counts.carried_forward.total(), counts.folded) == (1, 1)


def test_a_resource_that_its_own_complete_region_no_longer_shows_is_the_other_regions():
    old = record(ocid("u", region=""), at=BEFORE, region=FRANKFURT)
    now = record(ocid("u", region=""), region=PHOENIX)
    merged, counts = merge([shard(PHOENIX, now)], [old], rules())
    assert merged == [now]
    assert counts.carried_forward.total() == 0


@pytest.mark.parametrize("complete", [None, NOTHING_COMPLETE])
def test_what_the_run_does_not_cover_is_dropped_and_counted(complete: Any):
    old = record(ocid("a"), at=BEFORE, compartmentId="sandbox")
    merged, counts = merge([], [old], rules(complete=complete, out_of_scope=["sandbox"]))
    assert merged == []
    assert counts.out_of_scope == {(ASHBURN, "Instance"): 1}
    assert counts.carried_forward.total() == counts.removed_candidates.total() == 0


def test_of_equal_keys_without_ocid_those_beyond_the_seen_ones_are_carried_forward():
    old = [record(None, at=BEFORE, lifecycleState=state) for state in "ABC"]
    merged, counts = merge([shard(ASHBURN, record(None))], old, rules(complete=NOTHING_COMPLETE))
    assert [(item["collectedAt"], item["lifecycleState"]) for item in merged] == [
        (RUN, "RUNNING"),
        (BEFORE, "B"),
        (BEFORE, "C"),
    ]
    assert counts.carried_forward.total() == 2


def failed(identifier: str, **fields: Any) -> Record:
    """A record whose enrichment failed in this run."""
    summary = {"searchSummary": {"displayName": "web"}}
    return record(identifier, enrichStatus="ERROR", enrichError="timeout", details=summary, **fields)


def test_details_survive_a_failed_enrichment_with_their_age():
    old = record(
        ocid("a"),
        at=BEFORE,
        details={"metadata": {"shape": "small"}, "searchSummary": {"displayName": "old"}},
        relationships=[("USES", "vcn"), ("IN", "compartment-1")],
    )
    now = failed(ocid("a"), relationships=[("IN", "compartment-2")])
    (merged,), counts = merge([shard(ASHBURN, now)], [old])
    assert merged["details"] == {
        "metadata": {"shape": "small"},
        "searchSummary": {"displayName": "web"},
        "asOf": BEFORE,
    }
    assert [(item["relation_type"], item["target_ocid"]) for item in merged["relationships"]] == [
        ("IN", "compartment-2"),
        ("USES", "vcn"),
    ]
    assert (merged["collectedAt"], merged["enrichStatus"], merged["enrichError"]) == (RUN, "ERROR", "timeout")
    assert counts.details_carried_forward == 1


def test_details_that_fail_for_the_second_time_keep_their_first_age():
    old = failed(ocid("a"), at=BEFORE)
    old["details"] |= {"metadata": {"shape": "small"}, "asOf": LONG_BEFORE}
    (merged,), _ = merge([shard(ASHBURN, failed(ocid("a")))], [old])
    assert merged["details"]["asOf"] == LONG_BEFORE


@pytest.mark.parametrize(
    ("now", "old"),
    [
        (record(ocid("a"), details={}, enrichStatus="NOT_IMPLEMENTED"), record(ocid("a"), at=BEFORE)),
        (
            record(ocid("a"), enrichStatus="ERROR"),
            record(ocid("a"), at=BEFORE, details={"metadata": {"old": 1}}),
        ),
        (failed(ocid("a")), record(ocid("a"), at=BEFORE, details={"searchSummary": {}})),
        (failed(ocid("a")), record(ocid("a"), at=BEFORE, details={"metadata": None})),
    ],
    ids=["not failed", "has its own", "baseline has none", "baseline has null"],
)
def test_other_details_are_left_as_they_were_seen(now: Record, old: Record):
    merged, counts = merge([shard(ASHBURN, now)], [old])
    assert merged == [now]
    assert counts.details_carried_forward == 0


def test_every_line_is_the_canonical_line_of_its_record():
    old = [record(ocid("a"), at=BEFORE), record(ocid("c"), at=BEFORE)]
    shards = [
        shard(ASHBURN, failed(ocid("a"), displayName="é\u2028\x7f", timeCreated=None), record(ocid("b")))
    ]
    run = rules(complete=NOTHING_COMPLETE)
    merged = list(merge_records(shards, file_of(old), run, MergeCounts()))
    assert len(merged) == 3
    assert all(item.line == canonical_line(item.record) for item in merged)
    assert all(item.key == record_key(item.record) for item in merged)


def test_a_shard_of_another_run_is_refused():
    with pytest.raises(InvalidDocument, match=re.escape(f"collected at '{BEFORE}'")):
        merge([shard(ASHBURN, record(ocid("a"), at=BEFORE))])


def backwards() -> Iterator[KeyedLine]:
    return iter(list(file_of([record(ocid("a")), record(ocid("b"))]))[::-1])


def test_a_shard_out_of_order_is_refused():
    out_of_order = ShardStream(region=ASHBURN, order=(1, 1), lines=backwards())
    with pytest.raises(InvalidDocument, match="out of order"):
        list(merge_records([out_of_order], None, rules(), MergeCounts()))


def test_a_baseline_that_holds_a_resource_twice_is_refused():
    twice = file_of([record(ocid("a"), at=BEFORE), record(ocid("a"), at=BEFORE, resourceType="Other")])
    with pytest.raises(InvalidDocument, match="out of order"):
        list(merge_records([], twice, rules(complete=NOTHING_COMPLETE), MergeCounts()))


def test_the_merge_holds_one_record_a_stream_and_not_the_run():
    taken = 0

    def endless(region: str, at: str) -> Iterator[KeyedLine]:
        nonlocal taken
        for number in range(10**9):
            taken += 1
            item = record(f"{number:09d}-{region}", at=at, region=region)
            yield KeyedLine(record_key(item), item, canonical_line(item))

    shards = [ShardStream(region=r, order=(1, 1), lines=endless(r, RUN)) for r in (ASHBURN, PHOENIX)]
    merged = merge_records(
        shards, endless(FRANKFURT, BEFORE), rules(complete=NOTHING_COMPLETE), MergeCounts()
    )
    for written in range(1, 2000):
        next(merged)
        assert taken - written <= 5
