"""Multipart uploads: parts, their order and sizes, conditions at the commit, checksums."""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import oci
import pytest
from oci.object_storage.models import (
    CommitMultipartUploadDetails,
    CommitMultipartUploadPartDetails,
    CreateMultipartUploadDetails,
)

from emulator.app import Emulator

WHERE = ("axexample", "inventory")
MIB = 1024 * 1024


def failure(call: Any, *arguments: Any, **options: Any) -> tuple[int, str | None]:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    return caught.value.status, caught.value.code


def create(storage: Any, name: str = "big", **options: Any) -> str:
    details = CreateMultipartUploadDetails(object=name)
    upload_id: str = storage.create_multipart_upload(*WHERE, details, **options).data.upload_id
    return upload_id


def commit_details(*parts: tuple[int, str], excluded: tuple[int, ...] = ()) -> CommitMultipartUploadDetails:
    return CommitMultipartUploadDetails(
        parts_to_commit=[
            CommitMultipartUploadPartDetails(part_num=number, etag=etag) for number, etag in parts
        ],
        parts_to_exclude=list(excluded),
    )


def put(storage: Any, upload_id: str, number: int, body: bytes, **options: Any) -> str:
    etag: str = storage.upload_part(*WHERE, "big", upload_id, number, body, **options).headers["etag"]
    return etag


