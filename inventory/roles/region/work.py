"""The region worker's way through a region: claim, scan, commit, hand over or finish."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from inventory.coordination.call import Call
from inventory.coordination.closing import invoke_aggregator_if_last, write_outcome
from inventory.coordination.documents import (
    read_closed,
    read_manifest,
    read_outcome,
    read_scope_filter,
    read_search_types,
)
from inventory.errors import (
    DeadlineNear,
    InvalidDocument,
    InvalidTrigger,
    LostOwnership,
    RecordGap,
    RetryLater,
    StopRun,
)
from inventory.model.checkpoint import COMPLETE, FAILED, FINAL, OPEN, UNLISTED, Checkpoint, Slice
from inventory.model.manifest import Manifest
from inventory.roles.region.claim import Ledger, claim_region
from inventory.roles.region.finding import listed_slices
from inventory.roles.region.scanning import SliceScan
from inventory.roles.region.search_types import record_search_types
from inventory.roles.region.tools import RegionTools
from inventory.stages.scan import can_resume
from inventory.triggers import RegionTask

DONE = "done"
CONTINUED = "continued"
OWNED_BY_ANOTHER = "owned by another call"
RUN_IS_CLOSED = "run is closed"

#: After so many owners in a row that committed nothing, the region is given up.
MAX_STALLED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionAnswer:
    """What became of a region task."""

    status: str
    run_id: str
    region: str


def work_region(call: Call, task: RegionTask, tools: RegionTools) -> RegionAnswer:
    """Work on a region until it has an outcome, the deadline is near, or somebody else owns it.

    Raises StopRun where the run has no usable manifest, and the store's errors.
    """
    manifest = read_manifest(call, task.run_id)
    if manifest is None:
        raise InvalidTrigger(f"field 'run_id' is {task.run_id!r}; allowed: a run that has a manifest")
    if task.region not in manifest.regions:
        allowed = ", ".join(manifest.regions)
        raise InvalidTrigger(f"field 'region' is {task.region!r}; allowed: {allowed}")
    if read_closed(call, task.run_id) is not None:
        return _answer(task, RUN_IS_CLOSED)
    if read_outcome(call, task.run_id, task.region) is None:
        status = _work(call, manifest, task, tools)
        if status != DONE:
            return _answer(task, status)
    invoke_aggregator_if_last(call, manifest)
    return _answer(task, DONE)


def _answer(task: RegionTask, status: str) -> RegionAnswer:
    return RegionAnswer(status=status, run_id=task.run_id, region=task.region)


def _work(call: Call, manifest: Manifest, task: RegionTask, tools: RegionTools) -> str:
    owned = claim_region(call, run_id=task.run_id, region=task.region)
    if owned is None:
        return OWNED_BY_ANOTHER
    if owned.value.state != FINAL:
        ledger = Ledger(call, owned)
        try:
            _scan_slices(call, ledger, manifest, tools)
        except LostOwnership as exc:
            call.log.failure("region_lost", exc)
            return OWNED_BY_ANOTHER
        except DeadlineNear:
            return _hand_over(call, ledger, task)
        except Exception:
            # Whatever went wrong, the next invocation need not wait until this call's time is up.
            _release_quietly(call, ledger)
            raise
        owned = replace(owned, value=ledger.checkpoint)
    write_outcome(call, owned.value)
    return DONE


def _scan_slices(call: Call, ledger: Ledger, manifest: Manifest, tools: RegionTools) -> None:
    """Scan what Search shows, then what only lists show; which that is hangs on what Search can show."""
    problem = _reason_to_give_up(ledger.checkpoint, manifest, tools)
    region = ledger.checkpoint.region
    record_types = partial(record_search_types, call, tools.search, run_id=manifest.run_id, region=region)
    is_recorded = problem is not None or record_types(is_last_try=False)
    scan = SliceScan(call=call, ledger=ledger, manifest=manifest, tools=tools)
    _scan_open_slices(call, ledger, scan, problem)
    if not is_recorded:
        record_types(is_last_try=True)
    _add_listed_slices(call, ledger, manifest, tools, problem)
    _scan_open_slices(call, ledger, scan, problem)
    ledger.commit(replace(ledger.checkpoint, state=FINAL))


def _scan_open_slices(call: Call, ledger: Ledger, scan: SliceScan, problem: str | None) -> None:
    for index, part in enumerate(ledger.checkpoint.slices):
        if part.state != OPEN:
            continue
        try:
            reason = problem if problem is not None else scan.run(index)
        except StopRun as exc:
            call.log.failure("slice_stopped", exc, slice=part.name)
            reason = exc.summary()
        if reason is not None:
            _end_slice_as_failed(ledger, index, reason)


def _add_listed_slices(
    call: Call, ledger: Ledger, manifest: Manifest, tools: RegionTools, problem: str | None
) -> None:
    """Add what Search does not show; every owner comes to the same, for the region's types are stored.

    Where nobody can tell what that is, one failed slice stands for all of it.
    """
    checkpoint = ledger.checkpoint
    # Another query than the default one says itself what is asked for. Where Search failed, lists would not
    # make the region complete.
    is_whole = checkpoint.slices[0].state == COMPLETE and can_resume(manifest.scope.query)
    if len(checkpoint.slices) > 1 or not is_whole:
        return
    added: tuple[Slice, ...]
    try:
        told = read_search_types(call, manifest.run_id, checkpoint.region)
        names = listed_slices(
            tools.catalog,
            searched=told.types if told is not None else None,
            wanted=read_scope_filter(call, manifest).asks_for,
            is_home=checkpoint.region == manifest.home_region,
        )
        added = tuple(Slice(name=name) for name in names)
    except InvalidDocument as exc:
        call.log.failure("search_types_unreadable", exc)
        problem = exc.summary()
    if problem is not None:
        added = (Slice(name=UNLISTED, state=FAILED, error=problem),)
    if added:
        ledger.commit(replace(checkpoint, slices=(*checkpoint.slices, *added)))


def _reason_to_give_up(checkpoint: Checkpoint, manifest: Manifest, tools: RegionTools) -> str | None:
    if checkpoint.stalled >= MAX_STALLED:
        return f"stalled ({checkpoint.stalled} calls in a row committed nothing)"
    if manifest.catalog_fingerprint != tools.catalog.fingerprint:
        return "catalogChanged (the function was updated during the run)"
    if manifest.redaction_fingerprint != tools.redactor.fingerprint:
        return "redactionChanged (the function was updated during the run)"
    return None


def _end_slice_as_failed(ledger: Ledger, index: int, reason: str) -> None:
    parts = list(ledger.checkpoint.slices)
    parts[index] = replace(parts[index], state=FAILED, error=reason)
    ledger.commit(replace(ledger.checkpoint, slices=tuple(parts)))


def _hand_over(call: Call, ledger: Ledger, task: RegionTask) -> str:
    """Release the region and ask for a continuation; a lost one is made good by the next sweep."""
    ledger.release()
    function_id = call.settings.region_function_id
    if function_id is None:
        raise StopRun("no region function is configured")
    try:
        call.invoker.invoke_detached(function_id, {"run_id": task.run_id, "region": task.region})
    except (RetryLater, RecordGap) as exc:
        call.log.failure("continuation_not_invoked", exc)
    return CONTINUED


def _release_quietly(call: Call, ledger: Ledger) -> None:
    try:
        ledger.release()
    except Exception as exc:  # the error that led here matters more
        call.log.failure("region_not_released", exc)
