"""The stored objects as evidence: each is held against its listing and its schema while it is read.

Whatever is wrong becomes a finding. Only what the store itself cannot answer is raised: RetryLater,
RecordGap.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from inventory.errors import InvalidDocument, ObjectNotFound
from inventory.model.names import ObjectNames
from inventory.ports.store import ObjectStore
from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.recomputation import canonical_bytes, parse_strictly
from inventory.schemas.load import validator

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a document says of an object: its full name, ETag, bytes, sha256, and lines or records.

    `by` is the name of the document that says so.
    """

    name: str
    etag: str
    size: int
    sha256: str
    count: int | None
    by: str


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document's bytes and ETag."""

    body: bytes
    etag: str


class Bucket:
    """The objects below one prefix."""

    def __init__(self, store: ObjectStore, names: ObjectNames, findings: Findings) -> None:
        self.store = store
        self.names = names
        self.findings = findings

    def fetch(self, name: str) -> Document | None:
        """A small object, or None where there is none."""
        try:
            stored = self.store.get(name)
        except ObjectNotFound:
            return None
        return Document(stored.body, stored.etag)

    def exists(self, name: str) -> bool:
        """Whether there is an object of this name."""
        try:
            self.store.head(name)
        except ObjectNotFound:
            return False
        return True

    def read(self, name: str, kind: str, parse: Callable[[bytes], T]) -> T | None:
        """A document that holds against its schema, or None.

        That it is not there is for the caller to judge; that it is not what it should be is a finding.
        """
        stored = self.fetch(name)
        return None if stored is None else self.parsed(name, kind, stored.body, parse)

    def parsed(self, name: str, kind: str, body: bytes, parse: Callable[[bytes], T]) -> T | None:
        """A document's content by its reader, if it is JSON, canonical and as its schema asks."""
        self.findings.lines[name] += 1
        try:
            value = parse_strictly(body)
        except ValueError as exc:
            self.findings.add(name, "", found=f"not JSON: {exc}", expected="a JSON document")
            return None
        misfit = validator(kind)(value)
        if misfit is not None:
            self.findings.add(
                name, f"field {misfit.pointer or '/'}", found=misfit.found, expected=misfit.expected
            )
            return None
        if not _is_canonical(value, body):
            self.findings.add(
                name, "", found="other bytes", expected="the canonical line of what it says: sorted keys"
            )
        try:
            return parse(body)
        except InvalidDocument as exc:
            self.findings.add(name, "", found=str(exc), expected="what the product's own reader accepts")
            return None

    def open(self, listed: Listed) -> StoredFile | None:
        """An object that a document lists, or None where there is no such object."""
        try:
            info = self.store.head(listed.name)
        except ObjectNotFound:
            self.findings.add(
                listed.name, "", found="no such object", expected=f"the object that {listed.by} lists"
            )
            return None
        self.findings.expect(listed.name, "ETag", found=info.etag, expected=listed.etag)
        self.findings.expect(listed.name, "size in bytes", found=info.size, expected=listed.size)
        return StoredFile(self, listed, etag=info.etag, size=info.size)


class StoredFile:
    """A listed object as it is stored; read in ranges under the ETag that was found."""

    def __init__(self, bucket: Bucket, listed: Listed, *, etag: str, size: int) -> None:
        self.name = listed.name
        self.listed = listed
        self.size = size
        self.findings = bucket.findings
        self._store = bucket.store
        self._etag = etag

    def chunks(self, chunk_bytes: int) -> Iterator[bytes]:
        """All bytes in pieces; their hash is held against the listing at the end.

        Raises InvalidDocument where the object is replaced while it is read.
        """
        digest = hashlib.sha256()
        for chunk in self.chunks_from(0, chunk_bytes):
            digest.update(chunk)
            yield chunk
        self.findings.expect(self.name, "sha256", found=digest.hexdigest(), expected=self.listed.sha256)

    def chunks_from(self, start: int, chunk_bytes: int) -> Iterator[bytes]:
        """The bytes from an offset on, in pieces. Raises InvalidDocument as `chunks` does."""
        while start < self.size:
            chunk = self.read(start, chunk_bytes)
            yield chunk
            start += len(chunk)

    def read(self, start: int, length: int) -> bytes:
        """Bytes from an offset. Raises InvalidDocument where the object is replaced or ends too early."""
        try:
            found = self._store.read_range(
                self.name, start=start, length=min(length, self.size - start), etag=self._etag
            )
        except ObjectNotFound as exc:
            raise InvalidDocument(f"{self.name} was replaced while it was read") from exc
        if not found and length and start < self.size:
            raise InvalidDocument(f"{self.name} ends after {start} of {self.size} bytes")
        return found

    def check_count(self, count: int) -> None:
        """Hold the number of what is in the file against the listing."""
        self.findings.lines[self.name] = count
        if self.listed.count is not None:
            self.findings.expect(self.name, "count", found=count, expected=self.listed.count)


def _is_canonical(value: object, body: bytes) -> bool:
    try:
        return canonical_bytes(value) == body
    except ValueError:
        return False
