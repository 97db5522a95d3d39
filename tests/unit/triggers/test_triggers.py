"""What wakes a function, in the bodies that the services really send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inventory.errors import InvalidTrigger
from inventory.triggers import (
    AggregationTask,
    RegionTask,
    Trigger,
    read_aggregation_task,
    read_region_task,
    read_trigger,
)

PAYLOADS = Path(__file__).parents[2] / "data" / "payloads"
RUN_ID = "20261123T040000Z-1a2b3c4d"


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def read(body: bytes | dict[str, Any], headers: dict[str, str] | None = None, call_id: str = "c1") -> Trigger:
    if isinstance(body, dict):
        body = json.dumps(body).encode()
    return read_trigger(body, headers or {}, call_id=call_id)


@pytest.mark.parametrize("body", [b"", b"  \n", b"null", b"{}"])
def test_nothing_to_say_means_a_run_of_this_call(body: bytes) -> None:
    assert read(body) == Trigger(action="run", kind="direct", key="call:c1")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("alarm_message_recorded", "alarm:6b28ce05-7021-4407-b9c0-c5d7896b7361:1761563100000"),
        ("alarm_message_documented", "alarm:exampleuniqueID:1684337663852"),
        ("alarm_message_oracle_sample", "alarm:501f01d7-20cd-5958-a5ca-61ba0ddebd8d:1582324860000"),
    ],
)
def test_an_alarm_is_known_by_its_key_and_time(name: str, key: str) -> None:
    assert read(payload(name)) == Trigger(action="run", kind="alarm", key=key)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("objectstorage_createobject_event", "event:3e47d127-19de-6eb8-eb67-0c1ab961fcbc"),
        ("objectstorage_createbucket_event", "event:fca0653f-85c5-9466-8812-001c51d338a4"),
    ],
)
def test_an_event_is_known_by_its_id(name: str, key: str) -> None:
    assert read(payload(name)) == Trigger(action="run", kind="event", key=key)


def test_a_scheduler_that_sends_a_body_of_its_own_starts_a_run() -> None:
    resources = json.loads(payload("resource_scheduler_function_resources"))
    body = resources[0]["parameters"][0]["value"]
    assert read(body) == Trigger(action="run", kind="direct", key="call:c1")


def test_a_scheduler_asks_for_a_sweep_by_the_same_way() -> None:
    assert read({"action": "sweep"}) == Trigger(action="sweep", kind="direct", key="call:c1")


@pytest.mark.parametrize("name", ["alarm_message_recorded", "objectstorage_createobject_event"])
def test_the_same_cause_has_the_same_key_whoever_delivers_it(name: str) -> None:
    once = read(payload(name), call_id="c1")
    again = read(payload(name), {"x-oci-ns-messageid": "m1"}, call_id="c2")
    assert once.key == again.key


def test_an_alarm_that_repeats_is_another_cause() -> None:
    alarm = json.loads(payload("alarm_message_recorded"))
    repeated = {**alarm, "type": "REPEAT", "timestampEpochMillis": alarm["timestampEpochMillis"] + 60_000}
    assert read(alarm).key != read(repeated).key


def test_a_message_that_notifications_delivers_twice_is_one_cause() -> None:
    headers = {"x-oci-ns-messageid": "message-1"}
    once, again = (read({"action": "sweep"}, headers, call_id=call) for call in ("c1", "c2"))
    assert once == again == Trigger(action="sweep", kind="notification", key="message:message-1")


def test_a_callers_own_key_tells_its_triggers_apart() -> None:
    once, again = (read({"trigger_key": "night"}, call_id=call) for call in ("c1", "c2"))
    assert once == again == Trigger(action="run", kind="direct", key="given:night")
    assert read({"trigger_key": None}).key == "call:c1"


def test_a_given_key_cannot_pass_for_another_kind_of_cause() -> None:
    event = json.loads(payload("objectstorage_createobject_event"))
    assert read({"trigger_key": f"event:{event['eventID']}"}).key != read(event).key


def test_unknown_fields_are_ignored() -> None:
    assert read({"unknown": [1], "role": "x"}) == read({})
    body = {"run_id": RUN_ID, "region": "us-ashburn-1", "unknown": 1}
    assert read_region_task(json.dumps(body).encode()) == RegionTask(run_id=RUN_ID, region="us-ashburn-1")
    assert read_aggregation_task(json.dumps(body).encode()) == AggregationTask(run_id=RUN_ID)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"run", "the body is not JSON; allowed: a JSON object, or nothing"),
        (b"\xff", "the body is not JSON; allowed: a JSON object, or nothing"),
        (b'{"action":', "the body is not JSON; allowed: a JSON object, or nothing"),
        (b"[" * 5000, "the body is not JSON; allowed: a JSON object, or nothing"),
        (b"[]", "the body is a JSON list; allowed: a JSON object, or nothing"),
        (b'"run"', "the body is a JSON str; allowed: a JSON object, or nothing"),
        (b'{"action": "stop"}', "field 'action' is 'stop'; allowed: run, sweep"),
        (b'{"action": null}', "field 'action' is None; allowed: run, sweep"),
        (b'{"action": ["run"]}', "field 'action' is ['run']; allowed: run, sweep"),
        (b'{"trigger_key": 5}', "field 'trigger_key' is 5; allowed: a string of 1 to 256 characters"),
        (b'{"trigger_key": ""}', "field 'trigger_key' is ''; allowed: a string of 1 to 256 characters"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_in_one_sentence(body: bytes, complaint: str) -> None:
    with pytest.raises(InvalidTrigger) as caught:
        read(body)
    assert str(caught.value) == complaint


def test_a_key_that_is_too_long_is_refused() -> None:
    assert read({"trigger_key": "k" * 256}).key == "given:" + "k" * 256
    with pytest.raises(InvalidTrigger, match="allowed: a string of 1 to 256 characters"):
        read({"trigger_key": "k" * 257})


def test_a_region_task() -> None:
    body = json.dumps({"run_id": RUN_ID, "region": "us-ashburn-1"}).encode()
    assert read_region_task(body) == RegionTask(run_id=RUN_ID, region="us-ashburn-1")


@pytest.mark.parametrize("region", [None, "", 5, ["us-ashburn-1"]])
def test_a_region_task_needs_a_region(region: Any) -> None:
    body = {"run_id": RUN_ID, "region": region}
    with pytest.raises(InvalidTrigger) as caught:
        read_region_task(json.dumps(body).encode())
    assert str(caught.value) == f"field 'region' is {region!r}; allowed: a region's name"


@pytest.mark.parametrize(
    "run_id", [None, 5, "", "latest", "../latest", f"{RUN_ID}/x", "2026-11-23T04:00:00Z"]
)
@pytest.mark.parametrize("reader", [read_region_task, read_aggregation_task])
def test_a_task_needs_a_run_id(reader: Any, run_id: Any) -> None:
    body = json.dumps({"region": "us-ashburn-1", "run_id": run_id}).encode()
    with pytest.raises(InvalidTrigger) as caught:
        reader(body)
    assert str(caught.value) == (
        f"field 'run_id' is {run_id!r}; allowed: a run id such as 20261123T040000Z-1a2b3c4d"
    )


@pytest.mark.parametrize("reader", [read_region_task, read_aggregation_task])
@pytest.mark.parametrize("body", [b"", b"[]", b"no"])
def test_a_task_is_never_guessed(reader: Any, body: bytes) -> None:
    with pytest.raises(InvalidTrigger):
        reader(body)
