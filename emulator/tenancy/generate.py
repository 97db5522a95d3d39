"""Generates a tenancy from a seed: regions, nested compartments, and a realistic mix of resource types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from emulator.tenancy.details import READ_CALLS, is_final
from emulator.tenancy.invention import Inventor, unique_part
from emulator.tenancy.references import Targets, placing_order
from emulator.tenancy.regions import REGIONS_BY_REALM
from emulator.tenancy.resource_types import REFERENCED_TYPES, TYPES
from emulator.tenancy.values import RegionSubscription, Resource, Tenancy

# What every region has at least, so that the rest can name it.
_KIT = (
    "Vcn",
    "Subnet",
    "RouteTable",
    "SecurityList",
    "DHCPOptions",
    "InternetGateway",
    "Image",
    "Vault",
    "Key",
)
_COMPARTMENT_NAMES = (
    "Production",
    "Entwicklung-Köln",
    "ネットワーク",
    "shared-services",
    "Données",
    "security",
    "sandbox",
    "Ольга-tests",
)


def generate(
    *,
    seed: int,
    resources: int,
    now: datetime,
    regions: int = 4,
    types: int = 60,
    realm: str = "oc1",
    compartments: int = 12,
    without_ocid: int = 3,
    deleted_share: float = 0.03,
    region_in_progress: bool = False,
    tenancy_id: str | None = None,
) -> Tenancy:
    """A tenancy with exactly `resources` resources, compartments included, the same for the same arguments.

    `types` different resource types occur, in every region what others refer to, if `resources` leaves room.
    `without_ocid` of them (fewer if there are too few candidates) lack an identifier; two are twins.
    `region_in_progress` adds one subscription that is not usable yet.

    Raises: ValueError where the numbers do not fit.
    """
    known = REGIONS_BY_REALM.get(realm, ())
    if not 1 <= regions <= len(known) - region_in_progress:
        raise ValueError(f"realm {realm!r} has {len(known)} regions here")
    if not 2 <= types <= len(TYPES) or resources < compartments or compartments < 1:
        raise ValueError(f"need 2..{len(TYPES)} types and at least as many resources as compartments")
    rng = Random(seed)
    subscriptions = [
        RegionSubscription(
            name=region.name,
            key=region.key,
            status="READY" if number < regions else "IN_PROGRESS",
            is_home=number == 0,
        )
        for number, region in enumerate(known[: regions + region_in_progress])
    ]
    ready = [region.name for region in subscriptions if region.status == "READY"]
    tenancy_id = tenancy_id or f"ocid1.tenancy.{realm}..{unique_part(rng)}"
    made = _compartments(rng, compartments, realm=realm, tenancy_id=tenancy_id, home=ready[0], now=now)
    inventor = Inventor(
        rng=rng,
        realm=realm,
        tenancy_id=tenancy_id,
        compartments=[c.ocid for c in made if c.ocid is not None and not is_final(c)],
        now=now,
    )
    chosen = list(TYPES)[:types]
    slots, fixed = _slots(rng, chosen, ready, resources - compartments)
    for number, (type_name, region) in enumerate(slots):
        deleted = (
            number >= fixed and TYPES[type_name].final_state is not None and rng.random() < deleted_share
        )
        made.append(inventor.make(type_name, region=region, ordinal=compartments + number, deleted=deleted))
    made = _refer(rng, made)
    _forget_ocids(rng, made, first=compartments + fixed, count=without_ocid)
    return Tenancy(
        tenancy_id=tenancy_id,
        name=f"emulated{seed}",
        realm=realm,
        namespace=f"ax{unique_part(rng)[:10]}",
        regions=subscriptions,
        type_names=chosen,
        resources=made,
    )


def _compartments(
    rng: Random, count: int, *, realm: str, tenancy_id: str, home: str, now: datetime
) -> list[Resource]:
    """A few below the root, the others nested below earlier ones; with four or more, the last is deleted."""
    inventor = Inventor(rng=rng, realm=realm, tenancy_id=tenancy_id, compartments=(), now=now)
    made: list[Resource] = []
    for number in range(count):
        parent = tenancy_id if number < 3 else made[number // 2].ocid
        name = _COMPARTMENT_NAMES[number % len(_COMPARTMENT_NAMES)]
        compartment = inventor.make(
            "Compartment",
            region=home,
            ordinal=number,
            created=now - timedelta(days=2000 - number, seconds=rng.random()),
            deleted=count >= 4 and number == count - 1,
        )
        made.append(
            replace(
                compartment,
                compartment_id=parent or tenancy_id,
                display_name=name if number < len(_COMPARTMENT_NAMES) else f"{name}-{number}",
            )
        )
    return made


def pick_region(rng: Random, type_name: str, ready: Sequence[str]) -> str:
    """A region for a resource of this type; the home region holds the most."""
    row = TYPES[type_name]
    if row.home or len(ready) == 1:
        return ready[0]
    offered = ready[:2] if row.young else ready
    return offered[0] if rng.random() < 0.4 else rng.choice(offered)


def _slots(rng: Random, chosen: list[str], ready: list[str], count: int) -> tuple[list[tuple[str, str]], int]:
    """(type, region) of every resource to make, and how many of them only ensure variety."""
    slots = [(name, region) for region in ready for name in _KIT if name in chosen]
    slots += [(name, pick_region(rng, name, ready)) for name in chosen if name not in {*_KIT, "Compartment"}]
    slots = slots[:count]
    fixed = len(slots)
    names = [name for name in chosen if name != "Compartment"]
    weights = [TYPES[name].weight for name in names]
    rest = rng.choices(names, weights, k=count - fixed)
    slots += [(name, pick_region(rng, name, ready)) for name in rest]
    return slots, fixed


def _refer(rng: Random, made: list[Resource]) -> list[Resource]:
    """The same resources, in the same order, with references to each other."""
    targets = Targets()
    for resource in made:
        targets.add(resource)
    done: dict[int, Resource] = {}
    for resource in sorted(made, key=placing_order):
        chosen = targets.choose(resource, rng)
        placed = replace(resource, references=chosen) if chosen else resource
        targets.placed(placed)
        done[resource.ordinal] = placed
    return [done[resource.ordinal] for resource in made]


def _forget_ocids(rng: Random, made: list[Resource], *, first: int, count: int) -> None:
    """Take the OCID from some resources that nothing names; the second differs from the first in nothing."""
    candidates = [
        number
        for number in range(first, len(made))
        if made[number].resource_type not in REFERENCED_TYPES
        and made[number].resource_type not in READ_CALLS
        and not made[number].is_identity
        and not is_final(made[number])
    ]
    picked = rng.sample(candidates, k=min(count, len(candidates)))
    for number in picked:
        made[number] = replace(made[number], ocid=None)
    if len(picked) >= 2:
        made[picked[1]] = replace(made[picked[0]], ordinal=made[picked[1]].ordinal)
