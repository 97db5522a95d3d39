"""The identity service: tenancy, subscriptions, compartments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tenancy_caller import Caller

from emulator.wire import ServiceError

COMPARTMENTS = "/20160918/compartments"


def test_subscriptions_are_a_bare_array_with_the_home_region_marked(caller: Caller) -> None:
    path = f"/20160918/tenancies/{caller.tenancy.tenancy_id}/regionSubscriptions"
    assert caller.get("identity", path, region="ap-tokyo-1") == [
        {"regionKey": "IAD", "regionName": "us-ashburn-1", "status": "READY", "isHomeRegion": True},
        {"regionKey": "FRA", "regionName": "eu-frankfurt-1", "status": "READY", "isHomeRegion": False},
        {"regionKey": "LHR", "regionName": "uk-london-1", "status": "READY", "isHomeRegion": False},
        {"regionKey": "NRT", "regionName": "ap-tokyo-1", "status": "READY", "isHomeRegion": False},
        {"regionKey": "PHX", "regionName": "us-phoenix-1", "status": "IN_PROGRESS", "isHomeRegion": False},
    ]


def test_the_tenancy_knows_its_home_and_a_stranger_is_not_found(caller: Caller) -> None:
    body = caller.get("identity", f"/20160918/tenancies/{caller.tenancy.tenancy_id}")
    assert body["homeRegionKey"] == "IAD"
    with pytest.raises(ServiceError) as error:
        caller.get("identity", "/20160918/tenancies/ocid1.tenancy.oc1..other")
    assert (error.value.status, error.value.code) == (404, "NotAuthorizedOrNotFound")


def test_regions_lists_more_than_the_subscribed_ones(caller: Caller) -> None:
    names = {region["name"] for region in caller.get("identity", "/20160918/regions")}
    assert names > {region.name for region in caller.tenancy.regions}


def _all_pages(caller: Caller, limit: int, **query: Any) -> list[dict[str, Any]]:
    found, token = [], None
    while True:
        answer = caller.call("identity", "GET", COMPARTMENTS, limit=limit, page=token, **query)
        page = json.loads(answer.body)
        assert len(page) <= limit
        found += page
        token = answer.headers.get("opc-next-page")
        if token is None:
            return found


def test_the_whole_subtree_comes_in_pages_without_the_root(caller: Caller) -> None:
    tenancy = caller.tenancy
    found = _all_pages(caller, 5, compartmentId=tenancy.tenancy_id, compartmentIdInSubtree="true")
    assert sorted(body["id"] for body in found) == sorted(str(c.ocid) for c in tenancy.compartments)
    assert tenancy.tenancy_id not in {body["id"] for body in found}
    assert {"Entwicklung-Köln", "ネットワーク"} <= {body["name"] for body in found}
    alive = _all_pages(
        caller, 100, compartmentId=tenancy.tenancy_id, compartmentIdInSubtree="true", lifecycleState="active"
    )
    assert len(alive) == len(found) - 2


def test_without_subtree_only_the_children_are_listed(caller: Caller) -> None:
    tenancy = caller.tenancy
    for parent in (tenancy.tenancy_id, str(tenancy.compartments[0].ocid)):
        found = _all_pages(caller, 100, compartmentId=parent, accessLevel="ANY")
        assert {body["id"] for body in found} == {
            c.ocid for c in tenancy.compartments if c.compartment_id == parent
        }


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "MissingParameter"),
        ({"compartmentId": "CHILD", "compartmentIdInSubtree": "true"}, 400, "InvalidParameter"),
        ({"compartmentId": "ROOT", "lifecycleState": "SLEEPING"}, 400, "InvalidParameter"),
        ({"compartmentId": "ROOT", "accessLevel": "SOME"}, 400, "InvalidParameter"),
        ({"compartmentId": "ROOT", "limit": "0"}, 400, "InvalidParameter"),
        ({"compartmentId": "ROOT", "page": "made-up"}, 400, "InvalidParameter"),
        ({"compartmentId": "ocid1.compartment.oc1..unknown"}, 404, "NotAuthorizedOrNotFound"),
    ],
)
def test_wrong_list_requests_are_refused(
    caller: Caller, query: dict[str, str], status: int, code: str
) -> None:
    ocids = {"ROOT": caller.tenancy.tenancy_id, "CHILD": str(caller.tenancy.compartments[0].ocid)}
    meant = {name: ocids.get(value, value) for name, value in query.items()}
    with pytest.raises(ServiceError) as error:
        caller.call("identity", "GET", COMPARTMENTS, **meant)
    assert (error.value.status, error.value.code) == (status, code)


def test_a_page_token_of_another_list_is_refused(caller: Caller) -> None:
    root = caller.tenancy.tenancy_id
    first = caller.call("identity", "GET", COMPARTMENTS, compartmentId=root, limit=1)
    token = first.headers["opc-next-page"]
    with pytest.raises(ServiceError, match="page token"):
        caller.call("identity", "GET", COMPARTMENTS, compartmentId=root, name="x", limit=1, page=token)


def test_the_root_can_be_read_as_a_compartment(caller: Caller) -> None:
    body = caller.get("identity", f"{COMPARTMENTS}/{caller.tenancy.tenancy_id}")
    assert body["name"] == caller.tenancy.name


def test_a_region_that_is_not_ready_knows_nobody(caller: Caller) -> None:
    for region in ("us-phoenix-1", "sa-saopaulo-1"):
        with pytest.raises(ServiceError) as error:
            caller.get("identity", "/20160918/regions", region=region)
        assert (error.value.status, error.value.code) == (401, "NotAuthenticated")
