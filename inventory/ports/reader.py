"""Read-only calls for a resource's details."""

from __future__ import annotations

from typing import Any, Protocol

from inventory.model.read_call import ReadCall


class ResourceReader(Protocol):
    """Makes read calls; safe to use from several threads."""

    def read(self, call: ReadCall) -> dict[str, Any]:
        """The answer's JSON as the service sent it (camelCase, unknown fields included).

        Raises RetryLater (after its own bounded retries) or RecordGap.
        """
        ...
