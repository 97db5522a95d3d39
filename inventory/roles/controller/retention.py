"""Retention: removes runs beyond the last N, plan first; only the controller deletes anything.

Roots are never removed: the run that the pointer names, the run that holds the lease, planned runs that are
not closed, and the baselines of those. `published.json` goes first, so that a half-removed run is not taken
for a published one. `closed.json` stays behind for longer than any call can live, so that a call that was
long overtaken still finds its run closed; what such a call leaves below a removed run goes with it.
"""

from __future__ import annotations

from datetime import timedelta

from inventory.coordination.call import Call
from inventory.coordination.documents import read_closed, read_lease, read_manifest, read_pointer
from inventory.errors import InvalidDocument, InventoryError, ObjectNotFound
from inventory.model.refusal import Refusal

#: What must be left of a call's time to begin removing another run.
RESERVE_SECONDS = 30.0
#: Longer than a detached call may run (an hour, by OCI's limits), counted from the closing of the run.
TOMBSTONE_SECONDS = 2 * 3600
#: How long the report of a refused call stays; a mistake that is still made is reported anew.
REFUSAL_SECONDS = 30 * 86400


def plan_removal(call: Call) -> list[str]:
    """The ids of the runs that retention would remove now, oldest first."""
    listed = (call.names.run_id_of(prefix) for prefix in call.store.list_prefixes(call.names.runs))
    runs = sorted({run_id for run_id in listed if run_id is not None})
    beyond = runs[: -call.settings.retention_runs]
    if not beyond:
        return []
    roots: set[str] = set()
    pointer, lease = read_pointer(call), read_lease(call)
    if pointer is not None:
        roots.add(pointer.value.run_id)
    if lease is not None and lease.value.run_id is not None:
        roots.add(lease.value.run_id)
    for run_id in runs:
        if read_closed(call, run_id) is None:
            roots.update(_kept_by(call, run_id))
    return [run_id for run_id in beyond if run_id not in roots]


def remove_old_runs(call: Call) -> None:
    """Remove what is beyond retention, as far as time allows.

    Never raises for the store's errors: what is left is removed next time.
    """
    try:
        for run_id in plan_removal(call):
            if call.deadline.remaining_seconds() < RESERVE_SECONDS:
                break
            _remove_run(call, run_id)
        _remove_old_refusals(call)
    except InventoryError as exc:
        call.log.failure("retention_stopped", exc)


def _remove_old_refusals(call: Call) -> None:
    oldest = call.store.now() - timedelta(seconds=REFUSAL_SECONDS)
    for info in list(call.store.list_objects(call.names.refused)):
        if call.deadline.remaining_seconds() < RESERVE_SECONDS:
            return
        try:
            is_old = Refusal.from_bytes(call.store.get(info.name).body).first_seen < oldest
        except (InvalidDocument, ObjectNotFound):
            # What nobody can read helps nobody.
            is_old = True
        if is_old:
            call.store.delete(info.name)


def _kept_by(call: Call, run_id: str) -> set[str]:
    """A planned run that is not closed, and its baseline."""
    try:
        manifest = read_manifest(call, run_id)
    except InvalidDocument:
        return {run_id}
    if manifest is None:
        return set()
    return {run_id, manifest.baseline.run_id} if manifest.baseline else {run_id}


def _remove_run(call: Call, run_id: str) -> None:
    names = call.run(run_id)
    closed = read_closed(call, run_id)
    found = [info.name for info in call.store.list_objects(f"{names.root}/") if info.name != names.closed]
    for name in sorted(found, key=lambda name: name != names.published):
        call.store.delete(name)
    if found:
        call.log.info("run_removed", run_id=run_id, objects=len(found))
    if closed is not None and call.store.now() > closed.closed_at + timedelta(seconds=TOMBSTONE_SECONDS):
        call.store.delete(names.closed)
