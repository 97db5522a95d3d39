"""What is going on: the open run with its regions, the last published run, and the last closed one.

Reads and writes nothing else, and starts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inventory.coordination.call import Call
from inventory.coordination.documents import (
    read_aggregation,
    read_checkpoint,
    read_closed,
    read_lease,
    read_manifest,
    read_outcome,
    read_pointer,
)
from inventory.exports.counts import records_read
from inventory.model.checkpoint import Slice, Tally
from inventory.model.lease import HELD, Lease
from inventory.model.names import run_started_at
from inventory.model.timestamps import format_time

STATUS = "status"

#: States of a region of the open run that has no outcome yet.
NOT_STARTED = "not started"
WORKING = "working"
INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """`open_run`, `published_run` and `closed_run` are None where there is none."""

    status: str
    open_run: dict[str, Any] | None
    published_run: dict[str, Any] | None
    closed_run: dict[str, Any] | None
    is_run_waiting: bool


def tell_status(call: Call) -> StatusAnswer:
    """What the bucket says of the runs now. Raises the store's errors, InvalidDocument."""
    present = read_lease(call)
    lease = present.value if present is not None else None
    return StatusAnswer(
        status=STATUS,
        open_run=_open_run(call, lease) if lease is not None and lease.state == HELD else None,
        published_run=_published_run(call),
        closed_run=_closed_run(call, lease.last_run_id) if lease is not None else None,
        is_run_waiting=lease is not None and lease.pending is not None,
    )


def _open_run(call: Call, lease: Lease) -> dict[str, Any] | None:
    run_id = lease.run_id
    if run_id is None:
        return None
    manifest = read_manifest(call, run_id)
    aggregation = read_aggregation(call, run_id)
    return {
        "run_id": run_id,
        "trigger_kind": lease.trigger_kind,
        "started_at": format_time(run_started_at(run_id)),
        "is_adhoc": lease.adhoc is not None,
        "is_planned": manifest is not None,
        "regions": {region: _region(call, run_id, region) for region in manifest.regions} if manifest else {},
        "aggregation": aggregation.value.state if aggregation else None,
    }


def _region(call: Call, run_id: str, region: str) -> dict[str, Any]:
    outcome = read_outcome(call, run_id, region)
    if outcome is not None:
        return {"state": outcome.status, **_counted(outcome.slices, outcome.tally), "owners": outcome.epochs}
    checkpoint = read_checkpoint(call, run_id, region)
    if checkpoint is None:
        return {"state": NOT_STARTED, **_counted((), Tally()), "owners": 0}
    present = checkpoint.value
    state = WORKING if present.valid_until > call.store.now() else INTERRUPTED
    return {"state": state, **_counted(present.slices, present.tally), "owners": present.epoch}


def _counted(slices: tuple[Slice, ...], tally: Tally) -> dict[str, int]:
    return {
        "records": records_read(slices, tally),
        "shards": sum(len(part.shards) for part in slices),
    }


def _published_run(call: Call) -> dict[str, Any] | None:
    pointer = read_pointer(call)
    if pointer is None:
        return None
    return {"run_id": pointer.value.run_id, "collectedAt": pointer.value.collected_at}


def _closed_run(call: Call, run_id: str | None) -> dict[str, Any] | None:
    closed = read_closed(call, run_id) if run_id is not None else None
    if closed is None:
        return None
    return {
        "run_id": closed.run_id,
        "status": closed.status,
        "reason": closed.reason,
        "closed_at": format_time(closed.closed_at),
    }
