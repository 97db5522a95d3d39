"""Decides which resources a service's GET answers, where, and with what body.

The body is computed from the resource each time: nothing is stored twice and nothing can disagree. Calls and
most of each body are derived from the installed SDK; `emulator.tenancy.bodies` says what derivation cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any
from urllib.parse import quote

from emulator.sdk.bodies import body_of, plan_of
from emulator.sdk.operations import Operation
from emulator.sdk.types import (
    Reference,
    get_operation,
    parent_parameters,
    searchable_types,
    shown_model,
    target_of,
)
from emulator.sdk.values import Surroundings, service_time
from emulator.tenancy.bodies import OVERLAYS
from emulator.tenancy.bodies.platform import vault_label
from emulator.tenancy.resource_types import TYPES
from emulator.tenancy.values import Resource, Tenancy

__all__ = [
    "HOST_FIELDS",
    "READ_CALLS",
    "ReadCall",
    "additional_details",
    "details",
    "is_answered",
    "is_final",
    "is_in_inventory",
    "is_member_elsewhere",
    "read_path",
    "read_query",
    "service_time",
    "surroundings",
]

#: Types that are read at a host of another resource: the field that names it.
HOST_FIELDS: Mapping[str, str] = {"Key": "vaultId"}
# Deleted ones of these answer like the living for a while; of the core services nothing else does.
_REMEMBERED = frozenset({"Instance", "Volume", "BlockVolume", "BootVolume"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCall:
    """The GET of one type: `service` is the endpoint's first label.

    `forgets`: deleted resources answer 404 although Search still lists them for a while.
    `revisable`: the body has a field that can change without Search showing it.
    """

    service: str
    operation: Operation
    forgets: bool
    revisable: bool

    @property
    def collection(self) -> str:
        """The path before the id; parents are in it as `{logGroupId}`."""
        return self.operation.path.rpartition("/")[0]

    @property
    def path_pattern(self) -> str:
        """A regular expression that the paths of this GET match from end to end."""
        return re.sub(r"\{\w+\}", "[^/]+", f"^{self.operation.path}$")


class _ReadCalls(Mapping[str, ReadCall]):
    """The calls by type name, each derived when it is first asked for."""

    def __getitem__(self, type_name: str) -> ReadCall:
        call = _read_call(type_name)
        if call is None:
            raise KeyError(type_name)
        return call

    def __iter__(self) -> Iterator[str]:
        return (name for name, row in searchable_types().items() if row.get is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


READ_CALLS: Mapping[str, ReadCall] = _ReadCalls()


@cache
def _read_call(type_name: str) -> ReadCall | None:
    call = get_operation(type_name) if type_name in searchable_types() else None
    if call is None:
        return None
    shown = shown_model(type_name)
    assert shown is not None
    overlay = OVERLAYS.get(type_name)
    return ReadCall(
        service=call.client.label,
        operation=call,
        forgets=call.client.module == "core" and type_name not in _REMEMBERED,
        revisable=(overlay is not None and overlay.revises)
        or plan_of(shown.module, shown.name, type_name).is_revisable,
    )


def is_final(resource: Resource) -> bool:
    """Whether the resource is deleted and only lingers in Search."""
    final_state = searchable_types()[resource.resource_type].final_state
    state = resource.lifecycle_state
    return final_state is not None and state is not None and state.upper() == final_state.upper()


def is_member_elsewhere(resource: Resource) -> bool:
    """Whether it is a user or group that only its identity domain's own endpoint shows."""
    return resource.domain_id not in (None, resource.ocid)


def surroundings(tenancy: Tenancy) -> Surroundings:
    """What bodies may say of a tenancy."""
    return Surroundings(
        tenancy_id=tenancy.tenancy_id,
        namespace=tenancy.namespace,
        endpoint_template=tenancy.endpoint_template,
    )


def details(resource: Resource, tenancy: Tenancy) -> dict[str, Any] | None:
    """The body of the service's GET, or None where there is no such call or it answers 404."""
    if not is_answered(resource, tenancy) or read_path(resource, tenancy) is None:
        return None
    return _body(resource, surroundings(tenancy))


