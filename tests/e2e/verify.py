"""Whether a run ended as it must, and is the truth as far as it could see it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from emulator.cloud import BUCKET
from tests.e2e.bucket import PREFIX, full_name
from tests.e2e.checks import check_coverage, check_diff, check_inventory, check_summary, check_tables
from tests.e2e.expected import Truth
from tests.e2e.graph_checks import check_graph, check_relationships
from tests.e2e.run_files import CONTROL_FILES, RunFiles
from tests.e2e.world import World

#: The services other than the bucket's that the product asks by anything but GET.
_TOLD = ("query", "functions", "notification", "telemetry-ingestion", "inference.generativeai")


def verify(
    world: World,
    run: RunFiles,
    *,
    incomplete: Iterable[str] = (),
    seen: Callable[[Truth], bool] | None = None,
    covers: Callable[[Truth], bool] = lambda _truth: True,
    unreadable: Callable[[Truth], bool] = lambda _truth: False,
    without_baseline: bool = False,
    without_table: bool = False,
) -> RunFiles:
    """The run was published and says what is true now; returns it.

    The arguments are those of `PerfectInventory.expect`; `without_table` where the CSV could not be written.
    The run becomes what the next one is compared with.
    """
    verify_published(world, run)
    expected = world.inventory.expect(
        world.truth(),
        collected_at=run.collected_at(),
        incomplete=incomplete,
        seen=seen,
        covers=covers,
        unreadable=unreadable,
        without_baseline=without_baseline,
    )
    check_inventory(run, expected.known)
    check_relationships(run, expected.known)
    check_graph(run)
    check_summary(run, expected.known)
    check_coverage(run, expected.known)
    if not without_table:
        check_tables(run, expected.known)
    if expected.diff is None:
        assert not run.has("diff.json")
        assert run.summary()["diff"] is None
    else:
        baseline = run.document("manifest.json")["baseline"]["run_id"]
        check_diff(run, expected.diff, world.bucket.run(baseline))
    world.inventory.accept(expected, covers=covers)
    return run


def verify_published(world: World, run: RunFiles) -> None:
    """What holds for every published run, whatever it saw."""
    verify_closed(world, run, "published")
    published = run.document("published.json")
    listed = {artifact["name"]: artifact for artifact in published["artifacts"]}
    for name, artifact in listed.items():
        stored = (run.directory / name).read_bytes()
        assert artifact["size"] == len(stored), name
        assert artifact["sha256"] == hashlib.sha256(stored).hexdigest(), name
        assert artifact["etag"] == world.bucket.etag(full_name(run, name)), name
    others = {name for name in run.files() if not name.startswith("regions/")}
    assert others == {*listed, *CONTROL_FILES}
    pointer = world.bucket.document("latest.json")
    assert pointer["run_id"] == run.run_id
    assert pointer["artifacts"] == {name: full_name(run, name) for name in listed}
    _check_shards(world, run)
    numbers = {"records": len(run.records()), "carried_forward": run.summary()["carried_forward"]}
    assert published["counts"].items() >= numbers.items()
    assert published["gaps"] == [
        {"name": gap["place"], "reason": gap["reason"]}
        for gap in run.summary()["gaps"]
        if gap["kind"] == "artifact"
    ]
    told, failures = run.section("Exclusion and Gap Details"), run.section("Enrichment Failures")
    for kind, place in run.gaps():
        if kind == "enrichment":
            region, _, resource_type = place.partition("/")
            rows = [row for row in failures.splitlines() if f"| {resource_type} |" in row]
            assert any(region in row for row in rows), place
        else:
            assert f"| {kind} | {place} |" in told


def verify_closed(world: World, run: RunFiles, status: str) -> None:
    """The run has its end and a report, people were told, and nobody holds the lease."""
    closed = run.closed()
    assert closed is not None, "the run is still open"
    assert closed["status"] == status
    assert closed["notification"] == "sent"
    assert f"OCI inventory {run.run_id}: {status}" in world.messages(run.run_id)
    lease = world.bucket.document("lease.json")
    assert (lease["state"], lease["run_id"], lease["last_run_id"]) == ("idle", None, run.run_id)
    assert run.has("report.md")
    _check_requests(world)


def _check_shards(world: World, run: RunFiles) -> None:
    for region in run.document("manifest.json")["regions"]:
        for shard in run.listed_shards(region):
            stored = (world.cloud.objects / shard["name"]).read_bytes()
            assert shard["sha256"] == hashlib.sha256(stored).hexdigest()
            assert shard["etag"] == world.bucket.etag(shard["name"])


def _check_requests(world: World) -> None:
    """All requests were signed rightly, and changed nothing but objects below the prefix."""
    for entry in world.cloud.emulator.requests.entries():
        # Token and key are two files: in the middle of a renewal they may not belong together.
        assert world.renews_credentials or entry.detail is None, f"a signature was refused: {entry.detail}"
        if entry.method in ("GET", "HEAD"):
            continue
        if entry.service == "objectstorage":
            # Large objects are uploaded in parts.
            places = (f"/b/{BUCKET}/o/{PREFIX}", f"/b/{BUCKET}/u/{PREFIX}")
            # The request that begins an upload names the object in its body.
            begins = entry.method == "POST" and entry.target.endswith(f"/b/{BUCKET}/u")
            assert begins or any(place in entry.target for place in places)
        else:
            assert entry.service in _TOLD, entry.operation
