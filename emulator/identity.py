"""The identity service: tenancy, region subscriptions, compartments, and the GETs of identity resources.

Every region's endpoint answers alike.
"""

from __future__ import annotations

from typing import Any

from emulator.paging import fingerprint, limit_of, read_token, write_token
from emulator.reads import ReadService
from emulator.tenancy.details import details
from emulator.tenancy.regions import REGIONS_BY_REALM, availability_domains
from emulator.tenancy.values import Tenancy
from emulator.wire import Principal, Request, Response, ServiceError, not_found

_STATES = frozenset({"CREATING", "ACTIVE", "INACTIVE", "DELETING", "DELETED"})
# Not documented; 100 is what the service is seen to use.
_DEFAULT_LIMIT = 100


class IdentityService:
    """Read calls of the identity service, API version 20160918."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._reads = ReadService(tenancy)

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer one request. Raises: ServiceError 400, 401 or 404."""
        tenancy = self._tenancy
        tenancy.require_ready(request.region)
        if request.method != "GET":
            raise not_found()
        match request.segments():
            case ["20160918", "tenancies", tenancy.tenancy_id]:
                return Response.of_json(self._tenancy_body())
            case ["20160918", "tenancies", tenancy.tenancy_id, "regionSubscriptions"]:
                return Response.of_json(
                    [
                        {
                            "regionKey": region.key,
                            "regionName": region.name,
                            "status": region.status,
                            "isHomeRegion": region.is_home,
                        }
                        for region in tenancy.regions
                    ]
                )
            case ["20160918", "regions"]:
                known = REGIONS_BY_REALM[tenancy.realm]
                return Response.of_json([{"key": region.key, "name": region.name} for region in known])
            case ["20160918", "availabilityDomains"]:
                return Response.of_json(self._availability_domains(request))
            case ["20160918", "faultDomains"]:
                return Response.of_json(self._fault_domains(request))
            case ["20160918", "compartments"]:
                return self._list_compartments(request)
            case ["20160918", "compartments", tenancy.tenancy_id]:
                return Response.of_json(self._root_body())
            case _:
                return self._reads.handle(request, principal)

    def _availability_domains(self, request: Request) -> list[dict[str, Any]]:
        return [
            {"name": name, "id": None, "compartmentId": _compartment_id(request)}
            for name in availability_domains(request.region)
        ]

    def _fault_domains(self, request: Request) -> list[dict[str, Any]]:
        domain = request.parameter("availabilityDomain")
        if domain not in availability_domains(request.region):
            raise not_found()
        return [
            {
                "name": f"FAULT-DOMAIN-{number}",
                "id": None,
                "compartmentId": _compartment_id(request),
                "availabilityDomain": domain,
            }
            for number in (1, 2, 3)
        ]

    def _tenancy_body(self) -> dict[str, Any]:
        home = next(region for region in self._tenancy.regions if region.is_home)
        return {
            "id": self._tenancy.tenancy_id,
            "name": self._tenancy.name,
            "description": self._tenancy.name,
            "homeRegionKey": home.key,
            "upiIdcsCompatibilityLayerEndpoint": None,
            "freeformTags": {},
            "definedTags": {},
        }

    def _root_body(self) -> dict[str, Any]:
        return {
            "id": self._tenancy.tenancy_id,
            "compartmentId": self._tenancy.tenancy_id,
            "name": self._tenancy.name,
            "description": "The root Compartment of the tenancy",
            "timeCreated": "2020-01-01T00:00:00.000Z",
            "lifecycleState": "ACTIVE",
            "isAccessible": True,
            "freeformTags": {},
            "definedTags": {},
        }

    def _list_compartments(self, request: Request) -> Response:
        """Direct children, or with `compartmentIdInSubtree` on the tenancy all; never the root itself."""
        tenancy = self._tenancy
        parent = _compartment_id(request)
        subtree = _flag(request, "compartmentIdInSubtree")
        if subtree and parent != tenancy.tenancy_id:
            raise ServiceError(
                400,
                "InvalidParameter",
                "compartmentIdInSubtree can only be true for the tenancy's root compartment.",
            )
        state = (request.parameter("lifecycleState") or "").upper()
        if state and state not in _STATES:
            raise ServiceError(400, "InvalidParameter", f"Unknown lifecycleState {state!r}.")
        if request.parameter("accessLevel") not in {None, "ANY", "ACCESSIBLE"}:
            raise ServiceError(400, "InvalidParameter", "accessLevel must be ANY or ACCESSIBLE.")
        compartments = tenancy.compartments
        if parent != tenancy.tenancy_id and parent not in {c.ocid for c in compartments}:
            raise not_found()
        name = request.parameter("name")
        found = [
            c
            for c in sorted(compartments, key=lambda c: (c.display_name or "", c.ocid or ""))
            if (subtree or c.compartment_id == parent)
            and (not state or c.lifecycle_state == state)
            and (name is None or c.display_name == name)
        ]
        limit = limit_of(request, default=_DEFAULT_LIMIT)
        bound_to = fingerprint("compartments", parent, subtree, state, name)
        token = request.parameter("page")
        start = read_token(token, bound_to=bound_to)["start"] if token else 0
        headers = {}
        if start + limit < len(found):
            headers["opc-next-page"] = write_token(bound_to=bound_to, start=start + limit)
        page = found[start : start + limit]
        return Response.of_json([details(c, tenancy) for c in page], headers=headers)


def _compartment_id(request: Request) -> str:
    compartment_id = request.parameter("compartmentId")
    if compartment_id is None:
        raise ServiceError(400, "MissingParameter", "compartmentId is required.")
    return compartment_id


def _flag(request: Request, name: str) -> bool:
    text = (request.parameter(name) or "false").lower()
    if text not in {"true", "false"}:
        raise ServiceError(400, "InvalidParameter", f"{name} must be true or false.")
    return text == "true"
