"""Everything that summary, coverage and report tell of a run that has an inventory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.catalog.entry import Catalog
from inventory.exports.counts import RecordCounts
from inventory.exports.gaps import Gap, exclusions_of, gaps_of
from inventory.model.checkpoint import FAILED, Outcome
from inventory.model.compartments import CompartmentTree
from inventory.model.executive_summary import ExecutiveSummary
from inventory.model.manifest import Manifest
from inventory.model.publication import Aggregation
from inventory.model.search_types import SearchTypes
from inventory.stages.diff import DiffCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """The facts of a run.

    `search_types` are by region, `compartments` is None where the tree could not be read, `diff` without a
    baseline, `executive_summary` where none is wanted.
    """

    manifest: Manifest
    catalog: Catalog
    outcomes: Mapping[str, Outcome]
    search_types: Mapping[str, SearchTypes]
    compartments: CompartmentTree | None
    aggregation: Aggregation
    records: RecordCounts
    diff: DiffCounts | None
    ended_at: str
    executive_summary: ExecutiveSummary | None = None

    @property
    def diff_note(self) -> str | None:
        """Why there is no diff, if there is none."""
        if self.diff is not None:
            return None
        if self.aggregation.baseline_error is not None:
            return f"the baseline could not be read: {self.aggregation.baseline_error}"
        return "there is no earlier inventory to compare with"

    @property
    def regions(self) -> list[str]:
        """Every region that was searched, was to be searched, or has records, in the order of their names."""
        unavailable = {gap.region for gap in self.manifest.unavailable_regions}
        return sorted({*self.outcomes, *unavailable, *self.records.by_region})

    def exclusions(self) -> dict[str, int]:
        """How much was left out on purpose, by reason; `out_of_scope` are records of the last inventory."""
        out_of_scope = self.aggregation.counts.get("out_of_scope", 0)
        return {**exclusions_of(self.outcomes), "out_of_scope": out_of_scope}

    def gaps(self) -> list[Gap]:
        """What could not be seen or made: kind, place and reason, in a fixed order."""
        found = gaps_of(
            self.manifest, self.outcomes, self.records.failed_reads(), self.records.carried_forward
        )
        for region in sorted(self.outcomes):
            reason = self._coverage_error(region)
            if reason is not None:
                found.append({"kind": "coverage", "place": region, "reason": reason})
        if self.aggregation.baseline_error is not None:
            baseline = self.manifest.baseline.run_id if self.manifest.baseline else "none"
            reason = self.aggregation.baseline_error
            found.append({"kind": "baseline", "place": baseline, "reason": reason})
        found += [
            {"kind": "artifact", "place": gap.name, "reason": gap.reason} for gap in self.aggregation.gaps
        ]
        return found

    def _coverage_error(self, region: str) -> str | None:
        if self.outcomes[region].status == FAILED:
            # Nothing was seen there; that gap is told as the region's.
            return None
        told = self.search_types.get(region)
        return "notRecorded" if told is None else told.error

    def compartment_path(self, ocid: str | None) -> str:
        """A compartment's names from the tenancy down; its OCID where they are not known."""
        if ocid is None:
            return ""
        return ocid if self.compartments is None else self.compartments.path(ocid)


def counts_by_compartment(facts: RunFacts) -> list[dict[str, Any]]:
    """Records by compartment: OCID (None where a record has none), path and count; the largest first."""
    rows = [
        {"compartmentId": ocid, "path": facts.compartment_path(ocid), "records": count}
        for ocid, count in facts.records.by_compartment.items()
    ]
    return sorted(rows, key=lambda row: (-row["records"], row["path"], row["compartmentId"] or ""))
