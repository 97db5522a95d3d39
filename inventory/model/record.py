"""The canonical record: its fields, its identity and its place in sorted files.

A record is a plain dict in the shape of `RECORD_FIELDS`; files hold one canonical line a record, sorted
by `record_key`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Record = dict[str, Any]
#: What two records must share to be the same resource, and the order of files.
RecordKey = tuple[str, ...]

RECORD_FIELDS = (
    "ocid",
    "resourceType",
    "displayName",
    "compartmentId",
    "region",
    "lifecycleState",
    "timeCreated",
    "definedTags",
    "freeformTags",
    "collectedAt",
    "enrichStatus",
    "enrichError",
    "details",
    "relationships",
)

#: The fields that always come from Search, so that they do not flip between runs.
SEARCH_FIELDS = RECORD_FIELDS[:9]

OK = "OK"
NOT_IMPLEMENTED = "NOT_IMPLEMENTED"
ERROR = "ERROR"
PENDING = "PENDING"
#: In shards only: Search shows the resource, and a filter of the run's leaves it out.
OUT_OF_SCOPE = "OUT_OF_SCOPE"
ENRICH_STATUSES = (OK, NOT_IMPLEMENTED, ERROR)


def record_key(record: Mapping[str, Any]) -> RecordKey:
    """The sort key of a record: (ocid, resourceType); records without OCID come first.

    Records without OCID are told apart by type, region, compartment, name and creation time; equal ones
    follow each other and are told apart by their ordinal, which is their place among the equal ones.
    """
    ocid = record.get("ocid")
    resource_type = str(record.get("resourceType") or "")
    if ocid:
        return (str(ocid), resource_type)
    return (
        "",
        resource_type,
        str(record.get("region") or ""),
        str(record.get("compartmentId") or ""),
        str(record.get("displayName") or ""),
        str(record.get("timeCreated") or ""),
    )


def identity_of(key: RecordKey) -> RecordKey:
    """The part of a sort key that identifies the resource: the OCID alone, where there is one."""
    return key[:1] if key[0] else key
