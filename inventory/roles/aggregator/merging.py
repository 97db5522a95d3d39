"""The first step: all shards and the baseline become `inventory.jsonl.gz`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.catalog.entry import Catalog
from inventory.coordination.artifacts import ArtifactWriter
from inventory.coordination.call import Call
from inventory.coordination.documents import read_scope_filter
from inventory.model.checkpoint import Outcome
from inventory.model.manifest import Manifest
from inventory.model.publication import Artifact
from inventory.roles.aggregator.pace import Pace
from inventory.roles.aggregator.sources import (
    INVENTORY,
    BaselineFiles,
    baseline_lines,
    is_same_query,
    is_slice_complete,
    open_shards,
)
from inventory.stages.gzip_members import GzipMembers
from inventory.stages.merge import MergeCounts, MergeRules, merge_records


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedInventory:
    """The stored inventory and what the merge counted."""

    artifact: Artifact
    counts: Mapping[str, int]


def write_inventory(
    call: Call,
    manifest: Manifest,
    outcomes: Mapping[str, Outcome],
    baseline: BaselineFiles | None,
    catalog: Catalog,
) -> MergedInventory:
    """Merge into the create-once inventory.

    Raises BaselineUnreadable (nothing is stored then), InvalidDocument for a damaged shard,
    ArtifactConflict, DeadlineNear, RetryLater.
    """
    rules = MergeRules(
        collected_at=manifest.collected_at,
        region_names={
            **manifest.region_keys,
            **{name.lower(): name for name in manifest.region_keys.values()},
        },
        canonical_type=catalog.canonical_name,
        is_complete=lambda region, record: is_slice_complete(outcomes, region, record["resourceType"]),
        in_scope=read_scope_filter(call, manifest).covers,
    )
    counts = MergeCounts()
    lines = baseline_lines(call, baseline) if baseline is not None else None
    writer = ArtifactWriter(call.store, call.run(manifest.run_id).artifact(INVENTORY), INVENTORY)
    packed = GzipMembers()
    pace = Pace(call)
    try:
        for merged in merge_records(open_shards(call, outcomes), lines, rules, counts):
            writer.write(packed.feed(merged.line))
            pace.step()
        writer.write(packed.finish())
        artifact = writer.commit(count=counts.records)
    except BaseException:
        writer.abort()
        raise
    out_of_scope = counts.out_of_scope.total()
    if baseline is not None and not is_same_query(baseline.manifest, manifest):
        # Under another query, a record that was not seen is not known to be gone.
        out_of_scope += counts.removed_candidates.total()
    return MergedInventory(
        artifact=artifact,
        counts={
            "folded": counts.folded,
            "details_carried_forward": counts.details_carried_forward,
            "carried_forward": counts.carried_forward.total(),
            "out_of_scope": out_of_scope,
        },
    )
