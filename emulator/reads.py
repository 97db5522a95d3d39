"""Every read call of the SDK for the resources of a tenancy, at any endpoint label.

The operation is found by its path, as the installed SDK's clients have it. A get of a type answers for its
resources; a list answers with those of the type whose items it lists; anything else below a resource that
exists answers a derived body (a health, a configuration), or an empty list where the tenancy has no such
type. What bodies look like is decided in `emulator.tenancy.details`.

Not documented, chosen here: lists are in the order of creation in the emulator unless `sortBy` says
otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.listing import Listing
from emulator.sdk.bodies import part_of
from emulator.sdk.models import has_model, item_model, model
from emulator.sdk.operations import Operation, route
from emulator.sdk.types import parent_parameters, searchable_types, target_of, types_listed_by, types_read_by
from emulator.tenancy.details import (
    READ_CALLS,
    details,
    is_member_elsewhere,
    parent_of,
    read_label,
    surroundings,
)
from emulator.tenancy.values import Resource, Tenancy
from emulator.wire import Principal, Request, Response, ServiceError, not_found

# A get that ends with one of these is about a compartment or the tenancy.
_OWN_IDS = frozenset({"compartmentId", "tenancyId", "tenantId"})
_STREAM = b"The emulator has no such content.\n"


class ReadService:
    """Answers the read operations of every SDK client; an unknown path is the ambiguous 404."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    def handle(self, request: Request, principal: Principal) -> Response:  # noqa: ARG002
        """Answer one request.

        Raises: ServiceError 400 for a missing parameter, 401 for a region that is not ready, 404 for an
        unknown path or id, another region's resource, or a forgotten deleted one.
        """
        self._tenancy.require_ready(request.region)
        found = route(request.service, request.method, request.path)
        if found is None:
            raise not_found()
        operation, parameters = found
        _require(operation, request)
        self._check_compartment(request)
        if operation.name.startswith("list_"):
            return self._list(request, operation, parameters)
        readers = types_read_by(operation)
        if readers:
            return self._get(request, operation, parameters, readers)
        return self._part(request, operation, parameters)

    def _get(
        self, request: Request, operation: Operation, parameters: Mapping[str, str], readers: tuple[str, ...]
    ) -> Response:
        last = operation.path_parameters[-1]
        resource = self._tenancy.resources.get(parameters[last])
        if resource is None and last.endswith("NameOrId"):
            resource = self._named(parameters[last], readers, request.region)
        if resource is None or resource.resource_type not in readers:
            raise not_found()
        if not resource.is_identity and resource.region != request.region:
            raise not_found()
        for name in parent_parameters(operation):
            asked = parameters.get(name) or request.parameter(name)
            if parent_of(resource, name, self._tenancy) != asked:
                raise not_found()
        if read_label(resource, READ_CALLS[resource.resource_type]) != request.service:
            raise not_found()
        body = details(resource, self._tenancy)
        if body is None:
            raise not_found()
        return Response.of_json(body, headers={"etag": f"{resource.ordinal:x}-{resource.revision:x}"})

    def _named(self, name: str, readers: tuple[str, ...], region: str) -> Resource | None:
        """Some resources can be asked for by their names."""
        snapshot = self._tenancy.snapshot
        named = (
            resource
            for reader in readers
            for resource in snapshot.of_type(reader)
            if resource.display_name == name and resource.region == region
        )
        return next(named, None)

    def _list(self, request: Request, operation: Operation, parameters: Mapping[str, str]) -> Response:
        self._check_parents(request, operation, parameters)
        item = item_model(operation.client.module, operation.response or "")
        items: list[dict[str, Any]] = []
        headers: dict[str, str] = {}
        if item is not None:
            types = types_listed_by(operation)
            items, headers = Listing(self._tenancy, operation, types, item[0]).page(request, parameters)
        wrapper = item[1] if item is not None else "items"
        return Response.of_json(items if wrapper is None else {wrapper: items}, headers=headers)

    def _part(self, request: Request, operation: Operation, parameters: Mapping[str, str]) -> Response:
        """Something of a resource, or of a compartment, that is no resource itself."""
        owners = self._check_parents(request, operation, parameters)
        last_segment = operation.path.rpartition("/")[2].strip("{}")
        if last_segment in parameters and last_segment not in _OWN_IDS:
            # A get of something that the tenancy does not have.
            raise not_found()
        module, response = operation.client.module, operation.response or ""
        if response in ("stream", "bytes"):
            return Response(headers={"content-type": "application/octet-stream"}, body=_STREAM)
        if not has_model(module, response):
            return Response.of_json([] if response.startswith("list[") else {})
        owner = owners[-1] if owners else self._owner(request)
        around = surroundings(self._tenancy)
        return Response.of_json(
            part_of(owner, model(module, response), around, seed=f"{operation.key}:{request.region}")
        )

    def _owner(self, request: Request) -> Resource:
        """The compartment that is asked about, or the first there is."""
        compartment = self._tenancy.resources.get(request.parameter("compartmentId") or "")
        if compartment is None:
            compartment = next(iter(self._tenancy.compartments), None)
        if compartment is None:
            raise not_found()
        return compartment

    def _check_compartment(self, request: Request) -> None:
        """Raises: ServiceError 404 for a compartment that the tenancy does not have."""
        compartment_id = request.parameter("compartmentId")
        if compartment_id in (None, self._tenancy.tenancy_id):
            return
        known = self._tenancy.resources.get(compartment_id or "")
        if known is None or known.resource_type != "Compartment":
            raise not_found()

    def _check_parents(
        self, request: Request, operation: Operation, parameters: Mapping[str, str]
    ) -> list[Resource]:
        """The resources that the path names, in its order.

        A parameter that cannot be a resource's (a name, a number) is let pass, but not as the end of a path.
        Raises: ServiceError 404 for one that is not there.
        """
        owners = []
        for name in operation.path_parameters:
            value, target = parameters[name], target_of(operation.client.module, name)
            if name == "namespaceName":
                if value != self._tenancy.namespace:
                    raise not_found()
            elif value != self._tenancy.tenancy_id and (target or value.startswith("ocid1.")):
                owners.append(self._visible(value, request.region, target))
        return owners

    def _visible(self, ocid: str, region: str, target: str | None) -> Resource:
        resource = self._tenancy.resources.get(ocid)
        if resource is None or is_member_elsewhere(resource) or not self._tenancy.is_readable(resource):
            raise not_found()
        if not resource.is_identity and resource.region != region:
            raise not_found()
        # Some types have two names, and one get.
        types = searchable_types()
        if target is not None and types[resource.resource_type].get != types[target].get:
            raise not_found()
        return resource


def _require(operation: Operation, request: Request) -> None:
    """Raises: ServiceError 400 where a required query parameter is missing or empty."""
    for name in operation.query:
        if name in operation.required and not request.parameter(name):
            raise ServiceError(400, "MissingParameter", f"The parameter {name} is required.")


class GeneratedBuckets:
    """The buckets that the tenancy was generated with: known by name, without objects."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._indexed: tuple[int, dict[tuple[str, str], Resource]] = (0, {})

    def bucket_details(self, namespace: str, name: str, region: str) -> dict[str, Any] | None:
        """The body of GetBucket, or None; the object storage service asks for it."""
        bucket = self._by_name().get((region, name))
        if bucket is None or namespace != self._tenancy.namespace:
            return None
        return details(bucket, self._tenancy)

    def _by_name(self) -> dict[tuple[str, str], Resource]:
        snapshot = self._tenancy.snapshot
        version, by_name = self._indexed
        if version != snapshot.version:
            by_name = {(r.region, r.display_name or ""): r for r in snapshot.of_type("Bucket")}
            self._indexed = (snapshot.version, by_name)
        return by_name
