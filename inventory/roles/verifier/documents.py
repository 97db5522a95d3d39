"""A run's documents, each held against its schema and against the others."""

from __future__ import annotations

from inventory.model.canonical import sha256_hex
from inventory.model.checkpoint import COMPLETE, FAILED, FINAL, PARTIAL, Checkpoint, Outcome
from inventory.model.compartments import CompartmentTree
from inventory.model.lease import Lease
from inventory.model.manifest import Manifest
from inventory.model.names import RunNames
from inventory.model.publication import (
    PUBLISHED,
    PUBLISHING,
    RUN_FAILED,
    STORED,
    SUPERSEDED,
    Aggregation,
    Closed,
    Pointer,
    Published,
)
from inventory.model.search_types import SearchTypes
from inventory.roles.verifier.bucket import Bucket
from inventory.roles.verifier.run_facts import BaselineFacts, VerifiedRun

_ABSENT = "no such object"


def read_pointer(bucket: Bucket) -> Pointer | None:
    """`latest.json`, with the existence of everything that it names; None where there is none to use.

    `lease.json` beside it is held against its schema.
    """
    bucket.read(bucket.names.lease, "lease", Lease.from_bytes)
    name = bucket.names.latest
    pointer = bucket.read(name, "latest", Pointer.from_bytes)
    if pointer is None:
        return None
    run = bucket.names.run(pointer.run_id)
    stored = bucket.fetch(run.published)
    if stored is None:
        bucket.findings.add(
            name, "field /run_id", found=pointer.run_id, expected="a run that has a published.json"
        )
    for file_name, full_name in sorted(pointer.artifacts.items()):
        place = f"field /artifacts/{file_name}"
        bucket.findings.expect(name, place, found=full_name, expected=run.artifact(file_name))
        if not bucket.exists(full_name):
            bucket.findings.add(name, place, found=_ABSENT, expected=full_name)
    return pointer


def read_run(bucket: Bucket, run_id: str, pointer: Pointer | None) -> VerifiedRun | None:
    """A run's documents as far as they can be read, or None where there is no manifest to go by."""
    names = bucket.names.run(run_id)
    closed = bucket.read(names.closed, "closed", Closed.from_bytes)
    published = bucket.read(names.published, "published", Published.from_bytes)
    manifest = bucket.read(names.manifest, "manifest", Manifest.from_bytes)
    _check_closing(bucket, names, closed, published)
    if manifest is None:
        if not bucket.exists(names.manifest):
            if published is None and closed is not None and closed.status == RUN_FAILED:
                bucket.findings.note(names.manifest, "the run was never planned")
            else:
                bucket.findings.add(names.manifest, "", found=_ABSENT, expected="the run's plan")
        return None
    _same_run(bucket, names.manifest, manifest.run_id, run_id)
    if closed is not None:
        _same_run(bucket, names.closed, closed.run_id, run_id)
    aggregation = bucket.read(names.aggregation, "aggregation", Aggregation.from_bytes)
    run = VerifiedRun(
        run_id=run_id,
        manifest=manifest,
        outcomes=_read_outcomes(bucket, names, manifest, is_needed=published is not None),
        search_types=_read_search_types(bucket, names, manifest),
        published=published,
        compartments=_read_compartments(bucket, names, manifest),
        baseline=None if published is None else _read_baseline(bucket, manifest, aggregation),
    )
    if published is not None:
        _check_published(bucket, names, run, closed, aggregation)
    _check_against_pointer(bucket, run, closed, pointer)
    return run


def _same_run(bucket: Bucket, name: str, found: str, expected: str) -> None:
    bucket.findings.expect(name, "field /run_id", found=found, expected=expected)


def _check_closing(
    bucket: Bucket, names: RunNames, closed: Closed | None, published: Published | None
) -> None:
    if closed is None:
        if not bucket.exists(names.closed):
            bucket.findings.note(names.closed, "the run is not closed yet")
        return
    is_needed = closed.status in (PUBLISHED, STORED, SUPERSEDED)
    if is_needed and published is None and not bucket.exists(names.published):
        expected = f"what a run that is closed as {closed.status} lists"
        bucket.findings.add(names.published, "", found=_ABSENT, expected=expected)


