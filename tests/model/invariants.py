"""What must hold in every state of the world, whatever was lost, doubled, delayed or killed."""

from __future__ import annotations

from collections import Counter

from inventory.model.canonical import sha256_hex
from inventory.model.checkpoint import COMPLETE, FINAL, Checkpoint, Outcome, outcome_of
from inventory.model.lease import HELD, Lease
from inventory.model.manifest import Manifest
from inventory.model.names import ObjectNames
from inventory.model.publication import PUBLISHED, STORED, Closed, Pointer, Published
from inventory.stages.keyed_lines import read_lines
from tests.model.world import HOME, REGIONS, World

NAMES = ObjectNames(prefix="inventory")


def is_run_waiting(world: World) -> bool:
    """Whether the lease keeps a trigger whose run is not open yet."""
    stored = world.store.objects.get(NAMES.lease)
    return stored is not None and Lease.from_bytes(stored.body).pending is not None


class Observer:
    """Watches every write, remembers what was published, and complains."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pointers: list[str] = []
        self._truth: dict[str, dict[str, Counter[str]]] = {}
        self._published: dict[str, dict[str, Counter[str]]] = {}
        self._checkpoints: dict[tuple[str, str], Checkpoint] = {}
        self._adhoc_runs: set[str] = set()
        self._waiting: set[str] = set()
        self._runs_of_waiting: set[str] = set()
        world.on_write = self.look

    def look(self, name: str) -> None:
        """Check what the write of one object can have broken."""
        if name == NAMES.latest:
            self._look_at_pointer()
        elif name == NAMES.lease:
            self._look_at_lease(Lease.from_bytes(self._body(name)))
        elif name.endswith("/manifest.json"):
            run_id = name.split("/")[2]
            self._truth[run_id] = self._present_truth()
            assert self._is_adhoc(run_id) == (run_id in self._adhoc_runs), "a run lost its scope"
        elif name.endswith("/checkpoint.json"):
            self._look_at_checkpoint(Checkpoint.from_bytes(self._body(name)))
        elif name.endswith("/outcome.json"):
            self._look_at_outcome(Outcome.from_bytes(self._body(name)))
        elif name.endswith("/closed.json"):
            self._look_at_closed(Closed.from_bytes(self._body(name)))

    def check_at_rest(self) -> None:
        """With nobody at work and two sweeps behind the last cause, every run is closed."""
        lease = Lease.from_bytes(self._body(NAMES.lease)) if NAMES.lease in self._objects else None
        assert lease is None or lease.state != HELD, f"run {lease and lease.run_id} is still open"
        assert not self._waiting, f"nobody opened a run for {self._waiting}"
        for run_id in self._runs_of_waiting:
            assert NAMES.run(run_id).closed in self._objects, f"{run_id} had to wait and was never closed"
            assert not self._is_adhoc(run_id), f"{run_id} stands for triggers that waited for it to end"
        for name in self._objects:
            if name.endswith("/manifest.json"):
                closed = name.replace("manifest.json", "closed.json")
                assert closed in self._objects, f"{name}: the run was never closed"

    @property
    def published_runs(self) -> list[str]:
        """The runs that the pointer has named, in order."""
        return self._pointers

    @property
    def _objects(self) -> dict[str, object]:
        return self._world.store.objects  # type: ignore[return-value]

    def _body(self, name: str) -> bytes:
        return self._world.store.objects[name].body

    def _look_at_pointer(self) -> None:
        pointer = Pointer.from_bytes(self._body(NAMES.latest))
        if self._pointers and pointer.run_id == self._pointers[-1]:
            return
        assert not self._pointers or pointer.run_id > self._pointers[-1], "the pointer went back"
        assert not self._is_adhoc(pointer.run_id), "the pointer names an ad-hoc run"
        self._pointers.append(pointer.run_id)
        closed = NAMES.run(pointer.run_id).closed
        if closed in self._objects:
            assert Closed.from_bytes(self._body(closed)).status == PUBLISHED
        self._published[pointer.run_id] = self._look_at_inventory(pointer.run_id)

    def _look_at_lease(self, lease: Lease) -> None:
        """A trigger that waits goes on waiting until it belongs to a run."""
        if lease.run_id is not None and lease.adhoc is not None:
            self._adhoc_runs.add(lease.run_id)
        waiting = set(lease.pending.keys) if lease.pending else set()
        for key in self._waiting - waiting:
            run_id = lease.run_of_trigger(key)
            assert run_id is not None, f"the trigger {key} was forgotten"
            self._runs_of_waiting.add(run_id)
        self._waiting = waiting

    def _is_adhoc(self, run_id: str) -> bool:
        """Whether a run was planned as an ad-hoc one; what retention has removed was looked at before."""
        name = NAMES.run(run_id).manifest
        return name in self._objects and Manifest.from_bytes(self._body(name)).is_adhoc

    def _look_at_inventory(self, run_id: str) -> dict[str, Counter[str]]:
        names = NAMES.run(run_id)
        published = Published.from_bytes(self._body(names.published))
        for artifact in published.artifacts:
            assert sha256_hex(self._body(names.artifact(artifact.name))) == artifact.sha256, artifact.name
        inventory = published.artifact("inventory.jsonl.gz")
        assert inventory is not None
        body = self._body(names.artifact(inventory.name))
        found: dict[str, Counter[str]] = {region: Counter() for region in REGIONS}
        for line in read_lines([body], source="inventory", unique=True):
            found[line.record["region"]][line.record["ocid"] or line.record["displayName"]] += 1
        self._compare_with_truth(run_id, found)
        return found

    def _compare_with_truth(self, run_id: str, found: dict[str, Counter[str]]) -> None:
        manifest = Manifest.from_bytes(self._body(NAMES.run(run_id).manifest))
        baseline = self._published.get(manifest.baseline.run_id, {}) if manifest.baseline else {}
        truth = self._truth[run_id]
        for region in REGIONS:
            if region not in manifest.regions:
                assert not found[region], f"{region}: records from outside the run's scope"
                continue
            outcome = Outcome.from_bytes(self._body(NAMES.run(run_id).outcome(region)))
            if outcome.status == COMPLETE:
                assert found[region] == truth[region], f"{region}: not exactly one record per resource"
                continue
            before = baseline.get(region, Counter())
            assert not before - found[region], f"{region}: a record was lost"
            assert not found[region] - (before | truth[region]), f"{region}: a record was invented"

    def _present_truth(self) -> dict[str, Counter[str]]:
        truth: dict[str, Counter[str]] = {}
        for region, state in self._world.regions.items():
            named = [
                item.get("identifier") or item["displayName"]
                for item in state.items
                if region == HOME or item["resourceType"] != "User"
            ]
            truth[region] = Counter(named)
        return truth

    def _look_at_checkpoint(self, checkpoint: Checkpoint) -> None:
        place = (checkpoint.run_id, checkpoint.region)
        before = self._checkpoints.get(place)
        assert before is None or before.state != FINAL, "a final checkpoint was replaced"
        assert before is None or checkpoint.epoch >= before.epoch, "an earlier owner has written again"
        self._checkpoints[place] = checkpoint
        for part in checkpoint.slices:
            for shard in part.shards:
                stored = self._world.store.objects.get(shard.name)
                assert stored is not None, f"{shard.name} is listed but not stored"
                assert sha256_hex(stored.body) == shard.sha256, f"{shard.name} is not what is listed"
                assert stored.etag == shard.etag

    def _look_at_outcome(self, outcome: Outcome) -> None:
        names = NAMES.run(outcome.run_id)
        if names.checkpoint(outcome.region) not in self._objects:
            assert names.closed in self._objects, "an outcome without checkpoint in an open run"
            return
        checkpoint = Checkpoint.from_bytes(self._body(names.checkpoint(outcome.region)))
        assert checkpoint.state == FINAL
        assert outcome == outcome_of(checkpoint), "an outcome is not its checkpoint's"

    def _look_at_closed(self, closed: Closed) -> None:
        if closed.status == STORED:
            assert self._is_adhoc(closed.run_id), "a regular run was stored beside the pointer"
            self._look_at_inventory(closed.run_id)
        if closed.status == PUBLISHED:
            assert closed.run_id in self._pointers, "closed as published without ever being published"
        else:
            assert closed.run_id not in self._pointers, f"published, but closed as {closed.status}"
