"""The diff's files: `diff.json` in the ancestor's shape, its summary, and `changes.jsonl.gz`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from inventory.model.canonical import canonical_line
from inventory.stages.diff import ADDED, CHANGED, NOT_COMPARED, REMOVED, UNCHANGED, Change, DiffCounts

_PIECE_BYTES = 1024 * 1024
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


@dataclass(slots=True)
class DiffDocument:
    """Writes `diff.json` while the diff streams: `details` at once, the lists of OCIDs at the end.

    The lists are kept as one string of OCIDs each, the only memory that grows with the inventory. Records
    without OCID are in the summary's numbers alone.
    """

    _ocids: dict[str, bytearray] = field(default_factory=lambda: {kind: bytearray() for kind in _LISTS})
    _is_first: bool = True

    def start(self) -> bytes:
        """The document's beginning."""
        return b'{"details":{'

    def add(self, change: Change) -> bytes:
        """One resource's hashes."""
        if change.ocid is None:
            return b""
        name = canonical_line(change.ocid)[:-1]
        self._ocids[change.kind] += name + b","
        hashes = {"prev_hash": change.prev_hash, "curr_hash": change.curr_hash}
        body = canonical_line({key: value for key, value in hashes.items() if value is not None})[:-1]
        separator = b"" if self._is_first else b","
        self._is_first = False
        return separator + name + b":" + body

    def finish(self, counts: DiffCounts) -> Iterator[bytes]:
        """The lists and the summary."""
        yield b"}"
        for kind in _LISTS:
            yield b"," + canonical_line(kind)[:-1] + b":["
            with memoryview(self._ocids[kind]) as ocids:
                for start in range(0, len(ocids) - 1, _PIECE_BYTES):
                    yield bytes(ocids[start : min(start + _PIECE_BYTES, len(ocids) - 1)])
            yield b"]"
        yield b',"summary":' + canonical_line(diff_summary(counts))[:-1] + b"}\n"


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
