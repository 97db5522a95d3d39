"""Times: one written form, RFC 3339 in UTC with `+00:00`, for everything that is stored."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# `datetime.fromisoformat` alone would also read epoch milliseconds as a date.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
# Services write up to nine fractional digits; Python keeps six.
_FRACTION = re.compile(r"(\.\d{6})\d+")


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time as an aware UTC datetime; a time without offset counts as UTC.

    Raises ValueError where the text is not a time.
    """
    written = text.strip()
    if not _RFC_3339.fullmatch(written):
        raise ValueError(f"{text!r} is not an RFC 3339 time")
    moment = datetime.fromisoformat(_FRACTION.sub(r"\1", written.upper()))
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError(f"{text!r} is outside the years 1 to 9999") from exc


def format_time(moment: datetime) -> str:
    """Write an aware time in its one form; microseconds stand only where there are any.

    Raises ValueError for a time without offset, which would be taken for the machine's own time.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no offset")
    return moment.astimezone(UTC).isoformat()


def normalize_time(value: object) -> str | None:
    """The one form of a time that a service gave; what cannot be read as a time is kept as it is."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return format_time(value if value.tzinfo else value.replace(tzinfo=UTC))
    text = str(value)
    try:
        return format_time(parse_time(text))
    except ValueError:
        return text
