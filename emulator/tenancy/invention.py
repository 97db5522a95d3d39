"""Makes up one resource: its OCID, names, tags and times, with the awkward cases real tenancies have.

How many resources of which type, and which of them name each other, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from emulator.tenancy.regions import availability_domains, ocid_region
from emulator.tenancy.resource_types import TYPES
from emulator.tenancy.values import Resource

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
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
)
_OLDEST = timedelta(days=5 * 365)


def unique_part(rng: Random) -> str:
    """The 60 characters that end an OCID."""
    return "".join(rng.choices(_BASE32, k=60))


def prints_milliseconds(resource_type: str) -> bool:
    """Whether Search prints this type's times as `.123Z`; the others are printed as `.123456+00:00`."""
    return len(resource_type) % 2 == 0


class Inventor:
    """Makes resources of one tenancy; the same random source and calls give the same resources."""

    def __init__(
        self,
        *,
        rng: Random,
        realm: str,
        tenancy_id: str,
        compartments: Sequence[str],
        now: datetime,
    ) -> None:
        self._rng = rng
        self._realm = realm
        self._tenancy_id = tenancy_id
        self._compartments = tuple(compartments)
        self._now = now
        # Resources made by one Terraform run share an instant.
        self._batches = [now - rng.random() * _OLDEST for _ in range(12)]
        self._freeform_pool = [self._freeform() for _ in range(24)]
        self._defined_pool = [self._defined() for _ in range(24)]

    def make(
        self,
        type_name: str,
        *,
        region: str,
        ordinal: int,
        created: datetime | None = None,
        deleted: bool = False,
    ) -> Resource:
        """A resource without references; `created` overrides the made-up age."""
        row, rng = TYPES[type_name], self._rng
        kind = row.ocid_kind
        # Zones of public DNS are regional resources whose OCIDs name no region.
        place = "" if row.home or type_name == "CustomerDnsZone" else ocid_region(region, kind)
        if deleted:
            state = row.final_state
        elif row.states:
            state = row.states[0] if rng.random() < 0.85 else rng.choice(row.states)
        else:
            state = None
        return Resource(
            ordinal=ordinal,
            resource_type=type_name,
            ocid=f"ocid1.{kind}.{self._realm}.{place}.{unique_part(rng)}",
            region=region,
            compartment_id=self._compartment(type_name),
            display_name=self._name(type_name, ordinal),
            availability_domain=rng.choice(availability_domains(region))
            if row.in_availability_domain
            else None,
            lifecycle_state=state,
            time_created=self._moment(type_name, created),
            freeform_tags=rng.choice(self._freeform_pool) if rng.random() < 0.5 else {},
            defined_tags=rng.choice(self._defined_pool) if rng.random() < 0.6 else {},
            system_tags={"orcl-cloud": {"free-tier-retained": "true"}} if rng.random() < 0.02 else {},
            references={},
        )

    def _compartment(self, type_name: str) -> str:
        if (
            type_name in {"User", "Group", "DynamicResourceGroup", "IdentityProvider"}
            or not self._compartments
        ):
            return self._tenancy_id
        return self._tenancy_id if self._rng.random() < 0.05 else self._rng.choice(self._compartments)

    def _name(self, type_name: str, ordinal: int) -> str | None:
        plain = f"{self._rng.choice(_STEMS)}-{self._rng.choice(_STAGES)}-{ordinal}"
        if TYPES[type_name].home or type_name == "Bucket":
            return plain  # these are addressed by name: unique, of a plain alphabet
        dice = self._rng.random()
        if dice < 0.02:
            return None
        if dice < 0.06:
            return self._rng.choice(_AWKWARD_NAMES).format(n=ordinal)
        # Names are no keys: some are shared.
        return plain if dice < 0.9 else plain.rpartition("-")[0]

    def _moment(self, type_name: str, created: datetime | None) -> datetime | None:
        dice = self._rng.random()
        if created is not None:
            moment = created
        elif dice < 0.1:
            moment = self._rng.choice(self._batches)
        elif dice < 0.13 and not TYPES[type_name].states:
            return None
        else:
            moment = self._now - self._rng.random() * _OLDEST
        if prints_milliseconds(type_name):
            moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        return moment

    def _freeform(self) -> dict[str, str]:
        tags = {
            "env": self._rng.choice(_STAGES),
            "owner": self._rng.choice(("team-a", "team-b", "équipe-ç", "")),
            "cost center": str(self._rng.randint(1000, 9999)),
            "note": self._rng.choice(('say "hi"', "a,b;c", "=1+1", "ключ")),
        }
        return {key: tags[key] for key in self._rng.sample(sorted(tags), k=self._rng.randint(1, 4))}

    def _defined(self) -> dict[str, dict[str, Any]]:
        who = f"oracleidentitycloudservice/user{self._rng.randint(1, 40)}@example.com"
        made = self._now - self._rng.random() * _OLDEST
        tags: dict[str, dict[str, Any]] = {
            "Oracle-Tags": {
                "CreatedBy": who,
                "CreatedOn": f"{made:%Y-%m-%dT%H:%M:%S}.{self._rng.randrange(1000):03d}Z",
            }
        }
        if self._rng.random() < 0.5:
            tags["Operations"] = {
                "Tier": self._rng.choice(("gold", "silver")),
                "Backup": self._rng.random() < 0.5,
            }
        return tags
