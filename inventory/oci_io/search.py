"""Resource Search over OCI's search service."""

from __future__ import annotations

from typing import Any

from inventory.errors import MalformedAnswer, PageTokenExpired, RecordGap
from inventory.oci_io.answers import Answer, object_of
from inventory.oci_io.caller import Caller
from inventory.oci_io.clients import ClientKey
from inventory.ports.search import SearchPage


class OciResourceSearch:
    """Structured search; safe to use from several threads."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

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
        key = ClientKey(service="resource_search", client="ResourceSearchClient", region=region)
        try:
            return self._caller.call(key, "search_resources", arguments, accept=_page_of)
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


def _page_of(answer: Answer) -> SearchPage:
    items = object_of(answer).get("items")
    if not isinstance(items, list):
        raise MalformedAnswer("the answer has no list of items")
    # What an item is made of is for the caller to judge: a single strange one must not hide the others.
    return SearchPage(items=items, next_page=answer.headers.get("opc-next-page") or None)
