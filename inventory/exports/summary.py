"""`run_summary.json`: what a run found, by type, status, region and compartment, and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from inventory.errors import InvalidDocument
from inventory.exports.diff_files import diff_summary
from inventory.exports.facts import RunFacts, counts_by_compartment
from inventory.exports.failures import EnrichmentFailure, enrichment_failures
from inventory.exports.gaps import Gap
from inventory.model.canonical import canonical_line, parse_json
from inventory.model.checkpoint import add_calls
from inventory.model.fields import Fields
from inventory.model.record import ERROR, NOT_IMPLEMENTED, OK
from inventory.model.timestamps import format_time

SCHEMA_VERSION = 1


def summary_bytes(facts: RunFacts) -> bytes:
    """`run_summary.json`."""
    return canonical_line(summarize(facts))


def summarize(facts: RunFacts) -> dict[str, Any]:
    """The summary; the first seven fields are the ancestor's."""
    records, manifest = facts.records, facts.manifest
    by_status = records.by_status
    gaps = facts.gaps()
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
        "counts_by_compartment": counts_by_compartment(facts),
        "run_id": manifest.run_id,
        "collectedAt": manifest.collected_at,
        "ended_at": facts.ended_at,
        "trigger_kind": manifest.trigger_kind,
        "is_adhoc": manifest.is_adhoc,
        "baseline_run_id": manifest.baseline.run_id if manifest.baseline else None,
        "without_ocid": records.without_ocid,
        "folded": facts.aggregation.counts.get("folded", 0),
        "carried_forward": records.carried_forward.total(),
        "details_carried_forward": facts.aggregation.counts.get("details_carried_forward", 0),
        "out_of_scope": facts.aggregation.counts.get("out_of_scope", 0),
        "gone": records.gone,
        "other_state": records.other_state,
        "exclusions": facts.exclusions(),
        "enrichment_failures": [
            _failure(one) for one in enrichment_failures(records.failed_reads(), facts.catalog)
        ],
        "regions": {region: _region(facts, region, gaps) for region in facts.regions},
        "steps": dict(facts.aggregation.seconds),
        "calls": add_calls(outcome.tally.calls for outcome in facts.outcomes.values()),
        "failures": add_calls(outcome.tally.failures for outcome in facts.outcomes.values()),
        "redactions": _redactions(facts),
        "gaps": gaps,
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


def published_counts(summary: bytes) -> dict[str, int]:
    """The counts of `published.json`, by a stored summary. Raises InvalidDocument."""
    try:
        fields = Fields("run_summary.json", parse_json(summary))
    except ValueError as exc:
        raise InvalidDocument(f"run_summary.json: not JSON: {exc}") from exc
    return {
        "records": fields.integer("total_discovered"),
        "carried_forward": fields.integer("carried_forward"),
        "gaps": len(fields.sequence("gaps")),
        **({} if fields.is_null("diff") else fields.by_key("diff", Fields.integer)),
    }


def _failure(failure: EnrichmentFailure) -> dict[str, Any]:
    return {
        "reason": failure.reason,
        "resourceType": failure.resource_type,
        "operation": failure.operation,
        "regions": list(failure.regions),
        "records": failure.records,
        "seen": failure.seen,
        "statement": failure.statement,
    }


def _region(facts: RunFacts, region: str, gaps: Sequence[Gap]) -> dict[str, Any]:
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
        "youngest_created": facts.records.youngest.get(region),
        "calls_to_function": outcome.epochs,
        "seconds": dict(outcome.tally.seconds),
        "calls": outcome.tally.calls,
        "counts": dict(outcome.tally.counts),
        "shards": len(outcome.shards),
        "gaps": [gap for gap in gaps if gap["place"].split("/")[0] == region],
    }


def _redactions(facts: RunFacts) -> dict[str, int]:
    total: Counter[str] = Counter()
    for outcome in facts.outcomes.values():
        total.update(outcome.tally.redactions)
    return dict(total)
