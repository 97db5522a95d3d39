"""Changes a tenancy between two inventories and says exactly what it changed.

What it leaves alone: deleted resources, resources without an OCID, and members of identity domains.
Compartments are neither removed nor change their state, and nothing that another resource names goes away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from emulator.tenancy.details import READ_CALLS, details, is_final
from emulator.tenancy.invention import ROOT_ONLY_TYPES, Inventor
from emulator.tenancy.mix import DEFAULT_MIX
from emulator.tenancy.oddities import DELETED, IN_ENDING_COMPARTMENT
from emulator.tenancy.places import regions_of
from emulator.tenancy.references import Targets, named_by
from emulator.tenancy.resource_types import TYPES
from emulator.tenancy.tag_pools import MAX_FREEFORM_TAGS
from emulator.tenancy.values import Resource, Snapshot, Tenancy


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The OCIDs of what changed, sorted, each in exactly one of the fields.

    `moved` lie in another compartment. `details` changed only in what the service's GET shows; the others
    show in Search too.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    tags: tuple[str, ...]
    lifecycle: tuple[str, ...]
    moved: tuple[str, ...]
    details: tuple[str, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """All resources that exist before and after and differ, sorted."""
        return tuple(sorted((*self.tags, *self.lifecycle, *self.moved, *self.details)))


def mutate(
    tenancy: Tenancy,
    *,
    seed: int,
    now: datetime,
    adds: int = 0,
    removes: int = 0,
    tag_changes: int = 0,
    lifecycle_changes: int = 0,
    moves: int = 0,
    detail_changes: int = 0,
) -> Changes:
    """Apply so many changes of each kind at once, spread over identity resources and all regions.

    Removed resources vanish from Search altogether. No resource is changed twice.

    Raises: ValueError where the tenancy has too few resources for a kind; nothing is changed then.
    """
    with tenancy.changing:
        rng = Random(seed)
        snapshot = tenancy.snapshot
        picker = _Picker(rng, snapshot)
        named = _named(snapshot) if removes or lifecycle_changes else frozenset()
        tree = _Tree(tenancy)
        removed = picker.pick("removal", removes, lambda r: not _is_compartment(r) and r.ocid not in named)
        put = {
            "tags": [_retag(rng, r) for r in picker.pick("a tag change", tag_changes, lambda _: True)],
            "lifecycle": [
                _in_another_state(rng, r, named)
                for r in picker.pick(
                    "a lifecycle change", lifecycle_changes, lambda r: bool(_other_states(r, named))
                )
            ],
            "moved": [
                tree.move(rng, r) for r in picker.pick("a move", moves, lambda r: bool(tree.others(r)))
            ],
            "details": [
                replace(r, revision=r.revision + 1)
                for r in picker.pick("a detail change", detail_changes, lambda r: _is_revisable(tenancy, r))
            ],
        }
        dropped = _ocids(removed)
        after = {**snapshot.resources, **{str(r.ocid): r for resources in put.values() for r in resources}}
        for ocid in dropped:
            del after[ocid]
        put["added"] = _additions(tenancy, rng, adds, now, after.values())
        tenancy.replace(put=[r for resources in put.values() for r in resources], drop=dropped)
    return Changes(removed=dropped, **{kind: _ocids(resources) for kind, resources in put.items()})


def _ocids(resources: Iterable[Resource]) -> tuple[str, ...]:
    return tuple(sorted(resource.ocid for resource in resources if resource.ocid is not None))


def _named(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(ocid for resource in snapshot for ocid in named_by(resource))


class _Picker:
    """Picks resources, each at most once, taking turns between identity and the regions."""

    def __init__(self, rng: Random, snapshot: Snapshot) -> None:
        groups: dict[str, list[Resource]] = defaultdict(list)
        for resource in snapshot.resources.values():
            if resource.is_searchable and not is_final(resource):
                groups["identity" if resource.is_identity else resource.region].append(resource)
        self._groups = list(groups.values())
        for group in self._groups:
            rng.shuffle(group)
        self._taken: set[int] = set()
        self._turn = 0

    def pick(self, purpose: str, count: int, suits: Callable[[Resource], bool]) -> list[Resource]:
        picked: list[Resource] = []
        # What did not suit is not asked again.
        left = [iter(group) for group in self._groups]
        misses = 0
        while len(picked) < count:
            if misses >= len(left):
                raise ValueError(f"only {len(picked)} of {count} resources are left for {purpose}")
            group = left[self._turn % len(left)]
            self._turn += 1
            found = next((r for r in group if r.ordinal not in self._taken and suits(r)), None)
            if found is None:
                misses += 1
                continue
            misses = 0
            self._taken.add(found.ordinal)
            picked.append(found)
        return picked


def _is_compartment(resource: Resource) -> bool:
    return resource.resource_type == "Compartment"


def _is_revisable(tenancy: Tenancy, resource: Resource) -> bool:
    """Whether there is a body, and it has something that can change without Search showing it."""
    call = READ_CALLS.get(resource.resource_type)
    return call is not None and call.revisable and details(resource, tenancy) is not None


def _other_states(resource: Resource, named: frozenset[str]) -> tuple[str, ...]:
    row = TYPES[resource.resource_type]
    if _is_compartment(resource):
        return ()
    # Its end could leave another resource with a reference to nothing.
    final = None if resource.ocid in named else row.final_state
    states = (*row.states, final)
    return tuple(state for state in states if state is not None and state != resource.lifecycle_state)


def _in_another_state(rng: Random, resource: Resource, named: frozenset[str]) -> Resource:
    """Of those that can end, every third one does."""
    states, final = _other_states(resource, named), TYPES[resource.resource_type].final_state
    ends = final in states and rng.random() < 1 / 3
    changed = replace(resource, lifecycle_state=final if ends else rng.choice(states))
    return replace(changed, oddities=(*changed.oddities, DELETED)) if is_final(changed) else changed


def _retag(rng: Random, resource: Resource) -> Resource:
    """Another freeform tag, or another defined tag, or one tag less."""
    mark = f"{rng.getrandbits(32):08x}"
    defined: Mapping[str, Mapping[str, Any]] = resource.defined_tags
    dice = rng.random()
    is_full = len(resource.freeform_tags) == MAX_FREEFORM_TAGS
    if is_full or (dice < 0.2 and resource.freeform_tags):
        key = rng.choice(sorted(resource.freeform_tags))
        freeform = {name: value for name, value in resource.freeform_tags.items() if name != key}
        return replace(resource, freeform_tags=freeform)
    if dice < 0.5:
        operations = {**defined.get("Operations", {}), "Ticket": f"CHG-{mark}"}
        return replace(resource, defined_tags={**defined, "Operations": operations})
    return replace(resource, freeform_tags={**resource.freeform_tags, "changed-by": f"mutation-{mark}"})


class _Tree:
    """The tenancy's compartments: where resources can be moved."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._root = tenancy.tenancy_id
        self._parents = {str(c.ocid): c.compartment_id for c in tenancy.compartments}
        self._active = [str(c.ocid) for c in tenancy.compartments if c.lifecycle_state == "ACTIVE"]

    def others(self, resource: Resource) -> list[str]:
        """Where it can go; a compartment goes to the root only, so that no two end up in each other."""
        if resource.resource_type in ROOT_ONLY_TYPES:
            return []
        places = [self._root] if _is_compartment(resource) else [self._root, *self._active]
        return [place for place in places if place != resource.compartment_id]

    def move(self, rng: Random, resource: Resource) -> Resource:
        """The resource in another compartment, none that is being deleted."""
        oddities = tuple(name for name in resource.oddities if name != IN_ENDING_COMPARTMENT)
        return replace(resource, compartment_id=rng.choice(self.others(resource)), oddities=oddities)


