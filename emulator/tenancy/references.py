"""Decides which resources a resource names: in the same region, and in the same VCN where it matters.

What lives in the home region is named from everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from random import Random

from emulator.tenancy.details import is_final
from emulator.tenancy.resource_types import HOME_TYPES, REFERENCED_TYPES, TYPES
from emulator.tenancy.values import Resource

References = dict[str, str | tuple[str, ...]]

# A VCN's parts are placed before what picks from them: gateways, route tables, subnets, then the rest.
_STAGES = {
    "DHCPOptions": 0,
    "InternetGateway": 0,
    "NetworkSecurityGroup": 0,
    "SecurityList": 0,
    "RouteTable": 1,
    "Subnet": 2,
}
_LAST_STAGE = 3


def placing_order(resource: Resource) -> int:
    """Sort key: resources must get their references in this order."""
    return _STAGES.get(resource.resource_type, _LAST_STAGE)


class Targets:
    """The live resources that others can name, except members of identity domains."""

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._in_region: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._in_vcn: dict[tuple[str, str], list[str]] = defaultdict(list)
        for resource in resources:
            self.add(resource)
            self.placed(resource)

    def add(self, resource: Resource) -> None:
        """Make a resource available to others in its region."""
        if resource.resource_type in REFERENCED_TYPES and _can_be_named(resource):
            region = "" if resource.resource_type in HOME_TYPES else resource.region
            self._in_region[region, resource.resource_type].append(str(resource.ocid))

    def placed(self, resource: Resource) -> None:
        """Make a resource that has its references available inside its VCN."""
        vcn_id = resource.references.get("vcnId")
        if isinstance(vcn_id, str) and resource.resource_type in _STAGES and _can_be_named(resource):
            self._in_vcn[vcn_id, resource.resource_type].append(str(resource.ocid))

    def choose(self, resource: Resource, rng: Random) -> References:
        """The resources that this one names, never itself; a field without a candidate is left out."""
        chosen: References = {}
        for reference in TYPES[resource.resource_type].references:
            if reference.optional and rng.random() < 0.5:
                continue
            if reference.same_vcn or reference.field == "_networkEntityId":
                vcn_id = chosen.get("vcnId", resource.ocid if resource.resource_type == "Vcn" else None)
                candidates = self._in_vcn.get((str(vcn_id), reference.target))
            else:
                region = "" if reference.target in HOME_TYPES else resource.region
                candidates = self._in_region.get((region, reference.target))
            if not candidates:
                continue
            if reference.many:
                count = min(len(candidates), 1 + (rng.random() < 0.5))
                named = tuple(rng.sample(candidates, k=count))
                if resource.ocid not in named:
                    chosen[reference.field] = named
            else:
                one = rng.choice(candidates)
                if one != resource.ocid:
                    chosen[reference.field] = one
        return chosen


def _can_be_named(resource: Resource) -> bool:
    return (
        resource.ocid is not None
        and not is_final(resource)
        and not resource.is_gone
        and resource.is_searchable
    )


def named_by(resource: Resource) -> Iterable[str]:
    """The OCIDs that a resource's references and its place name."""
    yield resource.compartment_id
    for named in resource.references.values():
        if isinstance(named, str):
            yield named
        else:
            yield from named
