"""Logs: one line for each event, nothing of what records hold, and quiet libraries."""

from __future__ import annotations

import io
import json
import logging
import random
from typing import Any

import pytest

from inventory.errors import Throttled
from inventory.logs import LIBRARY_EVENT, LOGGER, QUIET_LIBRARIES, EventLog, configure_logging
from inventory.model.timestamps import parse_time

pytestmark = pytest.mark.usefixtures("loggers_as_they_were")

SECRET = "wallet password=hunter2-and-more"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().split("\n")[:-1]]


def broken(text: str) -> None:
    raise ValueError(f"cannot handle {text}")


def caught(text: str) -> Exception:
    """A bug whose message quotes what it met, with another one behind it."""
    try:
        try:
            _ = dict[str, int]()[text]
        except KeyError:
            broken(text)
    except ValueError as bug:
        return bug
    raise AssertionError


def test_an_event_is_one_line_with_time_level_and_fields(stream: io.StringIO) -> None:
    configure_logging("INFO", stream=stream).info("run_closed", run_id="r", reason="two\nlines – ünïcode")
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
    log = configure_logging("INFO", stream=stream).bound(call_id="c", region="a").bound(role="region")
    log.info("one")
    log.warning("two", region="b")
    one, two = lines(stream)
    assert (one["call_id"], one["region"], one["role"]) == ("c", "a", "region")
    assert (two["level"], two["region"]) == ("WARNING", "b")


def test_a_failure_of_a_service_is_told_with_its_request_id(stream: io.StringIO) -> None:
    error = Throttled(
        "too many", operation="get_vcn", request_id="ABC/DEF", status=429, code="TooManyRequests"
    )
    configure_logging("INFO", stream=stream).failure("call_failed", error, region="us-ashburn-1")
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


@pytest.mark.parametrize("plain", [False, True])
def test_a_bug_is_told_by_class_and_place_but_not_by_its_message(stream: io.StringIO, plain: bool) -> None:
    """What broke on a record may quote the record."""
    log = configure_logging("DEBUG", plain=plain, stream=stream)
    log.failure("redaction_broken", caught("the tenant's own words"), resource_type="Vcn")
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert "own words" not in text
    for told in ("redaction_broken", "Vcn", "ValueError", "KeyError", "test_logs.py:", " broken"):
        assert told in text


def test_the_frames_of_a_bug_lead_from_the_outside_to_where_it_happened(stream: io.StringIO) -> None:
    configure_logging("INFO", stream=stream).failure("call_broken", caught("x"))
    (line,) = lines(stream)
    assert line["level"] == "ERROR"
    assert line["exception"]["type"] == "ValueError"
    assert line["exception"]["causes"] == ["KeyError"]
    outer, inner = line["exception"]["frames"]
    assert outer.startswith("unit/logs/test_logs.py:")
    assert (outer.split()[1], inner.split()[1]) == ("caught", "broken")


def test_secrets_in_events_are_redacted_as_those_in_records_are(stream: io.StringIO) -> None:
    log = configure_logging("INFO", stream=stream)
    log.failure("search_failed", Throttled(SECRET))
    log.info("noted", hints=[{"db_password": 12, "note": SECRET}])
    logging.getLogger("urllib3").warning("Retrying %s", SECRET)
    assert "hunter2" not in stream.getvalue()
    assert stream.getvalue().count("[REDACTED]") == 4


def test_a_secret_at_the_cut_of_a_long_text_is_not_shown_in_part(stream: io.StringIO) -> None:
    configure_logging("INFO", stream=stream).info("noted", message="." * 970 + SECRET + " ." * 500)
    (line,) = lines(stream)
    assert "hunter" not in line["message"]
    assert len(line["message"]) == 1001


