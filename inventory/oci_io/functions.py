"""Starting another function of the same application."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from inventory.errors import MalformedAnswer
from inventory.oci_io.answers import Answer, body_of, object_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey


class OciFunctionInvoker:
    """Detached invocation at a function's own invoke endpoint, which never changes.

    Without `invoke_endpoint` it is looked up: a function cannot be told its own by a deployment tool, for it
    is known only once the function is there (the SDK's `Function.invoke_endpoint`).
    """

    def __init__(self, caller: Caller, *, region: str, invoke_endpoint: str | None) -> None:
        self._caller = caller
        self._region = region
        self._configured = invoke_endpoint.rstrip("/") if invoke_endpoint else None
        self._found: dict[str, str] = {}

    def invoke_detached(self, function_id: str, body: Mapping[str, Any]) -> None:
        """Ask for one run of the function; returns when the platform has accepted it (202).

        An answer that was lost is asked for again, so the function may run twice. Raises RetryLater after
        bounded retries, RecordGap.
        """
        key = ClientKey(
            service="functions",
            client="FunctionsInvokeClient",
            region=self._region,
            endpoint=self._configured or self._endpoint_of(function_id),
        )
        arguments = {
            "function_id": function_id,
            "fn_invoke_type": "detached",
            "invoke_function_body": json.dumps(body).encode("utf-8"),
        }
        self._caller.call(key, "invoke_function", arguments, accept=_accepted)

    def _endpoint_of(self, function_id: str) -> str:
        if function_id not in self._found:
            key = ClientKey(service="functions", client="FunctionsManagementClient", region=self._region)
            self._found[function_id] = self._caller.call(
                key, "get_function", {"function_id": function_id}, accept=_endpoint
            )
        return self._found[function_id]


def _endpoint(answer: Answer) -> str:
    endpoint = object_of(answer).get("invokeEndpoint")
    if not isinstance(endpoint, str) or not endpoint.startswith("http"):
        raise MalformedAnswer("the function has no invoke endpoint")
    return endpoint.rstrip("/")


def _accepted(answer: Answer) -> None:
    body_of(answer)
    if answer.status != 202:
        raise MalformedAnswer(f"a detached invocation is accepted with 202, not {answer.status}")
