"""One search item, one record, whatever spelling the item came in."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalog.load import load_catalog
from inventory.errors import MalformedAnswer
from inventory.model.canonical import canonical_line
from inventory.model.record import RECORD_FIELDS, Record
from inventory.stages.normalize import is_foreign, is_terminated, normalize_item

CATALOG = load_catalog()
HOME, ELSEWHERE = "us-ashburn-1", "eu-frankfurt-1"
COLLECTED_AT = "2026-11-23T04:00:00+00:00"

ITEM = {
    "resourceType": "Instance",
    "identifier": "ocid1.instance.oc1.iad.aaaa",
    "compartmentId": "ocid1.compartment.oc1..bbbb",
    "timeCreated": "2026-01-01T00:00:00.000Z",
    "displayName": "2026-01-01",
    "availabilityDomain": "xqgA:US-ASHBURN-AD-1",
    "lifecycleState": "Running",
    "freeformTags": {"env": "prod"},
    "definedTags": {"Oracle-Tags": {"CreatedBy": "x"}},
    "systemTags": {},
    "searchContext": None,
    "identityContext": {},
    "additionalDetails": {},
}
SNAKE = {
    "resource_type": "Instance",
    "ocid": "ocid1.instance.oc1.iad.aaaa",
    "compartment_id": "ocid1.compartment.oc1..bbbb",
    "time_created": "2026-01-01T00:00:00+00:00",
    "display_name": "2026-01-01",
    "lifecycle_state": "Running",
    "freeform_tags": {"env": "prod"},
    "defined_tags": {"Oracle-Tags": {"CreatedBy": "x"}},
}


def normalized(item: Any, region: str = ELSEWHERE) -> Record:
    return normalize_item(item, region=region, home_region=HOME, collected_at=COLLECTED_AT, catalog=CATALOG)


def test_a_search_item_becomes_a_record_that_waits_for_enrichment() -> None:
    before = copy.deepcopy(ITEM)
    assert normalized(ITEM) == {
        "ocid": "ocid1.instance.oc1.iad.aaaa",
        "resourceType": "Instance",
        "displayName": "2026-01-01",
        "compartmentId": "ocid1.compartment.oc1..bbbb",
        "region": ELSEWHERE,
        "lifecycleState": "Running",
        "timeCreated": "2026-01-01T00:00:00+00:00",
        "definedTags": {"Oracle-Tags": {"CreatedBy": "x"}},
        "freeformTags": {"env": "prod"},
        "collectedAt": COLLECTED_AT,
        "enrichStatus": "PENDING",
        "enrichError": None,
        "details": {"searchSummary": before},
        "relationships": [],
    }
    assert before == ITEM


@pytest.mark.parametrize("identifier", ["identifier", "ocid", "id"])
def test_both_spellings_and_every_name_of_the_identifier_give_the_same_record(identifier: str) -> None:
    item = {identifier if name == "ocid" else name: value for name, value in SNAKE.items()}
    record, expected = normalized(item), normalized(ITEM)
    assert {**record, "details": None} == {**expected, "details": None}
    assert record["details"] == {"searchSummary": item}


def test_a_null_in_one_spelling_does_not_hide_the_other() -> None:
    item = {**SNAKE, "identifier": None, "displayName": None}
    assert normalized(item)["ocid"] == SNAKE["ocid"]
    assert normalized(item)["displayName"] == "2026-01-01"


def test_a_global_resource_is_stamped_with_the_home_region_wherever_it_was_met() -> None:
    policy = {**ITEM, "resourceType": "policy"}
    assert normalized(policy)["region"] == normalized(policy, HOME)["region"] == HOME
    arguments = {"home_region": HOME, "catalog": CATALOG}
    assert is_foreign(normalized(policy), region=ELSEWHERE, **arguments)
    assert not is_foreign(normalized(policy, HOME), region=HOME, **arguments)
    assert not is_foreign(normalized(ITEM), region=ELSEWHERE, **arguments)


def test_an_item_with_nothing_in_it_still_becomes_a_record() -> None:
    record = normalized({})
    assert (record["ocid"], record["resourceType"], record["timeCreated"]) == (None, "", None)
    assert (record["definedTags"], record["freeformTags"]) == ({}, {})
    assert normalized({**ITEM, "identifier": ""})["ocid"] is None


def test_a_value_of_the_wrong_kind_is_kept_as_its_json() -> None:
    record = normalized(
        {**ITEM, "displayName": 7, "lifecycleState": {"b": 1, "a": [True]}, "freeformTags": []}
    )
    assert (record["displayName"], record["lifecycleState"]) == ("7", '{"a":[true],"b":1}')
    assert record["freeformTags"] == {}


@pytest.mark.parametrize("item", [None, "Instance", 7, [ITEM], [("resourceType", "Instance")]])
def test_an_item_that_is_no_object_is_a_malformed_answer(item: Any) -> None:
    with pytest.raises(MalformedAnswer, match=f"a search item is a {type(item).__name__}"):
        normalized(item)


@pytest.mark.parametrize(
    ("state", "terminated"),
    [
        ("TERMINATED", True),
        ("Terminated", True),
        ("deleted", True),
        ("TERMINATING", False),
        ("DELETING", False),
        ("Running", False),
        ("", False),
        (None, False),
    ],
)
def test_only_a_final_state_is_terminated(state: str | None, terminated: bool) -> None:
    assert is_terminated(normalized({**ITEM, "lifecycleState": state})) is terminated


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*ITEM, *SNAKE, "id"]), json_values))
def test_no_item_breaks_the_stream_or_is_changed(item: dict[str, Any]) -> None:
    before = copy.deepcopy(item)
    record = normalized(item)
    assert item == before
    assert tuple(record) == RECORD_FIELDS
    assert isinstance(record["resourceType"], str)
    for field in ("ocid", "displayName", "compartmentId", "lifecycleState", "timeCreated"):
        assert record[field] is None or isinstance(record[field], str)
    canonical_line(record)
