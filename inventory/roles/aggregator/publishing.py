"""Telling of the run and listing it: summary, coverage, report, and what stands in `published.json`.

What is told follows from the aggregation's settled files; of what was told already, the stored copy wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from inventory.catalog.entry import Catalog
from inventory.coordination.call import Call
from inventory.coordination.documents import read_compartment_names
from inventory.coordination.writes import create_once
from inventory.exports.coverage import coverage_bytes
from inventory.exports.facts import RunFacts
from inventory.exports.report import run_report
from inventory.exports.summary import published_counts, summary_bytes
from inventory.model.canonical import sha256_hex
from inventory.model.checkpoint import Outcome
from inventory.model.manifest import Manifest
from inventory.model.publication import Aggregation, Artifact, Published
from inventory.model.timestamps import format_time
from inventory.roles.aggregator.exporting import Exports
from inventory.roles.aggregator.search_types import read_all_search_types
from inventory.roles.aggregator.sources import CONTRACT_VERSION, BaselineFiles, known_regions
from inventory.roles.aggregator.summarizing import executive_summary


def publish(
    call: Call,
    manifest: Manifest,
    outcomes: Mapping[str, Outcome],
    catalog: Catalog,
    aggregation: Aggregation,
    exports: Exports,
    baseline: BaselineFiles | None,
) -> Published:
    """Write summary, coverage and report, and list everything that is published.

    Raises InvalidDocument where a stored summary is damaged, and the store's errors.
    """
    facts = RunFacts(
        manifest=manifest,
        catalog=catalog,
        outcomes=outcomes,
        search_types=read_all_search_types(call, manifest),
        compartments=read_compartment_names(call, manifest),
        aggregation=aggregation,
        records=exports.records,
        diff=exports.diff,
        ended_at=format_time(call.store.now()),
    )
    facts = replace(facts, executive_summary=executive_summary(call, facts))
    summary, summary_body = _store_once(call, manifest, "run_summary.json", summary_bytes(facts))
    coverage, _ = _store_once(call, manifest, "coverage.json", coverage_bytes(facts))
    report, _ = _store_once(call, manifest, "report.md", run_report(facts, exports.first_changes))
    return Published(
        run_id=manifest.run_id,
        collected_at=manifest.collected_at,
        baseline_run_id=manifest.baseline.run_id if manifest.baseline else None,
        contract_version=CONTRACT_VERSION,
        known_regions=known_regions(manifest, outcomes, baseline),
        artifacts=(*aggregation.artifacts, summary, coverage, report),
        gaps=aggregation.gaps,
        counts=published_counts(summary_body),
    )


def _store_once(call: Call, manifest: Manifest, file_name: str, body: bytes) -> tuple[Artifact, bytes]:
    """The artifact as it is stored, and its bytes."""
    stored = create_once(call.store, call.run(manifest.run_id).artifact(file_name), body)
    size, sha256 = len(stored.body), sha256_hex(stored.body)
    return Artifact(name=file_name, etag=stored.etag, size=size, sha256=sha256), stored.body
