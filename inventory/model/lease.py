"""The lease: which run is open, who started it, and how often its parts were asked to work."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

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
class Lease:
    """`lease.json`; replaced by compare-and-swap only.

    `owner` and `revision` make every version's bytes unique, so that a writer that lost an answer can
    recognise its own write. `run_id` is set while the lease is held, `last_run_id` once a run was closed.
    `recent_triggers` are (trigger key, run id), oldest first.
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
                "recent_triggers": [{"key": key, "run_id": run} for key, run in self.recent_triggers],
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Lease:
        """Raises InvalidDocument."""
        fields = Fields.parse("lease.json", body, format_version=FORMAT_VERSION)
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
            recent_triggers=tuple(
                (part.text("key"), part.text("run_id")) for part in fields.parts("recent_triggers")
            ),
        )
