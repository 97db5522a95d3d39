"""Counting an inventory's records while they stream by.

The counts grow with types, regions and compartments, never with the number of records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inventory.errors import NotAuthorizedOrNotFound
from inventory.model.checkpoint import Outcome, Slice, Tally
from inventory.model.record import NOT_IMPLEMENTED, OK
from inventory.model.timestamps import parse_time
from inventory.stages.enrich import is_gone
from inventory.stages.scope import SIGHTINGS


@dataclass(slots=True)
class TypeCounts:
    """What a run saw of one type in one region.

    `seen` = `enriched` + `not_implemented` + `gone` + all of `failed`, which is by the failure's class.
    `gone` are those that Search shows as deleted, or that their service no longer knows. `other_state` are
    those of which the service told another lifecycle state than Search. `carried_forward` records were not
    seen.
    """

    seen: int = 0
    enriched: int = 0
    not_implemented: int = 0
    gone: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    other_state: int = 0
    carried_forward: int = 0

    @property
    def is_not_readable(self) -> bool:
        """Whether every attempt to read one was refused: a missing grant looks so."""
        refused = all(reason.startswith(NotAuthorizedOrNotFound.reason) for reason in self.failed)
        return bool(self.failed) and not self.enriched and refused


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedReads:
    """How many resources of a type in a region could not be read for one reason, and how many there are
    (None where nobody counted)."""

    region: str
    resource_type: str
    reason: str
    count: int
    seen: int | None = None


class RecordCounts:
    """Counts by type, region and compartment; `by_type` is keyed by region and type."""

    def __init__(self, collected_at: str) -> None:
        self._collected_at = collected_at
        self._youngest: dict[str, str] = {}
        self.total = 0
        self.without_ocid = 0
        self.by_type_and_status: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.by_region_and_status: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.by_compartment: Counter[str | None] = Counter()
        self.by_type: defaultdict[tuple[str, str], TypeCounts] = defaultdict(TypeCounts)

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one record."""
        region, kind, status = str(record["region"]), str(record["resourceType"]), str(record["enrichStatus"])
        self.total += 1
        self.without_ocid += record["ocid"] is None
        self.by_type_and_status[kind][status] += 1
        self.by_region_and_status[region][status] += 1
        self.by_compartment[record["compartmentId"]] += 1
        counts = self.by_type[region, kind]
        if record["collectedAt"] != self._collected_at:
            counts.carried_forward += 1
            return
        counts.seen += 1
        if status == OK:
            counts.enriched += 1
            counts.other_state += _is_in_other_state(record)
        elif status == NOT_IMPLEMENTED:
            counts.not_implemented += 1
        elif is_gone(record):
            counts.gone += 1
        else:
            counts.failed[str(record["enrichError"])] += 1
        self._note_creation(region, record["timeCreated"])

    @property
    def by_status(self) -> Counter[str]:
        """Records by enrichStatus."""
        return sum(self.by_region_and_status.values(), Counter())

    @property
    def by_region(self) -> Counter[str]:
        """Records by region."""
        return Counter({region: statuses.total() for region, statuses in self.by_region_and_status.items()})

    @property
    def carried_forward(self) -> Counter[str]:
        """Records that this run did not see, by region; a region without any is not there."""
        found: Counter[str] = Counter()
        for (region, _), counts in self.by_type.items():
            if counts.carried_forward:
                found[region] += counts.carried_forward
        return found

    def failed_reads(self) -> list[FailedReads]:
        """What the inventory lacks, by region, type and reason."""
        return [
            FailedReads(region=region, resource_type=kind, reason=reason, count=count, seen=counts.seen)
            for (region, kind), counts in sorted(self.by_type.items())
            for reason, count in sorted(counts.failed.items())
        ]

    @property
    def other_state(self) -> int:
        """Resources of which the service told another lifecycle state than Search."""
        return sum(counts.other_state for counts in self.by_type.values())

    @property
    def gone(self) -> int:
        """Resources that Search shows as deleted, or that their service no longer knows."""
        return sum(counts.gone for counts in self.by_type.values())

    @property
    def youngest(self) -> Mapping[str, str]:
        """The latest creation time that Search showed in this run, by region."""
        return self._youngest

    def _note_creation(self, region: str, created: str | None) -> None:
        # Times have one form, so that their text sorts as they do; what is not a time is never the latest.
        if created is None or created <= self._youngest.get(region, ""):
            return
        try:
            parse_time(created)
        except ValueError:
            return
        self._youngest[region] = created


def failed_reads_of(outcomes: Mapping[str, Outcome]) -> list[FailedReads]:
    """What the regions' workers could not read, by region, type and reason; sightings, not resources."""
    return [
        FailedReads(region=region, resource_type=kind, reason=reason, count=count)
        for region, outcome in sorted(outcomes.items())
        for kind, errors in sorted(outcome.tally.enrich_errors.items())
        for reason, count in sorted(errors.items())
    ]


def records_read(slices: Iterable[Slice], tally: Tally) -> int:
    """Records in a region's shards, duplicates included; sightings out of scope, beside them, are none."""
    return sum(part.record_count for part in slices) - tally.counts.get(SIGHTINGS, 0)


def call_totals(outcomes: Iterable[Outcome]) -> Counter[str]:
    """All API calls of the regions' workers: `calls`, and of these `retries` and `throttles`."""
    total: Counter[str] = Counter()
    for outcome in outcomes:
        for operations in outcome.tally.calls.values():
            for counts in operations.values():
                total.update(counts)
    return total


def _is_in_other_state(record: Mapping[str, Any]) -> bool:
    told = record["details"].get("metadata")
    states = (record["lifecycleState"], told.get("lifecycleState") if isinstance(told, dict) else None)
    known = [state.upper() for state in states if isinstance(state, str) and state]
    return len(known) == len(states) and known[0] != known[1]
