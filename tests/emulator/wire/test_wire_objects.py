"""Objects through the SDK, behind both doors: conditions, ranges, listing, checksums, names, errors."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from uuid import UUID

import oci
import pytest

from emulator.app import Emulator
from emulator.object_storage import ObjectStorageService
from emulator.object_storage.listing import list_page
from emulator.object_storage.store import StoredObject
from emulator.wire import Request

WHERE = ("axexample", "inventory")


def failure(call: Any, *arguments: Any, **options: Any) -> tuple[int, str | None]:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value.status, caught.value.code


def names(answer: Any) -> list[str]:
    return [found.name for found in answer.data.objects]


def test_namespace_and_bucket_are_told(storage: Any) -> None:
    assert storage.get_namespace().data == "axexample"
    storage.put_object(*WHERE, "a", b"12345")
    bucket = storage.get_bucket(*WHERE, fields=["approximateCount", "approximateSize"])
    assert (bucket.data.name, bucket.data.versioning) == ("inventory", "Disabled")
    assert (bucket.data.approximate_count, bucket.data.approximate_size) == (1, 5)
    head = storage.head_bucket(*WHERE)
    assert head.headers["etag"] == bucket.data.etag


def test_errors_name_what_is_missing(storage: Any) -> None:
    assert failure(storage.get_object, *WHERE, "nothing") == (404, "ObjectNotFound")
    assert failure(storage.delete_object, *WHERE, "nothing") == (404, "ObjectNotFound")
    assert failure(storage.head_object, *WHERE, "nothing") == (404, None)
    assert failure(storage.get_object, "axexample", "other", "nothing") == (404, "BucketNotFound")
    assert failure(storage.get_bucket, "foreign", "inventory") == (404, "NamespaceNotFound")
    assert failure(storage.get_namespace, compartment_id="ocid1.tenancy.oc1..other") == (
        404,
        "NamespaceNotFound",
    )
    assert failure(storage.list_buckets, "axexample", "ocid1.tenancy.oc1..x") == (404, "NotFound")
    assert failure(storage.delete_bucket, *WHERE) == (405, "MethodNotAllowed")


def test_a_bucket_is_in_its_region_only(clients: Any, storage: Any) -> None:
    elsewhere = clients(oci.object_storage.ObjectStorageClient, "objectstorage", region="eu-frankfurt-1")
    assert storage.head_bucket(*WHERE).status == 200
    assert failure(elsewhere.get_bucket, *WHERE) == (404, "BucketNotFound")


def test_every_version_has_its_own_etag_which_is_no_digest(storage: Any) -> None:
    first = storage.put_object(*WHERE, "a", b"same").headers["etag"]
    second = storage.put_object(*WHERE, "a", b"same").headers["etag"]
    assert first != second
    assert UUID(first) != UUID(second)


def test_create_once_refuses_the_second_writer(storage: Any) -> None:
    etag = storage.put_object(*WHERE, "lease.json", b"first", if_none_match="*").headers["etag"]
    refused = failure(storage.put_object, *WHERE, "lease.json", b"second", if_none_match="*")
    assert refused == (412, "IfNoneMatchFailed")
    found = storage.get_object(*WHERE, "lease.json")
    assert (found.data.content, found.headers["etag"]) == (b"first", etag)


def test_a_fenced_write_needs_the_current_version(storage: Any) -> None:
    first = storage.put_object(*WHERE, "latest.json", b"1").headers["etag"]
    second = storage.put_object(*WHERE, "latest.json", b"2", if_match=first).headers["etag"]
    assert failure(storage.put_object, *WHERE, "latest.json", b"3", if_match=first) == (412, "IfMatchFailed")
    assert failure(storage.put_object, *WHERE, "absent", b"3", if_match=first) == (412, "IfMatchFailed")
    assert failure(storage.delete_object, *WHERE, "latest.json", if_match=first) == (412, "IfMatchFailed")
    assert storage.get_object(*WHERE, "latest.json", if_match=second).data.content == b"2"
    assert failure(storage.get_object, *WHERE, "latest.json", if_match=first) == (412, "IfMatchFailed")
    assert failure(storage.head_object, *WHERE, "latest.json", if_match=first)[0] == 412
    assert storage.delete_object(*WHERE, "latest.json", if_match=second).status == 204
    assert names(storage.list_objects(*WHERE)) == []


def test_conditions_that_make_no_sense_are_400(storage: Any) -> None:
    assert failure(storage.put_object, *WHERE, "a", b"", if_none_match="etag")[0] == 400
    assert failure(storage.put_object, *WHERE, "a", b"", if_none_match="*", if_match="etag")[0] == 400
    storage.put_object(*WHERE, "a", b"")
    assert failure(storage.get_object, *WHERE, "a", if_none_match="*")[0] == 400


def test_a_reader_with_the_current_version_gets_304(storage: Any) -> None:
    etag = storage.put_object(*WHERE, "a", b"x").headers["etag"]
    assert failure(storage.get_object, *WHERE, "a", if_none_match=etag) == (304, None)
    assert failure(storage.head_object, *WHERE, "a", if_none_match=etag) == (304, None)
    assert storage.get_object(*WHERE, "a", if_none_match="older").status == 200


@pytest.mark.parametrize(
    ("wanted", "content", "shown"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_a_range_is_a_part_of_the_content(storage: Any, wanted: str, content: bytes, shown: str) -> None:
    storage.put_object(*WHERE, "digits", b"0123456789")
    answer = storage.get_object(*WHERE, "digits", range=wanted)
    assert (answer.status, answer.data.content, answer.headers["content-range"]) == (206, content, shown)
    assert answer.headers["content-length"] == str(len(content))


def test_ranges_that_cannot_be_answered(storage: Any) -> None:
    storage.put_object(*WHERE, "digits", b"0123456789")
    storage.put_object(*WHERE, "empty", b"")
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        storage.get_object(*WHERE, "digits", range="bytes=10-")
    assert (caught.value.status, caught.value.code) == (416, "InvalidRange")
    assert caught.value.headers["content-range"] == "bytes */10"
    assert failure(storage.get_object, *WHERE, "digits", range="bytes=0-1,4-5")[0] == 416
    assert failure(storage.get_object, *WHERE, "empty", range="bytes=0-")[0] == 416
    assert storage.get_object(*WHERE, "digits", range="lines=1-2").status == 200
    assert storage.get_object(*WHERE, "digits", range="bytes=5-2").status == 200


def test_headers_and_metadata_come_back(storage: Any) -> None:
    storage.put_object(
        *WHERE,
        "report.md",
        b"# text",
        content_type="text/markdown",
        content_encoding="identity",
        content_language="en",
        content_disposition="inline",
        cache_control="no-cache",
        opc_meta={"run": "20261123T040000Z-1a2b3c4d"},
    )
    for answer in (storage.get_object(*WHERE, "report.md"), storage.head_object(*WHERE, "report.md")):
        assert answer.headers["content-type"] == "text/markdown"
        assert answer.headers["content-encoding"] == "identity"
        assert answer.headers["content-language"] == "en"
        assert answer.headers["content-disposition"] == "inline"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["opc-meta-run"] == "20261123T040000Z-1a2b3c4d"
        assert answer.headers["content-length"] == "6"


def test_times_are_the_emulators(emulator: Emulator, storage: Any) -> None:
    """The product measures expiry by the `Date` header, so that header, and no other clock, must move."""
    assert storage.get_namespace().headers["date"] == "Mon, 23 Nov 2026 04:00:00 GMT"
    emulator.advance(86_400)
    answer = storage.put_object(*WHERE, "a", b"x")
    assert answer.headers["date"] == "Tue, 24 Nov 2026 04:00:00 GMT"
    assert answer.headers["last-modified"] == "Tue, 24 Nov 2026 04:00:00 GMT"
    listed = storage.list_objects(*WHERE, fields="timeCreated").data.objects[0]
    assert listed.time_created.isoformat() == "2026-11-24T04:00:00.123000+00:00"
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        storage.head_object(*WHERE, "nothing")
    assert caught.value.headers["date"] == "Tue, 24 Nov 2026 04:00:00 GMT"


def test_request_ids_are_echoed(emulator: Emulator, storage: Any) -> None:
    answer = storage.put_object(*WHERE, "a", b"x", opc_client_request_id="mine")
    assert answer.headers["opc-client-request-id"] == "mine"
    entry = emulator.requests.entries()[-1]
    assert entry.client_request_id is not None
    assert answer.headers["opc-request-id"].startswith(entry.client_request_id + "/")
    assert answer.headers["opc-request-id"] == entry.request_id


def digest(algorithm: str, body: bytes) -> str:
    return base64.b64encode(hashlib.new(algorithm, body).digest()).decode()


def test_the_md5_is_verified_and_answered(storage: Any) -> None:
    body = b"checked"
    md5 = digest("md5", body)
    assert storage.put_object(*WHERE, "a", body, content_md5=md5).headers["opc-content-md5"] == md5
    assert storage.head_object(*WHERE, "a").headers["content-md5"] == md5
    wrong = failure(storage.put_object, *WHERE, "a", b"other", content_md5=md5)
    assert wrong == (400, "UnmatchedContentMD5")
    assert failure(storage.put_object, *WHERE, "a", b"", content_md5="foo") == (400, "InvalidContentMD5")
    assert storage.get_object(*WHERE, "a").data.content == body


# 0xE3069283 for "123456789" is the check value of CRC-32C (RFC 3720's Castagnoli polynomial).
@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("CRC32C", base64.b64encode(bytes.fromhex("e3069283")).decode()),
        ("SHA256", digest("sha256", b"123456789")),
        ("SHA384", digest("sha384", b"123456789")),
    ],
)
def test_additional_checksums_are_verified_and_answered(storage: Any, algorithm: str, value: str) -> None:
    header = f"opc-content-{algorithm.lower()}"
    options = {header.replace("-", "_"): value, "opc_checksum_algorithm": algorithm}
    assert storage.put_object(*WHERE, "a", b"123456789", **options).headers[header] == value
    assert storage.get_object(*WHERE, "a").headers[header] == value
    refused = failure(storage.put_object, *WHERE, "a", b"tampered", **options)
    assert refused == (400, f"UnmatchedContent{algorithm}")
    computed = storage.put_object(*WHERE, "b", b"123456789", opc_checksum_algorithm=algorithm)
    assert computed.headers[header] == value


@pytest.mark.parametrize(
    "name",
    [
        "plain.txt",
        "deep/er/path.json",
        "with space & sign+plus=100%.csv",
        "ümläut/日本/🎉",
        "semi;colon?query#fragment",
        "double//slash",
        "/leading",
        "trailing/",
        "../../escape",
        "a/./b",
        "quote'\"back\\slash",
        "%2F",
        "~tilde*star(1)",
        "x" * 1000,
        "q=1&r=[2]",
    ],
)
def test_any_name_is_kept(emulator: Emulator, storage: Any, name: str) -> None:
    storage.put_object(*WHERE, name, b"content")
    assert storage.get_object(*WHERE, name).data.content == b"content"
    assert names(storage.list_objects(*WHERE, prefix=name)) == [name]
    [file] = [path for path in (emulator.root / "objectstorage").rglob("*") if path.is_file()]
    assert emulator.root / "objectstorage/axexample/inventory" in file.parents
    storage.delete_object(*WHERE, name)
    assert names(storage.list_objects(*WHERE)) == []


def test_names_too_long_or_with_control_characters_are_refused(storage: Any) -> None:
    assert failure(storage.put_object, *WHERE, "x" * 1025, b"") == (400, "InvalidObjectName")
    assert failure(storage.put_object, *WHERE, "line\nbreak", b"") == (400, "InvalidObjectName")


def test_content_lies_where_a_person_looks_for_it(emulator: Emulator, storage: Any) -> None:
    storage.put_object(*WHERE, "inventory/runs/1/report.md", b"# report")
    file = emulator.root / "objectstorage/axexample/inventory/inventory/runs/1/report.md"
    assert file.read_bytes() == b"# report"
    storage.delete_object(*WHERE, "inventory/runs/1/report.md")
    assert list((emulator.root / "objectstorage/axexample/inventory").iterdir()) == []


@pytest.fixture
def listed(storage: Any) -> Any:
    for name in ("a", "b/1", "b/2", "b/c/3", "c", "d/1", "e"):
        storage.put_object(*WHERE, name, name.encode())
    return storage


def test_a_listing_is_in_the_order_of_names(listed: Any) -> None:
    assert names(listed.list_objects(*WHERE)) == ["a", "b/1", "b/2", "b/c/3", "c", "d/1", "e"]
    assert names(listed.list_objects(*WHERE, prefix="b/")) == ["b/1", "b/2", "b/c/3"]
    assert names(listed.list_objects(*WHERE, start="b/2")) == ["b/2", "b/c/3", "c", "d/1", "e"]
    assert names(listed.list_objects(*WHERE, start_after="b/2")) == ["b/c/3", "c", "d/1", "e"]
    assert names(listed.list_objects(*WHERE, start="b/2", end="d/1")) == ["b/2", "b/c/3", "c"]
    assert names(listed.list_objects(*WHERE, prefix="b/", start="b/2", end="b/3")) == ["b/2"]
    assert names(listed.list_objects(*WHERE, prefix="z")) == []


def test_a_delimiter_rolls_names_up(listed: Any) -> None:
    top = listed.list_objects(*WHERE, delimiter="/")
    assert (names(top), top.data.prefixes) == (["a", "c", "e"], ["b/", "d/"])
    below = listed.list_objects(*WHERE, delimiter="/", prefix="b/")
    assert (names(below), below.data.prefixes) == (["b/1", "b/2"], ["b/c/"])
    assert listed.list_objects(*WHERE).data.prefixes is None


@pytest.mark.parametrize("delimiter", [None, "/"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_make_the_whole_listing(listed: Any, delimiter: str | None, limit: int) -> None:
    options: dict[str, Any] = {} if delimiter is None else {"delimiter": delimiter}
    whole = listed.list_objects(*WHERE, **options)
    found, prefixes, start = [], [], None
    while True:
        page = listed.list_objects(*WHERE, limit=limit, **options, **({"start": start} if start else {}))
        assert len(page.data.objects) <= limit
        found += names(page)
        prefixes += page.data.prefixes or []
        start = page.data.next_start_with
        if start is None:
            break
    assert (found, prefixes) == (names(whole), whole.data.prefixes or [])


def test_a_page_has_a_thousand_objects_at_most() -> None:
    objects = [
        StoredObject(
            bucket="b",
            name=f"{number:04}",
            etag="e",
            size=0,
            path="",
            modified="",
            md5="",
            headers={"storage-tier": ""},
        )
        for number in range(1001)
    ]
    request = Request(service="objectstorage", region="r", method="GET", path="/", target="/")
    page = list_page(request, objects)
    assert (len(page["objects"]), page["nextStartWith"]) == (1000, "1000")
    whole = list_page(request, objects[:1000])
    assert (len(whole["objects"]), whole.get("nextStartWith")) == (1000, None)


def test_a_limit_is_in_1_to_1000(storage: Any) -> None:
    assert failure(storage.list_objects, *WHERE, limit=1001) == (400, "InvalidLimit")
    assert failure(storage.list_objects, *WHERE, limit=0) == (400, "InvalidLimit")


def test_a_listing_names_only_what_was_asked_for(storage: Any) -> None:
    etag = storage.put_object(*WHERE, "a", b"123").headers["etag"]
    bare = storage.list_objects(*WHERE).data.objects[0]
    assert (bare.name, bare.size, bare.etag, bare.time_created) == ("a", None, None, None)
    full = storage.list_objects(
        *WHERE, fields="name,size,ETAG,md5,timeCreated,timeModified,storageTier,archivalState"
    ).data.objects[0]
    assert (full.size, full.etag, full.md5) == (3, etag, digest("md5", b"123"))
    assert (full.storage_tier, full.archival_state) == ("Standard", None)
    assert full.time_modified is not None
    assert failure(storage.list_objects, *WHERE, delimiter=":") == (400, "InvalidParameter")


def test_buckets_of_the_generated_tenancy_answer_by_name_only(clients: Any, emulator: Emulator) -> None:
    def known(namespace: str, name: str, region: str) -> dict[str, str] | None:
        found = (namespace, name, region) == ("axexample", "theirs", "us-ashburn-1")
        return {"name": name, "namespace": namespace, "etag": "e1"} if found else None

    service = ObjectStorageService(
        root=emulator.root, namespace="axexample", clock=emulator.now, other_buckets=known
    )
    emulator.register("objectstorage", service)
    client = clients(oci.object_storage.ObjectStorageClient, "objectstorage")
    assert client.get_bucket("axexample", "theirs").data.name == "theirs"
    assert client.head_bucket("axexample", "theirs").headers["etag"] == "e1"
    assert failure(client.get_bucket, "axexample", "unknown") == (404, "BucketNotFound")
    assert failure(client.list_objects, "axexample", "theirs") == (404, "BucketNotFound")
    service.close()
