"""What a region worker makes of what Search and the services answer."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from inventory.coordination.documents import read_outcome
from inventory.errors import (
    MalformedAnswer,
    NotAuthorizedOrNotFound,
    RequestRefused,
    ServerFault,
    Throttled,
)
from inventory.logs import EventLog, JsonFormatter
from inventory.model.canonical import canonical_line
from inventory.model.checkpoint import COMPLETE, PARTIAL, Outcome
from inventory.model.record import Record, record_key
from inventory.model.timestamps import parse_time
from inventory.ports.search import SearchPage
from inventory.stages.keyed_lines import read_lines
from tests.fakes.installation import FRANKFURT, HOME, Installation, item
from tests.fakes.memory_search import Asked, MemorySearch


@pytest.fixture
def here() -> Installation:
    return Installation()


def outcome(here: Installation, run_id: str, region: str = HOME) -> Outcome:
    found = read_outcome(here.call(), run_id, region)
    assert found is not None
    return found


def records(here: Installation, run_id: str, region: str = HOME) -> list[Record]:
    """The records of a region's committed shards, shard by shard."""
    return [
        line.record
        for shard in outcome(here, run_id, region).shards
        for line in read_lines(
            [here.memory.get(shard.name).body], source=shard.name, sha256=shard.sha256, count=shard.count
        )
    ]


def vnic(name: str, **changes: Any) -> dict[str, Any]:
    """A search item of a type that no list shows: it costs a call of its own."""
    return item(HOME, name, resourceType="Vnic", identifier=f"ocid1.vnic.oc1.iad.{name}", **changes)


def worked(here: Installation, *items: Any, region: str = HOME) -> str:
    """A run whose region is searched; returns its id."""
    here.regions[region].items = list(items)
    run_id = here.start()
    here.work(run_id, region)
    return run_id


def test_a_search_item_becomes_an_enriched_record_in_a_sorted_shard(here: Installation) -> None:
    run_id = worked(here, item(HOME, "b"), item(HOME, "a", resourceType="UnknownThing"))
    unknown, vcn = records(here, run_id)
    assert vcn["enrichStatus"] == "OK"
    assert vcn["details"]["metadata"] == {"id": vcn["ocid"], "cidrBlock": "10.0.0.0/16"}
    assert vcn["details"]["searchSummary"] == item(HOME, "b")
    assert vcn["collectedAt"] == "2026-11-23T04:00:00+00:00"
    assert (unknown["enrichStatus"], unknown["details"].keys()) == ("NOT_IMPLEMENTED", {"searchSummary"})
    (shard,) = outcome(here, run_id).shards
    assert (shard.first_key, shard.last_key) == (record_key(unknown), record_key(vcn))


def test_shards_are_cut_where_enough_is_done(here: Installation) -> None:
    here.reconfigure(page_size=2, shard_records=3)
    run_id = worked(here, *(vnic(f"{number:02}") for number in range(10)))
    assert [shard.count for shard in outcome(here, run_id).shards] == [3, 3, 3, 1]
    assert len({record["ocid"] for record in records(here, run_id)}) == 10


def test_an_empty_region_is_complete(here: Installation) -> None:
    run_id = worked(here)
    assert outcome(here, run_id).status == COMPLETE
    assert outcome(here, run_id).shards == ()


def test_search_is_asked_in_the_order_of_creation_page_by_page(here: Installation) -> None:
    here.reconfigure(page_size=2)
    worked(here, *(item(HOME, name) for name in "abc"))
    query = "query all resources sorted by timeCreated asc"
    assert here.search.asked == [
        Asked(region=HOME, query=query, page=None, limit=2),
        Asked(region=HOME, query=query, page="0:2", limit=2),
    ]


def test_an_override_query_is_sent_as_it_is(here: Installation) -> None:
    query = "query vcn resources where displayName = 'a' && lifecycleState != 'DELETED'"
    here.reconfigure(query=query, page_size=1)
    worked(here, item(HOME, "a"), item(HOME, "b"))
    assert [asked.query for asked in here.search.asked] == [query, query]


