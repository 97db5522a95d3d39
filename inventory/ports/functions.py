"""Starting another function of the same application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class FunctionInvoker(Protocol):
    """Detached invocation."""

    def invoke_detached(self, function_id: str, body: Mapping[str, Any]) -> None:
        """Ask for one run of the function; returns when the platform has accepted it.

        It may run twice, or never. Raises RetryLater after bounded retries, RecordGap.
        """
        ...
