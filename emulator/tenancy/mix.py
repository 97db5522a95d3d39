"""What a tenancy is made of: how many of which type, how they are spread, and how odd they are.

`DEFAULT_MIX` is fixed, so that figures of different days and machines are about the same tenancy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emulator.tenancy.oddities import Oddities


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """`weights` by type, in the order in which a smaller number of types is taken from them.

    `is_even`: each type is spread evenly over compartments and regions, and as many as its weight says;
    otherwise all that is left to chance, and the home region holds the most.
    """

    seed: int
    regions: int
    compartments: int
    weights: Mapping[str, float]
    is_even: bool = True
    oddities: Oddities = field(default_factory=Oddities)


def _weights() -> dict[str, float]:
    lines = Path(__file__).with_name("mix.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {name: float(weight) for name, weight in rows}


DEFAULT_MIX = Mix(seed=1, regions=4, compartments=40, weights=_weights())
