"""Planning a run: everything its result depends on goes into the manifest, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from inventory import __version__
from inventory.catalog.entry import Catalog
from inventory.coordination.budget import service_budgets
from inventory.coordination.call import Call
from inventory.coordination.documents import read_manifest, read_pointer
from inventory.coordination.writes import create_once
from inventory.errors import RecordGap, RetryLater, StopRun
from inventory.model.canonical import sha256_hex
from inventory.model.lease import Lease
from inventory.model.manifest import Baseline, Manifest, Scope, UnavailableRegion
from inventory.model.names import run_started_at
from inventory.model.timestamps import format_time
from inventory.ports.tenancy import RegionSubscription, TenancyDirectory

#: How often a run's planning is tried.
MAX_PLAN_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredTree:
    """The sha256 of the run's `compartments.json`, or why there is none."""

    sha256: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Makes manifests from settings and the tenancy's own facts."""

    directory: TenancyDirectory
    catalog: Catalog
    redaction_fingerprint: str

    def ensure_manifest(self, call: Call, lease: Lease) -> Manifest:
        """The manifest of the run that holds the lease; whoever writes it first decides.

        Raises StopRun where no region can be searched, the pointer cannot be read, or compartments are
        asked for that cannot be read, and RetryLater or RecordGap where the tenancy does not answer.
        """
        run_id = lease.run_id
        if run_id is None:
            raise StopRun("the lease names no run")
        present = read_manifest(call, run_id)
        if present is not None:
            return present
        wanted = self._plan(call, lease, run_id)
        created = create_once(call.store, call.run(run_id).manifest, wanted.to_bytes())
        return Manifest.from_bytes(created.body)

    def _plan(self, call: Call, lease: Lease, run_id: str) -> Manifest:
        settings = call.settings
        subscriptions = self.directory.region_subscriptions()
        home = [subscription.name for subscription in subscriptions if subscription.is_home]
        if len(home) != 1:
            raise StopRun(f"the tenancy names {len(home)} home regions; expected exactly one")
        scope = Scope(
            query=settings.query,
            regions=settings.regions,
            include_terminated=settings.include_terminated,
            types=settings.types,
            exclude_types=settings.exclude_types,
            compartments=settings.compartments,
            tags=settings.tags,
        )
        if lease.adhoc is not None:
            scope = lease.adhoc.narrow(scope)
        regions, unavailable = choose_regions(subscriptions, scope)
        pointer = read_pointer(call)
        tree = self._store_tree(call, lease, run_id, scope)
        started_at = run_started_at(run_id)
        return Manifest(
            run_id=run_id,
            trigger_kind=lease.trigger_kind or "unknown",
            trigger_key=lease.trigger_key or "unknown",
            collected_at=format_time(started_at),
            close_by=started_at + timedelta(seconds=settings.run_timeout_seconds),
            tenancy_id=self.directory.tenancy_id,
            home_region=home[0],
            regions=regions,
            unavailable_regions=unavailable,
            region_keys={subscription.key: subscription.name for subscription in subscriptions},
            scope=scope,
            depth=settings.depth,
            catalog_fingerprint=self.catalog.fingerprint,
            redaction_fingerprint=self.redaction_fingerprint,
            volatile_fields=settings.volatile_fields,
            code_version=__version__,
            baseline=None if pointer is None else Baseline(run_id=pointer.value.run_id, etag=pointer.etag),
            is_adhoc=lease.adhoc is not None,
            compartments_error=tree.error,
            compartments_sha256=tree.sha256,
            parquet=settings.parquet,
            budgets=service_budgets(settings.requests_per_second, regions=len(regions)),
        )

    def _store_tree(self, call: Call, lease: Lease, run_id: str, scope: Scope) -> _StoredTree:
        """Store the compartment tree; a run can do without, unless compartments are asked for.

        Raises StopRun where it cannot, RetryLater where asking again may help.
        """
        try:
            tree = self.directory.compartment_tree()
        except (RecordGap, RetryLater) as exc:
            if isinstance(exc, RetryLater) and lease.plan_attempts < MAX_PLAN_ATTEMPTS:
                raise
            call.log.failure("compartments_not_read", exc)
            if scope.compartments is not None:
                raise StopRun(
                    "the compartments of INVENTORY_COMPARTMENTS cannot be found, because the tenancy's "
                    f"compartments cannot be listed: {exc.summary()}"
                ) from exc
            return _StoredTree(error=exc.summary())
        unknown = [ocid for ocid in scope.compartments or () if not tree.knows(ocid)]
        if unknown:
            raise StopRun(
                f"INVENTORY_COMPARTMENTS names {', '.join(unknown)}; allowed: compartments of this tenancy"
            )
        created = create_once(call.store, call.run(run_id).compartments, tree.to_bytes())
        return _StoredTree(sha256=sha256_hex(created.body))


def choose_regions(
    subscriptions: Sequence[RegionSubscription], scope: Scope
) -> tuple[tuple[str, ...], tuple[UnavailableRegion, ...]]:
    """The regions to search, by name, and those in scope that cannot be searched, with the reason.

    Raises StopRun where nothing is left to search.
    """
    ready = {subscription.name for subscription in subscriptions if subscription.is_ready}
    known = {subscription.name for subscription in subscriptions}
    wanted = known if scope.regions is None else set(scope.regions)
    unavailable = [
        UnavailableRegion(
            region=region, reason="subscriptionNotReady" if region in known else "notSubscribed"
        )
        for region in sorted(wanted - ready)
    ]
    regions = tuple(sorted(wanted & ready))
    if not regions:
        raise StopRun(
            f"no region can be searched; asked for: {', '.join(sorted(wanted))}; "
            f"subscribed and ready: {', '.join(sorted(ready))}"
        )
    return regions, tuple(unavailable)
