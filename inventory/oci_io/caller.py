"""One request of an adapter: made, checked, translated, counted and repeated.

Every SDK call of the project goes through here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from inventory.errors import InvalidCatalog, InventoryError, RetryLater, Throttled
from inventory.oci_io.answers import Answer
from inventory.oci_io.calls import CallCounts
from inventory.oci_io.clients import ClientKey, Clients
from inventory.oci_io.retry import Retry
from inventory.oci_io.translate import translate

T = TypeVar("T")


class Caller:
    """Makes SDK calls; safe to use from several threads."""

    def __init__(self, *, clients: Clients, retry: Retry, counts: CallCounts) -> None:
        self.clients = clients
        self._retry = retry
        self.counts = counts

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
        is told of every attempt that ended in RetryLater. Raises RetryLater when retries have run out,
        RecordGap, StopRun.
        """
        attempts = 0

        def attempt() -> T:
            nonlocal attempts
            attempts += 1
            self.counts.count_call(key.service, operation, is_retry=attempts > 1)
            return self._call_once(key, operation, arguments, accept)

        def note(error: RetryLater) -> None:
            if isinstance(error, Throttled):
                self.counts.count_throttle(key.service, operation)
            if failed is not None:
                failed(error)

        return self._retry.run(attempt, failed=note)

    def _call_once(
        self, key: ClientKey, operation: str, arguments: Mapping[str, Any], accept: Callable[[Answer], T]
    ) -> T:
        request_ids = self.clients.request_ids
        request_ids.latest = None
        try:
            response = self._method(key, operation)(**arguments)
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

    def _method(self, key: ClientKey, operation: str) -> Callable[..., Any]:
        method: Callable[..., Any] | None = getattr(self.clients.get(key), operation, None)
        if method is None:
            raise InvalidCatalog(f"the installed SDK has no oci.{key.service}.{key.client}.{operation}")
        return method