def _additions(
    tenancy: Tenancy, rng: Random, count: int, now: datetime, left: Iterable[Resource]
) -> list[Resource]:
    """New resources, created in the last hour, in turns for identity and each region."""
    if not count:
        return []
    ready = tenancy.ready_regions
    inventor = Inventor(rng=rng, realm=tenancy.realm, tenancy_id=tenancy.tenancy_id, now=now)
    compartments = [tenancy.tenancy_id]
    compartments += [str(c.ocid) for c in tenancy.compartments if c.lifecycle_state == "ACTIVE"]
    targets = Targets(left)
    first = 1 + max((resource.ordinal for resource in tenancy.snapshot), default=-1)
    by_place = {"identity": [name for name in tenancy.type_names if TYPES[name].home]}
    for region in ready:
        by_place[region] = [
            n for n in tenancy.type_names if not TYPES[n].home and region in regions_of(n, ready)
        ]
    places = [place for place, names in by_place.items() if names]
    made = []
    for number in range(count):
        place = places[number % len(places)]
        names = by_place[place]
        resource = inventor.make(
            rng.choices(names, [DEFAULT_MIX.weights.get(name, 0.1) for name in names])[0],
            region=tenancy.home_region if place == "identity" else place,
            compartment_id=rng.choice(compartments),
            ordinal=first + number,
            created=now - timedelta(seconds=rng.uniform(0, 3600)),
        )
        made.append(replace(resource, references=targets.choose(resource, rng)))
    return made
