"""The object store over OCI Object Storage.

Decides which requests and conditions make up each of the port's methods and which answers mean "no such
object". Leaves retries to `caller`, the outcome of a write to `conditional_write`, objects in pieces to
`upload`. Every body travels with its MD5, so that the service refuses one that was damaged on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from inventory.errors import MalformedAnswer, NotAuthorizedOrNotFound, ObjectNotFound, RecordGap
from inventory.oci_io.answers import (
    Answer,
    announced_bytes,
    body_of,
    check_md5,
    header_of,
    md5_base64,
    object_of,
    objects_of,
)
from inventory.oci_io.bucket_calls import BucketCalls
from inventory.oci_io.caller import Caller
from inventory.oci_io.conditional_write import write_under_condition
from inventory.oci_io.upload import OciUpload
from inventory.ports.store import Condition, IfAbsent, ObjectInfo, PutOutcome, StoredObject, Upload

T = TypeVar("T")

#: The smallest part of a multipart upload other than the last, per the service's limits.
MIN_PART_BYTES = 10 * 1024 * 1024
#: The most that ListObjects gives at once.
MAX_PAGE_OBJECTS = 1000


class OciObjectStore:
    """One bucket of one region; safe to use from several threads. `monotonic` gives seconds.

    `read_timeout_seconds` is given where the usual one is too long.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        region: str,
        bucket: str,
        monotonic: Callable[[], float],
        namespace: str | None = None,
        part_bytes: int = MIN_PART_BYTES,
        page_objects: int = MAX_PAGE_OBJECTS,
        read_timeout_seconds: float | None = None,
    ) -> None:
        self._calls = BucketCalls(
            caller,
            region=region,
            bucket=bucket,
            namespace=namespace,
            monotonic=monotonic,
            read_timeout_seconds=read_timeout_seconds,
        )
        self._part_bytes = part_bytes
        self._page_objects = page_objects

    def namespace(self) -> str:
        """The tenancy's Object Storage namespace. Raises RetryLater, RecordGap."""
        return self._calls.namespace()

    def get(self, name: str) -> StoredObject:
        """The whole object. Raises ObjectNotFound, RetryLater, RecordGap.

        Where the service answers OCI's ambiguous 404 (not there, or not ours to see), the listing decides.
        """

        def accept(answer: Answer) -> StoredObject:
            body = body_of(answer)
            check_md5(answer, body)
            return StoredObject(body=body, etag=header_of(answer, "etag"))

        try:
            return self._of_object("get_object", name, {}, accept=accept)
        except NotAuthorizedOrNotFound as error:
            if error.code == "NotAuthorizedOrNotFound" and not self._is_listed(name):
                raise _not_found(f"no object {name}", error) from error
            raise

    def read_range(self, name: str, *, start: int, length: int, etag: str) -> bytes:
        """Up to `length` bytes from `start` of the object with this ETag; empty at or past its end.

        Raises ObjectNotFound where the object is gone or has another ETag, RetryLater, RecordGap.
        """
        if length <= 0:
            return b""

        def accept(answer: Answer) -> bytes:
            body = body_of(answer)
            if answer.status != 206:
                # A server may pass over Range and answer 200 with everything (RFC 9110, 14.2).
                return body[start : start + length]
            if len(body) > length:
                raise MalformedAnswer(f"asked for {length} bytes, got {len(body)}")
            return body

        arguments = {"range": f"bytes={start}-{start + length - 1}", "if_match": etag}
        try:
            return self._of_object("get_object", name, arguments, accept=accept)
        except RecordGap as error:
            if error.status == 416:
                return b""
            if error.status == 412:
                raise _not_found(f"{name} no longer has the ETag {etag}", error) from error
            raise

    def head(self, name: str) -> ObjectInfo:
        """Name, ETag and size. Raises ObjectNotFound, RetryLater, RecordGap.

        The answer to a HEAD has no body that could tell a missing bucket or grant from a missing object:
        ObjectNotFound stands for all three.
        """

        def accept(answer: Answer) -> ObjectInfo:
            size = announced_bytes(answer)
            if size is None:
                raise MalformedAnswer("the answer does not tell the object's size")
            return ObjectInfo(name=name, etag=header_of(answer, "etag"), size=size)

        return self._of_object("head_object", name, {}, accept=accept)

    def put(self, name: str, body: bytes, *, condition: Condition) -> PutOutcome:
        """Write under a condition.

        Unknown where answers were lost and retries have run out; Refused may stand for our own earlier
        attempt. Raises Throttled where every attempt was refused by throttling, RecordGap where the store
        refuses for another reason.
        """
        arguments: dict[str, Any] = {
            "object_name": name,
            "put_object_body": body,
            "content_md5": md5_base64(body),
            "content_type": "application/octet-stream",
        }
        if isinstance(condition, IfAbsent):
            arguments["if_none_match"] = "*"
        else:
            arguments["if_match"] = condition.etag

        def accept(answer: Answer) -> str:
            check_md5(answer, body)
            return header_of(answer, "etag")

        return write_under_condition(
            lambda failed: self._calls.call("put_object", arguments, accept=accept, failed=failed)
        )

    def start_upload(self, name: str) -> Upload:
        """Begin a create-once object of unknown size; it costs no request before a part is full."""
        return OciUpload(
            self._calls,
            name=name,
            part_bytes=self._part_bytes,
            put=lambda body: self.put(name, body, condition=IfAbsent()),
        )

    def list_objects(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects whose names start with the prefix, in the order of their names.

        Raises RetryLater, RecordGap.
        """
        for page in self._list(prefix, {"fields": "name,size,etag"}):
            yield from page["objects"]

    def list_prefixes(self, prefix: str) -> Iterator[str]:
        """The distinct next path parts below a prefix that ends in '/', each ending in '/'.

        Raises RetryLater, RecordGap.
        """
        last = None
        for page in self._list(prefix, {"delimiter": "/"}):
            for found in page["prefixes"]:
                if found != last:
                    yield found
                last = found

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is fine. Raises RetryLater, RecordGap."""
        try:
            self._of_object("delete_object", name, {}, accept=lambda _answer: None)
        except ObjectNotFound:
            return

    def now(self) -> datetime:
        """The store's clock in UTC, to the second.

        Raises RetryLater, RecordGap where the store must be asked first.
        """
        return self._calls.now()

    def _is_listed(self, name: str) -> bool:
        try:
            return any(info.name == name for info in self.list_objects(name))
        except RecordGap:
            return True  # the bucket is not ours to see at all

    def _of_object(
        self, operation: str, name: str, arguments: dict[str, Any], *, accept: Callable[[Answer], T]
    ) -> T:
        try:
            return self._calls.call(operation, {"object_name": name, **arguments}, accept=accept)
        except RecordGap as error:
            # A missing bucket or grant is BucketNotFound.
            if error.status == 404 and error.code in ("ObjectNotFound", None):
                raise _not_found(f"no object {name}", error) from error
            raise

    def _list(self, prefix: str, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        start: str | None = None
        while True:
            place = {"prefix": prefix, "limit": self._page_objects} | ({"start": start} if start else {})
            page = self._calls.call("list_objects", {**arguments, **place}, accept=_page_of)
            yield page
            start = page["next_start"]
            if start is None:
                return


def _not_found(message: str, error: RecordGap) -> ObjectNotFound:
    return ObjectNotFound(
        message,
        operation=error.operation,
        region=error.region,
        request_id=error.request_id,
        status=error.status,
        code=error.code,
    )


def _page_of(answer: Answer) -> dict[str, Any]:
    """A page of ListObjects: `objects`, `prefixes`, and `next_start` if there is more."""
    document = object_of(answer)
    try:
        return {
            "objects": [
                ObjectInfo(name=item["name"], etag=item.get("etag", ""), size=item.get("size", 0))
                for item in objects_of(document["objects"])
            ],
            "prefixes": document.get("prefixes") or [],
            "next_start": document.get("nextStartWith"),
        }
    except KeyError as error:
        raise MalformedAnswer(f"a page of the listing has no {error}") from error
