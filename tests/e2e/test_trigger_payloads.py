"""Each payload starts the right thing, through the service that sends it: once, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.alarms import Alarm
from emulator.cloud import BUCKET
from emulator.resource_scheduler import function_resource
from tests.e2e.bucket import PREFIX
from tests.e2e.run_files import RunFiles
from tests.e2e.verify import verify
from tests.e2e.world import World

PAYLOADS = Path(__file__).parents[1] / "data" / "payloads"
HOUR = 3600.0
CREATE_BUCKET = "com.oraclecloud.objectstorage.createbucket"


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / name).read_text())


def the_run(world: World, kind: str) -> RunFiles:
    """The only run there is, with the kind of its trigger."""
    world.settle()
    (run_id,) = world.bucket.run_ids()
    run = world.bucket.run(run_id)
    assert run.document("manifest.json")["trigger_kind"] == kind
    return run


def answers(world: World) -> list[str]:
    """How the controller's calls ended."""
    world.settle()
    return [str(call.outcome) for call in world.calls(world.controller)]


@pytest.fixture
def alarm(world: World) -> Alarm:
    """An alarm that repeats itself, on a topic that the controller is subscribed to."""
    topic_id = world.cloud.notifications.create_topic("alarms", region=world.home)
    world.cloud.notifications.subscribe(topic_id, world.controller.ocid)
    return world.cloud.alarms.create("clock", topic_id, region=world.home, repeat_seconds=HOUR)


def test_direct_body_runs_sweeps_or_tells_and_unknown_fields_are_ignored(world: World) -> None:
    assert world.wake(action="status")["open_run"] is None
    assert world.wake(action="sweep")["status"] == "swept"
    assert world.bucket.run_ids() == []
    started = world.wake(action="run", trigger_key="by hand", note="unknown")
    run = the_run(world, "direct")
    assert (started["status"], started["run_id"]) == ("started", run.run_id)
    verify(world, run)
    told = world.wake(action="status")
    assert (told["published_run"]["run_id"], told["open_run"]) == (run.run_id, None)
    assert world.bucket.run_ids() == [run.run_id]


def test_empty_body_is_a_run(world: World) -> None:
    world.cloud.functions.invoke(world.controller.ocid, b"")
    verify(world, the_run(world, "direct"))


def test_alarm_that_is_delivered_twice_is_one_run_and_its_repetition_another(
    world: World, alarm: Alarm
) -> None:
    world.rules.double_next(world.controller)
    world.cloud.alarms.fire(alarm)
    first = verify(world, the_run(world, "alarm"))
    assert answers(world) == ["ok", "ok"]

    world.pass_time(HOUR + 1)
    world.settle()
    _, second = world.bucket.run_ids()
    verify(world, world.bucket.run(second))
    assert second != first.run_id

    # That all is well again is no reason for a run, and neither is the time that passes then.
    world.cloud.alarms.recover(alarm)
    world.pass_time(2 * HOUR)
    assert len(answers(world)) == 4
    assert world.bucket.run_ids() == [first.run_id, second]


@pytest.mark.parametrize("name", ["recorded", "documented", "oracle_sample"])
def test_alarm_message_from_elsewhere_is_one_run_however_often_it_is_sent(
    world: World, alarm: Alarm, name: str
) -> None:
    text = json.dumps(payload(f"alarm_message_{name}.json"))
    for _ in range(2):
        world.cloud.notifications.publish(alarm.topic_id, text, publisher="ocid1.alarm.oc1..a")
        run = the_run(world, "alarm")
    verify(world, run)
    assert answers(world) == ["ok", "ok"]


def test_message_of_a_person_on_the_topic_is_one_run_for_one_message_id(world: World, alarm: Alarm) -> None:
    world.rules.double_next(world.controller)
    world.cloud.notifications.publish(alarm.topic_id, '{"action": "run"}', publisher="ocid1.user.oc1..u")
    run = verify(world, the_run(world, "notification"))
    world.cloud.notifications.publish(alarm.topic_id, "hello", publisher="ocid1.user.oc1..u")
    assert answers(world) == ["ok", "ok", "ok"]
    assert world.bucket.run_ids() == [run.run_id]


def test_event_of_a_chosen_type_is_one_run_and_of_another_type_none(world: World) -> None:
    world.configure(world.controller, event_types=CREATE_BUCKET)
    world.cloud.events.rule("all", compartment_id=world.tenancy.tenancy_id, function_id=world.controller.ocid)
    created, other = (payload(f"objectstorage_create{kind}_event.json") for kind in ("bucket", "object"))
    for event in (created, other):
        event["data"]["compartmentId"] = world.tenancy.tenancy_id
    assert world.cloud.events.emit(other) == 1
    assert answers(world) == ["ok"]
    assert world.bucket.run_ids() == []
    # Events delivers at least once, at once or later.
    world.rules.double_next(world.controller)
    for _ in range(2):
        assert world.cloud.events.emit(created) == 1
        run = the_run(world, "event")
    verify(world, run)
    assert len(answers(world)) == 4


def test_events_of_our_own_objects_start_nothing_whatever_a_rule_matches(world: World) -> None:
    world.cloud.storage.object_events.add(BUCKET)
    # Of every kind of object some, or there would be a call of the controller for each of them.
    ours = ["*/manifest.json", "*/outcome.json", "*/published.json", "*latest.json", "*/closed.json"]
    world.cloud.events.rule(
        "objects",
        compartment_id=world.tenancy.tenancy_id,
        function_id=world.controller.ocid,
        event_types=[
            f"com.oraclecloud.objectstorage.{kind}object" for kind in ("create", "update", "delete")
        ],
        data={"additionalDetails": {"bucketName": BUCKET}, "resourceName": [*ours, "somebody*"]},
    )
    run = verify(world, world.run())
    told = world.calls(world.controller, containing=f"{PREFIX}/")
    assert len(told) == len(world.regions) + 4
    assert set(answers(world)) == {"ok"}
    assert world.bucket.run_ids() == [run.run_id]

    # Somebody else's object in the same bucket is an event like any other.
    world.bucket.overwrite("somebody/else.json", b"{}")
    world.settle()
    _, second = world.bucket.run_ids()
    run = world.bucket.run(second)
    assert run.document("manifest.json")["trigger_kind"] == "event"
    verify(world, run)


@pytest.mark.parametrize("body", [None, {"action": "run", "trigger_key": "nightly"}, '{"action": "run"}'])
def test_schedule_starts_a_run_at_its_time_with_and_without_a_body(world: World, body: Any) -> None:
    resource = function_resource(world.controller.ocid, body=body)
    world.cloud.schedules.create("hourly", recurrence_details="0 * * * *", resources=[resource])
    world.cloud.apply_policies()
    world.pass_time(HOUR)
    verify(world, the_run(world, "direct"))
    [call] = world.calls(world.controller)
    assert (call.detached, call.body == b"") == (True, body is None)


def test_schedule_of_sweeps_starts_no_run_and_heals_one(world: World) -> None:
    resource = function_resource(world.controller.ocid, body={"action": "sweep"})
    world.cloud.schedules.create("hourly", recurrence_details="0 * * * *", resources=[resource])
    world.cloud.apply_policies()
    world.pass_time(HOUR)
    world.settle()
    assert world.bucket.run_ids() == []
    lost = world.others[0]
    world.rules.lose_next(world.worker, containing=lost.encode())
    run = world.run()
    assert run.closed() is None
    world.pass_time(HOUR)
    world.settle()
    verify(world, run)
