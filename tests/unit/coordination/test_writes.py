"""Create-once and the fence, whatever becomes of the request and of its answer."""

from __future__ import annotations

import pytest

from inventory.coordination.writes import WRITE_ATTEMPTS, create_once, swap
from inventory.errors import LostOwnership, ServerFault, Throttled
from inventory.ports.store import IfAbsent, IfMatch, Landed
from tests.fakes.faulty_store import LANDS_UNHEARD, VANISHES, FaultyObjectStore
from tests.fakes.memory_store import MemoryObjectStore
from tests.fakes.platform import HandClock

NAME = "inventory/doc.json"


@pytest.fixture
def store() -> FaultyObjectStore:
    return FaultyObjectStore(MemoryObjectStore(HandClock().now))


def stored(store: FaultyObjectStore, body: bytes) -> str:
    """Somebody's object; returns its ETag."""
    outcome = store.put(NAME, body, condition=IfAbsent())
    assert isinstance(outcome, Landed)
    return outcome.etag


def replaced(store: FaultyObjectStore, body: bytes) -> None:
    """Somebody replaces the object behind our back."""
    memory = store._store
    memory.put(NAME, body, condition=IfMatch(etag=memory.head(NAME).etag))


def test_the_first_to_create_an_object_decides(store: FaultyObjectStore) -> None:
    ours = create_once(store, NAME, b"ours")
    assert (ours.body, ours.ours) == (b"ours", True)
    theirs = create_once(store, NAME, b"theirs")
    assert (theirs.body, theirs.ours, theirs.etag) == (b"ours", False, ours.etag)
    assert store.get(NAME).body == b"ours"


def test_equal_bytes_are_as_good_as_ours(store: FaultyObjectStore) -> None:
    etag = stored(store, b"same")
    created = create_once(store, NAME, b"same")
    assert created.ours
    assert created.etag == etag


def test_a_creation_whose_answer_is_lost_is_recognised_as_ours(store: FaultyObjectStore) -> None:
    store.writes[NAME] = [LANDS_UNHEARD]
    created = create_once(store, NAME, b"ours")
    assert created.ours
    assert created.etag == store.get(NAME).etag
    assert len(store.written) == 1


def test_a_creation_that_got_lost_on_the_way_is_tried_again(store: FaultyObjectStore) -> None:
    store.writes[NAME] = [VANISHES, VANISHES]
    assert create_once(store, NAME, b"ours").ours
    assert len(store.written) == 3


def test_somebody_elses_object_behind_a_lost_answer_is_not_taken_for_ours(store: FaultyObjectStore) -> None:
    store.writes[NAME] = [lambda: store._store.put(NAME, b"theirs", condition=IfAbsent())]
    created = create_once(store, NAME, b"ours")
    assert (created.body, created.ours) == (b"theirs", False)


def test_a_creation_that_is_never_answered_ends_in_an_error(store: FaultyObjectStore) -> None:
    store.writes[NAME] = [VANISHES] * 10
    with pytest.raises(ServerFault, match=NAME):
        create_once(store, NAME, b"ours")
    assert len(store.written) == WRITE_ATTEMPTS


@pytest.mark.parametrize("planned", ["writes", "reads"])
def test_the_stores_own_errors_go_up_as_they_are(store: FaultyObjectStore, planned: str) -> None:
    stored(store, b"theirs")
    getattr(store, planned)[NAME] = [Throttled("slow down")]
    with pytest.raises(Throttled):
        create_once(store, NAME, b"ours")


def test_a_swap_replaces_exactly_the_version_that_was_read(store: FaultyObjectStore) -> None:
    etag = stored(store, b"one")
    second = swap(store, NAME, b"two", etag=etag)
    assert store.get(NAME).body == b"two"
    assert second == store.get(NAME).etag != etag
    with pytest.raises(LostOwnership, match="replaced by somebody else"):
        swap(store, NAME, b"three", etag=etag)
    assert store.get(NAME).body == b"two"


def test_a_swap_whose_answer_is_lost_is_recognised_by_its_bytes(store: FaultyObjectStore) -> None:
    etag = stored(store, b"one")
    store.writes[NAME] = [LANDS_UNHEARD]
    assert swap(store, NAME, b"two", etag=etag) == store.get(NAME).etag


def test_a_repeated_request_that_meets_its_own_write_has_not_lost(store: FaultyObjectStore) -> None:
    """The SDK's retry turns a lost answer into a refusal of our own write."""
    etag = stored(store, b"one")
    store.writes[NAME] = [lambda: replaced(store, b"two")]
    assert swap(store, NAME, b"two", etag=etag) == store.get(NAME).etag


def test_a_swap_that_got_lost_on_the_way_is_tried_again(store: FaultyObjectStore) -> None:
    etag = stored(store, b"one")
    store.writes[NAME] = [VANISHES]
    swap(store, NAME, b"two", etag=etag)
    assert store.get(NAME).body == b"two"


def test_a_swap_that_somebody_overtakes_is_lost_also_without_an_answer(store: FaultyObjectStore) -> None:
    etag = stored(store, b"one")
    store.writes[NAME] = [VANISHES, lambda: replaced(store, b"theirs")]
    with pytest.raises(LostOwnership):
        swap(store, NAME, b"two", etag=etag)
    assert store.get(NAME).body == b"theirs"


def test_a_swap_of_an_object_that_is_gone_is_lost(store: FaultyObjectStore) -> None:
    with pytest.raises(LostOwnership, match="is gone"):
        swap(store, NAME, b"two", etag="etag-1")
    assert NAME not in store._store.objects


def test_a_swap_that_is_never_answered_ends_in_an_error(store: FaultyObjectStore) -> None:
    etag = stored(store, b"one")
    store.writes[NAME] = [VANISHES] * 10
    with pytest.raises(ServerFault, match=NAME):
        swap(store, NAME, b"two", etag=etag)
    assert store.get(NAME).body == b"one"
    assert len(store.written) == 1 + WRITE_ATTEMPTS
