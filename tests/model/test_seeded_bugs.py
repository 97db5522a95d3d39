"""The model finds bugs that are put in on purpose; a checker that finds none of them proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from inventory.coordination import closing, leasing
from inventory.coordination.call import Call
from inventory.coordination.documents import Versioned, read_aggregation, read_pointer
from inventory.coordination.writes import Created, swap
from inventory.model.canonical import sha256_hex
from inventory.model.checkpoint import Checkpoint, Outcome
from inventory.model.lease import IDLE, Lease
from inventory.model.manifest import Manifest
from inventory.model.publication import Aggregation, Published
from inventory.ports.store import IfAbsent, IfMatch, Landed, ObjectStore
from inventory.roles.aggregator import aggregate as aggregate_module
from inventory.roles.aggregator import merging
from inventory.roles.aggregator.claim import claim_aggregation
from inventory.roles.controller.planning import Planner
from inventory.roles.region import claim as region_claim
from inventory.roles.region import saving
from inventory.stages.keyed_lines import read_lines
from inventory.stages.merge import ShardStream
from tests.model.stories import stories_of, tell_all


def unfenced_shard(patch: pytest.MonkeyPatch) -> None:
    """Every shard that is stored counts, listed in the checkpoint or not."""

    def open_all_shards(call: Call, outcomes: Mapping[str, Outcome]) -> list[ShardStream]:
        streams = []
        for region, outcome in outcomes.items():
            prefix = call.run(outcome.run_id).checkpoint(region).removesuffix("checkpoint.json")
            for number, info in enumerate(list(call.store.list_objects(f"{prefix}shards/"))):
                lines = read_lines([call.store.get(info.name).body], source=info.name)
                streams.append(ShardStream(region=region, order=(1, number), lines=lines))
        return streams

    patch.setattr(merging, "open_shards", open_all_shards)


def pointer_swap_against_a_fresh_etag(patch: pytest.MonkeyPatch) -> None:
    """The pointer is moved from wherever it is, not from where the manifest saw it."""
    real = closing.move_pointer

    def careless(call: Call, manifest: object, published: object) -> str:
        present = read_pointer(call)
        if present is not None and manifest.baseline is not None:  # type: ignore[attr-defined]
            fresh = replace(manifest.baseline, etag=present.etag)  # type: ignore[attr-defined]
            manifest = replace(manifest, baseline=fresh)  # type: ignore[type-var]
        return real(call, manifest, published)  # type: ignore[arg-type]

    patch.setattr(aggregate_module, "move_pointer", careless)


def claim_without_expiry(patch: pytest.MonkeyPatch) -> None:
    """An aggregator that died keeps its claim for ever."""

    def first_come(call: Call, run_id: str) -> Versioned[Aggregation] | None:
        return None if read_aggregation(call, run_id) is not None else claim_aggregation(call, run_id)

    patch.setattr(aggregate_module, "claim_aggregation", first_come)


def unfenced_checkpoint(patch: pytest.MonkeyPatch) -> None:
    """A commit replaces whatever checkpoint is there."""

    def overwrite(store: ObjectStore, name: str, body: bytes, *, etag: str) -> str:
        while True:
            outcome = store.put(name, body, condition=IfMatch(etag=store.get(name).etag))
            if isinstance(outcome, Landed):
                return outcome.etag

    patch.setattr(region_claim, "swap", overwrite)


def lost_answer_taken_for_success(patch: pytest.MonkeyPatch) -> None:
    """A shard's write without answer is believed to have landed."""

    def hopeful(store: ObjectStore, name: str, body: bytes) -> Created:
        outcome = store.put(name, body, condition=IfAbsent())
        etag = outcome.etag if isinstance(outcome, Landed) else sha256_hex(body)
        return Created(body=body, etag=etag, ours=True)

    patch.setattr(saving, "create_once", hopeful)


def refusal_taken_for_defeat(patch: pytest.MonkeyPatch) -> None:
    """A commit whose answer was lost is written again as if it had not landed, under the ETag it has now."""

    def retry_blindly(store: ObjectStore, name: str, body: bytes, *, etag: str) -> str:
        outcome = store.put(name, body, condition=IfMatch(etag=etag))
        if isinstance(outcome, Landed):
            return outcome.etag
        present = Checkpoint.from_bytes(store.get(name).body)
        return swap(store, name, replace(present, slices=()).to_bytes(), etag=store.get(name).etag)

    patch.setattr(region_claim, "swap", retry_blindly)


def waiting_trigger_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Closing a run forgets the trigger that waits for that."""
    real = leasing.change_lease

    def forgetful(call: Call, change: Callable[[Lease], Lease | None]) -> Lease:
        def changed(lease: Lease) -> Lease | None:
            wanted = change(lease)
            return replace(wanted, pending=None) if wanted and wanted.state == IDLE else wanted

        return real(call, changed)

    patch.setattr(leasing, "change_lease", forgetful)


def adhoc_run_moves_the_pointer(patch: pytest.MonkeyPatch) -> None:
    """An ad-hoc run is published like any other."""
    real = closing.move_pointer

    def careless(call: Call, manifest: Manifest, published: Published) -> str:
        return real(call, replace(manifest, is_adhoc=False), published)

    patch.setattr(aggregate_module, "move_pointer", careless)


def adhoc_scope_not_handed_on(patch: pytest.MonkeyPatch) -> None:
    """A controller that completes another's plan takes an ad-hoc run for a regular one."""
    real = Planner.ensure_manifest

    def blind(planner: Planner, call: Call, lease: Lease) -> Manifest:
        return real(planner, call, lease if lease.plan_attempts == 1 else replace(lease, adhoc=None))

    patch.setattr(Planner, "ensure_manifest", blind)


@pytest.mark.parametrize(
    ("seed", "stop"),
    [
        (waiting_trigger_forgotten, "lease"),
        (adhoc_run_moves_the_pointer, "latest"),
        (adhoc_scope_not_handed_on, "manifest"),
        (unfenced_shard, "checkpoint"),
        (pointer_swap_against_a_fresh_etag, "behind aggregation"),
        (claim_without_expiry, "aggregation"),
        (unfenced_checkpoint, "checkpoint"),
        (lost_answer_taken_for_success, "shard"),
        (refusal_taken_for_defeat, "checkpoint"),
    ],
)
def test_a_seeded_bug_is_found(
    seed: Callable[[pytest.MonkeyPatch], None], stop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the stories of one stop, to save time; those of all stops are told without the bug as well."""
    seed(monkeypatch)
    with pytest.raises(AssertionError):
        tell_all(stories_of(stop))
