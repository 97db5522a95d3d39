"""What each region's Search says it can show: asked once, stored, and never worth a region."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.errors import NotAuthorizedOrNotFound, RequestTimeout, ServerFault
from inventory.model.checkpoint import COMPLETE, FAILED
from inventory.ports.store import StoredObject
from tests.fakes.faulty_store import DIES_BEFORE, Died
from tests.fakes.installation import FRANKFURT, HOME, Installation, item
from tests.unit.roles.aggregated_runs import closed, gaps, inhabited, published, summary

CALL = 311


def told(here: Installation, run_id: str, region: str = HOME) -> tuple[list[str] | None, str | None]:
    document = here.json(here.names(run_id).search_types(region))
    return document["types"], document["error"]


def status(here: Installation, run_id: str, region: str = HOME) -> str:
    document: dict[str, str] = here.json(here.names(run_id).outcome(region))
    return document["status"]


def coverage(here: Installation, run_id: str) -> dict[str, Any]:
    document: dict[str, Any] = here.json(here.names(run_id).artifact("coverage.json"))
    return document


def test_a_region_is_asked_for_its_types_once_and_before_anything_of_it_is_committed() -> None:
    here = inhabited(page_size=1, shard_records=1)
    here.regions[HOME].types = ["Vcn", "Instance", "Vcn"]
    run_id = here.start()
    here.work(run_id, HOME)
    assert told(here, run_id) == (["Instance", "Vcn"], None)
    assert here.search.types_asked == [HOME]
    written = [name.rsplit("/", 1)[1] for name in here.store.written if f"/{HOME}/" in name]
    assert written[:2] == ["checkpoint.json", "search_types.json"]
    assert written.count("search_types.json") == 1


def test_a_call_that_takes_over_does_not_ask_again() -> None:
    here = inhabited()
    run_id = here.start()
    here.store.writes[".jsonl.gz"] = [DIES_BEFORE]
    with pytest.raises(Died):
        here.work(run_id, HOME)
    here.store.writes.clear()
    here.clock.advance(CALL)
    here.regions[HOME].types = ["Later"]
    here.work(run_id, HOME)
    assert here.search.types_asked == [HOME]
    assert "Later" not in (told(here, run_id)[0] or [])
    assert status(here, run_id) == COMPLETE


def test_types_that_cannot_be_read_at_first_are_asked_for_once_more_behind_the_scan() -> None:
    here = inhabited()
    here.regions[HOME].types_errors = [RequestTimeout("slow")]
    run_id = here.run()
    assert here.search.types_asked.count(HOME) == 2
    assert told(here, run_id)[1] is None
    assert gaps(here, run_id) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ServerFault("503", status=503), "serverError (503)"),
        (
            NotAuthorizedOrNotFound("no", status=404, code="NotFound"),
            "notAuthorizedOrNotFound (404 NotFound)",
        ),
    ],
)
def test_types_that_cannot_be_read_are_a_gap_and_the_region_is_complete(
    error: Exception, reason: str
) -> None:
    here = inhabited()
    here.regions[HOME].types_errors = [error, error]
    run_id = here.run()
    assert told(here, run_id) == (None, reason)
    assert status(here, run_id) == COMPLETE
    assert closed(here, run_id)[0] == "published"
    assert gaps(here, run_id) == [("coverage", HOME, reason)]
    home = coverage(here, run_id)["regions"][HOME]
    assert (home["known"], home["error"], home["notSearchable"]) == (None, reason, None)
    assert home["types"]["Vcn"]["seen"] == 3


def test_a_region_that_is_down_is_one_gap_and_not_two() -> None:
    here = inhabited()
    here.regions[FRANKFURT].is_down = True
    run_id = here.run()
    assert status(here, run_id, FRANKFURT) == FAILED
    assert told(here, run_id, FRANKFURT) == (None, "serverError")
    assert gaps(here, run_id) == [("slice", f"{FRANKFURT}/*", "serverError")]


def test_a_damaged_list_of_types_is_a_gap_and_the_run_is_published() -> None:
    here = inhabited()
    run_id = here.scan()
    name = here.names(run_id).search_types(HOME)
    here.memory.objects[name] = StoredObject(body=b"{", etag=here.memory.objects[name].etag)
    here.aggregate(run_id)
    assert closed(here, run_id)[0] == "published"
    assert gaps(here, run_id) == [("coverage", HOME, "invalidDocument")]


def test_a_list_of_types_that_cannot_be_had_now_is_waited_for() -> None:
    here = inhabited()
    run_id = here.scan()
    here.store.reads["search_types.json"] = [ServerFault("503")]
    with pytest.raises(ServerFault):
        here.aggregate(run_id)
    here.aggregate(run_id)
    assert gaps(here, run_id) == []


def test_the_coverage_is_published_and_agrees_with_the_inventory() -> None:
    here = inhabited()
    here.regions[HOME].items.append(item(HOME, "x", resourceType="UnknownThing"))
    here.regions[HOME].types = ["User", "UnknownThing", "Vcn"]
    run_id = here.run()
    assert published(here, run_id).artifact("coverage.json") is not None
    told = coverage(here, run_id)
    assert told["totals"]["seen"] == len(here.inventory(run_id))
    home = told["regions"][HOME]
    assert home["status"] == COMPLETE
    assert home["known"] == ["UnknownThing", "User", "Vcn"]
    assert home["types"]["UnknownThing"] == {
        "seen": 1,
        "enriched": 0,
        "notImplemented": 1,
        "failed": {},
        "gone": 0,
        "carriedForward": 0,
    }
    assert "Instance" in home["notSearchable"]
    assert not {"User", "Vcn"} & set(home["notSearchable"])


def test_what_a_lost_region_keeps_is_carried_forward_and_not_seen() -> None:
    here = inhabited()
    here.run("first")
    here.regions[FRANKFURT].is_down = True
    run_id = here.run("second")
    vcn = coverage(here, run_id)["regions"][FRANKFURT]["types"]["Vcn"]
    assert (vcn["seen"], vcn["carriedForward"]) == (0, 3)
    assert coverage(here, run_id)["totals"]["carriedForward"] == summary(here, run_id)["carried_forward"]


def test_a_worker_of_another_version_asks_for_nothing() -> None:
    here = inhabited()
    run_id = here.start()
    here.redactor = type(here.redactor)(("another",))
    here.work(run_id, HOME)
    assert status(here, run_id) == FAILED
    assert here.search.types_asked == []
