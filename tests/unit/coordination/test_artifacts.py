"""Large objects: written once and whole, read in pieces, and never mixed up with another."""

from __future__ import annotations

import pytest

from inventory.coordination.artifacts import (
    LARGEST_READ_BYTES,
    READ_BUDGET_BYTES,
    SMALLEST_READ_BYTES,
    ArtifactWriter,
    read_chunks,
    read_size,
)
from inventory.errors import ArtifactConflict, InvalidDocument, ServerFault, Throttled
from inventory.model.canonical import sha256_hex
from inventory.model.publication import Artifact
from inventory.ports.store import IfMatch
from tests.fakes.faulty_store import LANDS_UNHEARD, VANISHES, FaultyObjectStore
from tests.fakes.memory_store import MemoryObjectStore
from tests.fakes.platform import HandClock

NAME = "inventory/runs/r/inventory.csv"


@pytest.fixture
def store() -> FaultyObjectStore:
    return FaultyObjectStore(MemoryObjectStore(HandClock().now))


def written(store: FaultyObjectStore, *pieces: bytes, count: int | None = None) -> Artifact:
    writer = ArtifactWriter(store, NAME, "inventory.csv")
    for piece in pieces:
        writer.write(piece)
    return writer.commit(count=count)


def test_an_artifact_knows_its_bytes(store: FaultyObjectStore) -> None:
    artifact = written(store, b"one,", b"", b"two\n", count=1)
    assert artifact == Artifact(
        name="inventory.csv",
        etag=store.get(NAME).etag,
        size=8,
        sha256=sha256_hex(b"one,two\n"),
        count=1,
    )
    assert store.get(NAME).body == b"one,two\n"


def test_nothing_is_visible_before_the_commit(store: FaultyObjectStore) -> None:
    writer = ArtifactWriter(store, NAME, "inventory.csv")
    writer.write(b"half")
    assert not store._store.objects
    writer.abort()
    assert not store._store.objects


def test_whoever_takes_over_writes_the_same_artifact_again(store: FaultyObjectStore) -> None:
    assert written(store, b"same", count=1) == written(store, b"sa", b"me", count=1)


def test_another_content_under_the_same_name_is_a_conflict(store: FaultyObjectStore) -> None:
    written(store, b"same")
    for other in (b"some", b"same and more", b""):
        with pytest.raises(ArtifactConflict, match=NAME):
            written(store, other)
    assert store.get(NAME).body == b"same"


def test_a_commit_whose_answer_is_lost_is_recognised(store: FaultyObjectStore) -> None:
    store.writes[NAME] = [LANDS_UNHEARD]
    assert written(store, b"ours").etag == store.get(NAME).etag


def test_a_commit_that_did_not_land_is_an_error_that_may_pass(store: FaultyObjectStore) -> None:
    store.writes[NAME] = [VANISHES]
    with pytest.raises(ServerFault, match=NAME):
        written(store, b"ours")


def test_an_object_is_read_in_pieces(store: FaultyObjectStore) -> None:
    artifact = written(store, b"0123456789")
    chunks = read_chunks(store, NAME, etag=artifact.etag, size=10, chunk_bytes=4)
    assert list(chunks) == [b"0123", b"4567", b"89"]


def test_an_object_that_is_shorter_than_listed_is_damaged(store: FaultyObjectStore) -> None:
    artifact = written(store, b"0123456789")
    with pytest.raises(InvalidDocument, match="ends after 10 of 11 bytes"):
        list(read_chunks(store, NAME, etag=artifact.etag, size=11, chunk_bytes=4))


def test_an_object_that_is_replaced_while_it_is_read_is_damaged(store: FaultyObjectStore) -> None:
    artifact = written(store, b"0123456789")
    chunks = read_chunks(store, NAME, etag=artifact.etag, size=10, chunk_bytes=4)
    assert next(chunks) == b"0123"
    store.put(NAME, b"abcdefghij", condition=IfMatch(etag=artifact.etag))
    with pytest.raises(InvalidDocument, match="is gone or is not the object that was listed"):
        next(chunks)


def test_an_object_that_is_gone_is_damaged_and_one_that_is_late_is_not(store: FaultyObjectStore) -> None:
    artifact = written(store, b"0123456789")
    store.reads[NAME] = [Throttled("slow down")]
    with pytest.raises(Throttled):
        list(read_chunks(store, NAME, etag=artifact.etag, size=10, chunk_bytes=4))
    store.delete(NAME)
    with pytest.raises(InvalidDocument, match="is gone"):
        list(read_chunks(store, NAME, etag=artifact.etag, size=10, chunk_bytes=4))


@pytest.mark.parametrize("streams", [0, 1, 4, 50, 128])
def test_many_open_streams_share_one_budget_of_memory(streams: int) -> None:
    assert SMALLEST_READ_BYTES <= read_size(streams) <= LARGEST_READ_BYTES
    assert read_size(streams) * streams <= READ_BUDGET_BYTES


def test_a_stream_is_never_read_in_crumbs() -> None:
    assert read_size(100_000) == SMALLEST_READ_BYTES
