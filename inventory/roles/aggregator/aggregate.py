"""The aggregator's way: claim, merge, export, publish, close.

Every step is recorded in `aggregation.json`, so a call that takes over goes on behind the last one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from inventory.catalog.entry import Catalog
from inventory.coordination.call import Call
from inventory.coordination.closing import (
    REASONS,
    close_failed_run,
    close_run,
    invoke_aggregator,
    move_pointer,
)
from inventory.coordination.documents import (
    read_closed,
    read_compartment_names,
    read_manifest,
    read_outcomes,
    read_published,
)
from inventory.coordination.leasing import release_lease
from inventory.coordination.writes import create_once
from inventory.errors import DeadlineNear, InvalidTrigger, LostOwnership, StopRun
from inventory.exports.report import failure_report
from inventory.model.checkpoint import COMPLETE, Outcome
from inventory.model.manifest import Manifest
from inventory.model.publication import FENCED, PUBLISHING, Artifact, ArtifactGap
from inventory.model.timestamps import format_time
from inventory.roles.aggregator.claim import Progress, claim_aggregation
from inventory.roles.aggregator.exporting import Exports, write_exports
from inventory.roles.aggregator.merging import MergedInventory, write_inventory
from inventory.roles.aggregator.publishing import publish
from inventory.roles.aggregator.sources import INVENTORY, BaselineFiles, BaselineUnreadable, find_baseline
from inventory.triggers import AggregationTask, Ignored

CLOSED = "closed"
CONTINUED = "continued"
IGNORED = "ignored"
NOT_YET = "regions are still at work"
OWNED_BY_ANOTHER = "owned by another call"

#: After so many owners the aggregation is given up: every one had a whole call's time.
MAX_EPOCHS = 8

DIFF_FILES = ("diff.json", "diff_summary.json", "changes.jsonl.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationAnswer:
    """What became of an aggregation task; `reason` says why one was ignored."""

    status: str
    run_id: str | None
    reason: str | None = None


def aggregate(call: Call, task: AggregationTask | Ignored, catalog: Catalog) -> AggregationAnswer:
    """Aggregate a run whose regions have all ended, or go on where another call stopped.

    Raises InvalidTrigger where the run has no manifest, RetryLater and the store's other errors; the
    claim is released then, so that the next call can go on at once.
    """
    if isinstance(task, Ignored):
        call.log.info("trigger_ignored", reason=task.reason)
        return AggregationAnswer(status=IGNORED, run_id=None, reason=task.reason)
    manifest = read_manifest(call, task.run_id)
    if manifest is None:
        raise InvalidTrigger(f"field 'run_id' is {task.run_id!r}; allowed: a run that has a manifest")
    return AggregationAnswer(status=_aggregate(call, manifest, catalog), run_id=task.run_id)


def _aggregate(call: Call, manifest: Manifest, catalog: Catalog) -> str:
    if read_closed(call, manifest.run_id) is not None:
        release_lease(call, manifest.run_id)
        return CLOSED
    outcomes = read_outcomes(call, manifest)
    if set(outcomes) != set(manifest.regions):
        return NOT_YET
    owned = claim_aggregation(call, manifest.run_id)
    if owned is None:
        return OWNED_BY_ANOTHER
    work = _Aggregation(call, manifest, outcomes, catalog, Progress(call, owned))
    try:
        work.run()
    except LostOwnership as exc:
        call.log.failure("aggregation_lost", exc)
        return OWNED_BY_ANOTHER
    except DeadlineNear:
        work.progress.release()
        invoke_aggregator(call, manifest.run_id)
        return CONTINUED
    except StopRun as exc:
        call.log.failure("run_failed", exc)
        return _fail(work, str(exc))
    except Exception:
        _release_quietly(call, work.progress)
        raise
    return CLOSED


def _fail(work: _Aggregation, reason: str) -> str:
    try:
        work.fail(reason)
    except LostOwnership:
        return OWNED_BY_ANOTHER
    return CLOSED


class _Aggregation:
    """One owner's work on a run."""

    def __init__(
        self,
        call: Call,
        manifest: Manifest,
        outcomes: dict[str, Outcome],
        catalog: Catalog,
        progress: Progress,
    ) -> None:
        self.progress = progress
        self._call = call
        self._manifest = manifest
        self._outcomes = outcomes
        self._catalog = catalog

    def run(self) -> None:
        """Do what is left of: merge, export, publish, close."""
        if self.progress.aggregation.state != PUBLISHING:
            self._check_that_it_can_be_done()
            self._make_artifacts()
        published = read_published(self._call, self._manifest.run_id)
        if published is None:
            raise StopRun("published.json is gone")
        status = move_pointer(self._call, self._manifest, published)
        close_run(self._call, self._manifest.run_id, status=status, reason=REASONS[status])

    def fail(self, reason: str) -> None:
        """Close the run as failed, with a report; fenced first, so that nobody publishes it any more.

        Raises LostOwnership.
        """
        self.progress.commit(replace(self.progress.aggregation, state=FENCED))

        def report() -> bytes:
            return failure_report(
                run_id=self._manifest.run_id,
                reason=reason,
                ended_at=format_time(self._call.store.now()),
                manifest=self._manifest,
                outcomes=self._outcomes,
                compartments=read_compartment_names(self._call, self._manifest),
                catalog=self._catalog,
            )

        close_failed_run(self._call, self._manifest.run_id, reason=reason, report=report)

    def _check_that_it_can_be_done(self) -> None:
        if self.progress.aggregation.epoch > MAX_EPOCHS:
            raise StopRun(f"{MAX_EPOCHS} calls could not finish the aggregation")
        if self._manifest.catalog_fingerprint != self._catalog.fingerprint:
            raise StopRun("the function was updated during the run")
        if not any(part.state == COMPLETE for outcome in self._outcomes.values() for part in outcome.slices):
            raise StopRun("no region could be read completely")

    def _make_artifacts(self) -> None:
        baseline = self._baseline()
        inventory = self.progress.aggregation.artifact(INVENTORY)
        if inventory is None:
            inventory, baseline = self._merge(baseline)
        exports = self._export(inventory, baseline)
        self._settle(exports)
        published = publish(
            self._call,
            self._manifest,
            self._outcomes,
            self._catalog,
            self.progress.aggregation,
            exports,
            baseline,
        )
        stored = create_once(
            self._call.store, self._call.run(self._manifest.run_id).published, published.to_bytes()
        )
        self._call.log.info("published", artifacts=len(published.artifacts), ours=stored.ours)
        self.progress.commit(replace(self.progress.aggregation, state=PUBLISHING))

    def _baseline(self) -> BaselineFiles | None:
        if self.progress.aggregation.baseline_error is not None:
            return None
        try:
            return find_baseline(self._call, self._manifest)
        except BaselineUnreadable as exc:
            self._give_up_baseline(exc)
            return None

    def _give_up_baseline(self, exc: BaselineUnreadable) -> None:
        """Go on without a baseline, for good: whoever takes over must come to the same inventory."""
        self._call.log.failure("baseline_unreadable", exc)
        aggregation = self.progress.aggregation
        kept = tuple(artifact for artifact in aggregation.artifacts if artifact.name not in DIFF_FILES)
        self.progress.commit(replace(aggregation, artifacts=kept, baseline_error=str(exc)))

    def _merge(self, baseline: BaselineFiles | None) -> tuple[Artifact, BaselineFiles | None]:
        with self._timed("merge"):
            try:
                merged = self._write_inventory(baseline)
            except BaselineUnreadable as exc:
                self._give_up_baseline(exc)
                baseline = None
                merged = self._write_inventory(None)
        self.progress.commit(
            replace(self.progress.aggregation, artifacts=(merged.artifact,), counts=merged.counts)
        )
        return merged.artifact, baseline

    def _write_inventory(self, baseline: BaselineFiles | None) -> MergedInventory:
        return write_inventory(self._call, self._manifest, self._outcomes, baseline, self._catalog)

    def _export(self, inventory: Artifact, baseline: BaselineFiles | None) -> Exports:
        with self._timed("export"):
            try:
                return self._write_exports(inventory, baseline)
            except BaselineUnreadable as exc:
                self._give_up_baseline(exc)
                return self._write_exports(inventory, None)

    def _write_exports(self, inventory: Artifact, baseline: BaselineFiles | None) -> Exports:
        settled = self.progress.aggregation.settled
        return write_exports(
            self._call, self._manifest, self._outcomes, inventory, baseline, self._catalog, settled
        )

    def _settle(self, exports: Exports) -> None:
        """Record which files there are and which there are not, before anything tells of them.

        Whoever takes over then tells the same: it neither makes good a gap nor makes a new one.
        """
        aggregation = self.progress.aggregation
        missing: tuple[ArtifactGap, ...] = ()
        if aggregation.baseline_error is not None:
            told = aggregation.settled
            missing = tuple(
                ArtifactGap(name=name, reason="baselineUnreadable") for name in DIFF_FILES if name not in told
            )
        self.progress.commit(
            replace(
                aggregation,
                artifacts=(*aggregation.artifacts, *exports.artifacts),
                gaps=(*aggregation.gaps, *missing, *exports.gaps),
            )
        )

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = self._call.monotonic()
        yield
        spent = self._call.monotonic() - began
        seconds = dict(self.progress.aggregation.seconds)
        seconds[step] = seconds.get(step, 0.0) + spent
        self.progress.commit(replace(self.progress.aggregation, seconds=seconds))


def _release_quietly(call: Call, progress: Progress) -> None:
    try:
        progress.release()
    except Exception as exc:  # the error that led here matters more
        call.log.failure("aggregation_not_released", exc)
