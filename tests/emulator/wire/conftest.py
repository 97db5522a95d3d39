"""A tenancy with a bucket behind either door, reached by the real SDK's clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import oci
import pytest

from emulator.app import Emulator
from emulator.auth import ApiKey, KeyRing
from emulator.door_http import HttpDoor
from emulator.door_responses import ResponsesDoor
from emulator.notifications import NotificationsService
from emulator.object_storage import ObjectStorageService

TENANCY = "ocid1.tenancy.oc1..aaaatenancy"
USER = "ocid1.user.oc1..aaaauser"
REGION = "us-ashburn-1"
NAMESPACE = "axexample"
NOW = datetime(2026, 11, 23, 4, 0, 0, 123_000, tzinfo=UTC)

Clients = Callable[..., Any]


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    """One key ring for all tests: RSA keys take long to make."""
    return KeyRing(tenancy_id=TENANCY)


@pytest.fixture(scope="session")
def api_key(keys: KeyRing) -> ApiKey:
    return keys.mint_api_key(user_id=USER)


@pytest.fixture(scope="session")
def person(api_key: ApiKey) -> oci.Signer:
    return oci.Signer(
        api_key.tenancy_id,
        api_key.user_id,
        api_key.fingerprint,
        None,
        private_key_content=api_key.private_key_pem,
    )


@pytest.fixture
def emulator(tmp_path: Path, keys: KeyRing) -> Emulator:
    """The emulator's time stands still unless a test advances it; signatures are measured by the real one."""
    emulator = Emulator(root=tmp_path, tenancy_id=TENANCY, clock=lambda: NOW)
    emulator.keys = keys
    return emulator


@pytest.fixture
def object_storage(emulator: Emulator) -> Iterator[ObjectStorageService]:
    service = ObjectStorageService(root=emulator.root, namespace=NAMESPACE, clock=emulator.now)
    service.create_bucket("inventory", TENANCY, region=REGION)
    emulator.register("objectstorage", service)
    yield service
    service.close()


@pytest.fixture
def notifications(emulator: Emulator) -> NotificationsService:
    service = NotificationsService(root=emulator.root, clock=emulator.now)
    emulator.register("notification", service)
    return service


@pytest.fixture(params=["http", "responses"])
def door(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[HttpDoor | ResponsesDoor]:
    opened = HttpDoor(emulator) if request.param == "http" else ResponsesDoor(emulator)
    with opened:
        yield opened


@pytest.fixture
def clients(door: HttpDoor | ResponsesDoor, api_key: ApiKey, person: oci.Signer) -> Iterator[Clients]:
    """Makes SDK clients, `clients(client_class, service)`, that neither retry nor trip a circuit breaker."""
    with ExitStack() as open_sessions:

        def make(client_class: Any, service: str, *, region: str = REGION, **options: Any) -> Any:
            if isinstance(door, HttpDoor):
                endpoint = door.endpoint_template.replace("{service}", service).replace("{region}", region)
                options["service_endpoint"] = endpoint
            options.setdefault("signer", person)
            client = client_class(
                api_key.config(region),
                retry_strategy=oci.retry.NoneRetryStrategy(),
                circuit_breaker_strategy=oci.circuit_breaker.NoCircuitBreakerStrategy(),
                **options,
            )
            open_sessions.callback(client.base_client.session.close)
            return client

        yield make


@pytest.fixture
def storage(clients: Clients, object_storage: ObjectStorageService) -> Any:
    """An ObjectStorageClient, behind each door in turn."""
    return clients(oci.object_storage.ObjectStorageClient, "objectstorage")
