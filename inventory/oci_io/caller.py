"""One request of an adapter: made, checked, translated, counted, logged and repeated.

Every SDK call of the project goes through here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from inventory.coordination.retry import Retry
from inventory.errors import InvalidCatalog, InventoryError, RetryLater, Throttled
from inventory.logs import LOGGER, EventLog
from inventory.oci_io.answers import Answer
from inventory.oci_io.calls import CallCounts
from inventory.oci_io.clients import ClientKey, Clients
from inventory.oci_io.translate import translate

T = TypeVar("T")

#: Writes whose request ids are logged where details are not: what a run stored, and whom it woke.
LOGGED_WRITES = ("put_object", "commit_multipart_upload", "invoke_function")
#: Refusals that are answers: a condition that does not hold, an object that is not there yet.
_ANSWERING_STATUSES = (304, 412)
_ANSWERING_CODES = ("ObjectNotFound",)


class Caller:
    """Makes SDK calls; safe to use from several threads.

    `log` is told the request id of every failed attempt, the first of its kind at INFO and the others at
    DEBUG, and of every request that succeeded, at INFO for `LOGGED_WRITES`.
    """

    def __init__(
        self, *, clients: Clients, retry: Retry, counts: CallCounts, log: EventLog | None = None
    ) -> None:
        self.clients = clients
        self._retry = retry
        self.counts = counts
        self.log = log or EventLog(logging.getLogger(LOGGER))
        self._told: set[tuple[str, str]] = set()

    def call(
        self,
        key: ClientKey,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        accept: Callable[[Answer], T],
        failed: Callable[[RetryLater], None] | None = None,
    ) -> T:
        """What `accept` makes of the operation's answer; `arguments` are the SDK method's, by name.

        `accept` raises MalformedAnswer for an answer that won't do, and the request is made again. `failed`
        is told of every attempt that ended in RetryLater. Where the key has a read timeout of its own, no
        attempt is begun that may outlast the deadline. Raises RetryLater when retries have run out,
        RecordGap, StopRun.
        """
        attempts = 0

        def send(client: Any) -> Any:
            return self._method(client, key, operation)(**arguments)

        def attempt() -> T:
            nonlocal attempts
            attempts += 1
            result = self.attempt(key, operation, send, accept=accept, attempt=attempts)
            self._log_success(key, operation, arguments)
            return result

        def note(error: RetryLater) -> None:
            if failed is not None:
                failed(error)

        return self._retry.run(attempt, failed=note, attempt_seconds=key.read_timeout_seconds)

    def attempt(
        self,
        key: ClientKey,
        operation: str,
        send: Callable[[Any], Any],
        *,
        accept: Callable[[Answer], T],
        attempt: int,
    ) -> T:
        """One request, counted and, where it fails, logged: what `accept` makes of what `send` gets.

        `send` is given the client; `attempt` counts the requests for one thing. Raises the project's errors.
        """
        self.counts.count_call(key.service, operation, is_retry=attempt > 1)
        try:
            return self._attempt_once(key, operation, send, accept)
        except InventoryError as error:
            if isinstance(error, Throttled):
                self.counts.count_throttle(key.service, operation)
            self._log_failure(key, error, attempt)
            raise

    def _attempt_once(
        self,
        key: ClientKey,
        operation: str,
        send: Callable[[Any], Any],
        accept: Callable[[Answer], T],
    ) -> T:
        request_ids = self.clients.request_ids
        request_ids.latest = None
        try:
            response = send(self.clients.get(key))
            return accept(Answer(status=response.status, headers=response.headers, data=response.data))
        except InventoryError as error:
            error.operation = operation
            error.region = key.region
            error.request_id = request_ids.latest
            raise
        except Exception as foreign:
            translated = translate(
                foreign, operation=operation, region=key.region, request_id=request_ids.latest
            )
            if translated is None:
                raise
            raise translated from foreign

    def _log_failure(self, key: ClientKey, error: InventoryError, attempt: int) -> None:
        # Without the service's message: it may quote what the record holds.
        is_answer = error.status in _ANSWERING_STATUSES or error.code in _ANSWERING_CODES
        kind = (str(error.operation), error.summary())
        is_news = not is_answer and kind not in self._told
        self._told.add(kind)
        tell = self.log.info if is_news else self.log.debug
        tell(
            "request_failed",
            operation=error.operation,
            service_region=key.region,
            reason=error.summary(),
            request_id=error.request_id,
            attempt=attempt,
        )

    def _log_success(self, key: ClientKey, operation: str, arguments: Mapping[str, Any]) -> None:
        place = {"object": arguments["object_name"]} if "object_name" in arguments else {}
        tell = self.log.info if operation in LOGGED_WRITES else self.log.debug
        tell(
            "request_done",
            operation=operation,
            service_region=key.region,
            request_id=self.clients.request_ids.latest,
            **place,
        )

    @staticmethod
    def _method(client: Any, key: ClientKey, operation: str) -> Callable[..., Any]:
        method: Callable[..., Any] | None = getattr(client, operation, None)
        if method is None:
            raise InvalidCatalog(f"the installed SDK has no oci.{key.service}.{key.client}.{operation}")
        return method
