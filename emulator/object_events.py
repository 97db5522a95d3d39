"""Object Storage's events: what a bucket with object events tells the Events service of its objects.

Stands in front of the object storage service and decides, from a request and its answer, which event it was:
createobject, updateobject or deleteobject. The shape is that of a recorded createobject event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from emulator.events import EventsService
from emulator.object_storage import ObjectStorageService
from emulator.wire import Principal, Request, Response, ServiceError

_PREFIX = "com.oraclecloud.objectstorage"


class ObjectEvents:
    """The service `objectstorage` with events for the buckets in `storage.object_events`.

    `compartment_name` gives the name that an event shows beside a compartment's OCID.
    """

    def __init__(
        self,
        storage: ObjectStorageService,
        events: EventsService,
        *,
        compartment_name: Callable[[str], str],
    ) -> None:
        self._storage = storage
        self._events = events
        self._compartment_name = compartment_name

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer a request; an object that it changed becomes an event."""
        where = self._object_of(request)
        if where is None:
            return self._storage.handle(request, principal)
        bucket, name = where
        before = self._etag(request, principal, bucket, name)
        response = self._storage.handle(request, principal)
        if request.method == "DELETE":
            kind, etag = "deleteobject", before
        else:
            kind, etag = "updateobject" if before else "createobject", response.headers["etag"]
        shown = json.loads(self._ask(request, principal, bucket).body)
        self._events.emit(self._event(kind, shown, name, etag))
        return response

    def _object_of(self, request: Request) -> tuple[str, str] | None:
        """Bucket and object that a request is about to change and tell of."""
        segments = request.segments()
        if len(segments) < 6 or segments[3] not in self._storage.object_events:
            return None
        change = (segments[4], request.method)
        is_change = change in (("o", "PUT"), ("o", "DELETE"), ("u", "POST"))
        return (segments[3], "/".join(segments[5:])) if is_change else None

    def _etag(self, request: Request, principal: Principal, bucket: str, name: str) -> str | None:
        try:
            found = self._ask(request, principal, bucket, f"/o/{quote(name, safe='')}", method="HEAD")
        except ServiceError:
            return None
        return found.headers["etag"]

    def _ask(
        self, request: Request, principal: Principal, bucket: str, below: str = "", *, method: str = "GET"
    ) -> Response:
        path = f"/n/{request.segments()[1]}/b/{bucket}{below}"
        asked = replace(request, method=method, path=path, query={}, headers={}, body=b"")
        return self._storage.handle(asked, principal)

    def _event(self, kind: str, bucket: Mapping[str, Any], name: str, etag: str | None) -> dict[str, Any]:
        compartment_id = bucket["compartmentId"]
        data = {
            "compartmentId": compartment_id,
            "compartmentName": self._compartment_name(compartment_id),
            "resourceName": name,
            "resourceId": f"/n/{bucket['namespace']}/b/{bucket['name']}/o/{name}",
            "availabilityDomain": "AD-1",
            "additionalDetails": {
                "bucketName": bucket["name"],
                "archivalState": "Available",
                "namespace": bucket["namespace"],
                "bucketId": bucket["id"],
                "eTag": etag,
            },
        }
        return self._events.make(f"{_PREFIX}.{kind}", source="ObjectStorage", data=data)
