"""Decides how many resources of which type there are, and in which region and compartment each lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from emulator.tenancy.mix import Mix
from emulator.tenancy.resource_types import TYPES, is_offered

#: What every region has at least, so that the rest can name it.
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
#: Made with the tenancy, not by chance: compartments, and the domains that Search does not show.
MADE_APART = frozenset({"Compartment", "Domain"})

Slot = tuple[str, str]


def regions_of(type_name: str, ready: Sequence[str]) -> Sequence[str]:
    """The regions, the home region first, in which a type can live."""
    if TYPES[type_name].home:
        return ready[:1]
    return [region for number, region in enumerate(ready) if is_offered(type_name, number)]


def needed_slots(
    rng: Random, mix: Mix, chosen: Sequence[str], ready: Sequence[str], *, everywhere: bool
) -> list[Slot]:
    """(type, region) of what there is at least: the kit in every region, each other type once.

    To the kit belongs what a chosen type cannot be read without.
    `everywhere`: each type in every region in which it can live.
    """
    parents = {r.target for name in chosen for r in TYPES[name].references if r.parent} - MADE_APART
    kit = [*_KIT, *sorted(parents.difference(_KIT))]
    slots = [(name, region) for name in kit if name in chosen for region in regions_of(name, ready)]
    for number, name in enumerate(name for name in chosen if name not in {*kit, *MADE_APART}):
        regions = regions_of(name, ready)
        if everywhere:
            slots += [(name, region) for region in regions]
        elif mix.is_even:
            slots.append((name, regions[number % len(regions)]))
        else:
            slots.append((name, _by_chance(rng, regions)))
    return slots


def further_slots(
    rng: Random, mix: Mix, chosen: Sequence[str], ready: Sequence[str], count: int
) -> Iterator[Slot]:
    """(type, region) of `count` more resources, as the mix has it."""
    names = [name for name in chosen if name not in MADE_APART]
    # A type outside of the mix is there once, and now and then once more.
    weights = [mix.weights.get(name, 0.01) for name in names]
    if mix.is_even:
        divided = shares(dict(zip(names, weights, strict=True)), count)
        for start, (name, many) in enumerate(divided.items()):
            regions = regions_of(name, ready)
            for number in range(start, start + many):
                yield name, regions[number % len(regions)]
        return
    for name in rng.choices(names, weights, k=count):
        yield name, _by_chance(rng, regions_of(name, ready))


def _by_chance(rng: Random, regions: Sequence[str]) -> str:
    """The home region in more than half of the cases."""
    return regions[0] if rng.random() < 0.4 else rng.choice(regions)


def shares(weights: dict[str, float], count: int) -> dict[str, int]:
    """`count` divided by weight: each share rounded down, and one more where most was cut off."""
    total = sum(weights.values())
    exact = {name: count * weight / total for name, weight in weights.items()}
    found = {name: int(share) for name, share in exact.items()}
    most_cut_off = sorted(weights, key=lambda name: found[name] - exact[name])
    for name in most_cut_off[: count - sum(found.values())]:
        found[name] += 1
    return found


class Compartments:
    """Hands out compartments: to each type in turn in each region, or by chance; seldom an ending one."""

    def __init__(
        self, rng: Random, mix: Mix, *, root: str, active: Sequence[str], ending: Sequence[str]
    ) -> None:
        self._rng = rng
        self._is_even = mix.is_even
        self._ending_share = mix.oddities.in_ending_compartments
        self._root = root
        self._active = (root, *active) if mix.is_even else active
        self._ending = ending
        self._turns: Counter[Slot] = Counter()

    def next(self, type_name: str, region: str) -> tuple[str, bool]:
        """A compartment, and whether it is being deleted or was."""
        rng = self._rng
        if self._ending and rng.random() < self._ending_share:
            return rng.choice(self._ending), True
        if self._is_even:
            self._turns[type_name, region] += 1
            # Types begin at different compartments, or the first ones would hold all that is rare.
            turn = self._turns[type_name, region] + sum(map(ord, type_name))
            return self._active[turn % len(self._active)], False
        if not self._active or rng.random() < 0.05:
            return self._root, False
        return rng.choice(self._active), False
