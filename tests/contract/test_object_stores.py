"""The stores that keep the contract: the model in memory, and OCI's behind both doors of the emulator."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emulator.app import Emulator
from emulator.auth import KeyRing
from emulator.door_http import HttpDoor
from emulator.door_responses import ResponsesDoor
from emulator.object_storage import ObjectStorageService
from inventory.coordination.retry import Retry
from inventory.errors import ObjectNotFound
from inventory.oci_io.caller import Caller
from inventory.oci_io.calls import CallCounts
from inventory.oci_io.clients import Clients
from inventory.oci_io.object_store import OciObjectStore
from inventory.oci_io.signer import Credentials, api_key
from inventory.ports.deadline import Deadline
from inventory.ports.store import ObjectStore
from tests.contract.object_store_contract import ObjectStoreContract
from tests.fakes.memory_store import MemoryObjectStore

TENANCY = "ocid1.tenancy.oc1..aaaacontract"
REGION = "eu-frankfurt-1"


class TestMemoryObjectStore(ObjectStoreContract):
    @pytest.fixture
    def clock(self) -> list[datetime]:
        return [datetime(2026, 11, 23, 4, 0, 0, 123456, tzinfo=UTC)]

    @pytest.fixture
    def store(self, clock: list[datetime]) -> ObjectStore:
        return MemoryObjectStore(lambda: clock[0])

    @pytest.fixture
    def pass_time(self, clock: list[datetime]) -> Callable[[float], None]:
        def pass_time(seconds: float) -> None:
            clock[0] += timedelta(seconds=seconds)

        return pass_time


@pytest.fixture(scope="module")
def keys() -> KeyRing:
    return KeyRing(tenancy_id=TENANCY)


@pytest.fixture(scope="module")
def credentials(keys: KeyRing) -> Credentials:
    """One key for all tests: RSA keys take long to make."""
    return api_key(keys.mint_api_key(user_id="ocid1.user.oc1..aaaacontract").config(REGION))


@pytest.fixture
def emulator(tmp_path: Path, keys: KeyRing) -> Iterator[Emulator]:
    emulator = Emulator(root=tmp_path, tenancy_id=TENANCY)
    emulator.keys = keys
    service = ObjectStorageService(root=tmp_path, namespace="axcontract", clock=emulator.now)
    service.create_bucket("inventory", TENANCY, region=REGION)
    emulator.register("objectstorage", service)
    yield emulator
    service.close()


def open_store(clients: Clients) -> OciObjectStore:
    def never_sleep(seconds: float) -> None:
        raise AssertionError(f"nothing fails here, yet a retry wants to wait {seconds} s")

    deadline = Deadline(ends_at=time.monotonic() + 600, monotonic=time.monotonic)
    retry = Retry(deadline=deadline, sleep=never_sleep, uniform=lambda low, _high: low)
    caller = Caller(clients=clients, retry=retry, counts=CallCounts())
    return OciObjectStore(caller, region=REGION, bucket="inventory", monotonic=time.monotonic, page_objects=3)


class EmulatedContract(ObjectStoreContract):
    @pytest.fixture
    def pass_time(self, emulator: Emulator, store: ObjectStore) -> Callable[[float], None]:
        def pass_time(seconds: float) -> None:
            emulator.advance(seconds)
            list(store.list_objects("any/"))

        return pass_time


class TestOciObjectStoreInProcess(EmulatedContract):
    @pytest.fixture
    def store(self, emulator: Emulator, credentials: Credentials) -> Iterator[ObjectStore]:
        with ResponsesDoor(emulator), Clients(credentials) as clients:
            yield open_store(clients)


class TestOciObjectStoreOverHttp(EmulatedContract):
    @pytest.fixture
    def store(self, emulator: Emulator, credentials: Credentials) -> Iterator[ObjectStore]:
        with (
            HttpDoor(emulator) as door,
            Clients(credentials, endpoint_template=door.endpoint_template) as clients,
        ):
            yield open_store(clients)


def test_nothing_is_left_in_the_bucket_by_an_upload_that_came_second(
    emulator: Emulator, credentials: Credentials
) -> None:
    """Parts of a refused upload cost storage until somebody discards them."""
    with ResponsesDoor(emulator), Clients(credentials) as clients:
        store = open_store(clients)
        upload = store.start_upload("big")
        upload.write(b"x" * (10 * 1024 * 1024 + 1))
        store.start_upload("big").commit()
        upload.commit()
        with pytest.raises(ObjectNotFound):
            store.get("other")
    assert emulator.requests.count(operation="DELETE /n/{namespaceName}/b/{bucketName}/u/{objectName}") == 1
