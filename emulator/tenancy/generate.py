"""Generates a tenancy from a seed: regions, nested compartments, a mix of types, and its oddities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from emulator.tenancy import oddities as odd
from emulator.tenancy.details import is_final
from emulator.tenancy.identity_domains import identity_domains
from emulator.tenancy.invention import Inventor, unique_part
from emulator.tenancy.mix import DEFAULT_MIX, Mix
from emulator.tenancy.oddities import Oddities
from emulator.tenancy.places import MADE_APART, Compartments, further_slots, needed_slots
from emulator.tenancy.references import Targets, placing_order
from emulator.tenancy.regions import REGIONS_BY_REALM
from emulator.tenancy.resource_types import REFERENCED_TYPES, TYPES
from emulator.tenancy.unsearched import as_its_service_tells
from emulator.tenancy.values import RegionSubscription, Resource, Tenancy

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
    resources: int,
    now: datetime,
    mix: Mix = DEFAULT_MIX,
    seed: int | None = None,
    regions: int | None = None,
    compartments: int | None = None,
    types: int | None = None,
    every_type: bool = False,
    oddities: Oddities | None = None,
    realm: str = "oc1",
    region_in_progress: bool = False,
    tenancy_id: str | None = None,
) -> Tenancy:
    """A tenancy in which Search finds exactly `resources` resources, the same for the same arguments.

    `seed`, `regions`, `compartments` and `oddities` are the mix's unless given. Only the first `types` of the
    mix occur, if given, or with `every_type` all that Search can know, in each region that has them; in every
    region what others refer to, if `resources` leaves room. Identity domains and their members come on top.
    Of unsearched types there are as many as otherwise, and Search finds so many fewer.
    `region_in_progress` adds one subscription that is not usable yet.

    Raises: ValueError where the numbers do not fit.
    """
    mix = replace(
        mix,
        seed=mix.seed if seed is None else seed,
        regions=mix.regions if regions is None else regions,
        compartments=mix.compartments if compartments is None else compartments,
        oddities=oddities or mix.oddities,
    )
    subscriptions = _subscriptions(realm, mix.regions, region_in_progress=region_in_progress)
    ready = [region.name for region in subscriptions if region.status == "READY"]
    chosen = list(TYPES) if every_type else list(mix.weights)[:types]
    if (types is not None and not 2 <= types <= len(mix.weights)) or not 1 <= mix.compartments <= resources:
        raise ValueError(
            f"need 2..{len(mix.weights)} types and at least as many resources as compartments, and one"
        )
    rng = Random(mix.seed)
    needed = needed_slots(rng, mix, chosen, ready, everywhere=every_type)
    count = resources - mix.compartments
    if every_type and len(needed) > count:
        raise ValueError(
            f"every type in {len(ready)} regions needs {len(needed) + mix.compartments} resources"
        )
    tenancy_id = tenancy_id or f"ocid1.tenancy.{realm}..{unique_part(rng)}"
    inventor = Inventor(rng=rng, realm=realm, tenancy_id=tenancy_id, now=now, oddities=mix.oddities)
    made = _compartments(rng, inventor, mix.compartments, root=tenancy_id, home=ready[0], now=now)
    places = Compartments(
        rng,
        mix,
        root=tenancy_id,
        active=[str(c.ocid) for c in made if c.lifecycle_state == "ACTIVE"],
        ending=[str(c.ocid) for c in made if c.lifecycle_state != "ACTIVE"],
    )
    needed = needed[:count]
    for type_name, region in needed:
        made.append(_resource(inventor, places, type_name, region, ordinal=len(made)))
    for type_name, region in further_slots(rng, mix, chosen, ready, count - len(needed)):
        deleted = TYPES[type_name].final_state is not None and rng.random() < mix.oddities.deleted
        made.append(
            _resource(
                inventor, places, type_name, region, ordinal=len(made), deleted=deleted, can_be_gone=True
            )
        )
    made = _refer(rng, made)
    _forget_ocids(rng, made, share=mix.oddities.without_ocid, needed=mix.compartments + len(needed))
    below = [str(c.ocid) for c in made[: mix.compartments] if c.lifecycle_state == "ACTIVE"]
    made += identity_domains(
        rng, inventor, mix.oddities, root=tenancy_id, below=below, home=ready[0], first=len(made)
    )
    made = [as_its_service_tells(r) if r.resource_type in mix.oddities.unsearched_types else r for r in made]
    return Tenancy(
        tenancy_id=tenancy_id,
        name=f"emulated{mix.seed}",
        realm=realm,
        namespace=f"ax{unique_part(rng)[:10]}",
        regions=subscriptions,
        type_names=[name for name in chosen if name not in MADE_APART or name == "Compartment"],
        resources=made,
        unreadable_types=mix.oddities.unreadable_types,
        unsearched_types=mix.oddities.unsearched_types,
    )


def _subscriptions(realm: str, count: int, *, region_in_progress: bool) -> list[RegionSubscription]:
    known = REGIONS_BY_REALM.get(realm, ())
    if not 1 <= count <= len(known) - region_in_progress:
        raise ValueError(f"realm {realm!r} has {len(known)} regions here")
    return [
        RegionSubscription(
            name=region.name,
            key=region.key,
            status="READY" if number < count else "IN_PROGRESS",
            is_home=number == 0,
        )
        for number, region in enumerate(known[: count + region_in_progress])
    ]


def _compartments(
    rng: Random, inventor: Inventor, count: int, *, root: str, home: str, now: datetime
) -> list[Resource]:
    """A few below the root, the others nested below earlier ones, six levels deep at most up to 700.

    Of four or more the last one is deleted, of five or more the one before is being deleted.
    """
    made: list[Resource] = []
    for number in range(count):
        name = _COMPARTMENT_NAMES[number % len(_COMPARTMENT_NAMES)]
        is_deleted = count >= 4 and number == count - 1
        compartment = inventor.make(
            "Compartment",
            region=home,
            compartment_id=root if number < 3 else str(made[number // 3].ocid),
            ordinal=number,
            created=now - timedelta(days=2000 - number, seconds=rng.random()),
            deleted=is_deleted,
        )
        if not is_deleted:
            is_ending = count >= 5 and number == count - 2
            compartment = replace(compartment, lifecycle_state="DELETING" if is_ending else "ACTIVE")
        name = name if number < len(_COMPARTMENT_NAMES) else f"{name}-{number}"
        made.append(replace(compartment, display_name=name))
    return made


def _resource(
    inventor: Inventor,
    places: Compartments,
    type_name: str,
    region: str,
    *,
    ordinal: int,
    deleted: bool = False,
    can_be_gone: bool = False,
) -> Resource:
    compartment_id, is_ending = places.next(type_name, region)
    made = inventor.make(
        type_name,
        region=region,
        compartment_id=compartment_id,
        ordinal=ordinal,
        deleted=deleted,
        can_be_gone=can_be_gone,
    )
    if is_ending and made.compartment_id == compartment_id:
        return replace(made, oddities=(*made.oddities, odd.IN_ENDING_COMPARTMENT))
    return made


def _refer(rng: Random, made: Sequence[Resource]) -> list[Resource]:
    """The same resources, in the same order, with references to each other."""
    targets = Targets()
    for resource in made:
        targets.add(resource)
    done = list(made)
    for resource in sorted(made, key=placing_order):
        chosen = targets.choose(resource, rng)
        if chosen:
            done[resource.ordinal] = placed = replace(resource, references=chosen)
            targets.placed(placed)
    return done


def _forget_ocids(rng: Random, made: list[Resource], *, share: float, needed: int) -> None:
    """Take the OCID from some resources that nothing names, and make one more that is the first one's twin.

    They are of types that no service reads, or if there are none, not among the `needed` first ones. The twin
    stands in for another resource that is not needed, so that no type gets lost.
    """
    if not share:
        return
    candidates = [number for number, resource in enumerate(made) if _can_forget(resource)]
    further = [number for number in candidates if number >= needed]
    unread = [number for number in candidates if not TYPES[made[number].resource_type].is_readable]
    candidates = unread or further
    picked = rng.sample(candidates, k=min(max(2, round(share * len(made))), len(candidates)))
    for number in picked:
        made[number] = replace(made[number], ocid=None, oddities=(*made[number].oddities, odd.NO_OCID))
    spare = [number for number in further if number not in picked]
    if picked and spare:
        one, other = picked[0], rng.choice(spare)
        made[one] = replace(made[one], oddities=(*made[one].oddities, odd.TWIN))
        made[other] = replace(made[one], ordinal=made[other].ordinal)


def _can_forget(resource: Resource) -> bool:
    return (
        resource.resource_type not in REFERENCED_TYPES
        and not resource.is_identity
        and not resource.is_gone
        and not is_final(resource)
    )
