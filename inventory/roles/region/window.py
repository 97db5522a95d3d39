"""The window: records that were discovered and wait for their details, packed in memory.

Discovery fills it, reading details empties it. Its records are kept as the lines by which they count if
nobody comes to read their details; a region may hold many, so what is beyond a bound is compressed.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator

from inventory.errors import RequestTimeout
from inventory.model.canonical import parse_json
from inventory.model.record import ERROR, Record, RecordKey, record_key
from inventory.stages.shard import Row, shard_row

#: One waiting record.
Packed = bytes
#: Waiting records, each with its OCID.
Group = list[tuple[str | None, Packed]]

_FASTEST = 1
# So many bytes of waiting records are kept as they are: some 25,000. What comes beyond is compressed to half,
# which costs as much of the processor as all else that the window does.
_PLAIN_BYTES = 32 * 1024 * 1024
_PLAIN_START = b"{"


def unpack(packed: Packed) -> Record:
    """A waiting record; its enrichment fields say that there was no time to read its details."""
    line = packed if packed[:1] == _PLAIN_START else zlib.decompress(packed)
    record: Record = parse_json(line)
    return record


class Window:
    """Waiting records by what one request covers, in the order of discovery, each with its OCID.

    `group_of` tells that of a record. `unsaved` are the rows of those that no file in the bucket holds yet.
    `count` is how many wait.
    """

    def __init__(self, group_of: Callable[[Record], Hashable]) -> None:
        self.count = 0
        self.unsaved: list[Row] = []
        self._plain_bytes = 0
        self._group_of = group_of
        self._groups: dict[Hashable, Group] = {}

    def add(self, record: Record) -> None:
        """A record that was discovered just now."""
        unread = {**record, "enrichStatus": ERROR, "enrichError": RequestTimeout.reason}
        self.unsaved.append(self._add(unread))

    def restore(self, records: Iterable[Record], done: Iterable[Record]) -> None:
        """Records that an earlier call found and saved, but those of them that are done already."""
        finished: Counter[RecordKey] = Counter(record_key(record) for record in done)
        for record in records:
            key = record_key(record)
            if finished[key]:
                finished[key] -= 1
            else:
                self._add(record)

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

    def _add(self, record: Record) -> Row:
        row = shard_row(record)
        packed = row[1]
        if self._plain_bytes + len(packed) > _PLAIN_BYTES:
            packed = zlib.compress(packed, _FASTEST)
        else:
            self._plain_bytes += len(packed)
        self._groups.setdefault(self._group_of(record), []).append((record["ocid"], packed))
        self.count += 1
        return row
