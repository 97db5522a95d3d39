"""Writing and reading a run's large objects in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from inventory.errors import ArtifactConflict, InvalidDocument, ObjectNotFound, ServerFault
from inventory.model.publication import Artifact
from inventory.ports.store import Landed, ObjectStore

#: How much of all open streams together is held in memory.
READ_BUDGET_BYTES = 8 * 1024 * 1024
SMALLEST_READ_BYTES = 64 * 1024
LARGEST_READ_BYTES = 1024 * 1024


def read_size(stream_count: int) -> int:
    """Bytes to ask for at once when so many streams are open."""
    share = READ_BUDGET_BYTES // max(stream_count, 1)
    return max(SMALLEST_READ_BYTES, min(LARGEST_READ_BYTES, share))


def read_chunks(store: ObjectStore, name: str, *, etag: str, size: int, chunk_bytes: int) -> Iterator[bytes]:
    """An object's bytes in pieces, without an open connection between them.

    Raises InvalidDocument where the object is gone, replaced or shorter than listed.
    """
    start = 0
    while start < size:
        try:
            chunk = store.read_range(name, start=start, length=chunk_bytes, etag=etag)
        except ObjectNotFound as exc:
            raise InvalidDocument(f"{name} is gone or is not the object that was listed") from exc
        if not chunk:
            raise InvalidDocument(f"{name} ends after {start} of {size} bytes")
        yield chunk
        start += len(chunk)


class ArtifactWriter:
    """Writes one create-once artifact in pieces, and knows its hash."""

    def __init__(self, store: ObjectStore, name: str, file_name: str) -> None:
        self._store = store
        self._name = name
        self._file_name = file_name
        self._upload = store.start_upload(name)
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> None:
        """Append bytes. Raises RetryLater, RecordGap."""
        if data:
            self._upload.write(data)
            self._digest.update(data)
            self._size += len(data)

    def commit(self, *, count: int | None) -> Artifact:
        """Make the artifact visible.

        One that exists already must have the same bytes. Raises ArtifactConflict where it has not,
        ServerFault where no answer could be had.
        """
        outcome = self._upload.commit()
        etag = outcome.etag if isinstance(outcome, Landed) else self._etag_of_equal()
        return Artifact(
            name=self._file_name, etag=etag, size=self._size, sha256=self._digest.hexdigest(), count=count
        )

    def abort(self) -> None:
        """Discard what was written."""
        self._upload.abort()

    def _etag_of_equal(self) -> str:
        try:
            stored = self._store.head(self._name)
        except ObjectNotFound as exc:
            raise ServerFault(f"no answer to writing {self._name}", operation="commit_upload") from exc
        digest = hashlib.sha256()
        chunks = read_chunks(
            self._store, self._name, etag=stored.etag, size=stored.size, chunk_bytes=read_size(1)
        )
        for chunk in chunks:
            digest.update(chunk)
        if digest.digest() != self._digest.digest():
            raise ArtifactConflict(f"{self._name} exists with other content than this run's input gives")
        return stored.etag
