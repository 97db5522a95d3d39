"""A run's files, read once, side by side, in the order of their records.

Each file is held against its listing to its end, whatever the others hold. Files are compared with each
other only as long as shards, inventory and baseline are sound: what is missing in a damaged one proves
nothing about the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from inventory.coordination.artifacts import read_size
from inventory.model.checkpoint import ShardRef
from inventory.roles.verifier.bucket import Bucket
from inventory.roles.verifier.changes_check import ChangesCheck
from inventory.roles.verifier.csv_check import CsvCheck
from inventory.roles.verifier.diff_check import DiffCheck, DiffFile
from inventory.roles.verifier.graph_check import GraphCheck
from inventory.roles.verifier.line_files import Group, RecordFile, grouped
from inventory.roles.verifier.listed_files import (
    DIFF_FILES,
    GRAPH_EDGES,
    GRAPH_FILES,
    GRAPH_NODES,
    INVENTORY,
    PARQUET,
    ListedFiles,
)
from inventory.roles.verifier.merge_check import MergeCheck
from inventory.roles.verifier.parquet_check import ParquetCheck
from inventory.roles.verifier.recount import Recount, check_coverage, check_summary, check_totals
from inventory.roles.verifier.relationships_check import RelationshipsCheck
from inventory.roles.verifier.run_facts import VerifiedRun

#: Files that are streamed beside shards and inventories.
_OTHER_STREAMS = 8
_STREAMED = (INVENTORY, "inventory.csv", PARQUET, "relationships.jsonl.gz", *GRAPH_FILES, *DIFF_FILES)
_DOCUMENTS = ("run_summary.json", "coverage.json")


def check_content(bucket: Bucket, run: VerifiedRun) -> None:
    """Check everything that the run's outcomes and its `published.json` list."""
    listed = [(region, shard) for region, outcome in run.outcomes.items() for shard in outcome.shards]
    files = ListedFiles(bucket, run, chunk_bytes=read_size(len(listed) + _OTHER_STREAMS))
    if run.published is not None:
        files.check_listing()
    shards = [(shard, files.shard(region, shard)) for region, shard in listed]
    inventory, baseline = files.inventory(), files.baseline_inventory()
    sources = [*(file for _, file in shards), inventory, *([baseline] if run.baseline else [])]
    comparison = _Comparison(bucket, run, files, has_baseline=baseline is not None)
    is_sound = all(file is not None for file in sources)
    findings_before = bucket.findings.total
    for group in grouped([file for _, file in shards if file is not None], baseline, inventory):
        # No file is damaged without a finding; to ask hundreds of them for every record takes too long.
        if bucket.findings.total != findings_before:
            findings_before = bucket.findings.total
            is_sound = is_sound and all(file is not None and file.is_whole for file in sources)
        if is_sound:
            comparison.add(group)
    if is_sound:
        comparison.finish()
    else:
        comparison.abandon()
        if run.published is not None:
            bucket.findings.note(
                files.names.root, "a shard or an inventory is damaged: files were not compared"
            )
    _check_ends(bucket, shards)
    if run.published is not None:
        _check_documents(bucket, run, files, comparison, is_sound=is_sound)


def _check_ends(bucket: Bucket, shards: Sequence[tuple[ShardRef, RecordFile | None]]) -> None:
    for shard, file in shards:
        if file is not None and file.is_whole:
            for place, found, listed in (
                ("first key", file.first_key, shard.first_key),
                ("last key", file.last_key, shard.last_key),
            ):
                bucket.findings.expect(shard.name, place, found=found, expected=listed)


