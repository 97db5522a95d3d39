"""Resource Search: structured and free-text queries over one region's resources and all identity resources.

Results of a query are a snapshot of the tenancy at its first page; later pages continue that snapshot.
Nobody needs a permission to search, but everybody is shown only what `sight` lets them see.
Chosen where Oracle documents nothing: a page has 500 items if no limit is given, and equal times are ordered
by OCID.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from emulator.paging import fingerprint, invalid_token, limit_of, read_token, write_token
from emulator.search_fields import Vocabulary, describe
from emulator.search_index import SearchIndex
from emulator.search_items import item_of
from emulator.search_query import Query, parse_query
from emulator.tenancy.values import Resource, Tenancy
from emulator.wire import Principal, Request, Response, ServiceError, not_found

Sight = Callable[[Principal], Callable[[Resource], bool] | None]
"""Which resources a principal may list; None: all."""

_DEFAULT_LIMIT = 500
_MAX_CACHED_ROWS = 2_000_000


class SearchService:
    """The `query` endpoint, API version 20180409."""

    def __init__(
        self,
        tenancy: Tenancy,
        *,
        clock: Callable[[], datetime],
        token_lifetime_pages: int | None = None,
    ) -> None:
        """`token_lifetime_pages`: a scan gets so many pages by token and no more (None: no end)."""
        self.sight: Sight = lambda _principal: None
        self._tenancy = tenancy
        self._clock = clock
        self._token_lifetime_pages = token_lifetime_pages
        self._token_generation = 0
        self._vocabularies = {
            region: Vocabulary(number, unknown=tenancy.unsearched_types)
            for number, region in enumerate(tenancy.ready_regions)
        }
        self._lock = threading.Lock()
        self._index: SearchIndex | None = None
        self._results: OrderedDict[str, Sequence[Resource]] = OrderedDict()

    def expire_tokens(self) -> None:
        """Make every page token handed out so far invalid."""
        with self._lock:
            self._token_generation += 1

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer one request. Raises: ServiceError 400, 401 or 404."""
        self._tenancy.require_ready(request.region)
        match request.method, request.segments():
            case "POST", ["20180409", "resources"]:
                return self._search(request, principal)
            case "GET", ["20180409", "resourceTypes"]:
                return self._list_types(request)
            case "GET", ["20180409", "resourceTypes", name]:
                vocabulary = self._vocabularies[request.region]
                if name.lower() not in {known.lower() for known in vocabulary.type_names()}:
                    raise not_found()
                return Response.of_json(describe(vocabulary.type_named(name)))
            case _:
                raise not_found()

    def _search(self, request: Request, principal: Principal) -> Response:
        if request.parameter("tenantId") not in {None, self._tenancy.tenancy_id}:
            raise not_found()
        limit = limit_of(request, default=_DEFAULT_LIMIT)
        form, text = _search_details(request.json())
        bound_to = fingerprint(request.region, form, text)
        token = request.parameter("page")
        scan, start, pages = None, 0, 0
        if token:
            content = read_token(token, bound_to=bound_to)
            scan, start, pages = content["scan"], content["start"], content["pages"]
            lifetime = self._token_lifetime_pages
            if content["generation"] != self._token_generation or (lifetime is not None and pages > lifetime):
                raise invalid_token()
        if form == "Structured":
            query = parse_query(text, vocabulary=self._vocabularies[request.region], now=self._clock())
        else:
            query = Query(matching=text)
        scan, rows = self._rows(request.region, query, scan)
        is_visible = self.sight(principal)
        if is_visible is not None:
            rows = [resource for resource in rows if is_visible(resource)]
        headers = {}
        if start + limit < len(rows):
            headers["opc-next-page"] = write_token(
                bound_to=bound_to,
                scan=scan,
                start=start + limit,
                pages=pages + 1,
                generation=self._token_generation,
            )
        namespace = self._tenancy.namespace
        items = [item_of(resource, query.returned, namespace) for resource in rows[start : start + limit]]
        return Response.of_json({"items": items}, headers=headers)

    def _rows(self, region: str, query: Query, scan: str | None) -> tuple[str, Sequence[Resource]]:
        """The scan's name and all its rows; `scan` names the one to continue.

        Raises: ServiceError 400 where that one is no longer there and cannot be had again.
        """
        with self._lock:
            if scan is not None and scan in self._results:
                self._results.move_to_end(scan)
                return scan, self._results[scan]
            snapshot = self._tenancy.snapshot
            if self._index is None or self._index.version != snapshot.version:
                self._index = SearchIndex(
                    snapshot, self._tenancy.ready_regions, unknown=self._tenancy.unsearched_types
                )
            name = fingerprint(region, query, snapshot.version)
            if scan not in {None, name}:
                raise invalid_token()
            if name not in self._results:
                self._results[name] = self._index.select(region, query)
                while len(self._results) > 1 and sum(map(len, self._results.values())) > _MAX_CACHED_ROWS:
                    self._results.popitem(last=False)
            self._results.move_to_end(name)
            return name, self._results[name]

    def _list_types(self, request: Request) -> Response:
        names = self._vocabularies[request.region].type_names()
        limit = limit_of(request, default=_DEFAULT_LIMIT)
        bound_to = fingerprint("resourceTypes", request.region)
        token = request.parameter("page")
        start = read_token(token, bound_to=bound_to)["start"] if token else 0
        headers = {}
        if start + limit < len(names):
            headers["opc-next-page"] = write_token(bound_to=bound_to, start=start + limit)
        return Response.of_json([describe(name) for name in names[start : start + limit]], headers=headers)


def _search_details(body: Any) -> tuple[str, str]:
    """The kind of search and its text. Raises: ServiceError 400 InvalidParameter."""
    kind = body.get("type") if isinstance(body, dict) else None
    if kind not in {"Structured", "FreeText"}:
        raise ServiceError(400, "InvalidParameter", "type must be Structured or FreeText.")
    if body.get("matchingContextType") not in {None, "NONE", "HIGHLIGHTS"}:
        raise ServiceError(400, "InvalidParameter", "matchingContextType must be NONE or HIGHLIGHTS.")
    key = "query" if kind == "Structured" else "text"
    text = body.get(key)
    if not isinstance(text, str) or not text.strip():
        raise ServiceError(400, "InvalidParameter", f"{key} must not be empty.")
    return kind, text
