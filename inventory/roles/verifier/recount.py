"""`run_summary.json`, `coverage.json` and the totals of `published.json`, counted anew from the inventory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from inventory.errors import GoneSinceDiscovery, NotAuthorizedOrNotFound
from inventory.model.record import ERROR, NOT_IMPLEMENTED, OK, Record
from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.run_facts import VerifiedRun

_GONE_STATES = ("TERMINATED", "DELETED")
_COVERAGE_TOTALS = ("seen", "enriched", "notImplemented", "gone", "carriedForward")


class Recount:
    """Counts the inventory's records; by region and type what `coverage.json` tells."""

    def __init__(self, run: VerifiedRun) -> None:
        self._run = run
        self.total = 0
        self.without_ocid = 0
        self.by_status: Counter[str] = Counter()
        self.by_type: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.by_compartment: Counter[str | None] = Counter()
        self.by_region: Counter[str] = Counter()
        self.carried_forward: Counter[str] = Counter()
        self.coverage: defaultdict[str, defaultdict[str, Counter[str]]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        self.failed: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def add(self, record: Record) -> None:
        """Count one record."""
        region, kind, status = record["region"], record["resourceType"], record["enrichStatus"]
        self.total += 1
        self.without_ocid += record["ocid"] is None
        self.by_status[status] += 1
        self.by_type[kind][status] += 1
        self.by_compartment[record["compartmentId"]] += 1
        self.by_region[region] += 1
        counts = self.coverage[region][kind]
        if record["collectedAt"] != self._run.collected_at:
            self.carried_forward[region] += 1
            counts["carriedForward"] += 1
            return
        counts["seen"] += 1
        if status == OK:
            counts["enriched"] += 1
        elif status == NOT_IMPLEMENTED:
            counts["notImplemented"] += 1
        elif _is_gone(record):
            counts["gone"] += 1
        else:
            self.failed[region, kind][str(record["enrichError"])] += 1

    def failures(self) -> Counter[str]:
        """Failed records of this run, by type and class of failure."""
        total: Counter[str] = Counter()
        for (_, kind), reasons in self.failed.items():
            total.update({f"{kind}: {reason}": count for reason, count in reasons.items()})
        return total


def _is_gone(record: Record) -> bool:
    state, error = str(record["lifecycleState"] or ""), str(record["enrichError"])
    if error.startswith(GoneSinceDiscovery.reason):
        return True
    return state.upper() in _GONE_STATES and error.startswith(NotAuthorizedOrNotFound.reason)


def check_summary(
    name: str,
    summary: Mapping[str, Any],
    recount: Recount,
    run: VerifiedRun,
    diff: Mapping[str, int] | None,
    findings: Findings,
) -> None:
    """Hold `run_summary.json` against the recount; `diff` are the numbers of `diff.json`, if it is there."""
    baseline = run.manifest.baseline
    expected: dict[str, Any] = {
        "run_id": run.run_id,
        "collectedAt": run.collected_at,
        "trigger_kind": run.manifest.trigger_kind,
        "is_adhoc": run.manifest.is_adhoc,
        "baseline_run_id": baseline.run_id if baseline else None,
        "total_discovered": recount.total,
        "enriched_ok": recount.by_status[OK],
        "not_implemented": recount.by_status[NOT_IMPLEMENTED],
        "errors": recount.by_status[ERROR],
        "counts_by_enrich_status": dict(recount.by_status),
        "counts_by_resource_type": {kind: counts.total() for kind, counts in recount.by_type.items()},
        "counts_by_resource_type_and_status": {
            kind: dict(counts) for kind, counts in recount.by_type.items()
        },
        "without_ocid": recount.without_ocid,
        "carried_forward": recount.carried_forward.total(),
    }
    if diff is not None:
        expected["diff"] = dict(diff)
    for field, value in expected.items():
        _expect(findings, name, f"/{field}", summary.get(field), value)
    rows = summary["counts_by_compartment"]
    _expect(
        findings,
        name,
        "/counts_by_compartment",
        {row["compartmentId"]: row["records"] for row in rows},
        dict(recount.by_compartment),
    )
    if run.compartments is not None or run.manifest.compartments_sha256 is None:
        for number, row in enumerate(rows):
            path = _path(run, row["compartmentId"])
            _expect(findings, name, f"/counts_by_compartment/{number}/path", row["path"], path)
    failures: Counter[str] = Counter()
    for row in summary["enrichment_failures"]:
        failures[f"{row['resourceType']}: {row['reason']}"] += row["records"]
    _expect(findings, name, "/enrichment_failures", dict(failures), dict(recount.failures()))
    for region, told in summary["regions"].items():
        outcome = run.outcomes.get(region)
        counts = {
            "records": recount.by_region[region],
            "carried_forward": recount.carried_forward[region],
            "status": outcome.status if outcome else "not searched",
            **({"shards": len(outcome.shards)} if outcome else {}),
        }
        for field, value in counts.items():
            _expect(findings, name, f"/regions/{region}/{field}", told.get(field), value)
    missing = sorted({*recount.by_region, *run.outcomes} - summary["regions"].keys())
    _expect(findings, name, "/regions", f"no {missing}" if missing else "all", "all")


def check_coverage(
    name: str,
    coverage: Mapping[str, Any],
    recount: Recount,
    run: VerifiedRun,
    search_types: Callable[[str], str],
    findings: Findings,
) -> None:
    """Hold `coverage.json` against the recount and what each region's Search named; `search_types` gives the
    name of a region's document of these."""
    _expect(findings, name, "/run_id", coverage["run_id"], run.run_id)
    totals: Counter[str] = Counter()
    for region, told in coverage["regions"].items():
        where = f"/regions/{region}"
        named = run.search_types.get(region)
        known = list(named.types) if named is not None and named.types is not None else None
        if named is not None or told["known"] is None:
            _expect(findings, name, f"{where}/known", told["known"], known)
        else:
            findings.add(
                search_types(region), "", found="nothing to read", expected=f"the types that {name} names"
            )
        types = {kind: _coverage_of(recount, region, kind) for kind in recount.coverage.get(region, {})}
        _expect(findings, name, f"{where}/types", sorted(told["types"]), sorted(types))
        for kind, counts in types.items():
            _expect(findings, name, f"{where}/types/{kind}", told["types"].get(kind), counts)
            totals.update({field: counts[field] for field in _COVERAGE_TOTALS})
            totals["failed"] += sum(counts["failed"].values())
        _expect(
            findings,
            name,
            f"{where}/notReadable",
            told["notReadable"],
            sorted(kind for kind, counts in types.items() if _is_not_readable(counts)),
        )
        found = {kind.lower() for kind in known or ()} & {
            kind.lower() for kind in told["notSearchable"] or ()
        }
        _expect(findings, name, f"{where}/notSearchable", sorted(found), [])
    missing = sorted({*recount.by_region, *run.outcomes} - coverage["regions"].keys())
    _expect(findings, name, "/regions", f"no {missing}" if missing else "all", "all")
    for field, total in coverage["totals"].items():
        _expect(findings, name, f"/totals/{field}", total, totals[field])


def check_totals(
    name: str, run: VerifiedRun, recount: Recount, diff: Mapping[str, int] | None, findings: Findings
) -> None:
    """Hold the totals of `published.json` against the recount and the diff."""
    assert run.published is not None
    expected = {
        "records": recount.total,
        "carried_forward": recount.carried_forward.total(),
        **(diff or {}),
    }
    for field, value in expected.items():
        _expect(findings, name, f"/counts/{field}", run.published.counts.get(field), value)


def _path(run: VerifiedRun, ocid: str | None) -> str:
    if ocid is None:
        return ""
    return ocid if run.compartments is None else run.compartments.path(ocid)


def _coverage_of(recount: Recount, region: str, kind: str) -> dict[str, Any]:
    counts = recount.coverage[region][kind]
    return {
        **{field: counts[field] for field in _COVERAGE_TOTALS},
        "failed": dict(recount.failed.get((region, kind), {})),
    }


def _is_not_readable(counts: Mapping[str, Any]) -> bool:
    refused = all(reason.startswith(NotAuthorizedOrNotFound.reason) for reason in counts["failed"])
    return bool(counts["failed"]) and refused and not counts["enriched"]


def _expect(findings: Findings, name: str, pointer: str, found: Any, expected: Any) -> None:
    findings.expect_json(name, pointer, found=found, expected=expected)