def _check_documents(
    bucket: Bucket, run: VerifiedRun, files: ListedFiles, comparison: _Comparison, *, is_sound: bool
) -> None:
    published = run.published
    assert published is not None
    diff = comparison.diff
    numbers = diff.summary if diff is not None and diff.is_whole else None
    summary = files.document("run_summary.json", "run_summary")
    coverage = files.document("coverage.json", "coverage")
    short = files.document("diff_summary.json", "diff_summary")
    if numbers is not None and short is not None:
        name = files.names.artifact("diff_summary.json")
        bucket.findings.expect_json(name, "", found=short, expected=numbers)
    if is_sound:
        check_totals(files.names.published, run, comparison.recount, numbers, bucket.findings)
        if summary is not None:
            name = files.names.artifact("run_summary.json")
            check_summary(name, summary, comparison.recount, run, numbers, bucket.findings)
        if coverage is not None:
            name = files.names.artifact("coverage.json")
            check_coverage(name, coverage, comparison.recount, run, files.names.search_types, bucket.findings)
    if summary is not None:
        found = published.counts.get("gaps")
        bucket.findings.expect(
            files.names.published, "field /counts/gaps", found=found, expected=len(summary["gaps"])
        )
        told = [(gap["place"], gap["reason"]) for gap in summary["gaps"] if gap["kind"] == "artifact"]
        bucket.findings.expect(
            files.names.artifact("run_summary.json"),
            "field /gaps of kind artifact",
            found=told,
            expected=[(gap.name, gap.reason) for gap in published.gaps],
        )
    for artifact in published.artifacts:
        if artifact.name not in (*_STREAMED, *_DOCUMENTS):
            files.check_hash(artifact.name)


class _Comparison:
    """The published files, each read along with the inventory; what is not published is not read."""

    def __init__(self, bucket: Bucket, run: VerifiedRun, files: ListedFiles, *, has_baseline: bool) -> None:
        findings = bucket.findings
        self.recount = Recount(run)
        self._merge = MergeCheck(run, findings, files.names.artifact(INVENTORY), has_baseline=has_baseline)
        self._is_published = run.published is not None
        table = files.file("inventory.csv")
        self._csv = None if table is None else CsvCheck(table, findings)
        table = files.file(PARQUET)
        self._parquet = None if table is None else ParquetCheck(table, findings)
        lines = files.lines("relationships.jsonl.gz", "relationships_line")
        self._relationships = None if lines is None else RelationshipsCheck(lines, findings)
        self._graph = GraphCheck(
            files.lines(GRAPH_NODES, "graph_nodes_line"),
            files.lines(GRAPH_EDGES, "graph_edges_line"),
            run,
            findings,
        )
        stored = files.file("diff.json")
        self.diff = None if stored is None else DiffFile(stored, findings)
        self._diff_check: DiffCheck | None = None
        if self.diff is not None and self.diff.is_whole and has_baseline:
            self._diff_check = DiffCheck(self.diff, run, findings)
        lines = files.lines("changes.jsonl.gz", "changes_line")
        self._changes = None if lines is None else ChangesCheck(lines, run, findings)
        self._has_baseline = has_baseline

    def add(self, group: Group) -> None:
        """Take one identity."""
        if not self._is_published:
            return
        self._merge.add(group)
        kind = None if self._diff_check is None else self._diff_check.add(group)
        if self._changes is not None and self._has_baseline:
            self._changes.add(group, kind)
        for line in group.now:
            self.recount.add(line.record)
            for check in (self._csv, self._parquet, self._relationships, self._graph):
                if check is not None:
                    check.add(line)

    def finish(self) -> None:
        """Everything was taken."""
        for check in (self._csv, self._parquet, self._relationships, self._graph, self._diff_check):
            if check is not None:
                check.finish()
        if self._changes is not None and self._has_baseline:
            self._changes.finish(self.diff)
        elif self._changes is not None:
            self._changes.abandon()

    def abandon(self) -> None:
        """Read what is left of each file without comparing it."""
        for table in (self._csv, self._parquet):
            if table is not None:
                table.finish()
        for lines in (self._relationships, self._graph, self._changes):
            if lines is not None:
                lines.abandon()
