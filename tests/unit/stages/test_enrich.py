"""Enrichment never breaks the stream: four fields come out, whatever went in."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inventory import errors
from inventory.catalog.entry import GET, LIST
from inventory.catalog.load import load_catalog
from inventory.model.canonical import canonical_line
from inventory.model.record import ENRICH_STATUSES, RECORD_FIELDS, Record
from inventory.stages import enrich
from inventory.stages.enrich import Outcome, enrich_record, is_gone
from inventory.stages.normalize import normalize_item

CATALOG = load_catalog()
HOME, REGION = "us-ashburn-1", "eu-frankfurt-1"
#: What only a log may hold.
MESSAGE, REQUEST_ID = "the tenant's own words", "A1B2C3D4/SUPPORT"
FOUR = ("enrichStatus", "enrichError", "details", "relationships")


def kinds(kind: type[errors.InventoryError]) -> Iterator[type[errors.InventoryError]]:
    yield kind
    for more in kind.__subclasses__():
        yield from kinds(more)


KINDS = sorted(set(kinds(errors.InventoryError)), key=lambda kind: kind.__name__)


def record_of(resource_type: str, **item: Any) -> Record:
    given_item = {
        "resourceType": resource_type,
        "identifier": "ocid1.thing.oc1.eu-frankfurt-1.own",
        "compartmentId": "ocid1.compartment.oc1..c",
        "displayName": "name",
        **item,
    }
    return normalize_item(
        given_item, region=REGION, home_region=HOME, collected_at="2026-11-23T04:00:00+00:00", catalog=CATALOG
    )


def checked(record: Record, outcome: Outcome, **options: Any) -> Record:
    """Enrich and check what always holds."""
    before = copy.deepcopy((record, outcome if isinstance(outcome, dict) else None))
    enriched = enrich_record(record, outcome, **options)
    assert (record, outcome if isinstance(outcome, dict) else None) == before
    assert tuple(enriched) == RECORD_FIELDS
    assert {**enriched, **dict.fromkeys(FOUR)} == {**record, **dict.fromkeys(FOUR)}
    assert enriched["enrichStatus"] in ENRICH_STATUSES
    assert (enriched["enrichError"] is None) is (enriched["enrichStatus"] != "ERROR")
    assert {**enriched["details"], "metadata": None} == {**record["details"], "metadata": None}
    assert enriched["details"] is not record["details"]
    return enriched


def test_an_answer_becomes_metadata_with_every_field_of_it_and_makes_edges() -> None:
    subnet = "ocid1.subnet.oc1.eu-frankfurt-1.s"
    answer = {"id": "x", "newerThanTheSdk": {"a": None}, "subnetId": subnet}
    record = record_of("Instance")
    enriched = checked(record, answer)
    assert (enriched["enrichStatus"], enriched["enrichError"]) == ("OK", None)
    assert enriched["details"]["metadata"] == answer
    assert enriched["relationships"] == [
        {"source_ocid": record["ocid"], "relation_type": "IN_SUBNET", "target_ocid": subnet}
    ]


def test_where_nothing_was_asked_the_search_summary_stays_alone() -> None:
    record = record_of("Instance")
    enriched = checked(record, None)
    assert (enriched["enrichStatus"], enriched["enrichError"]) == ("NOT_IMPLEMENTED", None)
    assert enriched["details"] == record["details"]
    assert enriched["relationships"] == []


def test_a_record_that_search_did_not_show_has_no_search_summary() -> None:
    record = {**record_of("User"), "details": {}}
    assert checked(record, {"id": "u"})["details"] == {"metadata": {"id": "u"}}
    assert checked(record, None)["details"] == {}


@pytest.mark.parametrize(
    ("error", "written"),
    [
        (
            errors.Throttled(MESSAGE, status=429, code="TooManyRequests", request_id=REQUEST_ID),
            "throttled (429 TooManyRequests)",
        ),
        (errors.ServerFault(MESSAGE, status=503, request_id=REQUEST_ID), "serverError (503)"),
        (errors.CircuitOpen(MESSAGE, retry_after_seconds=12.0), "serverError"),
        (errors.RequestTimeout(f"no answer from {REQUEST_ID}"), "timeout"),
        (errors.MalformedAnswer(MESSAGE, code="missing identifier"), "malformed (missing identifier)"),
        (errors.GoneSinceDiscovery(MESSAGE), "goneSinceDiscovery"),
        (
            errors.NotAuthorizedOrNotFound(MESSAGE, status=404, code="NotAuthorizedOrNotFound"),
            "notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)",
        ),
        (
            errors.RequestRefused(MESSAGE, status=400, code="InvalidParameter", operation="o", region="r"),
            "requestRefused (400 InvalidParameter)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_failure_is_an_error_by_class_status_and_code_and_nothing_that_varies(
    error: errors.InventoryError, written: str
) -> None:
    enriched = checked(record_of("Vcn"), error)
    assert (enriched["enrichStatus"], enriched["enrichError"]) == ("ERROR", written)
    assert "metadata" not in enriched["details"]
    assert enriched["relationships"] == []


def test_a_bug_costs_one_record_its_details_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_record: Record) -> Any:
        raise KeyError(MESSAGE)

    monkeypatch.setattr(enrich, "relationships_of", broken)
    told: list[tuple[str, str]] = []
    record = record_of("Vcn")
    enriched = checked(
        record, {"id": "v"}, on_bug=lambda of, bug: told.append((of["ocid"], type(bug).__name__))
    )
    assert (enriched["enrichStatus"], enriched["enrichError"]) == ("ERROR", "internalError")
    assert "metadata" not in enriched["details"]
    assert told == [(record["ocid"], "KeyError")]
    assert checked(record, {"id": "v"}) == enriched, "also where nobody listens"
    assert checked(record, None)["enrichStatus"] == "NOT_IMPLEMENTED"


# Whatever a record and its answer may be

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["vcnId", "subnetIds", "id", "freeformTags", "searchSummary"])
            | st.text(max_size=4),
            children,
            max_size=3,
        )
    ),
    max_leaves=6,
)
ocids = st.sampled_from(
    ["ocid1.vcn.oc1.iad.a", "ocid1.subnet.oc1.iad.b", "ocid1.compartment.oc1..c", "ocid1.thing.oc1.iad.own"]
)
answers = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "vcnId",
            "subnetId",
            "subnetIds",
            "nsgIds",
            "compartmentId",
            "routeRules",
            "statements",
            "sourceDetails",
            "imageId",
            "attributes",
            "metadata",
            "searchSummary",
            "details",
        ]
    )
    | st.text(max_size=6),
    json_values | ocids | st.lists(ocids, max_size=3),
    max_size=6,
)
failures = st.builds(
    lambda kind, status, code: kind(
        MESSAGE, status=status, code=code, request_id=REQUEST_ID, operation=MESSAGE, region=MESSAGE
    ),
    st.sampled_from(KINDS),
    st.none() | st.sampled_from([400, 401, 404, 409, 429, 500, 503]),
    st.none() | st.sampled_from(["TooManyRequests", "NotAuthorizedOrNotFound", "missing identifier"]),
)
items = st.dictionaries(
    st.sampled_from(
        [
            "identifier",
            "displayName",
            "compartmentId",
            "identityContext",
            "additionalDetails",
            "freeformTags",
            "definedTags",
            "lifecycleState",
            "timeCreated",
            "availabilityDomain",
            "newerThanTheSdk",
        ]
    ),
    json_values | ocids,
)


def test_the_failures_are_of_every_class_of_the_tree() -> None:
    named = {
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.InventoryError)
    }
    assert set(KINDS) == named


@pytest.mark.parametrize("name", sorted(entry.name for entry in CATALOG.entries))
@given(
    item=items,
    is_found_by_list=st.booleans(),
    outcome=st.none() | answers | failures,
)
@example(item={}, is_found_by_list=False, outcome={"lifecycleState": "ACTIVE"})
@settings(max_examples=8, deadline=None)
def test_every_entry_gives_four_fields_never_raises_and_changes_nothing(
    name: str, item: dict[str, Any], is_found_by_list: bool, outcome: Outcome
) -> None:
    record = normalize_item(
        {**item, "resourceType": name},
        region=REGION,
        home_region=HOME,
        collected_at="2026-11-23T04:00:00+00:00",
        catalog=CATALOG,
    )
    if is_found_by_list:
        record = {**record, "details": {}}
    bugs: list[Exception] = []
    enriched = checked(record, outcome, on_bug=lambda _, bug: bugs.append(bug))
    assert bugs == []
    canonical_line(enriched)
    if outcome is None:
        assert enriched["enrichStatus"] == "NOT_IMPLEMENTED"
    elif isinstance(outcome, errors.InventoryError):
        assert enriched["enrichStatus"] == "ERROR"
        assert enriched["enrichError"] == outcome.summary()
        assert MESSAGE not in str(enriched["enrichError"])
        assert REQUEST_ID not in str(enriched["enrichError"])
    else:
        assert enriched["enrichStatus"] == "OK"
        assert enriched["details"]["metadata"] == outcome
    if enriched["enrichStatus"] != "OK":
        assert "metadata" not in enriched["details"]
        assert enriched["relationships"] == []


@pytest.mark.parametrize(
    "name", sorted(entry.name for entry in CATALOG.entries if entry.source in (LIST, GET))
)
def test_every_entry_that_has_a_call_reaches_ok(name: str) -> None:
    enriched = checked(record_of(name), {"lifecycleState": "ACTIVE"})
    assert (enriched["enrichStatus"], enriched["details"]["metadata"]) == ("OK", {"lifecycleState": "ACTIVE"})


# Gone


@pytest.mark.parametrize(
    ("state", "outcome", "gone"),
    [
        ("AVAILABLE", errors.GoneSinceDiscovery("m"), True),
        ("TERMINATED", errors.GoneSinceDiscovery("m"), True),
        ("TERMINATED", errors.NotAuthorizedOrNotFound("m", status=404), True),
        ("deleted", errors.NotAuthorizedOrNotFound("m", status=403, code="X"), True),
        ("AVAILABLE", errors.NotAuthorizedOrNotFound("m", status=404), False),
        (None, errors.NotAuthorizedOrNotFound("m", status=404), False),
        ("TERMINATED", errors.Throttled("m"), False),
        ("TERMINATED", errors.RequestTimeout("m"), False),
        ("TERMINATED", None, False),
        ("TERMINATED", {"id": "x"}, False),
    ],
)
def test_what_is_gone_was_not_missed(state: str | None, outcome: Outcome, gone: bool) -> None:
    assert is_gone(checked(record_of("Vcn", lifecycleState=state), outcome)) is gone
