"""The SCIM endpoints of identity domains: users and groups, each domain's own.

The identity service lists domains with their `url`; a domain answers there and nowhere else. Members of the
default domain are those that the identity service and Search show; the others' are shown here alone.
All attributes are those that are returned by default, whatever `attributes` and `attributeSets` ask for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from emulator.paging import fingerprint, limit_of, read_token, write_token
from emulator.sdk.values import service_time
from emulator.tenancy.bodies.iam import domain_label
from emulator.tenancy.values import Resource, Tenancy
from emulator.wire import Principal, Request, Response, ServiceError, not_found

_CORE = "urn:ietf:params:scim:schemas:core:2.0:"
_TAGS = "urn:ietf:params:scim:schemas:oracle:idcs:extension:OCITags"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_KINDS = {"Users": "User", "Groups": "Group"}
_DEFAULT_COUNT = 50
_FILTER = re.compile(r'\s*([\w.]+)\s+(eq|sw|co)\s+"([^"]*)"\s*')


class IdentityDomains:
    """Answers at every label `idcs-<guid>.identity`."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    def handle(self, request: Request, principal: Principal) -> Response:  # noqa: ARG002
        """Answer a search for users or groups, or the GET of one by its id or OCID.

        Raises: ServiceError 400 for a filter that is not understood, 404 for what is not there.
        """
        domain = self._domain(request.service)
        match request.method, request.segments():
            case "GET", ["admin", "v1", kind] if kind in _KINDS:
                return self._search(domain, kind, request)
            case "GET", ["admin", "v1", kind, key] if kind in _KINDS:
                for member in self._members(domain, kind):
                    if key in (member.ocid, _scim_id(member)):
                        return _scim_answer(_body(member, domain, self._tenancy))
        raise not_found()

    def _domain(self, label: str) -> Resource:
        for domain in self._tenancy.snapshot.of_type("Domain"):
            if domain_label(domain.ocid or "") == label and self._tenancy.is_readable(domain):
                return domain
        raise not_found()

    def _members(self, domain: Resource, kind: str) -> list[Resource]:
        return _members(domain, _KINDS[kind], self._tenancy)

    def _search(self, domain: Resource, kind: str, request: Request) -> Response:
        wanted = _filter(request.parameter("filter"))
        bodies = [_body(member, domain, self._tenancy) for member in self._members(domain, kind)]
        found = [body for body in bodies if wanted(body)]
        headers = {}
        if request.parameter("limit") or request.parameter("page"):
            limit = limit_of(request, default=_DEFAULT_COUNT)
            bound_to = fingerprint(request.service, kind, request.parameter("filter"))
            token = request.parameter("page")
            start = read_token(token, bound_to=bound_to)["start"] if token else 0
            if start + limit < len(found):
                headers["opc-next-page"] = write_token(bound_to=bound_to, start=start + limit)
        else:
            start = max(_number(request, "startIndex", 1), 1) - 1
            limit = min(max(_number(request, "count", _DEFAULT_COUNT), 0), 1000)
        page = found[start : start + limit]
        answer = {
            "schemas": [_LIST],
            "totalResults": len(found),
            "startIndex": start + 1,
            "itemsPerPage": len(page),
            "Resources": page,
        }
        return _scim_answer(answer, headers)


def domain_member_bodies(tenancy: Tenancy) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """The members of all domains but the default one, and what their domain's endpoint tells of each."""
    for domain in tenancy.snapshot.of_type("Domain"):
        if domain.display_name == "Default" or not tenancy.is_readable(domain):
            continue
        for kind in _KINDS.values():
            for member in _members(domain, kind, tenancy):
                yield member, _body(member, domain, tenancy)


def _members(domain: Resource, type_name: str, tenancy: Tenancy) -> list[Resource]:
    owner = None if domain.display_name == "Default" else domain.ocid
    return [r for r in tenancy.snapshot.of_type(type_name) if r.domain_id == owner]


def _body(member: Resource, domain: Resource, tenancy: Tenancy) -> dict[str, Any]:
    created = service_time(member.time_created)
    body: dict[str, Any] = {
        "id": _scim_id(member),
        "ocid": member.ocid,
        "schemas": [f"{_CORE}{member.resource_type}"],
        "domainOcid": domain.ocid,
        "compartmentOcid": domain.compartment_id,
        "tenancyOcid": tenancy.tenancy_id,
        "displayName": member.display_name,
        "meta": {"resourceType": member.resource_type, "created": created, "lastModified": created},
    }
    if member.resource_type == "User":
        email = f"user{member.ordinal}@example.com"
        body |= {
            "userName": member.display_name,
            "active": (member.lifecycle_state or "").upper() == "ACTIVE",
            "emails": [{"value": email, "type": "work", "primary": True, "verified": True}],
        }
    if member.freeform_tags or member.defined_tags:
        body["schemas"].append(_TAGS)
        body[_TAGS] = {
            "freeformTags": [{"key": key, "value": value} for key, value in member.freeform_tags.items()],
            "definedTags": [
                {"namespace": namespace, "key": key, "value": value}
                for namespace, tags in member.defined_tags.items()
                for key, value in tags.items()
            ],
        }
    return body


def _scim_id(member: Resource) -> str:
    return f"{Random(member.ocid).getrandbits(128):032x}"


def _scim_answer(value: Any, headers: dict[str, str] | None = None) -> Response:
    return Response.of_json(value, headers={"content-type": "application/scim+json", **(headers or {})})


def _number(request: Request, name: str, default: int) -> int:
    text = request.parameter(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise ServiceError(400, "InvalidParameter", f"{name} must be a number.") from None


def _filter(text: str | None) -> Callable[[dict[str, Any]], bool]:
    """SCIM's filters with one comparison of a text."""
    if text is None:
        return lambda _body: True
    match = _FILTER.fullmatch(text)
    if match is None:
        raise ServiceError(400, "InvalidParameter", f"The filter {text!r} is not understood.")
    name, operator, value = match[1], match[2], match[3].lower()

    def suits(body: dict[str, Any]) -> bool:
        known = str(body.get(name, "")).lower()
        if operator == "eq":
            return known == value
        return known.startswith(value) if operator == "sw" else value in known

    return suits
