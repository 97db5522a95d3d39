"""ListObjects: which objects and prefixes a page holds, and where the next one starts.

Reading of the documentation: `limit` counts objects; prefixes come on top (Oracle's CLI tests list four
prefixes under `--limit 3`). `nextStartWith` is the first name that the page does not cover.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulator.object_storage.store import StoredObject
from emulator.wire import Request, ServiceError

_MAX_LIMIT = 1000
_FIELDS = {
    field.lower(): field
    for field in (
        "name",
        "size",
        "etag",
        "md5",
        "timeCreated",
        "timeModified",
        "storageTier",
        "archivalState",
    )
}


def first_name(request: Request) -> str:
    """The lowest name that can be in the answer."""
    names = (request.parameter("start"), request.parameter("startAfter"), request.parameter("prefix"))
    return max(name or "" for name in names)


def list_page(request: Request, objects: Iterable[StoredObject]) -> dict[str, Any]:
    """The answer's body, from the bucket's objects in the order of their names.

    Raises 400 for a limit outside 1..1000, a delimiter other than '/', and an unknown field.
    """
    limit = page_limit(request, _MAX_LIMIT)
    fields = _fields(request.parameter("fields"))
    delimiter = request.parameter("delimiter") or None
    if delimiter not in (None, "/"):
        raise ServiceError(400, "InvalidParameter", "Only '/' is a supported delimiter.")
    prefix = request.parameter("prefix") or ""
    start_after = request.parameter("startAfter")
    end = request.parameter("end")
    summaries: list[dict[str, Any]] = []
    prefixes: list[str] = []
    next_start: str | None = None
    for found in objects:
        if not found.name.startswith(prefix):
            if found.name > prefix:
                break
            continue
        if start_after is not None and found.name <= start_after:
            continue
        if end is not None and found.name >= end:
            break
        head, separator, _ = found.name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        group = f"{prefix}{head}/" if separator else None
        if group is not None and prefixes and prefixes[-1] == group:
            continue
        if len(summaries) == limit:
            next_start = found.name
            break
        if group is not None:
            prefixes.append(group)
        else:
            summaries.append(_summary(found, fields))
    page: dict[str, Any] = {"objects": summaries}
    if delimiter:
        page["prefixes"] = prefixes
    if next_start is not None:
        page["nextStartWith"] = next_start
    return page


def page_limit(request: Request, default: int) -> int:
    """The `limit` parameter; raises 400 InvalidLimit unless it is in 1..1000."""
    text = request.parameter("limit")
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_LIMIT:
        raise ServiceError(400, "InvalidLimit", f"The limit '{text}' is not in 1..{_MAX_LIMIT}.")
    return int(text)


def _fields(text: str | None) -> list[str]:
    wanted = ["name"]
    for field in (text or "").split(","):
        name = field.strip().lower()
        if not name:
            continue
        if name not in _FIELDS:
            raise ServiceError(400, "InvalidAttributeName", f"Invalid field '{field}'.")
        wanted.append(_FIELDS[name])
    return wanted


def _summary(found: StoredObject, fields: list[str]) -> dict[str, Any]:
    # archivalState belongs to archived objects, and there are none.
    values = {
        "name": found.name,
        "size": found.size,
        "etag": found.etag,
        "md5": found.md5,
        "timeCreated": found.modified,
        "timeModified": found.modified,
        "storageTier": found.headers["storage-tier"],
    }
    return {field: values[field] for field in fields if field in values}
