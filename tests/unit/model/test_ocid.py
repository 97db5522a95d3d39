"""What an OCID's text says, and what only looks like one."""

from __future__ import annotations

import pytest

from inventory.model.ocid import is_ocid, ocid_kind, ocid_region

INSTANCE = "ocid1.instance.oc1.iad.anuwcljt5h2xmkqcaaaa"
POLICY = "ocid1.policy.oc1..aaaaaaaaq5h2xmkq"
FUTURE = "ocid1.instance.oc2.us-langley-1.futureuse.abc"


@pytest.mark.parametrize(
    "text", [INSTANCE, POLICY, FUTURE, INSTANCE.upper(), "ocid1.vcn.oc1.eu-frankfurt-1.a"]
)
def test_identifiers_of_every_realm_and_scope_are_ocids(text: str) -> None:
    assert is_ocid(text)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ocid1",
        "ocid1.instance.oc1.iad",
        "ocid1.instance.oc1.iad.",
        "ocid1..oc1.iad.abc",
        f"{POLICY}\n",
        f" {POLICY}",
        f"see {POLICY}",
        f"{POLICY}, {POLICY}",
        "ocid2.instance.oc1.iad.abc",
        "xocid1.instance.oc1.iad.abc",
        None,
        7,
        [POLICY],
    ],
)
def test_prose_and_fragments_are_not_ocids(value: object) -> None:
    assert not is_ocid(value)


@pytest.mark.parametrize(
    ("ocid", "region"),
    [
        (INSTANCE, "iad"),
        (POLICY, ""),
        (FUTURE, "us-langley-1"),
        ("ocid1.VCN.oc1.EU-Frankfurt-1.a", "eu-frankfurt-1"),
        ("nonsense", ""),
    ],
)
def test_the_region_is_read_from_the_identifier(ocid: str, region: str) -> None:
    assert ocid_region(ocid) == region


@pytest.mark.parametrize(
    ("ocid", "kind"), [(INSTANCE, "instance"), ("ocid1.VCN.oc1..a", "vcn"), ("nonsense", ""), ("a.b", "")]
)
def test_the_kind_is_read_from_the_identifier(ocid: str, kind: str) -> None:
    assert ocid_kind(ocid) == kind
