"""What the aggregator reads: this run's shards, the baseline, and the inventory it has just written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from inventory.coordination.artifacts import read_chunks, read_size
from inventory.coordination.call import Call
from inventory.coordination.documents import read_manifest, read_published, read_scope_filter
from inventory.errors import InvalidDocument, ObjectNotFound
from inventory.model.checkpoint import ALL_TYPES, Outcome
from inventory.model.manifest import DEFAULT_QUERY, Manifest
from inventory.model.publication import Artifact
from inventory.stages.keyed_lines import KeyedLine, read_lines
from inventory.stages.merge import ShardStream, sightings_out_of_scope
from inventory.stages.scope import ScopeFilter

INVENTORY = "inventory.jsonl.gz"
#: The version of the published files' shapes; a baseline of another version is not compared.
CONTRACT_VERSION = 1


class BaselineUnreadable(Exception):
    """The baseline cannot be read, now or later; the run goes on without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFiles:
    """The last published inventory: its manifest and filters, its inventory artifact, and the regions that it
    knows."""

    manifest: Manifest
    scope: ScopeFilter
    inventory: Artifact
    known_regions: frozenset[str]


def open_shards(call: Call, outcomes: Mapping[str, Outcome]) -> list[ShardStream]:
    """Every shard that an outcome lists, as a checked stream.

    Reading raises InvalidDocument where a shard is not what its listing says.
    """
    listed = [(region, shard) for region, outcome in outcomes.items() for shard in outcome.shards]
    chunk_bytes = read_size(len(listed))
    return [
        ShardStream(
            region=region,
            order=(shard.epoch, shard.sequence),
            lines=read_lines(
                read_chunks(
                    call.store, shard.name, etag=shard.etag, size=shard.size, chunk_bytes=chunk_bytes
                ),
                source=shard.name,
                count=shard.count,
                first=shard.first_key,
                last=shard.last_key,
                sha256=shard.sha256,
            ),
        )
        for region, shard in listed
    ]


def find_baseline(call: Call, manifest: Manifest) -> BaselineFiles | None:
    """The baseline that the manifest names, or None where it names none.

    Raises BaselineUnreadable where its documents are gone or damaged; RetryLater, RecordGap where they may be
    there and cannot be had now: without them, what this run did not see would be lost.
    """
    if manifest.baseline is None:
        return None
    run_id = manifest.baseline.run_id
    try:
        published = read_published(call, run_id)
        before = read_manifest(call, run_id)
        scope = None if before is None else read_scope_filter(call, before)
    except InvalidDocument as exc:
        raise BaselineUnreadable(str(exc)) from exc
    inventory = published.artifact(INVENTORY) if published else None
    inventory = _as_stored(call, run_id, inventory) if inventory else None
    if published is None or inventory is None or before is None or scope is None:
        raise BaselineUnreadable(f"run {run_id} has no published inventory any more")
    if published.contract_version != CONTRACT_VERSION:
        raise BaselineUnreadable(
            f"run {run_id} is of contract version {published.contract_version}; "
            f"this code reads version {CONTRACT_VERSION}"
        )
    return BaselineFiles(
        manifest=before, scope=scope, inventory=inventory, known_regions=frozenset(published.known_regions)
    )


def _as_stored(call: Call, run_id: str, inventory: Artifact) -> Artifact | None:
    """The artifact under the ETag that it has now: in a bucket that was copied, ETags are others.

    Whether the bytes are the same is for the sha256 to say.
    """
    try:
        return replace(inventory, etag=call.store.head(call.run(run_id).artifact(inventory.name)).etag)
    except ObjectNotFound:
        return None


def baseline_lines(call: Call, files: BaselineFiles) -> Iterator[KeyedLine]:
    """The baseline's records; reading raises BaselineUnreadable, RetryLater, RecordGap."""
    try:
        yield from inventory_lines(call, files.manifest.run_id, files.inventory)
    except InvalidDocument as exc:
        raise BaselineUnreadable(str(exc)) from exc


def inventory_lines(call: Call, run_id: str, artifact: Artifact) -> Iterator[KeyedLine]:
    """The records of a run's inventory; reading raises InvalidDocument where it is damaged."""
    name = call.run(run_id).artifact(artifact.name)
    return read_lines(
        read_chunks(call.store, name, etag=artifact.etag, size=artifact.size, chunk_bytes=read_size(2)),
        source=name,
        count=artifact.count,
        sha256=artifact.sha256,
        unique=True,
    )


def is_slice_complete(outcomes: Mapping[str, Outcome], region: str, resource_type: str) -> bool:
    """Whether everything of a type that a region holds was seen in this run."""
    outcome = outcomes.get(region)
    return outcome is not None and outcome.is_complete(resource_type)


def known_regions(
    manifest: Manifest, outcomes: Mapping[str, Outcome], baseline: BaselineFiles | None
) -> tuple[str, ...]:
    """The regions that this run, or for regions in its scope an earlier one, has seen completely."""
    seen = {region for region, outcome in outcomes.items() if outcome.is_complete(ALL_TYPES)}
    if baseline is not None:
        seen |= {region for region in baseline.known_regions if manifest.scope.covers_region(region)}
    return tuple(sorted(seen))


class LeftScope:
    """The resources that a run has seen outside its scope, to be asked for in the order of their OCIDs.

    Only where a resource can leave the scope by a change of its own are the shards read again.
    """

    def __init__(self, call: Call, outcomes: Mapping[str, Outcome], scope: ScopeFilter) -> None:
        is_needed = scope.is_passing
        self._ocids = sightings_out_of_scope(open_shards(call, outcomes)) if is_needed else iter(())
        self._next = next(self._ocids, None)

    def has(self, ocid: str | None) -> bool:
        """Whether the resource was seen; no OCID may come before one that was asked for already."""
        while ocid is not None and self._next is not None and self._next < ocid:
            self._next = next(self._ocids, None)
        return ocid is not None and self._next == ocid


def is_same_query(one: Manifest, other: Manifest) -> bool:
    """Whether two runs asked Search the same; spaces and, in the default query, letter case aside."""
    queries = [" ".join(manifest.scope.query.split()) for manifest in (one, other)]
    if all(query.lower() == DEFAULT_QUERY for query in queries):
        return True
    return queries[0] == queries[1]
