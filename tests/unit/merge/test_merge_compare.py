"""Comparing two records: pointers, values, and what is not compared."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.stages.compare import ABSENT, FieldChange, compare_values
from inventory.stages.pointers import append, parse_patterns


def compare(
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    ignored: tuple[str, ...] = (),
    sets: tuple[str, ...] = (),
) -> list[tuple[str, Any, Any]]:
    changes = compare_values(before, after, ignored=parse_patterns(ignored), set_like=parse_patterns(sets))
    return [(change.pointer, change.before, change.after) for change in changes]


def test_changes_are_told_by_pointer_in_order():
    before = {"b": {"x": 1, "y": [1, {"z": "old"}]}, "a": "same", "c": None}
    after = {"b": {"x": 2, "y": [1, {"z": "new"}]}, "a": "same", "c": False}
    assert compare(before, after) == [("/b/x", 1, 2), ("/b/y/1/z", "old", "new"), ("/c", None, False)]


def test_an_absent_field_is_not_a_null_field():
    assert compare({}, {"a": None}) == [("/a", ABSENT, None)]
    assert compare({"a": None}, {}) == [("/a", None, ABSENT)]
    assert FieldChange(pointer="/a", before=ABSENT, after=None).to_dict() == {"pointer": "/a", "after": None}
    assert FieldChange(pointer="/a", before=1, after=ABSENT).to_dict() == {"pointer": "/a", "before": 1}


def test_slashes_and_tildes_in_keys_are_escaped():
    """The escapes of RFC 6901: `~` is `~0`, `/` is `~1`."""
    assert compare({"Oracle/Tags": {"a~b": 1, "": 1}}, {"Oracle/Tags": {"a~b": 2, "": 2}}) == [
        ("/Oracle~1Tags/", 1, 2),
        ("/Oracle~1Tags/a~0b", 1, 2),
    ]
    assert append("/a", "~1") == "/a/~01"
    assert parse_patterns(["/~01/~1/*"]) == (("~1", "/", "*"),)


def test_a_pattern_must_be_a_pointer():
    with pytest.raises(ValueError, match="must start with '/'"):
        parse_patterns(["details"])


def test_arrays_of_different_length_are_told_as_a_whole():
    assert compare({"a": [1, 2]}, {"a": [1, 2, 3]}) == [("/a", [1, 2], [1, 2, 3])]


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), (1, 1.0), ("1", 1), ([], {}), (None, {})])
def test_values_that_only_python_takes_for_equal_are_different(one: Any, other: Any):
    assert compare({"a": one}, {"a": other}) == [("/a", one, other)]
    assert compare({"a": {"b": [one]}}, {"a": {"b": [other]}}) == [("/a/b/0", one, other)]


def test_ignored_places_are_not_compared_and_others_beside_them_are():
    before = {"agents": {"x": {"seen": 1, "on": True}, "y": {"seen": 1}}, "list": [{"seen": 1}], "gone": 1}
    after = {"agents": {"x": {"seen": 2, "on": False}, "y": {"seen": 2}}, "list": [{"seen": 2}], "new": 1}
    ignored = ("/agents/*/seen", "/list/0/seen", "/gone", "/new")
    assert compare(before, after, ignored=ignored) == [("/agents/x/on", True, False)]


def test_collected_at_is_not_compared_at_any_depth():
    before = {"collectedAt": 1, "a": [{"collectedAt": 1}], "s": [{"collectedAt": 1}]}
    after = {"a": [{"collectedAt": 2}], "s": [{}]}
    assert compare(before, after, sets=("/s",)) == []


def test_arrays_without_order_are_told_as_a_whole_if_their_elements_differ():
    assert compare({"s": [1, 2, 2]}, {"s": [2, 1, 2]}, sets=("/s",)) == []
    assert compare({"s": [1, 2, 2]}, {"s": [2, 1, 1]}, sets=("/s",)) == [("/s", [1, 2, 2], [2, 1, 1])]
    assert compare({"s": [1]}, {"s": [True]}, sets=("/s",)) == [("/s", [1], [True])]


def test_arrays_without_order_inside_one_another_and_with_ignored_fields():
    before = {"s": [{"id": 1, "ports": [1, 2], "seen": 1}, {"id": 2, "ports": []}]}
    after = {"s": [{"id": 2, "ports": [], "seen": 2}, {"id": 1, "ports": [2, 1], "seen": 2}]}
    assert compare(before, after, ignored=("/s/*/seen",), sets=("/s", "/s/*/ports")) == []
    assert [change[0] for change in compare(before, after, ignored=("/s/*/seen",), sets=("/s",))] == ["/s"]


def test_a_set_that_became_something_else_is_a_change():
    assert compare({"s": [1]}, {"s": {"a": 1}}, sets=("/s",)) == [("/s", [1], {"a": 1})]


leaves = st.sampled_from([None, True, False, 0, 1, 1.0, 0.5, 2**70, "", "x", "~1"])
keys = st.sampled_from(["a", "b", "a/b", "m~n", "", "collectedAt", "0"])
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)
objects = st.dictionaries(keys, values, max_size=4)


def patched(before: dict[str, Any], changes: tuple[FieldChange, ...]) -> dict[str, Any]:
    """Apply the changes to the old value, as somebody who reads the file of changes would."""
    result: dict[str, Any] = copy.deepcopy(before)
    for change in changes:
        *path, last = [part.replace("~1", "/").replace("~0", "~") for part in change.pointer.split("/")[1:]]
        place: Any = result
        for part in path:
            place = place[int(part)] if isinstance(place, list) else place[part]
        if isinstance(place, list):
            place[int(last)] = change.after
        elif change.after is ABSENT:
            assert place.pop(last) == change.before
        else:
            assert place.get(last, ABSENT) == change.before
            place[last] = change.after
    return result


def shown(value: Any) -> str:
    def without(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: without(inner) for key, inner in item.items() if key != "collectedAt"}
        return [without(inner) for inner in item] if isinstance(item, list) else item

    return json.dumps(without(value), sort_keys=True)


@settings(deadline=None)
@given(before=objects, after=objects)
def test_the_changes_applied_to_the_old_value_give_the_new_one(before: dict[str, Any], after: dict[str, Any]):
    originals = shown([before, after])
    changes = compare_values(before, after, ignored=(), set_like=())
    assert shown(patched(before, changes)) == shown(after)
    assert bool(changes) == (shown(before) != shown(after))
    assert [change.pointer for change in changes] == sorted({change.pointer for change in changes})
    assert shown([before, after]) == originals


@settings(deadline=None)
@given(elements=st.lists(values, max_size=6), other=values, seed=st.integers(0, 99))
def test_the_order_of_a_set_is_no_change_and_another_element_is(elements: list[Any], other: Any, seed: int):
    shuffled = random.Random(seed).sample(elements, len(elements))
    assert compare({"s": elements}, {"s": shuffled}, sets=("/s",)) == []
    assert [change[0] for change in compare({"s": elements}, {"s": [*shuffled, other]}, sets=("/s",))] == [
        "/s"
    ]
