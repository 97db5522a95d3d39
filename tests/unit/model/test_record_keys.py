"""Which records are the same resource, and in which order files hold them."""

from __future__ import annotations

from inventory.model.record import RECORD_FIELDS, SEARCH_FIELDS, identity_of, record_key

RECORD = {
    "ocid": "ocid1.vcn.oc1.iad.b",
    "resourceType": "Vcn",
    "region": "us-ashburn-1",
    "compartmentId": "c",
    "displayName": "net",
    "timeCreated": "2026-01-01T00:00:00+00:00",
}


def test_a_resource_named_by_two_regions_is_one_resource() -> None:
    elsewhere = {**RECORD, "region": "eu-frankfurt-1", "displayName": None}
    assert record_key(RECORD) == record_key(elsewhere) == ("ocid1.vcn.oc1.iad.b", "Vcn")


def test_the_identity_is_the_ocid_whatever_type_search_gave() -> None:
    other_type = {**RECORD, "resourceType": "VirtualNetwork"}
    assert record_key(RECORD) != record_key(other_type)
    assert identity_of(record_key(RECORD)) == identity_of(record_key(other_type)) == ("ocid1.vcn.oc1.iad.b",)


def test_records_without_ocid_come_first_and_are_told_apart_by_what_they_have() -> None:
    nameless = {**RECORD, "ocid": None}
    keys = [
        record_key({**nameless, field: "other"})
        for field in ("resourceType", "region", "compartmentId", "displayName", "timeCreated")
    ]
    assert len({*keys, record_key(nameless)}) == 6
    assert all(key < record_key(RECORD) for key in keys)
    assert identity_of(record_key(nameless)) == record_key(nameless)


def test_missing_fields_do_not_break_the_order() -> None:
    assert record_key({}) == record_key({"ocid": "", "resourceType": None}) == ("", "", "", "", "", "")


def test_the_first_nine_fields_are_search_s() -> None:
    assert len(RECORD_FIELDS) == 14
    assert SEARCH_FIELDS[-1] == "freeformTags"
    assert len(SEARCH_FIELDS) == 9
