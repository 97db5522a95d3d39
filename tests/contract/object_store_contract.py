"""What `inventory/ports/store.py` promises, as tests that every store must pass.

A subclass is a test class: it provides the fixtures `store` (an empty bucket, listing in pages of three or
more) and `pass_time` (moves the store's own clock on by seconds, and makes the store notice).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import pytest

from inventory.errors import ObjectNotFound
from inventory.ports.store import IfAbsent, IfMatch, Landed, ObjectInfo, ObjectStore, Refused

MEBIBYTE = 1024 * 1024
STRANGE_NAMES = [
    "inventory/runs/with space.json",
    "inventory/runs/100%25.json",
    "inventory/runs/a+b&c=d?e#f.json",
    "inventory/runs/Zürich/日本.json",
    "inventory/runs/dots/../up.json",
    "inventory/runs/'quoted\".json",
]


def create(store: ObjectStore, name: str, body: bytes = b"{}") -> str:
    outcome = store.put(name, body, condition=IfAbsent())
    assert isinstance(outcome, Landed)
    return outcome.etag


class ObjectStoreContract:
    @pytest.mark.parametrize("body", [b"", b"{}", bytes(range(256)) * 300, b"\x1f\x8b\x08\x00gzip-like"])
    def test_an_object_is_read_as_it_was_written(self, store: ObjectStore, body: bytes) -> None:
        etag = create(store, "a/b.json", body)
        stored = store.get("a/b.json")
        assert (stored.body, stored.etag) == (body, etag)

    @pytest.mark.parametrize("name", STRANGE_NAMES)
    def test_any_character_may_stand_in_a_name(self, store: ObjectStore, name: str) -> None:
        etag = create(store, name, b"x")
        assert store.get(name).body == b"x"
        assert list(store.list_objects("inventory/")) == [ObjectInfo(name=name, etag=etag, size=1)]
        store.delete(name)
        assert list(store.list_objects("")) == []

    def test_head_tells_etag_and_size(self, store: ObjectStore) -> None:
        etag = create(store, "a", b"12345")
        assert store.head("a") == ObjectInfo(name="a", etag=etag, size=5)

    def test_what_is_not_there_is_not_found(self, store: ObjectStore) -> None:
        create(store, "a/b")
        for name in ("a", "a/", "a/b/c", "b"):
            with pytest.raises(ObjectNotFound):
                store.get(name)
            with pytest.raises(ObjectNotFound):
                store.head(name)
            with pytest.raises(ObjectNotFound):
                store.read_range(name, start=0, length=1, etag="any")

    def test_the_second_creator_is_refused_and_changes_nothing(self, store: ObjectStore) -> None:
        etag = create(store, "once", b"first")
        assert store.put("once", b"second", condition=IfAbsent()) == Refused()
        assert store.put("once", b"first", condition=IfAbsent()) == Refused()
        stored = store.get("once")
        assert (stored.body, stored.etag) == (b"first", etag)

    def test_a_fenced_write_lands_over_the_etag_it_names(self, store: ObjectStore) -> None:
        old = create(store, "fenced", b"1")
        outcome = store.put("fenced", b"2", condition=IfMatch(etag=old))
        assert isinstance(outcome, Landed)
        stored = store.get("fenced")
        assert (stored.body, stored.etag) == (b"2", outcome.etag)

    def test_a_stale_etag_is_refused_and_changes_nothing(self, store: ObjectStore) -> None:
        old = create(store, "fenced", b"1")
        store.put("fenced", b"2", condition=IfMatch(etag=old))
        assert store.put("fenced", b"3", condition=IfMatch(etag=old)) == Refused()
        assert store.get("fenced").body == b"2"

    def test_writing_the_same_bytes_again_moves_the_fence(self, store: ObjectStore) -> None:
        """An owner that was overtaken by identical content must not still hold the fence."""
        old = create(store, "fenced", b"same")
        outcome = store.put("fenced", b"same", condition=IfMatch(etag=old))
        assert isinstance(outcome, Landed)
        assert outcome.etag != old
        assert store.put("fenced", b"late", condition=IfMatch(etag=old)) == Refused()

    def test_a_fenced_write_over_nothing_is_refused(self, store: ObjectStore) -> None:
        etag = create(store, "gone")
        store.delete("gone")
        assert store.put("gone", b"2", condition=IfMatch(etag=etag)) == Refused()
        assert store.put("never", b"2", condition=IfMatch(etag=etag)) == Refused()
        assert list(store.list_objects("")) == []

    def test_a_deleted_name_can_be_created_again_under_another_etag(self, store: ObjectStore) -> None:
        etag = create(store, "a", b"1")
        store.delete("a")
        with pytest.raises(ObjectNotFound):
            store.get("a")
        assert create(store, "a", b"1") != etag

    def test_deleting_what_is_not_there_is_fine(self, store: ObjectStore) -> None:
        store.delete("never")
        create(store, "a")
        store.delete("a")
        store.delete("a")

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [(0, 4, b"0123"), (3, 4, b"3456"), (8, 4, b"89"), (9, 1, b"9"), (0, 100, b"0123456789"), (2, 0, b"")],
    )
    def test_a_range_is_cut_at_the_end(
        self, store: ObjectStore, start: int, length: int, expected: bytes
    ) -> None:
        etag = create(store, "ten", b"0123456789")
        assert store.read_range("ten", start=start, length=length, etag=etag) == expected

    def test_a_range_at_or_past_the_end_is_empty(self, store: ObjectStore) -> None:
        etag = create(store, "ten", b"0123456789")
        empty = create(store, "empty", b"")
        assert store.read_range("ten", start=10, length=5, etag=etag) == b""
        assert store.read_range("ten", start=99, length=5, etag=etag) == b""
        assert store.read_range("empty", start=0, length=5, etag=empty) == b""

    def test_a_range_of_an_object_that_was_replaced_is_not_found(self, store: ObjectStore) -> None:
        old = create(store, "ten", b"0123456789")
        store.put("ten", b"9876543210", condition=IfMatch(etag=old))
        with pytest.raises(ObjectNotFound):
            store.read_range("ten", start=0, length=5, etag=old)

    def test_a_listing_has_every_name_with_the_prefix_in_order(self, store: ObjectStore) -> None:
        names = [f"p/{number:02d}" for number in range(10)]
        for name in reversed([*names, "o", "p", "p0/x", "q/00"]):
            create(store, name, name.encode())
        found = list(store.list_objects("p/"))
        assert [info.name for info in found] == names
        assert found == [store.head(name) for name in names]
        assert [info.name for info in store.list_objects("")] == sorted([*names, "o", "p", "p0/x", "q/00"])
        assert list(store.list_objects("nothing/")) == []

    def test_a_listing_shows_what_was_just_written_and_not_what_was_just_deleted(
        self, store: ObjectStore
    ) -> None:
        first = create(store, "p/a")
        create(store, "p/b")
        store.delete("p/b")
        outcome = store.put("p/a", b"longer", condition=IfMatch(etag=first))
        assert isinstance(outcome, Landed)
        assert list(store.list_objects("p/")) == [ObjectInfo(name="p/a", etag=outcome.etag, size=6)]

    def test_prefixes_are_the_distinct_next_parts_of_the_names_below(self, store: ObjectStore) -> None:
        for run in ("r3", "r1", "r2", "r4"):
            for part in ("manifest.json", "regions/a/outcome.json", "regions/b/outcome.json", "z.json"):
                create(store, f"runs/{run}/{part}")
        create(store, "runs/not-a-directory")
        create(store, "runs.json")
        assert list(store.list_prefixes("runs/")) == ["runs/r1/", "runs/r2/", "runs/r3/", "runs/r4/"]
        assert list(store.list_prefixes("runs/r1/")) == ["runs/r1/regions/"]
        assert list(store.list_prefixes("nothing/")) == []

    def test_an_upload_is_invisible_before_its_commit(self, store: ObjectStore) -> None:
        upload = store.start_upload("big")
        upload.write(b"one,")
        upload.write(b"two")
        with pytest.raises(ObjectNotFound):
            store.get("big")
        outcome = upload.commit()
        assert isinstance(outcome, Landed)
        stored = store.get("big")
        assert (stored.body, stored.etag) == (b"one,two", outcome.etag)

    def test_an_upload_of_nothing_is_an_empty_object(self, store: ObjectStore) -> None:
        outcome = store.start_upload("empty").commit()
        assert isinstance(outcome, Landed)
        assert store.head("empty") == ObjectInfo(name="empty", etag=outcome.etag, size=0)

    def test_an_upload_larger_than_a_part_comes_out_whole(self, store: ObjectStore) -> None:
        piece = bytes(range(256)) * 16 * 256
        upload = store.start_upload("big")
        for _ in range(10):
            upload.write(piece)
        upload.write(b"the end")
        assert list(store.list_objects("")) == []
        outcome = upload.commit()
        assert isinstance(outcome, Landed)
        assert store.head("big") == ObjectInfo(name="big", etag=outcome.etag, size=10 * MEBIBYTE + 7)
        end = store.read_range("big", start=10 * MEBIBYTE - 2, length=100, etag=outcome.etag)
        assert end == b"\xfe\xffthe end"
        assert store.get("big").body == piece * 10 + b"the end"

    @pytest.mark.parametrize("size", [5, 10 * MEBIBYTE + 5], ids=["one part", "two parts"])
    def test_an_upload_that_comes_second_is_refused(self, store: ObjectStore, size: int) -> None:
        upload = store.start_upload("big")
        upload.write(b"x" * size)
        etag = create(store, "big", b"first")
        assert upload.commit() == Refused()
        stored = store.get("big")
        assert (stored.body, stored.etag) == (b"first", etag)
        upload.abort()

    @pytest.mark.parametrize("size", [0, 5, 10 * MEBIBYTE + 5], ids=["nothing", "one part", "two parts"])
    def test_an_aborted_upload_leaves_nothing(self, store: ObjectStore, size: int) -> None:
        upload = store.start_upload("big")
        upload.write(b"x" * size)
        upload.abort()
        upload.abort()
        assert list(store.list_objects("")) == []
        create(store, "big")

    def test_of_many_creators_at_once_one_lands(self, store: ObjectStore) -> None:
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda n: store.put("race", b"%d" % n, condition=IfAbsent()), range(8)))
        assert outcomes.count(Refused()) == 7
        [landed] = [outcome for outcome in outcomes if isinstance(outcome, Landed)]
        stored = store.get("race")
        assert (stored.body, stored.etag) == (b"%d" % outcomes.index(landed), landed.etag)

    def test_no_increment_is_lost_between_writers_that_swap(self, store: ObjectStore) -> None:
        create(store, "counter", b"0")

        def increment(times: int) -> None:
            while times:
                stored = store.get("counter")
                outcome = store.put(
                    "counter", b"%d" % (int(stored.body) + 1), condition=IfMatch(etag=stored.etag)
                )
                times -= isinstance(outcome, Landed)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(increment, [5] * 4))
        assert store.get("counter").body == b"20"

    def test_the_store_tells_its_own_time_to_the_second(
        self, store: ObjectStore, pass_time: Callable[[float], None]
    ) -> None:
        before = store.now()
        assert before.tzinfo is UTC
        assert before.microsecond == 0
        pass_time(3600)
        passed = store.now() - before
        assert timedelta(seconds=3599) <= passed <= timedelta(seconds=3660)
