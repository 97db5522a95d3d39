"""What the controller does when it is woken: sweep first, then start or join a run."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.coordination.call import Call
from inventory.roles.controller.opening import open_pending, open_run
from inventory.roles.controller.planning import Planner
from inventory.roles.controller.retention import remove_old_runs
from inventory.roles.controller.status import StatusAnswer, tell_status
from inventory.roles.controller.sweep import Sweeper
from inventory.triggers import STATUS, SWEEP, Ignored, Trigger

SWEPT = "swept"
IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlAnswer:
    """What the controller did.

    `run_id` is the run that the trigger belongs to, or that it waits for or gives way to, if any; `reason`
    says why nothing was started.
    """

    status: str
    run_id: str | None
    reason: str | None = None


def control(call: Call, trigger: Trigger | Ignored, planner: Planner) -> ControlAnswer | StatusAnswer:
    """Handle one trigger; any number of controllers may do so at once.

    Raises the store's errors.
    """
    if isinstance(trigger, Ignored):
        call.log.info("trigger_ignored", reason=trigger.reason)
        return ControlAnswer(status=IGNORED, run_id=None, reason=trigger.reason)
    if trigger.action == STATUS:
        return tell_status(call)
    sweeper = Sweeper(call=call, planner=planner, patient=trigger.action != SWEEP)
    swept = sweeper.sweep()
    pending = open_pending(call)
    if pending is not None:
        _begin(call, sweeper)
    if trigger.action == SWEEP:
        return ControlAnswer(status=SWEPT, run_id=pending or swept)
    opened = open_run(call, trigger)
    # The second sweep plans the new run and invokes its regions; for a joined run it heals.
    if opened.is_new:
        _begin(call, sweeper)
    else:
        sweeper.sweep()
    return ControlAnswer(status=opened.status, run_id=opened.run_id, reason=opened.reason)


def _begin(call: Call, sweeper: Sweeper) -> None:
    """Plan the run that was opened and invoke its regions, then make room for what it will leave."""
    sweeper.sweep()
    remove_old_runs(call)
