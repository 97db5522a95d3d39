"""Resource Search in one region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of search items as the wire has them (objects, if the service keeps its word), and the token
    of the next page, if any."""

    items: list[Any]
    next_page: str | None


class ResourceSearch(Protocol):
    """Structured search; pages are asked for one by one."""

    def search(self, *, region: str, query: str, page: str | None, limit: int) -> SearchPage:
        """One page of at most `limit` (1..1000) items.

        Raises PageTokenExpired where the token is no longer accepted, RetryLater, RecordGap.
        """
        ...

    def resource_types(self, *, region: str) -> list[str]:
        """The names of all types that the region's Search can show, in any order.

        Raises RetryLater, RecordGap.
        """
        ...
