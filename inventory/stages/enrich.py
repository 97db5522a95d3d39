"""What an answer, or its failure, makes of a record: the four enrichment fields.

Decides nothing about which call is made (`asking`) nor when (the region worker). Secrets are taken out
afterwards, by `redact`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inventory.errors import GoneSinceDiscovery, InventoryError, NotAuthorizedOrNotFound
from inventory.model.record import ERROR, NOT_IMPLEMENTED, OK, Record
from inventory.stages.normalize import is_terminated
from inventory.stages.relationships import relationships_of

#: Told about a bug that enrichment survived: the record and the exception.
BugHook = Callable[[Mapping[str, Any], Exception], None]

#: What a service said about a resource: its answer, why there is none, or None where nothing was asked.
Outcome = Mapping[str, Any] | InventoryError | None


def enrich_record(record: Record, outcome: Outcome, *, on_bug: BugHook | None = None) -> Record:
    """The record with its four enrichment fields; neither the given one nor the outcome is changed.

    An answer, with every field that the service returned, becomes `details.metadata`; a failure becomes its
    class. A bug becomes an ERROR after `on_bug` was told. Never raises.
    """
    try:
        return _enriched(record, outcome)
    except Exception as error:
        if on_bug is not None:
            on_bug(record, error)
        return _with(record, ERROR, error=InventoryError("a bug in enrichment"))


def _enriched(record: Record, outcome: Outcome) -> Record:
    if outcome is None:
        return _with(record, NOT_IMPLEMENTED)
    if isinstance(outcome, InventoryError):
        return _with(record, ERROR, error=outcome)
    details = {**record["details"], "metadata": outcome}
    relationships = relationships_of({**record, "details": details})
    return {
        **record,
        "enrichStatus": OK,
        "enrichError": None,
        "details": details,
        "relationships": relationships,
    }


def _with(record: Record, status: str, *, error: InventoryError | None = None) -> Record:
    return {
        **record,
        "enrichStatus": status,
        "enrichError": None if error is None else error.summary(),
        "details": dict(record["details"]),
        "relationships": [],
    }


def is_gone(record: Mapping[str, Any]) -> bool:
    """Whether the resource is no more, so that nothing was missed by not reading it.

    Its service no longer knows what Search shows as deleted, or does not list what Search showed.
    """
    reason = str(record["enrichError"])
    if reason.startswith(GoneSinceDiscovery.reason):
        return True
    return is_terminated(record) and reason.startswith(NotAuthorizedOrNotFound.reason)