def _check_published(
    bucket: Bucket,
    names: RunNames,
    run: VerifiedRun,
    closed: Closed | None,
    aggregation: Aggregation | None,
) -> None:
    published, manifest = run.published, run.manifest
    assert published is not None
    expect = bucket.findings.expect
    _same_run(bucket, names.published, published.run_id, run.run_id)
    expect(
        names.published,
        "field /collectedAt",
        found=published.collected_at,
        expected=manifest.collected_at,
    )
    expect(
        names.published,
        "field /baseline_run_id",
        found=published.baseline_run_id,
        expected=manifest.baseline.run_id if manifest.baseline else None,
    )
    listed = [artifact.name for artifact in published.artifacts]
    expect(names.published, "field /artifacts", found=len(listed), expected=len(set(listed)))
    if aggregation is None:
        if not bucket.exists(names.aggregation):
            bucket.findings.add(names.aggregation, "", found=_ABSENT, expected="the aggregator's progress")
        return
    _same_run(bucket, names.aggregation, aggregation.run_id, run.run_id)
    for artifact in aggregation.artifacts:
        known = published.artifact(artifact.name)
        bucket.findings.expect_json(
            names.published,
            f"/artifacts/{artifact.name}",
            found=None if known is None else known.to_dict(),
            expected=artifact.to_dict(),
            context=", against aggregation.json",
        )
    expect(names.published, "field /gaps", found=published.gaps, expected=aggregation.gaps)
    if closed is not None and closed.status in (PUBLISHED, STORED):
        expect(names.aggregation, "field /state", found=aggregation.state, expected=PUBLISHING)


def _check_against_pointer(
    bucket: Bucket, run: VerifiedRun, closed: Closed | None, pointer: Pointer | None
) -> None:
    is_named = pointer is not None and pointer.run_id == run.run_id
    latest = bucket.names.latest
    expect = bucket.findings.expect
    if closed is not None and closed.status == PUBLISHED:
        if pointer is None:
            if not bucket.exists(latest):
                bucket.findings.add(latest, "", found=_ABSENT, expected=f"{run.run_id}, or a later run")
        elif pointer.run_id < run.run_id:
            bucket.findings.add(
                latest, "field /run_id", found=pointer.run_id, expected=f"{run.run_id}, or a later run"
            )
    if pointer is None or not is_named:
        return
    if run.manifest.is_adhoc:
        bucket.findings.add(latest, "field /run_id", found=run.run_id, expected="no ad-hoc run")
    if closed is not None:
        expect(
            latest,
            "field /run_id",
            found=f"a run closed as {closed.status}",
            expected="a run closed as published",
        )
    expect(latest, "field /collectedAt", found=pointer.collected_at, expected=run.collected_at)
    before = run.manifest.baseline.run_id if run.manifest.baseline else None
    expect(latest, "field /previous_run_id", found=pointer.previous_run_id, expected=before)
    if run.published is not None:
        listed = sorted(artifact.name for artifact in run.published.artifacts)
        expect(latest, "field /artifacts", found=sorted(pointer.artifacts), expected=listed)


def _read_outcomes(
    bucket: Bucket, names: RunNames, manifest: Manifest, *, is_needed: bool
) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for region in manifest.regions:
        name = names.outcome(region)
        outcome = bucket.read(name, "outcome", Outcome.from_bytes)
        checkpoint = bucket.read(names.checkpoint(region), "checkpoint", Checkpoint.from_bytes)
        if outcome is None:
            if is_needed and not bucket.exists(name):
                bucket.findings.add(name, "", found=_ABSENT, expected="how the region ended")
            continue
        found[region] = outcome
        _check_outcome(bucket, names, manifest, region, outcome)
        if checkpoint is not None:
            _check_against_checkpoint(bucket, name, outcome, checkpoint)
        elif not bucket.exists(names.checkpoint(region)):
            bucket.findings.add(
                names.checkpoint(region), "", found=_ABSENT, expected="the commits that led to the outcome"
            )
    return found


