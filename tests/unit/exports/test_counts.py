"""Counting records: what a run saw of each type, and of what it saw only the memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from inventory.errors import NotAuthenticated
from inventory.exports.counts import RecordCounts, TypeCounts
from tests.unit.exports.facts import ASHBURN, BEFORE, FRANKFURT, NETWORKS, RUN, record

REFUSED = "notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)"


UNSIGNED = NotAuthenticated("no", status=401, code="NotAuthenticated").summary()


def counted(*records: Mapping[str, Any]) -> RecordCounts:
    counts = RecordCounts(RUN)
    for one in records:
        counts.add(one)
    return counts


def vcns(*records: Mapping[str, Any]) -> TypeCounts:
    return counted(*records).by_type[ASHBURN, "Vcn"]


def failed(identifier: str, reason: str, **changes: Any) -> Mapping[str, Any]:
    return record(identifier, enrichStatus="ERROR", enrichError=reason, **changes)


def test_a_record_of_an_earlier_run_was_carried_forward_and_not_seen() -> None:
    counts = counted(record("a"), record("b", collectedAt=BEFORE, region=FRANKFURT), record(None))
    assert (counts.total, counts.without_ocid) == (3, 1)
    assert dict(counts.by_region) == {ASHBURN: 2, FRANKFURT: 1}
    assert dict(counts.carried_forward) == {FRANKFURT: 1}
    frankfurt = counts.by_type[FRANKFURT, "Vcn"]
    assert (frankfurt.seen, frankfurt.enriched, frankfurt.carried_forward) == (0, 0, 1)


def test_what_was_seen_is_split_without_rest() -> None:
    counts = vcns(
        record("a"),
        record("b", enrichStatus="NOT_IMPLEMENTED"),
        failed("c", "throttled (429)"),
        failed("d", "throttled (429)"),
        failed("e", REFUSED),
        failed("f", REFUSED, lifecycleState="TERMINATED"),
        failed("g", "throttled (429)", collectedAt=BEFORE),
    )
    assert counts.seen == 6
    assert (counts.enriched, counts.not_implemented, counts.gone) == (1, 1, 1)
    assert counts.failed == {"throttled (429)": 2, REFUSED: 1}
    assert counts.seen == (counts.enriched + counts.not_implemented + counts.gone + counts.failed.total())


@pytest.mark.parametrize(
    ("records", "is_not_readable"),
    [
        ([failed("a", REFUSED), failed("b", "notAuthorizedOrNotFound (403 NotAllowed)")], True),
        ([failed("a", REFUSED), record("b")], False),
        ([failed("a", REFUSED), failed("b", "throttled (429)")], False),
        ([failed("a", UNSIGNED)], False),
        ([failed("a", REFUSED, lifecycleState="DELETED")], False),
        ([failed("a", REFUSED), record("b", enrichStatus="NOT_IMPLEMENTED")], True),
        ([record("a", enrichStatus="NOT_IMPLEMENTED")], False),
        ([], False),
    ],
)
def test_a_type_is_not_readable_where_every_attempt_was_refused(
    records: list[Mapping[str, Any]], is_not_readable: bool
) -> None:
    assert vcns(*records).is_not_readable is is_not_readable


def test_a_signature_that_was_refused_says_nothing_about_the_resource() -> None:
    counts = vcns(failed("a", UNSIGNED, lifecycleState="TERMINATED"))
    assert (counts.gone, counts.failed) == (0, {"notAuthenticated (401 NotAuthenticated)": 1})


def test_records_are_counted_by_compartment_also_without_one() -> None:
    counts = counted(record("a"), record("b"), record("c", compartmentId=None))
    assert counts.by_compartment == {NETWORKS: 2, None: 1}


@pytest.mark.parametrize(
    ("by_search", "by_service", "differs"),
    [
        ("RUNNING", "STOPPED", 1),
        ("Running", "RUNNING", 0),
        ("RUNNING", None, 0),
        (None, "STOPPED", 0),
        ("RUNNING", 7, 0),
    ],
)
def test_a_service_that_tells_another_state_than_search_is_noted(
    by_search: str | None, by_service: Any, differs: int
) -> None:
    details = {"metadata": {"lifecycleState": by_service}}
    assert counted(record("a", lifecycleState=by_search, details=details)).other_state == differs


def test_the_youngest_creation_is_told_by_region_of_what_this_run_saw() -> None:
    counts = counted(
        record("a", timeCreated="2026-11-23T03:00:00+00:00"),
        record("b", timeCreated="2026-11-23T03:00:00.500000+00:00"),
        record("c", timeCreated="zzz, no time at all"),
        record("d", timeCreated=None),
        record("e", timeCreated="2026-11-23T03:59:00+00:00", collectedAt=BEFORE),
        record("f", timeCreated="2026-01-01T00:00:00+00:00", region=FRANKFURT),
    )
    assert counts.youngest == {
        ASHBURN: "2026-11-23T03:00:00.500000+00:00",
        FRANKFURT: "2026-01-01T00:00:00+00:00",
    }
