"""What wakes functions besides an invocation: topics, alarms, event rules and schedules."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from functions_bench import REGION, TENANCY, Bench

from emulator.alarms import AlarmsService
from emulator.cron import parse_cron
from emulator.events import EventsService
from emulator.notifications import NotificationsService
from emulator.object_events import ObjectEvents
from emulator.object_storage import ObjectStorageService
from emulator.resource_scheduler import ResourceSchedulerService, function_resource
from emulator.wire import Principal, Request, ServiceError

PAYLOADS = Path(__file__).parents[2] / "data" / "payloads"
#: A function that writes down what it was given, and answers it.
RECORDER = """
import json
from fdk import response

def handler(ctx, data=None):
    headers = {name: value for name, value in ctx.Headers().items() if name.startswith("x-oci")}
    with open(ctx.Config()["NOTES"], "a") as notes:
        notes.write(json.dumps({"body": data.getvalue().decode(), "headers": headers}) + "\\n")
    return response.Response(ctx, "{}")
"""
PARENTS = {
    "ocid1.compartment.oc1..web": "ocid1.compartment.oc1..prod",
    "ocid1.compartment.oc1..prod": TENANCY,
}


class Clock:
    """A time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 4, 0, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Recorder:
    """A deployed function and what it was given so far."""

    def __init__(self, bench: Bench, notes: Path) -> None:
        self.bench = bench
        self.function_id = bench.function.ocid
        self._notes = notes

    def given(self) -> list[dict[str, Any]]:
        self.bench.service.wait_idle(20)
        text = self._notes.read_text() if self._notes.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def bodies(self) -> list[Any]:
        return [json.loads(each["body"]) for each in self.given()]


@pytest.fixture
def recorder(make_bench: Callable[..., Bench], tmp_path: Path) -> Recorder:
    notes = tmp_path / "notes"
    bench = make_bench(source=RECORDER)
    bench.service.update_config(bench.function, {"NOTES": str(notes)})
    return Recorder(bench, notes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notifications(recorder: Recorder, clock: Clock, tmp_path: Path) -> NotificationsService:
    return NotificationsService(root=tmp_path, clock=clock, deliver=recorder.bench.service.deliver)


@pytest.fixture
def events(recorder: Recorder, clock: Clock) -> EventsService:
    return EventsService(recorder.bench.service, clock=clock, parent=PARENTS.get)


@pytest.fixture
def schedules(recorder: Recorder, clock: Clock) -> ResourceSchedulerService:
    return ResourceSchedulerService(recorder.bench.service, clock=clock)


def payload(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / name).read_text())
    return found


