"""What the controller does when it is woken: sweep first, then start or join a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from inventory.coordination.call import Call
from inventory.coordination.leasing import change_lease
from inventory.model.lease import HELD, Lease
from inventory.model.names import run_id_for, run_started_at
from inventory.roles.controller.planning import Planner
from inventory.roles.controller.retention import remove_old_runs
from inventory.roles.controller.sweep import Sweeper
from inventory.triggers import RUN, Trigger

STARTED = "started"
JOINED = "joined"
SWEPT = "swept"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlAnswer:
    """What the controller did; `run_id` is the run that the trigger belongs to, if any."""

    status: str
    run_id: str | None


def control(call: Call, trigger: Trigger, planner: Planner) -> ControlAnswer:
    """Handle one trigger; any number of controllers may do so at once.

    Raises the store's errors.
    """
    if trigger.action != RUN:
        swept = Sweeper(call=call, planner=planner, patient=False).sweep()
        return ControlAnswer(status=SWEPT, run_id=swept)
    sweeper = Sweeper(call=call, planner=planner, patient=True)
    sweeper.sweep()
    run_id, is_new = open_run(call, trigger)
    # The second sweep plans the new run and invokes its regions; for a joined run it heals.
    sweeper.sweep()
    if is_new:
        remove_old_runs(call)
    return ControlAnswer(status=STARTED if is_new else JOINED, run_id=run_id)


def open_run(call: Call, trigger: Trigger) -> tuple[str, bool]:
    """Open a run for the trigger, or find the run it belongs to; returns its id and whether it is new."""
    opened: str | None = None

    def taken(lease: Lease) -> Lease | None:
        nonlocal opened
        opened = None
        if lease.run_of_trigger(trigger.key) is not None:
            return None
        if lease.state == HELD and lease.run_id is not None:
            return lease.remembering(trigger.key, lease.run_id)
        now = call.store.now().replace(microsecond=0)
        started_at = now
        if lease.last_run_id is not None:
            last = run_started_at(lease.last_run_id)
            # The last run may carry a start that is still to come; that makes it no older than now.
            if max((now - last).total_seconds(), 0.0) < call.settings.min_interval_seconds:
                return lease.remembering(trigger.key, lease.last_run_id)
            # Run ids sort by their start, also where two runs begin within one second.
            started_at = max(now, last + timedelta(seconds=1))
        opened = run_id_for(started_at, trigger.key)
        return replace(
            lease.remembering(trigger.key, opened),
            state=HELD,
            run_id=opened,
            trigger_kind=trigger.kind,
            trigger_key=trigger.key,
            valid_until=started_at + timedelta(seconds=call.settings.run_timeout_seconds),
        )

    lease = change_lease(call, taken)
    run_id = lease.run_of_trigger(trigger.key)
    if run_id is None:
        raise AssertionError("the lease remembers every trigger that it has seen")
    call.log.info("trigger", run_id=run_id, kind=trigger.kind, is_new=run_id == opened)
    return run_id, run_id == opened
