"""Relationships of every type that Search can know, against what the emulated tenancy chose.

The bodies are the services' own, without a run around them: nothing may be missing, and nothing may come from
texts, tags, metadata or configuration, all of which quote OCIDs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.tenancy import Tenancy, generate
from emulator.truth import truth_domain_members, truth_records
from inventory.stages.relationships import REFERS_TO, relationships_of
from tests.fakes.service_caller import NOW

_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


@pytest.fixture(scope="module")
def resources() -> list[dict[str, Any]]:
    tenancy: Tenancy = generate(resources=1800, regions=2, compartments=12, every_type=True, seed=5, now=NOW)
    return [*truth_records(tenancy), *truth_domain_members(tenancy)]


def links(resource: dict[str, Any]) -> list[tuple[str, str]]:
    record = {
        "ocid": resource["ocid"],
        "resourceType": resource["resourceType"],
        "details": {"metadata": resource["body"]},
    }
    return [(edge["relation_type"], edge["target_ocid"]) for edge in relationships_of(record)]


def test_nothing_is_missing_and_nothing_is_made_up(resources: list[dict[str, Any]]) -> None:
    wanted = {(one["ocid"], target) for one in resources for _, target in one["edges"]}
    found = {(one["ocid"], target) for one in resources for _, target in links(one)}
    assert len(wanted) > 2000
    assert found == wanted


def test_relations_have_names_that_can_be_read(resources: list[dict[str, Any]]) -> None:
    names = {kind for one in resources for kind, _ in links(one)}
    assert all(_NAME.fullmatch(name) for name in names)
    assert {"IN_SUBNET", "IN_VCN", "USES_IMAGE", "ENCRYPTED_BY", "ROUTES_VIA", "ATTACHED_TO"} <= names
    assert {"BACKUP_OF", "MEMBER_OF", "GRANTS_TO", "MATCHES_IN", "IN_DOMAIN"} <= names
    assert any(name.startswith(f"{REFERS_TO}_") for name in names)


def test_the_decoys_are_there(resources: list[dict[str, Any]]) -> None:
    """A tenancy in which nothing looked like a reference without being one would prove little."""
    quoting = {
        (one["resourceType"], place)
        for one in resources
        if one["body"] is not None
        for place, text in texts(one["body"])
        if "ocid1." in text and place.rpartition("/")[2] not in ("id", "ocid", "compartmentId")
    }
    places = {place for _, place in quoting}
    assert {"metadata/vcn_id", "extendedMetadata/service/subnetIds", "config/SUBNET_ID"} <= places
    assert {"freeformTags/subnetId", "definedTags/Operations/VcnId", "body"} <= places
    assert "ingressSecurityRules/description" in places


def texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from texts(item, f"{place}/{name}".lstrip("/"))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, place)
