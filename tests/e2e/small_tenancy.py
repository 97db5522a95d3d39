"""The tenancy of these tests: generated, with more of what is hard to tell apart than chance would bring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime

from emulator.tenancy import Tenancy, generate
from emulator.tenancy.details import is_final
from emulator.tenancy.mix import DEFAULT_MIX
from emulator.tenancy.references import named_by
from emulator.tenancy.values import Resource
from tests.e2e.expected import readable_types

#: More resources of one instant than a page holds.
BATCH = 30
_UNREAD = {
    name: 5.0
    for name in list(DEFAULT_MIX.weights)[:60]
    if name != "Compartment" and name not in readable_types()
}


def small_tenancy(seed: int = 11) -> Tenancy:
    """280 resources of 60 types in four regions; in the first two some have no OCID, no time, or neither, and
    many of the home region were created at the same instant."""
    tenancy = generate(
        seed=seed,
        resources=280,
        regions=4,
        types=60,
        compartments=12,
        # The home region has the most, and so several pages more than the others. Only of what no service
        # reads can any resource be taken for any other.
        mix=replace(DEFAULT_MIX, is_even=False, weights={**DEFAULT_MIX.weights, **_UNREAD}),
        now=datetime.now(UTC),
    )
    named = {ocid for resource in tenancy.snapshot for ocid in named_by(resource)}
    changed: dict[int, Resource] = {}
    for region in tenancy.ready_regions[:2]:
        regional = [resource for resource in tenancy.resources.values() if resource.region == region]
        plain = [resource for resource in regional if _is_plain(resource, named)]
        changed |= {resource.ordinal: resource for resource in _hard_to_tell_apart(plain[:5])}
        if region == tenancy.home_region:
            others = [resource for resource in regional if resource not in plain and not resource.is_identity]
            changed |= {resource.ordinal: resource for resource in _batch(others, plain[5:])}
    return Tenancy(
        tenancy_id=tenancy.tenancy_id,
        name=tenancy.name,
        realm=tenancy.realm,
        namespace=tenancy.namespace,
        regions=tenancy.regions,
        type_names=tenancy.type_names,
        resources=[changed.get(resource.ordinal, resource) for resource in tenancy.snapshot],
    )


def _hard_to_tell_apart(plain: Sequence[Resource]) -> Iterator[Resource]:
    """Without times; two of them without OCID too, and shown by Search exactly alike."""
    one, other, third, twin, same_twin = plain
    yield from (replace(each, time_created=None) for each in (one, other, third))
    yield replace(twin, ocid=None, time_created=None)
    yield replace(twin, ocid=None, time_created=None, ordinal=same_twin.ordinal)


def _batch(others: Sequence[Resource], plain: Sequence[Resource]) -> Iterator[Resource]:
    """Created at one instant in the middle of all; three of them without OCID, two of these alike."""
    times = sorted(resource.time_created for resource in (*others, *plain) if resource.time_created)
    # Search prints the times of some types to the millisecond.
    moment = times[len(times) // 2].replace(microsecond=0)
    one, twin, same_twin = plain[:3]
    yield replace(one, ocid=None, time_created=moment)
    yield replace(twin, ocid=None, time_created=moment)
    yield replace(twin, ocid=None, time_created=moment, ordinal=same_twin.ordinal)
    yield from (replace(each, time_created=moment) for each in others[: BATCH - 3])


def _is_plain(resource: Resource, named: Set[str]) -> bool:
    """Regional, alive, named by no other resource, and known from Search alone."""
    return not (
        resource.is_identity
        or is_final(resource)
        or resource.ocid in named
        or resource.resource_type in readable_types()
    )
