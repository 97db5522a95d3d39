"""The type of every OCID of an inventory, at some ten bytes each: what a graph's edges are held against.

Found by its own way, not by the product's: sorted parts in place of a hash table.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left

_PARTS = 4096
_TYPE_BITS = 16
_MOST_TYPES = (1 << _TYPE_BITS) - 1


class KnownTypes:
    """Takes OCIDs with their types, then answers for any OCID; the first question ends the taking.

    48 bits of a sha256, and 12 more for the part, stand for an OCID.
    """

    def __init__(self) -> None:
        self._parts = [array("Q") for _ in range(_PARTS)]
        self._is_sorted = bytearray(_PARTS)
        self._names: list[str | None] = [None]
        self._numbers: dict[str, int] = {}

    def add(self, ocid: str, resource_type: str) -> None:
        """Take an OCID."""
        number = self._numbers.get(resource_type, 0)
        if not number and len(self._names) <= _MOST_TYPES:
            number = self._numbers[resource_type] = len(self._names)
            self._names.append(resource_type)
        part, mark = _hashes(ocid)
        self._parts[part].append(mark << _TYPE_BITS | number)

    def find(self, ocid: str) -> tuple[bool, str | None]:
        """Whether the inventory has an OCID, and its type (None beyond 65,535 types)."""
        part, mark = _hashes(ocid)
        if not self._is_sorted[part]:
            self._parts[part] = array("Q", sorted(self._parts[part]))
            self._is_sorted[part] = True
        entries = self._parts[part]
        place = bisect_left(entries, mark << _TYPE_BITS)
        if place < len(entries) and entries[place] >> _TYPE_BITS == mark:
            return True, self._names[entries[place] & _MOST_TYPES]
        return False, None


def _hashes(ocid: str) -> tuple[int, int]:
    digest = hashlib.sha256(ocid.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:2]) % _PARTS, int.from_bytes(digest[2:8])
