"""One invocation of a function: its identity, its times and how it ended."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Outcome = Literal["ok", "failed", "timeout", "killed", "oom", "lost"]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """An accepted invocation; `started` is set when a container begins to process it, `outcome` at its end.

    `outcome`: `ok`; `failed` (the function raised, answered wrongly or died, or its container did not come
    up); `timeout`; `killed` (by a rule, or the service was closed); `oom`; `lost` (accepted and never run, by
    a rule).
    """

    call_id: str
    function: str
    function_id: str
    detached: bool
    body: bytes = field(repr=False)
    timeout_seconds: int
    container_id: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    outcome: Outcome | None = None
    _began: float | None = field(default=None, init=False, repr=False)

    def begin(self, now: datetime) -> None:
        """Start the clock of the timeout."""
        self.started = now
        self._began = time.monotonic()

    def seconds_running(self) -> float:
        """Seconds since the container began to process the call; 0 before."""
        return 0.0 if self._began is None else time.monotonic() - self._began


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeResult:
    """What the platform answers: 200 with the function's body, or 202 for a detached call."""

    call_id: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def new_ulid() -> str:
    """26 characters that sort by time, as OCI's call ids do."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
