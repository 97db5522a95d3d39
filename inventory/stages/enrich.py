"""What to ask a service about a record, and what becomes of its answer.

Enrichers decide; they do no I/O. The caller brings the reading, which retries on its own terms, and logs.
Secrets are taken out afterwards, by `redact`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from inventory.catalog.entry import Catalog, GetCall, ResourceType
from inventory.errors import (
    DeadlineNear,
    InventoryError,
    LostOwnership,
    MalformedAnswer,
    NotAuthorizedOrNotFound,
    StopRun,
)
from inventory.model.read_call import ReadCall
from inventory.model.record import ERROR, NOT_IMPLEMENTED, OK, Record
from inventory.stages.normalize import is_terminated
from inventory.stages.relationships import relationships_of

#: Told about a bug that enrichment survived: the record and the exception.
BugHook = Callable[[Mapping[str, Any], Exception], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """The four fields that enrichment gives to a record."""

    status: str
    error: str | None
    details: dict[str, Any]
    relationships: list[dict[str, str]]


class Enricher(Protocol):
    """How records of one type are enriched. No method changes the record or the answer."""

    def plan(self, record: Mapping[str, Any]) -> ReadCall | None:
        """The call to make; None where there is nothing to ask.

        Raises MalformedAnswer where the record lacks what the call needs.
        """
        ...

    def apply(self, record: Mapping[str, Any], answer: Mapping[str, Any] | None) -> Enrichment:
        """What an answer makes of the record; None is the answer where nothing was asked. Never raises."""
        ...

    def fail(self, record: Mapping[str, Any], error: InventoryError) -> Enrichment:
        """What a failure makes of the record. Never raises."""
        ...


def _failed(record: Mapping[str, Any], error: InventoryError) -> Enrichment:
    return Enrichment(status=ERROR, error=error.summary(), details=dict(record["details"]), relationships=[])


class DefaultEnricher:
    """For types that the catalog has no call for: the search summary is all there is."""

    __slots__ = ()

    def plan(self, record: Mapping[str, Any]) -> ReadCall | None:  # noqa: ARG002 - the protocol's signature
        return None

    def apply(self, record: Mapping[str, Any], answer: Mapping[str, Any] | None) -> Enrichment:  # noqa: ARG002
        return Enrichment(
            status=NOT_IMPLEMENTED, error=None, details=dict(record["details"]), relationships=[]
        )

    def fail(self, record: Mapping[str, Any], error: InventoryError) -> Enrichment:
        return _failed(record, error)


class GetEnricher:
    """For types with a get call: its answer, every field of it, becomes `details.metadata`.

    `namespace` is Object Storage's, for the calls that need it. `entry` must have a get call.
    """

    __slots__ = ("_call", "_namespace")

    def __init__(self, entry: ResourceType, *, namespace: str | None = None) -> None:
        if entry.get is None:
            raise ValueError(f"{entry.name} has no get call")
        self._call: GetCall = entry.get
        self._namespace = namespace

    def plan(self, record: Mapping[str, Any]) -> ReadCall:
        return ReadCall(
            service=self._call.service,
            client=self._call.client,
            operation=self._call.operation,
            region=record["region"],
            arguments={
                parameter: self._argument(record, source)
                for parameter, source in self._call.arguments.items()
            },
        )

    def _argument(self, record: Mapping[str, Any], source: str) -> str:
        value = self._namespace if source == "namespace" else _from_record(record, source)
        if not isinstance(value, str) or not value:
            raise MalformedAnswer(
                f"{self._call.operation} needs {source}, which the record lacks", code=f"missing {source}"
            )
        return value

    def apply(self, record: Mapping[str, Any], answer: Mapping[str, Any] | None) -> Enrichment:
        if not isinstance(answer, dict):
            return _failed(record, MalformedAnswer(f"{self._call.operation} did not answer an object"))
        details = {**record["details"], "metadata": answer}
        relationships = relationships_of({"ocid": record["ocid"], "details": details})
        return Enrichment(status=OK, error=None, details=details, relationships=relationships)

    def fail(self, record: Mapping[str, Any], error: InventoryError) -> Enrichment:
        return _failed(record, error)


def _from_record(record: Mapping[str, Any], source: str) -> object:
    if source in _RECORD_SOURCES:
        return record[_RECORD_SOURCES[source]]
    context, _, key = source.partition(".")
    item = record["details"]["searchSummary"]
    values = item.get(context) or item.get(_SNAKE_CONTEXTS[context])
    return values.get(key) if isinstance(values, dict) else None


_RECORD_SOURCES = {"identifier": "ocid", "compartmentId": "compartmentId", "displayName": "displayName"}
_SNAKE_CONTEXTS = {"identityContext": "identity_context", "additionalDetails": "additional_details"}


class Enrichers:
    """The enricher of every type in the catalog, and the default one for all others.

    `namespace` is the tenancy's Object Storage namespace; without it what needs it cannot be read.
    """

    def __init__(self, catalog: Catalog, *, namespace: str | None) -> None:
        self._catalog = catalog
        self._default = DefaultEnricher()
        self._by_name = {
            entry.name: GetEnricher(entry, namespace=namespace)
            for entry in catalog.entries
            if entry.get is not None
        }

    def for_record(self, record: Mapping[str, Any]) -> Enricher:
        """The enricher for a record's type."""
        entry = self._catalog.entry(record["resourceType"])
        return self._default if entry is None else self._by_name.get(entry.name, self._default)


def enrich_record(
    record: Record,
    enricher: Enricher,
    read: Callable[[ReadCall], dict[str, Any]],
    *,
    on_bug: BugHook | None = None,
) -> Record:
    """The record with its four enrichment fields; the given one stays as it is.

    What cannot be read becomes an ERROR with the failure's class. So does a bug, after `on_bug` was told.
    Raises StopRun, LostOwnership and DeadlineNear of `read`: they end the work, not the record.
    """
    try:
        enrichment = _enrichment(record, enricher, read)
    except (StopRun, LostOwnership, DeadlineNear):
        raise
    except Exception as error:
        if on_bug is not None:
            on_bug(record, error)
        enrichment = _failed(record, InventoryError("a bug in enrichment"))
    return {
        **record,
        "enrichStatus": enrichment.status,
        "enrichError": enrichment.error,
        "details": enrichment.details,
        "relationships": enrichment.relationships,
    }


def _enrichment(record: Record, enricher: Enricher, read: Callable[[ReadCall], dict[str, Any]]) -> Enrichment:
    try:
        call = enricher.plan(record)
        answer = None if call is None else read(call)
        return enricher.apply(record, answer)
    except (StopRun, LostOwnership, DeadlineNear):
        raise
    except InventoryError as error:
        return enricher.fail(record, error)


def is_gone(record: Mapping[str, Any]) -> bool:
    """Whether a service no longer knows what Search itself shows as deleted: nothing was missed there."""
    return is_terminated(record) and str(record["enrichError"]).startswith(NotAuthorizedOrNotFound.reason)
