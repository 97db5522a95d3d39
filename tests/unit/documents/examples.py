"""One example of every stored document, with every field set to something else than its default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from inventory.model.adhoc import AdhocScope
from inventory.model.checkpoint import (
    COMPLETE,
    FAILED,
    FINAL,
    READ,
    UNTIMED,
    Checkpoint,
    Cursor,
    ShardRef,
    Slice,
    Tally,
    outcome_of,
)
from inventory.model.compartments import Compartment, CompartmentTree
from inventory.model.lease import HELD, Invocations, Lease, PendingTrigger
from inventory.model.manifest import BULK, Baseline, Manifest, Scope, UnavailableRegion
from inventory.model.publication import (
    PUBLISHED,
    PUBLISHING,
    Aggregation,
    Artifact,
    ArtifactGap,
    Closed,
    Pointer,
    Published,
)
from inventory.model.refusal import Refusal
from inventory.model.search_types import SearchTypes

RUN_ID = "20261123T040000Z-1a2b3c4d"
BEFORE = "20261122T040000Z-00112233"
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 4, 5, 6, 700000, tzinfo=UTC)
SHA = "0" * 63 + "f"


class Document(Protocol):
    """What every stored document can do."""

    def to_bytes(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A document, how it is read, and the paths (array elements as `*`) of its fields that may be null."""

    name: str
    value: Any
    parse: Callable[[bytes], Any]
    nullable: frozenset[str] = frozenset()


_SHARD = ShardRef(
    name=f"inventory/runs/{RUN_ID}/regions/us-ashburn-1/shards/0001-000002-0000000000000000.jsonl.gz",
    etag="etag-shard",
    sha256=SHA,
    size=1234,
    count=2,
    epoch=1,
    sequence=2,
    first_key=("", "Vcn", "us-ashburn-1", "c", "näme", ""),
    last_key=("ocid1.vcn.oc1.iad.b", "Vcn"),
)
_LATER_SHARD = replace(
    _SHARD,
    name=f"inventory/runs/{RUN_ID}/regions/us-ashburn-1/shards/0002-000003-0000000000000000.jsonl.gz",
    epoch=2,
    sequence=3,
)
_FOUND = replace(
    _SHARD,
    name=f"inventory/runs/{RUN_ID}/regions/us-ashburn-1/found/0002-000004-0000000000000000.jsonl.gz",
    etag="etag-found",
    epoch=2,
    sequence=4,
)
_CHECKPOINT = Checkpoint(
    run_id=RUN_ID,
    region="us-ashburn-1",
    epoch=3,
    owner="call-1",
    revision=9,
    valid_until=LATER,
    started_at=AT,
    updated_at=LATER,
    state=FINAL,
    stalled=1,
    slices=(
        Slice(
            name="*",
            state=COMPLETE,
            cursor=Cursor(
                phase=UNTIMED,
                page="token",
                resume_from="2026-01-01T00:00:00.000Z",
                last_time="2026-01-02T00:00:00.000Z",
                expiries=2,
                has_expired=True,
                is_ordered=False,
                is_plain=True,
                unnamed=("a", "b"),
                untimed=("c",),
                skip=("c", "c"),
            ),
            shards=(_SHARD,),
        ),
        Slice(
            name="Domain,Group,User",
            state=FAILED,
            cursor=Cursor(phase=READ),
            shards=(_LATER_SHARD,),
            error="serverError (503)",
            found=(_FOUND,),
            found_behind=1,
        ),
    ),
    tally=Tally(
        counts={"malformed_items": 1},
        enrich_errors={"Vcn": {"timeout": 2}},
        calls={"core": {"get_vcn": {"calls": 3, "retries": 1, "throttles": 0}}},
        failures={"core": {"get_vcn": {"timeout": 2}}},
        seconds={"search": 1.5, "enrich": 2.0},
        redactions={"Instance:/details/metadata/metadata/user_data": 4},
    ),
)
_ARTIFACT = Artifact(name="inventory.jsonl.gz", etag="etag-1", size=99, sha256=SHA, count=7)
_UNCOUNTED = Artifact(name="report.md", etag="etag-2", size=5, sha256=SHA)
_GAP = ArtifactGap(name="inventory.csv", reason="internalError")

_REGION_NULLABLE = frozenset(
    {
        "slices/*/cursor/page",
        "slices/*/cursor/resume_from",
        "slices/*/cursor/last_time",
        "slices/*/error",
        "slices/*/found",
        "slices/*/found_behind",
        "tally/failures",
    }
)

