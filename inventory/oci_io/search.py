"""Resource Search over OCI's search service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inventory.errors import MalformedAnswer, PageTokenExpired, RecordGap
from inventory.oci_io.answers import Answer, list_of, object_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey
from inventory.ports.search import SearchPage

#: Types asked for at once; a region names a few hundred.
_TYPES_PAGE_SIZE = 1000


class OciResourceSearch:
    """Structured search; safe to use from several threads.

    `brief` asks for what a run can do without: the types, whose answer may take `types_timeout_seconds`.
    """

    def __init__(self, caller: Caller, *, brief: Caller, types_timeout_seconds: float | None = None) -> None:
        self._caller = caller
        self._brief = brief
        self._types_timeout_seconds = types_timeout_seconds

    def search(self, *, region: str, query: str, page: str | None, limit: int) -> SearchPage:
        """One page of at most `limit` (1..1000) items, as the wire has them.

        OCI publishes neither the lifetime of page tokens nor the error for one that has expired. A request
        with a token repeats the body of one that was answered, so where it is refused (400, 404, 410) the
        token is the only thing that can be wrong: PageTokenExpired. Raises RetryLater, and RecordGap for
        other refusals.
        """
        arguments: dict[str, Any] = {
            "search_details": {"type": "Structured", "query": query, "matchingContextType": "NONE"},
            # Always sent: the service's default is not documented.
            "limit": limit,
        }
        if page is not None:
            arguments["page"] = page
        try:
            return self._caller.call(_client(region), "search_resources", arguments, accept=_page_of)
        except RecordGap as error:
            if page is None or error.status not in (400, 404, 410):
                raise
            raise PageTokenExpired(
                "the search cannot go on from its page token",
                operation=error.operation,
                region=error.region,
                request_id=error.request_id,
                status=error.status,
                code=error.code,
            ) from error

    def resource_types(self, *, region: str) -> list[str]:
        """The names of all types that the region's Search can show, in any order; asked for page by page.

        Raises RetryLater, RecordGap.
        """
        names: list[str] = []
        key = replace(_client(region), read_timeout_seconds=self._types_timeout_seconds)
        page: str | None = None
        while True:
            arguments: dict[str, Any] = {"limit": _TYPES_PAGE_SIZE}
            if page is not None:
                arguments["page"] = page
            found, next_page = self._brief.call(key, "list_resource_types", arguments, accept=_types_of)
            names += found
            if next_page is None:
                return names
            if next_page == page:
                raise MalformedAnswer(
                    "the next page is the same page", operation="list_resource_types", region=region
                )
            page = next_page


def _client(region: str) -> ClientKey:
    return ClientKey(service="resource_search", client="ResourceSearchClient", region=region)


def _types_of(answer: Answer) -> tuple[list[str], str | None]:
    names = [item.get("name") for item in list_of(answer)]
    if not all(isinstance(name, str) and name for name in names):
        raise MalformedAnswer("the answer has a resource type without a name")
    return [str(name) for name in names], answer.headers.get("opc-next-page") or None


def _page_of(answer: Answer) -> SearchPage:
    items = object_of(answer).get("items")
    if not isinstance(items, list):
        raise MalformedAnswer("the answer has no list of items")
    # What an item is made of is for the caller to judge: a single strange one must not hide the others.
    return SearchPage(items=items, next_page=answer.headers.get("opc-next-page") or None)