def test_items_that_are_no_objects_are_counted_and_the_rest_stays(here: Installation) -> None:
    run_id = worked(here, "text", item(HOME, "a"), None, [1])
    assert outcome(here, run_id).status == COMPLETE
    assert outcome(here, run_id).tally.counts == {"malformed_items": 3}
    assert [record["displayName"] for record in records(here, run_id)] == ["a"]


def test_an_item_without_identifier_is_kept_as_often_as_it_exists(here: Installation) -> None:
    nameless = {"resourceType": "Thing", "displayName": "x", "timeCreated": "2026-01-01T00:00:00Z"}
    run_id = worked(here, nameless, dict(nameless), item(HOME, "a"))
    assert [record["ocid"] for record in records(here, run_id)].count(None) == 2


def test_iam_resources_are_taken_in_the_home_region_only(here: Installation) -> None:
    user = item(HOME, "u", resourceType="User", identifier="ocid1.user.oc1..u")
    here.regions[FRANKFURT].items = [user, item(FRANKFURT, "a")]
    run_id = worked(here, user)
    here.work(run_id, FRANKFURT)
    assert [record["resourceType"] for record in records(here, run_id, HOME)] == ["User"]
    assert [record["resourceType"] for record in records(here, run_id, FRANKFURT)] == ["Vcn"]
    assert outcome(here, run_id, FRANKFURT).tally.counts == {"home_region_items_skipped": 1}


@pytest.mark.parametrize(("include", "names"), [(True, ["a", "b", "c"]), (False, ["a"])])
def test_terminated_resources_are_left_out_and_counted_if_asked(
    here: Installation, include: bool, names: list[str]
) -> None:
    here.reconfigure(include_terminated=include)
    run_id = worked(
        here,
        item(HOME, "a"),
        item(HOME, "b", lifecycleState="TERMINATED"),
        item(HOME, "c", lifecycleState="Deleted"),
    )
    assert [record["displayName"] for record in records(here, run_id)] == names
    dropped = outcome(here, run_id).tally.counts.get("terminated_items_dropped", 0)
    assert dropped == 3 - len(names)


def test_depth_search_asks_no_service_about_what_search_shows(here: Installation) -> None:
    here.reconfigure(depth="search")
    run_id = worked(here, item(HOME, "a"))
    assert {call.operation for call in here.reader.asked} == {"list_domains"}
    (record,) = records(here, run_id)
    assert record["enrichStatus"] == "NOT_IMPLEMENTED"
    assert record["details"].keys() == {"searchSummary"}


def test_failed_reads_are_errors_of_records_counted_by_type_and_class(here: Installation) -> None:
    here.reader.failures = {
        vnic("a")["identifier"]: NotAuthorizedOrNotFound("no", status=404, code="NotAuthorizedOrNotFound"),
        vnic("b")["identifier"]: Throttled("no", status=429, code="TooManyRequests"),
        vnic("c")["identifier"]: Throttled("no", status=429, code="TooManyRequests"),
        vnic("d")["identifier"]: MalformedAnswer("bad JSON"),
        vnic("e")["identifier"]: ZeroDivisionError("a bug"),
    }
    subnet = item(HOME, "s", resourceType="Subnet", identifier="ocid1.subnet.oc1.iad.s")
    here.reader.failures[subnet["identifier"]] = ServerFault("no", status=503)
    run_id = worked(here, *(vnic(name) for name in "abcdef"), subnet)
    found = outcome(here, run_id)
    assert found.status == COMPLETE
    assert found.tally.enrich_errors == {
        "Subnet": {"serverError (503)": 1},
        "Vnic": {
            "notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)": 1,
            "throttled (429 TooManyRequests)": 2,
            "malformed": 1,
            "internalError": 1,
        },
    }
    assert found.tally.failures == {
        "core": {
            "list_subnets": {"serverError": 1},
            "get_vnic": {"notAuthorizedOrNotFound": 1, "throttled": 2, "malformed": 1, "internalError": 1},
        }
    }
    by_name = {record["displayName"]: record for record in records(here, run_id)}
    assert by_name["f"]["enrichStatus"] == "OK"
    assert by_name["b"]["enrichError"] == "throttled (429 TooManyRequests)"
    assert by_name["b"]["details"] == {"searchSummary": vnic("b")}


