"""The second step: one pass over inventory and baseline that writes every derived artifact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.catalog.entry import Catalog
from inventory.coordination.call import Call
from inventory.exports.report import NAMED_CHANGES
from inventory.exports.summary import RecordCounts
from inventory.model.canonical import JsonValue
from inventory.model.manifest import Manifest
from inventory.model.publication import Artifact, ArtifactGap
from inventory.roles.aggregator.pace import Pace
from inventory.roles.aggregator.sinks import (
    ChangesContent,
    CsvContent,
    DiffContent,
    DiffSummaryContent,
    FileContent,
    RelationshipsContent,
    Sink,
)
from inventory.roles.aggregator.sources import (
    BaselineFiles,
    baseline_lines,
    inventory_lines,
    is_covered,
    is_same_query,
)
from inventory.stages.diff import Change, DiffCounts, DiffRules, diff_records

_METADATA = "/details/metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """What the pass wrote and counted; `diff` is None without a baseline."""

    artifacts: tuple[Artifact, ...]
    gaps: tuple[ArtifactGap, ...]
    records: RecordCounts
    diff: DiffCounts | None
    first_changes: list[dict[str, JsonValue]]


def write_exports(
    call: Call, manifest: Manifest, inventory: Artifact, baseline: BaselineFiles | None, catalog: Catalog
) -> Exports:
    """Write tables, relationships and the diff's files.

    Raises BaselineUnreadable, ArtifactConflict, InvalidDocument for a damaged inventory, DeadlineNear.
    """
    records = RecordCounts(manifest.collected_at)
    counts = DiffCounts()
    changes = ChangesContent(
        since=baseline.manifest.collected_at if baseline else None,
        until=manifest.collected_at,
        keep=NAMED_CHANGES,
    )
    contents: dict[str, FileContent] = {
        "inventory.csv": CsvContent(),
        "relationships.jsonl.gz": RelationshipsContent(),
    }
    if baseline is not None:
        contents |= {
            "diff.json": DiffContent(counts),
            "diff_summary.json": DiffSummaryContent(counts),
            "changes.jsonl.gz": changes,
        }
    sinks = [Sink(call, manifest.run_id, name, content) for name, content in contents.items()]
    pace = Pace(call)
    try:
        for change in _changes(call, manifest, inventory, baseline, catalog):
            counts.add(change)
            if change.after is not None:
                records.add(change.after)
            for sink in sinks:
                sink.add(change)
            pace.step()
        stored = [sink.finish() for sink in sinks]
    except BaseException:
        for sink in sinks:
            sink.abort()
        raise
    return Exports(
        artifacts=tuple(artifact for artifact in stored if artifact is not None),
        gaps=tuple(sink.gap for sink in sinks if sink.gap is not None),
        records=records,
        diff=counts if baseline is not None else None,
        first_changes=changes.first,
    )


def _changes(
    call: Call, manifest: Manifest, inventory: Artifact, baseline: BaselineFiles | None, catalog: Catalog
) -> Iterator[Change]:
    current = inventory_lines(call, manifest.run_id, inventory)
    if baseline is None:
        return diff_records(iter(()), current, diff_rules(manifest, manifest, frozenset(), catalog))
    rules = diff_rules(baseline.manifest, manifest, baseline.known_regions, catalog)
    return diff_records(baseline_lines(call, baseline), current, rules)


def diff_rules(before: Manifest, now: Manifest, known_before: frozenset[str], catalog: Catalog) -> DiffRules:
    """How two runs are compared, by what their manifests say and by what the earlier one knew."""
    is_comparable = is_same_query(before, now)

    def volatile(resource_type: str) -> tuple[str, ...]:
        entry = catalog.entry(resource_type)
        own = tuple(_METADATA + pattern for pattern in entry.volatile) if entry else ()
        return (*own, *now.volatile_fields)

    def set_like(resource_type: str) -> tuple[str, ...]:
        entry = catalog.entry(resource_type)
        return tuple(_METADATA + pattern for pattern in entry.set_like) if entry else ()

    return DiffRules(
        collected_at=now.collected_at,
        volatile=volatile,
        set_like=set_like,
        in_scope_before=lambda record: (
            is_comparable and record["region"] in known_before and is_covered(before, record)
        ),
        in_scope_now=lambda record: is_comparable and is_covered(now, record),
        search_fields_only=(
            (before.depth, before.catalog_fingerprint, before.redaction_fingerprint)
            != (now.depth, now.catalog_fingerprint, now.redaction_fingerprint)
        ),
    )
