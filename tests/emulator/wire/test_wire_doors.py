"""What is particular to each door: sockets on one side, host names on the other."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import oci
import pytest
import requests

from emulator.app import Emulator
from emulator.door_http import HttpDoor
from emulator.door_responses import ResponsesDoor, service_and_region
from emulator.faults import FaultRule, Reset
from emulator.wire import Principal, Request, Response


class Echo:
    """A service that answers the body it got."""

    def handle(self, request: Request, principal: Principal) -> Response:
        return Response(headers={"content-type": "text/plain", "seen": request.path}, body=request.body)


class Trusting:
    """Lets everybody in: these tests are about bytes, not signatures."""

    def authenticate(self, request: Request) -> Principal:
        tenancy = "ocid1.tenancy.oc1..aaaatenancy"
        return Principal(kind="user", ocid="ocid1.user.oc1..x", tenancy_id=tenancy, compartment_id=tenancy)


@pytest.fixture
def open_emulator(emulator: Emulator) -> Emulator:
    emulator.keys = Trusting()  # type: ignore[assignment]
    emulator.register("echo", Echo())
    return emulator


@pytest.fixture
def http_door(open_emulator: Emulator) -> Iterator[HttpDoor]:
    with HttpDoor(open_emulator) as opened:
        yield opened


def connect(opened: HttpDoor) -> http.client.HTTPConnection:
    host = urlsplit(opened.endpoint_template).netloc
    return http.client.HTTPConnection(host, timeout=10)


def test_the_template_keeps_its_placeholders(http_door: HttpDoor) -> None:
    assert http_door.endpoint_template.endswith("/{service}/{region}")
    assert http_door.endpoint_template.startswith("http://127.0.0.1:")


def test_one_connection_serves_many_requests(http_door: HttpDoor) -> None:
    connection = connect(http_door)
    sockets = set()
    for number in range(5):
        connection.request("POST", "/echo/us-ashburn-1/a%2Fb?x=1", body=f"{number}".encode())
        answer = connection.getresponse()
        assert (answer.status, answer.headers["seen"], answer.read()) == (200, "/a%2Fb", f"{number}".encode())
        sockets.add(connection.sock)
    assert len(sockets) == 1
    connection.close()


def test_a_body_in_chunks_is_put_together(http_door: HttpDoor) -> None:
    connection = connect(http_door)
    connection.request("PUT", "/echo/us-ashburn-1/x", body=iter([b"one", b"two", b"three" * 50_000]))
    assert connection.getresponse().read() == b"onetwo" + b"three" * 50_000
    connection.request("PUT", "/echo/us-ashburn-1/x", body=b"plain")
    assert connection.getresponse().read() == b"plain"
    connection.close()


def test_a_client_that_waits_for_100_continue_gets_it(http_door: HttpDoor) -> None:
    with socket.create_connection((connect(http_door).host, connect(http_door).port), timeout=10) as raw:
        raw.sendall(
            b"PUT /echo/us-ashburn-1/x HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        )
        assert raw.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(b"body")
        answer = b""
        while not answer.endswith(b"body"):
            answer += raw.recv(1000)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_head_answer_has_a_length_and_no_body(http_door: HttpDoor) -> None:
    connection = connect(http_door)
    connection.request("HEAD", "/echo/us-ashburn-1/x", body=b"12345")
    answer = connection.getresponse()
    assert (answer.headers["content-length"], answer.read()) == ("5", b"")
    connection.close()


def test_a_path_without_region_is_404(http_door: HttpDoor) -> None:
    connection = connect(http_door)
    connection.request("GET", "/echo")
    answer = connection.getresponse()
    assert (answer.status, b"NotFound" in answer.read()) == (404, True)
    connection.close()


def test_a_reset_is_a_reset_on_the_wire(open_emulator: Emulator, http_door: HttpDoor) -> None:
    open_emulator.faults.add(FaultRule(action=Reset()))
    connection = connect(http_door)
    connection.request("GET", "/echo/us-ashburn-1/x")
    with pytest.raises(ConnectionResetError) as caught:
        connection.getresponse()
    # An orderly end would be RemoteDisconnected, which is a ConnectionResetError as well.
    assert type(caught.value) is ConnectionResetError
    connection.close()


def test_a_client_that_dies_in_the_middle_of_a_body_does_no_harm(
    open_emulator: Emulator, http_door: HttpDoor
) -> None:
    raw = socket.create_connection((connect(http_door).host, connect(http_door).port), timeout=10)
    raw.sendall(b"PUT /echo/us-ashburn-1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    raw.close()
    connection = connect(http_door)
    connection.request("GET", "/echo/us-ashburn-1/x")
    assert connection.getresponse().read() == b""
    connection.close()
    assert open_emulator.requests.count(operation="PUT /x") == 0


def test_stopping_leaves_no_thread_and_no_open_connection(open_emulator: Emulator) -> None:
    before = set(threading.enumerate())
    opened = HttpDoor(open_emulator)
    opened.start()
    idle = [connect(opened) for _ in range(3)]
    for connection in idle:
        connection.request("GET", "/echo/us-ashburn-1/x")
        connection.getresponse().read()
    opened.stop()
    opened.stop()
    assert set(threading.enumerate()) == before
    for connection in idle:
        assert connection.sock.recv(1) == b""
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        connect(opened).request("GET", "/")


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("objectstorage.us-ashburn-1.oraclecloud.com", ("objectstorage", "us-ashburn-1")),
        ("axexample.objectstorage.us-ashburn-1.oci.customer-oci.com", ("objectstorage", "us-ashburn-1")),
        ("query.eu-frankfurt-1.oci.oraclecloud.com", ("query", "eu-frankfurt-1")),
        ("identity.us-gov-phoenix-1.oci.oraclegovcloud.com", ("identity", "us-gov-phoenix-1")),
        ("iaas.eu-dcc-milan-1.oraclecloud14.com", ("iaas", "eu-dcc-milan-1")),
        ("iaas.us-phoenix-1.ds.oci.oraclecloud.com", ("iaas", "us-phoenix-1")),
        ("mysql.us-ashburn-1.ocp.oraclecloud.com", ("mysql", "us-ashburn-1")),
        (
            "inference.generativeai.us-chicago-1.oci.oraclecloud.com",
            ("inference.generativeai", "us-chicago-1"),
        ),
        ("functions.us-ashburn-1.oci.oraclecloud.com", ("functions", "us-ashburn-1")),
        ("ab12cd.us-ashburn-1.functions.oci.oraclecloud.com", ("functions", "us-ashburn-1")),
        ("ab12.call.uk-gov-london-1.functions.oci.oraclegovcloud.uk", ("functions", "uk-gov-london-1")),
        ("www.example.org", None),
        ("169.254.169.254", None),
    ],
)
def test_hosts_name_their_service_and_region(host: str, named: tuple[str, str] | None) -> None:
    assert service_and_region(host) == named


def test_the_hosts_that_the_sdk_makes_are_understood() -> None:
    """For every realm that the SDK knows, its own endpoint logic leads to the right service and region."""
    regions = {realm: region for region, realm in oci.regions.REGION_REALMS.items()}
    for region in regions.values():
        for service, template in (
            ("objectstorage", "https://objectstorage.{region}.{secondLevelDomain}"),
            ("query", "https://query.{region}.oci.{secondLevelDomain}"),
            ("functions", "https://ab12.{region}.functions.oci.{secondLevelDomain}"),
        ):
            endpoint = oci.regions.endpoint_for(service, region=region, service_endpoint_template=template)
            assert service_and_region(urlsplit(endpoint).hostname or "") == (service, region)


def test_a_foreign_host_stays_unreachable_in_process(emulator: Emulator, api_key: Any) -> None:
    with ResponsesDoor(emulator):
        client = oci.identity.IdentityClient(
            api_key.config("us-ashburn-1"), service_endpoint="https://example.org", retry_strategy=None
        )
        with pytest.raises(requests.exceptions.ConnectionError):
            client.list_regions(retry_strategy=oci.retry.NoneRetryStrategy())
        client.base_client.session.close()
    assert emulator.requests.entries() == []


def test_a_closed_door_lets_the_sdk_go_again(emulator: Emulator) -> None:
    from oci._vendor.requests.adapters import HTTPAdapter

    original = HTTPAdapter.send
    with ResponsesDoor(emulator):
        assert HTTPAdapter.send is not original
    assert HTTPAdapter.send is original
