"""The deployment as Terraform wires it: what fires, and all that follows until people are told."""

from __future__ import annotations

import json

from emulator.cloud import BUCKET
from tests.e2e.bucket import PREFIX
from tests.e2e.run_files import RunFiles
from tests.e2e.verify import verify
from tests.e2e.world import World

DAY = 24 * 3600.0
HOUR = 3600.0
#: A run each night; the sweeps between are for what went wrong.
NIGHTLY = {"run": "0 4 * * *", "sweep": "30 4 * * *"}


def the_last_run(world: World, *, runs: int) -> RunFiles:
    world.settle()
    found = world.bucket.run_ids()
    assert len(found) == runs
    return world.bucket.run(found[-1])


def test_schedule_runs_every_region_and_their_events_bring_the_aggregator_that_tells_the_topic(
    world: World,
) -> None:
    """The workers' own calls of the aggregator are lost, so that only the events can have brought it."""
    world.cloud.start_schedules(NIGHTLY, time_zone="Europe/Berlin")
    world.cloud.start_rule("outcome")
    world.rules.lose_next(world.aggregator, times=len(world.regions), containing=b'"run_id"')
    world.pass_time(DAY)
    run = verify(world, the_last_run(world, runs=1))
    woken = [json.loads(call.body) for call in world.calls(world.controller)]
    assert sorted(body["action"] for body in woken) == ["run", "sweep"]
    assert [call.detached for call in world.calls(world.controller)] == [True, True]
    [by_worker] = world.calls(world.aggregator, containing='"run_id"')
    assert by_worker.outcome == "lost"
    events = world.calls(world.aggregator, containing='"eventType"')
    assert {json.loads(event.body)["data"]["resourceName"] for event in events} == {
        f"{PREFIX}/runs/{run.run_id}/regions/{region}/outcome.json" for region in world.regions
    }
    assert {event.outcome for event in events} == {"ok"}
    assert len(world.messages(run.run_id)) == 1

    world.mutate(seed=3)
    world.pass_time(DAY)
    verify(world, the_last_run(world, runs=2))


def test_scheduled_sweep_finishes_what_a_lost_call_left(world: World) -> None:
    world.cloud.start_schedules({"run": "0 4 * * *", "sweep": "*/15 * * * *"})
    world.rules.lose_next(world.worker, containing=world.others[0].encode())
    run = world.run()
    assert run.closed() is None
    world.pass_time(20 * 60)
    world.settle()
    verify(world, run)


def test_alarm_that_serves_as_the_clock_starts_a_run_each_time_it_repeats(world: World) -> None:
    clock = world.cloud.start_clock("run", repeat_seconds=6 * HOUR)
    world.cloud.start_rule("outcome")
    world.cloud.alarms.fire(clock)
    verify(world, the_last_run(world, runs=1))
    world.pass_time(6 * HOUR)
    run = verify(world, the_last_run(world, runs=2))
    assert run.document("manifest.json")["trigger_kind"] == "alarm"
    # The clock speaks where the controller listens, the results where people do.
    assert world.cloud.notifications.messages(clock.topic_id)
    assert clock.topic_id != world.cloud.topic_id
    assert len(world.messages(run.run_id)) == 1


def test_event_of_the_owners_choice_starts_a_run_and_the_outcomes_do_not_start_another(world: World) -> None:
    chosen = {"eventType": ["com.oraclecloud.objectstorage.createobject"]}
    world.cloud.start_rule("start", condition=chosen)
    world.cloud.start_rule("outcome")
    world.bucket.overwrite("somebody/else.json", b"{}")
    run = verify(world, the_last_run(world, runs=1))
    assert run.document("manifest.json")["trigger_kind"] == "event"
    # The same event means nothing to the aggregator, and what it asks for is no run.
    assert {call.outcome for call in world.calls(world.aggregator)} == {"ok"}


def test_outcome_rule_hears_of_nothing_but_outcomes(world: World) -> None:
    world.cloud.start_rule("outcome")
    run = verify(world, world.run())
    events = world.calls(world.aggregator, containing='"eventType"')
    assert len(events) == len(world.regions)
    assert BUCKET in events[0].body.decode()
    assert len(world.calls(world.aggregator, containing=run.run_id)) >= len(world.regions)
