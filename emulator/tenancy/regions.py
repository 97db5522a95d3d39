"""Real OCI regions by realm, and how region names appear inside OCIDs and availability domains.

Names and keys are those of Oracle's public region list.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFacts:
    """One region; `ocid_spelling` is `key` (iad), `name` (eu-milan-1) or `both` (by age of the type)."""

    name: str
    key: str
    availability_domains: int = 1
    ocid_spelling: str = "name"


REGIONS_BY_REALM: dict[str, tuple[RegionFacts, ...]] = {
    "oc1": (
        RegionFacts(name="us-ashburn-1", key="IAD", availability_domains=3, ocid_spelling="key"),
        RegionFacts(name="eu-frankfurt-1", key="FRA", availability_domains=3, ocid_spelling="both"),
        RegionFacts(name="uk-london-1", key="LHR", availability_domains=3, ocid_spelling="both"),
        RegionFacts(name="ap-tokyo-1", key="NRT"),
        RegionFacts(name="us-phoenix-1", key="PHX", availability_domains=3, ocid_spelling="key"),
        RegionFacts(name="ap-sydney-1", key="SYD"),
        RegionFacts(name="sa-saopaulo-1", key="GRU"),
        RegionFacts(name="ca-toronto-1", key="YYZ"),
        RegionFacts(name="eu-zurich-1", key="ZRH"),
        RegionFacts(name="ap-mumbai-1", key="BOM"),
        RegionFacts(name="eu-milan-1", key="LIN"),
        RegionFacts(name="me-jeddah-1", key="JED"),
        RegionFacts(name="af-johannesburg-1", key="JNB"),
        RegionFacts(name="mx-queretaro-1", key="QRO"),
    ),
    "oc2": (
        RegionFacts(name="us-luke-1", key="LUF"),
        RegionFacts(name="us-langley-1", key="LFI"),
    ),
    "oc19": (
        RegionFacts(name="eu-frankfurt-2", key="STR"),
        RegionFacts(name="eu-madrid-2", key="VLL"),
    ),
}

_FACTS = {region.name: region for regions in REGIONS_BY_REALM.values() for region in regions}

# The kinds that existed when Frankfurt and London opened keep the three-letter key there.
_KINDS_WITH_KEY = frozenset(
    {
        "vcn",
        "subnet",
        "routetable",
        "securitylist",
        "dhcpoptions",
        "internetgateway",
        "loadbalancer",
        "bucket",
    }
)


def ocid_region(region: str, ocid_kind: str) -> str:
    """The region part of an OCID: `iad`, `eu-milan-1`."""
    facts = _FACTS[region]
    if facts.ocid_spelling == "key" or (facts.ocid_spelling == "both" and ocid_kind in _KINDS_WITH_KEY):
        return facts.key.lower()
    return facts.name


def instance_region(region: str) -> str:
    """The `region` field of a compute instance: Ashburn and Phoenix by key, all others by name."""
    facts = _FACTS[region]
    return facts.key.lower() if facts.ocid_spelling == "key" else facts.name


def availability_domains(region: str) -> tuple[str, ...]:
    """The availability domains of a region as this tenancy sees them, with its own prefix."""
    facts = _FACTS[region]
    stem = {"us-ashburn-1": "US-ASHBURN", "us-phoenix-1": "PHX"}.get(region, facts.name.upper())
    return tuple(f"xqgA:{stem}-AD-{number}" for number in range(1, facts.availability_domains + 1))
