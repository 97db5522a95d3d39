"""Retention: removes runs beyond the last N, plan first; only the controller deletes anything.

Ad-hoc runs are counted by themselves: however many there are, the last N regular runs stay.
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
from inventory.model.canonical import sha256_hex
from inventory.model.publication import STORED, Closed
from inventory.model.refusal import Refusal

#: What must be left of a call's time to begin removing another run.
RESERVE_SECONDS = 30.0
#: Longer than a detached call may run (an hour, by OCI's limits), counted from the closing of the run.
TOMBSTONE_SECONDS = 2 * 3600
#: How long the report of a refused call stays; a mistake that is still made is reported anew.
REFUSAL_SECONDS = 30 * 86400
#: How many reports one call looks at; another call begins at another place among them.
REFUSALS_PER_CALL = 200


def plan_removal(call: Call) -> list[str]:
    """The ids of the runs that retention would remove now, oldest first."""
    listed = (call.names.run_id_of(prefix) for prefix in call.store.list_prefixes(call.names.runs))
    runs = sorted({run_id for run_id in listed if run_id is not None})
    kept = call.settings.retention_runs
    if len(runs) <= kept:
        return []
    closings = {run_id: _closing(call, run_id) for run_id in runs}
    adhoc = [run_id for run_id, closed in closings.items() if closed and closed.status == STORED]
    regular = [run_id for run_id in runs if run_id not in adhoc]
    beyond = sorted([*regular[:-kept], *adhoc[:-kept]])
    roots: set[str] = set()
    pointer, lease = read_pointer(call), read_lease(call)
    if pointer is not None:
        roots.add(pointer.value.run_id)
    if lease is not None and lease.value.run_id is not None:
        roots.add(lease.value.run_id)
    for run_id, closed in closings.items():
        if closed is None:
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
    start = call.names.refusal(sha256_hex(call.owner.encode("utf-8", "replace"))[:32])
    listed = [info.name for info in call.store.list_objects(call.names.refused)]
    # Names are digests: beginning anywhere is as good, and over the calls every report has its turn.
    for name in sorted(listed, key=lambda name: (name < start, name))[:REFUSALS_PER_CALL]:
        if call.deadline.remaining_seconds() < RESERVE_SECONDS:
            return
        try:
            is_old = Refusal.from_bytes(call.store.get(name).body).first_seen < oldest
        except (InvalidDocument, ObjectNotFound):
            # What nobody can read helps nobody.
            is_old = True
        if is_old:
            call.store.delete(name)


def _closing(call: Call, run_id: str) -> Closed | None:
    try:
        return read_closed(call, run_id)
    except InvalidDocument:
        # Nobody knows how it ended: it stays, and with it what it may rest on.
        return None


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
    closed = _closing(call, run_id)
    found = [info.name for info in call.store.list_objects(f"{names.root}/") if info.name != names.closed]
    for name in sorted(found, key=lambda name: name != names.published):
        call.store.delete(name)
    if found:
        call.log.info("run_removed", run_id=run_id, objects=len(found))
    if closed is not None and call.store.now() > closed.closed_at + timedelta(seconds=TOMBSTONE_SECONDS):
        call.store.delete(names.closed)
