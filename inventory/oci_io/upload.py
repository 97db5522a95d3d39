"""An object written in pieces: a multipart upload, or one PUT where everything fits in one part.

Decides when a part is full and what is left behind: a refused upload discards its parts; one of unknown
outcome does not, since its commit may still be under way. Parts that a crash leaves behind are for a
lifecycle rule of the bucket.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from inventory.errors import InventoryError, MalformedAnswer
from inventory.oci_io.answers import Answer, check_md5, header_of, md5_base64, object_of
from inventory.oci_io.bucket_calls import BucketCalls
from inventory.oci_io.conditional_write import write_under_condition
from inventory.ports.store import PutOutcome, Refused


class OciUpload:
    """A create-once object of unknown size; for one thread. Holds one part in memory."""

    def __init__(
        self, calls: BucketCalls, *, name: str, part_bytes: int, put: Callable[[bytes], PutOutcome]
    ) -> None:
        self._calls = calls
        self._name = name
        self._part_bytes = part_bytes
        self._put = put
        self._buffer = io.BytesIO()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        """Append bytes. Raises RetryLater or RecordGap where the store cannot take them."""
        rest = memoryview(data)
        # A full part waits for the next byte: what fits in one part is written by one PUT.
        while self._buffer.tell() + len(rest) > self._part_bytes:
            room = self._part_bytes - self._buffer.tell()
            self._buffer.write(rest[:room])
            self._upload_part(self._taken())
            rest = rest[room:]
        self._buffer.write(rest)

    def commit(self) -> PutOutcome:
        """Make the object visible if no object of its name exists; the outcomes and errors of a put.

        Raises RetryLater too, where the last part cannot be sent.
        """
        body = self._taken()
        if self._upload_id is None:
            return self._put(body)
        self._upload_part(body)
        arguments = self._arguments(
            commit_multipart_upload_details={"partsToCommit": self._parts}, if_none_match="*"
        )
        outcome = write_under_condition(
            lambda failed: self._calls.call(
                "commit_multipart_upload",
                arguments,
                accept=lambda answer: header_of(answer, "etag"),
                failed=failed,
            )
        )
        if isinstance(outcome, Refused):
            self.abort()
        self._upload_id = None
        return outcome

    def abort(self) -> None:
        """Discard what was written; never raises."""
        self._buffer = io.BytesIO()
        if self._upload_id is None:
            return
        try:
            self._calls.call("abort_multipart_upload", self._arguments(), accept=lambda _answer: None)
        except InventoryError as error:
            self._calls.log.failure("upload_parts_stay_behind", error, object=self._name)
        self._upload_id = None

    def _taken(self) -> bytes:
        """What has been written so far, as it lies in memory: a part is too large to be copied."""
        body = self._buffer.getvalue()
        self._buffer = io.BytesIO()
        return body

    def _upload_part(self, body: bytes) -> None:
        if self._upload_id is None:
            self._upload_id = self._calls.call(
                "create_multipart_upload",
                {"create_multipart_upload_details": {"object": self._name}},
                accept=_upload_id_of,
            )
        number = len(self._parts) + 1

        def accept(answer: Answer) -> str:
            check_md5(answer, body)
            return header_of(answer, "etag")

        etag = self._calls.call(
            "upload_part",
            self._arguments(upload_part_num=number, upload_part_body=body, content_md5=md5_base64(body)),
            accept=accept,
        )
        self._parts.append({"partNum": number, "etag": etag})

    def _arguments(self, **more: Any) -> dict[str, Any]:
        return {"object_name": self._name, "upload_id": self._upload_id, **more}


def _upload_id_of(answer: Answer) -> str:
    upload_id = object_of(answer).get("uploadId")
    if not isinstance(upload_id, str):
        raise MalformedAnswer("the answer names no upload")
    return upload_id
