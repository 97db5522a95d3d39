"""How SDK clients are built and shared."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import oci
import pytest
import responses
from oci._vendor.requests import exceptions

from inventory.errors import (
    CredentialsUnusable,
    InvalidCatalog,
    NotAuthenticated,
    RequestTimeout,
    ServerFault,
    Throttled,
)
from inventory.oci_io.clients import ClientKey, Clients
from inventory.oci_io.signer import Credentials, resource_principal
from inventory.ports.store import IfAbsent
from tests.unit.oci_io.adapters import CALLS, READ_INSTANCE, REGION, open_adapters

SEND = "oci._vendor.requests.adapters.HTTPAdapter.send"
STORAGE = ClientKey(service="object_storage", client="ObjectStorageClient", region=REGION)
SEARCH = ClientKey(service="resource_search", client="ResourceSearchClient", region=REGION)
INFERENCE = ClientKey(service="generative_ai_inference", client="GenerativeAiInferenceClient", region=REGION)
COMPUTE = ClientKey(
    service="core",
    client="ComputeClient",
    region=REGION,
    template="https://iaas.{region}.{secondLevelDomain}",
)
VAULT = ClientKey(
    service="key_management",
    client="KmsManagementClient",
    region=REGION,
    endpoint="https://abc-management.kms.us-ashburn-1.oraclecloud.com",
)


def endpoint(clients: Clients, key: ClientKey) -> str:
    text: str = clients.get(key).base_client.endpoint
    return text


def test_without_a_template_the_sdk_knows_the_endpoint_of_every_realm(credentials: Credentials) -> None:
    with Clients(credentials) as clients:
        assert endpoint(clients, SEARCH) == "https://query.us-ashburn-1.oci.oraclecloud.com/20180409"
        luke = ClientKey(service="identity", client="IdentityClient", region="us-luke-1")
        assert endpoint(clients, luke) == "https://identity.us-luke-1.oci.oraclegovcloud.com/20160918"


def test_a_template_replaces_the_endpoint_of_every_service(credentials: Credentials) -> None:
    with Clients(credentials, endpoint_template="http://127.0.0.1:99/{service}/{region}") as clients:
        assert endpoint(clients, STORAGE) == "http://127.0.0.1:99/objectstorage/us-ashburn-1"
        assert endpoint(clients, SEARCH) == "http://127.0.0.1:99/query/us-ashburn-1/20180409"
        labels = [
            ("identity", "IdentityClient", "identity"),
            ("core", "ComputeClient", "iaas"),
            ("core", "VirtualNetworkClient", "iaas"),
            ("ons", "NotificationDataPlaneClient", "notification"),
            ("database", "DatabaseClient", "database"),
            ("functions", "FunctionsManagementClient", "functions"),
        ]
        for service, client, label in labels:
            key = ClientKey(service=service, client=client, region="eu-zurich-1")
            assert endpoint(clients, key).startswith(f"http://127.0.0.1:99/{label}/eu-zurich-1/")


def test_services_that_share_a_first_label_are_told_apart(credentials: Credentials) -> None:
    with Clients(credentials, endpoint_template="http://127.0.0.1:99/{service}/{region}") as clients:
        assert endpoint(clients, INFERENCE).startswith(
            "http://127.0.0.1:99/inference.generativeai/us-ashburn-1/"
        )


def test_an_endpoint_of_the_callers_stays_whatever_the_template_says(credentials: Credentials) -> None:
    with Clients(credentials, endpoint_template="http://127.0.0.1:99/{service}/{region}") as clients:
        assert endpoint(clients, VAULT).startswith("https://abc-management.kms.us-ashburn-1.oraclecloud.com")


@pytest.mark.parametrize("region", [REGION, "us-luke-1", "eu-frankfurt-1"])
@pytest.mark.parametrize(
    ("service", "client"),
    [
        ("core", "ComputeClient"),
        ("identity", "IdentityClient"),
        ("object_storage", "ObjectStorageClient"),
        ("key_management", "KmsVaultClient"),
        ("access_governance_cp", "AccessGovernanceCPClient"),
    ],
)
def test_a_bare_client_sends_to_the_host_of_the_sdk_s_own(
    clients: Clients, service: str, client: str, region: str
) -> None:
    key = ClientKey(service=service, client=client, region=region)
    own = clients.get(key).base_client
    bare = clients.get(replace(key, template=own.service_endpoint_template))
    base_path = "" if own._base_path == "/" else own._base_path
    assert (
        bare.update_endpoint_template_for_options() + base_path == own.update_endpoint_template_for_options()
    )


@pytest.mark.parametrize("template", [None, "http://127.0.0.1:99/{service}/{region}"])
def test_a_bare_client_follows_template_and_endpoint(credentials: Credentials, template: str | None) -> None:
    with Clients(credentials, endpoint_template=template) as clients:
        bare = clients.get(COMPUTE)
        assert bare.endpoint == (
            "http://127.0.0.1:99/iaas/us-ashburn-1" if template else f"https://iaas.{REGION}.oraclecloud.com"
        )
        assert clients.get(replace(COMPUTE, endpoint="https://x.example.com")).endpoint == (
            "https://x.example.com"
        )


def test_a_bare_client_has_timeouts_pool_and_breaker_as_any_other(credentials: Credentials) -> None:
    with Clients(
        credentials, connect_timeout_seconds=3.0, read_timeout_seconds=20.0, pool_size=50
    ) as clients:
        bare = clients.get(COMPUTE)
        assert bare.timeout == (3.0, 20.0)
        assert bare.session.get_adapter("https://")._pool_maxsize == 50
        names = {
            client.circuit_breaker_strategy.name
            for client in (
                bare,
                clients.get(replace(COMPUTE, region="eu-zurich-1")),
                clients.get(replace(COMPUTE, template=None)).base_client,
            )
        }
        assert len(names) == 3


def test_many_threads_get_the_same_client(clients: Clients) -> None:
    barrier = threading.Barrier(8)

    def get(_number: int) -> int:
        barrier.wait()
        return id(clients.get(STORAGE))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(get, range(8)))) == 1


def test_clients_differ_by_region_and_endpoint(clients: Clients) -> None:
    elsewhere = ClientKey(service="object_storage", client="ObjectStorageClient", region="eu-zurich-1")
    assert clients.get(STORAGE) is not clients.get(elsewhere)


def test_no_service_is_imported_before_it_is_called() -> None:
    """Every service module costs a function time and memory; only a fresh process can tell."""
    program = """
