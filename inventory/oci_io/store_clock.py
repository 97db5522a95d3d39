"""The store's clock: the last `Date` header that was seen, carried on by a monotonic clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


class StoreClock:
    """Every method may be called from any thread; `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: tuple[datetime, float] | None = None

    def observe(self, date_header: str | None) -> None:
        """Note an answer's `Date`; one that is absent or cannot be read is passed over."""
        if date_header is None:
            return
        try:
            date = parsedate_to_datetime(date_header).astimezone(UTC)
        except ValueError:
            return
        with self._lock:
            self._seen = date, self._monotonic()

    def now(self) -> datetime | None:
        """The store's time in UTC to the second, or None before the first `Date`."""
        with self._lock:
            if self._seen is None:
                return None
            date, seen_at = self._seen
            return (date + timedelta(seconds=self._monotonic() - seen_at)).replace(microsecond=0)
