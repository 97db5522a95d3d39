"""What the adapters of the other services send, and what they make of the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import responses
from oci._vendor.requests import exceptions

from inventory.errors import (
    MalformedAnswer,
    NotAuthenticated,
    NotAuthorizedOrNotFound,
    PageTokenExpired,
    RequestRefused,
    ServerFault,
)
from inventory.model.compartments import Compartment, CompartmentTree
from inventory.oci_io.clients import Clients
from inventory.ports.search import SearchPage
from inventory.ports.tenancy import RegionSubscription
from tests.unit.oci_io.adapters import (
    FUNCTION,
    INVOKE_ENDPOINT,
    TENANCY,
    Adapters,
    open_adapters,
)

RESOURCES = "https://query.eu-zurich-1.oci.oraclecloud.com/20180409/resources"
TYPES = "https://query.eu-zurich-1.oci.oraclecloud.com/20180409/resourceTypes"
SUBSCRIPTIONS = (
    f"https://identity.us-ashburn-1.oci.oraclecloud.com/20160918/tenancies/{TENANCY}/regionSubscriptions"
)
OWN_TENANCY = f"https://identity.us-ashburn-1.oci.oraclecloud.com/20160918/tenancies/{TENANCY}"
COMPARTMENTS = "https://identity.us-ashburn-1.oci.oraclecloud.com/20160918/compartments"
INVOKE = re.compile(re.escape(INVOKE_ENDPOINT) + r"/\d+/functions/ocid1\.fnfunc\.[^/]+/actions/invoke")
FUNCTION_ITSELF = re.compile(
    r"https://functions\.us-ashburn-1\.oci\.oraclecloud\.com/\d+/functions/ocid1\.fnfunc\.[^/]+$"
)
TOPIC = re.compile(r"https://notification\.us-ashburn-1\..*/topics/ocid1\.onstopic\.[^/]+/messages")
BROKEN = {"status": 503, "json": {"code": "ServiceUnavailable", "message": "m"}}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(target="oci._vendor.requests.adapters.HTTPAdapter.send") as wire:
        yield wire


@pytest.fixture
def adapters(clients: Clients) -> Adapters:
    return open_adapters(clients, max_attempts=3)


def search(adapters: Adapters, page: str | None) -> SearchPage:
    return adapters.search.search(region="eu-zurich-1", query="query all resources", page=page, limit=1000)


def test_a_search_sends_query_and_limit_and_hands_on_items_as_they_are(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    item = {"identifier": "ocid1.x", "timeCreated": "2026-01-01T00:00:00Z", "unknownToTheSdk": {"a": 1}}
    wire.post(RESOURCES, json={"items": [item]}, headers={"opc-next-page": "token"})
    wire.post(RESOURCES, json={"items": []})
    assert search(adapters, None) == SearchPage(items=[item], next_page="token")
    assert search(adapters, "token") == SearchPage(items=[], next_page=None)
    first, second = (call.request for call in wire.calls)
    assert json.loads(first.body) == {
        "type": "Structured",
        "query": "query all resources",
        "matchingContextType": "NONE",
    }
    assert first.params == {"limit": "1000"}
    assert second.params == {"limit": "1000", "page": "token"}
    assert second.body == first.body


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_refused_page_token_has_expired(
    wire: responses.RequestsMock, adapters: Adapters, status: int
) -> None:
    headers = {"opc-request-id": "ID"}
    wire.post(RESOURCES, status=status, json={"code": "InvalidParameter", "message": "page"}, headers=headers)
    with pytest.raises(PageTokenExpired) as caught:
        search(adapters, "token")
    error = caught.value
    assert (error.status, error.code, error.request_id) == (status, "InvalidParameter", "ID")
    assert (error.operation, error.region) == ("search_resources", "eu-zurich-1")
    assert isinstance(error.__cause__, (RequestRefused, NotAuthorizedOrNotFound))
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("page", "status", "expected"),
    [
        (None, 400, RequestRefused),
        (None, 404, NotAuthorizedOrNotFound),
        ("token", 401, NotAuthenticated),
        ("token", 413, RequestRefused),
        ("token", 503, ServerFault),
    ],
)
def test_other_refusals_are_not_laid_on_the_page_token(
    wire: responses.RequestsMock,
    adapters: Adapters,
    page: str | None,
    status: int,
    expected: type[Exception],
) -> None:
    wire.post(RESOURCES, status=status, json={"code": "X", "message": "m"})
    with pytest.raises(expected):
        search(adapters, page)


@pytest.mark.parametrize("body", ["{}", '{"items": null}', '{"items": {}}', "not JSON"])
def test_a_page_without_items_is_asked_for_again(
    wire: responses.RequestsMock, adapters: Adapters, body: str
) -> None:
    """An empty page taken for the last one would make resources disappear."""
    wire.post(RESOURCES, body=body)
    wire.post(RESOURCES, json={"items": [{"identifier": "ocid1.x"}]})
    assert search(adapters, "token").items == [{"identifier": "ocid1.x"}]


def test_a_strange_item_does_not_hide_the_others_of_its_page(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.post(RESOURCES, json={"items": ["text", {"identifier": "ocid1.x"}]})
    assert search(adapters, None).items == ["text", {"identifier": "ocid1.x"}]


def types(adapters: Adapters) -> list[str]:
    return adapters.search.resource_types(region="eu-zurich-1")


def test_the_types_of_a_region_are_listed_page_by_page(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(TYPES, json=[{"name": "Vcn", "fields": []}, {"name": "User"}], headers={"opc-next-page": "2"})
    wire.get(TYPES, json=[{"name": "Instance"}])
    assert types(adapters) == ["Vcn", "User", "Instance"]
    first, second = (call.request for call in wire.calls)
    assert (first.params, second.params) == ({"limit": "1000"}, {"limit": "1000", "page": "2"})


def test_a_list_of_types_that_does_not_move_on_is_given_up(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(TYPES, json=[{"name": "Vcn"}], headers={"opc-next-page": "same"})
    with pytest.raises(MalformedAnswer, match="the next page is the same page"):
        types(adapters)
    assert len(wire.calls) == 2


@pytest.mark.parametrize("item", ["{}", '{"name": null}', '{"name": ""}', '"Vcn"'])
def test_a_type_without_a_name_is_asked_for_again(
    wire: responses.RequestsMock, adapters: Adapters, item: str
) -> None:
    wire.get(TYPES, body=f"[{item}]")
    wire.get(TYPES, json=[{"name": "Vcn"}])
    assert types(adapters) == ["Vcn"]


def test_subscriptions_are_told_by_name_with_lower_case_keys(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(
        SUBSCRIPTIONS,
        json=[
            {"regionKey": "IAD", "regionName": "us-ashburn-1", "status": "READY", "isHomeRegion": True},
            {"regionKey": "ZRH", "regionName": "eu-zurich-1", "status": "IN_PROGRESS", "isHomeRegion": False},
        ],
    )
    assert adapters.directory.tenancy_id == TENANCY
    assert adapters.directory.region_subscriptions() == [
        RegionSubscription(name="eu-zurich-1", key="zrh", is_ready=False, is_home=False),
        RegionSubscription(name="us-ashburn-1", key="iad", is_ready=True, is_home=True),
    ]


@pytest.mark.parametrize(
    "item", [{}, {"regionKey": None, "regionName": "r", "status": "", "isHomeRegion": True}]
)
def test_a_subscription_that_cannot_be_read_is_malformed(
    wire: responses.RequestsMock, adapters: Adapters, item: dict[str, object]
) -> None:
    wire.get(SUBSCRIPTIONS, json=[item])
    with pytest.raises(MalformedAnswer):
        adapters.directory.region_subscriptions()


def compartment(name: str, parent: str, state: str = "ACTIVE") -> dict[str, object]:
    ocid = f"ocid1.compartment.oc1..{name}"
    return {"id": ocid, "name": name, "compartmentId": parent, "lifecycleState": state, "description": "d"}


def test_compartments_are_read_page_by_page_in_every_state(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    first, second = compartment("a", TENANCY), compartment("b", "ocid1.compartment.oc1..a", "DELETED")
    wire.get(OWN_TENANCY, json={"id": TENANCY, "name": "acme", "homeRegionKey": "IAD"})
    wire.get(COMPARTMENTS, json=[first], headers={"opc-next-page": "p2"})
    wire.get(COMPARTMENTS, json=[second])
    tree = adapters.directory.compartment_tree()
    assert tree == CompartmentTree(
        tenancy_id=TENANCY,
        tenancy_name="acme",
        compartments={
            "ocid1.compartment.oc1..a": Compartment(name="a", parent=TENANCY, state="ACTIVE"),
            "ocid1.compartment.oc1..b": Compartment(
                name="b", parent="ocid1.compartment.oc1..a", state="DELETED"
            ),
        },
    )
    asked = [call.request.params for call in list(wire.calls)[1:]]
    whole = {
        "compartmentId": TENANCY,
        "compartmentIdInSubtree": "true",
        "accessLevel": "ANY",
        "limit": "1000",
    }
    assert [{name: str(value) for name, value in params.items()} for params in asked] == [
        whole,
        {**whole, "page": "p2"},
    ]


@pytest.mark.parametrize("missing", ["id", "name", "compartmentId", "lifecycleState"])
def test_a_compartment_that_cannot_be_read_is_malformed(
    wire: responses.RequestsMock, adapters: Adapters, missing: str
) -> None:
    wire.get(OWN_TENANCY, json={"name": "acme"})
    wire.get(COMPARTMENTS, json=[{**compartment("a", TENANCY), missing: None}])
    with pytest.raises(MalformedAnswer, match="a compartment cannot be read"):
        adapters.directory.compartment_tree()


def test_a_tenancy_without_a_name_is_malformed(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.get(OWN_TENANCY, json={"id": TENANCY})
    with pytest.raises(MalformedAnswer, match="no name"):
        adapters.directory.compartment_tree()


def test_a_page_of_compartments_that_comes_again_has_an_end(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(OWN_TENANCY, json={"name": "acme"})
    wire.get(COMPARTMENTS, json=[], headers={"opc-next-page": "p"})
    with pytest.raises(MalformedAnswer, match="comes again"):
        adapters.directory.compartment_tree()


def test_an_invocation_is_detached_signed_json(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.post(INVOKE, status=202)
    adapters.invoker.invoke_detached(FUNCTION, {"run": "r", "region": "ü"})
    request = wire.calls[0].request
    assert request.headers["fn-invoke-type"] == "detached"
    assert json.loads(request.body) == {"run": "r", "region": "ü"}
    assert "x-content-sha256" in request.headers["authorization"]


@pytest.mark.parametrize(
    "failure",
    [
        BROKEN,
        {"status": 429, "json": {"code": "TooManyRequests", "message": "m"}},
        {"status": 502, "json": {"code": "FunctionInvokeImageNotAvailable", "message": "m"}},
        {"body": exceptions.ReadTimeout("Read timed out.")},
        {"body": exceptions.ConnectionError("Connection aborted.")},
        {"status": 200, "body": b"the function's own answer"},
    ],
    ids=["503", "429", "502", "timeout", "reset", "200"],
)
def test_an_invocation_that_was_not_accepted_is_asked_for_again(
    wire: responses.RequestsMock, adapters: Adapters, failure: dict[str, object]
) -> None:
    """The SDK repeats no invocation; running twice is allowed, not running costs a sweep."""
    wire.post(INVOKE, **failure)
    wire.post(INVOKE, status=202)
    adapters.invoker.invoke_detached(FUNCTION, {})
    assert len(wire.calls) == 2


def test_an_invoke_endpoint_that_nobody_configured_is_looked_up_once(
    wire: responses.RequestsMock, clients: Clients
) -> None:
    """The aggregator continues itself, and no deployment tool can tell a function its own endpoint."""
    invoker = open_adapters(clients, max_attempts=2, invoke_endpoint=None).invoker
    wire.get(FUNCTION_ITSELF, **BROKEN)
    wire.get(FUNCTION_ITSELF, json={"id": FUNCTION, "invokeEndpoint": f"{INVOKE_ENDPOINT}/"})
    wire.post(INVOKE, status=202)
    invoker.invoke_detached(FUNCTION, {})
    invoker.invoke_detached(FUNCTION, {})
    assert [call.request.method for call in wire.calls] == ["GET", "GET", "POST", "POST"]


@pytest.mark.parametrize("answer", [{}, {"invokeEndpoint": None}, {"invokeEndpoint": "abc"}], ids=str)
def test_a_function_without_invoke_endpoint_is_malformed(
    wire: responses.RequestsMock, clients: Clients, answer: dict[str, object]
) -> None:
    wire.get(FUNCTION_ITSELF, json=answer)
    with pytest.raises(MalformedAnswer, match="no invoke endpoint"):
        open_adapters(clients, max_attempts=1, invoke_endpoint=None).invoker.invoke_detached(FUNCTION, {})


def test_a_function_that_may_not_be_invoked_is_a_gap(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.post(INVOKE, status=404, json={"code": "NotAuthorizedOrNotFound", "message": "m"})
    with pytest.raises(NotAuthorizedOrNotFound):
        adapters.invoker.invoke_detached(FUNCTION, {})
    assert len(wire.calls) == 1


def test_a_message_has_title_and_body_and_is_sent_again_when_the_service_fails(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.post(TOPIC, **BROKEN)
    wire.post(TOPIC, status=202, json={"messageId": "m", "timeStamp": None})
    adapters.notifier.publish(title="Inventory published", body="3 added")
    assert json.loads(wire.calls[1].request.body) == {"title": "Inventory published", "body": "3 added"}
