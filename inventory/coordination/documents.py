"""Reading a run's documents from the bucket; None where a document does not exist yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from inventory.coordination.call import Call
from inventory.errors import ObjectNotFound
from inventory.model.checkpoint import Checkpoint, Outcome
from inventory.model.lease import Lease
from inventory.model.manifest import Manifest
from inventory.model.publication import Aggregation, Closed, Pointer, Published
from inventory.ports.store import StoredObject

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """A document and the ETag of the version that was read."""

    value: T
    etag: str


def read_object(call: Call, name: str) -> StoredObject | None:
    """An object, or None where there is none."""
    try:
        return call.store.get(name)
    except ObjectNotFound:
        return None


def _versioned(call: Call, name: str, parse: Callable[[bytes], T]) -> Versioned[T] | None:
    stored = read_object(call, name)
    return None if stored is None else Versioned(parse(stored.body), stored.etag)


def _value(call: Call, name: str, parse: Callable[[bytes], T]) -> T | None:
    present = _versioned(call, name, parse)
    return None if present is None else present.value


def read_lease(call: Call) -> Versioned[Lease] | None:
    return _versioned(call, call.names.lease, Lease.from_bytes)


def read_pointer(call: Call) -> Versioned[Pointer] | None:
    return _versioned(call, call.names.latest, Pointer.from_bytes)


def read_manifest(call: Call, run_id: str) -> Manifest | None:
    return _value(call, call.run(run_id).manifest, Manifest.from_bytes)


def read_checkpoint(call: Call, run_id: str, region: str) -> Versioned[Checkpoint] | None:
    return _versioned(call, call.run(run_id).checkpoint(region), Checkpoint.from_bytes)


def read_outcome(call: Call, run_id: str, region: str) -> Outcome | None:
    return _value(call, call.run(run_id).outcome(region), Outcome.from_bytes)


def read_outcomes(call: Call, manifest: Manifest) -> dict[str, Outcome]:
    """The outcomes that exist, by region; each is asked for by its name."""
    found = ((region, read_outcome(call, manifest.run_id, region)) for region in manifest.regions)
    return {region: outcome for region, outcome in found if outcome}


def read_aggregation(call: Call, run_id: str) -> Versioned[Aggregation] | None:
    return _versioned(call, call.run(run_id).aggregation, Aggregation.from_bytes)


def read_published(call: Call, run_id: str) -> Published | None:
    return _value(call, call.run(run_id).published, Published.from_bytes)


def read_closed(call: Call, run_id: str) -> Closed | None:
    return _value(call, call.run(run_id).closed, Closed.from_bytes)
