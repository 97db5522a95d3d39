"""Object names: the only place that builds or parses them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

RUN_ID_TIME = "%Y%m%dT%H%M%SZ"
_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")


def run_id_for(started_at: datetime, trigger_key: str) -> str:
    """A run's id: its start (UTC, whole seconds) and 8 hex of the trigger's key."""
    digest = hashlib.sha256(trigger_key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{started_at.astimezone(UTC).strftime(RUN_ID_TIME)}-{digest[:8]}"


def run_started_at(run_id: str) -> datetime:
    """The start that a run id carries. Raises ValueError where the text is not a run id."""
    if not _RUN_ID.fullmatch(run_id):
        raise ValueError(f"{run_id!r} is not a run id such as 20261123T040000Z-1a2b3c4d")
    return datetime.strptime(run_id[:-9], RUN_ID_TIME).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectNames:
    """The names below one prefix."""

    prefix: str

    @property
    def lease(self) -> str:
        return f"{self.prefix}/lease.json"

    @property
    def latest(self) -> str:
        return f"{self.prefix}/latest.json"

    @property
    def runs(self) -> str:
        """The prefix of all runs, ending in a slash."""
        return f"{self.prefix}/runs/"

    @property
    def refused(self) -> str:
        """The prefix of the reports of refused calls, ending in a slash."""
        return f"{self.prefix}/refused/"

    def refusal(self, digest: str) -> str:
        return f"{self.refused}{digest}.json"

    def run(self, run_id: str) -> RunNames:
        return RunNames(root=f"{self.runs}{run_id}")

    def run_id_of(self, name: str) -> str | None:
        """The run that an object or a listed prefix belongs to, or None."""
        if not name.startswith(self.runs):
            return None
        run_id = name[len(self.runs) :].split("/", 1)[0]
        try:
            run_started_at(run_id)
        except ValueError:
            return None
        return run_id

    def run_id_of_outcome(self, name: str) -> str | None:
        """The run of which an object is a region's outcome, or None."""
        run_id = self.run_id_of(name)
        if run_id is None:
            return None
        run = self.run(run_id)
        region = name.removeprefix(f"{run.root}/regions/").partition("/")[0]
        return run_id if name == run.outcome(region) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNames:
    """The names of one run's objects."""

    root: str

    @property
    def manifest(self) -> str:
        return f"{self.root}/manifest.json"

    @property
    def compartments(self) -> str:
        return f"{self.root}/compartments.json"

    @property
    def aggregation(self) -> str:
        return f"{self.root}/aggregation.json"

    @property
    def published(self) -> str:
        return f"{self.root}/published.json"

    @property
    def closed(self) -> str:
        return f"{self.root}/closed.json"

    def artifact(self, file_name: str) -> str:
        return f"{self.root}/{file_name}"

    def checkpoint(self, region: str) -> str:
        return f"{self.root}/regions/{region}/checkpoint.json"

    def outcome(self, region: str) -> str:
        return f"{self.root}/regions/{region}/outcome.json"

    def search_types(self, region: str) -> str:
        return f"{self.root}/regions/{region}/search_types.json"

    def found(self, region: str, *, epoch: int, sequence: int, sha256: str) -> str:
        return f"{self.root}/regions/{region}/found/{epoch:04d}-{sequence:06d}-{sha256[:16]}.jsonl.gz"

    def shard(self, region: str, *, epoch: int, sequence: int, sha256: str) -> str:
        return f"{self.root}/regions/{region}/shards/{epoch:04d}-{sequence:06d}-{sha256[:16]}.jsonl.gz"
