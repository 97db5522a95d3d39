"""Resource Search in memory: a working model of structured search over the items of some regions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from inventory.errors import PageTokenExpired, RequestRefused, ServerFault
from inventory.ports.search import SearchPage

#: Types that a region names unless it is told otherwise.
SEARCHABLE = (
    "Compartment", "Domain", "Instance", "MySQLBackup", "MySQLChannel", "MySQLConfiguration", "MySQLDbSystem",
    "Subnet", "User", "Vcn", "VnicAttachment", "Volume", "VolumeAttachment",
)  # fmt: skip

_SINCE = re.compile(r"timeCreated >= '([^']*)'")
_TYPES = re.compile(r"query (.+) resources .*sorted by timeCreated asc")


@dataclass(slots=True)
class SearchedRegion:
    """What a region holds and names, and whether its search answers; tokens of an older generation have
    expired. Questions for its types meet `types_errors` first, one each."""

    items: list[Any] = field(default_factory=list)
    generation: int = 0
    is_down: bool = False
    types: list[str] = field(default_factory=lambda: list(SEARCHABLE))
    types_errors: list[Exception] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    region: str
    query: str
    page: str | None
    limit: int


class MemorySearch:
    """Pages over a region's items; every query is answered as the default one, ordered and narrowed by time.

    An ordered query is narrowed to the types that it names, too, and refused where the region does not know
    one of them. Items without creation time answer no comparison; ordered, they come first or last. A server
    that `ignores_order` gives items as they lie. `before` is called ahead of every request, to make mischief.
    """

    def __init__(
        self,
        regions: dict[str, SearchedRegion],
        *,
        nulls_first: bool = True,
        ignores_order: bool = False,
        before: Callable[[Asked], None] = lambda _: None,
    ) -> None:
        self.regions = regions
        self.asked: list[Asked] = []
        self.types_asked: list[str] = []
        self.before = before
        self.nulls_first = nulls_first
        self.ignores_order = ignores_order

    def search(self, *, region: str, query: str, page: str | None, limit: int) -> SearchPage:
        asked = Asked(region=region, query=query, page=page, limit=limit)
        self.asked.append(asked)
        self.before(asked)
        state = self.regions[region]
        if state.is_down:
            raise ServerFault("search is down", operation="search_resources", region=region)
        offset = 0
        if page is not None:
            generation, offset_text = page.split(":")
            if int(generation) != state.generation:
                raise PageTokenExpired("the page token has expired")
            offset = int(offset_text)
        items = self._matching(self._of_types(state, query), query)
        end = offset + limit
        next_page = f"{state.generation}:{end}" if end < len(items) else None
        return SearchPage(
            items=[dict(item) if isinstance(item, dict) else item for item in items[offset:end]],
            next_page=next_page,
        )

    def resource_types(self, *, region: str) -> list[str]:
        self.types_asked.append(region)
        if self.regions[region].is_down:
            raise ServerFault("search is down", operation="list_resource_types", region=region)
        if self.regions[region].types_errors:
            raise self.regions[region].types_errors.pop(0)
        return list(self.regions[region].types)

    def _of_types(self, state: SearchedRegion, query: str) -> list[Any]:
        named = _TYPES.fullmatch(query)
        if named is None or named[1] == "all":
            return state.items
        types = {name.strip().lower() for name in named[1].split(",")}
        if not types <= {name.lower() for name in state.types}:
            raise RequestRefused("an unknown type", operation="search_resources", status=400)
        return [item for item in state.items if item["resourceType"].lower() in types]

    def _matching(self, items: list[Any], query: str) -> list[Any]:
        if since := _SINCE.search(query):
            earliest = datetime.fromisoformat(since[1])
            items = [item for item in items if (time := _time(item)) is not None and time >= earliest]
        if self.ignores_order or "sorted by timeCreated asc" not in query:
            return items
        return sorted(items, key=self._place)

    def _place(self, item: Any) -> tuple[bool, datetime]:
        time = _time(item)
        return (time is not None) == self.nulls_first, time or datetime.min.replace(tzinfo=UTC)


def shown_ocids(regions: Mapping[str, SearchedRegion]) -> Iterator[str]:
    """All that some regions hold, by identifier."""
    for region in regions.values():
        for item in region.items:
            if isinstance(item, dict) and item.get("identifier"):
                yield item["identifier"]


def _time(item: Any) -> datetime | None:
    text = item.get("timeCreated") if isinstance(item, dict) else None
    return None if text is None else datetime.fromisoformat(text)
