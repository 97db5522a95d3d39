"""What the reader of details sends, and what it makes of the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import responses

from inventory.catalog.load import packaged_operations
from inventory.errors import InvalidCatalog, MalformedAnswer, RequestRefused, ServerFault
from inventory.model.read_call import ReadCall
from inventory.oci_io.clients import Clients
from inventory.oci_io.reader import OciResourceReader
from inventory.oci_io.signer import Credentials
from inventory.ports.reader import ListPage
from tests.unit.oci_io.adapters import READ_INSTANCE, REGION, TENANCY, Adapters, open_adapters

IAAS = "https://iaas.us-ashburn-1.oraclecloud.com/20160918"
INSTANCE = re.compile(re.escape(IAAS) + r"/instances/ocid1\.instance\..*")
COMPARTMENT = "ocid1.compartment.oc1..c"
VAULT = "https://abc-management.kms.us-ashburn-1.oraclecloud.com"
READ_KEY = ReadCall(
    service="key_management",
    client="KmsManagementClient",
    operation="get_key",
    region=REGION,
    arguments={"key_id": "ocid1.key.oc1..k"},
    endpoint=VAULT,
)


def a_list(service: str, client: str, operation: str, **arguments: str | bool) -> ReadCall:
    return ReadCall(service=service, client=client, operation=operation, region=REGION, arguments=arguments)


LIST_VCNS = a_list("core", "VirtualNetworkClient", "list_vcns", compartment_id=COMPARTMENT)
#: Its answer holds the items in a field.
LIST_FIREWALLS = a_list("waf", "WafClient", "list_web_app_firewalls", compartment_id=COMPARTMENT)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(target="oci._vendor.requests.adapters.HTTPAdapter.send") as wire:
        yield wire


@pytest.fixture
def adapters(clients: Clients) -> Adapters:
    """Adapters that would repeat what goes through their retry."""
    return open_adapters(clients, max_attempts=3)


def page(adapters: Adapters, call: ReadCall, token: str | None = None, limit: int | None = 1000) -> ListPage:
    return adapters.reader.read_page(call, page=token, limit=limit)


# Gets


def test_a_read_hands_on_every_field_that_the_service_sent(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    details = {"id": "i", "displayName": "Zürich", "newerThanTheSdk": [1, 2.5, None], "timeCreated": "x"}
    wire.get(INSTANCE, json=details)
    assert adapters.reader.read(READ_INSTANCE) == details


def test_a_read_is_signed_and_says_what_it_takes(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.get(INSTANCE, json={})
    adapters.reader.read(READ_INSTANCE)
    headers = wire.calls[0].request.headers
    signature = headers["authorization"]
    assert signature.startswith('Signature algorithm="rsa-sha256",headers="date (request-target) host",')
    assert f'keyId="{TENANCY}/ocid1.user.oc1..aaaanobody/' in signature
    assert re.search(r'signature="[A-Za-z0-9+/=]{300,}"', signature)
    assert headers["accept"] == "application/json"
    assert re.fullmatch("[0-9A-F]{32}", headers["opc-request-id"])


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"displayName": "two\nlines\x00"}', {"displayName": "two\nlines\0"}),
        (b'{"bytes": 18446744073709551617}', {"bytes": 2**64 + 1}),
        (b'{"n": 123456789012345678901, "name": "a\tb"}', {"n": 123456789012345678901, "name": "a\tb"}),
        (b'{"a": 1e-7, "b": 1.0, "c": 1}', {"a": 1e-7, "b": 1.0, "c": 1}),
        (b'{"lone": "\\ud800"}', {"lone": "\ud800"}),
    ],
    ids=["control characters", "a big integer", "both", "floats", "a lone surrogate"],
)
def test_values_are_what_was_sent(
    wire: responses.RequestsMock, adapters: Adapters, body: bytes, read: dict[str, Any]
) -> None:
    wire.get(INSTANCE, body=body)
    answer = adapters.reader.read(READ_INSTANCE)
    assert answer == read
    assert [type(value) for value in answer.values()] == [type(value) for value in read.values()]


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b"7", b'"text"', b"", b'{"a": NaN}', b'{"name": "a\nb", "a": Infinity}', b"[" * 99999],
)
def test_what_is_no_object_of_json_values_is_malformed(
    wire: responses.RequestsMock, adapters: Adapters, body: bytes
) -> None:
    wire.get(INSTANCE, body=body)
    with pytest.raises(MalformedAnswer) as caught:
        adapters.reader.read(READ_INSTANCE)
    assert (caught.value.operation, caught.value.region) == ("get_instance", REGION)
    assert len(wire.calls) == 1


def test_an_id_is_one_segment_of_the_path(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.get(re.compile(".*"), json={})
    bucket = ReadCall(
        service="object_storage",
        client="ObjectStorageClient",
        operation="get_bucket",
        region=REGION,
        arguments={"namespace_name": "ax", "bucket_name": "a/../b ü?x"},
    )
    adapters.reader.read(bucket)
    path = wire.calls[0].request.url.split("oraclecloud.com", 1)[1]
    assert path == "/n/ax/b/a%2F..%2Fb%20%C3%BC%3Fx"


# Lists


def test_a_list_comes_page_by_page(wire: responses.RequestsMock, adapters: Adapters) -> None:
    first, second = {"id": "v1", "newerThanTheSdk": {"a": None}}, {"id": "v2"}
    wire.get(f"{IAAS}/vcns", json=[first], headers={"opc-next-page": "token"})
    wire.get(f"{IAAS}/vcns", json=[second])
    assert page(adapters, LIST_VCNS) == ListPage(items=[first], next_page="token")
    assert page(adapters, LIST_VCNS, "token") == ListPage(items=[second], next_page=None)
    asked = [call.request.params for call in wire.calls]
    assert asked[0] == {"compartmentId": COMPARTMENT, "limit": "1000"}
    assert asked[1] == {"compartmentId": COMPARTMENT, "limit": "1000", "page": "token"}


def test_items_in_a_field_of_the_answer_are_taken_from_there(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    answer = {"items": [{"id": "w"}], "other": 1}
    wire.get(re.compile("https://waf.*"), json=answer, headers={"opc-next-page": ""})
    assert page(adapters, LIST_FIREWALLS) == ListPage(items=[{"id": "w"}], next_page=None)


def test_members_of_a_domain_are_listed_at_its_own_endpoint(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    url = "https://idcs-0123.identity.oraclecloud.com:443"
    call = replace(
        a_list("identity_domains", "IdentityDomainsClient", "list_users", start_index="1", count="1000"),
        endpoint=url,
    )
    wire.get(re.compile(re.escape(url) + "/admin/v1/Users"), json={"Resources": [{"ocid": "u"}]})
    assert page(adapters, call, limit=None).items == [{"ocid": "u"}]
    assert wire.calls[0].request.params == {"startIndex": "1", "count": "1000"}


def test_a_total_that_the_service_tells_comes_with_the_page(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    call = replace(
        a_list("identity_domains", "IdentityDomainsClient", "list_groups"),
        endpoint="https://idcs-1.example.com",
    )
    for told in (7, "7", None):
        wire.get(re.compile(".*Groups"), json={"Resources": [], "totalResults": told})
    assert [page(adapters, call, limit=None).total for _ in range(3)] == [7, None, None]


def test_no_larger_page_is_asked_for_than_the_service_documents(
    wire: responses.RequestsMock, clients: Clients
) -> None:
    """Some services refuse a larger one, and others cut it."""
    name = "core.VirtualNetworkClient.list_vcns"
    facts = replace(packaged_operations()[name], limit=100)
    adapters = open_adapters(clients, max_attempts=1)
    reader = OciResourceReader(adapters.caller, {name: facts})
    wire.get(f"{IAAS}/vcns", json=[])
    for limit in (1000, 10):
        reader.read_page(LIST_VCNS, page=None, limit=limit)
    assert [call.request.params["limit"] for call in wire.calls] == ["100", "10"]


def test_strange_items_are_handed_on(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.get(f"{IAAS}/vcns", json=["text", {"id": "v"}, None])
    assert page(adapters, LIST_VCNS).items == ["text", {"id": "v"}, None]


@pytest.mark.parametrize("call", [LIST_VCNS, LIST_FIREWALLS], ids=lambda call: call.operation)
@pytest.mark.parametrize("body", ["{}", '{"items": null}', '{"items": {}}', "null", "7", '"items"'])
def test_an_answer_without_a_list_is_malformed(
    wire: responses.RequestsMock, adapters: Adapters, call: ReadCall, body: str
) -> None:
    """An empty page taken for the last one would make resources look gone."""
    wire.get(re.compile(".*"), body=body)
    with pytest.raises(MalformedAnswer, match="no list of items") as caught:
        page(adapters, call)
    assert caught.value.operation == call.operation


def test_a_list_that_knows_no_pages_is_not_asked_for_them(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    call = a_list("database", "DatabaseClient", "list_console_connections", db_node_id="ocid1.dbnode.oc1..n")
    wire.get(re.compile("https://database.*"), json=[])
    page(adapters, call, "token")
    assert wire.calls[0].request.params == {}


def test_without_a_limit_the_service_chooses(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.get(f"{IAAS}/vcns", json=[])
    page(adapters, LIST_VCNS, limit=None)
    assert wire.calls[0].request.params == {"compartmentId": COMPARTMENT}


def test_truths_are_sent_as_json_writes_them(wire: responses.RequestsMock, adapters: Adapters) -> None:
    call = a_list(
        "identity",
        "IdentityClient",
        "list_compartments",
        compartment_id=TENANCY,
        compartment_id_in_subtree=True,
        access_level="ACCESSIBLE",
    )
    wire.get(re.compile("https://identity.*"), json=[])
    page(adapters, call)
    assert "compartmentIdInSubtree=true" in wire.calls[0].request.url


# Endpoints


def test_a_vault_is_read_at_its_own_endpoint(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.get(f"{VAULT}/20180608/keys/ocid1.key.oc1..k", json={"id": "ocid1.key.oc1..k"})
    assert adapters.reader.read(READ_KEY) == {"id": "ocid1.key.oc1..k"}
    assert 'headers="date (request-target) host"' in wire.calls[0].request.headers["authorization"]


def test_an_emulated_cloud_is_asked_at_its_template_and_for_a_vault_where_the_vault_says(
    wire: responses.RequestsMock, credentials: Credentials
) -> None:
    """Its endpoints have paths, which the SDK takes from a client of a base path only."""
    door = "http://127.0.0.1:99"
    with Clients(credentials, endpoint_template=door + "/{service}/{region}") as clients:
        adapters = open_adapters(clients, max_attempts=1)
        wire.get(re.compile(f"{door}/iaas/us-ashburn-1/20160918/instances/.*"), json={"id": "i"})
        vault = f"{door}/abc-management.kms/us-ashburn-1"
        wire.get(f"{vault}/20180608/keys/ocid1.key.oc1..k", json={"id": "k"})
        assert adapters.reader.read(READ_INSTANCE) == {"id": "i"}
        assert adapters.reader.read(replace(READ_KEY, endpoint=vault)) == {"id": "k"}


# What cannot be asked


@pytest.mark.parametrize(
    "call",
    [
        replace(READ_INSTANCE, arguments={"instance_id": " "}),
        replace(READ_INSTANCE, arguments={"instance_id": ""}),
        replace(READ_INSTANCE, endpoint="https://evil.example/path?query"),
        replace(READ_INSTANCE, endpoint="https://user@evil.example"),
        replace(READ_INSTANCE, endpoint="ftp://example.com"),
        replace(READ_INSTANCE, endpoint="no endpoint at all"),
    ],
)
def test_what_the_sdk_would_refuse_is_a_gap(
    adapters: Adapters, call: ReadCall, wire: responses.RequestsMock
) -> None:
    """Ids and endpoints come from data; a strange one must not end the region."""
    with pytest.raises(RequestRefused) as caught:
        adapters.reader.read(call)
    assert isinstance(caught.value.__cause__, ValueError)
    assert (caught.value.operation, caught.value.region) == ("get_instance", REGION)
    assert len(wire.calls) == 0


def test_a_list_with_an_empty_argument_is_a_gap(adapters: Adapters, wire: responses.RequestsMock) -> None:
    with pytest.raises(RequestRefused):
        page(adapters, replace(LIST_VCNS, arguments={"compartment_id": ""}))
    assert len(wire.calls) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (replace(READ_INSTANCE, operation="terminate_instance"), "oci.core.ComputeClient.terminate_instance"),
        (replace(READ_INSTANCE, operation="get_no_such_thing"), "oci.core.ComputeClient.get_no_such_thing"),
        (replace(READ_INSTANCE, client="NoClient"), "oci.core.NoClient"),
        (replace(READ_INSTANCE, arguments={"instance_id": "i", "if_match": "e"}), "if_match"),
    ],
)
def test_a_call_that_the_catalog_should_not_have_stops_the_run(
    adapters: Adapters, call: ReadCall, said: str
) -> None:
    with pytest.raises(InvalidCatalog, match=said):
        adapters.reader.read(call)


# Attempts


def test_a_request_is_made_once_and_repeating_is_for_whoever_asks(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(re.compile("https://iaas.*"), status=503, json={"code": "ServiceUnavailable", "message": "m"})
    with pytest.raises(ServerFault):
        adapters.reader.read(READ_INSTANCE)
    with pytest.raises(ServerFault):
        page(adapters, LIST_VCNS)
    assert len(wire.calls) == 2
    assert adapters.clock.sleeps == []


def test_a_broken_client_silences_neither_another_client_nor_another_region(
    wire: responses.RequestsMock, adapters: Adapters
) -> None:
    wire.get(INSTANCE, status=503, json={"code": "ServiceUnavailable", "message": "m"})
    for _ in range(12):
        with pytest.raises(ServerFault):
            adapters.reader.read(READ_INSTANCE)
    assert len(wire.calls) == 10, "the breaker is open"
    wire.get(f"{IAAS}/vcns", json=[])
    wire.get(re.compile(r"https://iaas\.eu-zurich-1\..*"), json={"id": "i"})
    assert page(adapters, LIST_VCNS).items == []
    assert adapters.reader.read(replace(READ_INSTANCE, region="eu-zurich-1")) == {"id": "i"}


def test_a_refusal_is_told_in_the_service_s_words(wire: responses.RequestsMock, adapters: Adapters) -> None:
    wire.get(
        f"{IAAS}/vcns",
        status=400,
        body=json.dumps({"code": "LimitTooLarge", "message": "the limit is 100"}),
        headers={"opc-request-id": "SENT/ANSWERED"},
    )
    with pytest.raises(RequestRefused) as caught:
        page(adapters, LIST_VCNS)
    error = caught.value
    assert (error.status, error.code, error.request_id) == (400, "LimitTooLarge", "SENT/ANSWERED")
    assert error.summary() == "requestRefused (400 LimitTooLarge)"
