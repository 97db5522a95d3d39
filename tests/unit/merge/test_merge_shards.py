"""Shards and the checked reading of files of records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merge_builders import FRANKFURT, ocid, record, shard_of

from inventory.errors import InvalidDocument
from inventory.model.canonical import canonical_line, sha256_hex
from inventory.model.record import RECORD_FIELDS, Record, record_key
from inventory.stages.gzip_members import gzip_chunks
from inventory.stages.keyed_lines import read_lines


def body_of(*lines: bytes) -> bytes:
    return b"".join(gzip_chunks(lines))


def records_in(body: bytes, **listing: Any) -> list[Record]:
    return [line.record for line in read_lines([body], source="runs/x", **listing)]


def test_a_shard_is_sorted_and_its_listing_is_true():
    shard = shard_of([record(ocid("b")), record(None), record(ocid("a"))])
    assert [item["ocid"] for item in records_in(shard.body)] == [None, ocid("a"), ocid("b")]
    assert (shard.count, shard.sha256) == (3, sha256_hex(shard.body))
    assert shard.first_key == record_key(record(None))
    assert shard.last_key == (ocid("b"), "Instance")


def test_a_shard_without_records_can_be_read():
    shard = shard_of([])
    assert (shard.count, shard.first_key, shard.last_key) == (0, (), ())
    assert records_in(shard.body, count=0, first=[], last=[], sha256=shard.sha256) == []


def test_a_resource_seen_twice_in_one_slice_keeps_the_order_of_its_sightings():
    shard = shard_of([record(ocid("a"), displayName="z"), record(ocid("a"), displayName="b")])
    assert [item["displayName"] for item in records_in(shard.body)] == ["z", "b"]


def test_records_without_ocid_are_numbered_the_same_whatever_order_the_service_gave():
    twins = [record(None, lifecycleState=state) for state in ("B", "C", "A")]
    assert shard_of(twins).body == shard_of(reversed(twins)).body


def test_a_lone_surrogate_in_a_name_does_not_break_the_order():
    """U+D800 sorts before U+E000, what is written for it (U+FFFD) sorts after."""
    records = [record(None, displayName="\ud800"), record(None, displayName="\ue000")]
    shard = shard_of(records)
    names = [item["displayName"] for item in records_in(shard.body, last=shard.last_key)]
    assert names == ["\ue000", "\ufffd"]


def test_what_the_aggregator_would_refuse_is_not_written():
    with pytest.raises(ValueError, match="fields missing: details"):
        shard_of([{name: value for name, value in record("x").items() if name != "details"}])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("TU"), st.text(max_size=3)), max_size=12))
def test_whatever_was_put_in_comes_out_sorted(rows: list[tuple[str, str, str]]):
    records = [record(name, resourceType=kind, displayName=text) for name, kind, text in rows]
    shard = shard_of(iter(records))
    found = records_in(
        shard.body, count=len(rows), first=shard.first_key, last=list(shard.last_key), sha256=shard.sha256
    )
    assert found == sorted(records, key=record_key)


def test_lines_that_are_not_canonical_are_read():
    line = b' {"extra": 1, ' + canonical_line(record("x"))[1:]
    (read,) = read_lines([body_of(line)], source="s")
    assert (read.line, read.record["extra"]) == (line, 1)


def without(name: str) -> Record:
    return {key: value for key, value in record("x").items() if key != name}


@pytest.mark.parametrize("name", RECORD_FIELDS)
def test_a_record_without_a_required_field_is_refused(name: str):
    with pytest.raises(InvalidDocument, match=f"runs/x: line 1: fields missing: {name}"):
        records_in(body_of(canonical_line(without(name))))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([b"{\n"], "line 1: not JSON"),
        ([b"\n"], "line 1: not JSON"),
        ([b'"\xff"\n'], "line 1: not JSON"),
        ([b"[" * 100_000 + b"]" * 100_000 + b"\n"], "line 1: not JSON"),
        ([canonical_line(record("x")), b"[]\n"], "line 2: not a JSON object"),
        ([canonical_line(record("x", region=None))], "line 1: field 'region' is of type NoneType"),
        ([canonical_line(record("x", ocid=7))], "line 1: field 'ocid' is of type int"),
        ([canonical_line(record("x") | {"details": None})], "line 1: field 'details'"),
        ([canonical_line(record("x") | {"relationships": [{}]})], "line 1: field 'relationships'"),
        ([canonical_line(record("x") | {"relationships": ["y"]})], "line 1: field 'relationships'"),
        ([canonical_line(record("b")), canonical_line(record("a"))], "line 2: .*'a'.* must not follow .*'b'"),
    ],
)
def test_a_line_that_is_no_record_in_its_place_is_refused(lines: list[bytes], message: str):
    with pytest.raises(InvalidDocument, match=f"runs/x: {message}"):
        records_in(body_of(*lines))


SHARD = shard_of([record("a"), record("b")])


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        ({"count": 3}, "number of records is 2, its listing says 3"),
        ({"first": ["b", "Instance"]}, "first key is"),
        ({"last": ["a", "Instance"]}, "last key is"),
        ({"first": []}, "first key is"),
        ({"sha256": "0" * 64}, "sha256 is"),
    ],
)
def test_a_shard_that_is_not_what_its_listing_says_is_refused(listing: dict[str, Any], message: str):
    with pytest.raises(InvalidDocument, match=f"runs/x: {message}"):
        records_in(SHARD.body, **listing)


def test_an_empty_file_in_place_of_a_listed_one_is_refused():
    with pytest.raises(InvalidDocument, match="first key is"):
        records_in(shard_of([]).body, first=SHARD.first_key)


def test_a_file_cut_between_two_members_is_refused():
    """Each member is whole, so gzip has nothing to say; the listing has."""
    whole = SHARD.body + body_of(canonical_line(record("c")))
    assert len(records_in(whole, count=3, sha256=sha256_hex(whole))) == 3
    with pytest.raises(InvalidDocument, match="sha256 is"):
        records_in(SHARD.body, count=3, sha256=sha256_hex(whole))


@pytest.mark.parametrize("position", range(0, len(SHARD.body), 7))
def test_no_flipped_byte_passes_the_checksum(position: int):
    damaged = bytearray(SHARD.body)
    damaged[position] ^= 0x20
    with pytest.raises(InvalidDocument):
        records_in(bytes(damaged), sha256=SHARD.sha256)


def records_of_inventory(records: Iterable[Record]) -> list[Record]:
    return records_in(shard_of(records).body, unique=True)


def test_an_inventory_holds_a_resource_once_whatever_its_type():
    assert len(records_in(shard_of([record("a"), record("a")]).body)) == 2
    for twin in (record("a"), record("a", resourceType="Other")):
        with pytest.raises(InvalidDocument, match=r"line 2: .* must not follow"):
            records_of_inventory([record("a"), twin])


def test_an_inventory_may_hold_equal_keys_without_ocid():
    records = [record(None), record(None), record(None, region=FRANKFURT)]
    assert len(records_of_inventory(records)) == 3
