"""Makes up one resource: its OCID, name, tags and times, with the oddities that real tenancies have.

How many resources of which type there are, where they lie, and which of them name each other, is decided
elsewhere.
"""

from __future__ import annotations

from base64 import b32encode
from datetime import datetime, timedelta
from random import Random
from typing import Any

from emulator.tenancy import oddities as odd
from emulator.tenancy.oddities import Oddities
from emulator.tenancy.regions import availability_domains, ocid_region
from emulator.tenancy.resource_types import TYPES
from emulator.tenancy.tag_pools import TagPools
from emulator.tenancy.values import Resource

_STEMS = ("web", "app", "db", "batch", "cache", "edge", "billing", "orders", "search", "build", "vpn", "lab")
_STAGES = ("prod", "prod", "test", "dev", "stage")
_AWKWARD_NAMES = (
    "Größe-{n}",
    "データベース-{n}",
    "résumé d’équipe {n}",
    "🚀 rollout {n}",
    'the "blue" one {n}',
    "it's {n}, isn't it",
    "two\nlines {n}",
    "tab\tand, comma; {n}",
    "=cmd|' /C calc'!A{n}",
    "+{n}",
    "-{n}+1",
    "@SUM(A1:A{n})",
    "  padded {n}  ",
    "back\\slash {n}",
    "<b>bold</b> & {n}",
    "שלום {n}",
    "| pipe | `tick` {n}",
)
_OLDEST = timedelta(days=5 * 365)
# One for all: a million resources without references or system tags need no dictionary each.
_NOTHING: dict[str, Any] = {}
ROOT_ONLY_TYPES = frozenset({"User", "Group", "DynamicResourceGroup", "IdentityProvider"})


def unique_part(rng: Random) -> str:
    """The 60 characters that end an OCID."""
    return b32encode(rng.randbytes(40))[:60].decode().lower()


def prints_milliseconds(resource_type: str) -> bool:
    """Whether Search prints this type's times as `.123Z`; the others are printed as `.123456+00:00`."""
    return len(resource_type) % 2 == 0


class Inventor:
    """Makes resources of one tenancy; the same random source and calls give the same resources."""

    def __init__(
        self, *, rng: Random, realm: str, tenancy_id: str, now: datetime, oddities: Oddities | None = None
    ) -> None:
        self._rng = rng
        self._realm = realm
        self._tenancy_id = tenancy_id
        self._now = now
        self._oddities = oddities or Oddities()
        # Resources made by one Terraform run share an instant.
        self._batches = [now - rng.random() * _OLDEST for _ in range(12)]
        self._tags = TagPools(rng, now, ocid=tenancy_id)

    def make(
        self,
        type_name: str,
        *,
        region: str,
        compartment_id: str,
        ordinal: int,
        created: datetime | None = None,
        deleted: bool = False,
        can_be_gone: bool = False,
    ) -> Resource:
        """A resource without references; `created` overrides the made-up age, `deleted` its state.

        Users and groups lie in the tenancy itself, wherever they were meant to.
        """
        row, rng, shares = TYPES[type_name], self._rng, self._oddities
        state: str | None = None
        if deleted:
            state = row.final_state
        elif row.states:
            state = row.states[0] if rng.random() < 0.85 else rng.choice(row.states)
        found = [odd.DELETED] if deleted else []
        name = self._name(type_name, ordinal, found)
        moment = self._moment(type_name, created, found)
        freeform = rng.choice(self._tags.freeform) if rng.random() < 0.5 else {}
        defined = rng.choice(self._tags.defined) if rng.random() < 0.6 else {}
        if rng.random() < shares.huge_tags:
            freeform, defined = rng.choice(self._tags.huge)
            found.append(odd.HUGE_TAGS)
        if rng.random() < shares.missing_fields:
            found.append(odd.MISSING_FIELDS)
        is_gone = can_be_gone and row.is_readable and not deleted and rng.random() < shares.gone
        if is_gone:
            found.append(odd.GONE)
        return Resource(
            ordinal=ordinal,
            resource_type=type_name,
            ocid=self._ocid(type_name, region),
            region=region,
            compartment_id=self._tenancy_id if type_name in ROOT_ONLY_TYPES else compartment_id,
            display_name=name,
            availability_domain=rng.choice(availability_domains(region))
            if row.in_availability_domain
            else None,
            lifecycle_state=state,
            time_created=moment,
            freeform_tags=freeform,
            defined_tags=defined,
            system_tags={"orcl-cloud": {"free-tier-retained": "true"}} if rng.random() < 0.02 else _NOTHING,
            references=_NOTHING,
            is_gone=is_gone,
            oddities=tuple(found),
        )

    def _ocid(self, type_name: str, region: str) -> str:
        row = TYPES[type_name]
        # Zones of public DNS are regional resources whose OCIDs name no region.
        is_global = row.home or type_name == "CustomerDnsZone"
        place = "" if is_global else ocid_region(region, row.ocid_kind)
        return f"ocid1.{row.ocid_kind}.{self._realm}.{place}.{unique_part(self._rng)}"

    def _name(self, type_name: str, ordinal: int, found: list[str]) -> str | None:
        shares, rng = self._oddities, self._rng
        plain = f"{rng.choice(_STEMS)}-{rng.choice(_STAGES)}-{ordinal}"
        if TYPES[type_name].home or type_name == "Bucket":
            return plain  # these are addressed by name: unique, of a plain alphabet
        dice = rng.random()
        if dice < shares.null_names:
            found.append(odd.NULL_NAME)
            return None
        dice -= shares.null_names
        if dice < shares.awkward_names:
            found.append(odd.AWKWARD_NAME)
            return rng.choice(_AWKWARD_NAMES).format(n=ordinal)
        if dice - shares.awkward_names < shares.shared_names:
            found.append(odd.SHARED_NAME)
            return plain.rpartition("-")[0]
        return plain

    def _moment(self, type_name: str, created: datetime | None, found: list[str]) -> datetime | None:
        dice = self._rng.random()
        if created is not None:
            moment = created
        elif dice < 0.1:
            moment = self._rng.choice(self._batches)
        elif dice - 0.1 < self._oddities.null_times and not TYPES[type_name].states:
            found.append(odd.NULL_TIME)
            return None
        else:
            moment = self._now - self._rng.random() * _OLDEST
        if prints_milliseconds(type_name):
            moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        return moment
