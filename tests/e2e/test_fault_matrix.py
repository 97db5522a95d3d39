"""Under each fault rule alone a run of 10,000 resources is the truth, or lacks exactly what the rule hides.

`CASES` says beforehand what each rule costs: nothing, unless a region cannot be searched or a type cannot be
read. What the generator itself made unreadable is a gap in every case; it is worked out from the truth.

Why most rules cost nothing: a request that may be repeated is, eight times against 429 and three times
otherwise, and `tries` keeps a rule below that. A call that is lost or killed is made again by the
controller's own schedule, and `times` keeps a rule below what the product gives up at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.cloud import Cloud
from emulator.faults import (
    Action,
    BadJson,
    ExpirePageTokens,
    ExpireTokens,
    FaultRule,
    Latency,
    LoseAnswer,
    Reset,
    Status,
    Throttle,
    TruncateBody,
)
from emulator.outages import region_down, region_not_authorised, type_not_readable
from emulator.tenancy import generate
from emulator.wire import ServiceError
from tests.e2e.conftest import build
from tests.e2e.expected import FINAL_STATES, Truth, types_read_by
from tests.e2e.run_files import RunFiles
from tests.e2e.verify import verify
from tests.e2e.world import PAST_GRACE_SECONDS, PAST_OWNERSHIP_SECONDS, World

RESOURCES = 10_000
REGIONS = ("us-ashburn-1", "eu-frankfurt-1", "uk-london-1", "ap-tokyo-1")
LOST_REGION = REGIONS[2]
HIDDEN_TYPE = "Volume"
#: Everything but Object Storage, whose objects are not all JSON.
JSON_APIS = r"^/20\d{6}/"
#: The depth of these runs: a get for each of the others would make every case three times as long.
READABLE = types_read_by("list")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Fault rules, and the gaps that they must leave: a region's slice, or a type in every region.

    `calls` are rules for invocations, `renewal_seconds` is how often the platform renews credentials. After
    each end of all work without an end of the run, `pause_seconds` pass and the schedule's sweep comes; None
    where a run must end without.
    """

    rules: tuple[FaultRule, ...] = ()
    calls: tuple[Mapping[str, Any], ...] = ()
    renewal_seconds: float | None = None
    pause_seconds: float | None = None
    lost_region: str | None = None
    hidden_type: str | None = None


def some(action: Action, probability: float, **where: Any) -> Case:
    return Case(rules=(FaultRule(action=action, probability=probability, seed=3, **where),))


BUSY = Status(status=429, code="TooManyRequests")
BUSY_FOR_A_SECOND = Status(status=429, code="TooManyRequests", retry_after=1)
BROKEN = Status(status=500, code="InternalServerError")
UNAVAILABLE = Status(status=503, code="ServiceUnavailable")

CASES = {
    # No gap: slow is not wrong.
    "latency, always": some(Latency(seconds=0.01), 1.0),
    "latency, between": some(Latency(seconds=0.0, up_to_seconds=0.2), 0.3),
    # No gap: eight attempts against 429.
    "429 by chance": some(BUSY, 0.05, tries=7),
    "429 by chance with Retry-After": some(BUSY_FOR_A_SECOND, 0.03, tries=7),
    "token bucket": some(Throttle(per_second=150, burst=3), 1.0, tries=7, times=300),
    "token bucket with Retry-After": some(
        Throttle(per_second=150, burst=3, tells_when=True), 1.0, tries=7, times=150
    ),
    # No gap: three attempts against anything else that may pass.
    "500": some(BROKEN, 0.05, tries=2),
    "503": some(UNAVAILABLE, 0.05, tries=2),
    "connection reset": some(Reset(), 0.05, tries=2),
    "truncated body": some(TruncateBody(), 0.05, tries=2),
    "bad JSON": some(BadJson(), 0.05, tries=2, path=JSON_APIS),
    # No gap: what landed is recognised as our own.
    "every write's first answer lost": some(
        LoseAnswer(), 1.0, tries=1, service="objectstorage", method="PUT"
    ),
    # No gap: the platform renews the files, and both the SDK and our own retry read them again after a 401.
    "expired principal token": Case(
        rules=(FaultRule(action=ExpireTokens(after_seconds=4)),), renewal_seconds=1.5
    ),
    # No gap: five tokens may expire in a row.
    "page tokens expired": Case(
        rules=tuple(
            FaultRule(action=ExpirePageTokens(), service="query", region=region, probability=0.5, times=4)
            for region in REGIONS
        )
    ),
    # One gap: the region's slice; it has no record, for there is no run before this one.
    "region refuses connections": Case(rules=tuple(region_down(LOST_REGION)), lost_region=LOST_REGION),
    "region unavailable": Case(
        rules=tuple(region_down(LOST_REGION, how="unavailable")), lost_region=LOST_REGION
    ),
    "region not authorised": Case(rules=tuple(region_not_authorised(LOST_REGION)), lost_region=LOST_REGION),
    "region answers 401": Case(
        rules=tuple(region_not_authorised(LOST_REGION, status=401)), lost_region=LOST_REGION
    ),
    # One gap in each region: the type; its records are there, without details.
    "type not readable": Case(rules=tuple(type_not_readable(HIDDEN_TYPE)), hidden_type=HIDDEN_TYPE),
    # No gap: everything may come twice, late, or after a sweep.
    "detached calls doubled": Case(calls=({"kind": "double", "probability": 1.0},)),
    "detached calls delayed": Case(
        calls=({"kind": "delay", "probability": 0.7, "seed": 1, "seconds": (0.2, 2.5)},)
    ),
    "detached calls lost": Case(
        calls=({"kind": "lose", "probability": 0.6, "seed": 1},), pause_seconds=PAST_GRACE_SECONDS
    ),
    # No gap: the fourth owner in a row without a commit would be one too many.
    "containers killed": Case(
        calls=({"kind": "kill", "probability": 0.8, "seed": 1, "times": 3, "seconds": (0.0, 5.0)},),
        pause_seconds=PAST_OWNERSHIP_SECONDS,
    ),
}