def test_whatever_an_event_is_given_it_is_written(stream: io.StringIO) -> None:
    """A log that fails would hide what it tells."""
    log = configure_logging("INFO", stream=stream)
    log.info("odd", thing=object, pair=(1, {2: "two"}), half="\ud800", size=1e-9, names={"a"})
    (line,) = lines(stream)
    assert (line["pair"], line["size"], line["names"]) == ([1, {"2": "two"}], 1e-9, ["a"])
    assert (line["thing"], line["half"]) == ("<class 'object'>", "\ufffd")


def test_events_below_the_level_are_left_out(stream: io.StringIO) -> None:
    log = configure_logging("WARNING", stream=stream)
    log.debug("tiny")
    log.info("small")
    log.warning("large")
    assert [line["event"] for line in lines(stream)] == ["large"]


def test_a_container_that_is_reused_does_not_log_twice(stream: io.StringIO) -> None:
    for _ in range(3):
        log = configure_logging("INFO", stream=stream)
    log.info("once")
    assert len(lines(stream)) == 1


def test_the_frameworks_root_handler_and_level_give_way(stream: io.StringIO) -> None:
    """fdk puts a handler of its own at the root, at DEBUG."""
    frameworks = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(frameworks))
    logging.getLogger().setLevel(logging.DEBUG)
    configure_logging("DEBUG", stream=stream).info("ours")
    logging.getLogger("some.library").info("details")
    logging.getLogger("some.library").warning("a\nwarning")
    assert frameworks.getvalue() == ""
    ours, theirs = lines(stream)
    assert ours["event"] == "ours"
    assert (theirs["event"], theirs["logger"], theirs["message"]) == (
        LIBRARY_EVENT,
        "some.library",
        "a\nwarning",
    )


@pytest.mark.parametrize("library", [*QUIET_LIBRARIES, "oci._vendor.urllib3", "jwt", "pyarrow"])
def test_libraries_keep_request_details_to_themselves(library: str, stream: io.StringIO) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    configure_logging("DEBUG", stream=stream)
    assert not logging.getLogger(f"{library}.some.module").isEnabledFor(logging.INFO)
    assert logging.getLogger(library).isEnabledFor(logging.WARNING)


def test_a_librarys_exception_is_told_as_a_bug_of_ours_is(stream: io.StringIO) -> None:
    configure_logging("INFO", stream=stream)
    logging.getLogger("fn").error("it broke", exc_info=caught("the tenant's own words"))
    (line,) = lines(stream)
    assert (line["message"], line["exception"]["type"]) == ("it broke", "ValueError")
    assert "own words" not in stream.getvalue()


def test_a_log_without_fields_is_a_log_too(stream: io.StringIO) -> None:
    configure_logging("INFO", stream=stream)
    EventLog(logging.getLogger(LOGGER)).info("plain")
    assert [line["event"] for line in lines(stream)] == ["plain"]


def test_plain_lines_read_as_words(stream: io.StringIO) -> None:
    log = configure_logging("INFO", plain=True, stream=stream).bound(call_id="01H-9")
    log.warning(
        "region_not_invoked", region="us-ashburn-1", reason='says "no"\nand ends', n=3, ok=True, x=None
    )
    line = stream.getvalue()
    moment, rest = line.split(" ", 1)
    parse_time(moment)
    assert rest == (
        "WARNING region_not_invoked call_id=01H-9 region=us-ashburn-1 "
        'reason="says \\"no\\"\\nand ends" n=3 ok=true x=null\n'
    )


def test_no_value_breaks_a_plain_line(stream: io.StringIO) -> None:
    log = configure_logging("INFO", plain=True, stream=stream)
    draw = random.Random(11)
    alphabet = "ab =\"'\\\n\r\t\x0b\x0c\x1c\x85\u2028\u2029ü\ud800{}[],"
    for number in range(200):
        text = "".join(draw.choices(alphabet, k=12))
        log.info("noted", number=number, text=text, nested={"a": [text]})
    written = stream.getvalue().splitlines()
    assert len(written) == 200
    assert all(f"noted number={number} text=" in line for number, line in enumerate(written))
