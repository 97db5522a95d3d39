"""All that a tenancy's Search knows at one instant, in the orders in which it is asked for.

Sorted once, by region and by region and type; a scan in the order of creation, either way, then sorts
nothing. Equal times are ordered by OCID, resources without a time come last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from emulator.search_match import predicate_of
from emulator.search_query import Query
from emulator.tenancy.values import Resource, Snapshot

Rows = list[Resource]


class SearchIndex:
    """The resources that each region answers with; identity resources are in all of them."""

    def __init__(self, snapshot: Snapshot, regions: Iterable[str], *, unknown: Collection[str] = ()) -> None:
        """`regions` are those whose endpoints answer; resources of `unknown` types are not found."""
        self.version = snapshot.version
        shown = sorted(
            (r for r in snapshot if r.is_searchable and r.resource_type not in unknown),
            key=lambda r: (r.ocid or "", r.ordinal),
        )
        regions = frozenset(regions)
        timed = [resource for resource in shown if resource.time_created is not None]
        untimed = [resource for resource in shown if resource.time_created is None]
        self._newest_first = _Order((*sorted(timed, key=_time, reverse=True), *untimed), regions)
        self._oldest_first = _Order((*sorted(timed, key=_time), *untimed), regions)

    def select(self, region: str, query: Query) -> Sequence[Resource]:
        """What a query finds in a region, in its order: newest first unless it asks for another one."""
        by_time = query.sort_field is not None and query.sort_field.name == "timeCreated"
        order = self._oldest_first if by_time and not query.descending else self._newest_first
        rows: Sequence[Resource] = order.rows(region, query.types)
        holds = predicate_of(query)
        if holds is not None:
            rows = [resource for resource in rows if holds(resource)]
        if query.sort_field is None or by_time:
            return rows
        value_of = query.sort_field.value
        valued = [(value_of(resource), resource) for resource in rows]
        present = [(value, resource) for value, resource in valued if value is not None]
        present.sort(key=lambda pair: pair[1].ocid or "")
        present.sort(key=lambda pair: pair[0], reverse=query.descending)
        return [resource for _, resource in present] + [
            resource for value, resource in valued if value is None
        ]


class _Order:
    """One order of all resources, divided by region and by type."""

    def __init__(self, ordered: Iterable[Resource], regions: frozenset[str]) -> None:
        self._by_region: dict[str, Rows] = defaultdict(list)
        self._by_type: dict[tuple[str, str], Rows] = defaultdict(list)
        for resource in ordered:
            for region in regions if resource.is_identity else (resource.region,):
                self._by_region[region].append(resource)
                self._by_type[region, resource.resource_type].append(resource)

    def rows(self, region: str, types: Sequence[str]) -> Sequence[Resource]:
        """The resources of these types, or of all if none are given."""
        if len(types) == 1:
            return self._by_type.get((region, types[0]), ())
        rows = self._by_region.get(region, ())
        if not types:
            return rows
        wanted = frozenset(types)
        return [resource for resource in rows if resource.resource_type in wanted]


def _time(resource: Resource) -> datetime:
    assert resource.time_created is not None
    return resource.time_created
