"""Reading a run's documents from the bucket; None where a document does not exist yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from inventory.coordination.call import Call
from inventory.errors import InvalidDocument, ObjectNotFound
from inventory.model.canonical import sha256_hex
from inventory.model.checkpoint import Checkpoint, Outcome
from inventory.model.compartments import CompartmentTree
from inventory.model.lease import Lease
from inventory.model.manifest import Manifest
from inventory.model.publication import Aggregation, Closed, Pointer, Published
from inventory.model.search_types import SearchTypes
from inventory.ports.store import StoredObject
from inventory.stages.scope import ScopeFilter

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
    if stored is None:
        return None
    try:
        return Versioned(parse(stored.body), stored.etag)
    except InvalidDocument as exc:
        raise InvalidDocument(f"{exc}; it is stored as {name}") from exc


def _value(call: Call, name: str, parse: Callable[[bytes], T]) -> T | None:
    present = _versioned(call, name, parse)
    return None if present is None else present.value


def read_lease(call: Call) -> Versioned[Lease] | None:
    return _versioned(call, call.names.lease, Lease.from_bytes)


def read_pointer(call: Call) -> Versioned[Pointer] | None:
    return _versioned(call, call.names.latest, Pointer.from_bytes)


def read_manifest(call: Call, run_id: str) -> Manifest | None:
    return _value(call, call.run(run_id).manifest, Manifest.from_bytes)


def read_compartments(call: Call, manifest: Manifest) -> CompartmentTree | None:
    """The run's compartment tree, or None where its planning could not read the tenancy's.

    Raises InvalidDocument where it is not the one that the manifest names.
    """
    if manifest.compartments_sha256 is None:
        return None
    stored = read_object(call, call.run(manifest.run_id).compartments)
    if stored is None or sha256_hex(stored.body) != manifest.compartments_sha256:
        found = "missing" if stored is None else "not the one that the manifest names"
        raise InvalidDocument(f"compartments.json of run {manifest.run_id} is {found}")
    return CompartmentTree.from_bytes(stored.body)


def read_compartment_names(call: Call, manifest: Manifest) -> CompartmentTree | None:
    """The run's compartment tree for telling names; a damaged one is told in the log and not needed."""
    try:
        return read_compartments(call, manifest)
    except InvalidDocument as exc:
        call.log.failure("compartments_unreadable", exc)
        return None


def read_scope_filter(call: Call, manifest: Manifest) -> ScopeFilter:
    """The filters of a run. Raises InvalidDocument where the tree that they need is not there."""
    needs_tree = manifest.scope.compartments is not None
    tree = read_compartments(call, manifest) if needs_tree else None
    if needs_tree and tree is None:
        raise InvalidDocument(f"the manifest of {manifest.run_id} asks for compartments and names no tree")
    return ScopeFilter(manifest.scope, tree)


def read_checkpoint(call: Call, run_id: str, region: str) -> Versioned[Checkpoint] | None:
    return _versioned(call, call.run(run_id).checkpoint(region), Checkpoint.from_bytes)


def read_outcome(call: Call, run_id: str, region: str) -> Outcome | None:
    return _value(call, call.run(run_id).outcome(region), Outcome.from_bytes)


def read_outcomes(call: Call, manifest: Manifest) -> dict[str, Outcome]:
    """The outcomes that exist, by region; each is asked for by its name."""
    found = ((region, read_outcome(call, manifest.run_id, region)) for region in manifest.regions)
    return {region: outcome for region, outcome in found if outcome}


def read_search_types(call: Call, run_id: str, region: str) -> SearchTypes | None:
    return _value(call, call.run(run_id).search_types(region), SearchTypes.from_bytes)


def read_aggregation(call: Call, run_id: str) -> Versioned[Aggregation] | None:
    return _versioned(call, call.run(run_id).aggregation, Aggregation.from_bytes)


def read_published(call: Call, run_id: str) -> Published | None:
    return _value(call, call.run(run_id).published, Published.from_bytes)


def read_closed(call: Call, run_id: str) -> Closed | None:
    return _value(call, call.run(run_id).closed, Closed.from_bytes)


def is_closed(call: Call, run_id: str) -> bool:
    """Whether the run has ended, whatever its closing says."""
    return read_object(call, call.run(run_id).closed) is not None
