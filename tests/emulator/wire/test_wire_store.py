"""The store under concurrency, under a restart, and where names and files disagree."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulator.object_storage import ObjectStorageService
from emulator.wire import Principal, Request, Response, ServiceError

TENANCY = "ocid1.tenancy.oc1..aaaatenancy"
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PRINCIPAL = Principal(kind="user", ocid="ocid1.user.oc1..x", tenancy_id=TENANCY, compartment_id=TENANCY)
Call = Callable[..., Response]


def make_service(root: Path) -> ObjectStorageService:
    service = ObjectStorageService(root=root, namespace="axexample", clock=lambda: NOW)
    service.create_bucket("inventory", TENANCY)
    return service


def caller(service: ObjectStorageService) -> Call:
    """Calls the service below HTTP: method, object name, body, headers."""

    def call(method: str, name: str, body: bytes = b"", **headers: str) -> Response:
        path = f"/n/axexample/b/inventory/o/{name}"
        return service.handle(
            Request(
                service="objectstorage",
                region="us-ashburn-1",
                method=method,
                path=path,
                target=path,
                headers={name.replace("_", "-"): value for name, value in headers.items()},
                body=body,
            ),
            PRINCIPAL,
        )

    return call


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ObjectStorageService]:
    opened = make_service(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def call(service: ObjectStorageService) -> Call:
    return caller(service)


def run_together(count: int, work: Callable[[int], None]) -> None:
    barrier = threading.Barrier(count)
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def etag_or_code(call: Call, *arguments: Any, **headers: str) -> tuple[str | None, str | None]:
    """The ETag of a write that landed, or the code of its refusal."""
    try:
        return call("PUT", *arguments, **headers).headers["etag"], None
    except ServiceError as error:
        return None, error.code


def test_of_many_creators_one_wins_and_its_content_stays(call: Call) -> None:
    for name in [f"lease-{number}" for number in range(20)]:
        outcomes: dict[int, tuple[str | None, str | None]] = {}

        def create(number: int, name: str = name, outcomes: dict[int, Any] = outcomes) -> None:
            outcomes[number] = etag_or_code(call, name, str(number).encode(), if_none_match="*")

        run_together(6, create)
        [(winner, etag)] = [(number, etag) for number, (etag, _) in outcomes.items() if etag is not None]
        assert {code for _, code in outcomes.values()} == {None, "IfNoneMatchFailed"}
        stored = call("GET", name)
        assert (stored.body, stored.headers["etag"]) == (str(winner).encode(), etag)


def test_no_increment_is_lost_between_fenced_writers(call: Call) -> None:
    call("PUT", "counter", b"0")
    codes: set[str | None] = set()

    def increment(_number: int) -> None:
        done = 0
        while done < 10:
            seen = call("GET", "counter")
            body = str(int(seen.body) + 1).encode()
            etag, code = etag_or_code(call, "counter", body, if_match=seen.headers["etag"])
            codes.add(code)
            done += etag is not None

    run_together(6, increment)
    assert call("GET", "counter").body == b"60"
    assert codes <= {None, "IfMatchFailed"}


def test_a_reader_never_sees_a_version_under_anothers_etag(call: Call) -> None:
    versions: dict[str, bytes] = {}
    first = b"a" * 50_000
    versions[call("PUT", "document", first).headers["etag"]] = first
    seen: list[tuple[str, bytes]] = []

    def work(number: int) -> None:
        for step in range(30):
            if number < 2:
                body = f"{number}-{step}".encode() * 10_000
                versions[call("PUT", "document", body).headers["etag"]] = body
            else:
                answer = call("GET", "document")
                seen.append((answer.headers["etag"], answer.body))

    run_together(4, work)
    assert len(seen) == 60
    assert all(versions[etag] == body for etag, body in seen)


def test_state_survives_a_restart(tmp_path: Path) -> None:
    before = make_service(tmp_path)
    etag = caller(before)("PUT", "kept", b"content", opc_meta_run="1").headers["etag"]
    before.close()
    after = make_service(tmp_path)
    answer = caller(after)("GET", "kept")
    assert (answer.body, answer.headers["etag"], answer.headers["opc-meta-run"]) == (b"content", etag, "1")
    with pytest.raises(ServiceError, match="IfNoneMatchFailed"):
        caller(after)("PUT", "kept", b"other", if_none_match="*")
    after.close()


@pytest.mark.parametrize("order", [("a", "a/b", "a/b/c"), ("a/b/c", "a/b", "a"), ("a/b", "a", "a/b/c")])
def test_a_name_may_be_another_names_folder(tmp_path: Path, call: Call, order: tuple[str, ...]) -> None:
    for name in order:
        call("PUT", name, name.encode())
    for name in order:
        assert call("GET", name).body == name.encode()
    files = [path for path in (tmp_path / "objectstorage").rglob("*") if path.is_file()]
    assert sorted(path.read_bytes() for path in files) == sorted(name.encode() for name in order)
    call("DELETE", "a/b")
    assert (call("GET", "a").body, call("GET", "a/b/c").body) == (b"a", b"a/b/c")
    call("PUT", "a/b", b"again")
    assert call("GET", "a/b").body == b"again"


def test_names_that_only_look_like_escaped_ones_stay_apart(call: Call) -> None:
    """`a%dir/b` and `a%file` are what the store writes for conflicts; objects may be called that, too."""
    written = ["a", "a/b", "a%2525dir/b", "a%25file", "%25", "x//y", "x/%25/y"]
    for name in written:
        call("PUT", name, name.encode())
    assert [call("GET", name).body for name in written] == [name.encode() for name in written]


def test_a_refused_write_leaves_nothing_behind(tmp_path: Path, call: Call) -> None:
    call("PUT", "kept", b"1")
    with pytest.raises(ServiceError):
        call("PUT", "kept", b"2", if_none_match="*")
    assert list((tmp_path / "objectstorage-staging").iterdir()) == []


@pytest.mark.parametrize("name", ["..", "a/b", "", ".hidden"])
def test_a_buckets_name_cannot_lead_out_of_its_place(service: ObjectStorageService, name: str) -> None:
    with pytest.raises(ValueError, match="not a bucket name"):
        service.create_bucket(name, TENANCY)