@pytest.fixture(scope="module")
def shared_matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    config = {
        "INVENTORY_PAGE_SIZE": "500",
        "INVENTORY_SHARD_RECORDS": "1000",
        # Waiting costs nothing here, and more of it at once makes the cases shorter.
        "INVENTORY_WORKERS": "16",
        "INVENTORY_DEPTH": "bulk",
        "INVENTORY_REQUESTS_PER_SECOND": "1000",
        # Sweeps move the time far, and many calls may be lost: neither must be a reason to give up.
        "INVENTORY_RUN_TIMEOUT_SECONDS": str(7 * 86400),
        "INVENTORY_MAX_INVOCATIONS": "20",
    }
    tenancy = generate(seed=3, resources=RESOURCES, regions=len(REGIONS), now=datetime.now(UTC))
    assert tenancy.ready_regions == REGIONS
    root = tmp_path_factory.mktemp("matrix")
    with Cloud(tenancy, root=root, source_dir=build(root / "image"), config=config) as cloud:
        world = World(cloud, readable=READABLE)
        try:
            yield world
        finally:
            world.heal()


@pytest.fixture
def matrix(shared_matrix: World) -> Iterator[World]:
    shared_matrix.reset()
    renewal_seconds = shared_matrix.cloud.functions.principal_renewal_seconds
    yield shared_matrix
    shared_matrix.cloud.functions.principal_renewal_seconds = renewal_seconds
    shared_matrix.renews_credentials = False


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_run_under_a_fault_is_the_truth_or_lacks_what_the_fault_hides(matrix: World, case: Case) -> None:
    functions = matrix.cloud.functions
    if case.renewal_seconds is not None:
        functions.principal_renewal_seconds = case.renewal_seconds
        matrix.renews_credentials = True
    matrix.cloud.emulator.faults.add(*case.rules)
    broken_calls = [functions.rules.add_some(**call) for call in case.calls]

    run = _to_its_end(matrix, case)

    assert [rule for rule in case.rules if not matrix.fired(rule)] == []
    assert [rule.kind for rule in broken_calls if not rule.used] == []
    matrix.heal()
    lost = [case.lost_region] if case.lost_region else []
    verify(
        matrix,
        run,
        incomplete=lost,
        unreadable=lambda resource: resource["resourceType"] == case.hidden_type,
    )
    assert sorted(run.gaps()) == sorted(_expected_gaps(matrix, case))


def _to_its_end(world: World, case: Case) -> RunFiles:
    """Wake the controller as its schedule does until the one run is closed."""
    sweeps_left = 0 if case.pause_seconds is None else 40
    _wake(world)
    world.settle()
    while not _is_closed(world):
        assert sweeps_left, "the run did not end by itself" if case.pause_seconds is None else "no end"
        sweeps_left -= 1
        world.pass_time(case.pause_seconds or 0)
        # A controller that was killed before it opened the run has left nothing to sweep.
        _wake(world, **({"action": "sweep"} if world.bucket.run_ids() else {}))
        world.settle()
    (run_id,) = world.bucket.run_ids()
    return world.bucket.run(run_id)


def _is_closed(world: World) -> bool:
    return any(world.bucket.run(run_id).closed() for run_id in world.bucket.run_ids())


def _wake(world: World, **body: str) -> None:
    try:
        world.wake(**body)
    except ServiceError as error:
        # That of a controller that was killed; its next wake-up makes good what it left.
        if error.status != 502:
            raise


def _expected_gaps(world: World, case: Case) -> set[tuple[str, str]]:
    """What the case hides, and what the tenancy hides by itself in the regions that can be searched."""
    gaps = {("slice", f"{case.lost_region}/*")} if case.lost_region else set()
    for resource in world.truth():
        is_hidden = resource["resourceType"] == case.hidden_type
        if resource["region"] == case.lost_region or not _should_be_readable(resource):
            continue
        if is_hidden or resource["body"] is None:
            gaps.add(("enrichment", f"{resource['region']}/{resource['resourceType']}"))
    return gaps


def _should_be_readable(resource: Truth) -> bool:
    """Whether it is of a type that the product reads, and not one that is gone but for Search."""
    state = str(resource["lifecycleState"] or "").upper()
    return resource["resourceType"] in READABLE and state not in FINAL_STATES
