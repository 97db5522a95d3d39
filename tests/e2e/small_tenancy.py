"""The tenancy of these tests: generated, with more of what is hard to tell apart than chance would bring."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from emulator.tenancy import Tenancy, generate
from emulator.tenancy.details import READ_CALLS, is_final
from emulator.tenancy.resource_types import REFERENCED_TYPES
from emulator.tenancy.values import Resource


def small_tenancy(seed: int = 11) -> Tenancy:
    """280 resources of 60 types in four regions; in two of them some have no OCID, no time, or neither."""
    tenancy = generate(seed=seed, resources=280, regions=4, types=60, now=datetime.now(UTC))
    changed: dict[int, Resource] = {}
    for region in tenancy.ready_regions[:2]:
        timeless, other, third, twin, same_twin, named, unnamed = [
            resource
            for resource in tenancy.resources.values()
            if resource.region == region and _is_plain(resource)
        ][:7]
        changed |= {
            resource.ordinal: resource
            for resource in (
                *(replace(each, time_created=None) for each in (timeless, other, third)),
                # Search shows these two exactly alike.
                replace(twin, ocid=None, time_created=None),
                replace(twin, ocid=None, time_created=None, ordinal=same_twin.ordinal),
                # And these two at the same instant.
                replace(unnamed, ocid=None, time_created=named.time_created),
            )
        }
    return Tenancy(
        tenancy_id=tenancy.tenancy_id,
        name=tenancy.name,
        realm=tenancy.realm,
        namespace=tenancy.namespace,
        regions=tenancy.regions,
        type_names=tenancy.type_names,
        resources=[changed.get(resource.ordinal, resource) for resource in tenancy.snapshot],
    )


def _is_plain(resource: Resource) -> bool:
    """Regional, alive, named by no other resource, and shown by Search alone."""
    return not (
        resource.is_identity
        or is_final(resource)
        or resource.resource_type in REFERENCED_TYPES
        or resource.resource_type in READ_CALLS
    )
