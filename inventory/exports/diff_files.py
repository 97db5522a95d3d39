"""The diff's files: `diff.json` in the ancestor's shape, its summary, and `changes.jsonl.gz`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from inventory.model.canonical import canonical_line
from inventory.stages.diff import ADDED, CHANGED, NOT_COMPARED, REMOVED, UNCHANGED, Change, DiffCounts

#: How much of each list of OCIDs is kept: some 20,000 resources, more than most runs add, change or remove.
KEPT_LIST_BYTES = 2 * 1024 * 1024
_LISTS = (ADDED, CHANGED, NOT_COMPARED, REMOVED, UNCHANGED)


def diff_summary(counts: DiffCounts) -> dict[str, int]:
    """The numbers of a diff; `notCompared` is the baseline's side, so that `prev_total` adds up."""
    return {
        "added": counts.added,
        "removed": counts.removed,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "notCompared": counts.not_compared,
        "notComparedCurrent": counts.not_compared_current,
        "prev_total": counts.prev_total,
        "curr_total": counts.curr_total,
    }


class DiffDocument:
    """Writes `diff.json` while the diff streams: `details` at once, the lists of OCIDs at the end.

    The lists come behind all details and would not fit into memory: a list that grows past `KEPT_LIST_BYTES`
    is dropped, and made at the end from a second reading. What is left is one byte a resource, its kind.
    `ocids_again` begins that reading: the OCIDs of the same resources in the same order, None where there is
    none. Records without OCID are in the summary's numbers alone.
    """

    __slots__ = ("_is_first", "_kept", "_kinds", "_ocids_again")

    def __init__(self, ocids_again: Callable[[], Iterator[str | None]]) -> None:
        self._ocids_again = ocids_again
        self._kinds = bytearray()
        self._kept = {number: bytearray() for number in range(len(_LISTS))}
        self._is_first = True

    def start(self) -> bytes:
        """The document's beginning."""
        return b'{"details":{'

    def add(self, change: Change) -> bytes:
        """One resource's hashes."""
        number = _LISTS.index(change.kind)
        self._kinds.append(number)
        if change.ocid is None:
            return b""
        name = canonical_line(change.ocid)[:-1]
        self._keep(number, name)
        hashes = {"prev_hash": change.prev_hash, "curr_hash": change.curr_hash}
        body = canonical_line({key: value for key, value in hashes.items() if value is not None})[:-1]
        separator = b"" if self._is_first else b","
        self._is_first = False
        return separator + name + b":" + body

    def finish(self, counts: DiffCounts) -> Iterator[bytes]:
        """The lists and the summary.

        Raises ValueError where the second reading has not as many resources, and what it raises.
        """
        yield b"}"
        for number, kind in enumerate(_LISTS):
            yield b"," + canonical_line(kind)[:-1] + b":["
            yield from self._list(number)
            yield b"]"
        yield b',"summary":' + canonical_line(diff_summary(counts))[:-1] + b"}\n"

    def _keep(self, number: int, name: bytes) -> None:
        kept = self._kept.get(number)
        if kept is None:
            return
        kept += name + b","
        if len(kept) > KEPT_LIST_BYTES:
            del self._kept[number]

    def _list(self, number: int) -> Iterator[bytes]:
        kept = self._kept.get(number)
        if kept is not None:
            yield bytes(kept[:-1])
            return
        separator = b""
        for ocid, found in zip(self._ocids_again(), self._kinds, strict=True):
            if found == number and ocid is not None:
                yield separator + canonical_line(ocid)[:-1]
                separator = b","


def change_line(change: Change, *, since: str | None, until: str) -> bytes | None:
    """A line of `changes.jsonl.gz`, or None for what did not change.

    `since` and `until` are the `collectedAt` of the two sightings between which it happened.
    """
    if change.kind not in (ADDED, REMOVED, CHANGED):
        return None
    record = change.record
    before = change.before or {}
    line: dict[str, Any] = {
        "kind": change.kind,
        "ocid": change.ocid,
        "resourceType": record["resourceType"],
        "displayName": record["displayName"],
        "region": record["region"],
        "compartmentId": record["compartmentId"],
        "since": before.get("collectedAt", since),
        "until": until,
    }
    if change.kind == CHANGED:
        line["fields"] = [field_change.to_dict() for field_change in change.fields]
    return canonical_line(line)
