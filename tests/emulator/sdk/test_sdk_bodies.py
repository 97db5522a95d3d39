"""Derived bodies, type by type: the SDK's own models take them, and what they name exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import oci
import pytest
from sdk_decoder import decode

from emulator.sdk.operations import operation
from emulator.sdk.types import searchable_types
from emulator.tenancy import Resource, Tenancy
from emulator.tenancy.details import READ_CALLS, details

ByType = dict[str, list[Resource]]

_READABLE = sorted(READ_CALLS)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {*before, *after}:
            yield from _differences(before.get(name), after.get(name), f"{path}/{name}")
    elif before != after:
        yield path


@pytest.mark.parametrize("type_name", _READABLE)
def test_the_sdks_models_take_the_body(by_type: ByType, tenancy: Tenancy, type_name: str) -> None:
    """No enum value is unknown, every number and time can be read, nothing is lost on the way."""
    call = operation(searchable_types()[type_name].get or "")
    for resource in by_type[type_name][:3]:
        body = details(resource, tenancy)
        assert body is not None
        decoded = decode(call.client.module, call.response or "", body)
        assert decoded.swagger_types, "a model"
        shown = oci.util.to_dict(decoded)
        assert "UNKNOWN_ENUM_VALUE" not in set(_texts(shown))
        back = decoded.attribute_map
        for attribute, wire_name in back.items():
            assert (getattr(decoded, attribute) is None) == (body.get(wire_name) is None), wire_name
        if type_name != "Instance":
            assert body.keys() <= set(back.values())


@pytest.mark.parametrize("type_name", _READABLE)
def test_what_a_body_names_is_in_the_tenancy(by_type: ByType, tenancy: Tenancy, type_name: str) -> None:
    """Every OCID in a body is the resource's own, or one that the generator chose, of the same place."""
    for resource in by_type[type_name]:
        chosen = {resource.ocid, resource.compartment_id, tenancy.tenancy_id, resource.domain_id}
        for named in resource.references.values():
            chosen |= set(named) if isinstance(named, tuple) else {named}
        named_here = {
            ocid
            for text in _texts(details(resource, tenancy))
            for ocid in re.findall(r"ocid1\.[a-z0-9-]+\.[a-z0-9]+\.[a-z0-9-]*\.[a-z2-7]{20,}", text)
        }
        assert named_here <= chosen
        for ocid in chosen - {resource.ocid, tenancy.tenancy_id, None}:
            target = tenancy.resources[str(ocid)]
            assert target.is_identity or target.region == resource.region


@pytest.mark.parametrize("type_name", _READABLE)
def test_a_change_of_details_shows_in_one_field(by_type: ByType, tenancy: Tenancy, type_name: str) -> None:
    resource = by_type[type_name][0]
    versions = [details(replace(resource, revision=revision), tenancy) for revision in (0, 0, 1, 2)]
    assert versions[0] == versions[1]
    changed = [
        sorted({path.split("/")[1] for path in _differences(before, after)} - {"etag"})
        for before, after in (versions[1:3], versions[2:4])
    ]
    if READ_CALLS[type_name].revisable:
        assert [len(fields) for fields in changed] == [1, 1]
        assert changed[0] == changed[1]
    else:
        assert changed == [[], []]


def test_a_body_follows_its_resource_alone(by_type: ByType, tenancy: Tenancy) -> None:
    """A new tag or state changes nothing else, so a comparison of two inventories finds that and no more."""
    for type_name in _READABLE:
        resource = by_type[type_name][0]
        before = details(resource, tenancy)
        after = details(replace(resource, freeform_tags={"new": "tag"}), tenancy)
        assert all(path.startswith("/freeformTags") for path in _differences(before, after))


def test_most_bodies_have_fields_of_every_kind(by_type: ByType, tenancy: Tenancy) -> None:
    """Present, null and missing: a reader meets all three."""
    present = null = missing = 0
    for type_name in _READABLE:
        call = operation(searchable_types()[type_name].get or "")
        body = details(by_type[type_name][0], tenancy) or {}
        decoded = decode(call.client.module, call.response or "", body)
        present += sum(value is not None for value in body.values())
        null += sum(value is None for value in body.values())
        missing += len(set(decoded.attribute_map.values()) - body.keys())
    assert present > 2 * null > missing > 100
