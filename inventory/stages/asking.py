"""Which call answers for a record: the one fixed source of its type, and what the call is asked.

Decides nothing about pace and repeating; the region worker makes the calls. Several records that one
listing covers have equal listings, so they can be grouped by them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from inventory.catalog.entry import (
    COMPARTMENT,
    GET,
    LIST,
    SEARCH,
    TENANCY,
    Catalog,
    GetCall,
    ListCall,
    ResourceType,
)
from inventory.errors import MalformedAnswer
from inventory.model.manifest import BULK, FULL
from inventory.model.read_call import ReadCall

_RECORD_SOURCES = {
    "identifier": "ocid",
    "compartmentId": "compartmentId",
    "displayName": "displayName",
}
_COMPARTMENT_ARGUMENT = "compartment_id"
# Search's contexts stand in for each other: which one a type's ids are in is not documented.
_CONTEXTS = ("identityContext", "identity_context", "additionalDetails", "additional_details")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One listing: the call, the field of an item that identifies it, what every item lacks and is known, and
    whether it covers the tenancy."""

    call: ReadCall
    key: str
    adds: Mapping[str, str]
    is_tenancy_wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A resource at whose own endpoint others are read: its get, and the field that holds the endpoint."""

    ocid: str
    call: ReadCall
    field: str


class Asking:
    """The calls for records of one run in one region; the same for the same record.

    `namespace` is the tenancy's Object Storage namespace.
    """

    def __init__(
        self, catalog: Catalog, *, region: str, depth: str, tenancy_id: str, namespace: str | None
    ) -> None:
        self._catalog = catalog
        self._region = region
        self._depth = depth
        self._constants = {"tenancyId": tenancy_id, "namespace": namespace}

    def source(self, record: Mapping[str, Any]) -> str:
        """Where the record's details come from at this depth: `search`, `list` or `get`."""
        entry = self._catalog.entry(record["resourceType"])
        if entry is None or self._depth not in (BULK, FULL):
            return SEARCH
        if entry.source == GET and self._depth == BULK:
            return SEARCH
        return entry.source

    def group(self, record: Mapping[str, Any]) -> Hashable:
        """What records must agree in for one listing to show them: equal for equal listings."""
        entry = self._entry(record)
        listed = entry.list
        if listed is None or entry.source != LIST:
            return (entry.name,)
        values = (_from_record(record, source) for source in listed.arguments.values())
        return (entry.name, *map(str, values))

    def listing(self, record: Mapping[str, Any], *, by_compartment: bool = False) -> Listing | None:
        """The listing that shows the record; `by_compartment` narrows one of the whole tenancy.

        None where there is no narrower one. Raises MalformedAnswer where the record lacks what the call
        needs.
        """
        entry = self._entry(record)
        listed = entry.list
        assert listed is not None
        if not by_compartment:
            return self._listing(entry, listed, record, listed.arguments, listed.constants)
        facts = self._catalog.operations[f"{entry.service}.{entry.client}.{listed.operation}"]
        if listed.scope != TENANCY or _COMPARTMENT_ARGUMENT not in facts.query_parameters:
            return None
        narrow = {**listed.arguments, _COMPARTMENT_ARGUMENT: COMPARTMENT + "Id"}
        # What widens a listing to the subtree goes with it.
        return self._listing(entry, listed, record, narrow, {})

    def get_call(self, record: Mapping[str, Any], *, endpoint: str | None = None) -> ReadCall:
        """The get of a record. Raises MalformedAnswer where the record lacks what the call needs."""
        entry = self._entry(record)
        assert entry.get is not None
        return self._call(entry, entry.get, record, endpoint)

    def get_operation(self, record: Mapping[str, Any]) -> tuple[str, str]:
        """The service and the operation of a record's get."""
        entry = self._entry(record)
        assert entry.get is not None
        return str(entry.service), entry.get.operation

    def has_get(self, record: Mapping[str, Any]) -> bool:
        """Whether the record can be asked for by itself."""
        return self._entry(record).get is not None

    def has_endpoint(self, record: Mapping[str, Any]) -> bool:
        """Whether the record's type answers at another resource's endpoint."""
        return self._entry(record).endpoint is not None

    def owner_of(self, record: Mapping[str, Any]) -> Owner | None:
        """The resource at whose endpoint a record's type answers, if that is another's.

        Raises MalformedAnswer where the record does not say which resource that is.
        """
        source = self._entry(record).endpoint
        if source is None:
            return None
        owner = self._catalog.entry(source.type)
        assert owner is not None
        assert owner.get is not None
        ocid = self._argument(record, source.identifier, owner.get.operation)
        call = self._call(owner, owner.get, {"ocid": ocid, "details": {}}, None)
        return Owner(ocid=ocid, call=call, field=source.field)

    def _entry(self, record: Mapping[str, Any]) -> ResourceType:
        entry = self._catalog.entry(record["resourceType"])
        assert entry is not None
        return entry

    def _listing(
        self,
        entry: ResourceType,
        listed: ListCall,
        record: Mapping[str, Any],
        arguments: Mapping[str, str],
        constants: Mapping[str, str | bool],
    ) -> Listing:
        call = ReadCall(
            service=str(entry.service),
            client=str(entry.client),
            operation=listed.operation,
            region=self._region,
            arguments={**self._values(record, arguments, listed.operation), **constants},
        )
        is_wide = listed.scope == TENANCY and arguments is listed.arguments
        adds = self._values(record, listed.adds, listed.operation)
        return Listing(call=call, key=listed.key, adds=adds, is_tenancy_wide=is_wide)

    def _call(
        self, entry: ResourceType, call: GetCall, record: Mapping[str, Any], endpoint: str | None
    ) -> ReadCall:
        return ReadCall(
            service=str(entry.service),
            client=str(entry.client),
            operation=call.operation,
            region=self._region,
            arguments=self._values(record, call.arguments, call.operation),
            endpoint=endpoint,
        )

    def _values(
        self, record: Mapping[str, Any], sources: Mapping[str, str], operation: str
    ) -> dict[str, str]:
        return {name: self._argument(record, source, operation) for name, source in sources.items()}

    def _argument(self, record: Mapping[str, Any], source: str, operation: str) -> str:
        value = self._constants[source] if source in self._constants else _from_record(record, source)
        if not isinstance(value, str) or not value:
            raise MalformedAnswer(
                f"{operation} needs {source}, which the record lacks", code=f"missing {source}"
            )
        return value


def _from_record(record: Mapping[str, Any], source: str) -> object:
    if source in _RECORD_SOURCES:
        return record[_RECORD_SOURCES[source]]
    item = record["details"].get("searchSummary") or {}
    if source == "availabilityDomain":
        return item.get("availabilityDomain") or item.get("availability_domain")
    context, _, key = source.partition(".")
    for place in (context, *_CONTEXTS):
        values = item.get(place)
        value = values.get(key) if isinstance(values, dict) else None
        if value:
            return value
    return None
