"""A region's checkpoint, and the outcome that follows from its last version.

The checkpoint is a region's commit log: what it does not list was not done. Its cursor and its shards are
committed together, so a worker that takes over goes on exactly where the last commit stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inventory.model.fields import Fields, document_bytes
from inventory.model.record import RecordKey
from inventory.model.timestamps import format_time

FORMAT_VERSION = 1

OPEN = "open"
FINAL = "final"

COMPLETE = "complete"
PARTIAL = "partial"
FAILED = "failed"

#: Phases of a scan: all items; then, after an expired token, once more those without creation time; then
#: nothing but what was found and waits for its details.
SCAN = "scan"
UNTIMED = "untimed"
READ = "read"

#: The slice of all that a region's Search shows.
ALL_TYPES = "*"
#: The slice of what lists alone show, where nobody came to find out what that is: it may be of any type.
UNLISTED = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRef:
    """A committed shard: its name, the ETag and sha256 of its compressed bytes, and what it holds."""

    name: str
    etag: str
    sha256: str
    size: int
    count: int
    epoch: int
    sequence: int
    first_key: RecordKey
    last_key: RecordKey

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "etag": self.etag,
            "sha256": self.sha256,
            "size": self.size,
            "count": self.count,
            "epoch": self.epoch,
            "sequence": self.sequence,
            "first_key": list(self.first_key),
            "last_key": list(self.last_key),
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> ShardRef:
        return cls(
            name=fields.text("name"),
            etag=fields.text("etag"),
            sha256=fields.text("sha256"),
            size=fields.integer("size"),
            count=fields.integer("count"),
            epoch=fields.integer("epoch"),
            sequence=fields.integer("sequence"),
            first_key=fields.texts("first_key"),
            last_key=fields.texts("last_key"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a slice's scan stands; `inventory.stages.scan` moves it.

    `page` is the next page's token (None at the start of a query). `resume_from` is the creation time from
    which the query reads (None: from the beginning), `last_time` the latest creation time read so far, both
    as the service wrote them. `is_plain` says that the query is sent without order and without time, because
    the service refused those. `expiries` counts page tokens that expired since the scan last moved on,
    `has_expired` says whether it went on by time behind any. `is_ordered` says whether items came in the
    order that was asked for. Items without identifier are remembered by hash, since nothing else tells a
    second reading of one from a second one: `unnamed` those read at `last_time`, `untimed` those without
    creation time, `skip` those that the present query will show again.
    """

    phase: str = SCAN
    page: str | None = None
    resume_from: str | None = None
    last_time: str | None = None
    expiries: int = 0
    has_expired: bool = False
    is_ordered: bool = True
    is_plain: bool = False
    unnamed: tuple[str, ...] = ()
    untimed: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "phase": self.phase,
            "page": self.page,
            "resume_from": self.resume_from,
            "last_time": self.last_time,
            "expiries": self.expiries,
            "has_expired": self.has_expired,
            "is_ordered": self.is_ordered,
            "is_plain": self.is_plain,
            "unnamed": list(self.unnamed),
            "untimed": list(self.untimed),
            "skip": list(self.skip),
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Cursor:
        return cls(
            phase=fields.choice("phase", (SCAN, UNTIMED, READ)),
            page=fields.optional_text("page"),
            resume_from=fields.optional_text("resume_from"),
            last_time=fields.optional_text("last_time"),
            expiries=fields.integer("expiries"),
            has_expired=fields.boolean("has_expired"),
            is_ordered=fields.boolean("is_ordered"),
            is_plain=fields.boolean("is_plain"),
            unnamed=fields.texts("unnamed"),
            untimed=fields.texts("untimed"),
            skip=fields.texts("skip"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One region's resources of one or several types: the unit of completeness.

    `name` is `*` for all that Search shows, else the types that lists show, joined by commas.
    `found` are files of records that were discovered and wait for their details; what the shards behind the
    first `found_behind` hold of them is done. Should the slice end as it is, they count as shards do.
    """

    name: str
    state: str = OPEN
    cursor: Cursor = field(default_factory=Cursor)
    shards: tuple[ShardRef, ...] = ()
    error: str | None = None
    found: tuple[ShardRef, ...] = ()
    found_behind: int = 0

    @property
    def files(self) -> tuple[ShardRef, ...]:
        """All committed files of records; a later one knows better."""
        return (*self.shards, *self.found)

    def covers(self, resource_type: str) -> bool:
        """Whether resources of a type may be in the slice."""
        return self.name in (ALL_TYPES, UNLISTED) or resource_type in self.name.split(",")

    @property
    def record_count(self) -> int:
        """Records in the committed files, duplicates included; of found ones, those that wait still."""
        done = sum(shard.count for shard in self.shards[self.found_behind :])
        waiting = max(0, sum(listed.count for listed in self.found) - done)
        return sum(shard.count for shard in self.shards) + waiting

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "state": self.state,
            "cursor": self.cursor.to_dict(),
            "shards": [shard.to_dict() for shard in self.shards],
            "error": self.error,
            "found": [part.to_dict() for part in self.found],
            "found_behind": self.found_behind,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Slice:
        return cls(
            name=fields.text("name"),
            state=fields.choice("state", (OPEN, COMPLETE, FAILED)),
            cursor=Cursor.from_fields(fields.part("cursor")),
            shards=tuple(ShardRef.from_fields(part) for part in fields.parts("shards")),
            error=fields.optional_text("error"),
            found=(
                ()
                if fields.is_null("found")
                else tuple(ShardRef.from_fields(part) for part in fields.parts("found"))
            ),
            found_behind=0 if fields.is_null("found_behind") else fields.integer("found_behind"),
        )


#: API calls: service, operation, then `calls`, `retries` (of those) and `throttles`.
CallTally = Mapping[str, Mapping[str, Mapping[str, int]]]


def add_calls(tallies: Iterable[CallTally]) -> CallTally:
    """The sum of several tallies of API calls."""
    total: dict[str, dict[str, Counter[str]]] = {}
    for tally in tallies:
        for service, operations in tally.items():
            for operation, counts in operations.items():
                total.setdefault(service, {}).setdefault(operation, Counter()).update(counts)
    return {
        service: {operation: dict(counts) for operation, counts in operations.items()}
        for service, operations in total.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a region's work added up to: counts by name, failed enrichments by type and class, API calls,
    records without details by service, operation and class, seconds by step, and how often something was
    redacted at which path."""

    counts: Mapping[str, int] = field(default_factory=dict)
    enrich_errors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    calls: CallTally = field(default_factory=dict)
    failures: CallTally = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    redactions: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "counts": dict(self.counts),
            "enrich_errors": {kind: dict(errors) for kind, errors in self.enrich_errors.items()},
            "calls": self.calls,
            "failures": self.failures,
            "seconds": {step: round(spent, 3) for step, spent in self.seconds.items()},
            "redactions": dict(self.redactions),
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Tally:
        return cls(
            counts=fields.by_key("counts", Fields.integer),
            enrich_errors=fields.by_key("enrich_errors", _integers),
            calls=fields.by_key("calls", lambda part, service: part.by_key(service, _integers)),
            failures=(
                {}
                if fields.is_null("failures")
                else fields.by_key("failures", lambda part, service: part.by_key(service, _integers))
            ),
            seconds=fields.by_key("seconds", Fields.number),
            redactions=fields.by_key("redactions", Fields.integer),
        )


def _integers(fields: Fields, name: str) -> dict[str, int]:
    return fields.by_key(name, Fields.integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """`checkpoint.json`; replaced by compare-and-swap only.

    `epoch` counts owners, `valid_until` is when the present owner may be taken over. `stalled` counts
    owners since the last commit that brought records. In state FINAL nothing changes any more.
    """

    run_id: str
    region: str
    epoch: int
    owner: str
    revision: int
    valid_until: datetime
    started_at: datetime
    updated_at: datetime
    state: str = OPEN
    stalled: int = 0
    slices: tuple[Slice, ...] = ()
    tally: Tally = field(default_factory=Tally)

    @property
    def shard_count(self) -> int:
        return sum(len(part.files) for part in self.slices)

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "run_id": self.run_id,
                "region": self.region,
                "epoch": self.epoch,
                "owner": self.owner,
                "revision": self.revision,
                "valid_until": format_time(self.valid_until),
                "started_at": format_time(self.started_at),
                "updated_at": format_time(self.updated_at),
                "state": self.state,
                "stalled": self.stalled,
                "slices": [part.to_dict() for part in self.slices],
                "tally": self.tally.to_dict(),
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Checkpoint:
        """Raises InvalidDocument."""
        fields = Fields.parse("checkpoint.json", body, format_version=FORMAT_VERSION)
        return cls(
            run_id=fields.text("run_id"),
            region=fields.text("region"),
            epoch=fields.integer("epoch"),
            owner=fields.text("owner"),
            revision=fields.integer("revision"),
            valid_until=fields.time("valid_until"),
            started_at=fields.time("started_at"),
            updated_at=fields.time("updated_at"),
            state=fields.choice("state", (OPEN, FINAL)),
            stalled=fields.integer("stalled"),
            slices=tuple(Slice.from_fields(part) for part in fields.parts("slices")),
            tally=Tally.from_fields(fields.part("tally")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`outcome.json`; create-once: how a region ended, and the shards that count."""

    run_id: str
    region: str
    status: str
    epochs: int
    started_at: datetime
    ended_at: datetime
    slices: tuple[Slice, ...]
    tally: Tally

    def is_complete(self, resource_type: str) -> bool:
        """Whether all resources of a type were seen: every slice that may hold one is complete."""
        covering = [part for part in self.slices if part.covers(resource_type)]
        return bool(covering) and all(part.state == COMPLETE for part in covering)

    @property
    def shards(self) -> tuple[ShardRef, ...]:
        return tuple(shard for part in self.slices for shard in part.files)

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "run_id": self.run_id,
                "region": self.region,
                "status": self.status,
                "epochs": self.epochs,
                "started_at": format_time(self.started_at),
                "ended_at": format_time(self.ended_at),
                "slices": [part.to_dict() for part in self.slices],
                "tally": self.tally.to_dict(),
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Outcome:
        """Raises InvalidDocument."""
        fields = Fields.parse("outcome.json", body, format_version=FORMAT_VERSION)
        return cls(
            run_id=fields.text("run_id"),
            region=fields.text("region"),
            status=fields.choice("status", (COMPLETE, PARTIAL, FAILED)),
            epochs=fields.integer("epochs"),
            started_at=fields.time("started_at"),
            ended_at=fields.time("ended_at"),
            slices=tuple(Slice.from_fields(part) for part in fields.parts("slices")),
            tally=Tally.from_fields(fields.part("tally")),
        )


def outcome_of(checkpoint: Checkpoint) -> Outcome:
    """The outcome of a final checkpoint: a pure function, so whoever writes it writes the same bytes."""
    if checkpoint.state != FINAL:
        raise ValueError(f"the checkpoint of {checkpoint.region} is not final")
    states = {part.state for part in checkpoint.slices}
    if states == {COMPLETE}:
        status = COMPLETE
    elif COMPLETE in states or checkpoint.shard_count:
        status = PARTIAL
    else:
        status = FAILED
    return Outcome(
        run_id=checkpoint.run_id,
        region=checkpoint.region,
        status=status,
        epochs=checkpoint.epoch,
        started_at=checkpoint.started_at,
        ended_at=checkpoint.updated_at,
        slices=checkpoint.slices,
        tally=checkpoint.tally,
    )
