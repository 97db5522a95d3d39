"""The lease: which run is open, who started it, and how often its parts were asked to work."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from inventory.model.adhoc import AdhocScope
from inventory.model.fields import Fields, document_bytes
from inventory.model.timestamps import format_time

FORMAT_VERSION = 1
HELD = "held"
IDLE = "idle"

#: How many trigger keys are remembered for recognising a trigger that is delivered twice.
REMEMBERED_TRIGGERS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocations:
    """How often a part of the run was invoked by a controller, and when last (None: never)."""

    count: int = 0
    last_at: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"count": self.count, "last_at": format_time(self.last_at) if self.last_at else None}

    @classmethod
    def from_fields(cls, fields: Fields) -> Invocations:
        return cls(count=fields.integer("count"), last_at=fields.optional_time("last_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingTrigger:
    """A run that was asked for while an ad-hoc run was open: by whom first, and all keys, oldest first."""

    kind: str
    keys: tuple[str, ...]

    def joined_by(self, key: str) -> PendingTrigger:
        """This one, asked for by one more trigger."""
        # The first key stays: the run's id is made of it.
        return replace(self, keys=(*self.keys[:1], *(*self.keys[1:], key)[-(REMEMBERED_TRIGGERS - 1) :]))

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "keys": self.keys}

    @classmethod
    def from_fields(cls, fields: Fields) -> PendingTrigger:
        keys = fields.texts("keys")
        if not keys:
            raise fields.wrong("keys", keys, "at least one key")
        return cls(kind=fields.text("kind"), keys=keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """`lease.json`; replaced by compare-and-swap only.

    `owner` and `revision` make every version's bytes unique, so that a writer that lost an answer can
    recognise its own write. `run_id` is set while the lease is held, `last_run_id` once a run was closed;
    `last_regular_run_id` is the last one that was not ad hoc. `adhoc` is the open run's own scope, if it is
    ad hoc. `recent_triggers` are (trigger key, run id), oldest first.
    """

    state: str
    owner: str
    revision: int
    run_id: str | None = None
    trigger_kind: str | None = None
    trigger_key: str | None = None
    valid_until: datetime | None = None
    plan_attempts: int = 0
    region_invocations: dict[str, Invocations] = field(default_factory=dict)
    aggregator_invocations: Invocations = field(default_factory=Invocations)
    last_run_id: str | None = None
    last_regular_run_id: str | None = None
    adhoc: AdhocScope | None = None
    pending: PendingTrigger | None = None
    recent_triggers: tuple[tuple[str, str], ...] = ()

    def run_of_trigger(self, key: str) -> str | None:
        """The run that a trigger key already belongs to."""
        return next((run for known, run in reversed(self.recent_triggers) if known == key), None)

    def remembering(self, key: str, run_id: str) -> Lease:
        """This lease with one more remembered trigger."""
        if self.run_of_trigger(key) == run_id:
            return self
        return replace(self, recent_triggers=(*self.recent_triggers, (key, run_id))[-REMEMBERED_TRIGGERS:])

    def to_bytes(self) -> bytes:
        return document_bytes(
            {
                "format_version": FORMAT_VERSION,
                "state": self.state,
                "owner": self.owner,
                "revision": self.revision,
                "run_id": self.run_id,
                "trigger_kind": self.trigger_kind,
                "trigger_key": self.trigger_key,
                "valid_until": format_time(self.valid_until) if self.valid_until else None,
                "plan_attempts": self.plan_attempts,
                "region_invocations": {
                    region: invocations.to_dict() for region, invocations in self.region_invocations.items()
                },
                "aggregator_invocations": self.aggregator_invocations.to_dict(),
                "last_run_id": self.last_run_id,
                "last_regular_run_id": self.last_regular_run_id,
                "adhoc": self.adhoc.to_dict() if self.adhoc else None,
                "pending": self.pending.to_dict() if self.pending else None,
                "recent_triggers": [{"key": key, "run_id": run} for key, run in self.recent_triggers],
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Lease:
        """Raises InvalidDocument."""
        fields = Fields.parse("lease.json", body, format_version=FORMAT_VERSION)
        adhoc, pending = fields.optional_part("adhoc"), fields.optional_part("pending")
        return cls(
            state=fields.choice("state", (HELD, IDLE)),
            owner=fields.text("owner"),
            revision=fields.integer("revision"),
            run_id=fields.optional_text("run_id"),
            trigger_kind=fields.optional_text("trigger_kind"),
            trigger_key=fields.optional_text("trigger_key"),
            valid_until=fields.optional_time("valid_until"),
            plan_attempts=fields.integer("plan_attempts"),
            region_invocations=fields.by_key(
                "region_invocations", lambda part, region: Invocations.from_fields(part.part(region))
            ),
            aggregator_invocations=Invocations.from_fields(fields.part("aggregator_invocations")),
            last_run_id=fields.optional_text("last_run_id"),
            # A lease from before there were ad-hoc runs has one name for both.
            last_regular_run_id=fields.optional_text(
                "last_regular_run_id" if fields.has("last_regular_run_id") else "last_run_id"
            ),
            adhoc=None if adhoc is None else AdhocScope.from_fields(adhoc),
            pending=None if pending is None else PendingTrigger.from_fields(pending),
            recent_triggers=tuple(
                (part.text("key"), part.text("run_id")) for part in fields.parts("recent_triggers")
            ),
        )
