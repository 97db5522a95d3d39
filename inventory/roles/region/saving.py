"""Committing a slice: what is done as a shard, what waits as a found file, and the cursor behind both.

Every commit is one write of the checkpoint; whoever takes over goes on exactly behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from inventory.coordination.call import Call
from inventory.coordination.documents import read_object
from inventory.coordination.writes import create_once
from inventory.errors import InvalidDocument
from inventory.model.checkpoint import COMPLETE, OPEN, CallTally, Cursor, ShardRef, Slice
from inventory.model.record import OUT_OF_SCOPE, Record
from inventory.roles.region.claim import Ledger
from inventory.roles.region.tallying import TallyBook
from inventory.roles.region.window import Window
from inventory.stages.keyed_lines import read_lines
from inventory.stages.shard import Row, build_shard


class SliceLog:
    """The commits of one slice by its owner. After LostOwnership nothing more may be written."""

    def __init__(self, call: Call, ledger: Ledger, index: int, book: TallyBook) -> None:
        self._call = call
        self._ledger = ledger
        self._index = index
        self._book = book

    @property
    def present(self) -> Slice:
        """The slice as last committed."""
        return self._ledger.checkpoint.slices[self._index]

    def restore(self, window: Window) -> None:
        """Fill the window with what was found before this call and is not done.

        Raises InvalidDocument where a committed file is not what the checkpoint says.
        """
        present = self.present
        if not present.found:
            return
        done = (
            record
            for record in self._records(present.shards[present.found_behind :])
            if record["enrichStatus"] != OUT_OF_SCOPE
        )
        window.restore(self._records(present.found), done)

    def commit(self, cursor: Cursor | None, waiting: list[Row], window: Window, calls: CallTally) -> None:
        """Write the finished records as a shard and what the window holds unsaved as a found file.

        Then commit both with the cursor; None, with an empty window, completes the slice.
        """
        present = self.present
        shards, found, behind = present.shards, present.found, present.found_behind
        if window.count == 0:
            found, behind = (), 0
        elif window.unsaved:
            if not found:
                behind = len(shards)
            found = (*found, self._write(window.unsaved, is_found=True))
        if waiting:
            shards = (*shards, self._write(waiting, is_found=False))
        changed = replace(
            present,
            shards=shards,
            found=found,
            found_behind=behind,
            state=COMPLETE if cursor is None else OPEN,
            cursor=present.cursor if cursor is None else cursor,
        )
        before = present.cursor
        has_moved = cursor is None or (cursor.page, cursor.phase) != (before.page, before.phase)
        self._replace(changed, calls, made_progress=bool(waiting) or has_moved)
        waiting.clear()
        window.unsaved = []

    def start_again(self, cursor: Cursor, calls: CallTally) -> None:
        """Drop what was committed: it will be read again."""
        self._book.forget_records()
        changed = replace(self.present, cursor=cursor, shards=(), found=(), found_behind=0)
        self._replace(changed, calls, made_progress=False)

    def _replace(self, changed: Slice, calls: CallTally, *, made_progress: bool) -> None:
        checkpoint = self._ledger.checkpoint
        parts = list(checkpoint.slices)
        parts[self._index] = changed
        self._ledger.commit(
            replace(
                checkpoint,
                slices=tuple(parts),
                stalled=0 if made_progress else checkpoint.stalled,
                tally=self._book.tally(calls),
            )
        )
        self._call.log.info("committed", shards=len(changed.shards), records=changed.record_count)

    def _write(self, rows: Iterable[Row], *, is_found: bool) -> ShardRef:
        shard = build_shard(rows)
        checkpoint = self._ledger.checkpoint
        sequence = checkpoint.revision
        names = self._call.run(checkpoint.run_id)
        name = (names.found if is_found else names.shard)(
            checkpoint.region, epoch=checkpoint.epoch, sequence=sequence, sha256=shard.sha256
        )
        created = create_once(self._call.store, name, shard.body)
        return ShardRef(
            name=name,
            etag=created.etag,
            sha256=shard.sha256,
            size=len(shard.body),
            count=shard.count,
            epoch=checkpoint.epoch,
            sequence=sequence,
            first_key=shard.first_key,
            last_key=shard.last_key,
        )

    def _records(self, files: Iterable[ShardRef]) -> Iterator[Record]:
        for listed in files:
            stored = read_object(self._call, listed.name)
            if stored is None:
                raise InvalidDocument(f"{listed.name} is gone")
            lines = read_lines([stored.body], source=listed.name, sha256=listed.sha256, count=listed.count)
            yield from (line.record for line in lines)
