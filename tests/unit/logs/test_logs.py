"""Logs: one line of JSON for each event, and quiet libraries."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from inventory.errors import Throttled
from inventory.logs import LOGGER, QUIET_LIBRARIES, EventLog, configure_logging
from inventory.model.timestamps import parse_time


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in (LOGGER, *QUIET_LIBRARIES)]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_time_level_and_fields(stream: io.StringIO) -> None:
    configure_logging("INFO", stream).info("run_closed", run_id="r", reason="two\nlines – ünïcode")
    (line,) = lines(stream)
    parse_time(line.pop("time"))
    assert line == {
        "level": "INFO",
        "event": "run_closed",
        "run_id": "r",
        "reason": "two\nlines – ünïcode",
    }
    assert stream.getvalue().endswith("\n")


def test_bound_fields_stand_in_every_event_and_give_way_to_its_own(stream: io.StringIO) -> None:
    log = configure_logging("INFO", stream).bound(call_id="c", region="a").bound(role="region")
    log.info("one")
    log.warning("two", region="b")
    one, two = lines(stream)
    assert (one["call_id"], one["region"], one["role"]) == ("c", "a", "region")
    assert (two["level"], two["region"]) == ("WARNING", "b")


def test_a_failure_of_a_service_is_told_with_its_request_id(stream: io.StringIO) -> None:
    error = Throttled(
        "too many", operation="get_vcn", request_id="ABC/DEF", status=429, code="TooManyRequests"
    )
    configure_logging("INFO", stream).failure("call_failed", error, region="us-ashburn-1")
    (line,) = lines(stream)
    del line["time"]
    assert line == {
        "level": "WARNING",
        "event": "call_failed",
        "reason": "throttled (429 TooManyRequests)",
        "message": "too many",
        "operation": "get_vcn",
        "request_id": "ABC/DEF",
        "region": "us-ashburn-1",
    }


def test_a_bug_is_told_with_its_stack_on_the_same_line(stream: io.StringIO) -> None:
    log = configure_logging("INFO", stream)
    try:
        _ = dict[str, int]()["missing"]
    except KeyError as exc:
        log.failure("call_broken", exc)
    (line,) = lines(stream)
    assert line["level"] == "ERROR"
    assert "Traceback" in line["exception"]
    assert "KeyError: 'missing'" in line["exception"]


def test_events_below_the_level_are_left_out(stream: io.StringIO) -> None:
    log = configure_logging("WARNING", stream)
    log.info("small")
    log.warning("large")
    assert [line["event"] for line in lines(stream)] == ["large"]


def test_a_container_that_is_reused_does_not_log_twice(stream: io.StringIO) -> None:
    for _ in range(3):
        log = configure_logging("INFO", stream)
    log.info("once")
    assert len(lines(stream)) == 1


def test_the_frameworks_root_handler_gets_nothing_of_ours(stream: io.StringIO) -> None:
    """fdk puts a handler of its own at the root, at DEBUG."""
    root = logging.getLogger()
    frameworks = io.StringIO()
    handler = logging.StreamHandler(frameworks)
    root.addHandler(handler)
    try:
        configure_logging("INFO", stream).info("ours")
    finally:
        root.removeHandler(handler)
    assert frameworks.getvalue() == ""


@pytest.mark.parametrize("library", QUIET_LIBRARIES)
def test_libraries_keep_request_details_to_themselves(library: str, stream: io.StringIO) -> None:
    configure_logging("DEBUG", stream)
    assert not logging.getLogger(f"{library}.some.module").isEnabledFor(logging.INFO)
    assert logging.getLogger(library).isEnabledFor(logging.WARNING)


def test_a_log_without_fields_is_a_log_too(stream: io.StringIO) -> None:
    configure_logging("INFO", stream)
    EventLog(logging.getLogger(LOGGER)).info("plain")
    assert [line["event"] for line in lines(stream)] == ["plain"]
