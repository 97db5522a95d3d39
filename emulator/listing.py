"""The lists of a tenancy's resources: which ones, in which order, page by page.

Decides what a list's parameters mean: compartment and subtree, parents, states, names and other fields.
The largest page and the usual one are those that the SDK's documentation of the call names, or else 1000 and
100 items; a larger limit is refused.
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
    is_answered,
    read_label,
    surroundings,
)
from emulator.tenancy.values import Resource, Tenancy
from emulator.wire import Request, ServiceError

_DEFAULT_LIMIT = 100
_MAX_LIMIT = 1000
_NEVER = datetime.min.replace(tzinfo=UTC)
# Parameters that say how to answer, not what.
_MANNERS = frozenset(
    {
        "accessLevel",
        "areSubcompartmentsIncluded",
        "includeSubcompartments",
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
# Parameters that mean the same in every list, whatever type their name may name.
_PLAIN = frozenset({"availabilityDomain", "compartmentId", "displayName", "id", "identifier", "name"})
_SUBTREE = (
    "compartmentIdInSubtree",
    "isCompartmentIdInSubtree",
    "includeSubcompartments",
    "areSubcompartmentsIncluded",
)

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
        most = self._operation.max_limit or _MAX_LIMIT
        default = self._operation.default_limit or min(_DEFAULT_LIMIT, most)
        limit = limit_of(request, default=default, maximum=most)
        token = request.parameter("page")
        start = read_token(token, bound_to=self._asked(request, parameters))["start"] if token else 0
        found = self._found(request, parameters)
        shown = self._shown(found, request)
        headers = {"opc-total-items": str(len(shown))}
        if start + limit < len(shown):
            bound_to = self._asked(request, parameters)
            headers["opc-next-page"] = write_token(bound_to=bound_to, start=start + limit)
        page = shown[start : start + limit]
        return [self._item_body(resource) for resource in page], headers

    def _asked(self, request: Request, parameters: Mapping[str, str]) -> str:
        """A digest of everything that the list is asked, which a page's token is good for."""
        asked = {name: values for name, values in request.query.items() if name not in ("page", "limit")}
        return fingerprint(self._operation.key, request.region, parameters, sorted(asked.items()))

    def _found(self, request: Request, parameters: Mapping[str, str]) -> list[Resource]:
        """The resources by what they are themselves, in order."""
        asked = {name: [value] for name, value in parameters.items()} | dict(request.query)
        asked = {name: values for name, values in asked.items() if name not in _MANNERS}
        found = []
        for type_name in self._types:
            candidates = self._candidates(type_name, request, asked)
            if not candidates:
                continue
            tests = self._tests(type_name, request, asked)
            call = READ_CALLS[type_name]
            for resource in candidates:
                if not resource.is_identity and resource.region != request.region:
                    continue
                if not is_answered(resource, self._tenancy):
                    continue
                if read_label(resource, call) == request.service and all(test(resource) for test in tests):
                    found.append(resource)
        return _sorted(found, request)

    def _candidates(
        self, type_name: str, request: Request, asked: Mapping[str, list[str]]
    ) -> Sequence[Resource]:
        """Few resources among which all are that the list shows, in the order of creation."""
        if "compartmentId" in asked and not _goes_below(request):
            return self._snapshot.in_compartment(type_name, request.region, asked["compartmentId"][0])
        for name, values in asked.items():
            fields = self._parent_fields(type_name, name)
            if len(fields) == 1:
                return self._snapshot.naming(type_name, fields[0], values[0])
        return self._snapshot.of_type(type_name)

    def _tests(self, type_name: str, request: Request, asked: Mapping[str, list[str]]) -> list[_Test]:
        tests = (self._test(type_name, name, values, request) for name, values in asked.items())
        return [test for test in tests if test is not None]

    def _parent_fields(self, type_name: str, name: str) -> list[str]:
        """The type's references to what a parameter names, if it names resources of another type."""
        target = target_of(self._operation.client.module, name)
        if target is None or target == type_name or name in _PLAIN:
            return []
        return [r.field for r in searchable_types()[type_name].references if r.target == target]

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
        fields = self._parent_fields(type_name, name)
        return lambda resource: any(wanted in resource.named(field) for field in fields)

    def _in_compartment(self, compartment_id: str, request: Request) -> _Test:
        if not _goes_below(request):
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


def _goes_below(request: Request) -> bool:
    """Whether a list is about the compartments below the one it names, too."""
    return any((request.parameter(flag) or "").lower() == "true" for flag in _SUBTREE)


def _sorted(found: list[Resource], request: Request) -> list[Resource]:
    """By `sortBy` and `sortOrder`; those without a time are the oldest."""
    order = (request.parameter("sortBy") or "").lower().replace("_", "")
    descending = (request.parameter("sortOrder") or "").upper() == "DESC"
    if order == "timecreated":
        return sorted(found, key=lambda r: r.time_created or _NEVER, reverse=descending)
    if order in ("displayname", "name"):
        return sorted(found, key=lambda r: r.display_name or "", reverse=descending)
    return found
