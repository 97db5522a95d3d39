"""Giving up: how a controller ends a region, an aggregation or a run that nobody else will end.

When that is so is for the sweep to say. Everything here is fenced, so that who was only slow finds out.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from inventory.catalog.entry import Catalog
from inventory.coordination.call import Call
from inventory.coordination.closing import close_failed_run, write_outcome
from inventory.coordination.documents import (
    read_aggregation,
    read_checkpoint,
    read_compartment_names,
    read_manifest,
    read_object,
    read_outcome,
)
from inventory.coordination.writes import create_once, swap
from inventory.errors import InvalidDocument, LostOwnership
from inventory.exports.report import failure_report
from inventory.model.checkpoint import ALL_TYPES, FAILED, FINAL, OPEN, UNLISTED, Checkpoint, Outcome, Slice
from inventory.model.manifest import Manifest
from inventory.model.publication import FENCED, PUBLISHING, Aggregation
from inventory.model.timestamps import format_time

GIVEN_UP = "givenUp (no call finished this region)"


def give_up_region(call: Call, manifest: Manifest, region: str) -> None:
    """End a region as it stands: take its checkpoint over, make it final, write the outcome."""
    present = read_checkpoint(call, manifest.run_id, region)
    name = call.run(manifest.run_id).checkpoint(region)
    now = call.store.now()
    if present is None:
        wanted = Checkpoint(
            run_id=manifest.run_id,
            region=region,
            epoch=1,
            owner=call.owner,
            revision=1,
            valid_until=now,
            started_at=now,
            updated_at=now,
            state=FINAL,
            slices=(Slice(name=ALL_TYPES, state=FAILED, error=GIVEN_UP),),
        )
        if not create_once(call.store, name, wanted.to_bytes()).ours:
            return
    else:
        wanted = replace(
            present.value,
            epoch=present.value.epoch + 1,
            owner=call.owner,
            revision=present.value.revision + 1,
            valid_until=now,
            updated_at=now,
            state=FINAL,
            slices=_given_up(present.value.slices),
        )
        try:
            swap(call.store, name, wanted.to_bytes(), etag=present.etag)
        except LostOwnership:
            return
    write_outcome(call, wanted)


def _given_up(slices: tuple[Slice, ...]) -> tuple[Slice, ...]:
    """The slices with nothing open; where all were closed, what was to follow them is not known."""
    if all(part.state != OPEN for part in slices):
        return (*slices, Slice(name=UNLISTED, state=FAILED, error=GIVEN_UP))
    return tuple(
        replace(part, state=FAILED, error=GIVEN_UP) if part.state == OPEN else part for part in slices
    )


def fence_aggregation(call: Call, run_id: str) -> bool:
    """Take the aggregation over for good, so that nobody publishes; returns whether that succeeded."""
    name = call.run(run_id).aggregation
    now = call.store.now()
    fresh = Aggregation(
        run_id=run_id,
        epoch=1,
        owner=call.owner,
        revision=1,
        valid_until=now,
        started_at=now,
        state=FENCED,
    )
    try:
        present = read_aggregation(call, run_id)
    except InvalidDocument:
        damaged = read_object(call, name)
        return damaged is not None and _swap(call, name, fresh, etag=damaged.etag)
    if present is None:
        return create_once(call.store, name, fresh.to_bytes()).ours
    if present.value.state == PUBLISHING or present.value.valid_until > now:
        return False
    fence = replace(
        present.value,
        epoch=present.value.epoch + 1,
        owner=call.owner,
        revision=present.value.revision + 1,
        valid_until=now,
        state=FENCED,
    )
    return _swap(call, name, fence, etag=present.etag)


def _swap(call: Call, name: str, fence: Aggregation, *, etag: str) -> bool:
    try:
        swap(call.store, name, fence.to_bytes(), etag=etag)
    except LostOwnership:
        return False
    return True


def fail_run(call: Call, run_id: str, reason: str, catalog: Catalog) -> None:
    """Close a run as failed, with a report of whatever can be read of it; who might publish it is fenced.

    A run that the pointer names already is closed as published.
    """

    def report() -> bytes:
        manifest, outcomes = _what_is_readable(call, run_id)
        return failure_report(
            run_id=run_id,
            reason=reason,
            ended_at=format_time(call.store.now()),
            manifest=manifest,
            outcomes=outcomes,
            compartments=read_compartment_names(call, manifest) if manifest is not None else None,
            catalog=catalog,
        )

    close_failed_run(call, run_id, reason=reason, report=report)


def _what_is_readable(call: Call, run_id: str) -> tuple[Manifest | None, dict[str, Outcome]]:
    """What a report can tell of a run, also of a damaged one."""
    outcomes: dict[str, Outcome] = {}
    try:
        manifest = read_manifest(call, run_id)
    except InvalidDocument:
        return None, outcomes
    for region in manifest.regions if manifest else ():
        with suppress(InvalidDocument):
            outcome = read_outcome(call, run_id, region)
            if outcome is not None:
                outcomes[region] = outcome
    return manifest, outcomes
