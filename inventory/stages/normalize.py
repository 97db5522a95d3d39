"""From a search item to a canonical record.

Decides the nine search fields and which region a record is stamped with. Enrichment fills the rest;
duplicates between regions are the merge's business. Nothing is dropped here: the two predicates say what
a caller's settings may leave out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inventory.catalog.entry import Catalog
from inventory.errors import MalformedAnswer
from inventory.model.canonical import canonical_line
from inventory.model.record import PENDING, Record
from inventory.model.timestamps import normalize_time

_TERMINATED_STATES = frozenset({"TERMINATED", "DELETED"})


def normalize_item(
    item: object, *, region: str, home_region: str, collected_at: str, catalog: Catalog
) -> Record:
    """The record of one search item, not yet enriched.

    The item's keys may be camelCase or snake_case, its OCID `identifier`, `ocid` or `id`. The record
    refers to the item (`details.searchSummary`), it does not copy it. `region` is the region searched;
    types of the home region are stamped with `home_region`. Raises MalformedAnswer where the item is not a
    JSON object.
    """
    if not isinstance(item, dict):
        raise MalformedAnswer(f"a search item is a {type(item).__name__}; expected a JSON object")
    resource_type = _text(_first(item, "resourceType", "resource_type")) or ""
    return {
        "ocid": _text(_first(item, "identifier", "ocid", "id")) or None,
        "resourceType": resource_type,
        "displayName": _text(_first(item, "displayName", "display_name")),
        "compartmentId": _text(_first(item, "compartmentId", "compartment_id")),
        "region": home_region if catalog.is_home_region(resource_type) else region,
        "lifecycleState": _text(_first(item, "lifecycleState", "lifecycle_state")),
        "timeCreated": normalize_time(_first(item, "timeCreated", "time_created")),
        "definedTags": _tags(_first(item, "definedTags", "defined_tags")),
        "freeformTags": _tags(_first(item, "freeformTags", "freeform_tags")),
        "collectedAt": collected_at,
        "enrichStatus": PENDING,
        "enrichError": None,
        "details": {"searchSummary": item},
        "relationships": [],
    }


def is_terminated(record: Mapping[str, Any]) -> bool:
    """Whether the resource is gone and Search only remembers it (TERMINATED, DELETED, any letter case)."""
    return str(record.get("lifecycleState") or "").upper() in _TERMINATED_STATES


def is_foreign(record: Mapping[str, Any], *, region: str, home_region: str, catalog: Catalog) -> bool:
    """Whether a record of a home-region type was met elsewhere, where it does not count."""
    return region != home_region and catalog.is_home_region(record["resourceType"])


def _first(item: Mapping[str, Any], *names: str) -> Any:
    for name in names:
        value = item.get(name)
        if value is not None:
            return value
    return None


def _text(value: Any) -> str | None:
    """A string stays what it is; what should be one is written as its JSON, so that nothing is lost."""
    if value is None or isinstance(value, str):
        return value
    return canonical_line(value).decode("utf-8").rstrip("\n")


def _tags(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
