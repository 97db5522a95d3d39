"""One run's objects as they lie in the bucket, read as plain files."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What a run leaves besides the artifacts that `published.json` lists.
CONTROL_FILES = ("manifest.json", "compartments.json", "aggregation.json", "published.json", "closed.json")


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The directory of one run."""

    directory: Path

    @property
    def run_id(self) -> str:
        return self.directory.name

    def has(self, name: str) -> bool:
        return (self.directory / name).is_file()

    def bytes_of(self, name: str) -> bytes:
        """An object's content; of a compressed one, what it holds."""
        content = (self.directory / name).read_bytes()
        return gzip.decompress(content) if name.endswith(".gz") else content

    def document(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.bytes_of(name))
        return found

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The objects of a JSON lines file."""
        return [json.loads(line) for line in self.bytes_of(name).splitlines()]

    def records(self) -> list[dict[str, Any]]:
        return self.lines("inventory.jsonl.gz")

    def table(self) -> list[dict[str, str]]:
        """The rows of `inventory.csv` by column."""
        text = self.bytes_of("inventory.csv").decode("utf-8")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def report(self) -> str:
        return self.bytes_of("report.md").decode("utf-8")

    def section(self, title: str) -> str:
        """One section of the report, without Markdown's escapes."""
        _, _, behind = self.report().partition(f"## {title}\n")
        return re.sub(r"\\(.)", r"\1", behind.partition("\n## ")[0])

    def summary(self) -> dict[str, Any]:
        return self.document("run_summary.json")

    def coverage(self) -> dict[str, Any]:
        return self.document("coverage.json")

    def gaps(self) -> list[tuple[str, str]]:
        """Kind and place of every gap that the summary tells."""
        return [(gap["kind"], gap["place"]) for gap in self.summary()["gaps"]]

    def collected_at(self) -> str:
        return str(self.document("manifest.json")["collectedAt"])

    def closed(self) -> dict[str, Any] | None:
        return self.document("closed.json") if self.has("closed.json") else None

    def outcome(self, region: str) -> dict[str, Any]:
        return self.document(f"regions/{region}/outcome.json")

    def checkpoint(self, region: str) -> dict[str, Any]:
        return self.document(f"regions/{region}/checkpoint.json")

    def listed_shards(self, region: str) -> list[dict[str, Any]]:
        """The shards that count."""
        return [shard for part in self.outcome(region)["slices"] for shard in part["shards"]]

    def files(self) -> Iterator[str]:
        """The names below the run, shards and all."""
        for path in sorted(self.directory.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.directory).as_posix()
