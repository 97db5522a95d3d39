"""The window: records that were discovered and wait for their details, packed in memory.

Discovery fills it, reading details empties it. Its records are kept as lines, most of them compressed, for a
region may hold many.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator

from inventory.model.canonical import canonical_line, parse_json
from inventory.model.record import PENDING, Record, RecordKey, record_key

#: One waiting record.
Packed = bytes
#: Waiting records, each with its OCID.
Group = list[tuple[str | None, Packed]]

_FASTEST = 1
#: So many bytes of waiting records are kept as they are; what comes beyond is compressed, to a quarter.
_PLAIN_BYTES = 4 * 1024 * 1024
_PLAIN_START = b"{"


def unpack(packed: Packed) -> Record:
    """A waiting record."""
    line = packed if packed[:1] == _PLAIN_START else zlib.decompress(packed)
    record: Record = parse_json(line)
    return record


class Window:
    """Waiting records by what one request covers, in the order of discovery, each with its OCID.

    `group_of` tells that of a record. `unsaved` are those that no file in the bucket holds yet. `count` is
    how many wait.
    """

    def __init__(self, group_of: Callable[[Record], Hashable]) -> None:
        self.count = 0
        self.unsaved: list[Packed] = []
        self._plain_bytes = 0
        self._group_of = group_of
        self._groups: dict[Hashable, Group] = {}

    def add(self, record: Record) -> None:
        """A record that was discovered just now."""
        self.unsaved.append(self._add(record))

    def restore(self, records: Iterable[Record], done: Iterable[Record]) -> None:
        """Records that an earlier call found and saved, but those of them that are done already."""
        finished: Counter[RecordKey] = Counter(record_key(record) for record in done)
        for record in records:
            key = record_key(record)
            if finished[key]:
                finished[key] -= 1
            else:
                self._add({**record, "enrichStatus": PENDING, "enrichError": None})

    def take(self) -> Iterator[Group]:
        """All waiting records, group by group; `count` stays what it is until the taker says otherwise."""
        self._plain_bytes = 0
        while self._groups:
            yield self._groups.pop(next(iter(self._groups)))

    def clear(self) -> None:
        """Forget everything."""
        self.count = 0
        self.unsaved = []
        self._plain_bytes = 0
        self._groups.clear()

    def _add(self, record: Record) -> Packed:
        packed = canonical_line(record)
        if self._plain_bytes + len(packed) > _PLAIN_BYTES:
            packed = zlib.compress(packed, _FASTEST)
        else:
            self._plain_bytes += len(packed)
        self._groups.setdefault(self._group_of(record), []).append((record["ocid"], packed))
        self.count += 1
        return packed
