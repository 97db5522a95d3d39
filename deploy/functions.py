"""The Functions API as a deployment needs it: find, create and update a function, and wait for the result.

Creating and updating are asynchronous in version 20260325: the answer names a work request, which tells why
it failed. Source: the SDK's `FunctionsManagementClient` and `WorkRequestManagementClient`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import oci

_GONE = ("DELETED", "DELETING")
_ON_ITS_WAY = ("CREATING", "UPDATING")
_UNFINISHED = ("ACCEPTED", "IN_PROGRESS", "WAITING", "CANCELING")
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0


class FunctionFailedError(Exception):
    """A function could not be made or changed, or is in a state in which nothing can be done with it."""


class FunctionsApi:
    """The functions of one application, by the SDK's two clients.

    A change may take `wait_seconds`; `sleep` waits between two looks.
    """

    def __init__(
        self,
        management: Any,
        work_requests: Any,
        *,
        application_id: str,
        wait_seconds: float = 900,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._management = management
        self._work_requests = work_requests
        self._application_id = application_id
        self._wait_seconds = wait_seconds
        self._sleep = sleep

    def find(self, name: str) -> Any | None:
        """The SDK's `Function` of this name, or None; one that is on its way is waited for.

        Raises FunctionFailedError for one that was never made well, and the SDK's errors.
        """
        found = oci.pagination.list_call_get_all_results(
            self._management.list_functions, self._application_id, display_name=name
        ).data
        there = [each for each in found if each.lifecycle_state not in _GONE]
        if not there:
            return None
        function = self._management.get_function(there[0].id).data
        if function.lifecycle_state == "FAILED":
            raise FunctionFailedError(
                f"the function {name} ({function.id}) is in state FAILED; delete it "
                f"(oci fn function delete --function-id {function.id}), then run this again"
            )
        return self._active(function.id, f"finding the function {name}")

    def create(self, name: str, source: Any, fields: dict[str, Any]) -> Any:
        """Make a function, and return it once it is active.

        Raises FunctionFailedError and the SDK's errors.
        """
        details = oci.functions.models.CreateFunctionDetails(
            display_name=name, application_id=self._application_id, source_details=source, **fields
        )
        response = self._management.create_function(details)
        return self._when_active(response, response.data.id, f"making the function {name}")

    def update(self, function: Any, source: Any | None, fields: dict[str, Any]) -> Any:
        """Change a function, its code only with a `source`, and return it once it is active.

        Raises FunctionFailedError and the SDK's errors.
        """
        what = f"changing the function {function.display_name}"
        details = oci.functions.models.UpdateFunctionDetails(source_details=source, **fields)
        response = self._management.update_function(function.id, details)
        return self._when_active(response, function.id, what)

    def _when_active(self, response: Any, function_id: str, what: str) -> Any:
        work_request_id = response.headers.get("opc-work-request-id")
        if work_request_id:
            self._wait_for_work(work_request_id, what)
        return self._active(function_id, what)

    def _wait_for_work(self, work_request_id: str, what: str) -> None:
        for _ in self._looks():
            status = self._work_requests.get_work_request(work_request_id).data.status
            if status == "SUCCEEDED":
                return
            if status not in _UNFINISHED:
                errors = self._work_requests.list_work_request_errors(work_request_id).data.items
                told = "; ".join(error.message for error in errors) or "no reason is told"
                raise FunctionFailedError(
                    f"{what} ended as {status}: {told} (work request {work_request_id})"
                )
        raise FunctionFailedError(f"{what} takes too long; the work request is {work_request_id}")

    def _active(self, function_id: str, what: str) -> Any:
        for _ in self._looks():
            function = self._management.get_function(function_id).data
            if function.lifecycle_state == "ACTIVE":
                return function
            if function.lifecycle_state not in _ON_ITS_WAY:
                break
        raise FunctionFailedError(f"{what}: it is in state {function.lifecycle_state} ({function_id})")

    def _looks(self) -> Iterator[None]:
        """Once for each time to look, with growing pauses between, at least once."""
        waited, pause = 0.0, _FIRST_PAUSE_SECONDS
        yield
        while waited < self._wait_seconds:
            self._sleep(pause)
            waited += pause
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            yield
