"""The calls to one bucket: client, namespace and bucket name filled in, the store's clock kept."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from inventory.errors import MalformedAnswer, RetryLater
from inventory.logs import EventLog
from inventory.oci_io.answers import Answer
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey
from inventory.oci_io.store_clock import StoreClock

T = TypeVar("T")

# Generated names have letters and digits; those of older tenancies are the tenancy's name in lower case.
_NAMESPACE = re.compile(r"[\w.-]+")


class BucketCalls:
    """Object Storage operations on one bucket; every method may be called from any thread.

    A tenancy's namespace never changes: where it isn't given, it is looked up once.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        region: str,
        bucket: str,
        namespace: str | None,
        monotonic: Callable[[], float],
        read_timeout_seconds: float | None = None,
    ) -> None:
        self._caller = caller
        self._key = ClientKey(
            service="object_storage",
            client="ObjectStorageClient",
            region=region,
            read_timeout_seconds=read_timeout_seconds,
        )
        self._bucket = bucket
        self._namespace = namespace
        self._namespace_lock = threading.Lock()
        self._clock = StoreClock(monotonic)

    @property
    def log(self) -> EventLog:
        """The log of the call that these requests belong to."""
        return self._caller.log

    def call(
        self,
        operation: str,
        arguments: dict[str, Any],
        *,
        accept: Callable[[Answer], T],
        failed: Callable[[RetryLater], None] | None = None,
    ) -> T:
        """One operation on the bucket or an object in it; see `Caller.call`."""
        place = {"namespace_name": self.namespace(), "bucket_name": self._bucket}
        return self._caller.call(
            self._key, operation, {**place, **arguments}, accept=self._observed(accept), failed=failed
        )

    def namespace(self) -> str:
        """The tenancy's namespace, looked up on first use. Raises RetryLater, RecordGap."""
        with self._namespace_lock:
            if self._namespace is None:
                self._namespace = self._get_namespace()
            return self._namespace

    def now(self) -> datetime:
        """The store's time in UTC, to the second.

        Raises RetryLater, RecordGap where the store must be asked first.
        """
        now = self._clock.now()
        if now is None:
            self._get_namespace()
            now = self._clock.now()
        if now is None:
            raise MalformedAnswer("the object store's answers have no Date header")
        return now

    def _get_namespace(self) -> str:
        # Without a compartment this needs no permission.
        return self._caller.call(self._key, "get_namespace", {}, accept=self._observed(_namespace_of))

    def _observed(self, accept: Callable[[Answer], T]) -> Callable[[Answer], T]:
        def observe_and_accept(answer: Answer) -> T:
            self._clock.observe(answer.headers.get("date"))
            return accept(answer)

        return observe_and_accept


def _namespace_of(answer: Answer) -> str:
    # What isn't a JSON string comes as the text it is, a proxy's page for instance.
    if not isinstance(answer.data, str) or not _NAMESPACE.fullmatch(answer.data):
        raise MalformedAnswer("the answer is not an Object Storage namespace")
    return answer.data
