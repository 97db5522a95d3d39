"""Which resources a resource hangs on, by the generator's own choice and as far as its service shows it.

This is the truth that relationships are held against: what a body quotes without being a reference (in
texts, tags, metadata, configuration) is not among it, nor is where the resource lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.tenancy.values import Resource


def edges_of(resource: Resource, body: Mapping[str, Any] | None) -> list[list[str]]:
    """The pairs of (field, OCID) that `body`, the service's answer, shows of a resource, sorted and distinct.

    Fields are named as in `Resource.references`; those with an underscore count where a text or a rule of the
    body names the OCID, and not where the service's path alone does.
    """
    if body is None:
        return []
    shown = set(_shown(body))
    found = {
        (field, ocid)
        for field in resource.references
        for ocid in resource.named(field)
        if (field, ocid) in shown or (field.startswith("_") and any(ocid in text for _, text in shown))
    }
    found |= _to_its_own_place(resource)
    return sorted([field, ocid] for field, ocid in found if ocid != resource.ocid)


def _to_its_own_place(resource: Resource) -> set[tuple[str, str]]:
    """What the bodies written by hand name of a resource's own compartment or domain, and mean."""
    match resource.resource_type:
        case "Alarm":
            return {("metricCompartmentId", resource.compartment_id)}
        case "DynamicResourceGroup" if "_compartmentId" not in resource.references:
            return {("_compartmentId", resource.compartment_id)}
        case "User" | "Group" if resource.domain_id is not None:
            return {("domainOcid", resource.domain_id)}
    return set()


def _shown(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _shown(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _shown(item, field)
