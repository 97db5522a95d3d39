"""The diff, rule by rule, and against a naive one."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from merge_builders import ASHBURN, BEFORE, FRANKFURT, LONG_BEFORE, RUN, file_of, ocid, record

from inventory.errors import InvalidDocument
from inventory.model.canonical import canonical_line, stable_hash
from inventory.model.record import Record, record_key
from inventory.stages.diff import (
    NEVER_A_CHANGE,
    Change,
    DiffCounts,
    DiffRules,
    MassRemoval,
    diff_records,
)
from inventory.stages.keyed_lines import KeyedLine


def rules(
    *,
    volatile: dict[str, tuple[str, ...]] | None = None,
    set_like: dict[str, tuple[str, ...]] | None = None,
    new_scope: Iterable[str] = (),
    old_scope: Iterable[str] = (),
    search_fields_only: bool = False,
) -> DiffRules:
    """Rules of a run at RUN; compartments in `new_scope` only it covers, in `old_scope` only the last one."""
    only_now, only_before = set(new_scope), set(old_scope)
    return DiffRules(
        collected_at=RUN,
        volatile=lambda name: (volatile or {}).get(name, ()),
        set_like=lambda name: (set_like or {}).get(name, ()),
        in_scope_before=lambda item: item["compartmentId"] not in only_now,
        in_scope_now=lambda item: item["compartmentId"] not in only_before,
        search_fields_only=search_fields_only,
    )


def diff(
    before: Iterable[Record], after: Iterable[Record], run: DiffRules | None = None
) -> tuple[list[Change], DiffCounts]:
    counts = DiffCounts()
    changes = []
    pairs = diff_records(file_of(before, unique=True), file_of(after, unique=True), run or rules())
    for change in pairs:
        counts.add(change)
        changes.append(change)
    return changes, counts


def change_of(old: Record, new: Record, run: DiffRules | None = None) -> Change:
    ((change,), _) = diff([old], [new], run)
    return change


def pointers(change: Change) -> list[str]:
    return [field.pointer for field in change.fields]


def old_and_new(old: dict[str, Any], new: dict[str, Any]) -> tuple[Record, Record]:
    """One resource in both runs, with the given fields."""
    return record(ocid("a"), at=BEFORE, **old), record(ocid("a"), **new)


def test_added_removed_changed_and_unchanged_resources_in_the_order_of_files():
    before = [record(ocid(name), at=BEFORE) for name in "abc"]
    after = [record(ocid("a")), record(ocid("b"), displayName="db"), record(ocid("d"))]
    changes, counts = diff(before, after)
    assert [(change.ocid, change.kind) for change in changes] == [
        (ocid("a"), "unchanged"),
        (ocid("b"), "changed"),
        (ocid("c"), "removed"),
        (ocid("d"), "added"),
    ]
    assert (counts.added, counts.removed, counts.changed, counts.unchanged) == (1, 1, 1, 1)
    assert (counts.prev_total, counts.curr_total) == (3, 3)


def test_a_change_carries_both_records_and_their_contract_hashes():
    old, new = old_and_new({"displayName": "web"}, {"displayName": "db"})
    change = change_of(old, new)
    assert (change.before, change.after, change.record) == (old, new, new)
    assert (change.prev_hash, change.curr_hash) == (stable_hash(old), stable_hash(new))
    assert [field.to_dict() for field in change.fields] == [
        {"pointer": "/displayName", "before": "web", "after": "db"}
    ]


def test_added_and_removed_records_have_one_hash():
    old, new = record(ocid("a"), at=BEFORE), record(ocid("b"))
    (removed, added), _ = diff([old], [new])
    assert (removed.prev_hash, removed.curr_hash, removed.record) == (stable_hash(old), None, old)
    assert (added.prev_hash, added.curr_hash, added.record) == (None, stable_hash(new), new)


def test_a_carried_forward_record_is_not_compared_and_its_change_is_told_when_it_is_next_seen():
    seen = record(ocid("a"), at=LONG_BEFORE)
    change = change_of(seen, seen)
    assert change.kind == "notCompared"
    _, counts = diff([seen], [seen])
    assert (counts.not_compared, counts.not_compared_current) == (1, 1)
    assert pointers(change_of(seen, record(ocid("a"), displayName="db"))) == ["/displayName"]


def test_what_the_last_run_did_not_cover_is_not_added():
    (change,), counts = diff([], [record(ocid("a"), compartmentId="new")], rules(new_scope=["new"]))
    assert change.kind == "notCompared"
    assert (counts.not_compared, counts.not_compared_current, counts.added) == (0, 1, 0)


def test_what_this_run_does_not_cover_is_not_removed():
    (change,), counts = diff([record(ocid("a"), compartmentId="old")], [], rules(old_scope=["old"]))
    assert change.kind == "notCompared"
    assert (counts.not_compared, counts.not_compared_current, counts.removed) == (1, 0, 0)


@pytest.mark.parametrize("pointer", ["/enrichError", *NEVER_A_CHANGE])
def test_what_says_how_the_run_went_is_no_change_but_counts_in_the_hash(pointer: str):
    def with_value(value: str, at: str) -> Record:
        item = record(ocid("a"), at=at, details={"searchSummary": {}, "metadata": {}})
        *path, last = pointer.split("/")[1:]
        place: Any = item
        for part in path:
            place = place[part]
        place[last] = value
        return item

    change = change_of(with_value("one", BEFORE), with_value("other", RUN))
    assert change.kind == "unchanged"
    assert change.prev_hash != change.curr_hash


def test_only_the_time_of_collection_differs():
    change = change_of(*old_and_new({}, {}))
    assert change.kind == "unchanged"
    assert change.prev_hash == change.curr_hash


def test_volatile_fields_and_sets_are_those_of_the_type():
    old, new = old_and_new(
        {"details": {"metadata": {"load": 1, "ids": ["x", "y"]}}},
        {"details": {"metadata": {"load": 2, "ids": ["y", "x"]}}},
    )
    quiet = rules(
        volatile={"Instance": ("/details/metadata/load",)}, set_like={"Instance": ("/details/metadata/ids",)}
    )
    assert change_of(old, new, quiet).kind == "unchanged"
    assert pointers(change_of(old, new)) == [
        "/details/metadata/ids/0",
        "/details/metadata/ids/1",
        "/details/metadata/load",
    ]


def test_relationships_have_no_order():
    old, new = old_and_new(
        {"relationships": [("A", "x"), ("B", "y")]}, {"relationships": [("B", "y"), ("A", "x")]}
    )
    assert change_of(old, new).kind == "unchanged"
    old, new = old_and_new({"relationships": [("A", "x")]}, {"relationships": [("A", "z")]})
    assert pointers(change_of(old, new)) == ["/relationships"]


@pytest.mark.parametrize("details", [{}, {"metadata": None}, {"searchSummary": {}}])
@pytest.mark.parametrize("turn", [1, -1])
def test_details_that_one_run_could_not_see_are_no_change(details: dict[str, Any], turn: int):
    seen = {"details": {**details, "metadata": {"shape": "small"}}, "relationships": [("USES", "vcn")]}
    unseen = {"details": details, "enrichStatus": "ERROR", "enrichError": "timeout"}
    assert change_of(*old_and_new(*(seen, unseen)[::turn])).kind == "unchanged"
    assert pointers(change_of(*old_and_new(*(seen, {**unseen, "displayName": "db"})[::turn]))) == [
        "/displayName"
    ]


def test_with_other_settings_only_the_search_fields_are_compared():
    old, new = old_and_new(
        {"details": {"metadata": {"shape": "small"}}, "lifecycleState": "RUNNING"},
        {"details": {"metadata": {"shape": "[redacted]"}}, "lifecycleState": "STOPPED", "extra": 1},
    )
    assert pointers(change_of(old, new, rules(search_fields_only=True))) == ["/lifecycleState"]
    assert pointers(change_of(old, new)) == ["/details/metadata/shape", "/extra", "/lifecycleState"]


def test_another_type_or_region_for_the_same_ocid_is_a_change_and_not_a_new_resource():
    old, new = old_and_new({"resourceType": "Old"}, {"resourceType": "New", "region": FRANKFURT})
    assert pointers(change_of(old, new)) == ["/region", "/resourceType"]


def test_records_without_ocid_are_paired_by_their_place_among_equal_ones():
    before = [record(None, at=BEFORE, lifecycleState=state) for state in ("A", "B", "C")]
    after = [record(None, lifecycleState=state) for state in ("A", "X")]
    changes, counts = diff(before, after)
    assert [(change.ocid, change.kind) for change in changes] == [
        (None, "unchanged"),
        (None, "changed"),
        (None, "removed"),
    ]
    assert counts.prev_total == 3


def losses(before: int, removed: int, region: str = ASHBURN) -> tuple[list[Record], list[Record]]:
    items = [record(ocid(f"{region}{number:03d}"), at=BEFORE, region=region) for number in range(before)]
    return items, [item | {"collectedAt": RUN} for item in items[removed:]]


@pytest.mark.parametrize(
    ("before", "removed", "is_flagged"), [(10, 10, True), (9, 9, False), (21, 11, True), (22, 11, False)]
)
def test_a_type_that_loses_most_of_its_records_in_a_region_is_flagged(
    before: int, removed: int, is_flagged: bool
):
    elsewhere = losses(100, 1, FRANKFURT)
    here = losses(before, removed)
    _, counts = diff(elsewhere[0] + here[0], elsewhere[1] + here[1])
    flag = MassRemoval(resource_type="Instance", region=ASHBURN, before=before, removed=removed)
    assert counts.mass_removals() == ([flag] if is_flagged else [])


def test_records_out_of_scope_do_not_hide_a_mass_removal():
    covered, left = losses(20, 15)
    uncovered = [record(ocid(f"x{number}"), at=BEFORE, compartmentId="old") for number in range(50)]
    _, counts = diff(covered + uncovered, left, rules(old_scope=["old"]))
    assert [flag.removed for flag in counts.mass_removals()] == [15]


def test_an_inventory_out_of_order_is_refused():
    backwards = list(file_of([record(ocid("a")), record(ocid("b"))]))[::-1]
    with pytest.raises(InvalidDocument, match="out of order"):
        list(diff_records(iter(backwards), iter(()), rules()))


def test_the_diff_holds_one_record_a_side():
    taken = 0

    def endless(at: str) -> Iterator[KeyedLine]:
        nonlocal taken
        for number in range(10**9):
            taken += 1
            item = record(f"{number:09d}", at=at)
            yield KeyedLine(record_key(item), item, canonical_line(item))

    changes = diff_records(endless(BEFORE), endless(RUN), rules())
    for number in range(1, 1000):
        next(changes)
        assert taken <= 2 * number + 2


# A naive diff: everything in memory, records cut down to what counts and compared as JSON text.

VOLATILE = {"Instance": ("/details/metadata/load",)}
SETS = {"Instance": ("/details/metadata/ids",)}


@st.composite
def inventories(draw: st.DrawFn, ats: list[str]) -> list[Record]:
    items: dict[str, Record] = {}
    rest = []
    for identifier in draw(st.lists(st.sampled_from([None, "a", "b", "c", "d", "e"]), max_size=7)):
        metadata = st.fixed_dictionaries(
            {}, optional={"load": st.integers(0, 1), "ids": st.permutations("xy"), "n": st.integers(0, 1)}
        )
        item = record(
            identifier,
            at=draw(st.sampled_from(ats)),
            details=draw(
                st.fixed_dictionaries({}, optional={"metadata": metadata, "asOf": st.text(max_size=1)})
            ),
            relationships=draw(st.sampled_from([[], [("USES", "x")], [("IN", "y"), ("USES", "x")]])),
            displayName=draw(st.sampled_from("pq")),
            compartmentId=draw(st.sampled_from(["both", "both", "only now", "only before"])),
            resourceType=draw(st.sampled_from(["Instance", "Vcn"])),
            enrichStatus=draw(st.sampled_from(["OK", "ERROR"])),
        )
        if identifier is None:
            rest.append(item)
        else:
            items[identifier] = item
    return [*rest, *items.values()]


def identified(items: list[Record]) -> dict[Any, Record]:
    ordinals: dict[Any, int] = defaultdict(int)
    result = {}
    for item in sorted(items, key=lambda item: (record_key(item), canonical_line(item))):
        name = item["ocid"] or record_key(item)
        result[name, ordinals[name]] = item
        ordinals[name] += 1
    return result


def what_counts(item: Record, other: Record, resource_type: str, *, search_fields_only: bool) -> str:
    item = copy.deepcopy(item)
    metadata = item["details"].get("metadata")
    if search_fields_only:
        item = {name: item[name] for name in list(item)[:9]}
    else:
        del item["collectedAt"], item["enrichStatus"], item["enrichError"]
        item["details"].pop("asOf", None)
        if metadata is None or "metadata" not in other["details"]:
            item["details"].pop("metadata", None)
            del item["relationships"]
        elif resource_type == "Instance":
            metadata.pop("load", None)
            if "ids" in metadata:
                metadata["ids"].sort()
    return json.dumps(item, sort_keys=True)


def naive_kind(before: Record | None, after: Record | None, *, search_fields_only: bool) -> str:
    if after is None:
        assert before is not None
        return "notCompared" if before["compartmentId"] == "only before" else "removed"
    if after["collectedAt"] != RUN:
        return "notCompared"
    if before is None:
        return "notCompared" if after["compartmentId"] == "only now" else "added"
    pair = [
        what_counts(item, other, after["resourceType"], search_fields_only=search_fields_only)
        for item, other in ((before, after), (after, before))
    ]
    return "unchanged" if pair[0] == pair[1] else "changed"


@settings(max_examples=250, deadline=None)
@given(
    before=inventories([BEFORE, LONG_BEFORE]),
    after=inventories([RUN, RUN, BEFORE]),
    search_only=st.booleans(),
)
def test_the_stream_says_what_the_rules_say_in_memory(
    before: list[Record], after: list[Record], search_only: bool
):
    run = rules(
        volatile=VOLATILE,
        set_like=SETS,
        new_scope=["only now"],
        old_scope=["only before"],
        search_fields_only=search_only,
    )
    changes, counts = diff(before, after, run)
    lefts, rights = identified(before), identified(after)
    expected = {
        name: naive_kind(lefts.get(name), rights.get(name), search_fields_only=search_only)
        for name in lefts.keys() | rights.keys()
    }
    found = [(change.before, change.after, change.kind) for change in changes]
    assert len(found) == len(expected)
    for name, kind in expected.items():
        assert (lefts.get(name), rights.get(name), kind) in found
    assert all(bool(change.fields) == (change.kind == "changed") for change in changes)
    assert [change.key for change in changes] == sorted(change.key for change in changes)
    assert counts.prev_total == len(before)
    assert counts.prev_total == counts.removed + counts.changed + counts.unchanged + counts.not_compared
    assert counts.curr_total == len(after)
    assert counts.curr_total == counts.added + counts.changed + counts.unchanged + counts.not_compared_current