EXAMPLES = (
    Example(
        name="lease.json",
        value=Lease(
            state=HELD,
            owner="call-1",
            revision=4,
            run_id=RUN_ID,
            trigger_kind="event",
            trigger_key="event:ä",
            valid_until=LATER,
            plan_attempts=2,
            region_invocations={
                "us-ashburn-1": Invocations(count=2, last_at=AT),
                "eu-frankfurt-1": Invocations(),
            },
            aggregator_invocations=Invocations(count=1, last_at=LATER),
            last_run_id=BEFORE,
            last_regular_run_id=BEFORE,
            adhoc=AdhocScope(regions=("us-ashburn-1",), query="query vcn resources", types=("Vcn",)),
            pending=PendingTrigger(kind="alarm", keys=("alarm:x:1", "given:b")),
            recent_triggers=(("given:a", BEFORE), ("event:ä", RUN_ID)),
        ),
        parse=Lease.from_bytes,
        nullable=frozenset(
            {
                "run_id",
                "trigger_kind",
                "trigger_key",
                "valid_until",
                "last_run_id",
                "last_regular_run_id",
                "adhoc",
                "adhoc/regions",
                "adhoc/query",
                "adhoc/types",
                "pending",
                "region_invocations/eu-frankfurt-1/last_at",
                "region_invocations/us-ashburn-1/last_at",
                "aggregator_invocations/last_at",
            }
        ),
    ),
    Example(
        name="manifest.json",
        value=Manifest(
            run_id=RUN_ID,
            trigger_kind="alarm",
            trigger_key="alarm:x:1",
            collected_at="2026-11-23T04:00:00+00:00",
            close_by=LATER,
            tenancy_id="ocid1.tenancy.oc1..t",
            home_region="us-ashburn-1",
            regions=("eu-frankfurt-1", "us-ashburn-1"),
            unavailable_regions=(UnavailableRegion(region="us-phoenix-1", reason="notSubscribed"),),
            region_keys={"iad": "us-ashburn-1", "fra": "eu-frankfurt-1"},
            scope=Scope(
                query="query vcn resources",
                regions=("eu-frankfurt-1", "us-ashburn-1", "us-phoenix-1"),
                include_terminated=False,
                types=("Vcn", "Instance"),
                exclude_types=("Image",),
                compartments=("ocid1.compartment.oc1..c",),
                tags=("owner", "Operations.CostCenter=42"),
            ),
            depth=BULK,
            catalog_fingerprint=SHA,
            redaction_fingerprint=SHA,
            volatile_fields=("/details/metadata/x",),
            code_version="0.1.0",
            baseline=Baseline(run_id=BEFORE, etag="etag-latest"),
            is_adhoc=True,
            compartments_error="serverError (503)",
            compartments_sha256=SHA,
            parquet=False,
            budgets={"*": 50.0, "identity": 12.5},
        ),
        parse=Manifest.from_bytes,
        nullable=frozenset(
            {
                "scope/regions",
                "scope/types",
                "scope/exclude_types",
                "scope/compartments",
                "scope/tags",
                "baseline",
                "is_adhoc",
                "compartments_error",
                "compartments_sha256",
                "parquet",
                "budgets",
            }
        ),
    ),
    Example(
        name="compartments.json",
        value=CompartmentTree(
            tenancy_id="ocid1.tenancy.oc1..t",
            tenancy_name="acme",
            compartments={
                "ocid1.compartment.oc1..c": Compartment(
                    name="Production", parent="ocid1.tenancy.oc1..t", state="ACTIVE"
                ),
                "ocid1.compartment.oc1..d": Compartment(
                    name="wéb", parent="ocid1.compartment.oc1..c", state="DELETED"
                ),
            },
        ),
        parse=CompartmentTree.from_bytes,
    ),
    Example(
        name="refusal.json",
        value=Refusal(
            role="controller",
            code="invalidTrigger",
            message="field 'action' is 'stop'; allowed: run, sweep, status",
            first_seen=AT,
        ),
        parse=Refusal.from_bytes,
    ),
    Example(
        name="checkpoint.json",
        value=_CHECKPOINT,
        parse=Checkpoint.from_bytes,
        nullable=_REGION_NULLABLE,
    ),
    Example(
        name="outcome.json",
        value=outcome_of(_CHECKPOINT),
        parse=type(outcome_of(_CHECKPOINT)).from_bytes,
        nullable=_REGION_NULLABLE,
    ),
    Example(
        name="search_types.json",
        value=SearchTypes(
            run_id=RUN_ID, region="us-ashburn-1", types=("Instance", "Vcn"), error="serverError (503)"
        ),
        parse=SearchTypes.from_bytes,
        nullable=frozenset({"types", "error"}),
    ),
    Example(
        name="aggregation.json",
        value=Aggregation(
            run_id=RUN_ID,
            epoch=2,
            owner="call-2",
            revision=5,
            valid_until=LATER,
            started_at=AT,
            state=PUBLISHING,
            artifacts=(_ARTIFACT, _UNCOUNTED),
            gaps=(_GAP,),
            counts={"folded": 3},
            seconds={"merge": 0.25},
            baseline_error="gone",
        ),
        parse=Aggregation.from_bytes,
        nullable=frozenset({"artifacts/*/count", "baseline_error"}),
    ),
    Example(
        name="published.json",
        value=Published(
            run_id=RUN_ID,
            collected_at="2026-11-23T04:00:00+00:00",
            baseline_run_id=BEFORE,
            contract_version=1,
            known_regions=("eu-frankfurt-1", "us-ashburn-1"),
            artifacts=(_ARTIFACT, _UNCOUNTED),
            gaps=(_GAP,),
            counts={"records": 7},
        ),
        parse=Published.from_bytes,
        nullable=frozenset({"artifacts/*/count", "baseline_run_id"}),
    ),
    Example(
        name="latest.json",
        value=Pointer(
            run_id=RUN_ID,
            collected_at="2026-11-23T04:00:00+00:00",
            previous_run_id=BEFORE,
            artifacts={"report.md": f"inventory/runs/{RUN_ID}/report.md"},
        ),
        parse=Pointer.from_bytes,
        nullable=frozenset({"previous_run_id"}),
    ),
    Example(
        name="closed.json",
        value=Closed(
            run_id=RUN_ID,
            status=PUBLISHED,
            reason="the pointer names this run",
            closed_at=LATER,
            notification="sent",
        ),
        parse=Closed.from_bytes,
    ),
)
