"""Prints a resource as Search shows it: a ResourceSummary."""

from __future__ import annotations

from typing import Any

from emulator.tenancy.details import HOST_FIELDS, additional_details, service_time
from emulator.tenancy.invention import prints_milliseconds
from emulator.tenancy.oddities import MISSING_FIELDS
from emulator.tenancy.resource_types import TYPES
from emulator.tenancy.values import Resource


def item_of(resource: Resource, returned: tuple[str, ...] | None, namespace: str) -> dict[str, Any]:
    """A ResourceSummary as the API prints it; `returned` as in `Query`."""
    extra: dict[str, Any] = {}
    if returned is not None:
        extra = additional_details(resource, namespace=namespace)
        if returned:
            extra = {name: extra[name] for name in returned if name in extra}
    created = resource.time_created
    if created is None or prints_milliseconds(resource.resource_type):
        time_created = service_time(created)
    else:
        time_created = created.isoformat(timespec="microseconds")
    item = {
        "resourceType": resource.resource_type,
        "identifier": resource.ocid,
        "compartmentId": resource.compartment_id,
        "timeCreated": time_created,
        "displayName": resource.display_name,
        "availabilityDomain": resource.availability_domain,
        "lifecycleState": resource.lifecycle_state,
        "freeformTags": resource.freeform_tags,
        "definedTags": resource.defined_tags,
        "systemTags": resource.system_tags,
        "searchContext": None,
        "identityContext": _identity_context(resource),
        "additionalDetails": extra,
    }
    if MISSING_FIELDS in resource.oddities:
        return {name: value for name, value in item.items() if value is not None}
    return item


def _identity_context(resource: Resource) -> dict[str, str]:
    """Ids, besides its own, that reading a resource takes: of a Log its group's, of a Key its vault's."""
    host = HOST_FIELDS.get(resource.resource_type)
    return {
        reference.field.lstrip("_"): str(resource.references[reference.field])
        for reference in TYPES[resource.resource_type].references
        if (reference.parent or reference.field == host) and reference.field in resource.references
    }
