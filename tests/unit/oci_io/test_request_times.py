"""How much of a call's time requests may take, by what hangs on them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import responses
from oci._vendor.requests import exceptions

from inventory import assembly, entry
from inventory.coordination.refusals import report_refusal
from inventory.errors import InvalidTrigger, InventoryError, Throttled
from inventory.logs import EventLog
from inventory.model.names import ObjectNames
from inventory.oci_io.clients import Clients
from inventory.ports.deadline import Deadline
from inventory.settings import Settings
from tests.unit.oci_io.adapters import RUN_STATE, TENANCY, ManualClock

LOG = EventLog(logging.getLogger("tests.request_times"))
AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
ALL_HOSTS = re.compile("https://.*")
RUN_ID = "20261123T040000Z-1a2b3c4d"


@pytest.fixture
def clock(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    clock = ManualClock()
    times = SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep)
    monkeypatch.setattr(assembly, "time", times)
    monkeypatch.setattr(assembly, "_clients", lambda template: clients)
    return clock


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(target="oci._vendor.requests.adapters.HTTPAdapter.send") as wire:
        yield wire


def silent(wire: responses.RequestsMock, clock: ManualClock) -> None:
    """Every host takes requests and says nothing until the client gives up."""

    def hang(request: Any) -> tuple[int, dict[str, str], str]:
        _, read_seconds = request.req_kwargs["timeout"]
        clock.seconds += read_seconds
        raise exceptions.ReadTimeout("Read timed out.")

    for method in ("GET", "PUT", "POST"):
        wire.add_callback(method, ALL_HOSTS, callback=hang)
    wire.assert_all_requests_are_fired = False


def settings(**more: Any) -> Settings:
    return Settings(role="region", bucket="b", metrics_compartment_id=TENANCY, **more)


def call_of(clock: ManualClock, seconds: float) -> Any:
    deadline = Deadline(clock.seconds + seconds, clock.monotonic)
    return assembly.open_call(settings(), call_id="c", deadline=deadline, log=LOG)[0]


@pytest.mark.parametrize("namespace", [None, "ns"])
@pytest.mark.parametrize("call_seconds", [300.0, 8.0, 2.0])
def test_an_answer_is_held_up_by_its_report_for_ten_seconds_at_most(
    wire: responses.RequestsMock, clock: ManualClock, namespace: str | None, call_seconds: float
) -> None:
    silent(wire, clock)
    began = clock.seconds
    deadline = Deadline(began + call_seconds, clock.monotonic)
    store = assembly.open_report_store(settings(namespace=namespace), deadline=deadline, log=LOG)
    with pytest.raises(InventoryError):
        report_refusal(store, ObjectNames(prefix="p"), role="region", failure=InvalidTrigger("no"))
    assert clock.seconds - began <= min(10.0, call_seconds)
    assert bool(wire.calls) is (call_seconds > 3.0)


def test_metrics_do_not_wait_for_a_service_that_asks_for_patience(
    wire: responses.RequestsMock, clock: ManualClock
) -> None:
    wire.post(ALL_HOSTS, status=429, headers={"retry-after": "105"}, json={"code": "TooManyRequests"})
    call = call_of(clock, 300.0)
    with pytest.raises(Throttled):
        call.metrics.post([RUN_STATE], at=AT)
    assert clock.sleeps == []


@pytest.mark.parametrize("call_seconds", [20.0, 30.0, 300.0])
def test_metrics_leave_a_call_its_last_seconds(
    wire: responses.RequestsMock, clock: ManualClock, call_seconds: float
) -> None:
    silent(wire, clock)
    call = call_of(clock, call_seconds)
    with pytest.raises(InventoryError):
        call.metrics.post([RUN_STATE], at=AT)
    assert call.deadline.remaining_seconds() >= assembly.RETRY_RESERVE_SECONDS
    assert 1 <= len(wire.calls) <= 2


def test_a_list_of_types_that_does_not_come_leaves_time_for_the_first_page(
    wire: responses.RequestsMock, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a function with a timeout of a minute, a hang would end every owner before its first page."""
    silent(wire, clock)
    left: list[float] = []

    def work(call: Any, _task: Any, tools: Any) -> Any:
        with pytest.raises(InventoryError):
            tools.search.resource_types(region="us-ashburn-1")
        left.append(call.deadline.remaining_seconds())
        raise InvalidTrigger("seen")

    monkeypatch.setattr(entry, "work_region", work)
    request = entry.Request(
        body=f'{{"run_id": "{RUN_ID}", "region": "us-ashburn-1"}}'.encode(),
        headers={},
        call_id="c",
        deadline=(datetime.now(UTC) + timedelta(seconds=60)).isoformat(),
        config={},
    )
    with pytest.raises(InvalidTrigger, match="seen"):
        entry._work(settings(namespace="ns"), request, LOG)
    assert left[0] > 30.0
    assert len(wire.calls) == 2
