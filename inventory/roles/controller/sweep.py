"""The sweep: brings the open run one step further, whatever others left undone.

A sweep never waits. It asks again for what was lost, gives up what was asked for too often or too late,
and closes what cannot end by itself.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inventory.coordination.call import Call
from inventory.coordination.closing import (
    REASONS,
    close_run,
    invoke_aggregator,
    move_pointer,
    write_outcome,
)
from inventory.coordination.documents import (
    is_closed,
    read_aggregation,
    read_checkpoint,
    read_lease,
    read_manifest,
    read_outcome,
    read_outcomes,
    read_published,
)
from inventory.coordination.leasing import change_lease, release_lease
from inventory.errors import InvalidDocument, RecordGap, RetryLater, StopRun
from inventory.model.checkpoint import FINAL, Checkpoint
from inventory.model.lease import HELD, Invocations, Lease
from inventory.model.manifest import Manifest
from inventory.model.publication import FENCED, PUBLISHING
from inventory.roles.controller.giving_up import fail_run, fence_aggregation, give_up_region
from inventory.roles.controller.planning import MAX_PLAN_ATTEMPTS, Planner


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the lease says of a region's invocations, and how many of them in a row brought nothing."""

    before: Invocations
    fruitless: int


def _has_progressed_since(checkpoint: Checkpoint, asked: Invocations) -> bool:
    """Whether the region has committed something since it was last asked for."""
    return checkpoint.stalled == 0 and (asked.last_at is None or checkpoint.updated_at > asked.last_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """Sweeps for one call.

    A `patient` sweep leaves alone what was asked for within the start grace and may just be starting; an
    impatient one asks again at once, which is harmless. Neither gives anything up within the grace.
    """

    call: Call
    planner: Planner
    patient: bool

    def sweep(self) -> str | None:
        """Bring the open run further; returns its id, or None where no run is open.

        Raises the store's errors.
        """
        present = read_lease(self.call)
        if present is None or present.value.state != HELD or present.value.run_id is None:
            return None
        lease, run_id = present.value, present.value.run_id
        if is_closed(self.call, run_id):
            release_lease(self.call, run_id)
            return run_id
        replace(self, call=self.call.about(run_id))._further_or_give_up(lease, run_id)
        return run_id

    def _further_or_give_up(self, lease: Lease, run_id: str) -> None:
        try:
            self._further(lease, run_id)
        except InvalidDocument as exc:
            self.call.log.failure("run_damaged", exc)
            self._give_up_damaged(run_id, str(exc))

    def _further(self, lease: Lease, run_id: str) -> None:
        manifest = self._manifest(lease, run_id)
        if manifest is not None:
            self._further_regions(manifest)
            if set(read_outcomes(self.call, manifest)) == set(manifest.regions):
                self._further_aggregation(manifest)

    def _give_up_damaged(self, run_id: str, reason: str) -> None:
        """End a run with a document that nobody can read: no later call would come further with it."""
        if fence_aggregation(self.call, run_id):
            self._fail(run_id, reason)

    def _manifest(self, lease: Lease, run_id: str) -> Manifest | None:
        present = read_manifest(self.call, run_id)
        if present is not None:
            return present
        if lease.plan_attempts >= MAX_PLAN_ATTEMPTS:
            self._give_up_plan(run_id, "the run could not be planned")
            return None

        def counted(now: Lease) -> Lease | None:
            if now.run_id != run_id:
                return None
            return replace(now, plan_attempts=now.plan_attempts + 1)

        lease = change_lease(self.call, counted)
        if lease.run_id != run_id:
            return None
        try:
            return self.planner.ensure_manifest(self.call, lease)
        except StopRun as exc:
            self.call.log.failure("run_not_planned", exc)
            self._give_up_plan(run_id, f"the run could not be planned: {exc}")
        except (RetryLater, RecordGap) as exc:
            self.call.log.failure("run_not_planned", exc)
            if lease.plan_attempts >= MAX_PLAN_ATTEMPTS:
                self._give_up_plan(run_id, f"the run could not be planned: {exc.summary()}")
        return None

    def _give_up_plan(self, run_id: str, reason: str) -> None:
        # Another controller may have planned it at the last moment: fence off whoever would publish that.
        if fence_aggregation(self.call, run_id):
            self._fail(run_id, reason)

    def _fail(self, run_id: str, reason: str) -> None:
        fail_run(self.call, run_id, reason, self.planner.catalog)

    # Regions

    def _further_regions(self, manifest: Manifest) -> None:
        lease = self._lease_of(manifest.run_id)
        if lease is None:
            return
        wanted: dict[str, _Asked] = {}
        for region in manifest.regions:
            if read_outcome(self.call, manifest.run_id, region) is not None:
                continue
            checkpoint = read_checkpoint(self.call, manifest.run_id, region)
            if checkpoint is not None and checkpoint.value.state == FINAL:
                write_outcome(self.call, checkpoint.value)
                continue
            now = self.call.store.now()
            if checkpoint is not None and checkpoint.value.valid_until > now:
                continue
            asked = lease.region_invocations.get(region, Invocations())
            is_starting = self._is_recent(asked.last_at) or (
                checkpoint is not None and self._is_recent(checkpoint.value.updated_at)
            )
            if checkpoint is not None and _has_progressed_since(checkpoint.value, asked):
                fruitless = 0
            else:
                fruitless = asked.count
            if fruitless >= self.call.settings.max_invocations or now >= manifest.close_by:
                if not is_starting:
                    give_up_region(self.call, manifest, region)
            elif not (self.patient and is_starting and asked.count):
                wanted[region] = _Asked(before=asked, fruitless=fruitless)
        self._invoke_regions(manifest, wanted)

    def _invoke_regions(self, manifest: Manifest, wanted: dict[str, _Asked]) -> None:
        if not wanted:
            return
        chosen: list[str] = []

        def counted(lease: Lease) -> Lease | None:
            # A region that another controller has asked for in the meantime is left to it.
            chosen[:] = [
                region
                for region, asked in wanted.items()
                if lease.region_invocations.get(region, Invocations()) == asked.before
            ]
            if lease.run_id != manifest.run_id or not chosen:
                chosen.clear()
                return None
            now = self.call.store.now()
            more = {region: Invocations(count=wanted[region].fruitless + 1, last_at=now) for region in chosen}
            return replace(lease, region_invocations={**lease.region_invocations, **more})

        change_lease(self.call, counted)
        function_id = self.call.settings.region_function_id
        if function_id is None:
            raise StopRun("no region function is configured")

        def ask(region: str) -> None:
            try:
                self.call.invoker.invoke_detached(function_id, {"run_id": manifest.run_id, "region": region})
            except (RetryLater, RecordGap) as exc:
                self.call.log.failure("region_not_invoked", exc, region=region)

        # An invocation is accepted when its container has started; a tenancy may have dozens of regions.
        threads = min(len(chosen), self.call.settings.workers)
        if threads <= 1:
            for region in chosen:
                ask(region)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(ask, chosen))

    # Aggregation

    def _further_aggregation(self, manifest: Manifest) -> None:
        if is_closed(self.call, manifest.run_id):
            release_lease(self.call, manifest.run_id)
            return
        lease = self._lease_of(manifest.run_id)
        if lease is None:
            return
        present = read_aggregation(self.call, manifest.run_id)
        now = self.call.store.now()
        if present is not None and present.value.state != FENCED and present.value.valid_until > now:
            return
        asked = lease.aggregator_invocations
        is_starting = self._is_recent(asked.last_at)
        if present is not None and present.value.state == FENCED:
            self._fail(manifest.run_id, "the aggregator did not finish")
        elif asked.count < self.call.settings.max_invocations:
            if not (self.patient and is_starting):
                self._invoke_aggregator(manifest, asked)
        elif not is_starting:
            self._give_up_aggregation(manifest)

    def _invoke_aggregator(self, manifest: Manifest, asked: Invocations) -> None:
        is_counted = False

        def counted(lease: Lease) -> Lease | None:
            nonlocal is_counted
            is_counted = lease.run_id == manifest.run_id and lease.aggregator_invocations == asked
            if not is_counted:
                return None
            more = Invocations(count=asked.count + 1, last_at=self.call.store.now())
            return replace(lease, aggregator_invocations=more)

        change_lease(self.call, counted)
        if is_counted:
            invoke_aggregator(self.call, manifest.run_id)

    def _give_up_aggregation(self, manifest: Manifest) -> None:
        """Finish the publishing that was begun, or fence the aggregator off and close the run."""
        present = read_aggregation(self.call, manifest.run_id)
        if present is not None and present.value.state == PUBLISHING:
            published = read_published(self.call, manifest.run_id)
            if published is not None:
                status = move_pointer(self.call, manifest, published)
                close_run(self.call, manifest.run_id, status=status, reason=REASONS[status])
                return
        if fence_aggregation(self.call, manifest.run_id):
            self._fail(manifest.run_id, "the aggregator did not finish")

    def _lease_of(self, run_id: str) -> Lease | None:
        """The lease, if this run still holds it."""
        present = read_lease(self.call)
        if present is None or present.value.state != HELD or present.value.run_id != run_id:
            return None
        return present.value

    def _is_recent(self, moment: datetime | None) -> bool:
        grace = timedelta(seconds=self.call.settings.start_grace_seconds)
        return moment is not None and self.call.store.now() < moment + grace
