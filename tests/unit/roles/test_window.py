"""Records that wait for their details, in memory."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.model.canonical import canonical_line, parse_json
from inventory.model.record import Record, record_key
from inventory.roles.region import window as module
from inventory.roles.region.window import Window, unpack
from inventory.stages.normalize import normalize_item
from tests.fakes.installation import CATALOG, HOME, item


def record(name: str, **fields: Any) -> Record:
    return normalize_item(
        item(HOME, name, **fields),
        region=HOME,
        home_region=HOME,
        collected_at="2026-11-23T04:00:00+00:00",
        catalog=CATALOG,
    )


def unread(one: Record) -> Record:
    """A record as it waits: as it counts if nobody comes to read its details."""
    return {**one, "enrichStatus": "ERROR", "enrichError": "timeout"}


def window() -> Window:
    return Window(lambda one: one["resourceType"])


def names(one: Window) -> list[list[str]]:
    """The names of what waits, group by group."""
    return [[unpack(packed)["displayName"] for _, packed in group] for group in one.take()]


def test_records_wait_by_what_one_request_covers_in_the_order_of_discovery() -> None:
    here = window()
    for name, kind in (("b", "Vcn"), ("x", "Subnet"), ("a", "Vcn")):
        here.add(record(name, resourceType=kind))
    assert here.count == 3
    assert names(here) == [["b", "a"], ["x"]]
    assert here.count == 3, "until the taker says otherwise"
    assert names(here) == []


def test_each_record_waits_with_its_ocid() -> None:
    here = window()
    here.add(record("a"))
    here.add(record("b", identifier=None))
    ((first, second),) = here.take()
    assert [first[0], second[0]] == [item(HOME, "a")["identifier"], None]


@pytest.mark.parametrize("plain_bytes", [0, 1000, 10**6])
def test_what_waits_comes_out_as_it_went_in(plain_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PLAIN_BYTES", plain_bytes)
    here = window()
    given_records = [record(f"{number}", freeformTags={"ü": "x" * number}) for number in range(50)]
    for one in given_records:
        here.add(one)
    (group,) = here.take()
    waiting_records = [unread(one) for one in given_records]
    assert [unpack(packed) for _, packed in group] == waiting_records
    assert [parse_json(line) for _, line in here.unsaved] == waiting_records
    assert [key for key, _ in here.unsaved] == [record_key(one) for one in given_records]
    is_plain = [packed.startswith(b"{") for _, packed in group]
    assert is_plain == sorted(is_plain, reverse=True), "the first ones are kept as they are"
    assert all(is_plain) is (plain_bytes == 10**6)
    assert any(is_plain) is (plain_bytes > 0)


@given(st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3), st.integers(0, 1))
def test_a_record_with_any_texts_survives_waiting(tags: dict[str, str], is_packed: int) -> None:
    here = window()
    here._plain_bytes = is_packed * 10**9
    one = record("a", freeformTags=tags)
    here.add(one)
    ((waiting,),) = here.take()
    assert canonical_line(unpack(waiting[1])) == canonical_line(unread(one))


def test_what_is_restored_waits_again_and_is_saved_already() -> None:
    here = window()
    lost = unread(record("a"))
    here.restore([lost], [])
    assert (here.count, here.unsaved) == (1, [])
    ((waiting,),) = here.take()
    assert unpack(waiting[1]) == lost


def test_what_is_done_does_not_wait_again_once_for_every_time_that_it_is() -> None:
    here = window()
    nameless = record("n", identifier=None)
    here.restore(
        [record("a"), record("b"), record("b"), nameless, nameless, nameless],
        [record("b"), {**nameless, "enrichStatus": "ERROR"}, record("of another window")],
    )
    assert names(here) == [["a", "b", "n", "n"]]


def test_a_cleared_window_is_as_a_new_one() -> None:
    here = window()
    here.add(record("a"))
    here.clear()
    assert (here.count, here.unsaved, names(here)) == (0, [], [])
