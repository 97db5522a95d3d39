"""What a perfect inventory says about a tenancy, written from the generator's own state.

Nothing here goes through a service, so a service and an inventory that share a mistake do not agree with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emulator.tenancy.details import READ_CALLS, details
from emulator.tenancy.values import Tenancy


def truth_records(tenancy: Tenancy) -> Iterator[dict[str, Any]]:
    """Every resource exactly once, sorted by (OCID, type); those without an OCID first.

    Keys: `ocid, resourceType, displayName, compartmentId, region, lifecycleState, timeCreated`
    (RFC 3339 with microseconds and +00:00, or None), `availabilityDomain, freeformTags, definedTags,
    systemTags`, `readService` (the service whose GET answers for the type, or None), and `body`, what it
    answers now, unredacted (None: no such call, or it answers 404).
    """
    records = sorted(tenancy.snapshot, key=lambda r: (r.ocid or "", r.resource_type, r.ordinal))
    for resource in records:
        call = READ_CALLS.get(resource.resource_type) if resource.ocid is not None else None
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
            "readService": None if call is None else call.service,
            "body": details(resource, namespace=tenancy.namespace),
        }


def write_truth(tenancy: Tenancy, path: Path) -> None:
    """Write `truth_records` as JSON lines."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for record in truth_records(tenancy):
            stream.write(json.dumps(record, sort_keys=True, ensure_ascii=False) + "\n")
