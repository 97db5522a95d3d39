"""The derived artifacts: each takes a stream of changes, or of records, and writes one file.

A sink that fails becomes a named gap; the others and the run go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from inventory.coordination.artifacts import ArtifactWriter
from inventory.coordination.call import Call
from inventory.errors import ArtifactConflict, DeadlineNear, InventoryError, LostOwnership
from inventory.exports.csv_table import csv_header, csv_row
from inventory.exports.diff_files import DiffDocument, change_line, diff_summary
from inventory.model.canonical import canonical_line, parse_json
from inventory.model.publication import Artifact, ArtifactGap
from inventory.model.record import Record
from inventory.stages.diff import ADDED, CHANGED, REMOVED, Change, DiffCounts
from inventory.stages.gzip_members import GzipMembers

if TYPE_CHECKING:
    from inventory.exports.parquet_table import ParquetTable


Item = TypeVar("Item", contravariant=True)


class FileContent(Protocol[Item]):
    """What a file is made of; `count` is what stands in the listing of the artifact."""

    count: int

    def start(self) -> bytes:
        """The file's beginning."""
        ...

    def add(self, item: Item, /) -> bytes:
        """What one resource adds."""
        ...

    def finish(self) -> Iterator[bytes]:
        """The file's end."""
        ...


class CsvContent:
    """`inventory.csv`."""

    def __init__(self) -> None:
        self.count = 0

    def start(self) -> bytes:
        return csv_header()

    def add(self, change: Change) -> bytes:
        if change.after is None:
            return b""
        self.count += 1
        return csv_row(change.after)

    def finish(self) -> Iterator[bytes]:
        return iter(())


class ParquetContent:
    """`inventory.parquet`."""

    def __init__(self) -> None:
        self.count = 0
        self._table: ParquetTable | None = None

    def start(self) -> bytes:
        # pyarrow costs memory and time to import, and its absence must cost this file alone.
        from inventory.exports.parquet_table import ParquetTable

        self._table = ParquetTable()
        return b""

    def add(self, record: Record) -> bytes:
        assert self._table is not None
        self.count += 1
        return self._table.add(record)

    def finish(self) -> Iterator[bytes]:
        assert self._table is not None
        yield self._table.finish()


class RelationshipsContent:
    """`relationships.jsonl.gz`: every record's relationships, in the order of their sources.

    A record's relationships are sorted and distinct, and records are sorted by OCID, so the file is both.
    """

    def __init__(self) -> None:
        self.count = 0
        self._packed = GzipMembers()

    def start(self) -> bytes:
        return b""

    def add(self, change: Change) -> bytes:
        if change.after is None:
            return b""
        relationships = change.after["relationships"]
        self.count += len(relationships)
        return self._packed.feed(b"".join(canonical_line(relationship) for relationship in relationships))

    def finish(self) -> Iterator[bytes]:
        yield self._packed.finish()


class DiffContent:
    """`diff.json`; `ocids_again` as in `DiffDocument`."""

    def __init__(self, counts: DiffCounts, ocids_again: Callable[[], Iterator[str | None]]) -> None:
        self.count = 0
        self._counts = counts
        self._document = DiffDocument(ocids_again)

    def start(self) -> bytes:
        return self._document.start()

    def add(self, change: Change) -> bytes:
        self.count += 1
        return self._document.add(change)

    def finish(self) -> Iterator[bytes]:
        return self._document.finish(self._counts)


class DiffSummaryContent:
    """`diff_summary.json`."""

    def __init__(self, counts: DiffCounts) -> None:
        self.count = 1
        self._counts = counts

    def start(self) -> bytes:
        return b""

    def add(self, change: Change) -> bytes:  # noqa: ARG002  # every sink sees every change
        return b""

    def finish(self) -> Iterator[bytes]:
        yield canonical_line(diff_summary(self._counts))


class ChangesContent:
    """`changes.jsonl.gz`; keeps the first lines of each kind for the report."""

    def __init__(self, *, since: str | None, until: str, keep: int) -> None:
        self.count = 0
        self._first: dict[str, list[dict[str, object]]] = {REMOVED: [], ADDED: [], CHANGED: []}
        self._since = since
        self._until = until
        self._keep = keep
        self._packed = GzipMembers()

    def start(self) -> bytes:
        return b""

    def add(self, change: Change) -> bytes:
        line = change_line(change, since=self._since, until=self._until)
        if line is None:
            return b""
        self.count += 1
        kept = self._first[change.kind]
        if len(kept) < self._keep:
            kept.append(parse_json(line))
        return self._packed.feed(line)

    @property
    def first(self) -> list[dict[str, object]]:
        """The lines to be named: what is gone, what is new, what is different, as many as are kept."""
        return [line for lines in self._first.values() for line in lines][: self._keep]

    def finish(self) -> Iterator[bytes]:
        yield self._packed.finish()


class Sink(Generic[Item]):
    """One derived artifact on its way to the store; nothing of one that is `settled` goes there any more."""

    def __init__(
        self, call: Call, run_id: str, file_name: str, content: FileContent[Item], *, is_settled: bool = False
    ) -> None:
        self.file_name = file_name
        self.is_settled = is_settled
        self.gap: ArtifactGap | None = None
        self._call = call
        self._content = content
        self._writer: ArtifactWriter | None = None
        name = call.run(run_id).artifact(file_name)
        self._guarded(lambda: self._open(name))

    def add(self, item: Item) -> None:
        """Take one resource; after a failure nothing more is written."""
        if self.gap is None:
            self._guarded(lambda: self._write(self._content.add(item)))

    def finish(self) -> Artifact | None:
        """The stored artifact, or None where there is a gap. Raises ArtifactConflict."""
        artifact: Artifact | None = None

        def commit() -> None:
            nonlocal artifact
            for data in self._content.finish():
                self._write(data)
            assert self._writer is not None
            artifact = self._writer.commit(count=self._content.count)

        if self.gap is None and not self.is_settled:
            self._guarded(commit)
        return artifact

    def abort(self) -> None:
        """Discard what was written."""
        if self._writer is not None:
            self._writer.abort()

    def _open(self, name: str) -> None:
        if not self.is_settled:
            self._writer = ArtifactWriter(self._call.store, name, self.file_name)
        self._write(self._content.start())

    def _write(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(data)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (ArtifactConflict, LostOwnership, DeadlineNear):
            raise
        except Exception as exc:  # one file's failure, foreseen or not, must not end the run
            reason = exc.summary() if isinstance(exc, InventoryError) else InventoryError.reason
            self._call.log.failure("artifact_failed", exc, artifact=self.file_name)
            self.gap = ArtifactGap(name=self.file_name, reason=reason)
            self.abort()
