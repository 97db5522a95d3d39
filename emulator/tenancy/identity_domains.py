"""Makes the identity domains of a tenancy, with the users and groups that only their own endpoints show.

The members of the default domain are the tenancy's ordinary users and groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from emulator.tenancy.invention import Inventor
from emulator.tenancy.oddities import Oddities
from emulator.tenancy.values import Resource

_NAMES = ("Partners", "Kunden", "従業員", "Contractors")


def identity_domains(
    rng: Random,
    inventor: Inventor,
    oddities: Oddities,
    *,
    root: str,
    below: Sequence[str],
    home: str,
    first: int,
) -> Iterator[Resource]:
    """The default domain and `oddities.identity_domains` others with their members, from ordinal `first` on.

    A domain's `domain_id` is its own OCID, its members' that of the domain. `below` are the compartments that
    others than the default one can lie in; members lie where their domain does.
    """
    ordinal = first
    for number in range(oddities.identity_domains + 1):
        place = below[number % len(below)] if number and below and oddities.domains_below_root else root
        domain = _made(inventor, "Domain", place, home, ordinal)
        name = "Default" if number == 0 else _NAMES[(number - 1) % len(_NAMES)]
        name = name if number <= len(_NAMES) else f"{name}-{number}"
        yield replace(domain, display_name=name, domain_id=domain.ocid)
        ordinal += 1
        if number == 0:
            continue
        for kind, many in (("User", oddities.domain_users), ("Group", oddities.domain_users // 3)):
            for _ in range(many):
                state = rng.choice(("ACTIVE", "ACTIVE", "ACTIVE", "INACTIVE"))
                member = _made(inventor, kind, root, home, ordinal)
                yield replace(member, domain_id=domain.ocid, compartment_id=place, lifecycle_state=state)
                ordinal += 1


def _made(inventor: Inventor, kind: str, root: str, home: str, ordinal: int) -> Resource:
    return inventor.make(kind, region=home, compartment_id=root, ordinal=ordinal)
