"""The status: what is open and how far it is, what was published last, what was closed last and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from inventory.errors import Throttled
from inventory.model.adhoc import AdhocScope
from inventory.ports.store import IfAbsent
from inventory.roles.controller.control import control
from inventory.roles.controller.status import StatusAnswer
from inventory.triggers import STATUS, Trigger
from tests.fakes.faulty_store import LANDS
from tests.fakes.installation import FRANKFURT, HOME, Installation, item


@pytest.fixture
def here() -> Installation:
    here = Installation()
    here.regions[HOME].items = [item(HOME, name) for name in "abc"]
    here.regions[FRANKFURT].items = [item(FRANKFURT, "d")]
    return here


def status(here: Installation) -> dict[str, Any]:
    """The answer; that nothing was written for it is checked."""
    before, invoked = dict(here.memory.objects), list(here.invoker.pending)
    answer = control(here.call(), Trigger(action=STATUS, kind="direct", key="s"), here.planner)
    assert isinstance(answer, StatusAnswer)
    assert here.memory.objects == before
    assert here.invoker.pending == invoked
    return asdict(answer)


def test_an_empty_bucket_has_nothing_to_tell(here: Installation) -> None:
    assert status(here) == {
        "status": "status",
        "open_run": None,
        "published_run": None,
        "closed_run": None,
        "is_run_waiting": False,
    }


def test_an_open_run_is_told_with_each_region_as_far_as_it_is(here: Installation) -> None:
    run_id = here.start("a")
    nothing = {"records": 0, "shards": 0, "owners": 0}
    found = status(here)["open_run"]
    assert found == {
        "run_id": run_id,
        "trigger_kind": "direct",
        "started_at": "2026-11-23T04:00:00+00:00",
        "is_adhoc": False,
        "is_planned": True,
        "regions": {
            FRANKFURT: {"state": "not started", **nothing},
            HOME: {"state": "not started", **nothing},
        },
        "aggregation": None,
    }
    here.work(run_id, HOME)
    assert status(here)["open_run"]["regions"][HOME] == {
        "state": "complete",
        "records": 3,
        "shards": 1,
        "owners": 1,
    }


def test_what_a_filter_leaves_out_is_no_record_of_its_region(here: Installation) -> None:
    here.reconfigure(tags=("owner",))
    here.regions[HOME].items[0]["freeformTags"] = {"owner": "me"}
    here.regions[HOME].items.append(item(HOME, "nobody", identifier=None))
    run_id = here.start("a")
    here.work(run_id, HOME)
    told = status(here)["open_run"]["regions"][HOME]
    assert (told["records"], told["shards"]) == (1, 1)


def test_a_region_at_work_and_one_that_was_left_are_told_apart(here: Installation) -> None:
    here.reconfigure(shard_records=1, page_size=1, window_records=1)
    run_id = here.start("a")
    seen: list[dict[str, Any]] = []
    here.search.before = lambda asked: seen.append(status(here)["open_run"]["regions"][asked.region])
    here.work(run_id, HOME)
    assert [(region["state"], region["records"]) for region in seen] == [
        ("working", 0),
        ("working", 1),
        ("working", 2),
    ]
    here.search.before = lambda asked: here.clock.advance(400)
    here.store.writes["checkpoint.json"] = [LANDS, Throttled("no answer"), Throttled("no answer")]
    with pytest.raises(Throttled):
        here.work(run_id, FRANKFURT)
    assert status(here)["open_run"]["regions"][FRANKFURT]["state"] == "interrupted"


def test_what_was_published_and_what_was_closed_need_not_be_the_same(here: Installation) -> None:
    first = here.run("a")
    for region in (HOME, FRANKFURT):
        here.regions[region].is_down = True
    second = here.run("b")
    found = status(here)
    assert found["open_run"] is None
    assert found["published_run"] == {"run_id": first, "collectedAt": "2026-11-23T04:00:00+00:00"}
    assert found["closed_run"] == {
        "run_id": second,
        "status": "failed",
        "reason": "no region could be read completely",
        "closed_at": "2026-11-23T04:01:00+00:00",
    }


def test_an_adhoc_run_and_what_waits_for_it_are_told(here: Installation) -> None:
    here.control(key="a", adhoc=AdhocScope(regions=(HOME,)))
    here.control(key="b")
    found = status(here)
    assert (found["open_run"]["is_adhoc"], list(found["open_run"]["regions"])) == (True, [HOME])
    assert found["is_run_waiting"] is True


def test_a_run_that_is_not_planned_yet_is_told(here: Installation) -> None:
    here.directory.failure = Throttled("identity is busy")
    here.start("a")
    found = status(here)["open_run"]
    assert (found["is_planned"], found["regions"]) == (False, {})


def test_a_bucket_that_holds_other_things_is_not_touched(here: Installation) -> None:
    here.memory.put("inventory/notes.txt", b"mine", condition=IfAbsent())
    assert status(here)["published_run"] is None
