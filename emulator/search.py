"""Resource Search: structured and free-text queries over one region's resources and all identity resources.

Results of a query are a snapshot of the tenancy at its first page; later pages continue that snapshot.
Chosen where Oracle documents nothing: a page has 500 items if no limit is given, and equal times are ordered
by OCID.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.paging import fingerprint, invalid_token, limit_of, read_token, write_token
from emulator.search_fields import Vocabulary, describe
from emulator.search_match import predicate_of
from emulator.search_query import Query, parse_query
from emulator.tenancy.details import additional_details, service_time
from emulator.tenancy.invention import prints_milliseconds
from emulator.tenancy.values import Resource, Snapshot, Tenancy
from emulator.wire import Principal, Request, Response, ServiceError, not_found

_DEFAULT_LIMIT = 500
_MAX_CACHED_ROWS = 2_000_000
_OLDEST = datetime(1, 1, 1, tzinfo=UTC)


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
        self._tenancy = tenancy
        self._clock = clock
        self._token_lifetime_pages = token_lifetime_pages
        self._token_generation = 0
        self._vocabularies = {
            region: Vocabulary(offers_young_types=number < 2)
            for number, region in enumerate(tenancy.ready_regions)
        }
        self._lock = threading.Lock()
        self._index: _Index | None = None
        self._results: OrderedDict[str, Sequence[Resource]] = OrderedDict()

    def expire_tokens(self) -> None:
        """Make every page token handed out so far invalid."""
        with self._lock:
            self._token_generation += 1

    def handle(self, request: Request, principal: Principal) -> Response:  # noqa: ARG002
        """Answer one request. Raises: ServiceError 400, 401 or 404."""
        self._tenancy.require_ready(request.region)
        match request.method, request.segments():
            case "POST", ["20180409", "resources"]:
                return self._search(request)
            case "GET", ["20180409", "resourceTypes"]:
                return self._list_types(request)
            case "GET", ["20180409", "resourceTypes", name]:
                vocabulary = self._vocabularies[request.region]
                if name.lower() not in {known.lower() for known in vocabulary.type_names()}:
                    raise not_found()
                return Response.of_json(describe(vocabulary.type_named(name)))
            case _:
                raise not_found()

    def _search(self, request: Request) -> Response:
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
        items = [_item(resource, query.returned, namespace) for resource in rows[start : start + limit]]
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
                self._index = _index_of(snapshot)
            name = fingerprint(region, query, snapshot.version)
            if scan not in {None, name}:
                raise invalid_token()
            if name not in self._results:
                self._results[name] = _select(self._index, region, query)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """All resources that a region answers with, newest first: by region, and by region and type."""

    version: int
    by_region: dict[str, list[Resource]]
    by_type: dict[tuple[str, str], list[Resource]]


def _index_of(snapshot: Snapshot) -> _Index:
    ordered = sorted(snapshot, key=lambda r: (r.ocid or "", r.ordinal))
    ordered.sort(key=lambda r: r.time_created or _OLDEST, reverse=True)
    regions = {resource.region for resource in ordered}
    index = _Index(version=snapshot.version, by_region=defaultdict(list), by_type=defaultdict(list))
    for resource in ordered:
        for region in regions if resource.is_identity else (resource.region,):
            index.by_region[region].append(resource)
            index.by_type[region, resource.resource_type].append(resource)
    return index


def _select(index: _Index, region: str, query: Query) -> Sequence[Resource]:
    if len(query.types) == 1:
        rows = index.by_type.get((region, query.types[0]), [])
    else:
        rows = index.by_region.get(region, [])
        if query.types:
            wanted = frozenset(query.types)
            rows = [resource for resource in rows if resource.resource_type in wanted]
    holds = predicate_of(query)
    if holds is not None:
        rows = [resource for resource in rows if holds(resource)]
    if query.sort_field is not None:
        value_of = query.sort_field.value
        valued = [(value_of(resource), resource) for resource in rows]
        present = [(value, resource) for value, resource in valued if value is not None]
        present.sort(key=lambda pair: pair[1].ocid or "")
        present.sort(key=lambda pair: pair[0], reverse=query.descending)
        rows = [resource for _, resource in present]
        rows += [resource for value, resource in valued if value is None]
    return rows


def _item(resource: Resource, returned: tuple[str, ...] | None, namespace: str) -> dict[str, Any]:
    """A ResourceSummary as the API prints it; `returned` as in `Query`."""
    extra: dict[str, Any] = {}
    if returned is not None:
        extra = additional_details(resource, namespace=namespace)
        if returned:
            extra = {name: extra[name] for name in returned if name in extra}
    created = resource.time_created
    if created is None or prints_milliseconds(resource.resource_type):
        time_created = service_time(created)
    else:
        time_created = created.isoformat(timespec="microseconds")
    return {
        "resourceType": resource.resource_type,
        "identifier": resource.ocid,
        "compartmentId": resource.compartment_id,
        "timeCreated": time_created,
        "displayName": resource.display_name,
        "availabilityDomain": resource.availability_domain,
        "lifecycleState": resource.lifecycle_state,
        "freeformTags": resource.freeform_tags,
        "definedTags": resource.defined_tags,
        "systemTags": resource.system_tags,
        "searchContext": None,
        # A Log is read by the ids of its group and itself.
        "identityContext": {"logGroupId": resource.references["logGroupId"]}
        if resource.resource_type == "Log" and "logGroupId" in resource.references
        else {},
        "additionalDetails": extra,
    }
