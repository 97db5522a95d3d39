"""The GET of single resources: a service that has no other call here, and the buckets of object storage."""

from __future__ import annotations

from typing import Any

from emulator.tenancy.details import READ_CALLS, details
from emulator.tenancy.values import Resource, Tenancy
from emulator.wire import Principal, Request, Response, not_found


class ReadService:
    """Answers `GET <collection>/<ocid>` of one service; anything else is the ambiguous 404."""

    def __init__(self, tenancy: Tenancy, service: str) -> None:
        self._tenancy = tenancy
        self._types = {call.collection: name for name, call in READ_CALLS.items() if call.service == service}

    def handle(self, request: Request, principal: Principal) -> Response:  # noqa: ARG002
        """Answer one GET.

        Raises: ServiceError 404 for an unknown id, another region's resource, or a forgotten deleted one.
        """
        self._tenancy.require_ready(request.region)
        collection, _, _ = request.path.rpartition("/")
        expected_type = self._types.get(collection)
        if request.method != "GET" or expected_type is None:
            raise not_found()
        resource = self._tenancy.resources.get(request.segments()[-1])
        if resource is None or resource.resource_type != expected_type:
            raise not_found()
        if not resource.is_identity and resource.region != request.region:
            raise not_found()
        body = details(resource, namespace=self._tenancy.namespace)
        if body is None:
            raise not_found()
        return Response.of_json(body, headers={"etag": f"{resource.ordinal:x}-{resource.revision:x}"})


class GeneratedBuckets:
    """The buckets that the tenancy was generated with: known by name, without objects."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._indexed: tuple[int, dict[tuple[str, str], Resource]] = (0, {})

    def bucket_details(self, namespace: str, name: str, region: str) -> dict[str, Any] | None:
        """The body of GetBucket, or None; the object storage service asks for it."""
        snapshot = self._tenancy.snapshot
        version, by_name = self._indexed
        if version != snapshot.version:
            buckets = [r for r in snapshot.resources.values() if r.resource_type == "Bucket"]
            by_name = {(r.region, r.display_name or ""): r for r in buckets}
            self._indexed = (snapshot.version, by_name)
        bucket = by_name.get((region, name))
        if bucket is None or namespace != self._tenancy.namespace:
            return None
        return details(bucket, namespace=namespace)
