"""Cron expressions of five fields: minute, hour, day of month, month, day of week (0 or 7 is Sunday).

Each field is `*`, a number, a range, a step, or several of these with commas. As in cron(8), where both days
are restricted, either is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A parsed expression; its times are those of `zone`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_any_day: bool
    is_any_weekday: bool
    zone: ZoneInfo

    def matches(self, moment: datetime) -> bool:
        """Whether the minute of a moment is one of the expression's."""
        local = moment.astimezone(self.zone)
        on_day, on_weekday = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        is_day = on_day and on_weekday if self.is_any_day or self.is_any_weekday else on_day or on_weekday
        return (
            is_day
            and local.minute in self.minutes
            and local.hour in self.hours
            and local.month in self.months
        )

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """The expression's minutes behind `after`, up to and with `until`, oldest first, in UTC."""
        minute = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        while minute <= until:
            if self.matches(minute):
                yield minute
            minute += timedelta(minutes=1)


def parse_cron(text: str, *, time_zone: str = "UTC") -> Cron:
    """Parse an expression. Raises ValueError where it is none."""
    fields = text.split()
    if len(fields) != len(_BOUNDS):
        raise ValueError(f"{text!r} does not have five fields")
    minutes, hours, days, months, weekdays = (
        _numbers(field, *bounds) for field, bounds in zip(fields, _BOUNDS, strict=True)
    )
    return Cron(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        is_any_day=fields[2] == "*",
        is_any_weekday=fields[4] == "*",
        zone=ZoneInfo(time_zone),
    )


def _numbers(field: str, lowest: int, highest: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = lowest if span == "*" else int(first)
        # `5/10` counts from 5 to the end, a plain number is that one.
        end = int(last) if dash else highest if span == "*" or step else start
        if not lowest <= start <= end <= highest:
            raise ValueError(f"{part!r} is not within {lowest}-{highest}")
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)
