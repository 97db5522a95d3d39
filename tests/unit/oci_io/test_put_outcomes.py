"""What a conditional write came to when answers were lost, refused or wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
import responses
from oci._vendor.requests import exceptions

from inventory.errors import NotAuthenticated, NotAuthorizedOrNotFound, RecordGap, RequestRefused, Throttled
from inventory.oci_io.answers import md5_base64
from inventory.oci_io.clients import Clients
from inventory.oci_io.signer import Credentials
from inventory.ports.store import IfAbsent, IfMatch, Landed, PutOutcome, Refused, Unknown
from tests.unit.oci_io.adapters import Adapters, open_adapters
from tests.unit.oci_io.raw_server import http_answer, raw_server

OBJECT = re.compile(r"https://objectstorage\.us-ashburn-1\.oraclecloud\.com/n/axunit/b/inventory/o/.*")
UPLOADS = re.compile(r"https://objectstorage\.us-ashburn-1\.oraclecloud\.com/n/axunit/b/inventory/u.*")

TRIES = 3


def error(status: int, code: str, **headers: str) -> dict[str, Any]:
    return {"status": status, "json": {"code": code, "message": "m"}, "headers": headers}


LANDED = {"headers": {"etag": "new"}}
THROTTLED = error(429, "TooManyRequests")
TAKEN = error(412, "IfNoneMatchFailed")
LOST = {"body": exceptions.ConnectionError("Connection aborted.")}
SLOW = {"body": exceptions.ReadTimeout("Read timed out.")}
BROKEN = error(500, "InternalServerError")
WITHOUT_ETAG: dict[str, Any] = {"status": 200}
OTHER_BODY = {"headers": {"etag": "new", "opc-content-md5": md5_base64(b"another")}}
DAMAGED = error(400, "UnmatchedContentMD5")
BUSY = error(409, "ConcurrentObjectUpdate")
UNAUTHORIZED = error(404, "BucketNotFound")


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    target = "oci._vendor.requests.adapters.HTTPAdapter.send"
    with responses.RequestsMock(target=target, assert_all_requests_are_fired=False) as wire:
        yield wire


@pytest.fixture
def adapters(clients: Clients) -> Adapters:
    return open_adapters(clients, max_attempts=TRIES)


def put(adapters: Adapters) -> PutOutcome:
    return adapters.store.put("a", b"body", condition=IfAbsent())


def commit(adapters: Adapters) -> PutOutcome:
    upload = adapters.store.start_upload("a")
    upload.write(b"x" * 25)
    return upload.commit()


def script_put(wire: responses.RequestsMock, *answers: dict[str, Any]) -> None:
    for answer in answers:
        wire.put(OBJECT, **answer)


def script_commit(wire: responses.RequestsMock, *answers: dict[str, Any]) -> None:
    wire.post(re.compile(UPLOADS.pattern.removesuffix(".*") + "$"), json={"uploadId": "u1"})
    wire.put(UPLOADS, headers={"etag": "part"})
    wire.delete(UPLOADS, status=204)
    for answer in answers:
        wire.post(re.compile(UPLOADS.pattern + "uploadId=u1"), **answer)


WRITES = {"put": (put, script_put), "commit": (commit, script_commit)}
Write = Callable[[Adapters], PutOutcome]


@pytest.fixture(params=WRITES)
def write(
    request: pytest.FixtureRequest,
) -> tuple[Write, Callable[..., None]]:
    """A single PUT and the commit of an upload have the same outcomes."""
    return WRITES[request.param]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([LANDED], Landed(etag="new")),
        ([THROTTLED, LANDED], Landed(etag="new")),
        ([LOST, LANDED], Landed(etag="new")),
        ([BUSY, LANDED], Landed(etag="new")),
        ([WITHOUT_ETAG, LANDED], Landed(etag="new")),
        ([TAKEN], Refused()),
        ([THROTTLED, TAKEN], Refused()),
        ([error(412, "IfMatchFailed")], Refused()),
        ([error(404, "ObjectNotFound")], Refused()),
        # The obstacle may be our own lost attempt: the caller reads back.
        ([LOST, TAKEN], Refused()),
        ([SLOW, TAKEN], Refused()),
        ([BROKEN, THROTTLED, TAKEN], Refused()),
        ([LOST, LOST, LOST], Unknown()),
        ([SLOW], Unknown()),
        ([BROKEN], Unknown()),
        ([WITHOUT_ETAG], Unknown()),
        ([LOST, THROTTLED, THROTTLED], Unknown()),
        ([THROTTLED, THROTTLED, SLOW], Unknown()),
        # The first attempt may have landed before the grant was taken away.
        ([LOST, UNAUTHORIZED], Unknown()),
    ],
    ids=lambda value: None,
)
def test_the_outcome_of_a_write(
    wire: responses.RequestsMock,
    adapters: Adapters,
    write: tuple[Write, Callable[..., None]],
    answers: list[dict[str, Any]],
    outcome: PutOutcome,
) -> None:
    make, script = write
    script(wire, *answers)
    assert make(adapters) == outcome


@pytest.mark.parametrize(
    ("answers", "raised"),
    [
        ([THROTTLED], Throttled),
        ([UNAUTHORIZED], NotAuthorizedOrNotFound),
        ([THROTTLED, UNAUTHORIZED], NotAuthorizedOrNotFound),
        ([error(413, "RequestEntityTooLarge")], RequestRefused),
        ([error(401, "NotAuthenticated")], NotAuthenticated),
    ],
    ids=lambda value: None,
)
def test_a_write_that_surely_did_not_land_raises_what_stopped_it(
    wire: responses.RequestsMock,
    adapters: Adapters,
    write: tuple[Write, Callable[..., None]],
    answers: list[dict[str, Any]],
    raised: type[Exception],
) -> None:
    make, script = write
    script(wire, *answers)
    with pytest.raises(raised):
        make(adapters)


def test_a_body_that_was_damaged_on_its_way_is_sent_again(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    script_put(wire, DAMAGED, OTHER_BODY, LANDED)
    assert put(adapters) == Landed(etag="new")
    assert len(wire.calls) == 3


def test_every_attempt_carries_the_same_condition_and_checksum(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    script_put(wire, LOST, BROKEN, LANDED)
    adapters.store.put("dir/a b", b"body", condition=IfMatch(etag="seen"))
    for call in wire.calls:
        assert call.request.headers["if-match"] == "seen"
        assert "if-none-match" not in call.request.headers
        assert call.request.headers["content-md5"] == md5_base64(b"body")
        assert call.request.body == b"body"
        assert call.request.url.endswith("/o/dir%2Fa%20b")


def test_creating_once_is_said_with_a_star(wire: responses.RequestsMock, adapters: Adapters) -> None:
    script_put(wire, LANDED)
    put(adapters)
    assert wire.calls[0].request.headers["if-none-match"] == "*"


def test_a_deadline_that_is_near_ends_the_attempts(clients: Clients, wire: responses.RequestsMock) -> None:
    adapters = open_adapters(clients, max_attempts=8, remaining_seconds=2.5)
    script_put(wire, THROTTLED, LOST, LANDED)
    assert put(adapters) == Unknown()
    assert adapters.clock.sleeps == [1.0]


def test_an_upload_sends_each_part_with_its_checksum_and_commits_them_in_order(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    script_commit(wire, LANDED)
    commit(adapters)
    parts = [call.request for call in wire.calls if call.request.method == "PUT"]
    assert [len(part.body) for part in parts] == [10, 10, 5]
    assert [part.headers["content-md5"] for part in parts] == [md5_base64(part.body) for part in parts]
    assert [part.params["uploadPartNum"] for part in parts] == ["1", "2", "3"]
    last = wire.calls[-1].request
    assert last.headers["if-none-match"] == "*"
    assert last.body == (
        '{"partsToCommit": [{"partNum": 1, "etag": "part"}, {"partNum": 2, "etag": "part"},'
        ' {"partNum": 3, "etag": "part"}]}'
    )


def test_what_fits_in_one_part_is_one_put(wire: responses.RequestsMock, adapters: Adapters) -> None:
    script_put(wire, LANDED)
    upload = adapters.store.start_upload("a")
    upload.write(b"x" * 4)
    upload.write(b"y" * 6)
    assert upload.commit() == Landed(etag="new")
    assert [call.request.body for call in wire.calls] == [b"xxxxyyyyyy"]


@pytest.mark.parametrize(("answer", "aborts"), [(TAKEN, 1), (LANDED, 0), (LOST, 0)])
def test_only_a_refused_upload_discards_its_parts_by_itself(
    wire: responses.RequestsMock, adapters: Adapters, answer: dict[str, Any], aborts: int
) -> None:
    """A commit of unknown outcome may still be under way: nothing is deleted then."""
    script_commit(wire, answer)
    upload = adapters.store.start_upload("a")
    upload.write(b"x" * 11)
    upload.commit()
    upload.abort()
    assert len([call for call in wire.calls if call.request.method == "DELETE"]) == aborts


def test_a_part_that_cannot_be_sent_is_told_and_the_upload_can_be_given_up(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.post(UPLOADS, json={"uploadId": "u1"})
    wire.put(UPLOADS, **UNAUTHORIZED)
    wire.delete(UPLOADS, **UNAUTHORIZED)
    upload = adapters.store.start_upload("a")
    with pytest.raises(RecordGap):
        upload.write(b"x" * 11)
    upload.abort()
    assert [call.request.method for call in wire.calls] == ["POST", "PUT", "DELETE"]


def test_a_large_body_is_sent_whole_in_every_attempt(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    """It travels as a stream; a stream that another attempt finds read to its end would store nothing."""
    body = b"0123456789" * 100_000
    script_put(wire, THROTTLED, LANDED)
    assert adapters.store.put("a", body, condition=IfAbsent()) == Landed(etag="new")
    assert [call.request.body for call in wire.calls] == [body] * 2
    assert {call.request.headers["content-length"] for call in wire.calls} == {"1000000"}


def test_a_large_body_is_never_copied_as_a_whole(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK's connection joins a body of bytes to the headers: a part of an upload would be there twice."""
    pieces: list[int] = []
    send = HTTPConnection.send

    def noted(connection: HTTPConnection, data: Any) -> None:
        pieces.append(len(data))
        send(connection, data)

    monkeypatch.setattr(HTTPConnection, "send", noted)
    answer = http_answer(b"", "etag: new")
    with raw_server(answer) as template, Clients(credentials, endpoint_template=template) as clients:
        store = open_adapters(clients, max_attempts=1).store
        assert store.put("a", b"x" * 1_000_000, condition=IfAbsent()) == Landed(etag="new")
    assert sum(pieces) > 1_000_000
    assert max(pieces) < 100_000


def test_an_upload_is_cut_into_the_same_parts_however_it_is_written(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    for pieces in (
        [b"x" * 9, b"yy", b"z" * 14],
        [b"x" * 9 + b"yy" + b"z" * 14],
        [b"x"] * 9 + [b"yyz", b"z" * 13],
    ):
        wire.reset()
        script_commit(wire, LANDED)
        upload = adapters.store.start_upload("a")
        for piece in pieces:
            upload.write(piece)
        upload.commit()
        parts = [call.request.body for call in wire.calls if call.request.method == "PUT"]
        assert parts == [b"x" * 9 + b"y", b"y" + b"z" * 9, b"z" * 5]
