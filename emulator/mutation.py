"""Changes a tenancy between two inventories and says exactly what it changed.

What it leaves alone: deleted resources, resources without an OCID, compartments (except new ones), and, for
removal, every type that another resource may name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from emulator.tenancy.details import READ_CALLS, is_final
from emulator.tenancy.invention import Inventor
from emulator.tenancy.references import Targets
from emulator.tenancy.resource_types import REFERENCED_TYPES, TYPES
from emulator.tenancy.values import Resource, Snapshot, Tenancy


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The OCIDs of what changed, sorted, each in exactly one of the fields.

    `details` changed only in what the service's GET shows; the others show in Search too.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    tags: tuple[str, ...]
    lifecycle: tuple[str, ...]
    details: tuple[str, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """All resources that exist before and after and differ, sorted."""
        return tuple(sorted((*self.tags, *self.lifecycle, *self.details)))


def mutate(
    tenancy: Tenancy,
    *,
    seed: int,
    adds: int = 0,
    removes: int = 0,
    tag_changes: int = 0,
    lifecycle_changes: int = 0,
    detail_changes: int = 0,
    now: datetime,
) -> Changes:
    """Apply so many changes of each kind at once, spread over identity resources and all regions.

    Removed resources vanish from Search altogether. No resource is changed twice.

    Raises: ValueError where the tenancy has too few resources for a kind; nothing is changed then.
    """
    with tenancy.changing:
        rng = Random(seed)
        snapshot = tenancy.snapshot
        picker = _Picker(rng, snapshot)
        removed = picker.pick("removal", removes, lambda r: r.resource_type not in REFERENCED_TYPES)
        retagged = picker.pick("a tag change", tag_changes, lambda _: True)
        moved = picker.pick("a lifecycle change", lifecycle_changes, lambda r: bool(_other_states(r)))
        revised = picker.pick("a detail change", detail_changes, _is_revisable)
        put = {
            "added": _additions(tenancy, rng, adds, now),
            "tags": [_retag(rng, resource) for resource in retagged],
            "lifecycle": [replace(r, lifecycle_state=_next_state(rng, r)) for r in moved],
            "details": [replace(r, revision=r.revision + 1) for r in revised],
        }
        dropped = _ocids(removed)
        tenancy.replace(put=[r for resources in put.values() for r in resources], drop=dropped)
    return Changes(removed=dropped, **{kind: _ocids(resources) for kind, resources in put.items()})


def _ocids(resources: Iterable[Resource]) -> tuple[str, ...]:
    return tuple(sorted(resource.ocid for resource in resources if resource.ocid is not None))


class _Picker:
    """Picks resources, each at most once, taking turns between identity and the regions."""

    def __init__(self, rng: Random, snapshot: Snapshot) -> None:
        self._rng = rng
        groups: dict[str, list[Resource]] = defaultdict(list)
        for resource in snapshot.resources.values():
            if resource.resource_type != "Compartment" and not is_final(resource):
                groups["identity" if resource.is_identity else resource.region].append(resource)
        self._groups = list(groups.values())
        for group in self._groups:
            rng.shuffle(group)
        self._turn = 0

    def pick(self, purpose: str, count: int, suits: Callable[[Resource], bool]) -> list[Resource]:
        picked: list[Resource] = []
        misses = 0
        while len(picked) < count:
            if misses >= len(self._groups):
                raise ValueError(f"only {len(picked)} of {count} resources are left for {purpose}")
            group = self._groups[self._turn % len(self._groups)]
            self._turn += 1
            found = next((number for number, resource in enumerate(group) if suits(resource)), None)
            if found is None:
                misses += 1
            else:
                misses = 0
                picked.append(group.pop(found))
        return picked


def _is_revisable(resource: Resource) -> bool:
    call = READ_CALLS.get(resource.resource_type)
    return call is not None and call.revisable


def _other_states(resource: Resource) -> tuple[str, ...]:
    row = TYPES[resource.resource_type]
    states = (*row.states, row.final_state) if row.final_state and not _is_named(resource) else row.states
    return tuple(state for state in states if state is not None and state != resource.lifecycle_state)


def _is_named(resource: Resource) -> bool:
    """Whether deleting it could leave another resource with a reference to nothing."""
    return resource.resource_type in REFERENCED_TYPES


def _next_state(rng: Random, resource: Resource) -> str:
    return rng.choice(_other_states(resource))


def _retag(rng: Random, resource: Resource) -> Resource:
    """Another freeform tag, or another defined tag, or one tag less."""
    mark = f"{rng.getrandbits(32):08x}"
    defined: Mapping[str, Mapping[str, Any]] = resource.defined_tags
    dice = rng.random()
    if dice < 0.2 and resource.freeform_tags:
        key = rng.choice(sorted(resource.freeform_tags))
        freeform = {name: value for name, value in resource.freeform_tags.items() if name != key}
        return replace(resource, freeform_tags=freeform)
    if dice < 0.5:
        operations = {**defined.get("Operations", {}), "Ticket": f"CHG-{mark}"}
        return replace(resource, defined_tags={**defined, "Operations": operations})
    return replace(resource, freeform_tags={**resource.freeform_tags, "changed-by": f"mutation-{mark}"})


def _additions(tenancy: Tenancy, rng: Random, count: int, now: datetime) -> list[Resource]:
    """New resources, created in the last hour, in turns for identity and each region."""
    snapshot = tenancy.snapshot
    regions = tenancy.ready_regions
    inventor = Inventor(
        rng=rng,
        realm=tenancy.realm,
        tenancy_id=tenancy.tenancy_id,
        compartments=[c.ocid for c in tenancy.compartments if c.ocid is not None and not is_final(c)],
        now=now,
    )
    targets = Targets(snapshot)
    first = 1 + max((resource.ordinal for resource in snapshot), default=-1)
    by_place = {"identity": [name for name in tenancy.type_names if TYPES[name].home]}
    for region in regions:
        offered = [
            n
            for n in tenancy.type_names
            if not TYPES[n].home and (region in regions[:2] or not TYPES[n].young)
        ]
        by_place[region] = offered
    places = [place for place, names in by_place.items() if names]
    made = []
    for number in range(count):
        place = places[number % len(places)]
        names = by_place[place]
        resource = inventor.make(
            rng.choices(names, [TYPES[name].weight for name in names])[0],
            region=tenancy.home_region if place == "identity" else place,
            ordinal=first + number,
            created=now - timedelta(seconds=rng.uniform(0, 3600)),
        )
        made.append(replace(resource, references=targets.choose(resource, rng)))
    return made
