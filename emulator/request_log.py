"""Every request the emulator answered, for tests that count calls and for people who ask what happened.

Decides what an operation is called: method and path template. Keeps the last requests; its counts have no
end.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime

from emulator.wire import Request

_MAX_ENTRIES = 200_000
_OBJECT_STORAGE_NAMES = {
    "n": "{namespaceName}",
    "b": "{bucketName}",
    "o": "{objectName}",
    "u": "{objectName}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One request and its end.

    `status` is the status that was answered, or would have been: `transport` then says what happened instead
    (`reset`, `lose_answer`, `truncate_body`; a reset has status 0). `principal` is an OCID or None. `detail`
    is the emulator's own reason for a refusal, which OCI would not tell.
    """

    time: datetime
    service: str
    region: str
    method: str
    target: str
    operation: str
    status: int
    transport: str | None
    principal: str | None
    client_request_id: str | None
    request_id: str
    detail: str | None


def operation_of(request: Request) -> str:
    """The request's method and path template, for example `GET /20160918/compartments/{id}`."""
    segments = request.segments()
    if request.service == "objectstorage":
        # An object's name may come with unescaped slashes: everything from the sixth segment on is the name.
        words = segments[:6]
        template = "/".join(
            _OBJECT_STORAGE_NAMES.get(words[position - 1], word) if position % 2 else word
            for position, word in enumerate(words)
        )
        return f"{request.method} /{template}"
    template = "/".join("{id}" if re.match(r"ocid1\.", segment) else segment for segment in segments)
    return f"{request.method} /{template}"


class RequestLog:
    """The log; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[LogEntry] = deque(maxlen=_MAX_ENTRIES)
        self._counts: Counter[tuple[str, str, str, int]] = Counter()

    def add(self, entry: LogEntry) -> None:
        """Record a finished request."""
        with self._lock:
            self._entries.append(entry)
            self._counts[entry.service, entry.region, entry.operation, entry.status] += 1

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()

    def counts(self) -> dict[tuple[str, str, str, int], int]:
        """Number of requests by (service, region, operation, status); status 0 is a reset."""
        with self._lock:
            return dict(self._counts)

    def entries(
        self,
        *,
        service: str | None = None,
        region: str | None = None,
        operation: str | None = None,
        status: int | None = None,
        target: str | None = None,
    ) -> list[LogEntry]:
        """The kept requests that match, oldest first; `target` is a regular expression to search."""
        with self._lock:
            kept = list(self._entries)
        return [
            entry
            for entry in kept
            if service in (None, entry.service)
            and region in (None, entry.region)
            and operation in (None, entry.operation)
            and status in (None, entry.status)
            and (target is None or re.search(target, entry.target) is not None)
        ]

    def count(
        self,
        *,
        service: str | None = None,
        region: str | None = None,
        operation: str | None = None,
        status: int | None = None,
        target: str | None = None,
    ) -> int:
        """Number of kept requests that match, by the same filters as `entries`."""
        return len(
            self.entries(service=service, region=region, operation=operation, status=status, target=target)
        )
