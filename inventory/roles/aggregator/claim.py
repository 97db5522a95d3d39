"""Owning a run's aggregation: the claim, and the progress of its owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from inventory.coordination.call import Call
from inventory.coordination.documents import Versioned, read_aggregation
from inventory.coordination.writes import create_once, swap
from inventory.errors import LostOwnership
from inventory.model.publication import FENCED, Aggregation


def claim_aggregation(call: Call, run_id: str) -> Versioned[Aggregation] | None:
    """Become the aggregation's owner, or None where another call owns it or a controller gave it up.

    An expired claim is taken over with the next epoch. Raises the store's errors.
    """
    present = read_aggregation(call, run_id)
    name = call.run(run_id).aggregation
    now = call.store.now()
    if present is None:
        wanted = Aggregation(
            run_id=run_id,
            epoch=1,
            owner=call.owner,
            revision=1,
            valid_until=call.owned_until(),
            started_at=now,
        )
        created = create_once(call.store, name, wanted.to_bytes())
        return Versioned(wanted, created.etag) if created.ours else None
    if present.value.state == FENCED or present.value.valid_until > now:
        return None
    wanted = replace(
        present.value,
        epoch=present.value.epoch + 1,
        owner=call.owner,
        revision=present.value.revision + 1,
        valid_until=call.owned_until(),
    )
    try:
        return Versioned(wanted, swap(call.store, name, wanted.to_bytes(), etag=present.etag))
    except LostOwnership:
        return None


class Progress:
    """The owner's commits. After LostOwnership nothing more may be written."""

    def __init__(self, call: Call, owned: Versioned[Aggregation]) -> None:
        self._call = call
        self._etag = owned.etag
        self.aggregation = owned.value

    def commit(self, aggregation: Aggregation) -> None:
        """Replace the aggregation document by this one. Raises LostOwnership."""
        wanted = replace(aggregation, revision=self.aggregation.revision + 1)
        name = self._call.run(wanted.run_id).aggregation
        self._etag = swap(self._call.store, name, wanted.to_bytes(), etag=self._etag)
        self.aggregation = wanted

    def release(self) -> None:
        """Let another call go on at once. Raises LostOwnership."""
        past = self._call.store.now() - timedelta(seconds=1)
        self.commit(replace(self.aggregation, valid_until=past))
