"""Leaving word of a refused call in the bucket: the answer to a detached call reaches nobody."""

from __future__ import annotations

from inventory.coordination.writes import create_once
from inventory.errors import StopRun
from inventory.model.names import ObjectNames
from inventory.model.refusal import Refusal
from inventory.ports.store import ObjectStore
from inventory.stages.redact import Redactor

_REDACTOR = Redactor()


def told(failure: StopRun) -> str:
    """What a failure says, without the secrets of the settings or bodies that it quotes."""
    message, _ = _REDACTOR.redact(str(failure))
    return str(message)


def report_refusal(store: ObjectStore, names: ObjectNames, *, role: str, failure: StopRun) -> None:
    """Store a report of the failure, unless the same one is stored. Raises the store's errors."""
    refusal = Refusal(role=role, code=failure.reason, message=told(failure), first_seen=store.now())
    create_once(store, names.refusal(refusal.digest), refusal.to_bytes())