def is_answered(resource: Resource, tenancy: Tenancy) -> bool:
    """Whether its service knows the resource, shows it to the reader, and has a GET for its type."""
    if resource.ocid is None or not tenancy.is_readable(resource) or is_member_elsewhere(resource):
        return False
    call = READ_CALLS.get(resource.resource_type)
    return call is not None and not (call.forgets and is_final(resource))


def is_in_inventory(resource: Resource, tenancy: Tenancy) -> bool:
    """Whether a perfect inventory has the resource: Search shows it, or its service does and lists its type.

    Members of identity domains are told apart: `emulator.truth.truth_domain_members`.
    """
    if not resource.is_searchable or resource.resource_type not in tenancy.unsearched_types:
        return resource.is_searchable
    is_listed = searchable_types()[resource.resource_type].list is not None
    return is_listed and is_answered(resource, tenancy) and read_path(resource, tenancy) is not None


def _body(resource: Resource, around: Surroundings) -> dict[str, Any] | None:
    call = READ_CALLS.get(resource.resource_type)
    if call is None or (call.forgets and is_final(resource)):
        return None
    shown = shown_model(resource.resource_type)
    assert shown is not None
    overlay = OVERLAYS.get(resource.resource_type)
    if overlay is None:
        return body_of(resource, shown, around)
    body = body_of(resource, shown, around, revision=0 if overlay.revises else None)
    return body | overlay.build(resource, Random(f"{resource.ordinal}+{resource.ocid}"), around)


def additional_details(resource: Resource, *, namespace: str) -> dict[str, Any]:
    """What Search adds on `return allAdditionalFields`: the references and a few fields of the body."""
    found: dict[str, Any] = {
        field: list(named) if isinstance(named, tuple) else named
        for field, named in resource.references.items()
        if not field.startswith("_")
    }
    wanted = TYPES[resource.resource_type].from_body
    if wanted:
        around = Surroundings(tenancy_id=None, namespace=namespace, endpoint_template=None)
        body = _body(resource, around) or {}
        found |= {field: body[field] for field in wanted if field in body}
    return found


def read_path(resource: Resource, tenancy: Tenancy) -> tuple[str, str] | None:
    """The service label and the path of the resource's own GET; None where it has none.

    A resource whose parent was not chosen cannot be addressed. Few GETs need `read_query` too.
    """
    call = READ_CALLS.get(resource.resource_type)
    if call is None or resource.ocid is None:
        return None
    parents = {name: parent_of(resource, name, tenancy) for name in parent_parameters(call.operation)}
    last = call.operation.path_parameters[-1]
    path = call.operation.path
    for name, value in (parents | {last: _last(resource, last)}).items():
        if value is None:
            return None
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return read_label(resource, call), path


def _last(resource: Resource, parameter: str) -> str | None:
    return resource.display_name if parameter == "bucketName" else resource.ocid


def read_query(resource: Resource, tenancy: Tenancy) -> dict[str, str | None]:
    """The query parameters that the resource's own GET requires."""
    call = READ_CALLS[resource.resource_type].operation
    return {
        name: parent_of(resource, name, tenancy)
        for name in parent_parameters(call)
        if name not in call.path_parameters
    }


def read_label(resource: Resource, call: ReadCall) -> str:
    """The label that answers for a resource: a key's is its own vault's, all others' the service's."""
    field = HOST_FIELDS.get(resource.resource_type)
    vault_id = resource.references.get(field) if field else None
    return vault_label(vault_id, "management") if isinstance(vault_id, str) else call.service


def parent_of(resource: Resource, parameter: str, tenancy: Tenancy) -> str | None:
    """What a parameter of its GET other than the id must be for this resource."""
    if parameter == "namespaceName":
        return tenancy.namespace
    if parameter == "compartmentId":
        return resource.compartment_id
    row = searchable_types()[resource.resource_type]
    call = get_operation(resource.resource_type)
    target = target_of(call.client.module, parameter) if call else None
    return next((_named(resource, r) for r in row.references if r.parent and r.target == target), None)


def _named(resource: Resource, reference: Reference) -> str | None:
    named = resource.references.get(reference.field)
    return named if isinstance(named, str) else None
