"""What a perfect inventory says about a tenancy, written from the generator's own state.

Nothing here goes through a service, so a service and an inventory that share a mistake do not agree with it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from emulator.identity_domains import domain_member_bodies
from emulator.sdk.types import searchable_types
from emulator.tenancy.details import details, is_in_inventory
from emulator.tenancy.edges import edges_of
from emulator.tenancy.oddities import UNREADABLE_TYPE, UNSEARCHED_TYPE
from emulator.tenancy.values import Resource, Tenancy


def truth_records(tenancy: Tenancy) -> Iterator[dict[str, Any]]:
    """Every resource of an inventory exactly once, sorted by (OCID, type); those without an OCID first.

    That is what Search finds and, of the types that it does not know, what services list. Members of identity
    domains are apart: `truth_domain_members`.

    Keys: `ocid, resourceType, displayName, compartmentId, region, lifecycleState, timeCreated`
    (RFC 3339 with microseconds and +00:00, or None), `availabilityDomain, freeformTags, definedTags,
    systemTags`, `readCall` (the SDK's operation whose GET answers for the type, or None), `body`, what it
    answers now, unredacted (None: no such call, or it answers 404), `readable` (False where it is 404
    although Search shows the resource alive), `edges`, the (field, OCID) pairs of what the resource hangs on,
    as far as the body shows them, and `oddities` (names of `emulator.tenancy.oddities`, sorted).
    """
    types = searchable_types()
    for resource in _sorted(tenancy):
        created = resource.time_created
        body = details(resource, tenancy)
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
            "body": body,
            "readable": tenancy.is_readable(resource),
            "edges": edges_of(resource, body),
            "oddities": oddities_of(resource, tenancy),
        }


def oddities_of(resource: Resource, tenancy: Tenancy) -> list[str]:
    """The names of what is unusual about a resource now."""
    found = set(resource.oddities)
    if resource.resource_type in tenancy.unreadable_types:
        found.add(UNREADABLE_TYPE)
    if resource.resource_type in tenancy.unsearched_types:
        found.add(UNSEARCHED_TYPE)
    return sorted(found)


def count_oddities(tenancy: Tenancy) -> Counter[str]:
    """How many of the resources of an inventory have each oddity."""
    return Counter(name for resource in _sorted(tenancy) for name in oddities_of(resource, tenancy))


def _sorted(tenancy: Tenancy) -> list[Resource]:
    shown = [resource for resource in tenancy.snapshot if is_in_inventory(resource, tenancy)]
    return sorted(shown, key=lambda r: (r.ocid or "", r.resource_type, r.ordinal))


def write_truth(tenancy: Tenancy, path: Path) -> None:
    """Write `truth_records` as JSON lines."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for record in truth_records(tenancy):
            stream.write(json.dumps(record, sort_keys=True, ensure_ascii=False) + "\n")


def truth_domain_members(tenancy: Tenancy) -> Iterator[dict[str, Any]]:
    """The users and groups of all identity domains but the default one, sorted by OCID.

    Keys as in `truth_records`, each as the domain's endpoint tells it: times in milliseconds, the compartment
    and the tags of the SCIM body. A user's `lifecycleState` is ACTIVE or INACTIVE by `active`, a group has
    none. `readCall` takes the body's `id`.
    """
    for member, body in sorted(domain_member_bodies(tenancy), key=lambda pair: pair[0].ocid or ""):
        kind, created = member.resource_type, body["meta"]["created"]
        state = None if "active" not in body else "ACTIVE" if body["active"] else "INACTIVE"
        moment = None if created is None else datetime.fromisoformat(created)
        yield {
            "ocid": body["ocid"],
            "resourceType": kind,
            "displayName": body["displayName"],
            "compartmentId": body["compartmentOcid"],
            "region": tenancy.home_region,
            "lifecycleState": state,
            "timeCreated": None if moment is None else moment.isoformat(timespec="microseconds"),
            "availabilityDomain": None,
            "freeformTags": dict(member.freeform_tags),
            "definedTags": {name: dict(tags) for name, tags in member.defined_tags.items()},
            "systemTags": {},
            "readCall": f"identity_domains.IdentityDomainsClient.get_{kind.lower()}",
            "body": body,
            "readable": True,
            "edges": edges_of(member, body),
            "oddities": oddities_of(member, tenancy),
        }


def truth_domains(tenancy: Tenancy) -> Iterator[dict[str, Any]]:
    """The identity domains by OCID, as the identity service lists them; keys as in `truth_records`."""
    for domain in sorted(tenancy.snapshot.of_type("Domain"), key=lambda one: one.ocid or ""):
        body = details(domain, tenancy)
        assert body is not None
        created = body["timeCreated"]
        moment = None if created is None else datetime.fromisoformat(created)
        yield {
            "ocid": domain.ocid,
            "resourceType": "Domain",
            "displayName": domain.display_name,
            "compartmentId": domain.compartment_id,
            "region": tenancy.home_region,
            "lifecycleState": body["lifecycleState"],
            "timeCreated": None if moment is None else moment.isoformat(timespec="microseconds"),
            "availabilityDomain": None,
            "freeformTags": dict(domain.freeform_tags),
            "definedTags": {name: dict(tags) for name, tags in domain.defined_tags.items()},
            "systemTags": {},
            "readCall": searchable_types()["Domain"].get,
            "body": body,
            "readable": True,
            "edges": edges_of(domain, body),
            "oddities": oddities_of(domain, tenancy),
        }
