"""How a slice is read from Search: which query to send, which items to take, and how to go on after a
page token has expired.

The default query is asked for in the order of creation, so that a scan can go on by time: items created
since come at the end, and what was read before is not read again. Items without creation time answer no
comparison, so after an expiry they are looked for once more by themselves. Any other query is sent as it
is, and after an expiry it starts again. So does a scan that went on by time, once the items turn out not to
come in that order, and one whose ordered query the service refuses: it goes on with the plain one. Where
the run asks for some resource types only, the default query is narrowed to these; the plain one is not, for
it may have been a type that a region does not know that was refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from inventory.model.canonical import canonical_line, sha256_hex
from inventory.model.checkpoint import SCAN, UNTIMED, Cursor
from inventory.model.manifest import DEFAULT_QUERY
from inventory.model.timestamps import parse_time

#: How many page tokens may expire in a row without the scan moving on.
MAX_EXPIRIES = 5

_ORDER = "sorted by timeCreated asc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The items of a page that count, and the cursor behind it (None: the slice is complete).

    With `is_read_again` the cursor stands at the beginning, and everything read so far must be dropped.
    """

    items: list[Any]
    cursor: Cursor | None
    is_read_again: bool = False


def query_at(base_query: str, cursor: Cursor, types: Sequence[str] = ()) -> str:
    """The query to send for the page at the cursor; `types` are all that the run asks for (none: any)."""
    if not _is_by_time(base_query, cursor):
        return base_query
    asked = f"query {', '.join(types)} resources" if types else DEFAULT_QUERY
    if cursor.phase == SCAN and cursor.resume_from is not None:
        return f"{asked} where timeCreated >= '{cursor.resume_from}' {_ORDER}"
    return f"{asked} {_ORDER}"


def can_resume(base_query: str) -> bool:
    """Whether the query may be ordered and narrowed by time without meaning something else."""
    return " ".join(base_query.lower().split()) == DEFAULT_QUERY


def plain_cursor(base_query: str, cursor: Cursor) -> Cursor | None:
    """Where to start with the plain query when the service refuses the one that was sent at the cursor.

    None where that was the plain query. Everything read so far is read again.
    """
    if query_at(base_query, cursor) == base_query:
        return None
    return Cursor(expiries=cursor.expiries, is_plain=True)


def _is_by_time(base_query: str, cursor: Cursor) -> bool:
    return can_resume(base_query) and not cursor.is_plain


def read_page(base_query: str, cursor: Cursor, items: Sequence[Any], next_page: str | None) -> Step:
    """Take a page at the cursor."""
    if not _is_by_time(base_query, cursor):
        return Step(items=list(items), cursor=replace(cursor, page=next_page) if next_page else None)
    if cursor.phase == UNTIMED:
        return _read_untimed(cursor, items, next_page)
    return _read_scan(cursor, items, next_page)


def _read_scan(cursor: Cursor, items: Sequence[Any], next_page: str | None) -> Step:
    last_text, last_time = cursor.last_time, _time_of_text(cursor.last_time)
    is_ordered = cursor.is_ordered
    unnamed, untimed, skip = list(cursor.unnamed), list(cursor.untimed), Counter(cursor.skip)
    taken: list[Any] = []
    for item in items:
        text = _creation_text(item)
        time = _time_of_text(text)
        if time is not None:
            if last_time is None or time > last_time:
                last_text, last_time, unnamed = text, time, []
            elif time < last_time:
                is_ordered = False
        if not _is_named(item):
            digest = sha256_hex(canonical_line(item))
            if skip[digest]:
                skip[digest] -= 1
                continue
            (untimed if time is None else unnamed).append(digest)
        taken.append(item)
    moved = last_text != cursor.last_time
    after = replace(
        cursor,
        page=next_page,
        last_time=last_text,
        is_ordered=is_ordered,
        # A scan without order starts again after an expiry: that it moves says nothing.
        expiries=0 if moved and is_ordered else cursor.expiries,
        unnamed=tuple(unnamed),
        untimed=tuple(untimed),
        skip=tuple(skip.elements()),
    )
    if next_page is not None:
        return Step(items=taken, cursor=after)
    if not cursor.has_expired:
        return Step(items=taken, cursor=None)
    if not is_ordered:
        return _start_again(cursor)
    untimed_phase = replace(after, phase=UNTIMED, last_time=None, expiries=0, skip=after.untimed)
    return Step(items=taken, cursor=untimed_phase)


def _read_untimed(cursor: Cursor, items: Sequence[Any], next_page: str | None) -> Step:
    last_text, last_time = cursor.last_time, _time_of_text(cursor.last_time)
    skip = Counter(cursor.skip)
    untimed = list(cursor.untimed)
    taken: list[Any] = []
    for item in items:
        text = _creation_text(item)
        time = _time_of_text(text)
        if time is not None:
            if last_time is not None and time < last_time:
                return _start_again(cursor)
            last_text, last_time = text, time
            continue
        if not _is_named(item):
            digest = sha256_hex(canonical_line(item))
            if skip[digest]:
                skip[digest] -= 1
                continue
            untimed.append(digest)
        taken.append(item)
    if next_page is None:
        return Step(items=taken, cursor=None)
    after = replace(
        cursor,
        page=next_page,
        last_time=last_text,
        untimed=tuple(untimed),
        skip=tuple(skip.elements()),
    )
    return Step(items=taken, cursor=after)


def _start_again(cursor: Cursor) -> Step:
    """What went on by time may have left items out: without that order, once more from the beginning."""
    return Step(items=[], cursor=Cursor(expiries=cursor.expiries, is_ordered=False), is_read_again=True)


def can_go_on(cursor: Cursor) -> bool:
    """Whether another expired token is worth going on behind: not where the scan does not move on."""
    return cursor.expiries < MAX_EXPIRIES


def after_expiry(base_query: str, cursor: Cursor) -> tuple[Cursor, bool]:
    """Where to go on when the cursor's page token has expired.

    Returns the cursor, and whether everything read so far is read again (so that it must be dropped).
    """
    expiries = cursor.expiries + 1
    if cursor.phase == UNTIMED:
        again = replace(cursor, page=None, last_time=None, expiries=expiries, skip=cursor.untimed)
        return again, False
    if not _is_by_time(base_query, cursor) or not cursor.is_ordered:
        return Cursor(expiries=expiries, is_ordered=cursor.is_ordered, is_plain=cursor.is_plain), True
    shown_again = cursor.unnamed if cursor.last_time is not None else cursor.untimed
    resumed = replace(
        cursor,
        page=None,
        resume_from=cursor.last_time,
        expiries=expiries,
        has_expired=True,
        skip=shown_again,
    )
    return resumed, False


def _creation_text(item: Any) -> str | None:
    if not isinstance(item, Mapping):
        return None
    value = item.get("timeCreated", item.get("time_created"))
    return value if isinstance(value, str) else None


def _time_of_text(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError:
        return None


def _is_named(item: Any) -> bool:
    return not isinstance(item, Mapping) or bool(item.get("identifier") or item.get("ocid") or item.get("id"))
