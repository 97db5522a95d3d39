"""A small run for the tests of summary and report: two regions searched, one not, with a gap of each kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from inventory.catalog.load import parse_catalog
from inventory.exports.counts import RecordCounts
from inventory.exports.facts import RunFacts
from inventory.model.checkpoint import COMPLETE, FAILED, PARTIAL, CallTally, Outcome, Slice, Tally
from inventory.model.compartments import Compartment, CompartmentTree
from inventory.model.manifest import Baseline, Manifest, Scope, UnavailableRegion
from inventory.model.publication import Aggregation, ArtifactGap
from inventory.model.record import Record
from inventory.model.search_types import SearchTypes
from inventory.stages.diff import ADDED, CHANGED, NOT_COMPARED, REMOVED, UNCHANGED, Change, DiffCounts, Kind

RUN_ID = "20261123T040000Z-1a2b3c4d"
BEFORE_ID = "20261122T040000Z-00112233"
RUN = "2026-11-23T04:00:00+00:00"
BEFORE = "2026-11-22T04:00:00+00:00"
TENANCY, NETWORKS = "ocid1.tenancy.oc1..t", "ocid1.compartment.oc1..c"
FRANKFURT, ASHBURN, PHOENIX = "eu-frankfurt-1", "us-ashburn-1", "us-phoenix-1"

#: Four types: one is global, one has an older name.
CATALOG = parse_catalog("""
- name: Drg
  reason: noCall
- name: User
  home_region: true
  reason: noCall
- name: Vcn
  service: core
  client: VirtualNetworkClient
  get: {operation: get_vcn, arguments: {vcn_id: identifier}}
- name: Volume
  aliases: [BlockVolume]
  reason: noCall
