"""Bodies of identity: what policies and rules say, and where a domain is."""

from __future__ import annotations

from random import Random
from typing import Any

from emulator.sdk.values import Surroundings
from emulator.tenancy.bodies.hosts import host_url
from emulator.tenancy.values import Resource


def domain_label(domain_id: str) -> str:
    """The first part of an identity domain's host name: `idcs-1f0e...`."""
    return f"idcs-{Random(domain_id).getrandbits(128):032x}.identity"


def domain(resource: Resource, _rng: Random, around: Surroundings) -> dict[str, Any]:
    """identity Domain; its URLs lead to its own SCIM endpoint."""
    url = host_url(domain_label(resource.ocid or ""), resource.region, around, regional=False)
    return {
        "url": url,
        "homeRegionUrl": url,
        "homeRegion": resource.region,
        "type": "DEFAULT" if resource.display_name == "Default" else "SECONDARY",
        "licenseType": "free",
    }


def policy(resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """identity Policy; it names its group by OCID."""
    group_id = resource.references.get("_groupId")
    subject = f"group id {group_id}" if group_id else "any-user"
    verb = rng.choice(("inspect", "read", "use", "manage"))
    family = rng.choice(("all-resources", "object-family", "virtual-network-family"))
    return {"statements": [f"Allow {subject} to {verb} {family} in tenancy"], "versionDate": None}


def dynamic_group(resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """identity DynamicGroup; its rule names a compartment by OCID."""
    compartment_id = resource.references.get("_compartmentId", resource.compartment_id)
    kind = rng.choice(("fnfunc", "instance"))
    return {"matchingRule": f"ALL {{resource.type = '{kind}', resource.compartment.id = '{compartment_id}'}}"}