def events(logged: io.StringIO, name: str) -> list[dict[str, Any]]:
    """The events of a name, as they were written."""
    told = [json.loads(line) for line in logged.getvalue().splitlines()]
    return [event for event in told if event["event"] == name]


@pytest.fixture
def logged(here: Installation) -> io.StringIO:
    """What the installation's calls write to their log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("scan")
    logger.addHandler(handler)
    here.log = EventLog(logger)
    return stream


def test_a_bug_in_enrichment_is_logged_by_place_and_not_by_what_it_met(
    here: Installation, logged: io.StringIO
) -> None:
    here.reader.failures = {vnic("a")["identifier"]: ValueError("cannot read 'our merger plans'")}
    worked(here, vnic("a"))
    (event,) = events(logged, "enrichment_broken")
    assert (event["level"], event["operation"]) == ("ERROR", "get_vnic")
    assert event["exception"]["type"] == "ValueError"
    assert any("detailing.py:" in frame for frame in event["exception"]["frames"])
    assert "merger" not in logged.getvalue()


def test_a_record_that_breaks_redaction_does_not_reach_the_log(
    here: Installation, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(record: dict[str, Any]) -> Any:
        raise ValueError(f"cannot redact {record}")

    monkeypatch.setattr(here.redactor, "redact_record", broken)
    run_id = worked(here, item(HOME, "a", displayName="our merger plans", freeformTags={"k": "hunter2"}))
    (event,) = events(logged, "redaction_broken")
    assert event["exception"]["type"] == "ValueError"
    assert "merger" not in logged.getvalue()
    assert "hunter2" not in logged.getvalue()
    (record,) = records(here, run_id)
    assert record["displayName"] is None


def test_secrets_never_leave_the_worker(here: Installation) -> None:
    here.reader.fields = {"adminPassword": "hunter2hunter2"}
    run_id = worked(here, item(HOME, "a", freeformTags={"dbPassword": "hunter3hunter3"}))
    (record,) = records(here, run_id)
    assert b"hunter" not in canonical_line(record)
    assert sum(outcome(here, run_id).tally.redactions.values()) >= 2
    assert b"hunter" not in b"".join(stored.body for stored in here.memory.objects.values())


def test_a_search_that_fails_halfway_keeps_what_was_read(here: Installation) -> None:
    here.reconfigure(page_size=2)

    def before(asked: Asked) -> None:
        if asked.page == "0:4":
            raise ServerFault("no", status=503, code="ServiceUnavailable")

    here.search.before = before
    run_id = worked(here, *(item(HOME, f"{number}") for number in range(9)))
    found = outcome(here, run_id)
    assert found.status == PARTIAL
    assert [part.error for part in found.slices] == ["serverError (503 ServiceUnavailable)"]
    assert len(records(here, run_id)) == 4


def test_a_search_that_is_refused_from_the_start_is_a_failed_region(here: Installation) -> None:
    here.regions[HOME].is_down = True
    run_id = worked(here, item(HOME, "a"))
    found = outcome(here, run_id)
    assert (found.status, found.shards) == ("failed", ())
    assert [part.error for part in found.slices] == ["serverError"]


def times(count: int) -> list[dict[str, Any]]:
    return [
        item(HOME, f"{number:02}", timeCreated=f"2026-01-01T00:{number:02}:00+00:00")
        for number in range(count)
    ]


def test_an_expired_token_is_gone_behind_by_time(here: Installation) -> None:
    here.reconfigure(page_size=3)

    def before(asked: Asked) -> None:
        if asked.page == "0:6":
            here.regions[HOME].generation += 1

    here.search.before = before
    run_id = worked(here, *times(10))
    found = outcome(here, run_id)
    assert found.status == COMPLETE
    assert found.tally.counts == {"expired_page_tokens": 1}
    assert {record["ocid"] for record in records(here, run_id)} == {one["identifier"] for one in times(10)}
    assert any("where timeCreated >= '2026-01-01T00:05:00+00:00'" in a.query for a in here.search.asked)


def test_a_search_without_order_that_forgets_its_tokens_is_read_again_from_the_start(
    here: Installation,
) -> None:
    """Newest first, although asked otherwise; what was read and counted before is dropped."""
    here.reconfigure(page_size=3, shard_records=3)
    here.search.ignores_order = True
    here.reader.failures = {times(10)[9]["identifier"]: Throttled("429")}
    secret = [{**one, "freeformTags": {"password": "hunter2hunter2"}} for one in times(10)]
    expiries = iter([False, True])

    def before(asked: Asked) -> None:
        if asked.page is not None and next(expiries, False):
            here.regions[HOME].generation += 1

    here.search.before = before
    run_id = worked(here, *reversed(secret))
    found = outcome(here, run_id)
    assert found.status == COMPLETE
    assert found.tally.counts == {"expired_page_tokens": 1}
    assert sum(found.tally.redactions.values()) == 2 * 10
    assert found.tally.enrich_errors == {"Vcn": {"throttled": 10}}
    assert sorted(record["ocid"] for record in records(here, run_id)) == [
        one["identifier"] for one in times(10)
    ]


def test_disorder_that_shows_only_behind_an_expired_token_loses_nothing(here: Installation) -> None:
    """The first page, of one item, looked as if it were in order; going on by time would lose the rest."""
    here.reconfigure(page_size=1)
    here.search.ignores_order = True

    def before(asked: Asked) -> None:
        if asked.page == "0:1" and here.regions[HOME].generation == 0:
            here.regions[HOME].generation += 1

    here.search.before = before
    run_id = worked(here, *reversed(times(4)))
    assert outcome(here, run_id).status == COMPLETE
    assert sorted(record["ocid"] for record in records(here, run_id)) == [
        one["identifier"] for one in times(4)
    ]


def test_tokens_that_keep_expiring_end_the_slice_with_what_was_read(here: Installation) -> None:
    here.reconfigure(page_size=2)

    def before(asked: Asked) -> None:
        if asked.page is not None:
            here.regions[HOME].generation += 1

    here.search.before = before
    run_id = worked(here, *(item(HOME, name) for name in "abcdef"))
    found = outcome(here, run_id)
    assert found.status == PARTIAL
    assert [part.error for part in found.slices] == ["pageTokenExpired"]


def test_a_service_that_refuses_the_order_is_asked_for_the_plain_query(here: Installation) -> None:
    here.reconfigure(page_size=2)

    def before(asked: Asked) -> None:
        if "sorted by" in asked.query:
            raise RequestRefused("no", status=400, code="InvalidParameter")

    here.search.before = before
    run_id = worked(here, *reversed(times(5)))
    assert outcome(here, run_id).status == COMPLETE
    assert len(records(here, run_id)) == 5
    assert [asked.query for asked in here.search.asked[1:]] == ["query all resources"] * 3


def test_a_service_that_refuses_the_plain_query_too_is_a_gap(here: Installation) -> None:
    def before(asked: Asked) -> None:
        raise RequestRefused("no", status=400, code="InvalidParameter")

    here.search.before = before
    run_id = worked(here, item(HOME, "a"))
    assert [part.error for part in outcome(here, run_id).slices] == ["requestRefused (400 InvalidParameter)"]
    assert len(here.search.asked) == 2


def test_an_override_query_that_is_refused_is_not_replaced_by_another(here: Installation) -> None:
    here.reconfigure(query="query everything")

    def before(asked: Asked) -> None:
        raise RequestRefused("no", status=400, code="InvalidParameter")

    here.search.before = before
    run_id = worked(here, item(HOME, "a"))
    assert outcome(here, run_id).status == "failed"
    assert [asked.query for asked in here.search.asked] == ["query everything"]


def test_a_search_that_gives_the_same_page_for_ever_is_not_followed(here: Installation) -> None:
    class Stuck(MemorySearch):
        def search(self, **asked: Any) -> SearchPage:
            page = super().search(**{**asked, "page": None})
            return SearchPage(items=page.items, next_page="again")

    here.reconfigure(page_size=1)
    here.search = Stuck(here.regions)
    run_id = worked(here, item(HOME, "a"), item(HOME, "b"))
    assert len(here.search.asked) == 2
    assert [part.error for part in outcome(here, run_id).slices] == ["malformed"]


def test_a_deleted_resource_that_its_service_has_forgotten_is_no_gap(here: Installation) -> None:
    listed = item(HOME, "gone", lifecycleState="TERMINATED")
    here.reader.unlisted = {listed["identifier"]}
    here.reader.failures = {vnic("a")["identifier"]: NotAuthorizedOrNotFound("no", status=404)}
    run_id = worked(here, listed, vnic("b", lifecycleState="TERMINATED"), vnic("a"))
    assert outcome(here, run_id).tally.enrich_errors == {"Vnic": {"notAuthorizedOrNotFound (404)": 1}}
    assert sorted(record["enrichError"] for record in records(here, run_id)) == [
        "goneSinceDiscovery",
        "goneSinceDiscovery",
        "notAuthorizedOrNotFound (404)",
    ]
    asked = [call.operation for call in here.reader.asked if "domain" not in call.operation]
    assert asked == ["get_vnic"], "what is deleted is not asked for"


def test_a_record_that_cannot_be_redacted_is_kept_without_its_content(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    redact = here.redactor.redact_record

    def fragile(record: Record) -> Any:
        if record["displayName"] == "hunter2hunter2":
            raise RecursionError
        return redact(record)

    monkeypatch.setattr(here.redactor, "redact_record", fragile)
    run_id = worked(here, item(HOME, "a", displayName="hunter2hunter2"), item(HOME, "b"))
    by_ocid = {record["ocid"]: record for record in records(here, run_id)}
    broken = by_ocid[item(HOME, "a")["identifier"]]
    assert (broken["enrichStatus"], broken["enrichError"]) == ("ERROR", "internalError")
    assert b"hunter" not in canonical_line(broken)
    assert broken["compartmentId"] == "ocid1.compartment.oc1..c"
    assert by_ocid[item(HOME, "b")["identifier"]]["enrichStatus"] == "OK"
    assert outcome(here, run_id).tally.enrich_errors == {"Vcn": {"internalError": 1}}


def test_a_run_counts_its_steps_and_calls(here: Installation) -> None:
    def before(asked: Asked) -> None:
        here.clock.advance(2)

    here.search.before = before
    here.reconfigure(page_size=1)
    run_id = worked(here, item(HOME, "a"), item(HOME, "b"))
    found = outcome(here, run_id)
    assert found.tally.seconds["search"] == 4.0
    assert found.tally.seconds.keys() == {"search", "normalize", "enrich", "find", "write"}
    assert found.started_at == parse_time("2026-11-23T04:00:00Z")
    assert (found.ended_at - found.started_at).total_seconds() == 4


def test_calls_of_all_owners_add_up(here: Installation) -> None:
    here.reconfigure(page_size=1, shard_records=1)
    here.regions[HOME].items = [item(HOME, name) for name in "abc"]
    here.count_calls = lambda: {"core": {"get_vcn": {"calls": 5}}}
    run_id = here.start()
    here.search.before = lambda asked: here.clock.advance(0 if asked.page is None else 290)
    assert here.work(run_id, HOME).status == "continued"
    here.search.before = lambda asked: None
    assert here.work(run_id, HOME).status == "done"
    assert outcome(here, run_id).tally.calls == {"core": {"get_vcn": {"calls": 10}}}