""")


def record(identifier: str | None, **changes: Any) -> Record:
    return {
        "ocid": identifier,
        "resourceType": "Vcn",
        "displayName": "net",
        "compartmentId": NETWORKS,
        "region": ASHBURN,
        "lifecycleState": "AVAILABLE",
        "timeCreated": "2026-01-01T00:00:00+00:00",
        "definedTags": {},
        "freeformTags": {},
        "collectedAt": RUN,
        "enrichStatus": "OK",
        "enrichError": None,
        "details": {"metadata": {"cidrBlock": "10.0.0.0/16"}},
        "relationships": [],
        **changes,
    }


def change(kind: Kind, before: Record | None, after: Record | None, **more: Any) -> Change:
    known = after if after is not None else before
    assert known is not None
    return Change(
        kind=kind,
        key=(known["ocid"] or "", known["resourceType"]),
        before=before,
        after=after,
        prev_hash=None if before is None else "hash-before",
        curr_hash=None if after is None else "hash-after",
        **more,
    )


def changes() -> list[Change]:
    """One of each kind, and what a run carries forward, fails to read, and finds without an OCID."""
    return [
        change(NOT_COMPARED, None, record(None, resourceType="Thing", enrichStatus="NOT_IMPLEMENTED")),
        change(
            NOT_COMPARED,
            record("ocid1.vcn.oc1.fra.a", region=FRANKFURT, collectedAt=BEFORE),
            record("ocid1.vcn.oc1.fra.a", region=FRANKFURT, collectedAt=BEFORE),
        ),
        change(
            ADDED,
            None,
            record(
                "ocid1.vcn.oc1.iad.b",
                displayName="new | `net`",
                compartmentId=TENANCY,
                timeCreated="2026-11-23T03:50:00+00:00",
                enrichStatus="ERROR",
                enrichError="notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)",
            ),
        ),
        change(REMOVED, record("ocid1.vcn.oc1.iad.c", collectedAt=BEFORE), None),
        change(CHANGED, record("ocid1.vcn.oc1.iad.d", collectedAt=BEFORE), record("ocid1.vcn.oc1.iad.d")),
        change(UNCHANGED, record("ocid1.vcn.oc1.iad.e", collectedAt=BEFORE), record("ocid1.vcn.oc1.iad.e")),
    ]


def removals(count: int) -> list[Change]:
    """A type that is gone."""
    return [
        change(
            REMOVED,
            record(f"ocid1.subnet.oc1.iad.{number:02}", resourceType="Subnet", collectedAt=BEFORE),
            None,
        )
        for number in range(count)
    ]


def manifest(*, has_baseline: bool = True) -> Manifest:
    return Manifest(
        run_id=RUN_ID,
        trigger_kind="event",
        trigger_key="event:1",
        collected_at=RUN,
        close_by=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
        tenancy_id=TENANCY,
        home_region=ASHBURN,
        regions=(FRANKFURT, ASHBURN),
        unavailable_regions=(UnavailableRegion(region=PHOENIX, reason="subscriptionNotReady"),),
        region_keys={"iad": ASHBURN, "fra": FRANKFURT, "phx": PHOENIX},
        scope=Scope(query="query all resources", regions=None, include_terminated=True),
        depth="full",
        catalog_fingerprint="c" * 64,
        redaction_fingerprint="d" * 64,
        volatile_fields=(),
        code_version="0.1.0",
        baseline=Baseline(run_id=BEFORE_ID, etag="etag") if has_baseline else None,
        compartments_sha256="e" * 64,
        parquet=True,
        budgets={"*": 50.0, "identity": 25.0},
    )


def outcome(region: str, status: str, part: Slice, **tally: Any) -> Outcome:
    return Outcome(
        run_id=RUN_ID,
        region=region,
        status=status,
        epochs=2,
        started_at=datetime(2026, 11, 23, 4, 0, 5, tzinfo=UTC),
        ended_at=datetime(2026, 11, 23, 4, 1, 0, tzinfo=UTC),
        slices=(part,),
        tally=Tally(**tally),
    )


def tree() -> CompartmentTree:
    production = "ocid1.compartment.oc1..p"
    return CompartmentTree(
        tenancy_id=TENANCY,
        tenancy_name="acme",
        compartments={
            production: Compartment(name="Production", parent=TENANCY, state="ACTIVE"),
            NETWORKS: Compartment(name="net|works", parent=production, state="ACTIVE"),
        },
    )


def search_types() -> dict[str, SearchTypes]:
    """At home Search names all types of the catalog but one; the other region could not tell."""
    return {
        ASHBURN: SearchTypes(run_id=RUN_ID, region=ASHBURN, types=("Thing", "User", "Vcn", "Volume")),
        FRANKFURT: SearchTypes(run_id=RUN_ID, region=FRANKFURT, types=None, error="serverError (503)"),
    }


def calls(count: int) -> CallTally:
    return {"core": {"get_vcn": {"calls": count, "retries": 1, "throttles": 0}}}


def outcomes() -> dict[str, Outcome]:
    return {
        ASHBURN: outcome(
            ASHBURN,
            COMPLETE,
            Slice(name="*", state=COMPLETE),
            counts={"malformed_items": 2, "terminated_items_dropped": 7},
            enrich_errors={"Vcn": {"notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)": 1}},
            calls=calls(5),
            failures={"core": {"get_vcn": {"notAuthorizedOrNotFound": 1}}},
            seconds={"search": 1.25, "enrich": 3.0},
            redactions={"Vcn:/details/metadata/secret": 3},
        ),
        FRANKFURT: outcome(
            FRANKFURT,
            PARTIAL,
            Slice(name="*", state=FAILED, error="serverError (503)"),
            calls=calls(2),
            seconds={"search": 0.5},
            redactions={"Vcn:/details/metadata/secret": 1},
        ),
    }


def facts(*, told: list[Change] | None = None, baseline_error: str | None = None) -> RunFacts:
    """The facts of a run with these changes; with a baseline error there is no diff."""
    told = [*changes(), *removals(12)] if told is None else told
    records, diff = RecordCounts(RUN), DiffCounts()
    for one in told:
        diff.add(one)
        if one.after is not None:
            records.add(one.after)
    return RunFacts(
        manifest=manifest(),
        catalog=CATALOG,
        outcomes=outcomes(),
        search_types=search_types(),
        compartments=tree(),
        aggregation=Aggregation(
            run_id=RUN_ID,
            epoch=1,
            owner="call",
            revision=5,
            valid_until=datetime(2026, 11, 23, 4, 10, tzinfo=UTC),
            started_at=datetime(2026, 11, 23, 4, 1, tzinfo=UTC),
            gaps=(ArtifactGap(name="inventory.csv", reason="internalError"),),
            counts={"folded": 3, "details_carried_forward": 1, "carried_forward": 1, "out_of_scope": 2},
            seconds={"merge": 0.75, "export": 1.5},
            baseline_error=baseline_error,
        ),
        records=records,
        diff=None if baseline_error else diff,
        ended_at="2026-11-23T04:02:30+00:00",
    )
