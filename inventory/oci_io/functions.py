"""Starting another function of the same application."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from inventory.errors import MalformedAnswer
from inventory.oci_io.answers import Answer, body_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey


class OciFunctionInvoker:
    """Detached invocation at the application's own invoke endpoint, which never changes."""

    def __init__(self, caller: Caller, *, region: str, invoke_endpoint: str) -> None:
        self._caller = caller
        self._key = ClientKey(
            service="functions", client="FunctionsInvokeClient", region=region, endpoint=invoke_endpoint
        )

    def invoke_detached(self, function_id: str, body: Mapping[str, Any]) -> None:
        """Ask for one run of the function; returns when the platform has accepted it (202).

        An answer that was lost is asked for again, so the function may run twice. Raises RetryLater after
        bounded retries, RecordGap.
        """
        arguments = {
            "function_id": function_id,
            "fn_invoke_type": "detached",
            "invoke_function_body": json.dumps(body).encode("utf-8"),
        }
        self._caller.call(self._key, "invoke_function", arguments, accept=_accepted)


def _accepted(answer: Answer) -> None:
    body_of(answer)
    if answer.status != 202:
        raise MalformedAnswer(f"a detached invocation is accepted with 202, not {answer.status}")
