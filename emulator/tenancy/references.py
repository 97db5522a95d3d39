"""Decides which resources a resource names: in the same region, and in the same VCN where it matters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from random import Random

from emulator.tenancy.details import is_final
from emulator.tenancy.resource_types import REFERENCED_TYPES, TYPES
from emulator.tenancy.values import Resource

References = dict[str, str | tuple[str, ...]]

# A VCN's parts are placed before what picks from them: gateways, route tables, subnets, then the rest.
_STAGE = {"RouteTable": 1, "Subnet": 2}


def placing_order(resource: Resource) -> int:
    """Sort key: resources must get their references in this order."""
    row = TYPES[resource.resource_type]
    in_vcn = any(reference.field == "vcnId" for reference in row.references)
    return _STAGE.get(row.name, 0 if in_vcn else 3)


class Targets:
    """The live resources that others can name."""

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self._in_region: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._in_vcn: dict[tuple[str, str], list[str]] = defaultdict(list)
        for resource in resources:
            self.add(resource)
            self.placed(resource)

    def add(self, resource: Resource) -> None:
        """Make a resource available to others in its region."""
        if (
            resource.resource_type in REFERENCED_TYPES
            and resource.ocid is not None
            and not is_final(resource)
        ):
            self._in_region[resource.region, resource.resource_type].append(resource.ocid)

    def placed(self, resource: Resource) -> None:
        """Make a resource that has its references available inside its VCN."""
        vcn_id = resource.references.get("vcnId")
        if isinstance(vcn_id, str) and resource.ocid is not None and not is_final(resource):
            self._in_vcn[vcn_id, resource.resource_type].append(resource.ocid)

    def choose(self, resource: Resource, rng: Random) -> References:
        """The resources that this one names; a field without a candidate is left out."""
        chosen: References = {}
        for reference in TYPES[resource.resource_type].references:
            if reference.optional and rng.random() < 0.5:
                continue
            vcn_id = chosen.get("vcnId", resource.ocid if resource.resource_type == "Vcn" else None)
            if reference.same_vcn or (reference.field == "_networkEntityId"):
                candidates = self._in_vcn.get((str(vcn_id), reference.target), [])
            else:
                candidates = self._in_region.get((resource.region, reference.target), [])
            if not candidates:
                continue
            if reference.many:
                chosen[reference.field] = tuple(
                    rng.sample(candidates, k=min(len(candidates), rng.randint(1, 2)))
                )
            else:
                chosen[reference.field] = rng.choice(candidates)
        return chosen
