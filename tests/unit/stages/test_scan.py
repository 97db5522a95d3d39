"""Whatever a server orders, pages and forgets, a scan takes every item, and it ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.errors import PageTokenExpired
from inventory.model.canonical import canonical_line, parse_json
from inventory.model.checkpoint import Cursor
from inventory.model.fields import Fields
from inventory.model.manifest import DEFAULT_QUERY
from inventory.stages.scan import (
    MAX_EXPIRIES,
    after_expiry,
    can_go_on,
    can_resume,
    plain_cursor,
    query_at,
    read_page,
)
from tests.fakes.memory_search import Asked, MemorySearch, SearchedRegion

REGION = "us-ashburn-1"
OVERRIDE = "query vcn resources where displayName = 'a' && timeCreated >= '2026-01-01T00:00:00Z'"


@dataclass
class Scanned:
    """What a scan took, and whether it came to the end."""

    taken: list[Any] = field(default_factory=list)
    is_complete: bool = False

    @property
    def named(self) -> set[str]:
        return {item["identifier"] for item in self.taken if "identifier" in item}

    @property
    def unnamed(self) -> Counter[bytes]:
        return Counter(canonical_line(item) for item in self.taken if "identifier" not in item)


def scan(
    search: MemorySearch, *, base_query: str = DEFAULT_QUERY, limit: int = 2, start: Cursor | None = None
) -> Scanned:
    """The worker's loop over pages; the cursor is stored and read back after each."""
    result = Scanned()
    cursor: Cursor | None = start or Cursor()
    for _ in range(2000):
        if cursor is None:
            result.is_complete = True
            return result
        cursor = Cursor.from_fields(Fields("cursor", parse_json(canonical_line(cursor.to_dict()))))
        query = query_at(base_query, cursor)
        try:
            page = search.search(region=REGION, query=query, page=cursor.page, limit=limit)
        except PageTokenExpired:
            if not can_go_on(cursor):
                return result
            cursor, is_read_again = after_expiry(base_query, cursor)
            if is_read_again:
                result.taken.clear()
            continue
        step = read_page(base_query, cursor, page.items, page.next_page)
        if step.is_read_again:
            result.taken.clear()
        result.taken += step.items
        cursor = step.cursor
    raise AssertionError("the scan does not end")


def expiring(plan: list[bool], region: SearchedRegion, *, with_ties_turned: bool = False) -> Any:
    """Mischief ahead of a request: the tokens of the region expire where the plan says so."""
    plan = list(plan)

    def before(asked: Asked) -> None:
        if asked.page is not None and plan and plan.pop(0):
            region.generation += 1
            if with_ties_turned:
                region.items.reverse()

    return before


