"""The requests of a multipart upload that name its object: UploadPart, list parts, commit and abort.

Decides what a well-formed request is; which parts may become an object is decided in `uploads`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from emulator.object_storage import checksums
from emulator.object_storage.conditions import Conditions
from emulator.object_storage.listing import page_limit
from emulator.object_storage.uploads import Uploads
from emulator.wire import Request, Response, ServiceError

_BODY_HEADERS = {
    "contentType": "content-type",
    "contentLanguage": "content-language",
    "contentEncoding": "content-encoding",
    "contentDisposition": "content-disposition",
    "cacheControl": "cache-control",
    "storageTier": "storage-tier",
}


def headers_of(details: Mapping[str, Any]) -> dict[str, str]:
    """The object's headers in a creation's body; `metadata` keys come with or without `opc-meta-`."""
    headers = {header: details[key] for key, header in _BODY_HEADERS.items() if details.get(key) is not None}
    for key, value in (details.get("metadata") or {}).items():
        name = key.lower()
        headers[name if name.startswith("opc-meta-") else f"opc-meta-{name}"] = value
    for name, value in headers.items():
        if not isinstance(value, str) or not f"{name}{value}".isascii() or not f"{name}{value}".isprintable():
            raise ServiceError(400, "InvalidMetadata", "Headers and metadata are printable ASCII strings.")
    return headers


def answer(request: Request, uploads: Uploads, bucket: str, name: str) -> Response:
    """Answer a request below `/u/{objectName}`."""
    upload_id = request.parameter("uploadId")
    if not upload_id:
        raise ServiceError(400, "MissingUploadId", "The uploadId parameter is missing.")
    if request.method == "PUT":
        return _upload_part(request, uploads, upload_id, bucket, name)
    if request.method == "POST":
        return _commit(request, uploads, upload_id, bucket, name)
    if request.method == "GET":
        return _list_parts(request, uploads, upload_id, bucket, name)
    uploads.abort(upload_id, bucket, name)
    return Response(status=204)


def _upload_part(request: Request, uploads: Uploads, upload_id: str, bucket: str, name: str) -> Response:
    number = request.parameter("uploadPartNum") or ""
    if not number.isdecimal():
        raise ServiceError(400, "InvalidUploadPartNumber", "The uploadPartNum parameter is not a number.")
    sums = checksums.verify(request.body, request.headers)
    part = uploads.put_part(
        upload_id,
        bucket,
        name,
        number=int(number),
        body=request.body,
        sums=sums,
        conditions=Conditions.of(request.headers),
    )
    return Response(headers={**sums, "etag": part.etag})


def _list_parts(request: Request, uploads: Uploads, upload_id: str, bucket: str, name: str) -> Response:
    """A page token is the last part number of the page before."""
    limit = page_limit(request, 1000)
    page = request.parameter("page") or "0"
    if not page.isdecimal():
        raise ServiceError(400, "InvalidPage", "The page token is invalid.")
    parts = [part for part in uploads.parts(upload_id, bucket, name) if part.number > int(page)]
    shown = [
        {
            "etag": part.etag,
            "md5": part.checksums["opc-content-md5"],
            "size": part.size,
            "partNumber": part.number,
        }
        for part in parts[:limit]
    ]
    more = {"opc-next-page": str(parts[limit - 1].number)} if len(parts) > limit else {}
    return Response.of_json(shown, headers=more)


def _commit(request: Request, uploads: Uploads, upload_id: str, bucket: str, name: str) -> Response:
    details = request.json()
    try:
        wanted = [(int(part["partNum"]), str(part["etag"])) for part in details["partsToCommit"]]
        excluded = [int(number) for number in details.get("partsToExclude") or []]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ServiceError(400, "InvalidJSON", "The parts to commit cannot be read.") from None
    stored = uploads.commit(
        upload_id,
        bucket,
        name,
        wanted=wanted,
        excluded=excluded,
        conditions=Conditions.of(request.headers),
    )
    sums = {header: value for header, value in stored.headers.items() if header.startswith("opc-multipart-")}
    modified = datetime.fromisoformat(stored.modified).astimezone(UTC)
    return Response(
        headers={**sums, "etag": stored.etag, "last-modified": format_datetime(modified, usegmt=True)}
    )
