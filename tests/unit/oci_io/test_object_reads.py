"""Reading objects when the answer is damaged, and the names and the time that a bucket tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import responses

from inventory.errors import MalformedAnswer, NotAuthorizedOrNotFound, ObjectNotFound
from inventory.oci_io.answers import Answer, body_of, md5_base64
from inventory.oci_io.clients import Clients
from inventory.oci_io.object_store import OciObjectStore
from inventory.ports.store import IfAbsent, ObjectInfo, StoredObject
from tests.unit.oci_io.adapters import REGION, Adapters, open_adapters

BUCKET = "https://objectstorage.us-ashburn-1.oraclecloud.com/n/axunit/b/inventory"
OBJECT = f"{BUCKET}/o/a"
DATE = "Mon, 23 Nov 2026 04:00:00 GMT"


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(target="oci._vendor.requests.adapters.HTTPAdapter.send") as wire:
        yield wire


@pytest.fixture
def adapters(clients: Clients) -> Adapters:
    return open_adapters(clients, max_attempts=3)


@pytest.mark.parametrize("header", ["opc-content-md5", "content-md5"])
def test_a_damaged_body_is_read_again(wire: responses.RequestsMock, adapters: Adapters, header: str) -> None:
    wire.get(OBJECT, body=b"bxdy", headers={"etag": "e", header: md5_base64(b"body")})
    wire.get(OBJECT, body=b"body", headers={"etag": "e", header: md5_base64(b"body")})
    assert adapters.store.get("a") == StoredObject(body=b"body", etag="e")


def test_a_body_that_stays_damaged_is_not_handed_out(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(OBJECT, body=b"bxdy", headers={"etag": "e", "opc-content-md5": md5_base64(b"body")})
    with pytest.raises(MalformedAnswer, match="opc-content-md5"):
        adapters.store.get("a")
    assert len(wire.calls) == 3


class Stream:
    """A streamed body whose HTTP library did not count what it read."""

    content = b"bod"

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("headers", "is_whole"),
    [
        ({}, True),
        ({"content-length": "3"}, True),
        ({"content-length": "4"}, False),
        ({"content-length": "2", "content-encoding": "gzip"}, True),
    ],
)
def test_a_body_is_counted_even_where_the_http_library_does_not(
    headers: dict[str, str], *, is_whole: bool
) -> None:
    answer = Answer(status=200, headers=headers, data=Stream())
    if is_whole:
        assert body_of(answer) == b"bod"
    else:
        with pytest.raises(MalformedAnswer, match="3 bytes, announced were 4"):
            body_of(answer)


def test_a_checksum_of_parts_is_not_taken_for_one_of_the_body(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(OBJECT, body=b"body", headers={"etag": "e", "opc-multipart-md5": "9Qn1eyou2yMiyOO9Bc7o1A==-2"})
    assert adapters.store.get("a").body == b"body"


def test_a_range_is_not_compared_with_the_checksum_of_the_whole(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    headers = {"etag": "e", "content-md5": md5_base64(b"0123456789")}
    wire.get(OBJECT, body=b"345", status=206, headers=headers)
    assert adapters.store.read_range("a", start=3, length=3, etag="e") == b"345"
    request = wire.calls[0].request
    assert (request.headers["range"], request.headers["if-match"]) == ("bytes=3-5", "e")


def test_a_server_that_passes_over_the_range_is_cut_to_it(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(OBJECT, body=b"0123456789", status=200, headers={"etag": "e"})
    assert adapters.store.read_range("a", start=3, length=3, etag="e") == b"345"


def test_more_than_was_asked_for_is_malformed(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.get(OBJECT, body=b"3456", status=206)
    with pytest.raises(MalformedAnswer):
        adapters.store.read_range("a", start=3, length=3, etag="e")


def test_a_missing_bucket_is_not_a_missing_object(wire: responses.RequestsMock, adapters: Adapters) -> None:
    """A bucket that cannot be seen must not look like one in which nothing has been written yet."""
    wire.get(OBJECT, status=404, json={"code": "BucketNotFound", "message": "or you are not authorized"})
    wire.get(OBJECT, status=404, json={"code": "ObjectNotFound", "message": "no"})
    with pytest.raises(NotAuthorizedOrNotFound):
        adapters.store.get("a")
    with pytest.raises(ObjectNotFound):
        adapters.store.get("a")
    wire.delete(OBJECT, status=404, json={"code": "BucketNotFound", "message": "or you are not authorized"})
    with pytest.raises(NotAuthorizedOrNotFound):
        adapters.store.delete("a")


@pytest.mark.parametrize("headers", [{}, {"etag": "e", "content-length": "many"}])
def test_a_head_that_tells_nothing_is_malformed(
    wire: responses.RequestsMock, adapters: Adapters, headers: dict[str, str]
) -> None:
    wire.head(OBJECT, headers=headers, auto_calculate_content_length=False)
    with pytest.raises(MalformedAnswer):
        adapters.store.head("a")


def test_a_listing_goes_on_where_a_page_says(wire: responses.RequestsMock, adapters: Adapters) -> None:
    first = {"objects": [{"name": "p/a", "etag": "1", "size": 1}], "prefixes": [], "nextStartWith": "p/b"}
    second = {"objects": [{"name": "p/b", "etag": "2", "size": 2}], "nextStartWith": None}
    wire.get(f"{BUCKET}/o", json=first)
    wire.get(f"{BUCKET}/o", json=second)
    assert list(adapters.store.list_objects("p/")) == [
        ObjectInfo(name="p/a", etag="1", size=1),
        ObjectInfo(name="p/b", etag="2", size=2),
    ]
    common = {"prefix": "p/", "limit": "2", "fields": "name,size,etag"}
    assert [call.request.params for call in wire.calls] == [common, {**common, "start": "p/b"}]


def test_a_prefix_that_ends_one_page_and_begins_the_next_is_told_once(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(f"{BUCKET}/o", json={"objects": [], "prefixes": ["p/a/"], "nextStartWith": "p/a/z"})
    wire.get(f"{BUCKET}/o", json={"objects": [], "prefixes": ["p/a/", "p/b/"]})
    assert list(adapters.store.list_prefixes("p/")) == ["p/a/", "p/b/"]


def test_the_stores_time_is_its_last_date_carried_on(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.put(OBJECT, headers={"etag": "e", "date": DATE})
    adapters.store.put("a", b"", condition=IfAbsent())
    adapters.clock.seconds += 90.7
    assert adapters.store.now() == datetime(2026, 11, 23, 4, 1, 30, tzinfo=UTC)
    assert len(wire.calls) == 1


def test_before_its_first_call_the_store_is_asked_for_its_time(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get("https://objectstorage.us-ashburn-1.oraclecloud.com/n", json="axunit", headers={"date": DATE})
    assert adapters.store.now() == datetime(2026, 11, 23, 4, 0, 0, tzinfo=UTC)
    adapters.clock.seconds += 1
    assert adapters.store.now() == datetime(2026, 11, 23, 4, 0, 1, tzinfo=UTC)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_a_store_without_a_clock_is_malformed(
    wire: responses.RequestsMock, adapters: Adapters, headers: dict[str, str]
) -> None:
    wire.get("https://objectstorage.us-ashburn-1.oraclecloud.com/n", json="axunit", headers=headers)
    with pytest.raises(MalformedAnswer, match="Date"):
        adapters.store.now()


def test_the_namespace_is_looked_up_once_where_it_is_not_given(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    store = OciObjectStore(adapters.caller, region=REGION, bucket="b", monotonic=adapters.clock.monotonic)
    wire.get("https://objectstorage.us-ashburn-1.oraclecloud.com/n", json="axlooked")
    wire.get(re.compile(".*/n/axlooked/b/b/o/.*"), body=b"x", headers={"etag": "e"})
    store.get("a")
    store.get("b")
    assert store.namespace() == "axlooked"
    assert len(wire.calls) == 3


def test_an_older_tenancys_namespace_is_its_name(wire: responses.RequestsMock, adapters: Adapters) -> None:
    store = OciObjectStore(adapters.caller, region=REGION, bucket="b", monotonic=adapters.clock.monotonic)
    wire.get("https://objectstorage.us-ashburn-1.oraclecloud.com/n", json="my-old_tenancy")
    wire.get(re.compile(".*/n/my-old_tenancy/b/b/o/a"), body=b"x", headers={"etag": "e"})
    assert store.get("a").body == b"x"


@pytest.mark.parametrize("body", ['"two words"', '{"namespace": "n"}', "<html>"])
def test_what_cannot_be_a_namespace_is_malformed(
    wire: responses.RequestsMock, adapters: Adapters, body: str
) -> None:
    store = OciObjectStore(adapters.caller, region=REGION, bucket="b", monotonic=adapters.clock.monotonic)
    wire.get("https://objectstorage.us-ashburn-1.oraclecloud.com/n", body=body)
    with pytest.raises(MalformedAnswer, match="namespace"):
        store.get("a")
