"""What is known of a resource that Search does not show: what its service's answer tells, and no more.

So an inventory that lists the service can know all that the truth says.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from emulator.sdk.bodies import CREATION_FIELDS, NAME_FIELDS
from emulator.sdk.types import shown_model, state_field
from emulator.tenancy.values import Resource

_NO_TAGS: dict[str, dict[str, str]] = {}


def as_its_service_tells(resource: Resource) -> Resource:
    """The resource with its time in milliseconds, its state as the service spells it, and nothing hidden.

    What the service's model has no field for (name, tags, state, time) is not there. Without a model the
    resource stays as it is: nothing shows it.
    """
    shown = shown_model(resource.resource_type)
    if shown is None:
        return resource
    fields, state, moment = shown.fields, state_field(shown), resource.time_created
    if moment is not None:
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    spelling = {value.upper(): value for value in state.allowed} if state else {}
    known = (resource.lifecycle_state or "").upper()
    return replace(
        resource,
        display_name=resource.display_name if _any(NAME_FIELDS, fields) else None,
        lifecycle_state=spelling.get(known, known) if state and known else None,
        time_created=moment if _any(CREATION_FIELDS, fields) else None,
        freeform_tags=resource.freeform_tags if "freeformTags" in fields else {},
        defined_tags=resource.defined_tags if "definedTags" in fields else _NO_TAGS,
        system_tags=resource.system_tags if "systemTags" in fields else _NO_TAGS,
        availability_domain=resource.availability_domain if "availabilityDomain" in fields else None,
    )


def _any(names: tuple[str, ...], fields: Collection[str]) -> bool:
    return any(name in fields for name in names)
