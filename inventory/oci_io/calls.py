"""How many requests were made: what a run tells of its use of the tenancy's rate limits."""

from __future__ import annotations

import threading


class CallCounts:
    """Requests by service and operation; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, dict[str, dict[str, int]]] = {}

    def count_call(self, service: str, operation: str, *, is_retry: bool) -> None:
        """One request is sent; a repeated one counts as a call and as a retry."""
        with self._lock:
            counts = self._of(service, operation)
            counts["calls"] += 1
            counts["retries"] += is_retry

    def count_throttle(self, service: str, operation: str) -> None:
        """One request was answered 429."""
        with self._lock:
            self._of(service, operation)["throttles"] += 1

    def snapshot(self) -> dict[str, dict[str, dict[str, int]]]:
        """A copy: service, operation, then `calls`, `retries` and `throttles`; sorted by name."""
        with self._lock:
            return {
                service: {operation: dict(counts) for operation, counts in sorted(operations.items())}
                for service, operations in sorted(self._counts.items())
            }

    def _of(self, service: str, operation: str) -> dict[str, int]:
        operations = self._counts.setdefault(service, {})
        return operations.setdefault(operation, {"calls": 0, "retries": 0, "throttles": 0})
