"""docs/operations.md explains every reason, class and ending that the code can write, and no other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pytest

from inventory.coordination.closing import NOT_CONFIGURED, REASONS, SENT
from inventory.errors import InventoryError, RetryLater
from inventory.model.checkpoint import COMPLETE, FAILED, PARTIAL
from inventory.model.publication import CLOSINGS, PUBLISHED
from inventory.schemas.load import schema_of
from tests.docs.literals import arguments, returned_by, values, written_in
from tests.docs.page import codes, table

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"
PAGE = "operations.md"
GAPS = "Gaps"
CLASSES = "Error classes"
ENDINGS = "How runs end"


def classes() -> Iterator[type[InventoryError]]:
    """The whole error tree."""
    waiting: list[type[InventoryError]] = [InventoryError]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.__subclasses__()


def explained(rows: Iterable[dict[str, str]], column: str) -> list[str]:
    """The texts in backticks in a column of a table."""
    return [text for row in rows for text in codes(row[column])]


def assert_same(written: Collection[str], told: Collection[str]) -> None:
    """Every text that the code writes is explained, and every explained one is written.

    `…` in an explained one stands for any text.
    """
    patterns = {one: re.compile(".+".join(map(re.escape, one.split("…")))) for one in told}
    assert len(patterns) == len(told)
    assert written
    unexplained = [text for text in written if not any(one.fullmatch(text) for one in patterns.values())]
    unwritten = [one for one, pattern in patterns.items() if not any(map(pattern.fullmatch, written))]
    assert (unexplained, unwritten) == ([], [])


def test_every_error_class_is_explained() -> None:
    assert_same({one.reason for one in classes()}, explained(table(PAGE, CLASSES), "Class"))


def test_the_first_classes_are_those_that_are_tried_again() -> None:
    tried_again = {one.reason for one in classes() if issubclass(one, RetryLater)} - {RetryLater.reason}
    told = explained(table(PAGE, CLASSES), "Class")
    assert set(told[: len(tried_again)]) == tried_again
    assert len(tried_again) == 6


def test_every_code_of_our_own_behind_a_class_is_explained() -> None:
    written = {text for one in classes() for text in arguments(one.__name__, keyword="code")}
    rows = table(PAGE, CLASSES, number=1)
    assert_same(written, explained(rows, "Code"))
    assert set(explained(rows, "Class")) <= {one.reason for one in classes()}


def test_every_kind_of_gap_is_explained() -> None:
    written = arguments("_gap", position=0) | values("kind", beside="place")
    assert_same(written, list(dict.fromkeys(explained(table(PAGE, GAPS), "Kind"))))


#: The texts that the code has as reasons of one kind of gap; any other reason is a class or names an object.
REASONS_OF_GAPS = {
    "region": (written_in("_unavailable_regions") | arguments("UnavailableRegion", keyword="reason"))
    - {"region"},
    "slice": returned_by("_reason_to_give_up")
    | arguments("Slice", keyword="error")
    | arguments("replace", keyword="error"),
    "baseline": arguments("BaselineUnreadable", position=0),
    "artifact": arguments("ArtifactGap", keyword="reason"),
    "coverage": returned_by("_coverage_error"),
}


@pytest.mark.parametrize("kind", REASONS_OF_GAPS)
def test_every_reason_of_a_gap_is_explained(kind: str) -> None:
    rows = [row for row in table(PAGE, GAPS) if codes(row["Kind"]) == [kind]]
    assert_same(REASONS_OF_GAPS[kind], explained(rows, "Reason"))


def test_reasons_written_where_a_gap_is_made_are_explained() -> None:
    rows = [row for row in table(PAGE, GAPS) if codes(row["Kind"])[0] not in REASONS_OF_GAPS]
    assert_same(arguments("_gap", position=2), explained(rows, "Reason"))


def test_every_status_of_a_region_is_explained() -> None:
    told = explained(table(PAGE, "How regions end"), "Status")
    region = schema_of("coverage")["properties"]["regions"]["additionalProperties"]
    assert set(told) == set(region["properties"]["status"]["enum"])
    assert {COMPLETE, PARTIAL, FAILED} < set(told)


def test_every_ending_of_a_run_is_explained() -> None:
    rows = table(PAGE, ENDINGS)
    assert set(explained(rows, "Status")) == set(CLOSINGS)
    for status, reason in REASONS.items():
        assert {"Status": f"`{status}`", "Reason": f"`{reason}`"}.items() <= _row_of(rows, reason).items()
    failures = (
        arguments("_fail", position=1)
        | arguments("_give_up_plan", position=1)
        | arguments("StopRun", position=0)
    )
    written = {*REASONS.values(), f"{REASONS[PUBLISHED]}; a failure", *failures}
    told = [*explained(rows, "Reason"), *explained(table(PAGE, ENDINGS, number=1), "Message")]
    assert_same(written, told)


def test_every_alarm_is_explained() -> None:
    made = re.findall(r'name += "\$\{var\.name\}-(.+)"', (TERRAFORM / "main.alarms.tf").read_text("utf-8"))
    assert set(made) == set(explained(table(PAGE, "Alarms"), "Alarm"))


def _row_of(rows: Iterable[dict[str, str]], reason: str) -> dict[str, str]:
    (row,) = [row for row in rows if codes(row["Reason"]) == [reason]]
    return row


def test_every_note_about_diff_and_message_is_explained() -> None:
    rows = table(PAGE, ENDINGS, number=2)
    told = {
        where: [code for row in rows if codes(row["Where"]) == [where] for code in codes(row["Text"])]
        for where in ("diff_note", "notification")
    }
    assert_same(returned_by("diff_note"), told["diff_note"])
    assert_same({NOT_CONFIGURED, SENT} | returned_by("_notify"), told["notification"])
    assert sum(map(len, told.values())) == len(rows)
