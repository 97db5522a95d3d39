"""Service `objectstorage`: its requests, and the headers of its answers.

Decides which operation a request is, what is wrong with it, and how results are shown. Who may do it was
decided before. A bucket answers in its own region only, as in OCI.

Error codes are those of Oracle's public lists and tests; the wording of some messages is not published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from emulator.object_storage import checksums, multipart
from emulator.object_storage.conditions import Conditions
from emulator.object_storage.listing import first_name, list_page
from emulator.object_storage.ranges import parse_range
from emulator.object_storage.store import Bucket, Store, StoredObject
from emulator.object_storage.uploads import Uploads
from emulator.wire import Principal, Request, Response, ServiceError

OtherBuckets = Callable[[str, str, str], Mapping[str, Any] | None]
"""The body of GetBucket by namespace, bucket name and region, or None where there is no such bucket."""

_KEPT_HEADERS = (
    "content-type",
    "content-language",
    "content-encoding",
    "content-disposition",
    "cache-control",
)
_BUCKET_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,255}")
_MAX_NAME_BYTES = 1024


class ObjectStorageService:
    """The Object Storage of one tenancy, kept below `root`; it survives a restart.

    `other_buckets` knows buckets that exist by name only (those of a generated tenancy): they answer
    GetBucket and HeadBucket and nothing else. `object_events` names the buckets whose objects make events;
    `emulator.object_events` tells them.
    """

    def __init__(
        self,
        *,
        root: Path,
        namespace: str,
        clock: Callable[[], datetime],
        realm: str = "oc1",
        other_buckets: OtherBuckets = lambda _namespace, _name, _region: None,
    ) -> None:
        self.namespace = namespace
        self.object_events: set[str] = set()
        self._realm = realm
        self._other_buckets = other_buckets
        self._store = Store(root=root, namespace=namespace, clock=clock)
        self._uploads = Uploads(self._store)

    def close(self) -> None:
        """Close the database of metadata."""
        self._store.close()

    def create_bucket(self, name: str, compartment_id: str, *, region: str | None = None) -> None:
        """Create a bucket unless it exists; without `region` it is in every region, unlike OCI's."""
        if not _BUCKET_NAME.fullmatch(name):
            raise ValueError(f"not a bucket name: {name!r}")
        self._store.create_bucket(
            name, compartment_id=compartment_id, region=region, created_by="ocid1.user.oc1..emulator"
        )

    def content(self, namespace: str, bucket: str, name: str) -> bytes | None:
        """An object's content, for the services that read objects themselves; None where there is none."""
        found = self._store.read(bucket, name) if namespace == self.namespace else None
        return None if found is None else found[1]

    def compartment_of(self, bucket: str, region: str) -> str | None:
        """The compartment of a bucket, None where the region has none of that name."""
        found = self._store.bucket(bucket)
        if found is None or found.region not in (None, region):
            return None
        return found.compartment_id

    def has_object(self, bucket: str, name: str) -> bool:
        """Whether there is such an object now."""
        return self._store.object(bucket, name) is not None

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer one request, or raise `ServiceError`."""
        response = self._route(request, principal)
        client_request_id = request.headers.get("opc-client-request-id")
        if client_request_id is not None:
            response.headers["opc-client-request-id"] = client_request_id
        return response

    def _route(self, request: Request, principal: Principal) -> Response:
        segments = request.segments()
        if segments in (["n"], ["n", ""]):
            return self._get_namespace(request, principal)
        if len(segments) < 4 or segments[0] != "n" or segments[2] != "b":
            raise ServiceError(404, "NotFound", "Not Found")
        if len(segments) == 4 and request.method in ("GET", "HEAD"):
            other = self._other_buckets(segments[1], segments[3], request.region)
            if other is not None:
                return Response.of_json(other, headers={"etag": other["etag"]})
        bucket = self._bucket(request, segments[1], segments[3])
        kind, name = segments[4] if len(segments) > 4 else "", "/".join(segments[5:])
        if name:
            _check_name(name)
        match request.method, kind, bool(name):
            case "GET" | "HEAD", "", False:
                return self._get_bucket(request, bucket)
            case "GET", "o", False:
                objects = self._store.objects(bucket.name, start=first_name(request))
                return Response.of_json(list_page(request, objects))
            case "PUT", "o", True:
                return self._put_object(request, bucket, name)
            case "GET" | "HEAD", "o", True:
                return self._get_object(request, bucket, name)
            case "DELETE", "o", True:
                return self._delete_object(request, bucket, name)
            case "POST", "u", False:
                return self._create_upload(request, bucket)
            case "PUT" | "GET" | "POST" | "DELETE", "u", True:
                return multipart.answer(request, self._uploads, bucket.name, name)
            case _, "" | "o" | "u", _:
                raise ServiceError(405, "MethodNotAllowed", "Method Not Allowed")
        raise ServiceError(404, "NotFound", "Not Found")

    def _get_namespace(self, request: Request, principal: Principal) -> Response:
        if request.method != "GET":
            raise ServiceError(405, "MethodNotAllowed", "Method Not Allowed")
        owner = request.parameter("compartmentId")
        if owner is not None and owner.startswith("ocid1.tenancy.") and owner != principal.tenancy_id:
            raise _no_namespace()
        return Response.of_json(self.namespace)

    def _bucket(self, request: Request, namespace: str, name: str) -> Bucket:
        if namespace != self.namespace:
            raise _no_namespace()
        bucket = self._store.bucket(name)
        if bucket is None or bucket.region not in (None, request.region):
            message = (
                f"Either the bucket named '{name}' does not exist in the namespace '{namespace}' "
                "or you are not authorized to access it"
            )
            raise ServiceError(404, "BucketNotFound", message)
        return bucket

    def _get_bucket(self, request: Request, bucket: Bucket) -> Response:
        Conditions.of(request.headers).check_read(bucket.etag)
        shown: dict[str, Any] = {
            "namespace": self.namespace,
            "name": bucket.name,
            "compartmentId": bucket.compartment_id,
            "metadata": {},
            "createdBy": bucket.created_by,
            "timeCreated": bucket.created,
            "etag": bucket.etag,
            "publicAccessType": "NoPublicAccess",
            "storageTier": "Standard",
            "objectEventsEnabled": bucket.name in self.object_events,
            "freeformTags": {},
            "definedTags": {},
            "kmsKeyId": None,
            "objectLifecyclePolicyEtag": None,
            "replicationEnabled": False,
            "isReadOnly": False,
            "id": f"ocid1.bucket.{self._realm}.{request.region}.{bucket.etag.replace('-', '')}",
            "versioning": "Disabled",
            "autoTiering": "Disabled",
        }
        fields = (request.parameter("fields") or "").split(",")
        count, size = self._store.totals(bucket.name)
        if "approximateCount" in fields:
            shown["approximateCount"] = count
        if "approximateSize" in fields:
            shown["approximateSize"] = size
        return Response.of_json(shown, headers={"etag": bucket.etag})

    def _put_object(self, request: Request, bucket: Bucket, name: str) -> Response:
        sums = checksums.verify(request.body, request.headers)
        headers = {
            **_kept_headers(request.headers),
            **{header: value for header, value in sums.items() if header != "opc-content-md5"},
            "content-md5": sums["opc-content-md5"],
        }
        stored = self._store.put(
            bucket.name,
            name,
            self._store.stage(request.body),
            md5=sums["opc-content-md5"],
            headers=headers,
            conditions=Conditions.of(request.headers),
        )
        return Response(headers={**sums, **_version(stored)})

    def _get_object(self, request: Request, bucket: Bucket, name: str) -> Response:
        found = self._store.read(bucket.name, name)
        if found is None:
            raise self._no_object(bucket, name)
        stored, content = found
        Conditions.of(request.headers).check_read(stored.etag)
        headers = {**stored.headers, **_version(stored), "accept-ranges": "bytes"}
        wanted = request.headers.get("range") if request.method == "GET" else None
        part = parse_range(wanted, stored.size) if wanted is not None else None
        if part is None:
            return Response(headers={**headers, "content-length": str(stored.size)}, body=content)
        # The stored digest is the whole object's: a part's reader could only stumble over it.
        headers.pop("content-md5", None)
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{stored.size}"
        return Response(status=206, headers=headers, body=content[part.start : part.stop])

    def _delete_object(self, request: Request, bucket: Bucket, name: str) -> Response:
        if not self._store.delete(bucket.name, name, Conditions.of(request.headers)):
            raise self._no_object(bucket, name)
        return Response(status=204, headers={"last-modified": _http_time(self._store.timestamp())})

    def _create_upload(self, request: Request, bucket: Bucket) -> Response:
        details = request.json()
        name = details.get("object") if isinstance(details, dict) else None
        if not isinstance(name, str) or not name:
            raise ServiceError(400, "MissingObjectName", "The object name is missing.")
        _check_name(name)
        upload = self._uploads.create(
            bucket.name,
            name,
            algorithm=checksums.algorithm(request.headers),
            headers=_kept_headers(multipart.headers_of(details)),
            conditions=Conditions.of(request.headers),
        )
        return Response.of_json(
            {
                "namespace": self.namespace,
                "bucket": bucket.name,
                "object": name,
                "uploadId": upload.id,
                "timeCreated": upload.created,
                "storageTier": upload.headers["storage-tier"],
            },
            headers={"location": f"/n/{self.namespace}/b/{bucket.name}/u/{name}"} if name.isascii() else {},
        )

    def _no_object(self, bucket: Bucket, name: str) -> ServiceError:
        message = (
            f"The object '{name}' does not exist in bucket '{bucket.name}' with namespace '{self.namespace}'"
        )
        return ServiceError(404, "ObjectNotFound", message)


def _no_namespace() -> ServiceError:
    message = (
        "You do not have authorization to perform this request, or the requested resource could not be found."
    )
    return ServiceError(404, "NamespaceNotFound", message)


def _check_name(name: str) -> None:
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        encoded = b""
    if not 1 <= len(encoded) <= _MAX_NAME_BYTES or re.search("[\0\r\n]", name):
        raise ServiceError(
            400, "InvalidObjectName", "An object name has 1 to 1024 bytes and no NUL, CR or LF characters."
        )


def _kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The request headers that an object keeps and answers."""
    return {
        "content-type": "application/octet-stream",
        "storage-tier": "Standard",
        **{
            name: value
            for name, value in headers.items()
            if name in _KEPT_HEADERS or name == "storage-tier" or name.startswith("opc-meta-")
        },
    }


def _version(stored: StoredObject) -> dict[str, str]:
    return {"etag": stored.etag, "last-modified": _http_time(stored.modified)}


def _http_time(timestamp: str) -> str:
    return format_datetime(datetime.fromisoformat(timestamp).astimezone(UTC), usegmt=True)
