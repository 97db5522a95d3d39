"""The two primitives of agreement: create-once and the fence.

A write has three outcomes: landed, did not land, unknown. After an unknown one, and after every refusal,
the stored object is read back and compared with what was written, since a lost answer can turn into a
refusal of our own write. Fenced documents carry owner and revision, so equal bytes mean our own write.
"""

from __future__ import annotations

from dataclasses import dataclass

from inventory.errors import LostOwnership, ObjectNotFound, ServerFault
from inventory.ports.store import IfAbsent, IfMatch, Landed, ObjectStore

#: How often a write without answer is tried before the call gives up; each try has its own retries below.
WRITE_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What is stored under a create-once name; `ours` where the bytes are those that were offered."""

    body: bytes
    etag: str
    ours: bool


def create_once(store: ObjectStore, name: str, body: bytes) -> Created:
    """Store an object unless its name is taken; whoever came first decides, and everyone uses that.

    Raises ServerFault where no answer could be had, and the store's own errors.
    """
    for _ in range(WRITE_ATTEMPTS):
        outcome = store.put(name, body, condition=IfAbsent())
        if isinstance(outcome, Landed):
            return Created(body=body, etag=outcome.etag, ours=True)
        try:
            stored = store.get(name)
        except ObjectNotFound:
            continue
        return Created(body=stored.body, etag=stored.etag, ours=stored.body == body)
    raise ServerFault(f"no answer to writing {name}", operation="put_object")


def swap(store: ObjectStore, name: str, body: bytes, *, etag: str) -> str:
    """Replace the object that has this ETag; returns the new ETag.

    Raises LostOwnership where somebody else has replaced it, ServerFault where no answer could be had.
    """
    for _ in range(WRITE_ATTEMPTS):
        outcome = store.put(name, body, condition=IfMatch(etag=etag))
        if isinstance(outcome, Landed):
            return outcome.etag
        try:
            stored = store.get(name)
        except ObjectNotFound as exc:
            raise LostOwnership(f"{name} is gone", operation="put_object") from exc
        if stored.body == body:
            return stored.etag
        if stored.etag != etag:
            raise LostOwnership(f"{name} was replaced by somebody else", operation="put_object")
    raise ServerFault(f"no answer to replacing {name}", operation="put_object")
