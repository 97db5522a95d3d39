"""The diff as files: the shape that readers of the ancestor's diff know, and the changes line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from inventory.exports import diff_files
from inventory.exports.diff_files import DiffDocument, change_line, diff_summary
from inventory.model.canonical import canonical_line
from inventory.stages.compare import ABSENT, FieldChange
from inventory.stages.diff import ADDED, CHANGED, NOT_COMPARED, REMOVED, UNCHANGED, Change, DiffCounts
from tests.unit.exports.facts import BEFORE, RUN, change, changes, record


def written(told: list[Change]) -> tuple[bytes, dict[str, Any]]:
    document, counts = DiffDocument(lambda: (one.ocid for one in told)), DiffCounts()
    body = document.start()
    for one in told:
        counts.add(one)
        body += document.add(one)
    body += b"".join(document.finish(counts))
    return body, json.loads(body)


def test_a_diff_has_the_ancestors_shape() -> None:
    _, document = written(changes())
    assert document == {
        "added": ["ocid1.vcn.oc1.iad.b"],
        "removed": ["ocid1.vcn.oc1.iad.c"],
        "changed": ["ocid1.vcn.oc1.iad.d"],
        "unchanged": ["ocid1.vcn.oc1.iad.e"],
        "notCompared": ["ocid1.vcn.oc1.fra.a"],
        "details": {
            "ocid1.vcn.oc1.fra.a": {"prev_hash": "hash-before", "curr_hash": "hash-after"},
            "ocid1.vcn.oc1.iad.b": {"curr_hash": "hash-after"},
            "ocid1.vcn.oc1.iad.c": {"prev_hash": "hash-before"},
            "ocid1.vcn.oc1.iad.d": {"prev_hash": "hash-before", "curr_hash": "hash-after"},
            "ocid1.vcn.oc1.iad.e": {"prev_hash": "hash-before", "curr_hash": "hash-after"},
        },
        "summary": {
            "added": 1,
            "removed": 1,
            "changed": 1,
            "unchanged": 1,
            "notCompared": 1,
            "notComparedCurrent": 2,
            "prev_total": 4,
            "curr_total": 5,
        },
    }


def test_the_numbers_of_a_diff_add_up() -> None:
    counts = DiffCounts()
    for one in changes():
        counts.add(one)
    told = diff_summary(counts)
    assert told["prev_total"] == (told["removed"] + told["changed"] + told["unchanged"] + told["notCompared"])
    assert told["curr_total"] == (
        told["added"] + told["changed"] + told["unchanged"] + told["notComparedCurrent"]
    )


def test_an_empty_diff_is_a_diff() -> None:
    body, document = written([])
    assert document["details"] == {}
    assert [document[kind] for kind in (ADDED, REMOVED, CHANGED, UNCHANGED, NOT_COMPARED)] == [[]] * 5
    assert body.endswith(b"}\n")


def test_lists_keep_the_order_of_files_and_odd_names_their_text() -> None:
    odd = ["ocid1.a", 'ocid1."q"\\', "ocid1.ü\n"]
    _, document = written([change(ADDED, None, record(ocid)) for ocid in odd])
    assert document["added"] == odd
    assert list(document["details"]) == odd


def test_lists_that_are_too_long_to_keep_are_read_again_and_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = (ADDED, CHANGED, NOT_COMPARED, REMOVED, UNCHANGED)
    told = [
        change(kinds[number % 5], record(ocid), record(ocid))
        for number in range(200)
        for ocid in [None if number % 17 == 0 else f'ocid1."ü".{number:03}']
    ]
    whole, document = written(told)
    assert sum(len(document[kind]) for kind in kinds) == sum(one.ocid is not None for one in told)
    for kept in (0, 100, 700):
        monkeypatch.setattr(diff_files, "KEPT_LIST_BYTES", kept)
        assert written(told)[0] == whole


def test_a_list_that_is_short_enough_costs_no_second_reading() -> None:
    def never() -> Iterator[str | None]:
        raise AssertionError("read again")

    document, counts = DiffDocument(never), DiffCounts()
    pieces = [document.start(), *map(document.add, changes()), *document.finish(counts)]
    assert json.loads(b"".join(pieces))["added"] == ["ocid1.vcn.oc1.iad.b"]


def test_a_second_reading_that_has_lost_a_resource_makes_no_diff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_files, "KEPT_LIST_BYTES", 0)
    document = DiffDocument(lambda: iter(["ocid1.vcn.oc1.fra.a"]))
    for one in changes():
        document.add(one)
    with pytest.raises(ValueError, match="longer"):
        list(document.finish(DiffCounts()))


def test_a_field_that_changed_is_told_with_both_values() -> None:
    before, after = record("o", collectedAt=BEFORE), record("o")
    fields = (
        FieldChange(pointer="/details/metadata/cidrBlock", before="10.0.0.0/16", after=None),
        FieldChange(pointer="/freeformTags/new", before=ABSENT, after="x"),
        FieldChange(pointer="/freeformTags/old", before="y", after=ABSENT),
    )
    line = change_line(change(CHANGED, before, after, fields=fields), since="unused", until=RUN)
    assert line is not None
    assert json.loads(line) == {
        "kind": "changed",
        "ocid": "o",
        "resourceType": "Vcn",
        "displayName": "net",
        "region": "us-ashburn-1",
        "compartmentId": "ocid1.compartment.oc1..c",
        "since": BEFORE,
        "until": RUN,
        "fields": [
            {"pointer": "/details/metadata/cidrBlock", "before": "10.0.0.0/16", "after": None},
            {"pointer": "/freeformTags/new", "after": "x"},
            {"pointer": "/freeformTags/old", "before": "y"},
        ],
    }
    assert line == canonical_line(json.loads(line))


def test_what_came_did_so_after_the_last_run_and_what_went_after_its_last_sighting() -> None:
    came = change_line(change(ADDED, None, record("o")), since=BEFORE, until=RUN)
    assert came is not None
    assert (json.loads(came)["since"], json.loads(came)["until"]) == (BEFORE, RUN)
    long_ago = record("o", collectedAt="2026-11-01T00:00:00+00:00", displayName="as last known")
    gone = change_line(change(REMOVED, long_ago, None), since=BEFORE, until=RUN)
    assert gone is not None
    told = json.loads(gone)
    assert (told["kind"], told["since"], told["displayName"]) == (
        "removed",
        "2026-11-01T00:00:00+00:00",
        "as last known",
    )
    assert "fields" not in told


def test_what_did_not_change_has_no_line() -> None:
    for kind in (UNCHANGED, NOT_COMPARED):
        assert change_line(change(kind, record("o"), record("o")), since=BEFORE, until=RUN) is None
