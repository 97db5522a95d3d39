"""An object store whose requests meet what a test has planned for them, by the end of the object's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inventory.ports.store import Condition, IfAbsent, PutOutcome, StoredObject, Unknown
from tests.fakes.memory_store import MemoryObjectStore

#: What can become of a write, beside an exception that is raised instead.
LANDS = "lands"
LANDS_UNHEARD = "lands, answer lost"
VANISHES = "does not land, answer lost"
DIES_BEFORE = "caller dies before"
DIES_AFTER = "caller dies after"

#: A fate, an exception to raise instead of the request, or what somebody else does just before it.
Fate = str | Exception | Callable[[], Any]


def nth(number: int, fate: Fate) -> list[Fate]:
    """The plan in which the request of this number (from 1) meets its fate, and those before it go well."""
    return [*([LANDS] * (number - 1)), fate]


class Died(BaseException):
    """The caller's process is gone."""


class FaultyObjectStore:
    """A memory store, reached through requests that can go wrong.

    `writes` and `reads` map the end of a name to the fates of the next such requests, in order; what
    comes after them goes well. `written` holds the names of all writes that were asked for.
    """

    def __init__(self, store: MemoryObjectStore) -> None:
        self.writes: dict[str, list[Fate]] = {}
        self.reads: dict[str, list[Fate]] = {}
        self.written: list[str] = []
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def get(self, name: str) -> StoredObject:
        self._read(name)
        return self._store.get(name)

    def read_range(self, name: str, *, start: int, length: int, etag: str) -> bytes:
        self._read(name)
        return self._store.read_range(name, start=start, length=length, etag=etag)

    def put(self, name: str, body: bytes, *, condition: Condition) -> PutOutcome:
        self.written.append(name)
        fate = _next(self.writes, name)
        if isinstance(fate, Exception):
            raise fate
        if fate == DIES_BEFORE:
            raise Died
        if fate == VANISHES:
            return Unknown()
        if callable(fate):
            fate()
        outcome = self._store.put(name, body, condition=condition)
        if fate == DIES_AFTER:
            raise Died
        return Unknown() if fate == LANDS_UNHEARD else outcome

    def start_upload(self, name: str) -> FaultyUpload:
        return FaultyUpload(self, name)

    def _read(self, name: str) -> None:
        fate = _next(self.reads, name)
        if isinstance(fate, Exception):
            raise fate
        if callable(fate):
            fate()


class FaultyUpload:
    """An upload that is one write of the faulty store."""

    def __init__(self, store: FaultyObjectStore, name: str) -> None:
        self._store = store
        self._name = name
        self._buffer = bytearray()

    def write(self, data: bytes) -> None:
        self._buffer += data

    def commit(self) -> PutOutcome:
        return self._store.put(self._name, bytes(self._buffer), condition=IfAbsent())

    def abort(self) -> None:
        self._buffer.clear()


def _next(plans: dict[str, list[Fate]], name: str) -> Fate | None:
    for ending, fates in plans.items():
        if name.endswith(ending) and fates:
            return fates.pop(0)
    return None
