"""Stored times have one form, whatever a service wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.model.timestamps import format_time, normalize_time, parse_time


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02t03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02 03:04:05", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100000+00:00"),
        ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456+00:00"),
        ("2026-01-02T03:04:05.000000+00:00", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05+05:30", "2026-01-01T21:34:05+00:00"),
        ("2026-01-02T03:04:05-0800", "2026-01-02T11:04:05+00:00"),
        (" 2026-01-02T03:04:05Z\n", "2026-01-02T03:04:05+00:00"),
    ],
)
def test_every_way_a_service_writes_a_time_gets_the_one_form(written: str, stored: str) -> None:
    assert normalize_time(written) == stored
    assert format_time(parse_time(written)) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-02T03:04:61Z",
        "2026-01-02",
        "20260102T030405Z",
        "2026-W01-1T00:00:00Z",
        "1712010500000",
        "2026-01-02T03:04:05Z tomorrow",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
        "\u0662026-01-02T03:04:05Z",
    ],
)
def test_what_is_not_a_time_is_refused_and_kept_as_it_is_where_it_is_data(text: str) -> None:
    """Epoch milliseconds and compact forms would otherwise be taken for some other moment."""
    with pytest.raises(ValueError):
        parse_time(text)
    assert normalize_time(text) == text


def test_no_time_stays_no_time_and_numbers_stay_readable() -> None:
    assert normalize_time(None) is None
    assert normalize_time(1712010500000) == "1712010500000"
    assert normalize_time(datetime(2026, 1, 2, 3, 4, 5)) == "2026-01-02T03:04:05+00:00"  # noqa: DTZ001
    eastern = timezone(timedelta(hours=-5))
    assert normalize_time(datetime(2026, 1, 2, 3, 4, 5, tzinfo=eastern)) == "2026-01-02T08:04:05+00:00"


def test_a_time_without_offset_is_never_taken_for_the_machine_s_own() -> None:
    with pytest.raises(ValueError):
        format_time(datetime(2026, 1, 2))  # noqa: DTZ001


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_stored_time_is_read_back_as_the_same_moment_and_written_the_same(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment
    assert normalize_time(format_time(moment)) == format_time(moment)