@st.composite
def item_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Items with few distinct times, in two spellings, some without; unnamed ones are often twins."""
    items: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 12))):
        item: dict[str, Any] = {"resourceType": "Thing"}
        second = draw(st.one_of(st.none(), st.integers(0, 3)))
        if second is not None:
            item["timeCreated"] = f"2026-01-01T00:00:0{second}" + draw(st.sampled_from(["Z", "+00:00"]))
        if draw(st.booleans()):
            item["identifier"] = f"ocid1.thing.oc1.iad.{number}"
        else:
            item["displayName"] = draw(st.sampled_from(["a", "b"]))
        items.append(item)
    return items


def truth(items: list[dict[str, Any]]) -> Scanned:
    return Scanned(taken=items)


@given(
    items=item_lists(),
    limit=st.integers(1, 5),
    plan=st.lists(st.booleans(), max_size=15),
    nulls_first=st.booleans(),
    with_ties_turned=st.booleans(),
)
def test_every_item_is_taken_and_unnamed_ones_as_often_as_they_exist(
    items: list[dict[str, Any]], limit: int, plan: list[bool], nulls_first: bool, with_ties_turned: bool
) -> None:
    region = SearchedRegion(items=list(items))
    before = expiring(plan, region, with_ties_turned=with_ties_turned)
    search = MemorySearch({REGION: region}, nulls_first=nulls_first, before=before)
    scanned = scan(search, limit=limit)
    if scanned.is_complete:
        assert scanned.named == truth(items).named
        assert scanned.unnamed == truth(items).unnamed
    else:
        assert sum(plan) > MAX_EXPIRIES, "given up too early"


@given(
    items=item_lists(),
    limit=st.integers(1, 5),
    plan=st.lists(st.booleans(), max_size=15),
    base_query=st.sampled_from([DEFAULT_QUERY, OVERRIDE]),
    is_plain=st.booleans(),
)
def test_a_server_that_ignores_the_order_still_gives_everything(
    items: list[dict[str, Any]], limit: int, plan: list[bool], base_query: str, is_plain: bool
) -> None:
    region = SearchedRegion(items=list(items))
    search = MemorySearch({REGION: region}, ignores_order=True, before=expiring(plan, region))
    search_all = MemorySearch.search

    def every_item(*, query: str, **rest: Any) -> Any:
        # The override is a whole query of its own: this server answers it with all there is.
        return search_all(search, query=DEFAULT_QUERY if query == OVERRIDE else query, **rest)

    search.search = every_item  # type: ignore[method-assign]
    scanned = scan(search, base_query=base_query, limit=limit, start=Cursor(is_plain=is_plain))
    if scanned.is_complete:
        assert scanned.named == truth(items).named
        assert scanned.unnamed == truth(items).unnamed
    else:
        assert sum(plan) > MAX_EXPIRIES, "given up too early"


@pytest.mark.parametrize("ignores_order", [True, False])
@pytest.mark.parametrize("base_query", [DEFAULT_QUERY, OVERRIDE])
def test_tokens_that_always_expire_end_a_scan_that_does_not_move_on(
    base_query: str, ignores_order: bool
) -> None:
    same_time = [
        {"identifier": f"ocid1.thing.oc1.iad.{number}", "timeCreated": "2026-01-01T00:00:00Z"}
        for number in range(9)
    ]
    later_first = [{**item, "timeCreated": f"2026-01-01T00:00:0{9 - n}Z"} for n, item in enumerate(same_time)]
    region = SearchedRegion(items=later_first if ignores_order else same_time)
    search = MemorySearch(
        {REGION: region}, ignores_order=ignores_order, before=expiring([True] * 10_000, region)
    )
    assert not scan(search, base_query=base_query).is_complete
    assert len(search.asked) <= 2 * (MAX_EXPIRIES + 2)


def test_a_scan_that_moves_on_outlives_any_number_of_expired_tokens() -> None:
    items = [
        {"identifier": f"ocid1.thing.oc1.iad.{number}", "timeCreated": f"2026-01-01T00:{number:02}:00Z"}
        for number in range(40)
    ]
    region = SearchedRegion(items=items)
    search = MemorySearch({REGION: region}, before=expiring([True] * 30, region))
    scanned = scan(search, limit=2)
    assert region.generation == 30
    assert scanned.is_complete
    assert scanned.named == truth(items).named


def test_the_default_query_is_asked_for_in_the_order_of_creation() -> None:
    assert query_at(DEFAULT_QUERY, Cursor()) == "query all resources sorted by timeCreated asc"


def test_after_an_expiry_the_query_goes_on_from_the_last_time_as_the_service_wrote_it() -> None:
    first = read_page(DEFAULT_QUERY, Cursor(), [{"timeCreated": "2026-01-01T00:00:00.123Z"}], "token")
    assert first.cursor is not None
    cursor, is_read_again = after_expiry(DEFAULT_QUERY, first.cursor)
    assert not is_read_again
    assert cursor.page is None
    assert query_at(DEFAULT_QUERY, cursor) == (
        "query all resources where timeCreated >= '2026-01-01T00:00:00.123Z' sorted by timeCreated asc"
    )


@pytest.mark.parametrize("query", ["query all resources", "Query  ALL\nresources", " query all resources "])
def test_the_default_query_is_known_in_any_spelling(query: str) -> None:
    assert can_resume(query)


@pytest.mark.parametrize(
    "query",
    [
        OVERRIDE,
        "query vcn resources",
        "query all resources where lifecycleState = 'RUNNING'",
        "query all resources sorted by displayName asc",
        "  query   vcn resources  ",
    ],
)
def test_any_other_query_is_sent_as_it_is_at_every_page_and_after_an_expiry(query: str) -> None:
    assert not can_resume(query)
    cursor = Cursor()
    assert query_at(query, cursor) == query
    step = read_page(query, cursor, [{"timeCreated": "2026-01-01T00:00:00Z"}], "token")
    assert step.cursor is not None
    assert query_at(query, step.cursor) == query
    again, is_read_again = after_expiry(query, step.cursor)
    assert is_read_again
    assert again.page is None
    assert query_at(query, again) == query


def test_a_service_that_refuses_order_and_time_is_asked_for_the_plain_query_from_the_start() -> None:
    read = read_page(DEFAULT_QUERY, Cursor(), [{"timeCreated": "2026-01-01T00:00:05Z"}], "token")
    assert read.cursor is not None
    plain = plain_cursor(DEFAULT_QUERY, read.cursor)
    assert plain == Cursor(is_plain=True)
    assert query_at(DEFAULT_QUERY, plain) == DEFAULT_QUERY
    assert plain_cursor(DEFAULT_QUERY, plain) is None, "there is nothing plainer"
    assert plain_cursor(OVERRIDE, Cursor()) is None, "an override is sent verbatim or not at all"
    again, is_read_again = after_expiry(DEFAULT_QUERY, plain)
    assert is_read_again
    assert query_at(DEFAULT_QUERY, again) == DEFAULT_QUERY


def test_disorder_behind_an_expired_token_starts_again_without_reading_to_the_end_twice() -> None:
    first = read_page(DEFAULT_QUERY, Cursor(), [{"timeCreated": "2026-01-01T00:00:05Z"}], "token")
    assert first.cursor is not None
    resumed, _ = after_expiry(DEFAULT_QUERY, first.cursor)
    newest_first = [{"timeCreated": "2026-01-01T00:00:07Z"}, {"timeCreated": "2026-01-01T00:00:06Z"}]
    last = read_page(DEFAULT_QUERY, resumed, newest_first, None)
    assert last.is_read_again
    assert last.items == []
    assert last.cursor == Cursor(expiries=1, is_ordered=False)


def test_items_that_are_no_objects_pass_through_to_be_counted() -> None:
    step = read_page(DEFAULT_QUERY, Cursor(), ["text", None, 7], None)
    assert step.items == ["text", None, 7]
    assert step.cursor is None


def test_a_time_that_cannot_be_read_counts_as_none() -> None:
    odd = {"timeCreated": "yesterday", "displayName": "a"}
    step = read_page(DEFAULT_QUERY, Cursor(), [odd, {"timeCreated": 5}], "token")
    assert step.items == [odd, {"timeCreated": 5}]
    assert step.cursor is not None
    assert step.cursor.last_time is None
    assert len(step.cursor.untimed) == 2


def test_the_default_query_is_narrowed_to_the_types_that_are_asked_for() -> None:
    types = ("Vcn", "Instance")
    assert query_at(DEFAULT_QUERY, Cursor(), types) == (
        "query Vcn, Instance resources sorted by timeCreated asc"
    )
    resumed = Cursor(resume_from="2026-01-01T00:00:00.000Z", has_expired=True)
    assert query_at(DEFAULT_QUERY, resumed, types) == (
        "query Vcn, Instance resources where timeCreated >= '2026-01-01T00:00:00.000Z' "
        "sorted by timeCreated asc"
    )
    plain = plain_cursor(DEFAULT_QUERY, Cursor())
    assert plain is not None
    assert query_at(DEFAULT_QUERY, plain, types) == DEFAULT_QUERY, "one of them may be what was refused"
    assert query_at(OVERRIDE, Cursor(), types) == OVERRIDE
