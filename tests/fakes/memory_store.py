"""An object store in memory: a working model of one bucket, without faults of its own."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from inventory.errors import ObjectNotFound
from inventory.ports.store import (
    Condition,
    IfAbsent,
    IfMatch,
    Landed,
    ObjectInfo,
    PutOutcome,
    Refused,
    StoredObject,
)


class MemoryObjectStore:
    """One bucket; every method may be called from any thread.

    `objects` maps names to what is stored, for tests to look into. `clock` is the store's time.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.objects: dict[str, StoredObject] = {}
        self._clock = clock
        self._lock = threading.Lock()
        self._versions = itertools.count(1)

    def namespace(self) -> str:
        return "memory"

    def get(self, name: str) -> StoredObject:
        with self._lock:
            return self._existing(name)

    def read_range(self, name: str, *, start: int, length: int, etag: str) -> bytes:
        with self._lock:
            stored = self._existing(name)
        if stored.etag != etag:
            raise ObjectNotFound(f"{name} has the ETag {stored.etag}, not {etag}")
        return stored.body[start : start + length]

    def head(self, name: str) -> ObjectInfo:
        with self._lock:
            return _info(name, self._existing(name))

    def put(self, name: str, body: bytes, *, condition: Condition) -> PutOutcome:
        with self._lock:
            current = self.objects.get(name)
            match condition:
                case IfAbsent():
                    holds = current is None
                case IfMatch(etag=etag):
                    holds = current is not None and current.etag == etag
            if not holds:
                return Refused()
            # A new ETag for every write, also for the same bytes, as OCI does.
            stored = StoredObject(body=bytes(body), etag=f"etag-{next(self._versions)}")
            self.objects[name] = stored
            return Landed(etag=stored.etag)

    def start_upload(self, name: str) -> MemoryUpload:
        return MemoryUpload(self, name)

    def list_objects(self, prefix: str) -> Iterator[ObjectInfo]:
        with self._lock:
            found = [_info(name, stored) for name, stored in self.objects.items() if name.startswith(prefix)]
        yield from sorted(found, key=lambda info: info.name)

    def list_prefixes(self, prefix: str) -> Iterator[str]:
        with self._lock:
            rests = [name[len(prefix) :] for name in self.objects if name.startswith(prefix)]
        yield from sorted({f"{prefix}{rest.split('/', 1)[0]}/" for rest in rests if "/" in rest})

    def delete(self, name: str) -> None:
        with self._lock:
            self.objects.pop(name, None)

    def now(self) -> datetime:
        return self._clock().astimezone(UTC).replace(microsecond=0)

    def _existing(self, name: str) -> StoredObject:
        stored = self.objects.get(name)
        if stored is None:
            raise ObjectNotFound(f"no object {name}")
        return stored


class MemoryUpload:
    """An object that becomes visible by `commit`."""

    def __init__(self, store: MemoryObjectStore, name: str) -> None:
        self._store = store
        self._name = name
        self._buffer = bytearray()

    def write(self, data: bytes) -> None:
        self._buffer += data

    def commit(self) -> PutOutcome:
        return self._store.put(self._name, bytes(self._buffer), condition=IfAbsent())

    def abort(self) -> None:
        self._buffer.clear()


def _info(name: str, stored: StoredObject) -> ObjectInfo:
    return ObjectInfo(name=name, etag=stored.etag, size=len(stored.body))
