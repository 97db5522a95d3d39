"""Opening what a run's documents list: shards, the baseline's inventory, and the published files."""

from __future__ import annotations

from typing import Any

from inventory.errors import InvalidDocument
from inventory.model.checkpoint import ShardRef
from inventory.model.names import RunNames
from inventory.model.publication import Artifact
from inventory.roles.verifier.bucket import Bucket, Listed, StoredFile
from inventory.roles.verifier.line_files import LineFile, RecordFile
from inventory.roles.verifier.recomputation import parse_strictly
from inventory.roles.verifier.run_facts import VerifiedRun

INVENTORY = "inventory.jsonl.gz"
DIFF_FILES = ("diff.json", "diff_summary.json", "changes.jsonl.gz")
PARQUET = "inventory.parquet"
GRAPH_NODES = "graph_nodes.jsonl.gz"
GRAPH_EDGES = "graph_edges.jsonl.gz"
GRAPH_FILES = (GRAPH_NODES, GRAPH_EDGES)
#: What every published run has, or names among its gaps; the diff's files only with a baseline, and the
#: Parquet table only where the manifest asks for it.
PUBLISHED_FILES = (
    INVENTORY,
    "inventory.csv",
    "relationships.jsonl.gz",
    *GRAPH_FILES,
    "run_summary.json",
    "coverage.json",
    "report.md",
)
_CHUNK_BYTES = 256 * 1024


class ListedFiles:
    """The files of one run; `chunk_bytes` is what is read of each at once."""

    def __init__(self, bucket: Bucket, run: VerifiedRun, *, chunk_bytes: int) -> None:
        self._bucket = bucket
        self._run = run
        self._chunk_bytes = chunk_bytes
        self.names: RunNames = bucket.names.run(run.run_id)

    def check_listing(self) -> None:
        """Whether `published.json` lists what a run leaves behind, or tells why not."""
        published = self._run.published
        assert published is not None
        manifest = self._run.manifest
        wanted = [*PUBLISHED_FILES, *(DIFF_FILES if manifest.baseline else ())]
        if manifest.parquet:
            wanted.append(PARQUET)
        told = {artifact.name for artifact in published.artifacts} | {gap.name for gap in published.gaps}
        for name in wanted:
            if name not in told:
                self._bucket.findings.add(
                    self.names.published,
                    "field /artifacts",
                    found=f"no {name}",
                    expected="every file of a run, or a gap that names it",
                )

    def shard(self, region: str, shard: ShardRef) -> RecordFile | None:
        """A shard that the region's outcome lists."""
        listed = Listed(
            name=shard.name,
            etag=shard.etag,
            size=shard.size,
            sha256=shard.sha256,
            count=shard.count,
            by=self.names.outcome(region),
        )
        file = self._bucket.open(listed)
        if file is None:
            return None
        lines = LineFile(file, "shard_line", chunk_bytes=self._chunk_bytes)
        return RecordFile(
            lines, unique=False, fixed={"collectedAt": self._run.collected_at, "region": region}
        )

    def inventory(self) -> RecordFile | None:
        """The run's inventory."""
        lines = self.lines(INVENTORY, "inventory_line")
        return None if lines is None else RecordFile(lines, unique=True)

    def baseline_inventory(self) -> RecordFile | None:
        """The baseline's inventory; its lines are checked with its own run."""
        baseline = self._run.baseline
        artifact = baseline.published.artifact(INVENTORY) if baseline else None
        if baseline is None or artifact is None:
            return None
        file = self._bucket.open(self._listed(self._bucket.names.run(baseline.run_id), artifact))
        if file is None:
            return None
        lines = LineFile(file, "inventory_line", chunk_bytes=self._chunk_bytes, is_trusted=True)
        return RecordFile(lines, unique=True)

    def lines(self, file_name: str, kind: str) -> LineFile | None:
        """A published file of lines."""
        file = self.file(file_name)
        return None if file is None else LineFile(file, kind, chunk_bytes=self._chunk_bytes)

    def file(self, file_name: str) -> StoredFile | None:
        """A published file, or None where none is listed, or none is there."""
        artifact = self._run.artifact(file_name)
        return None if artifact is None else self._bucket.open(self._listed(self.names, artifact))

    def document(self, file_name: str, kind: str) -> Any:
        """A published JSON document that holds against listing and schema, or None."""
        file = self.file(file_name)
        body = None if file is None else self._whole(file)
        return (
            None
            if body is None or file is None
            else self._bucket.parsed(file.name, kind, body, parse_strictly)
        )

    def check_hash(self, file_name: str) -> None:
        """Hold a published file that is for people against its listing."""
        file = self.file(file_name)
        if file is not None and self._whole(file) is not None:
            self._bucket.findings.lines[file.name] = 1

    def _whole(self, file: StoredFile) -> bytes | None:
        try:
            return b"".join(file.chunks(_CHUNK_BYTES))
        except InvalidDocument as exc:
            self._bucket.findings.add(file.name, "", found=str(exc), expected="the listed object")
            return None

    def _listed(self, names: RunNames, artifact: Artifact) -> Listed:
        return Listed(
            name=names.artifact(artifact.name),
            etag=artifact.etag,
            size=artifact.size,
            sha256=artifact.sha256,
            count=artifact.count,
            by=names.published,
        )