def pattern(size: int) -> bytes:
    return bytes(range(251)) * (size // 251 + 1)


def combined_md5(content: bytes, part_size: int) -> str:
    parts = [content[start : start + part_size] for start in range(0, len(content), part_size)]
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    return f"{base64.b64encode(hashlib.md5(digests).digest()).decode()}-{len(parts)}"


def no_leftovers(emulator: Emulator) -> bool:
    return list((emulator.root / "objectstorage-staging").iterdir()) == []


def test_a_stream_of_25_mib_arrives_in_three_parts(emulator: Emulator, storage: Any) -> None:
    content = pattern(25 * MIB)[: 25 * MIB]
    uploads = oci.object_storage.UploadManager(storage, parallel_process_count=3)
    answer = uploads.upload_stream(
        *WHERE, "big", io.BytesIO(content), content_type="application/gzip", metadata={"run": "1"}
    )
    assert answer.headers["opc-multipart-md5"] == combined_md5(content, 10 * MIB)
    assert emulator.requests.count(operation="PUT /n/{namespaceName}/b/{bucketName}/u/{objectName}") == 3
    found = storage.get_object(*WHERE, "big")
    assert found.data.content == content
    assert found.headers["opc-multipart-md5"] == answer.headers["opc-multipart-md5"]
    assert (found.headers["content-type"], found.headers["opc-meta-run"]) == ("application/gzip", "1")
    assert no_leftovers(emulator)


def test_a_file_is_uploaded_in_verified_parts(storage: Any, tmp_path: Path) -> None:
    """The SDK reads each part through its own reader, hashes it and lets the service compare."""
    content = pattern(11 * MIB)[: 11 * MIB]
    file = tmp_path / "artifact.bin"
    file.write_bytes(content)
    uploads = oci.object_storage.UploadManager(storage, allow_parallel_uploads=False)
    answer = uploads.upload_file(
        *WHERE, "big", str(file), part_size=10 * MIB, opc_checksum_algorithm="SHA256"
    )
    digests = hashlib.sha256(content[: 10 * MIB]).digest() + hashlib.sha256(content[10 * MIB :]).digest()
    expected = f"{base64.b64encode(hashlib.sha256(digests).digest()).decode()}-2"
    assert answer.headers["opc-multipart-sha256"] == expected
    assert storage.head_object(*WHERE, "big").headers["content-length"] == str(len(content))


def test_a_part_smaller_than_10_mib_may_only_be_the_last(storage: Any) -> None:
    upload_id = create(storage)
    parts = [(number, put(storage, upload_id, number, b"small")) for number in (1, 2)]
    refused = failure(storage.commit_multipart_upload, *WHERE, "big", upload_id, commit_details(*parts))
    assert refused == (400, "InvalidUploadPart")
    alone = commit_details(parts[0], excluded=(2,))
    storage.commit_multipart_upload(*WHERE, "big", upload_id, alone)
    assert storage.get_object(*WHERE, "big").data.content == b"small"


def test_a_commit_must_account_for_every_part_as_it_is(storage: Any) -> None:
    upload_id = create(storage)
    stale = put(storage, upload_id, 1, b"old")
    first = put(storage, upload_id, 1, b"new")
    second = put(storage, upload_id, 2, b"more")

    def refused(details: CommitMultipartUploadDetails) -> tuple[int, str | None]:
        return failure(storage.commit_multipart_upload, *WHERE, "big", upload_id, details)

    assert refused(commit_details((1, first))) == (400, "InvalidUploadPart")
    assert refused(commit_details((1, stale), excluded=(2,))) == (400, "InvalidUploadPart")
    assert refused(commit_details((1, first), excluded=(1, 2))) == (400, "InvalidUploadPart")
    assert refused(commit_details((3, second), excluded=(1, 2))) == (400, "InvalidUploadPart")
    assert refused(commit_details(excluded=(1, 2))) == (400, "InvalidUploadPart")
    assert refused(commit_details((2, second), (1, first))) == (400, "InvalidUploadPartOrder")
    assert failure(storage.get_object, *WHERE, "big") == (404, "ObjectNotFound")


def test_parts_are_numbered_from_1_to_10000(storage: Any) -> None:
    upload_id = create(storage)
    assert put(storage, upload_id, 10_000, b"last")
    for number in (0, 10_001):
        refused = failure(storage.upload_part, *WHERE, "big", upload_id, number, b"")
        assert refused == (400, "InvalidUploadPartNumber")


def test_parts_are_listed_page_by_page(storage: Any) -> None:
    upload_id = create(storage)
    etags = {number: put(storage, upload_id, number, b"x" * number) for number in (3, 1, 2)}
    page = storage.list_multipart_upload_parts(*WHERE, "big", upload_id, limit=2)
    rest = storage.list_multipart_upload_parts(*WHERE, "big", upload_id, limit=2, page=page.next_page)
    listed = [(part.part_number, part.size, part.etag) for part in page.data + rest.data]
    assert listed == [(number, number, etags[number]) for number in (1, 2, 3)]
    assert not rest.has_next_page


def test_create_once_holds_at_the_commit_not_only_at_the_start(storage: Any) -> None:
    """Someone else creates the object while the parts are under way: the commit must not replace it."""
    upload_id = create(storage, if_none_match="*")
    etag = put(storage, upload_id, 1, b"ours")
    storage.put_object(*WHERE, "big", b"theirs", if_none_match="*")
    details = commit_details((1, etag))
    refused = failure(storage.commit_multipart_upload, *WHERE, "big", upload_id, details, if_none_match="*")
    assert refused == (412, "IfNoneMatchFailed")
    assert storage.get_object(*WHERE, "big").data.content == b"theirs"
    current = storage.head_object(*WHERE, "big").headers["etag"]
    # The refused commit left the upload as it was: with the right version it still goes through.
    storage.commit_multipart_upload(*WHERE, "big", upload_id, details, if_match=current)
    assert storage.get_object(*WHERE, "big").data.content == b"ours"


def test_conditions_are_checked_when_an_upload_starts(storage: Any) -> None:
    storage.put_object(*WHERE, "big", b"there")
    details = CreateMultipartUploadDetails(object="big")
    refused = failure(storage.create_multipart_upload, *WHERE, details, if_none_match="*")
    assert refused == (412, "IfNoneMatchFailed")
    assert failure(storage.create_multipart_upload, *WHERE, details, if_match="x") == (412, "IfMatchFailed")


def test_metadata_that_no_header_can_carry_is_refused(storage: Any) -> None:
    for value in ("grün", "two\nlines"):
        details = CreateMultipartUploadDetails(object="big", metadata={"opc-meta-run": value})
        assert failure(storage.create_multipart_upload, *WHERE, details) == (400, "InvalidMetadata")


def test_a_tampered_part_is_refused(storage: Any) -> None:
    upload_id = create(storage)
    md5 = base64.b64encode(hashlib.md5(b"intended").digest()).decode()
    refused = failure(storage.upload_part, *WHERE, "big", upload_id, 1, b"tampered", content_md5=md5)
    assert refused == (400, "UnmatchedContentMD5")


def test_an_ended_upload_is_gone(emulator: Emulator, storage: Any) -> None:
    aborted, committed = create(storage), create(storage)
    put(storage, aborted, 1, b"x")
    details = commit_details((1, put(storage, committed, 1, b"y")))
    storage.abort_multipart_upload(*WHERE, "big", aborted)
    storage.commit_multipart_upload(*WHERE, "big", committed, details)
    for upload_id in (aborted, committed, "never"):
        assert failure(storage.upload_part, *WHERE, "big", upload_id, 1, b"") == (404, "UploadNotFound")
        refused = failure(storage.commit_multipart_upload, *WHERE, "big", upload_id, details)
        assert refused == (404, "UploadNotFound")
    assert no_leftovers(emulator)