import sys, oci
from inventory.oci_io.clients import ClientKey, Clients
from inventory.oci_io.signer import Credentials
from tests.unit.oci_io.adapters import open_adapters

signer = oci.auth.signers.SecurityTokenSigner.__new__(oci.auth.signers.SecurityTokenSigner)
clients = Clients(Credentials(signer=signer, tenancy_id="t", region="us-ashburn-1"))
open_adapters(clients, max_attempts=1)
template = "https://iaas.{region}.{secondLevelDomain}"
clients.get(ClientKey(service="core", client="ComputeClient", region="us-ashburn-1", template=template))
services = ("oci.core.", "oci.database.", "oci.identity.")
print(*(name for name in sys.modules if name.startswith(services)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "", "not even for a read: its client is a bare one"


@pytest.mark.parametrize(("service", "client"), [("no_such_service", "Client"), ("core", "NoSuchClient")])
def test_a_client_that_the_sdk_does_not_have_is_a_broken_catalog(
    clients: Clients, service: str, client: str
) -> None:
    with pytest.raises(InvalidCatalog, match=f"oci.{service}.{client}"):
        clients.get(ClientKey(service=service, client=client, region=REGION))


def test_timeouts_and_pool_are_as_asked_for(credentials: Credentials) -> None:
    with Clients(
        credentials, connect_timeout_seconds=3.0, read_timeout_seconds=20.0, pool_size=50
    ) as clients:
        base_client = clients.get(STORAGE).base_client
        assert base_client.timeout == (3.0, 20.0)
        for scheme in ("https://", "http://"):
            assert base_client.session.get_adapter(scheme)._pool_maxsize == 50


def answer(status: int) -> Callable[[responses.RequestsMock], None]:
    def add(wire: responses.RequestsMock) -> None:
        wire.get(re.compile("https://iaas.*"), status=status, json={"code": "X", "message": "x"})
        wire.get(re.compile("https://identity.*"), json=[])

    return add


def test_a_broken_service_is_left_alone_and_silences_no_other(clients: Clients) -> None:
    """The SDK's default is one circuit breaker for the whole process."""
    adapters = open_adapters(clients, max_attempts=1)
    with responses.RequestsMock(target=SEND) as wire:
        answer(503)(wire)
        for _ in range(12):
            with pytest.raises(ServerFault) as caught:
                CALLS["get_instance"](adapters)
        assert len(wire.calls) == 10
        assert type(caught.value.__cause__).__name__ == "CircuitBreakerError"
        assert caught.value.retry_after_seconds is not None
        assert 0 < caught.value.retry_after_seconds <= 30
        assert caught.value.request_id is None, "no request was sent, and the one before it is not to blame"
        assert adapters.directory.region_subscriptions() == []


def test_throttling_does_not_open_the_circuit(clients: Clients) -> None:
    adapters = open_adapters(clients, max_attempts=1)
    with responses.RequestsMock(target=SEND, assert_all_requests_are_fired=False) as wire:
        answer(429)(wire)
        for _ in range(12):
            with pytest.raises(Throttled):
                CALLS["get_instance"](adapters)
        assert len(wire.calls) == 12


def test_the_sdk_repeats_nothing_on_its_own(clients: Clients) -> None:
    adapters = open_adapters(clients, max_attempts=1)
    with responses.RequestsMock(target=SEND) as wire:
        wire.get(re.compile("https://identity.*"), status=500, json={"code": "X", "message": "x"})
        with pytest.raises(ServerFault):
            CALLS["list_region_subscriptions"](adapters)
        assert len(wire.calls) == 1


def test_a_body_is_sent_without_waiting_for_leave_to_go_on(clients: Clients) -> None:
    """The SDK's `Expect: 100-continue` costs up to three seconds where the server doesn't answer it."""
    adapters = open_adapters(clients, max_attempts=1)
    with responses.RequestsMock(target=SEND) as wire:
        wire.put(re.compile("https://objectstorage.*"), headers={"etag": "e"})
        adapters.store.put("a", b"body", condition=IfAbsent())
        assert "expect" not in wire.calls[0].request.headers
        assert 'headers="date (request-target) host"' in wire.calls[0].request.headers["authorization"]


def test_control_characters_in_names_are_read(clients: Clients) -> None:
    adapters = open_adapters(clients, max_attempts=1)
    with responses.RequestsMock(target=SEND) as wire:
        wire.get(re.compile("https://iaas.*"), body=b'{"displayName": "two\nlines"}')
        assert CALLS["get_instance"](adapters) == {"displayName": "two\nlines"}


def test_a_401_makes_the_signer_read_its_token_again_once(
    principal: Credentials,
) -> None:
    """The platform may rewrite the files of a resource principal while a function runs."""
    with Clients(principal) as clients, responses.RequestsMock(target=SEND) as wire:
        adapters = open_adapters(clients, max_attempts=1)
        wire.get(
            re.compile("https://identity.*"), status=401, json={"code": "NotAuthenticated", "message": ""}
        )
        with pytest.raises(NotAuthenticated):
            adapters.directory.region_subscriptions()
        assert len(wire.calls) == 2
        assert isinstance(principal.signer, oci.auth.signers.EphemeralResourcePrincipalSigner)


@pytest.mark.parametrize("name", ["OCI_RESOURCE_PRINCIPAL_RPST", "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"])
@pytest.mark.parametrize("is_finished", [True, False])
def test_a_file_of_the_principal_that_is_just_being_written_is_read_again(
    principal_environment: dict[str, str], tmp_path: Path, name: str, is_finished: bool
) -> None:
    whole, path = principal_environment[name], tmp_path / "renewed"
    path.write_text(whole)
    half = whole[: len(whole) // 2]
    found = [half, whole] if is_finished else [half] * 3

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        if not found:
            return 200, {}, "[]"
        path.write_text(found.pop(0))
        return 401, {}, "{}"

    credentials = resource_principal({**principal_environment, name: str(path)})
    with Clients(credentials) as clients, responses.RequestsMock(target=SEND) as wire:
        wire.add_callback("GET", re.compile("https://identity.*"), callback=answer)
        adapters = open_adapters(clients, max_attempts=8)
        if is_finished:
            assert adapters.directory.region_subscriptions() == []
        else:
            with pytest.raises(CredentialsUnusable):
                adapters.directory.region_subscriptions()
        assert len(wire.calls) == 3


def test_the_ids_of_calls_at_the_same_time_are_not_mixed_up(clients: Clients) -> None:
    """Where no answer comes, only the id that was sent tells which of a worker's calls failed."""
    adapters = open_adapters(clients, max_attempts=1)
    together = threading.Barrier(8)
    sent: dict[str, str] = {}

    def never_answer(request: Any) -> tuple[int, dict[str, str], str]:
        sent[request.url.rsplit("/", 1)[1]] = request.headers["opc-request-id"]
        together.wait(timeout=10)
        raise exceptions.ReadTimeout("Read timed out.")

    def read(instance_id: str) -> str | None:
        with pytest.raises(RequestTimeout) as caught:
            adapters.reader.read(replace(READ_INSTANCE, arguments={"instance_id": instance_id}))
        return caught.value.request_id

    instance_ids = [f"i{number}" for number in range(8)]
    with responses.RequestsMock(target=SEND) as wire, ThreadPoolExecutor(8) as pool:
        wire.add_callback("GET", re.compile("https://iaas.*"), callback=never_answer)
        told = dict(zip(instance_ids, pool.map(read, instance_ids), strict=True))
    assert told == sent
    assert len(set(told.values())) == 8
