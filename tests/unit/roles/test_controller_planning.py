"""Planning: the manifest says everything that a run's result depends on, or the run ends with the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory import __version__
from inventory.coordination.documents import read_compartments, read_lease
from inventory.errors import (
    InvalidDocument,
    InventoryError,
    NotAuthorizedOrNotFound,
    ServerFault,
    StopRun,
    Throttled,
)
from inventory.model.canonical import sha256_hex
from inventory.model.compartments import Compartment
from inventory.model.lease import Lease
from inventory.model.manifest import Baseline, Manifest, Scope, UnavailableRegion
from inventory.model.names import run_started_at
from inventory.ports.store import IfMatch
from inventory.ports.tenancy import RegionSubscription
from inventory.roles.controller.planning import choose_regions
from inventory.roles.controller.sweep import MAX_PLAN_ATTEMPTS
from inventory.triggers import SWEEP
from tests.fakes.faulty_store import LANDS_UNHEARD
from tests.fakes.installation import FRANKFURT, HOME, NAMES, SUBSCRIPTIONS, Installation, item

PHOENIX = "us-phoenix-1"
COMPARTMENT = "ocid1.compartment.oc1..c"


@pytest.fixture
def here() -> Installation:
    return Installation()


def lease_of(here: Installation) -> Lease:
    present = read_lease(here.call())
    assert present is not None
    return present.value


def test_a_manifest_pins_all_that_the_result_depends_on(here: Installation) -> None:
    here.reconfigure(
        query="query vcn resources",
        regions=(HOME, PHOENIX),
        include_terminated=False,
        depth="search",
        volatile_fields=("/details/x",),
        run_timeout_seconds=600,
        types=("Vcn",),
        exclude_types=("Image",),
        compartments=(COMPARTMENT,),
        tags=("owner=me",),
        parquet=False,
        requests_per_second=30,
    )
    run_id = here.start("given:a")
    assert here.manifest(run_id) == Manifest(
        run_id=run_id,
        trigger_kind="direct",
        trigger_key="given:a",
        collected_at="2026-11-23T04:00:00+00:00",
        close_by=run_started_at(run_id) + timedelta(seconds=600),
        tenancy_id="ocid1.tenancy.oc1..t",
        home_region=HOME,
        regions=(HOME,),
        unavailable_regions=(UnavailableRegion(region=PHOENIX, reason="notSubscribed"),),
        region_keys={"fra": FRANKFURT, "iad": HOME},
        scope=Scope(
            query="query vcn resources",
            regions=(HOME, PHOENIX),
            include_terminated=False,
            types=("Vcn",),
            exclude_types=("Image",),
            compartments=(COMPARTMENT,),
            tags=("owner=me",),
        ),
        depth="search",
        catalog_fingerprint=here.catalog.fingerprint,
        redaction_fingerprint=here.redactor.fingerprint,
        volatile_fields=("/details/x",),
        code_version=__version__,
        baseline=None,
        compartments_sha256=sha256_hex(here.memory.get(here.names(run_id).compartments).body),
        parquet=False,
        budgets={"*": 30.0, "identity": 30.0},
    )


def test_a_limit_of_the_whole_tenancy_is_shared_among_the_regions_that_are_searched(
    here: Installation,
) -> None:
    here.reconfigure(requests_per_second=15, regions=(FRANKFURT, HOME, PHOENIX))
    assert here.manifest(here.start()).budgets == {"*": 15.0, "identity": 7.5}


def test_a_manifest_names_the_pointer_as_it_stood(here: Installation) -> None:
    here.regions[HOME].items = [item(HOME, "a")]
    first = here.run("a")
    etag = here.memory.head(NAMES.latest).etag
    assert here.manifest(here.start("b")).baseline == Baseline(run_id=first, etag=etag)


def test_whoever_plans_first_decides_for_all(here: Installation) -> None:
    """Settings that change while a run is open wait for the next run."""
    here.directory.failure = ServerFault("identity is down")
    run_id = here.start("a")
    here.directory.failure = None
    slower = here.call()

    def overtake() -> None:
        here.reconfigure(depth="search")
        here.planner.ensure_manifest(here.call(), lease_of(here))

    here.store.writes["manifest.json"] = [overtake]
    planned = here.planner.ensure_manifest(slower, lease_of(here))
    assert planned.depth == "search"
    assert planned == here.manifest(run_id)
    assert here.planner.ensure_manifest(here.call(), lease_of(here)) == planned


def test_a_manifest_whose_answer_is_lost_counts(here: Installation) -> None:
    here.store.writes["manifest.json"] = [LANDS_UNHEARD]
    run_id = here.start("a")
    assert here.manifest(run_id).regions == (FRANKFURT, HOME)


# Compartments


def test_the_compartments_are_stored_before_the_manifest_and_pinned_in_it(here: Installation) -> None:
    here.directory.compartments["ocid1.compartment.oc1..d"] = Compartment(
        name="web", parent=COMPARTMENT, state="DELETED"
    )
    written: list[str] = []
    here.store.writes["compartments.json"] = [lambda: written.append("compartments")]
    here.store.writes["manifest.json"] = [lambda: written.append("manifest")]
    run_id = here.start("a")
    assert written == ["compartments", "manifest"]
    tree = read_compartments(here.call(), here.manifest(run_id))
    assert tree is not None
    assert tree.path("ocid1.compartment.oc1..d") == "acme/c/web"
    assert here.manifest(run_id).compartments_error is None


def test_two_planners_that_see_other_compartments_pin_those_that_are_stored(here: Installation) -> None:
    def overtake() -> None:
        here.directory.compartments = {}
        here.planner.ensure_manifest(here.call(), lease_of(here))

    here.store.writes["compartments.json"] = [overtake]
    run_id = here.start("a")
    tree = read_compartments(here.call(), here.manifest(run_id))
    assert tree is not None
    assert tree.compartments == {}


def test_a_run_goes_on_without_compartments_that_may_not_be_listed(here: Installation) -> None:
    here.directory.compartments_failure = NotAuthorizedOrNotFound("no", status=404, code="NotAuthorized")
    run_id = here.start("a")
    manifest = here.manifest(run_id)
    assert manifest.compartments_error == "notAuthorizedOrNotFound (404 NotAuthorized)"
    assert manifest.compartments_sha256 is None
    assert read_compartments(here.call(), manifest) is None
    assert not here.has(here.names(run_id).compartments)


def test_compartments_that_cannot_be_read_now_are_asked_for_again_before_going_on_without(
    here: Installation,
) -> None:
    here.directory.compartments_failure = ServerFault("no", status=503)
    run_id = here.start("a")
    assert not here.has(here.names(run_id).manifest)
    here.control(SWEEP)
    assert not here.has(here.names(run_id).manifest)
    here.control(SWEEP)
    assert here.manifest(run_id).compartments_error == "serverError (503)"


@pytest.mark.parametrize(
    "failure", [ServerFault("no", status=503), NotAuthorizedOrNotFound("no", status=404)]
)
def test_a_run_that_asks_for_compartments_cannot_be_planned_without_them(
    here: Installation, failure: InventoryError
) -> None:
    here.reconfigure(compartments=(COMPARTMENT,))
    here.directory.compartments_failure = failure
    run_id = here.start("a")
    for _ in range(MAX_PLAN_ATTEMPTS):
        here.control(SWEEP)
    assert here.json(here.names(run_id).closed)["reason"] == (
        "the run could not be planned: the compartments of INVENTORY_COMPARTMENTS cannot be found, because "
        f"the tenancy's compartments cannot be listed: {failure.summary()}"
    )
    assert not here.has(here.names(run_id).manifest)


def test_a_compartment_of_another_tenancy_is_told_by_its_name(here: Installation) -> None:
    here.reconfigure(compartments=(COMPARTMENT, "ocid1.compartment.oc1..other"))
    closed = here.json(here.names(here.start("a")).closed)
    assert closed["reason"].endswith(
        "INVENTORY_COMPARTMENTS names ocid1.compartment.oc1..other; allowed: compartments of this tenancy"
    )


def test_a_tree_that_is_not_the_manifests_is_refused(here: Installation) -> None:
    run_id = here.start("a")
    manifest = here.manifest(run_id)
    with pytest.raises(InvalidDocument, match=f"compartments.json of run {run_id} is not the one"):
        read_compartments(here.call(), replace(manifest, compartments_sha256="0" * 64))
    here.memory.delete(here.names(run_id).compartments)
    with pytest.raises(InvalidDocument, match=f"compartments.json of run {run_id} is missing"):
        read_compartments(here.call(), manifest)


# Regions


def subscription(name: str, *, is_ready: bool = True) -> RegionSubscription:
    return RegionSubscription(name=name, key=name[:3], is_ready=is_ready, is_home=False)


def scope(*regions: str) -> Scope:
    return Scope(query="q", regions=regions or None, include_terminated=True)


def test_all_subscribed_regions_are_searched_by_name(here: Installation) -> None:
    subscriptions = [subscription(PHOENIX), subscription(FRANKFURT)]
    assert choose_regions(subscriptions, scope()) == ((FRANKFURT, PHOENIX), ())


def test_a_region_that_is_not_ready_is_a_gap_and_not_an_error() -> None:
    subscriptions = [subscription(PHOENIX, is_ready=False), subscription(FRANKFURT)]
    assert choose_regions(subscriptions, scope()) == (
        (FRANKFURT,),
        (UnavailableRegion(region=PHOENIX, reason="subscriptionNotReady"),),
    )


def test_regions_outside_the_scope_are_no_gaps() -> None:
    subscriptions = [subscription(PHOENIX, is_ready=False), subscription(FRANKFURT)]
    assert choose_regions(subscriptions, scope(FRANKFURT)) == ((FRANKFURT,), ())


def test_a_region_that_is_asked_for_but_not_subscribed_is_a_gap() -> None:
    assert choose_regions([subscription(FRANKFURT)], scope("xx-nowhere-1", FRANKFURT)) == (
        (FRANKFURT,),
        (UnavailableRegion(region="xx-nowhere-1", reason="notSubscribed"),),
    )


def test_a_run_without_any_region_cannot_start() -> None:
    with pytest.raises(StopRun) as caught:
        choose_regions([subscription(FRANKFURT)], scope("xx-nowhere-1", "xx-nowhere-2"))
    assert str(caught.value) == (
        "no region can be searched; asked for: xx-nowhere-1, xx-nowhere-2; "
        "subscribed and ready: eu-frankfurt-1"
    )


# Failures


def closed(here: Installation, run_id: str) -> tuple[str, str]:
    document = here.json(here.names(run_id).closed)
    return document["status"], document["reason"]


@pytest.mark.parametrize("failure", [Throttled("429"), NotAuthorizedOrNotFound("no", status=404, code="Not")])
def test_a_tenancy_that_does_not_answer_is_asked_a_bounded_number_of_times(
    here: Installation, failure: Exception
) -> None:
    here.directory.failure = failure
    # A trigger sweeps once before and once behind the opening of its run.
    run_id = here.start("a")
    for _ in range(MAX_PLAN_ATTEMPTS - 2):
        here.control(action=SWEEP)
    assert not here.has(here.names(run_id).closed)
    here.control(action=SWEEP)
    reason = f"the run could not be planned: {failure.summary()}"  # type: ignore[attr-defined]
    assert closed(here, run_id) == ("failed", reason)
    assert "## Status" in here.artifact(run_id, "report.md").decode()
    assert here.json(NAMES.lease)["state"] == "idle"
    assert here.topic.messages[0][0] == f"OCI inventory {run_id}: failed"


def test_a_tenancy_that_answers_in_time_is_planned(here: Installation) -> None:
    here.directory.failure = Throttled("429")
    run_id = here.start("a")
    here.directory.failure = None
    here.control(action=SWEEP)
    assert here.manifest(run_id).regions == (FRANKFURT, HOME)
    assert len(here.invoker.take()) == 2


def test_a_plan_that_cannot_be_made_fails_at_once_with_the_reason(here: Installation) -> None:
    here.reconfigure(regions=("xx-nowhere-1",))
    run_id = here.start("a")
    status, reason = closed(here, run_id)
    assert status == "failed"
    assert reason.startswith(
        "the run could not be planned: no region can be searched; asked for: xx-nowhere-1"
    )
    report = here.artifact(run_id, "report.md").decode()
    assert "**failed**: nothing was published" in report
    assert "xx-nowhere-1" in report


@pytest.mark.parametrize("homes", [0, 2])
def test_a_tenancy_with_no_single_home_region_is_not_guessed_about(here: Installation, homes: int) -> None:
    here.directory.subscriptions = [
        RegionSubscription(name=old.name, key=old.key, is_ready=True, is_home=number < homes)
        for number, old in enumerate(SUBSCRIPTIONS)
    ]
    assert closed(here, here.start("a"))[1] == (
        f"the run could not be planned: the tenancy names {homes} home regions; expected exactly one"
    )


def test_a_damaged_pointer_stops_the_run_and_stays_as_it_is(here: Installation) -> None:
    here.regions[HOME].items = [item(HOME, "a")]
    here.run("a")
    damaged = b'{"format_version": 99}'
    etag = here.memory.head(NAMES.latest).etag
    here.memory.put(NAMES.latest, damaged, condition=IfMatch(etag=etag))
    status, reason = closed(here, here.start("b"))
    assert status == "failed"
    assert "latest.json: field 'format_version' is 99" in reason
    assert here.memory.get(NAMES.latest).body == damaged


def test_after_a_failed_plan_the_next_trigger_starts_anew(here: Installation) -> None:
    here.reconfigure(regions=("xx-nowhere-1",))
    failed = here.start("a")
    here.reconfigure(regions=None)
    here.clock.advance(5)
    run_id = here.start("b")
    assert run_id > failed
    assert here.manifest(run_id).regions == (FRANKFURT, HOME)
