"""Changing the lease: read, change, compare-and-swap, and again if somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from inventory.coordination.call import Call
from inventory.coordination.documents import Versioned, read_lease
from inventory.coordination.writes import create_once, swap
from inventory.errors import LostOwnership, ServerFault
from inventory.model.lease import HELD, IDLE, Invocations, Lease

#: How often a change is tried against others that change the lease at the same time.
CHANGE_ATTEMPTS = 20


def change_lease(call: Call, change: Callable[[Lease], Lease | None]) -> Lease:
    """Apply a change to the lease and return what is stored then.

    `change` gets the present lease and answers the new one, or None where there is nothing to change; it
    may be called several times. Raises ServerFault where others keep changing it.
    """
    for _ in range(CHANGE_ATTEMPTS):
        present = read_lease(call) or _first_lease(call)
        wanted = change(present.value)
        if wanted is None:
            return present.value
        wanted = replace(wanted, owner=call.owner, revision=present.value.revision + 1)
        try:
            swap(call.store, call.names.lease, wanted.to_bytes(), etag=present.etag)
        except LostOwnership:
            continue
        return wanted
    raise ServerFault("the lease is being changed by too many at once", operation="change_lease")


def _first_lease(call: Call) -> Versioned[Lease]:
    created = create_once(
        call.store, call.names.lease, Lease(state=IDLE, owner=call.owner, revision=0).to_bytes()
    )
    return Versioned(Lease.from_bytes(created.body), created.etag)


def release_lease(call: Call, run_id: str) -> None:
    """Set the lease idle if this run holds it, keeping the run id, the recent triggers and one that waits."""

    def released(lease: Lease) -> Lease | None:
        if lease.state != HELD or lease.run_id != run_id:
            return None
        return replace(
            lease,
            state=IDLE,
            run_id=None,
            trigger_kind=None,
            trigger_key=None,
            valid_until=None,
            plan_attempts=0,
            region_invocations={},
            aggregator_invocations=Invocations(),
            last_run_id=run_id,
            # A run that was ad hoc counts for no minimum interval.
            last_regular_run_id=run_id if lease.adhoc is None else lease.last_regular_run_id,
            adhoc=None,
        )

    change_lease(call, released)