def _check_outcome(
    bucket: Bucket, names: RunNames, manifest: Manifest, region: str, outcome: Outcome
) -> None:
    name = names.outcome(region)
    expect = bucket.findings.expect
    _same_run(bucket, name, outcome.run_id, manifest.run_id)
    expect(name, "field /region", found=outcome.region, expected=region)
    states = [part.state for part in outcome.slices]
    status = COMPLETE if states and all(state == COMPLETE for state in states) else FAILED
    if status == FAILED and (COMPLETE in states or outcome.shards):
        status = PARTIAL
    expect(name, "field /status", found=outcome.status, expected=status)
    listed = [shard.name for shard in outcome.shards]
    expect(name, "shards that are listed twice", found=len(listed) - len(set(listed)), expected=0)
    for part in outcome.slices:
        for make_name, shards in ((names.shard, part.shards), (names.found, part.found)):
            for shard in shards:
                expect(
                    name,
                    "name of a shard",
                    found=shard.name,
                    expected=make_name(
                        region, epoch=shard.epoch, sequence=shard.sequence, sha256=shard.sha256
                    ),
                )


def _check_against_checkpoint(bucket: Bucket, name: str, outcome: Outcome, checkpoint: Checkpoint) -> None:
    for field, found, expected in (
        ("run_id", outcome.run_id, checkpoint.run_id),
        ("region", outcome.region, checkpoint.region),
        ("epochs", outcome.epochs, checkpoint.epoch),
        ("started_at", outcome.started_at, checkpoint.started_at),
        ("ended_at", outcome.ended_at, checkpoint.updated_at),
        (
            "slices",
            [part.to_dict() for part in outcome.slices],
            [part.to_dict() for part in checkpoint.slices],
        ),
        ("tally", outcome.tally.to_dict(), checkpoint.tally.to_dict()),
    ):
        bucket.findings.expect_json(
            name, f"/{field}", found=found, expected=expected, context=", against the checkpoint"
        )
    bucket.findings.expect(name, "state of the checkpoint", found=checkpoint.state, expected=FINAL)


def _read_search_types(bucket: Bucket, names: RunNames, manifest: Manifest) -> dict[str, SearchTypes]:
    found: dict[str, SearchTypes] = {}
    for region in manifest.regions:
        name = names.search_types(region)
        told = bucket.read(name, "search_types", SearchTypes.from_bytes)
        if told is not None:
            _same_run(bucket, name, told.run_id, manifest.run_id)
            bucket.findings.expect(name, "field /region", found=told.region, expected=region)
            found[region] = told
    return found


def _read_compartments(bucket: Bucket, names: RunNames, manifest: Manifest) -> CompartmentTree | None:
    if manifest.compartments_sha256 is None:
        return None
    name = names.compartments
    stored = bucket.fetch(name)
    if stored is None:
        bucket.findings.add(name, "", found=_ABSENT, expected="the compartments that the manifest pins")
        return None
    bucket.findings.expect(
        name, "sha256", found=sha256_hex(stored.body), expected=manifest.compartments_sha256
    )
    return bucket.parsed(name, "compartments", stored.body, CompartmentTree.from_bytes)


def _read_baseline(
    bucket: Bucket, manifest: Manifest, aggregation: Aggregation | None
) -> BaselineFacts | None:
    """The baseline's documents, where it still exists; they are held against each other with its own run."""
    if manifest.baseline is None:
        return None
    names = bucket.names.run(manifest.baseline.run_id)
    if aggregation is not None and aggregation.baseline_error is not None:
        bucket.findings.note(names.root, f"the run did without its baseline: {aggregation.baseline_error}")
        return None
    if not bucket.exists(names.published):
        # Retention removes published.json first.
        bucket.findings.note(names.root, "the baseline was removed; nothing is compared with it")
        return None
    before = bucket.read(names.manifest, "manifest", Manifest.from_bytes)
    known = bucket.read(names.published, "published", Published.from_bytes)
    if before is None or known is None:
        if not bucket.exists(names.manifest):
            bucket.findings.add(names.manifest, "", found=_ABSENT, expected="the baseline's plan")
        return None
    return BaselineFacts(manifest=before, published=known)
