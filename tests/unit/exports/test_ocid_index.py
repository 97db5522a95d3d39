"""Which OCIDs are known: all of them, no other, and in bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from inventory.exports import ocid_index
from inventory.exports.ocid_index import OcidIndex
from inventory.roles.verifier.known_types import KnownTypes

MOST_BYTES_PER_RECORD = 16
#: An empty array, and what a table has beyond its records.
CONSTANT_BYTES = 256


def ocid(number: int) -> str:
    return f"ocid1.instance.oc1.iad.{number:060}"


@pytest.mark.parametrize("make", [lambda: OcidIndex(3000), KnownTypes], ids=["product", "verifier"])
def test_what_was_taken_is_found_with_its_type_and_nothing_else(
    make: Callable[[], OcidIndex | KnownTypes],
) -> None:
    index = make()
    for number in range(3000):
        index.add(ocid(number), f"Type{number % 500}")
    assert [index.find(ocid(number)) for number in range(3000)] == [
        (True, f"Type{number % 500}") for number in range(3000)
    ]
    assert {index.find(ocid(number)) for number in range(3000, 30000)} == {(False, None)}
    assert index.find("") == index.find("\ud800") == (False, None)


@pytest.mark.parametrize("records", [1000, 50_000])
def test_a_record_takes_at_most_16_bytes(records: int) -> None:
    index = OcidIndex(records)
    for number in range(records):
        index.add(ocid(number), "Instance")
    held = index.memory_bytes + sys.getsizeof(index._types) + sys.getsizeof(index._numbers)
    assert held <= records * MOST_BYTES_PER_RECORD + CONSTANT_BYTES
    # Nothing else is held by the index.
    assert set(vars(index)) == {"_slots", "_room", "_numbers", "_types"}


def test_an_index_is_full_at_its_capacity() -> None:
    index = OcidIndex(1)
    index.add(ocid(1), "Vcn")
    with pytest.raises(ValueError, match="full"):
        index.add(ocid(2), "Vcn")
    empty = OcidIndex(0)
    assert empty.find(ocid(1)) == (False, None)
    with pytest.raises(ValueError, match="full"):
        empty.add(ocid(1), "Vcn")


def test_types_beyond_those_that_have_a_number_are_there_without_a_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ocid_index, "_MOST_TYPES", 3)
    index = OcidIndex(5)
    for number in range(5):
        index.add(ocid(number), f"Type{number}")
    assert [index.find(ocid(number)) for number in range(5)] == [
        (True, "Type0"),
        (True, "Type1"),
        (True, "Type2"),
        (True, None),
        (True, None),
    ]
