"""Read calls for resources' details, to any service that the catalog names.

The requests are made by the SDK's base client, which signs and sends them, from the facts that the catalog
holds of each operation. The SDK's own clients would do the same at the cost of importing them and their
models: some 4 MB and 50 ms for each service that a tenancy uses (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inventory.catalog.entry import SdkOperation
from inventory.errors import InvalidCatalog, MalformedAnswer, RequestRefused
from inventory.model.canonical import parse_json
from inventory.model.read_call import ReadCall
from inventory.oci_io.answers import Answer, body_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey
from inventory.ports.reader import ListPage

_HEADERS = {"accept": "application/json", "content-type": "application/json"}


class OciResourceReader:
    """Makes read calls by the SDK's names; safe to use from several threads."""

    def __init__(self, caller: Caller, operations: Mapping[str, SdkOperation]) -> None:
        """`operations` by `service.client.operation`."""
        self._caller = caller
        self._operations = operations

    def read(self, call: ReadCall, *, attempt: int = 1) -> dict[str, Any]:
        """The answer's JSON object as the service sent it.

        Raises RetryLater; RecordGap, also where the SDK itself refuses an argument (an empty id, an endpoint
        that is none); InvalidCatalog for an operation without facts.
        """
        value, _ = self._answer(call, {}, attempt)
        if not isinstance(value, dict):
            raise _malformed(call, f"the answer is not a JSON object but {type(value).__name__}")
        return value

    def read_page(self, call: ReadCall, *, page: str | None, limit: int | None, attempt: int = 1) -> ListPage:
        """One page of a list. Raises as `read` does."""
        facts = self._facts(call)
        if limit is not None and facts.limit is not None:
            limit = min(limit, facts.limit)
        manner = {"page": page, "limit": limit}
        # Not every list has pages.
        query = {
            name: value
            for name, value in manner.items()
            if value is not None and name in facts.query_parameters
        }
        value, headers = self._answer(call, query, attempt)
        items = value.get(facts.items) if facts.items and isinstance(value, dict) else value
        if not isinstance(items, list):
            raise _malformed(call, "the answer has no list of items")
        total = value.get("totalResults") if isinstance(value, dict) else None
        return ListPage(
            items=items,
            next_page=headers.get("opc-next-page") or None,
            total=total if isinstance(total, int) else None,
        )

    def _answer(
        self, call: ReadCall, more_query: Mapping[str, str | int], attempt: int
    ) -> tuple[Any, Mapping[str, str]]:
        facts = self._facts(call)
        key = ClientKey(
            service=call.service,
            client=call.client,
            region=call.region,
            endpoint=call.endpoint,
            template=facts.endpoint_template,
        )

        def send(client: Any) -> Any:
            path, query = _parameters(call, facts)
            return client.call_api(
                resource_path=facts.path,
                method="GET",
                path_params=path,
                query_params={**query, **more_query},
                header_params=dict(_HEADERS),
                response_type="stream",
                operation_name=call.operation,
                required_arguments=[facts.path_parameters.get(name, name) for name in facts.required],
            )

        try:
            return self._caller.attempt(key, call.operation, send, accept=_json_of, attempt=attempt)
        except ValueError as error:
            raise RequestRefused(
                f"{call.operation} in {call.region}: {error}", operation=call.operation, region=call.region
            ) from error

    def _facts(self, call: ReadCall) -> SdkOperation:
        name = f"{call.service}.{call.client}.{call.operation}"
        facts = self._operations.get(name)
        if facts is None:
            raise InvalidCatalog(f"the catalog holds no facts of oci.{name}")
        return facts


def _parameters(call: ReadCall, facts: SdkOperation) -> tuple[dict[str, Any], dict[str, Any]]:
    """The wire's path and query parameters. Raises ValueError for an empty one, as the SDK's clients do."""
    path: dict[str, Any] = {}
    query: dict[str, Any] = {}
    for argument, value in call.arguments.items():
        if isinstance(value, str) and not value.strip():
            raise ValueError(f"{argument} must not be empty")
        if argument in facts.path_parameters:
            path[facts.path_parameters[argument]] = value
        elif argument in facts.query_parameters:
            query[facts.query_parameters[argument]] = value
        else:
            raise InvalidCatalog(f"oci.{call.service}.{call.client}.{call.operation} has no {argument}")
    return path, query


def _json_of(answer: Answer) -> tuple[Any, Mapping[str, str]]:
    body = body_of(answer)
    try:
        # Names that people gave their resources carry raw control characters now and then.
        return parse_json(body, allows_control_characters=True), answer.headers
    except ValueError as error:
        raise MalformedAnswer(f"the answer is not JSON: {error}") from error


def _malformed(call: ReadCall, message: str) -> MalformedAnswer:
    return MalformedAnswer(message, operation=call.operation, region=call.region)
