"""What a run tells of the requests that it made."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import responses

from inventory.errors import ServerFault, Throttled
from inventory.oci_io.calls import CallCounts
from inventory.oci_io.clients import Clients
from tests.unit.oci_io.adapters import CALLS, READ_INSTANCE, open_adapters


def test_calls_retries_and_throttles_are_counted_by_operation(clients: Clients) -> None:
    adapters = open_adapters(clients, max_attempts=3)
    with responses.RequestsMock(target="oci._vendor.requests.adapters.HTTPAdapter.send") as wire:
        wire.get(re.compile(".*/instances/"), status=429, json={"code": "TooManyRequests", "message": "slow"})
        wire.get(re.compile(".*/instances/"), status=503, json={"code": "Unavailable", "message": "broken"})
        wire.get(re.compile(".*/instances/"), json={"id": "i"})
        wire.post(re.compile(".*/resources"), status=429, json={"code": "TooManyRequests", "message": "slow"})
        with pytest.raises(Throttled):
            adapters.reader.read(READ_INSTANCE, attempt=1)
        with pytest.raises(ServerFault):
            adapters.reader.read(READ_INSTANCE, attempt=2)
        adapters.reader.read(READ_INSTANCE, attempt=3)
        with pytest.raises(Throttled):
            CALLS["search_resources"](adapters)
    assert adapters.counts.snapshot() == {
        "core": {"get_instance": {"calls": 3, "retries": 2, "throttles": 1}},
        "resource_search": {"search_resources": {"calls": 3, "retries": 2, "throttles": 3}},
    }


def test_no_count_is_lost_between_threads() -> None:
    counts = CallCounts()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(lambda: [counts.count_call("core", "get_vcn", is_retry=True) for _ in range(500)])
    assert counts.snapshot() == {"core": {"get_vcn": {"calls": 4000, "retries": 4000, "throttles": 0}}}


def test_a_snapshot_does_not_move() -> None:
    counts = CallCounts()
    counts.count_call("core", "get_vcn", is_retry=False)
    before = counts.snapshot()
    counts.count_throttle("core", "get_vcn")
    assert before == {"core": {"get_vcn": {"calls": 1, "retries": 0, "throttles": 0}}}
