"""The object store: one bucket, strong consistency, no unconditional write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object's bytes and the ETag under which they were read."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """An object as a listing or a HEAD shows it; `size` in bytes."""

    name: str
    etag: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IfAbsent:
    """Write only where no object of the name exists (`If-None-Match: *`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IfMatch:
    """Write only over the object with this ETag (`If-Match`)."""

    etag: str


Condition = IfAbsent | IfMatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """The write is stored under this ETag."""

    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The condition did not hold (412); after a repeated request the obstacle may be our own write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """No answer came: the write may be stored, now or later."""


PutOutcome = Landed | Refused | Unknown


class Upload(Protocol):
    """An object being written in pieces; nothing is visible before `commit`."""

    def write(self, data: bytes) -> None:
        """Append bytes. Raises RetryLater or RecordGap where the store cannot take them."""
        ...

    def commit(self) -> PutOutcome:
        """Make the object visible if no object of its name exists."""
        ...

    def abort(self) -> None:
        """Discard what was written; never raises."""
        ...


class ObjectStore(Protocol):
    """One bucket. Reads see every earlier write. Errors are of the project's tree."""

    def get(self, name: str) -> StoredObject:
        """The whole object. Raises ObjectNotFound, RetryLater, RecordGap."""
        ...

    def read_range(self, name: str, *, start: int, length: int, etag: str) -> bytes:
        """Up to `length` bytes from `start` of the object with this ETag; empty at or past its end.

        Raises ObjectNotFound where the object is gone or has another ETag, RetryLater, RecordGap.
        """
        ...

    def head(self, name: str) -> ObjectInfo:
        """Name, ETag and size. Raises ObjectNotFound, RetryLater, RecordGap."""
        ...

    def put(self, name: str, body: bytes, *, condition: Condition) -> PutOutcome:
        """Write under a condition. Raises RecordGap where the store refuses for another reason."""
        ...

    def start_upload(self, name: str) -> Upload:
        """Begin a create-once object of unknown size."""
        ...

    def list_objects(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects whose names start with the prefix, in the order of their names."""
        ...

    def list_prefixes(self, prefix: str) -> Iterator[str]:
        """The distinct next path parts below a prefix that ends in '/', each ending in '/'."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is fine."""
        ...

    def namespace(self) -> str:
        """The tenancy's Object Storage namespace. Raises RetryLater, RecordGap."""
        ...

    def now(self) -> datetime:
        """The store's clock (its `Date` header, carried on by a monotonic clock), to the second."""
        ...
