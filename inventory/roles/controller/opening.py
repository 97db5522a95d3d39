"""Opening a run: the lease decides which run a trigger belongs to, and what has to wait.

A run exists from the moment the lease names it. An ad-hoc run is never joined by a trigger for a regular
one, whose cause would be lost with it: the lease keeps that trigger until the ad-hoc run is closed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from inventory.coordination.call import Call
from inventory.coordination.documents import read_lease
from inventory.coordination.leasing import change_lease
from inventory.model.adhoc import AdhocScope
from inventory.model.lease import HELD, Lease, PendingTrigger
from inventory.model.names import run_id_for, run_started_at
from inventory.triggers import Trigger

STARTED = "started"
JOINED = "joined"
BUSY = "busy"
WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What became of a trigger: STARTED its run, JOINED one, WAITING or BUSY because of one."""

    status: str
    run_id: str | None
    reason: str | None = None

    @property
    def is_new(self) -> bool:
        return self.status == STARTED


def open_run(call: Call, trigger: Trigger) -> Opened:
    """Open a run for the trigger, or find what becomes of it. Raises the store's errors."""
    opened = Opened(status=BUSY, run_id=None)

    def decided(lease: Lease) -> Lease | None:
        nonlocal opened
        opened, changed = _decide(call, trigger, lease)
        return changed

    change_lease(call, decided)
    call.log.info("trigger", run_id=opened.run_id, kind=trigger.kind, status=opened.status)
    return opened


def open_pending(call: Call) -> str | None:
    """Open the run that had to wait, if there is one and nothing keeps it any more; returns its id."""
    opened: str | None = None

    def taken(lease: Lease) -> Lease | None:
        nonlocal opened
        opened = None
        if lease.state == HELD or lease.pending is None:
            return None
        changed = _held(call, lease, kind=lease.pending.kind, key=lease.pending.keys[0])
        opened = changed.run_id
        return changed

    present = read_lease(call)
    if present is None or present.value.pending is None:
        return None
    change_lease(call, taken)
    if opened is not None:
        call.log.info("pending_run_opened", run_id=opened)
    return opened


def _decide(call: Call, trigger: Trigger, lease: Lease) -> tuple[Opened, Lease | None]:
    """What becomes of a trigger under this lease, and the lease behind that (None: as it is)."""
    known = lease.run_of_trigger(trigger.key)
    if known is not None:
        return Opened(status=JOINED, run_id=known), None
    if trigger.adhoc is not None:
        if lease.state == HELD:
            reason = "another run is open; ask again when it is closed"
            return Opened(status=BUSY, run_id=lease.run_id, reason=reason), None
        if lease.pending is not None:
            return Opened(status=BUSY, run_id=None, reason="a run that had to wait comes first"), None
        return _started(_held(call, lease, kind=trigger.kind, key=trigger.key, adhoc=trigger.adhoc))
    if lease.state == HELD and lease.run_id is not None and lease.adhoc is None:
        return Opened(status=JOINED, run_id=lease.run_id), lease.remembering(trigger.key, lease.run_id)
    last = lease.last_regular_run_id
    if last is not None and _is_within_interval(call, last):
        reason = "the minimum interval is not over"
        return Opened(status=JOINED, run_id=last, reason=reason), lease.remembering(trigger.key, last)
    if lease.state == HELD:
        reason = "an ad-hoc run is open; the run follows when it is closed"
        waiting = Opened(status=WAITING, run_id=lease.run_id, reason=reason)
        pending = lease.pending or PendingTrigger(kind=trigger.kind, keys=())
        if trigger.key in pending.keys:
            return waiting, None
        return waiting, replace(lease, pending=pending.joined_by(trigger.key))
    return _started(_held(call, lease, kind=trigger.kind, key=trigger.key))


def _started(lease: Lease) -> tuple[Opened, Lease]:
    return Opened(status=STARTED, run_id=lease.run_id), lease


def _is_within_interval(call: Call, last_run_id: str) -> bool:
    # The last run may carry a start that is still to come; that makes it no older than now.
    age_seconds = (call.store.now().replace(microsecond=0) - run_started_at(last_run_id)).total_seconds()
    return max(age_seconds, 0.0) < call.settings.min_interval_seconds


def _held(call: Call, lease: Lease, *, kind: str, key: str, adhoc: AdhocScope | None = None) -> Lease:
    """This lease held by a new run, which is also that of every trigger that waits, unless it is ad hoc."""
    started_at = call.store.now().replace(microsecond=0)
    if lease.last_run_id is not None:
        # Run ids sort by their start, also where two runs begin within one second.
        started_at = max(started_at, run_started_at(lease.last_run_id) + timedelta(seconds=1))
    run_id = run_id_for(started_at, key)
    keys: tuple[str, ...] = (key,)
    if adhoc is None and lease.pending is not None:
        keys = (*lease.pending.keys, key)
        lease = replace(lease, pending=None)
    for belonging in keys:
        lease = lease.remembering(belonging, run_id)
    return replace(
        lease,
        state=HELD,
        run_id=run_id,
        trigger_kind=kind,
        trigger_key=key,
        adhoc=adhoc,
        valid_until=started_at + timedelta(seconds=call.settings.run_timeout_seconds),
    )
