"""What wakes a function, in the bodies that the services really send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inventory.errors import InvalidTrigger
from inventory.model.adhoc import AdhocScope
from inventory.triggers import (
    AggregationTask,
    EventRules,
    Ignored,
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


def understood(
    body: bytes | dict[str, Any],
    headers: dict[str, str] | None = None,
    call_id: str = "c1",
    *,
    types: tuple[str, ...] | None = None,
    bucket: str = "bucket",
    prefix: str = "inventory",
) -> Trigger | Ignored:
    if isinstance(body, dict):
        body = json.dumps(body).encode()
    events = EventRules(types=types, bucket=bucket, prefix=prefix)
    return read_trigger(body, headers or {}, call_id=call_id, events=events)


def read(body: bytes | dict[str, Any], headers: dict[str, str] | None = None, call_id: str = "c1") -> Trigger:
    trigger = understood(body, headers, call_id)
    assert isinstance(trigger, Trigger)
    return trigger


def read_task(body: bytes) -> AggregationTask | Ignored:
    return read_aggregation_task(body, events=EventRules(types=(), bucket="bucket", prefix="inventory"))


def refused(body: bytes | dict[str, Any]) -> str:
    with pytest.raises(InvalidTrigger) as caught:
        understood(body)
    return str(caught.value)


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


def test_an_alarm_that_fires_on_is_a_clock() -> None:
    alarm = {**json.loads(payload("alarm_message_recorded")), "type": "REPEAT"}
    assert (read(alarm).action, read(alarm).kind) == ("run", "alarm")


@pytest.mark.parametrize("change", ["FIRING_TO_OK", "RESET"])
def test_an_alarm_that_is_over_asks_for_nothing(change: str) -> None:
    alarm = {**json.loads(payload("alarm_message_oracle_sample")), "type": change}
    assert understood(alarm) == Ignored(reason=f"an alarm's {change} asks for nothing")


def test_an_alarm_that_makes_no_sense_is_told_all_that_is_wrong() -> None:
    assert refused({"dedupeKey": 5, "timestampEpochMillis": "now", "type": "FIRING"}) == (
        "field 'dedupeKey' is 5; allowed: a string, as Monitoring sends it; "
        "field 'timestampEpochMillis' is 'now'; allowed: a whole number, as Monitoring sends it; "
        "field 'type' is 'FIRING'; allowed: OK_TO_FIRING, REPEAT, FIRING_TO_OK, RESET"
    )


CREATED = "com.oraclecloud.objectstorage.createobject"


@pytest.mark.parametrize(
    ("types", "starts"),
    [
        (None, True),
        ((CREATED,), True),
        (("com.oraclecloud.computeapi.launchinstance.end", CREATED.upper()), True),
        (("com.oraclecloud.objectstorage.createbucket",), False),
        (("com.oraclecloud.objectstorage.createobject.end",), False),
    ],
)
def test_only_the_chosen_types_of_events_start_a_run(types: tuple[str, ...] | None, starts: bool) -> None:
    found = understood(payload("objectstorage_createobject_event"), types=types)
    assert isinstance(found, Trigger if starts else Ignored)
    if isinstance(found, Ignored):
        assert found.reason == f"events of type '{CREATED}' are not in INVENTORY_EVENT_TYPES"


def event_of(name: str | None, *, bucket: str | None = "bucket", path: str | None = None) -> dict[str, Any]:
    event = json.loads(payload("objectstorage_createobject_event"))
    more = {**event["data"]["additionalDetails"], "bucketName": bucket}
    event["data"] = {**event["data"], "resourceName": name, "resourceId": path, "additionalDetails": more}
    return dict(event)


@pytest.mark.parametrize("types", [None, (CREATED,)])
@pytest.mark.parametrize(
    "event",
    [
        event_of("inventory/latest.json"),
        event_of("inventory%2Flatest.json"),
        event_of(None, bucket=None, path="/n/ns/b/bucket/o/inventory/lease.json"),
        event_of(None, path="/n/ns/b/bucket/o/inventory%2Frefused%2Fa.json"),
    ],
)
def test_our_own_objects_never_start_a_run(event: dict[str, Any], types: tuple[str, ...] | None) -> None:
    assert understood(event, types=types) == Ignored(
        reason="the event is about an object that this application has written itself"
    )


@pytest.mark.parametrize(
    "event",
    [
        event_of("inventory/latest.json", bucket="another"),
        event_of("inventory-of-others/latest.json"),
        event_of("inventory"),
        event_of("bucket", path="/n/ns/b/bucket"),
        event_of(None, bucket=None),
        {**event_of("x"), "data": None},
        {**event_of("x"), "data": {"additionalDetails": "none", "resourceName": "inventory/x"}},
    ],
)
def test_other_objects_and_the_bucket_itself_are_not_our_own(event: dict[str, Any]) -> None:
    assert isinstance(understood(event), Trigger)


def test_an_event_without_an_id_is_refused_and_not_taken_for_a_callers_body() -> None:
    event = event_of("x")
    del event["eventID"]
    allowed = "allowed: a string, as Events sends it"
    assert refused(event) == f"field 'eventID' is None; {allowed}"
    assert refused({**event, "eventID": 5, "eventType": ""}) == (
        f"field 'eventType' is ''; {allowed}; field 'eventID' is 5; {allowed}"
    )


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({"eventType": "a.b"}, ["eventID"]),
        ({"eventID": "x"}, ["eventType"]),
        ({"cloudEventsVersion": "0.1"}, ["eventType", "eventID"]),
        ({"dedupeKey": "k", "type": "REPEAT"}, ["timestampEpochMillis"]),
        ({"timestampEpochMillis": 1, "type": "REPEAT"}, ["dedupeKey"]),
    ],
)
def test_half_a_message_of_a_service_starts_no_run(body: dict[str, Any], missing: list[str]) -> None:
    message = refused(body)
    assert [part.split(" is ")[0] for part in message.split("; field ")] == [
        repr(name) if number else f"field {name!r}" for number, name in enumerate(missing)
    ]


@pytest.mark.parametrize("length", [256, 257, 1_000_000])
def test_keys_that_others_make_are_bounded_and_stay_apart(length: int) -> None:
    def keys(text: str) -> list[str]:
        alarm = {"dedupeKey": text, "timestampEpochMillis": 1, "type": "REPEAT"}
        event = {"eventType": "a.b", "eventID": text}
        return [read(alarm).key, read(event).key, read({}, {"x-oci-ns-messageid": text}).key]

    once, again, other = keys("k" * length), keys("k" * length), keys("k" * (length - 1) + "x")
    assert once == again
    assert not {*once} & {*other}
    assert max(map(len, once)) < 300


@pytest.mark.parametrize(
    "value",
    [
        {"password": "hunter2"},
        {"a": {"apiToken": "hunter2"}},
        "password=hunter2",
        "p" * 190 + "passwd=hunter2",
    ],
)
def test_a_refusal_does_not_repeat_a_secret(value: Any) -> None:
    """The refusal is answered, and lies in the bucket for a month."""
    message = refused({"trigger_key": value if isinstance(value, dict) else [value]})
    assert "hunter" not in message
    assert message.startswith("field 'trigger_key' is ")


def test_a_value_that_is_nested_too_deeply_is_refused_all_the_same() -> None:
    deep = b'{"trigger_key": ' + b'{"a":' * 900 + b"1" + b"}" * 901
    with pytest.raises(InvalidTrigger, match="allowed: a string of 1 to 256 characters"):
        read(deep)


def test_a_status_is_asked_for_like_a_sweep() -> None:
    assert read({"action": "status"}) == Trigger(action="status", kind="direct", key="call:c1")


def test_a_run_can_be_asked_for_with_a_scope_of_its_own() -> None:
    body = {
        "action": "run",
        "regions": ["us-ashburn-1", "eu-frankfurt-1", "us-ashburn-1"],
        "query": "query vcn resources",
        "types": ["Vcn"],
    }
    assert read(body).adhoc == AdhocScope(
        regions=("us-ashburn-1", "eu-frankfurt-1"), query="query vcn resources", types=("Vcn",)
    )
    assert read({"types": ["Vcn"]}).adhoc == AdhocScope(types=("Vcn",))
    assert read({"types": None, "regions": None, "query": None}).adhoc is None


REGIONS = "allowed: a list of region names such as us-ashburn-1"
QUERIES = "allowed: a structured query that starts with 'query'"
TYPES = "allowed: a list of resource types as Search names them, such as Instance"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("regions", "us-ashburn-1", REGIONS),
        ("regions", [], REGIONS),
        ("regions", ["iad"], REGIONS),
        ("regions", ["us-ashburn-1", None], REGIONS),
        ("regions", {"us-ashburn-1": True}, REGIONS),
        ("query", "", QUERIES),
        ("query", "all resources", QUERIES),
        ("query", ["query all resources"], QUERIES),
        ("types", "Vcn", TYPES),
        ("types", [], TYPES),
        ("types", ["Vcn", "my type"], TYPES),
        ("types", [5], TYPES),
        ("types", False, TYPES),
    ],
)
def test_a_wrong_scope_is_told_with_what_is_allowed(name: str, value: Any, allowed: str) -> None:
    assert refused({name: value}) == f"field {name!r} is {value!r}; {allowed}"


def test_a_scope_is_for_runs_alone() -> None:
    for action in ("sweep", "status"):
        assert refused({"action": action, "types": ["Vcn"], "regions": ["us-ashburn-1"]}) == (
            f"field 'action' is {action!r}; allowed: run, where there is regions or types"
        )


def test_all_wrong_fields_come_in_one_error() -> None:
    body = {"action": "stop", "trigger_key": 5, "regions": "all", "query": 1, "types": [""]}
    assert refused(body) == (
        "field 'action' is 'stop'; allowed: run, sweep, status; "
        "field 'trigger_key' is 5; allowed: a string of 1 to 256 characters; "
        f"field 'regions' is 'all'; {REGIONS}; field 'query' is 1; {QUERIES}; field 'types' is ['']; {TYPES}"
    )
    with pytest.raises(InvalidTrigger) as caught:
        read_region_task(b'{"run_id": "latest"}')
    assert str(caught.value) == (
        "field 'run_id' is 'latest'; allowed: a run id such as 20261123T040000Z-1a2b3c4d; "
        "field 'region' is None; allowed: a region's name"
    )


def test_a_long_value_is_cut_in_the_error() -> None:
    assert len(refused({"action": "x" * 100_000})) < 300


@pytest.mark.parametrize("body", [{"action": "sweep"}, {"check": "daily-spend"}])
def test_an_object_that_comes_as_a_text_is_read_all_the_same(body: dict[str, Any]) -> None:
    assert read(json.dumps(json.dumps(body)).encode()) == read(body)


def test_a_message_that_notifications_delivers_twice_is_one_cause() -> None:
    headers = {"x-oci-ns-messageid": "message-1"}
    once, again = (read({"action": "sweep"}, headers, call_id=call) for call in ("c1", "c2"))
    assert once == again == Trigger(action="sweep", kind="notification", key="message:message-1")


def test_a_callers_own_key_wins_over_the_messages() -> None:
    once, again = (read({"trigger_key": "night"}, {"x-oci-ns-messageid": message}) for message in "ab")
    assert once == again == Trigger(action="run", kind="notification", key="given:night")


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
    assert read_task(json.dumps(body).encode()) == AggregationTask(run_id=RUN_ID)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"run", "the body is not JSON; allowed: a JSON object, or nothing"),
        (b"\xff", "the body is not JSON; allowed: a JSON object, or nothing"),
        (b'{"action":', "the body is not JSON; allowed: a JSON object, or nothing"),
        (b"[" * 5000, "the body is not JSON; allowed: a JSON object, or nothing"),
        (b"[]", "the body is a JSON list; allowed: a JSON object, or nothing"),
        (b'"run"', "the body is a JSON str; allowed: a JSON object, or nothing"),
        (b'{"action": "stop"}', "field 'action' is 'stop'; allowed: run, sweep, status"),
        (b'{"action": null}', "field 'action' is None; allowed: run, sweep, status"),
        (b'{"action": ["run"]}', "field 'action' is ['run']; allowed: run, sweep, status"),
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
@pytest.mark.parametrize("reader", [read_region_task, read_task])
def test_a_task_needs_a_run_id(reader: Any, run_id: Any) -> None:
    body = json.dumps({"region": "us-ashburn-1", "run_id": run_id}).encode()
    with pytest.raises(InvalidTrigger) as caught:
        reader(body)
    assert str(caught.value) == (
        f"field 'run_id' is {run_id!r}; allowed: a run id such as 20261123T040000Z-1a2b3c4d"
    )


@pytest.mark.parametrize("reader", [read_region_task, read_task])
@pytest.mark.parametrize("body", [b"", b"[]", b"no"])
def test_a_task_is_never_guessed(reader: Any, body: bytes) -> None:
    with pytest.raises(InvalidTrigger):
        reader(body)


def outcome_event(**changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(payload("objectstorage_createobject_event"))
    event["data"]["resourceName"] = f"inventory/runs/{RUN_ID}/regions/us-ashburn-1/outcome.json"
    event["data"]["additionalDetails"]["bucketName"] = "bucket"
    event["data"].update(changes)
    return event


def test_the_event_of_an_outcome_is_an_aggregation_task() -> None:
    event = outcome_event()
    assert read_task(json.dumps(event).encode()) == AggregationTask(run_id=RUN_ID)
    event["data"]["resourceName"] = event["data"]["resourceName"].replace("/", "%2F")
    assert read_task(json.dumps(event).encode()) == AggregationTask(run_id=RUN_ID)


@pytest.mark.parametrize(
    "event",
    [
        outcome_event(resourceName=f"inventory/runs/{RUN_ID}/regions/us-ashburn-1/checkpoint.json"),
        outcome_event(resourceName=f"inventory/runs/{RUN_ID}/regions/outcome.json"),
        outcome_event(resourceName=f"inventory/runs/{RUN_ID}/regions/a/b/outcome.json"),
        outcome_event(resourceName="inventory/runs/latest/regions/us-ashburn-1/outcome.json"),
        outcome_event(resourceName=f"elsewhere/runs/{RUN_ID}/regions/us-ashburn-1/outcome.json"),
        outcome_event(resourceName=None, resourceId=None),
        outcome_event(additionalDetails={"bucketName": "another"}),
        {**outcome_event(), "data": None},
        # Retention deletes outcomes, and a run that is gone is nothing to aggregate.
        {**outcome_event(), "eventType": "com.oraclecloud.objectstorage.deleteobject"},
    ],
)
def test_any_other_event_asks_the_aggregator_for_nothing(event: dict[str, Any]) -> None:
    assert isinstance(read_task(json.dumps(event).encode()), Ignored)
