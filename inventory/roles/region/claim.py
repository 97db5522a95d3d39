"""Owning a region: the checkpoint, its epoch, and the commits of its owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from inventory.coordination.call import Call
from inventory.coordination.documents import Versioned, read_checkpoint
from inventory.coordination.writes import create_once, swap
from inventory.errors import LostOwnership
from inventory.model.checkpoint import ALL_TYPES, FINAL, Checkpoint, Slice


def claim_region(call: Call, *, run_id: str, region: str) -> Versioned[Checkpoint] | None:
    """Become the region's owner by writing the checkpoint with the next epoch.

    Returns the checkpoint that this call owns, the final checkpoint where the region is done, or None
    where another call owns the region. Raises the store's errors.
    """
    present = read_checkpoint(call, run_id, region)
    now = call.store.now()
    if present is None:
        wanted = Checkpoint(
            run_id=run_id,
            region=region,
            epoch=1,
            owner=call.owner,
            revision=1,
            valid_until=call.owned_until(),
            started_at=now,
            updated_at=now,
            slices=(Slice(name=ALL_TYPES),),
        )
        created = create_once(call.store, call.run(run_id).checkpoint(region), wanted.to_bytes())
        return Versioned(wanted, created.etag) if created.ours else None
    if present.value.state == FINAL:
        return present
    if present.value.valid_until > now:
        return None
    wanted = replace(
        present.value,
        epoch=present.value.epoch + 1,
        owner=call.owner,
        revision=present.value.revision + 1,
        valid_until=call.owned_until(),
        updated_at=now,
        stalled=present.value.stalled + 1,
    )
    name = call.run(run_id).checkpoint(region)
    try:
        etag = swap(call.store, name, wanted.to_bytes(), etag=present.etag)
    except LostOwnership:
        return None
    return Versioned(wanted, etag)


class Ledger:
    """The owner's commits. After LostOwnership nothing more may be written."""

    def __init__(self, call: Call, owned: Versioned[Checkpoint]) -> None:
        self._call = call
        self._etag = owned.etag
        self.checkpoint = owned.value

    def commit(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint by this one. Raises LostOwnership."""
        wanted = replace(
            checkpoint,
            revision=self.checkpoint.revision + 1,
            updated_at=self._call.store.now(),
        )
        name = self._call.run(wanted.run_id).checkpoint(wanted.region)
        self._etag = swap(self._call.store, name, wanted.to_bytes(), etag=self._etag)
        self.checkpoint = wanted

    def release(self) -> None:
        """Give the region up so that another call can go on at once. Raises LostOwnership."""
        self.commit(replace(self.checkpoint, valid_until=self._call.store.now() - timedelta(seconds=1)))
