"""The lists of a tenancy's resources: which ones, in which order, page by page.

Decides what a list's parameters mean: compartment and subtree, parents, states, names and other fields.
Whether a path and a compartment exist at all is checked before, in `emulator.reads`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from emulator.paging import fingerprint, limit_of, read_token, write_token
from emulator.sdk.bodies import item_of
from emulator.sdk.models import has_model, model
from emulator.sdk.operations import Operation
from emulator.sdk.types import searchable_types, target_of
from emulator.tenancy.details import (
    READ_CALLS,
    details,
    is_final,
    is_member_elsewhere,
    read_label,
    surroundings,
)
from emulator.tenancy.values import Resource, Tenancy
from emulator.wire import Request, ServiceError

_DEFAULT_LIMIT = 100
_NEVER = datetime.min.replace(tzinfo=UTC)
# Parameters that say how to answer, not what.
_MANNERS = frozenset(
    {
        "accessLevel",
        "attributeSets",
        "attributes",
        "compartmentIdInSubtree",
        "count",
        "fields",
        "isCompartmentIdInSubtree",
        "limit",
        "namespaceName",
        "page",
        "sortBy",
        "sortOrder",
        "startIndex",
    }
)
_SUBTREE = ("compartmentIdInSubtree", "isCompartmentIdInSubtree")

_Test = Callable[[Resource], bool]


class Listing:
    """One list operation over the resources of `types`, shown as the model `item`."""

    def __init__(self, tenancy: Tenancy, operation: Operation, types: Sequence[str], item: str) -> None:
        self._tenancy = tenancy
        self._operation = operation
        self._types = types
        self._item = item
        self._snapshot = tenancy.snapshot

    def page(
        self, request: Request, parameters: Mapping[str, str]
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """The items of one page, and the headers that lead to the next one.

        Raises: ServiceError 400 for a wrong limit or page token.
        """
        limit = limit_of(request, default=_DEFAULT_LIMIT)
        asked = {name: values for name, values in request.query.items() if name not in ("page", "limit")}
        bound_to = fingerprint(self._operation.key, request.region, parameters, sorted(asked.items()))
        token = request.parameter("page")
        start = read_token(token, bound_to=bound_to)["start"] if token else 0
        found = self._found(request, parameters)
        shown = self._shown(found, request)
        headers = {"opc-total-items": str(len(shown))}
        if start + limit < len(shown):
            headers["opc-next-page"] = write_token(bound_to=bound_to, start=start + limit)
        page = shown[start : start + limit]
        return [self._item_body(resource) for resource in page], headers

    def _found(self, request: Request, parameters: Mapping[str, str]) -> list[Resource]:
        """The resources by what they are themselves, in order."""
        found = []
        for type_name in self._types:
            tests = self._tests(type_name, request, parameters)
            call = READ_CALLS[type_name]
            for resource in self._snapshot.of_type(type_name):
                if not resource.is_identity and resource.region != request.region:
                    continue
                if is_member_elsewhere(resource) or not self._tenancy.is_readable(resource):
                    continue
                if call.forgets and is_final(resource):
                    continue
                if read_label(resource, call) == request.service and all(test(resource) for test in tests):
                    found.append(resource)
        return _sorted(found, request)

    def _tests(self, type_name: str, request: Request, parameters: Mapping[str, str]) -> list[_Test]:
        asked = {name: [value] for name, value in parameters.items()} | dict(request.query)
        tests = []
        for name, values in asked.items():
            if name in _MANNERS:
                continue
            test = self._test(type_name, name, values, request)
            if test is not None:
                tests.append(test)
        return tests

    def _test(self, type_name: str, name: str, values: list[str], request: Request) -> _Test | None:
        """What a parameter asks of a resource; None where only its body can tell."""
        wanted = values[0]
        match name:
            case "compartmentId":
                return self._in_compartment(wanted, request)
            case "lifecycleState":
                states = {value.upper() for value in values}
                return lambda resource: (resource.lifecycle_state or "").upper() in states
            case "displayName" | "name":
                return lambda resource: resource.display_name == wanted
            case "displayNameContains" | "nameContains":
                return lambda resource: wanted.lower() in (resource.display_name or "").lower()
            case "id" | "identifier":
                return lambda resource: resource.ocid in values
            case "availabilityDomain":
                return lambda resource: resource.availability_domain == wanted
        target = target_of(self._operation.client.module, name)
        if target == type_name:
            return lambda resource: resource.ocid in values
        if target is None:
            return None
        fields = [r.field for r in searchable_types()[type_name].references if r.target == target]
        return lambda resource: any(wanted in _named(resource, field) for field in fields)

    def _in_compartment(self, compartment_id: str, request: Request) -> _Test:
        if all((request.parameter(flag) or "").lower() != "true" for flag in _SUBTREE):
            return lambda resource: resource.compartment_id == compartment_id
        if compartment_id == self._tenancy.tenancy_id:
            return lambda _resource: True
        inside = {compartment_id}
        rest = list(self._tenancy.compartments)
        while True:
            below = {c.ocid for c in rest if c.compartment_id in inside and c.ocid is not None} - inside
            if not below:
                return lambda resource: resource.compartment_id in inside
            inside |= below

    def _shown(self, found: list[Resource], request: Request) -> list[Resource]:
        """Those whose bodies suit the parameters that name a field of the list's items."""
        module = self._operation.client.module
        fields = model(module, self._item).fields if has_model(module, self._item) else {}
        for name, values in request.query.items():
            if name in _MANNERS or name not in fields or fields[name].type != "str":
                continue
            if any(self._test(type_name, name, values, request) is not None for type_name in self._types):
                continue
            found = [resource for resource in found if self._item_body(resource).get(name) in values]
        return found

    def _item_body(self, resource: Resource) -> dict[str, Any]:
        body = details(resource, self._tenancy)
        if body is None:
            raise ServiceError(500, "InternalServerError", "A resource of the list cannot be read.")
        module = self._operation.client.module
        if not has_model(module, self._item):
            return body
        return item_of(resource, body, model(module, self._item), surroundings(self._tenancy))


def _named(resource: Resource, field: str) -> tuple[str, ...]:
    named = resource.references.get(field)
    return named if isinstance(named, tuple) else (named,) if named is not None else ()


def _sorted(found: list[Resource], request: Request) -> list[Resource]:
    """By `sortBy` and `sortOrder`; those without a time are the oldest."""
    order = (request.parameter("sortBy") or "").lower().replace("_", "")
    descending = (request.parameter("sortOrder") or "").upper() == "DESC"
    if order == "timecreated":
        return sorted(found, key=lambda r: r.time_created or _NEVER, reverse=descending)
    if order in ("displayname", "name"):
        return sorted(found, key=lambda r: r.display_name or "", reverse=descending)
    return found
