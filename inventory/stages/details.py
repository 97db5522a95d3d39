"""Details that outlive a failed enrichment: the last service answer, marked by its age.

Decides what is taken over from the baseline's record; when it is, the merge decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inventory.model.record import Record


def has_metadata(record: Mapping[str, Any]) -> bool:
    """Whether a record holds a service's answer, of this run or an older one."""
    return record["details"].get("metadata") is not None


def carry_details(before: Record, now: Record) -> Record:
    """A record whose enrichment failed, with the metadata and relationships of its earlier record.

    What the new record has stands; `details.asOf` says when the metadata was seen.
    """
    details = {
        **now["details"],
        "metadata": before["details"]["metadata"],
        "asOf": before["details"].get("asOf") or before["collectedAt"],
    }
    # What Search alone told this time (a compartment, say) replaces the older relations of its kind.
    known = {(item["source_ocid"], item["relation_type"]) for item in now["relationships"]}
    kept = [
        item for item in before["relationships"] if (item["source_ocid"], item["relation_type"]) not in known
    ]
    relationships = sorted(
        [*now["relationships"], *kept],
        key=lambda item: (item["source_ocid"], item["relation_type"], item["target_ocid"]),
    )
    return {**now, "details": details, "relationships": relationships}
