"""What Resource Search knows about: resource types and the fields that queries may name.

Type and field names are case-insensitive; unknown ones are 400 InvalidParameter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from emulator.tenancy.details import additional_details
from emulator.tenancy.resource_types import TYPES, is_offered, searchable_type_names
from emulator.tenancy.values import Resource
from emulator.wire import ServiceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One queryable field: `kind` is the API's fieldType, `tag_part` the last word of `freeformTags.key`."""

    name: str
    kind: str
    # Not in the repr: a page token holds a digest of the query, and must outlive this process.
    value: Callable[[Resource], Any] = field(repr=False)
    is_array: bool = False
    tag_part: str | None = None


def _common() -> list[Field]:
    def plain(name: str, kind: str, attribute: str) -> Field:
        return Field(name=name, kind=kind, value=lambda resource: getattr(resource, attribute))

    fields = [
        plain("resourceType", "STRING", "resource_type"),
        plain("identifier", "IDENTIFIER", "ocid"),
        plain("compartmentId", "IDENTIFIER", "compartment_id"),
        plain("displayName", "STRING", "display_name"),
        plain("availabilityDomain", "STRING", "availability_domain"),
        plain("lifeCycleState", "STRING", "lifecycle_state"),
        plain("timeCreated", "DATETIME", "time_created"),
    ]
    for name, attribute in (("definedTags", "defined_tags"), ("systemTags", "system_tags")):
        fields += [
            Field(name=f"{name}.{part}", kind="STRING", value=_defined_rows(attribute), tag_part=part)
            for part in ("namespace", "key", "value")
        ]
    fields += [
        Field(name=f"freeformTags.{part}", kind="STRING", value=_freeform_rows, tag_part=part)
        for part in ("key", "value")
    ]
    return fields


def _freeform_rows(resource: Resource) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in resource.freeform_tags.items()]


def _defined_rows(attribute: str) -> Callable[[Resource], list[dict[str, str]]]:
    def rows(resource: Resource) -> list[dict[str, str]]:
        return [
            {
                "namespace": namespace,
                "key": key,
                "value": value if isinstance(value, str) else str(value).lower(),
            }
            for namespace, tags in getattr(resource, attribute).items()
            for key, value in tags.items()
        ]

    return rows


COMMON_FIELDS: dict[str, Field] = {field.name.lower(): field for field in _common()}

_INTEGERS = frozenset({"sizeInGBs"})


@cache
def additional_fields(type_name: str) -> dict[str, Field]:
    """The fields that only this type has, by lower-case name."""
    row = TYPES[type_name]
    arrays = {reference.field for reference in row.references if reference.many}
    return {
        name.lower(): Field(
            name=name,
            kind="INTEGER" if name in _INTEGERS else "STRING",
            value=_additional_value(name),
            is_array=name in arrays,
        )
        for name in row.additional
    }


def _additional_value(name: str) -> Callable[[Resource], Any]:
    # The namespace shows in no additional field.
    return lambda resource: additional_details(resource, namespace="").get(name)


class Vocabulary:
    """The types that Search offers in one region."""

    def __init__(self, region_number: int, *, unknown: Collection[str] = ()) -> None:
        """`region_number` counts the tenancy's regions, the home region is 0; `unknown` are left out."""
        self._types = {
            name.lower(): name
            for name in searchable_type_names()
            if name not in unknown and is_offered(name, region_number)
        }

    def type_names(self) -> list[str]:
        """All type names, in their order of listing."""
        return list(self._types.values())

    def type_named(self, name: str) -> str:
        """The canonical spelling. Raises: ServiceError 400."""
        try:
            return self._types[name.lower()]
        except KeyError:
            raise ServiceError(
                400, "InvalidParameter", f"Unknown resource type '{name}' in the query."
            ) from None

    def field_named(self, name: str, types: Iterable[str]) -> Field:
        """A field that all types have, or that one of these types has. Raises: ServiceError 400."""
        field = COMMON_FIELDS.get(name.lower())
        for type_name in types:
            field = field or additional_fields(type_name).get(name.lower())
        if field is None:
            raise ServiceError(400, "InvalidParameter", f"Unknown field '{name}' in the query.")
        return field


def describe(type_name: str) -> dict[str, Any]:
    """A resource type as `GET /resourceTypes` shows it: `{name, fields}`; tags are objects with parts."""
    fields: list[dict[str, Any]] = []
    tags: dict[str, list[dict[str, Any]]] = {}
    for known in (*COMMON_FIELDS.values(), *additional_fields(type_name).values()):
        if known.tag_part is None:
            fields.append(_describe_field(known.name, known.kind, is_array=known.is_array))
        else:
            tags.setdefault(known.name.partition(".")[0], []).append(
                _describe_field(known.tag_part, known.kind)
            )
    fields += [
        {**_describe_field(name, "OBJECT", is_array=True), "objectProperties": parts}
        for name, parts in tags.items()
    ]
    return {"name": type_name, "fields": fields}


def _describe_field(name: str, kind: str, *, is_array: bool = False) -> dict[str, Any]:
    return {"fieldName": name, "fieldType": kind, "isArray": is_array, "objectProperties": None}
