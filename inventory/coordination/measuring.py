"""Sending a run's figures to a metrics service, when the run is closed.

Whether a run ends, and how, never depends on it.
"""

from __future__ import annotations

from inventory.coordination.call import Call
from inventory.coordination.documents import (
    read_aggregation,
    read_manifest,
    read_outcomes,
    read_published,
)
from inventory.exports.metrics import run_metrics
from inventory.model.metric import Metric
from inventory.model.names import run_started_at

#: What must be left of a call's time to send figures; closing the run comes first.
RESERVE_SECONDS = 45.0


def post_run_metrics(call: Call, run_id: str, *, status: str) -> None:
    """Send the run's figures, if metrics are configured and there is time; a failure is logged."""
    if call.metrics is None:
        return
    if call.deadline.remaining_seconds() < RESERVE_SECONDS:
        call.log.warning("metrics_not_sent", run_id=run_id, reason="no time left")
        return
    try:
        call.metrics.post(_figures(call, run_id, status), at=call.store.now())
    except Exception as exc:  # a run must end, whatever becomes of its figures
        call.log.failure("metrics_not_sent", exc, run_id=run_id)


def _figures(call: Call, run_id: str, status: str) -> list[Metric]:
    manifest = read_manifest(call, run_id)
    aggregation = read_aggregation(call, run_id)
    return run_metrics(
        status=status,
        run_seconds=(call.store.now() - run_started_at(run_id)).total_seconds(),
        outcomes=read_outcomes(call, manifest) if manifest is not None else {},
        aggregation=aggregation.value if aggregation is not None else None,
        published=read_published(call, run_id),
    )
