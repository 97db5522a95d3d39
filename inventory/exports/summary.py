"""`run_summary.json`: what a run found, by type, status and region, and what it cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.exports.diff_files import diff_summary
from inventory.model.canonical import canonical_line
from inventory.model.checkpoint import COMPLETE, CallTally, Outcome, add_calls
from inventory.model.manifest import Manifest
from inventory.model.publication import Aggregation
from inventory.model.record import ERROR, NOT_IMPLEMENTED, OK
from inventory.model.timestamps import format_time
from inventory.stages.diff import DiffCounts

SCHEMA_VERSION = 1


class RecordCounts:
    """Counts records while they stream by."""

    def __init__(self, collected_at: str) -> None:
        self._collected_at = collected_at
        self.total = 0
        self.without_ocid = 0
        self.by_type_and_status: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.by_region: Counter[str] = Counter()
        self.carried_forward: Counter[str] = Counter()

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one record."""
        self.total += 1
        self.without_ocid += record["ocid"] is None
        self.by_type_and_status[str(record["resourceType"])][str(record["enrichStatus"])] += 1
        region = str(record["region"])
        self.by_region[region] += 1
        if record["collectedAt"] != self._collected_at:
            self.carried_forward[region] += 1

    @property
    def by_status(self) -> Counter[str]:
        """Records by enrichStatus."""
        total: Counter[str] = Counter()
        for statuses in self.by_type_and_status.values():
            total.update(statuses)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Everything that the summary and the report tell about a run; `diff` is None without a baseline."""

    manifest: Manifest
    outcomes: Mapping[str, Outcome]
    aggregation: Aggregation
    records: RecordCounts
    diff: DiffCounts | None
    ended_at: str

    @property
    def diff_note(self) -> str | None:
        """Why there is no diff, if there is none."""
        if self.diff is not None:
            return None
        if self.aggregation.baseline_error is not None:
            return f"the baseline could not be read: {self.aggregation.baseline_error}"
        return "there is no earlier inventory to compare with"

    def gaps(self) -> list[dict[str, str]]:
        """What could not be seen or made: kind, place and reason, in a fixed order."""
        unavailable = {gap.region: gap.reason for gap in self.manifest.unavailable_regions}
        for region in self.records.carried_forward:
            if region not in self.outcomes:
                unavailable.setdefault(region, "notSubscribed")
        found = [
            {"kind": "region", "place": region, "reason": reason}
            for region, reason in sorted(unavailable.items())
        ]
        if self.manifest.home_region not in {*self.outcomes, *unavailable}:
            reason = "not searched, so that resources of home-region types are missing"
            found.append({"kind": "region", "place": self.manifest.home_region, "reason": reason})
        for region, outcome in sorted(self.outcomes.items()):
            found += [
                {"kind": "slice", "place": f"{region}/{part.name}", "reason": part.error or part.state}
                for part in outcome.slices
                if part.state != COMPLETE
            ]
            found += [
                {"kind": "enrichment", "place": f"{region}/{kind}", "reason": f"{reason}: {count} records"}
                for kind, errors in sorted(outcome.tally.enrich_errors.items())
                for reason, count in sorted(errors.items())
            ]
            malformed = outcome.tally.counts.get("malformed_items", 0)
            if malformed:
                reason = f"{malformed} search items could not be read"
                found.append({"kind": "search", "place": region, "reason": reason})
        if self.aggregation.baseline_error is not None:
            reason = self.aggregation.baseline_error
            found.append({"kind": "baseline", "place": _baseline_id(self.manifest), "reason": reason})
        found += [
            {"kind": "artifact", "place": gap.name, "reason": gap.reason} for gap in self.aggregation.gaps
        ]
        return found


def summary_bytes(facts: RunFacts) -> bytes:
    """`run_summary.json`."""
    return canonical_line(summarize(facts))


def summarize(facts: RunFacts) -> dict[str, Any]:
    """The summary; the first seven fields are the ancestor's."""
    records, manifest = facts.records, facts.manifest
    by_status = records.by_status
    return {
        "schema_version": SCHEMA_VERSION,
        "total_discovered": records.total,
        "enriched_ok": by_status[OK],
        "not_implemented": by_status[NOT_IMPLEMENTED],
        "errors": by_status[ERROR],
        "counts_by_resource_type": {
            kind: statuses.total() for kind, statuses in records.by_type_and_status.items()
        },
        "counts_by_enrich_status": dict(by_status),
        "counts_by_resource_type_and_status": {
            kind: dict(statuses) for kind, statuses in records.by_type_and_status.items()
        },
        "run_id": manifest.run_id,
        "collectedAt": manifest.collected_at,
        "ended_at": facts.ended_at,
        "trigger_kind": manifest.trigger_kind,
        "baseline_run_id": manifest.baseline.run_id if manifest.baseline else None,
        "without_ocid": records.without_ocid,
        "folded": facts.aggregation.counts.get("folded", 0),
        "carried_forward": records.carried_forward.total(),
        "details_carried_forward": facts.aggregation.counts.get("details_carried_forward", 0),
        "out_of_scope": facts.aggregation.counts.get("out_of_scope", 0),
        "regions": {region: _region(facts, region) for region in _regions(facts)},
        "steps": dict(facts.aggregation.seconds),
        "calls": _calls(facts),
        "redactions": _redactions(facts),
        "gaps": facts.gaps(),
        "diff": None if facts.diff is None else diff_summary(facts.diff),
        "diff_note": facts.diff_note,
        "mass_removals": [
            {
                "resourceType": flagged.resource_type,
                "region": flagged.region,
                "before": flagged.before,
                "removed": flagged.removed,
            }
            for flagged in (facts.diff.mass_removals() if facts.diff else ())
        ],
    }


def _regions(facts: RunFacts) -> list[str]:
    unavailable = {gap.region for gap in facts.manifest.unavailable_regions}
    return sorted({*facts.outcomes, *unavailable, *facts.records.by_region})


def _region(facts: RunFacts, region: str) -> dict[str, Any]:
    outcome = facts.outcomes.get(region)
    counts = {
        "records": facts.records.by_region[region],
        "carried_forward": facts.records.carried_forward[region],
    }
    if outcome is None:
        return {"status": "not searched", **counts}
    return {
        "status": outcome.status,
        **counts,
        "started_at": format_time(outcome.started_at),
        "ended_at": format_time(outcome.ended_at),
        "calls_to_function": outcome.epochs,
        "seconds": dict(outcome.tally.seconds),
        "calls": outcome.tally.calls,
        "counts": dict(outcome.tally.counts),
        "shards": len(outcome.shards),
        "gaps": [gap for gap in facts.gaps() if gap["place"].split("/")[0] == region],
    }


def call_total(calls: CallTally) -> int:
    """All API calls, repeated ones included."""
    return sum(counts["calls"] for operations in calls.values() for counts in operations.values())


def _calls(facts: RunFacts) -> CallTally:
    return add_calls(outcome.tally.calls for outcome in facts.outcomes.values())


def _redactions(facts: RunFacts) -> dict[str, int]:
    total: Counter[str] = Counter()
    for outcome in facts.outcomes.values():
        total.update(outcome.tally.redactions)
    return dict(total)


def _baseline_id(manifest: Manifest) -> str:
    return manifest.baseline.run_id if manifest.baseline else "none"
