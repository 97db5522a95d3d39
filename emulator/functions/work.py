"""Work requests: creates, updates and deletes of functions that take a while, and may fail.

Source: the SDK's `WorkRequestManagementClient` and its models.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from emulator.functions.definitions import Function, make_ocid
from emulator.wire import Response, not_found

Operation = Literal["CREATE_FUNCTION", "UPDATE_FUNCTION", "DELETE_FUNCTION"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRequest:
    """What is on its way until `ends_at` (monotonic seconds), and then has failed with `error`, or not."""

    ocid: str
    operation: Operation
    function_id: str
    compartment_id: str
    ends_at: float
    accepted: datetime
    error: str | None

    def status(self) -> str:
        """As the API tells it."""
        if time.monotonic() < self.ends_at:
            return "IN_PROGRESS"
        return "FAILED" if self.error else "SUCCEEDED"


class WorkRequests:
    """All work requests of a service; each takes `seconds`."""

    def __init__(self, *, realm: str, region_keys: Mapping[str, str], clock: Callable[[], datetime]) -> None:
        self.seconds = 0.2
        self._realm = realm
        self._region_keys = region_keys
        self._clock = clock
        self._lock = threading.Lock()
        self._work: dict[str, WorkRequest] = {}

    def begin(self, operation: Operation, function: Function, error: str | None = None) -> dict[str, str]:
        """Accept something that will fail with `error` or succeed; the header of the answer."""
        with self._lock:
            key, number = self._region_keys[function.region], str(len(self._work))
            work = WorkRequest(
                ocid=make_ocid("fnworkrequest", self._realm, key, function.ocid, number),
                operation=operation,
                function_id=function.ocid,
                compartment_id=function.application.compartment_id,
                ends_at=time.monotonic() + self.seconds,
                accepted=self._clock(),
                error=error,
            )
            self._work[work.ocid] = work
        return {"opc-work-request-id": work.ocid}

    def state_of(self, function: Function) -> str:
        """The function's `lifecycleState`. One that could not be created stays FAILED."""
        with self._lock:
            own = [work for work in self._work.values() if work.function_id == function.ocid]
        last_created = next((work for work in reversed(own) if work.operation == "CREATE_FUNCTION"), None)
        if own and own[-1].status() == "IN_PROGRESS":
            return "CREATING" if own[-1] is last_created else "UPDATING"
        return "FAILED" if last_created is not None and last_created.error else "ACTIVE"

    def answer(self, ocid: str) -> Response:
        """One `WorkRequest`. Raises `ServiceError` 404."""
        work = self._found(ocid)
        status = work.status()
        is_over = status != "IN_PROGRESS"
        return Response.of_json(
            {
                "id": work.ocid,
                "operationType": work.operation,
                "status": status,
                "compartmentId": work.compartment_id,
                "percentComplete": 100.0 if is_over else 50.0,
                "timeAccepted": work.accepted.isoformat(),
                "resources": [
                    {
                        "entityType": "function",
                        "actionType": "RELATED" if is_over else "IN_PROGRESS",
                        "identifier": work.function_id,
                    }
                ],
            }
        )

    def answer_errors(self, ocid: str) -> Response:
        """The errors of a work request, of which there is one if it failed. Raises `ServiceError` 404."""
        work = self._found(ocid)
        item = {"code": "InvalidParameter", "message": work.error, "timestamp": work.accepted.isoformat()}
        return Response.of_json({"items": [item] if work.status() == "FAILED" else []})

    def _found(self, ocid: str) -> WorkRequest:
        with self._lock:
            work = self._work.get(ocid)
        if work is None:
            raise not_found()
        return work
