"""Which OCIDs an inventory has, and of which type each is, in at most 16 bytes of memory per record.

A hash table with open addressing in one array. An entry has 64 bits: 48 of a hash of the OCID, and 16 that
number its type; the hash's other bits choose the entry's place. Among a million records a foreign OCID is
taken for one of them about once in 10^14 times.
"""

from __future__ import annotations

import sys
from array import array
from hashlib import blake2b

#: Slots per OCID: with a third of them empty, most OCIDs lie where they are looked for first.
_SLOTS_NUMERATOR, _SLOTS_DENOMINATOR = 3, 2
_TYPE_BITS = 16
_MOST_TYPES = (1 << _TYPE_BITS) - 1
_UNKNOWN = 0


class OcidIndex:
    """Takes up to `capacity` OCIDs, each once, and answers for any OCID afterwards."""

    def __init__(self, capacity: int) -> None:
        size = capacity * _SLOTS_NUMERATOR // _SLOTS_DENOMINATOR + 1
        self._slots = array("Q", bytes(8)) * size
        self._room = capacity
        self._numbers: dict[str, int] = {}
        self._types: list[str | None] = [None]

    @property
    def memory_bytes(self) -> int:
        """What the table takes; the names of types come on top, and do not grow with the inventory."""
        return sys.getsizeof(self._slots)

    def add(self, ocid: str, resource_type: str) -> None:
        """Take an OCID. Raises ValueError beyond the capacity."""
        if self._room == 0:
            raise ValueError("the index is full")
        self._room -= 1
        place, mark = self._hashes(ocid)
        slots, size = self._slots, len(self._slots)
        while slots[place]:
            place = place + 1 if place + 1 < size else 0
        slots[place] = mark << _TYPE_BITS | self._number(resource_type)

    def find(self, ocid: str) -> tuple[bool, str | None]:
        """Whether the OCID is there, and its type (None beyond 65,535 types)."""
        place, mark = self._hashes(ocid)
        slots, size = self._slots, len(self._slots)
        while entry := slots[place]:
            if entry >> _TYPE_BITS == mark:
                return True, self._types[entry & _MOST_TYPES]
            place = place + 1 if place + 1 < size else 0
        return False, None

    def _hashes(self, ocid: str) -> tuple[int, int]:
        digest = blake2b(ocid.encode("utf-8", "surrogatepass"), digest_size=14).digest()
        # An entry of all zeros would be an empty place.
        return int.from_bytes(digest[:8]) % len(self._slots), int.from_bytes(digest[8:]) or 1

    def _number(self, resource_type: str) -> int:
        number = self._numbers.get(resource_type)
        if number is None:
            if len(self._types) > _MOST_TYPES:
                return _UNKNOWN
            number = self._numbers[resource_type] = len(self._types)
            self._types.append(resource_type)
        return number
