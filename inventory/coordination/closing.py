"""How a run ends: the last step of a region, the move of the pointer, and the closing.

Everything here may be done by any role and more than once; create-once and the pointer's fence decide.
"""

from __future__ import annotations

from collections.abc import Callable

from inventory.coordination.call import Call
from inventory.coordination.documents import read_closed, read_outcomes, read_pointer
from inventory.coordination.leasing import release_lease
from inventory.coordination.measuring import post_run_metrics
from inventory.coordination.writes import create_once, swap
from inventory.errors import InvalidDocument, InventoryError, LostOwnership, RecordGap, RetryLater, StopRun
from inventory.exports.report import is_failure_report
from inventory.model.checkpoint import Checkpoint, outcome_of
from inventory.model.manifest import Manifest
from inventory.model.publication import (
    PUBLISHED,
    RUN_FAILED,
    STORED,
    SUPERSEDED,
    Closed,
    Pointer,
    Published,
)

NOT_CONFIGURED = "not configured"
SENT = "sent"


def write_outcome(call: Call, checkpoint: Checkpoint) -> None:
    """Write the outcome of a final checkpoint, unless it is there."""
    outcome = outcome_of(checkpoint)
    created = create_once(
        call.store,
        call.run(checkpoint.run_id).outcome(checkpoint.region),
        outcome.to_bytes(),
    )
    if created.ours:
        call.log.info("region_ended", region=checkpoint.region, status=outcome.status)


def invoke_aggregator_if_last(call: Call, manifest: Manifest) -> bool:
    """Invoke the aggregator if every region has an outcome; returns whether it was invoked.

    A lost invocation is made good by the next sweep, so a failed one is logged and nothing more.
    """
    if set(read_outcomes(call, manifest)) != set(manifest.regions):
        return False
    return invoke_aggregator(call, manifest.run_id)


def invoke_aggregator(call: Call, run_id: str) -> bool:
    """Ask for one run of the aggregator; returns whether the platform accepted it."""
    function_id = call.settings.aggregator_function_id
    if function_id is None:
        raise StopRun("no aggregator function is configured")
    try:
        call.invoker.invoke_detached(function_id, {"run_id": run_id})
    except (RetryLater, RecordGap) as exc:
        call.log.failure("aggregator_not_invoked", exc)
        return False
    return True


def move_pointer(call: Call, manifest: Manifest, published: Published) -> str:
    """Move `latest.json` to this run, from exactly the version that the manifest names.

    Returns PUBLISHED where the pointer names this run afterwards, else SUPERSEDED: it never goes back. For an
    ad-hoc run the pointer is left alone: STORED.
    """
    if manifest.is_adhoc:
        return STORED
    pointer = Pointer(
        run_id=manifest.run_id,
        collected_at=manifest.collected_at,
        previous_run_id=manifest.baseline.run_id if manifest.baseline else None,
        artifacts={
            artifact.name: call.run(manifest.run_id).artifact(artifact.name)
            for artifact in published.artifacts
        },
    )
    if manifest.baseline is None:
        create_once(call.store, call.names.latest, pointer.to_bytes())
    else:
        try:
            swap(call.store, call.names.latest, pointer.to_bytes(), etag=manifest.baseline.etag)
        except LostOwnership:
            call.log.info("pointer_not_swapped", run_id=manifest.run_id)
    now = read_pointer(call)
    return PUBLISHED if now is not None and now.value.run_id == manifest.run_id else SUPERSEDED


#: What `closed.json` says of a run whose results are stored.
REASONS = {
    PUBLISHED: "the pointer names this run",
    SUPERSEDED: "another run was published while this one was at work",
    STORED: "an ad-hoc run: its results are in its own folder, and the pointer was left alone",
}


def close_run(call: Call, run_id: str, *, status: str, reason: str) -> Closed:
    """Tell people, send the run's figures, write `closed.json` unless it is there, and release the lease.

    The message may be sent twice; it is never left out. Figures may be sent twice, or not at all. Returns
    the closing that is stored.
    """
    closed = read_closed(call, run_id)
    if closed is None:
        notification = _notify(call, run_id, status=status, reason=reason)
        post_run_metrics(call, run_id, status=status)
        created = create_once(
            call.store,
            call.run(run_id).closed,
            Closed(
                run_id=run_id,
                status=status,
                reason=reason,
                closed_at=call.store.now(),
                notification=notification,
            ).to_bytes(),
        )
        closed = Closed.from_bytes(created.body)
        call.log.info("run_closed", run_id=run_id, status=closed.status, reason=closed.reason)
    release_lease(call, run_id)
    return closed


def close_failed_run(call: Call, run_id: str, *, reason: str, report: Callable[[], bytes]) -> Closed:
    """Close a fenced run as failed, with its report, which is made only if it is needed.

    A run that the pointer names is published, whatever broke behind that, and is closed so.
    """
    if _is_pointed_at(call, run_id):
        return close_run(call, run_id, status=PUBLISHED, reason=f"{REASONS[PUBLISHED]}; {reason}")
    _write_failure_report(call, run_id, report())
    return close_run(call, run_id, status=RUN_FAILED, reason=reason)


def _is_pointed_at(call: Call, run_id: str) -> bool:
    try:
        pointer = read_pointer(call)
    except InvalidDocument as exc:
        # It names no run any more that anybody could find by it.
        call.log.failure("pointer_unreadable", exc)
        return False
    return pointer is not None and pointer.value.run_id == run_id


def _write_failure_report(call: Call, run_id: str, report: bytes) -> None:
    """Store the report of a failed run as `report.md`, unless there is one already.

    Where a call that did not finish has left the report of its results there, it is stored as `failure.md`.
    """
    stored = create_once(call.store, call.run(run_id).artifact("report.md"), report)
    if not stored.ours and not is_failure_report(stored.body):
        create_once(call.store, call.run(run_id).artifact("failure.md"), report)


def _notify(call: Call, run_id: str, *, status: str, reason: str) -> str:
    if call.notifier is None:
        return NOT_CONFIGURED
    report = f"{call.settings.bucket}/{call.run(run_id).artifact('report.md')}"
    try:
        call.notifier.publish(title=f"OCI inventory {run_id}: {status}", body=f"{reason}\nReport: {report}")
    except InventoryError as exc:
        call.log.failure("notification_not_sent", exc)
        return f"not sent: {exc.summary()}"
    return SENT
