"""What a run leaves behind: the aggregator's progress, what was published, the pointer, the closing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inventory.model.fields import Fields, document_bytes
from inventory.model.timestamps import format_time

FORMAT_VERSION = 1

#: States of `aggregation.json`.
WORKING = "working"
PUBLISHING = "publishing"
FENCED = "fenced"

#: Statuses of `closed.json`. STORED: an ad-hoc run's results are in its folder, the pointer was left alone.
PUBLISHED = "published"
SUPERSEDED = "superseded"
STORED = "stored"
RUN_FAILED = "failed"
CLOSINGS = (PUBLISHED, SUPERSEDED, STORED, RUN_FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A stored result: `name` below the run, ETag, bytes, sha256 of the stored bytes, lines or records."""

    name: str
    etag: str
    size: int
    sha256: str
    count: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "etag": self.etag,
            "size": self.size,
            "sha256": self.sha256,
            "count": self.count,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Artifact:
        return cls(
            name=fields.text("name"),
            etag=fields.text("etag"),
            size=fields.integer("size"),
            sha256=fields.text("sha256"),
            count=None if fields.is_null("count") else fields.integer("count"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactGap:
    """A result that could not be made, and the class of the failure."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """`aggregation.json`; compare-and-swap only: the aggregator's claim and progress.

    WORKING: artifacts are being made. PUBLISHING: `published.json` exists, and all that is left is to move
    the pointer, which anybody may finish. FENCED: a controller has given the run up; nothing may follow.
    """

    run_id: str
    epoch: int
    owner: str
    revision: int
    valid_until: datetime
    started_at: datetime
    state: str = WORKING
    artifacts: tuple[Artifact, ...] = ()
    gaps: tuple[ArtifactGap, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    baseline_error: str | None = None

    @property
    def settled(self) -> frozenset[str]:
        """The names of which it is decided whether there is such a file."""
        stored, missing = self.artifacts, self.gaps
        return frozenset([*(artifact.name for artifact in stored), *(gap.name for gap in missing)])

    def artifact(self, name: str) -> Artifact | None:
        """The stored artifact of a name."""
        return next((artifact for artifact in self.artifacts if artifact.name == name), None)

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "run_id": self.run_id,
                "epoch": self.epoch,
                "owner": self.owner,
                "revision": self.revision,
                "valid_until": format_time(self.valid_until),
                "started_at": format_time(self.started_at),
                "state": self.state,
                "artifacts": [artifact.to_dict() for artifact in self.artifacts],
                "gaps": [{"name": gap.name, "reason": gap.reason} for gap in self.gaps],
                "counts": dict(self.counts),
                "seconds": {step: round(spent, 3) for step, spent in self.seconds.items()},
                "baseline_error": self.baseline_error,
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Aggregation:
        """Raises InvalidDocument."""
        fields = Fields.parse("aggregation.json", body, format_version=FORMAT_VERSION)
        return cls(
            run_id=fields.text("run_id"),
            epoch=fields.integer("epoch"),
            owner=fields.text("owner"),
            revision=fields.integer("revision"),
            valid_until=fields.time("valid_until"),
            started_at=fields.time("started_at"),
            state=fields.choice("state", (WORKING, PUBLISHING, FENCED)),
            artifacts=tuple(Artifact.from_fields(part) for part in fields.parts("artifacts")),
            gaps=tuple(
                ArtifactGap(name=part.text("name"), reason=part.text("reason"))
                for part in fields.parts("gaps")
            ),
            counts=fields.by_key("counts", Fields.integer),
            seconds=fields.by_key("seconds", Fields.number),
            baseline_error=fields.optional_text("baseline_error"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """`published.json`; create-once: exactly what a run published.

    `counts` are the record's and the diff's totals; `contract_version` is the version of the files'
    shapes. `known_regions` are those that this run or one before it has seen completely: only there is a
    resource that is not in this inventory known not to exist.
    """

    run_id: str
    collected_at: str
    baseline_run_id: str | None
    contract_version: int
    known_regions: tuple[str, ...]
    artifacts: tuple[Artifact, ...]
    gaps: tuple[ArtifactGap, ...]
    counts: Mapping[str, int]

    def artifact(self, name: str) -> Artifact | None:
        """The published artifact of a name."""
        return next((artifact for artifact in self.artifacts if artifact.name == name), None)

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "run_id": self.run_id,
                "collectedAt": self.collected_at,
                "baseline_run_id": self.baseline_run_id,
                "contract_version": self.contract_version,
                "known_regions": list(self.known_regions),
                "artifacts": [artifact.to_dict() for artifact in self.artifacts],
                "gaps": [{"name": gap.name, "reason": gap.reason} for gap in self.gaps],
                "counts": dict(self.counts),
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Published:
        """Raises InvalidDocument."""
        fields = Fields.parse("published.json", body, format_version=FORMAT_VERSION)
        return cls(
            run_id=fields.text("run_id"),
            collected_at=fields.text("collectedAt"),
            baseline_run_id=fields.optional_text("baseline_run_id"),
            contract_version=fields.integer("contract_version"),
            known_regions=fields.texts("known_regions"),
            artifacts=tuple(Artifact.from_fields(part) for part in fields.parts("artifacts")),
            gaps=tuple(
                ArtifactGap(name=part.text("name"), reason=part.text("reason"))
                for part in fields.parts("gaps")
            ),
            counts=fields.by_key("counts", Fields.integer),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """`latest.json`; compare-and-swap only: the last published run and its artifacts' full names."""

    run_id: str
    collected_at: str
    previous_run_id: str | None
    artifacts: Mapping[str, str]

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "run_id": self.run_id,
                "collectedAt": self.collected_at,
                "previous_run_id": self.previous_run_id,
                "artifacts": dict(self.artifacts),
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Pointer:
        """Raises InvalidDocument."""
        fields = Fields.parse("latest.json", body, format_version=FORMAT_VERSION)
        return cls(
            run_id=fields.text("run_id"),
            collected_at=fields.text("collectedAt"),
            previous_run_id=fields.optional_text("previous_run_id"),
            artifacts=fields.by_key("artifacts", Fields.text),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """`closed.json`; create-once: the end of a run."""

    run_id: str
    status: str
    reason: str
    closed_at: datetime
    notification: str

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "run_id": self.run_id,
                "status": self.status,
                "reason": self.reason,
                "closed_at": format_time(self.closed_at),
                "notification": self.notification,
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Closed:
        """Raises InvalidDocument."""
        fields = Fields.parse("closed.json", body, format_version=FORMAT_VERSION)
        return cls(
            run_id=fields.text("run_id"),
            status=fields.choice("status", CLOSINGS),
            reason=fields.text("reason"),
            closed_at=fields.time("closed_at"),
            notification=fields.text("notification"),
        )
