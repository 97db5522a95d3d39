"""Read-only calls for resources' details, one request each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from inventory.model.read_call import ReadCall


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a list as the wire has it, and the token of the next page, if any.

    `total` is how many items there are on all pages, where the service tells (SCIM does).
    """

    items: list[Any]
    next_page: str | None
    total: int | None = None


class ResourceReader(Protocol):
    """Makes read calls, each once: whoever asks decides about repeating. Safe to use from several threads."""

    def read(self, call: ReadCall, *, attempt: int = 1) -> dict[str, Any]:
        """The answer of a get as the service sent it (camelCase, unknown fields included).

        `attempt` counts the requests for one thing. Raises RetryLater, RecordGap.
        """
        ...

    def read_page(self, call: ReadCall, *, page: str | None, limit: int | None, attempt: int = 1) -> ListPage:
        """One page of a list, of at most `limit` items (None: as many as the service likes).

        Raises RetryLater, RecordGap.
        """
        ...
