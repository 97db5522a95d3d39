"""Makes up the tags of a tenancy: a few sets of each kind, shared by many resources as in real tenancies."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

_STAGES = ("prod", "prod", "test", "dev", "stage")
_OLDEST = timedelta(days=5 * 365)
#: What OCI allows on one resource, by its documentation of tags.
MAX_FREEFORM_TAGS = 10
MAX_DEFINED_TAGS = 64

Defined = dict[str, dict[str, Any]]


class TagPools:
    """Sets of tags to choose from; they are shared between resources and must not be changed.

    One in each kind quotes `ocid` under a name that services use for references.
    """

    def __init__(self, rng: Random, now: datetime, *, ocid: str) -> None:
        self.freeform = [_freeform(rng) for _ in range(24)]
        self.freeform[-1]["subnetId"] = ocid
        self.defined = [_defined(rng, now) for _ in range(24)]
        self.defined[-1]["Operations"] = {"VcnId": ocid}
        self.huge = [_huge(rng) for _ in range(3)]


def _freeform(rng: Random) -> dict[str, str]:
    tags = {
        "env": rng.choice(_STAGES),
        "owner": rng.choice(("team-a", "team-b", "équipe-ç", "")),
        "cost center": str(rng.randint(1000, 9999)),
        "note": rng.choice(('say "hi"', "a,b;c", "=1+1", "ключ", "two\nlines")),
    }
    return {key: tags[key] for key in rng.sample(sorted(tags), k=rng.randint(1, 4))}


def _defined(rng: Random, now: datetime) -> Defined:
    who = f"oracleidentitycloudservice/user{rng.randint(1, 40)}@example.com"
    made = now - rng.random() * _OLDEST
    tags: Defined = {
        "Oracle-Tags": {
            "CreatedBy": who,
            "CreatedOn": f"{made:%Y-%m-%dT%H:%M:%S}.{rng.randrange(1000):03d}Z",
        }
    }
    if rng.random() < 0.5:
        tags["Operations"] = {"Tier": rng.choice(("gold", "silver")), "Backup": rng.random() < 0.5}
    return tags


def _huge(rng: Random) -> tuple[dict[str, str], Defined]:
    """As many tags as OCI allows, with a few of its longest keys (100 characters) and values (256)."""
    freeform = {f"key-{number}": f"{rng.getrandbits(32):08x}" for number in range(MAX_FREEFORM_TAGS - 1)}
    freeform["ключ" + "k" * 96] = "Wert–" + "v" * 251
    defined: Defined = {
        f"Namespace{number}": {f"Key{key}": f"{rng.getrandbits(24):06x}" for key in range(16)}
        for number in range(MAX_DEFINED_TAGS // 16)
    }
    defined["Namespace0"]["Key0"] = "x" * 256
    return freeform, defined