def shape(value: Any) -> Any:
    """The names and kinds of a JSON value, whatever it holds."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return str if isinstance(value, str) else float


def test_a_message_is_the_functions_body_as_it_is(
    recorder: Recorder, notifications: NotificationsService
) -> None:
    topic_id = notifications.create_topic("alarms", region=REGION)
    notifications.subscribe(topic_id, recorder.function_id)
    other = notifications.create_topic("other", region=REGION)
    message = notifications.publish(topic_id, "no JSON, ü", publisher="ocid1.user.oc1..u")
    notifications.publish(other, "for nobody", publisher="ocid1.user.oc1..u")
    [given] = recorder.given()
    assert given["body"] == "no JSON, ü"
    assert given["headers"]["x-oci-ns-messageid"] == message.message_id
    assert [call.detached for call in recorder.bench.service.calls] == [False]


def test_a_message_that_is_delivered_twice_has_one_id(
    recorder: Recorder, notifications: NotificationsService
) -> None:
    topic_id = notifications.create_topic("alarms", region=REGION)
    subscription = notifications.subscribe(topic_id, recorder.function_id)
    recorder.bench.service.rules.double_next(recorder.bench.function)
    notifications.publish(topic_id, "x", publisher="ocid1.user.oc1..u")
    first, second = recorder.given()
    assert first == second
    notifications.unsubscribe(subscription)
    notifications.publish(topic_id, "y", publisher="ocid1.user.oc1..u")
    assert len(recorder.given()) == 2


def test_a_delivery_that_is_refused_comes_again(
    recorder: Recorder, notifications: NotificationsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.functions.invocations._REDELIVERY_SECONDS", 0.01)
    topic_id = notifications.create_topic("alarms", region=REGION)
    notifications.subscribe(topic_id, recorder.function_id)
    recorder.bench.service.rules.refuse_next(recorder.bench.function, status=503, times=3)
    notifications.publish(topic_id, "x", publisher="ocid1.user.oc1..u")
    assert [given["body"] for given in recorder.given()] == ["x"]


def test_a_message_to_a_topic_that_nobody_made_is_refused(notifications: NotificationsService) -> None:
    with pytest.raises(ServiceError, match="404"):
        notifications.publish("ocid1.onstopic.oc1..x", "x", publisher="ocid1.user.oc1..u")


def test_an_alarm_speaks_as_the_recorded_one(
    recorder: Recorder, notifications: NotificationsService, clock: Clock
) -> None:
    topic_id = notifications.create_topic("alarms", region=REGION)
    notifications.subscribe(topic_id, recorder.function_id)
    alarms = AlarmsService(notifications, clock=clock)
    alarm = alarms.create("CPU", topic_id, region=REGION, body="run", repeat_seconds=60)
    alarms.tick()
    alarms.fire(alarm)
    for _ in range(3):
        clock.move(seconds=30)
        alarms.tick()
    alarms.recover(alarm)
    clock.move(days=1)
    alarms.tick()
    told = recorder.bodies()
    assert sorted(message["type"] for message in told) == ["FIRING_TO_OK", "OK_TO_FIRING", "REPEAT"]
    assert {message["dedupeKey"] for message in told} == {alarm.dedupe_key}
    assert len({message["timestampEpochMillis"] for message in told}) == 3
    recorded = shape(payload("alarm_message_recorded.json"))
    assert shape(told[0]).keys() == recorded.keys()
    assert shape(told[0])["alarmMetaData"][0].keys() == recorded["alarmMetaData"][0].keys()


def test_a_rule_sees_its_compartment_and_those_below(recorder: Recorder, events: EventsService) -> None:
    prod = "ocid1.compartment.oc1..prod"
    rule = events.rule("all of prod", compartment_id=prod, function_id=recorder.function_id)

    def emit(compartment_id: str) -> int:
        return events.emit(events.make("com.example.x", source="X", data={"compartmentId": compartment_id}))

    web, elsewhere = "ocid1.compartment.oc1..web", "ocid1.compartment.oc1..other"
    assert [emit(where) for where in (prod, web, TENANCY, elsewhere)] == [1, 1, 0, 0]
    assert sorted(event["data"]["compartmentId"] for event in recorder.bodies()) == [prod, web]
    events.delete(rule)
    assert emit(prod) == 0


@pytest.mark.parametrize(
    ("event_types", "data", "matches"),
    [
        ((), None, True),
        (("com.oraclecloud.objectstorage.createobject",), None, True),
        (
            ("com.oraclecloud.objectstorage.deleteobject", "com.oraclecloud.objectstorage.createobject"),
            None,
            True,
        ),
        (("com.oraclecloud.objectstorage.deleteobject",), None, False),
        ((), {"resourceName": "campaigns.json"}, True),
        ((), {"resourceName": ["a", "camp*.json"]}, True),
        ((), {"resourceName": "camp*.js"}, False),
        ((), {"additionalDetails": {"bucketName": "bucket-gigis-*"}}, True),
        ((), {"additionalDetails": {"bucketName": "other"}, "resourceName": "campaigns.json"}, False),
        ((), {"nothing": "*"}, False),
    ],
)
def test_a_rule_matches_types_and_attributes(
    recorder: Recorder, events: EventsService, event_types: tuple[str, ...], data: Any, matches: bool
) -> None:
    event = payload("objectstorage_createobject_event.json")
    events.rule(
        "rule",
        compartment_id=event["data"]["compartmentId"],
        function_id=recorder.function_id,
        event_types=event_types,
        data=data,
    )
    assert events.emit(event) == matches
    assert recorder.bodies() == [event] * matches


def test_a_bucket_with_object_events_tells_of_its_objects_as_recorded(
    recorder: Recorder, events: EventsService, clock: Clock, tmp_path: Path
) -> None:
    storage = ObjectStorageService(root=tmp_path, namespace="ax", clock=clock)
    for bucket in ("loud", "silent"):
        storage.create_bucket(bucket, "ocid1.compartment.oc1..web", region=REGION)
    storage.object_events.add("loud")
    service = ObjectEvents(storage, events, compartment_name=lambda _ocid: "web")
    events.rule("objects", compartment_id=TENANCY, function_id=recorder.function_id)
    somebody = Principal(kind="user", ocid="u", tenancy_id=TENANCY, compartment_id=TENANCY)

    def ask(method: str, bucket: str, below: str, body: bytes = b"", **headers: str) -> Any:
        path = f"/n/ax/b/{bucket}{below}"
        return service.handle(
            Request(
                service="objectstorage",
                region=REGION,
                method=method,
                path=path,
                target=path,
                headers={"content-length": str(len(body)), **headers},
                body=body,
            ),
            somebody,
        )

    etags = [ask("PUT", "loud", "/o/a%2Fb.json", b"x").headers["etag"] for _ in range(2)]
    ask("GET", "loud", "/o/a%2Fb.json")
    with pytest.raises(ServiceError):
        ask("PUT", "loud", "/o/a%2Fb.json", b"y", **{"if-none-match": "*"})
    ask("DELETE", "loud", "/o/a%2Fb.json")
    ask("PUT", "silent", "/o/a", b"x")
    told = {event["eventType"].rpartition(".")[2]: event for event in recorder.bodies()}
    assert sorted(told) == ["createobject", "deleteobject", "updateobject"]
    assert len(recorder.given()) == 3
    assert told["createobject"]["data"]["additionalDetails"]["eTag"] == etags[0]
    assert told["createobject"]["data"]["resourceId"] == "/n/ax/b/loud/o/a/b.json"
    assert shape(told["createobject"]) == shape(payload("objectstorage_createobject_event.json"))
    shown = {
        name: json.loads(ask("GET", name, "").body)["objectEventsEnabled"] for name in ("loud", "silent")
    }
    assert shown == {"loud": True, "silent": False}
    storage.close()


def test_a_schedule_passes_its_body_or_none_and_is_detached(
    recorder: Recorder, schedules: ResourceSchedulerService
) -> None:
    recorded: Any = json.loads((PAYLOADS / "resource_scheduler_function_resources.json").read_text())
    assert shape(function_resource(recorder.function_id, body={"check": ""})) == shape(recorded[0])
    recorded[0]["id"] = recorder.function_id
    with_body = schedules.create("daily", recurrence_details="0 4 * * *", resources=recorded)
    terraform = function_resource(recorder.function_id, body='{"action": "sweep"}')
    as_text = schedules.create("text", recurrence_details="0 4 * * *", resources=[terraform])
    without = schedules.create(
        "bare", recurrence_details="0 4 * * *", resources=[function_resource(recorder.function_id)]
    )
    for schedule in (with_body, as_text, without):
        schedules.fire(schedule)
        recorder.bench.service.wait_idle(20)
    assert [given["body"] for given in recorder.given()] == [
        '{"check": "daily-spend"}',
        '{"action": "sweep"}',
        "",
    ]
    assert {call.detached for call in recorder.bench.service.calls} == {True}


def test_a_schedule_fires_at_its_minutes_and_once_at_each(
    recorder: Recorder, schedules: ResourceSchedulerService, clock: Clock
) -> None:
    schedule = schedules.create(
        "often", recurrence_details="*/15 * * * *", resources=[function_resource(recorder.function_id)]
    )
    fired = []
    for _ in range(4):
        fired.append(schedules.tick())
        clock.move(minutes=5)
    assert fired == [0, 0, 0, 1]
    clock.move(minutes=40)
    assert schedules.tick() == 3
    schedule.is_active = False
    clock.move(hours=1)
    assert schedules.tick() == 0
    schedule.is_active = True
    schedules.delete(schedule)
    clock.move(hours=1)
    assert schedules.tick() == 0
    assert len(recorder.given()) == 4


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("0 4 * * *", "UTC", ["11-24T04:00", "11-25T04:00"]),
        ("0 4 * * *", "Asia/Tokyo", ["11-23T19:00", "11-24T19:00"]),
        ("30 5 24 11 *", "UTC", ["11-24T05:30"]),
        ("0 12 25 * 2", "UTC", ["11-24T12:00", "11-25T12:00"]),
        ("0 0 * * 7", "UTC", []),
        ("10,20-22/2 6/12 * * *", "UTC", ["11-23T06:10", "11-23T06:20", "11-23T06:22"]),
    ],
)
def test_cron_names_the_minutes_that_people_mean(text: str, zone: str, expected: list[str]) -> None:
    start = datetime(2026, 11, 23, 4, 0, 30, tzinfo=UTC)
    found = parse_cron(text, time_zone=zone).between(start, start + timedelta(hours=60))
    times = [f"{moment:%m-%dT%H:%M}" for moment in found]
    assert times[: len(expected)] == expected
    assert expected or not times


@pytest.mark.parametrize("text", ["", "* * * *", "60 * * * *", "* * 0 * *", "5-1 * * * *", "x * * * *"])
def test_what_is_no_cron_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_cron(text)
