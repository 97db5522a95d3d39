"""What a perfect inventory says about a tenancy, written from the generator's own state.

Nothing here goes through a service, so a service and an inventory that share a mistake do not agree with it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emulator.sdk.types import searchable_types
from emulator.tenancy.details import details
from emulator.tenancy.oddities import UNREADABLE_TYPE
from emulator.tenancy.values import Resource, Tenancy


def truth_records(tenancy: Tenancy) -> Iterator[dict[str, Any]]:
    """Every resource that Search finds exactly once, sorted by (OCID, type); those without an OCID first.

    Keys: `ocid, resourceType, displayName, compartmentId, region, lifecycleState, timeCreated`
    (RFC 3339 with microseconds and +00:00, or None), `availabilityDomain, freeformTags, definedTags,
    systemTags`, `readCall` (the SDK's operation whose GET answers for the type, or None), `body`, what it
    answers now, unredacted (None: no such call, or it answers 404), `readable` (False where it is 404
    although Search shows the resource alive), and `oddities` (names of `emulator.tenancy.oddities`, sorted).
    """
    types = searchable_types()
    for resource in _sorted(tenancy):
        created = resource.time_created
        yield {
            "ocid": resource.ocid,
            "resourceType": resource.resource_type,
            "displayName": resource.display_name,
            "compartmentId": resource.compartment_id,
            "region": resource.region,
            "lifecycleState": resource.lifecycle_state,
            "timeCreated": None if created is None else created.isoformat(timespec="microseconds"),
            "availabilityDomain": resource.availability_domain,
            "freeformTags": dict(resource.freeform_tags),
            "definedTags": {name: dict(tags) for name, tags in resource.defined_tags.items()},
            "systemTags": {name: dict(tags) for name, tags in resource.system_tags.items()},
            "readCall": None if resource.ocid is None else types[resource.resource_type].get,
            "body": details(resource, tenancy),
            "readable": tenancy.is_readable(resource),
            "oddities": oddities_of(resource, tenancy),
        }


def oddities_of(resource: Resource, tenancy: Tenancy) -> list[str]:
    """The names of what is unusual about a resource now."""
    found = set(resource.oddities)
    if resource.resource_type in tenancy.unreadable_types:
        found.add(UNREADABLE_TYPE)
    return sorted(found)


def count_oddities(tenancy: Tenancy) -> Counter[str]:
    """How many of the resources that Search finds have each oddity."""
    return Counter(name for resource in _sorted(tenancy) for name in oddities_of(resource, tenancy))


def _sorted(tenancy: Tenancy) -> list[Resource]:
    shown = [resource for resource in tenancy.snapshot if resource.is_searchable]
    return sorted(shown, key=lambda r: (r.ocid or "", r.resource_type, r.ordinal))


def write_truth(tenancy: Tenancy, path: Path) -> None:
    """Write `truth_records` as JSON lines."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for record in truth_records(tenancy):
            stream.write(json.dumps(record, sort_keys=True, ensure_ascii=False) + "\n")
