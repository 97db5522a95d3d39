"""The second step: a pass over inventory and baseline for most files, one for the graph, and one for Parquet.

Parquet is apart because what it needs and the other files' unsent parts would add up in memory, the graph
because its first line needs to know all records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from inventory.catalog.entry import Catalog
from inventory.coordination.call import Call
from inventory.coordination.documents import read_compartment_names
from inventory.exports.counts import RecordCounts
from inventory.exports.report_results import NAMED_CHANGES
from inventory.model.canonical import JsonValue
from inventory.model.checkpoint import Outcome
from inventory.model.manifest import Manifest
from inventory.model.publication import Artifact, ArtifactGap
from inventory.model.record import Record
from inventory.roles.aggregator.comparing import rules_against, rules_without_baseline
from inventory.roles.aggregator.graph_files import (
    EDGES,
    GRAPH_FILES,
    NODES,
    CollectedFacts,
    GraphEdgesContent,
    GraphNodesContent,
)
from inventory.roles.aggregator.pace import Pace
from inventory.roles.aggregator.sinks import (
    ChangesContent,
    CsvContent,
    DiffContent,
    DiffSummaryContent,
    FileContent,
    ParquetContent,
    RelationshipsContent,
    Sink,
)
from inventory.roles.aggregator.sources import (
    BaselineFiles,
    baseline_lines,
    inventory_lines,
)
from inventory.stages.diff import Change, DiffCounts, diff_records
from inventory.stages.join import outer_join

PARQUET = "inventory.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """What the passes wrote, could not write, and counted; `diff` is None without a baseline."""

    artifacts: tuple[Artifact, ...]
    gaps: tuple[ArtifactGap, ...]
    records: RecordCounts
    diff: DiffCounts | None
    first_changes: list[dict[str, JsonValue]]


def write_exports(
    call: Call,
    manifest: Manifest,
    outcomes: Mapping[str, Outcome],
    inventory: Artifact,
    baseline: BaselineFiles | None,
    catalog: Catalog,
    settled: Collection[str] = (),
) -> Exports:
    """Write tables, relationships, graph and the diff's files, but those that an earlier owner has `settled`.

    A settled file is stored or is a gap, and stays what it is. All records are counted in any case.
    Raises BaselineUnreadable, ArtifactConflict, InvalidDocument for a damaged inventory, DeadlineNear.
    """
    records = RecordCounts(manifest.collected_at)
    counts = DiffCounts()
    changes = ChangesContent(
        since=baseline.manifest.collected_at if baseline else None,
        until=manifest.collected_at,
        keep=NAMED_CHANGES,
    )
    contents: dict[str, FileContent[Change]] = {
        "inventory.csv": CsvContent(),
        "relationships.jsonl.gz": RelationshipsContent(),
    }
    if baseline is not None:
        contents |= {
            "diff.json": DiffContent(counts, lambda: _ocids(call, manifest, inventory, baseline)),
            "diff_summary.json": DiffSummaryContent(counts),
            "changes.jsonl.gz": changes,
        }
    sinks = [
        Sink(call, manifest.run_id, name, content, is_settled=name in settled)
        for name, content in contents.items()
    ]
    facts = None if all(name in settled for name in GRAPH_FILES) else CollectedFacts(inventory.count or 0)
    pace = Pace(call)
    with _aborted_at_failure(sinks):
        for change in _changes(call, manifest, outcomes, inventory, baseline, catalog):
            counts.add(change)
            if change.after is not None:
                records.add(change.after)
                if facts is not None:
                    facts.add(change.after)
            for sink in sinks:
                sink.add(change)
            pace.step()
        stored = [(sink.finish(), sink.gap) for sink in sinks if not sink.is_settled]
    if facts is not None:
        stored += _write_graph(call, manifest, inventory, facts, catalog, settled)
        facts = None
    if manifest.parquet is not False and PARQUET not in settled:
        stored += _write_parquet(call, manifest, inventory)
    return Exports(
        artifacts=tuple(artifact for artifact, _ in stored if artifact is not None),
        gaps=tuple(gap for _, gap in stored if gap is not None),
        records=records,
        diff=counts if baseline is not None else None,
        first_changes=changes.first,
    )


def _write_graph(
    call: Call,
    manifest: Manifest,
    inventory: Artifact,
    facts: CollectedFacts,
    catalog: Catalog,
    settled: Collection[str],
) -> list[tuple[Artifact | None, ArtifactGap | None]]:
    def type_of_kind(kind: str) -> str | None:
        entry = catalog.entry(kind)
        return None if entry is None else entry.name

    graph = facts.graph(read_compartment_names(call, manifest), type_of_kind)
    contents: dict[str, FileContent[Record]] = {
        NODES: GraphNodesContent(graph),
        EDGES: GraphEdgesContent(graph),
    }
    sinks = [
        Sink(call, manifest.run_id, name, content)
        for name, content in contents.items()
        if name not in settled
    ]
    return _write_from_records(call, manifest, inventory, sinks)


def _write_parquet(
    call: Call, manifest: Manifest, inventory: Artifact
) -> list[tuple[Artifact | None, ArtifactGap | None]]:
    sink = Sink(call, manifest.run_id, PARQUET, ParquetContent())
    return _write_from_records(call, manifest, inventory, [sink])


def _write_from_records(
    call: Call, manifest: Manifest, inventory: Artifact, sinks: Sequence[Sink[Record]]
) -> list[tuple[Artifact | None, ArtifactGap | None]]:
    """Let sinks take the inventory's records; what each stored, or could not store."""
    pace = Pace(call)
    with _aborted_at_failure(sinks):
        for line in inventory_lines(call, manifest.run_id, inventory):
            for sink in sinks:
                sink.add(line.record)
            pace.step()
        return [(sink.finish(), sink.gap) for sink in sinks]


@contextmanager
def _aborted_at_failure(sinks: Sequence[Sink[Any]]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for sink in sinks:
            sink.abort()
        raise


def _changes(
    call: Call,
    manifest: Manifest,
    outcomes: Mapping[str, Outcome],
    inventory: Artifact,
    baseline: BaselineFiles | None,
    catalog: Catalog,
) -> Iterator[Change]:
    current = inventory_lines(call, manifest.run_id, inventory)
    if baseline is None:
        return diff_records(iter(()), current, rules_without_baseline(manifest, catalog))
    rules = rules_against(call, manifest, outcomes, baseline, catalog)
    return diff_records(baseline_lines(call, baseline), current, rules)


def _ocids(
    call: Call, manifest: Manifest, inventory: Artifact, baseline: BaselineFiles
) -> Iterator[str | None]:
    """The OCIDs of the resources that the diff tells of, in its order.

    A baseline that can be read no more now costs only the file that asked.
    """
    pace = Pace(call)
    before = inventory_lines(call, baseline.manifest.run_id, baseline.inventory)
    for known, seen in outer_join(before, inventory_lines(call, manifest.run_id, inventory)):
        line = known if known is not None else seen
        assert line is not None
        pace.step()
        yield line.key[0] or None
