"""Resources that only lists show: types that Search does not name, and the members of identity domains."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from inventory.coordination.documents import read_outcome
from inventory.errors import (
    InventoryError,
    MalformedAnswer,
    NotAuthorizedOrNotFound,
    RequestRefused,
    ServerFault,
)
from inventory.model.checkpoint import COMPLETE, PARTIAL, Outcome
from inventory.model.compartments import Compartment
from inventory.model.read_call import ReadCall
from inventory.ports.reader import ListPage
from inventory.roles.region.finding import listed_slices
from inventory.roles.region.scanning import RESERVE_SECONDS
from inventory.roles.region.work import CONTINUED, DONE
from tests.fakes.installation import CATALOG, FRANKFURT, HOME, Installation, item
from tests.fakes.memory_search import SEARCHABLE
from tests.unit.catalog import small

ROOT, IN_C = "ocid1.tenancy.oc1..t", "ocid1.compartment.oc1..c"
TAGS = "urn:ietf:params:scim:schemas:oracle:idcs:extension:OCITags"
ATTACHMENT = "ocid1.vnicattachment.oc1.eu-frankfurt-1.a"
URL = "https://idcs-1.identity.oraclecloud.com"
#: The slice of identity domains and the types of their members, and the lists of these.
MEMBERS = [entry for entry in CATALOG.entries if entry.members]
DOMAINS = ",".join(["Domain", *(entry.name for entry in MEMBERS)])
MEMBER_LISTS = {entry.members.operation for entry in MEMBERS if entry.members}

Answer = list[dict[str, Any]] | Exception


class Lists:
    """Services of a region: what lists answer by operation and compartment, or by operation and endpoint.

    A list pages by `page_items`, SCIM lists by start index, unless it `ignores_start`, and with the total if
    it `tells_total`. Gets answer with the identifier. `before` is called ahead of every request.
    """

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answer] = {}
        self.page_items = 1000
        self.ignores_start = False
        self.tells_total = True
        self.failures: dict[str, Exception] = {}
        self.asked: list[ReadCall] = []
        self.before: Callable[[ReadCall], object] = lambda _: None

    def read(self, call: ReadCall, *, attempt: int = 1) -> dict[str, Any]:
        assert attempt >= 1
        self.asked.append(call)
        self.before(call)
        identifier = str(next(iter(call.arguments.values())))
        if identifier in self.failures:
            raise self.failures[identifier]
        return {"id": identifier, "detailed": True}

    def read_page(self, call: ReadCall, *, page: str | None, limit: int | None, attempt: int = 1) -> ListPage:
        assert attempt >= 1
        self.asked.append(call)
        self.before(call)
        answer = self.answers.get(
            (call.operation, call.endpoint or str(call.arguments["compartment_id"])), []
        )
        if isinstance(answer, Exception):
            raise answer
        start = int(page or 0)
        if call.endpoint is not None and not self.ignores_start:
            start = int(call.arguments["start_index"]) - 1
        end = start + min(limit or self.page_items, self.page_items)
        if call.endpoint is not None:
            return ListPage(
                items=answer[start:end], next_page=None, total=len(answer) if self.tells_total else None
            )
        return ListPage(items=answer[start:end], next_page=str(end) if end < len(answer) else None)

    def starts(self) -> list[str]:
        """The start indexes that a domain's users were asked from."""
        return [str(call.arguments["start_index"]) for call in self.asked if call.operation == "list_users"]

    def compartments(self, operation: str) -> list[object]:
        return [call.arguments.get("compartment_id") for call in self.asked if call.operation == operation]


class Place(Installation):
    """An installation whose services answer lists as the test says, and whose Search in Frankfurt does not
    name VNIC attachments."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.lists = Lists()
        self.reader = self.lists  # type: ignore[assignment]
        self.regions[FRANKFURT].types = [name for name in SEARCHABLE if name != "VnicAttachment"]

    def outcome(self, run_id: str, region: str = FRANKFURT) -> Outcome:
        found = read_outcome(self.call(), run_id, region)
        assert found is not None
        return found

    def errors(self, run_id: str, region: str = FRANKFURT) -> dict[str, str | None]:
        """What became of each slice beside Search's."""
        return {part.name: part.error for part in self.outcome(run_id, region).slices[1:]}


@pytest.fixture
def here() -> Place:
    return Place()


def attachment(name: str, compartment: str = IN_C, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"ocid1.vnicattachment.oc1.eu-frankfurt-1.{name}",
        "displayName": f"vnic of {name}",
        "compartmentId": compartment,
        "lifecycleState": "ATTACHED",
        "timeCreated": "2026-01-01T00:00:00Z",
        "instanceId": "ocid1.instance.oc1.eu-frankfurt-1.i",
        "newerThanTheSdk": [1],
        **fields,
    }


def domain(name: str, **fields: Any) -> dict[str, Any]:
    known = {
        "id": f"ocid1.domain.oc1..{name}",
        "displayName": name,
        "compartmentId": IN_C,
        "type": "SECONDARY",
    }
    return {
        **known,
        "url": f"https://idcs-{name}.identity.oraclecloud.com",
        "lifecycleState": "ACTIVE",
        **fields,
    }


def user(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"scim-{name}",
        "ocid": f"ocid1.user.oc1..{name}",
        "displayName": name,
        "compartmentOcid": IN_C,
        "active": True,
        "meta": {"created": "2026-02-03T04:05:06.789Z"},
        **fields,
    }


# The slices


def slices(searched: list[str] | None, *, is_home: bool = False, wanted: set[str] | None = None) -> list[str]:
    return listed_slices(
        CATALOG,
        searched=searched,
        wanted=lambda name: wanted is None or name in wanted,
        is_home=is_home,
    )


def test_what_search_names_is_not_listed_as_well() -> None:
    assert slices(list(SEARCHABLE)) == []
    assert slices([name.upper() for name in SEARCHABLE]) == []
    assert slices([name for name in SEARCHABLE if name != "VnicAttachment"]) == ["VnicAttachment"]


def test_where_nobody_knows_what_search_names_every_type_that_it_may_miss_is_listed() -> None:
    missed = [entry.name for entry in CATALOG.entries if entry.unsearched and not entry.home_region]
    assert slices(None) == sorted(missed)
    assert slices([]) == sorted(missed)


def test_domains_are_listed_at_home_whatever_search_names_for_their_members() -> None:
    assert slices(list(SEARCHABLE), is_home=True) == [DOMAINS]
    assert slices(list(SEARCHABLE), is_home=False) == []


def test_only_what_the_run_asks_for_is_listed() -> None:
    assert slices(None, is_home=True, wanted={"VnicAttachment"}) == ["VnicAttachment"]
    assert slices(None, is_home=True, wanted={"Vcn"}) == []
    assert slices(list(SEARCHABLE), is_home=True, wanted={"User"}) == [DOMAINS], "users are found by domains"


# Types that Search does not name


def test_a_found_resource_is_a_record_like_any_other_but_for_the_search_summary(here: Place) -> None:
    tags = {"freeformTags": {"a": "b"}, "definedTags": {"ns": {"k": "v"}}}
    known = attachment("a", **tags)
    here.lists.answers["list_vnic_attachments", IN_C] = [known]
    run_id = here.run()
    assert here.outcome(run_id).status == COMPLETE
    assert here.errors(run_id) == {"VnicAttachment": None}
    record = dict(here.inventory(run_id)[ATTACHMENT])
    edges = record.pop("relationships")
    assert known["instanceId"] in {edge["target_ocid"] for edge in edges}
    assert record == {
        "ocid": ATTACHMENT,
        "resourceType": "VnicAttachment",
        "displayName": "vnic of a",
        "compartmentId": IN_C,
        "region": FRANKFURT,
        "lifecycleState": "ATTACHED",
        "timeCreated": "2026-01-01T00:00:00+00:00",
        **tags,
        "collectedAt": record["collectedAt"],
        "enrichStatus": "OK",
        "enrichError": None,
        "details": {"metadata": known},
    }


def test_every_compartment_that_is_in_use_is_asked_about_page_by_page(here: Place) -> None:
    gone = Compartment(name="gone", parent=ROOT, state="DELETED")
    here.directory.compartments["ocid1.compartment.oc1..gone"] = gone
    here.lists.page_items = 2
    here.lists.answers = {
        ("list_vnic_attachments", ROOT): [attachment("r", ROOT)],
        ("list_vnic_attachments", IN_C): [attachment(name) for name in "abcde"],
    }
    run_id = here.run()
    assert here.lists.compartments("list_vnic_attachments") == [ROOT, IN_C, IN_C, IN_C]
    assert len(here.inventory(run_id)) == 6


def test_a_list_is_asked_with_what_the_catalog_fixes_for_it(here: Place) -> None:
    """Without the type CUSTOM, MySQL lists Oracle's own configurations as well."""
    here.regions[FRANKFURT].types = [name for name in SEARCHABLE if name != "MySQLConfiguration"]
    here.run()
    asked = [dict(call.arguments) for call in here.lists.asked if call.operation == "list_configurations"]
    assert asked == [{"compartment_id": ocid, "type": "CUSTOM"} for ocid in (ROOT, IN_C)]


def test_at_depth_search_what_lists_show_is_found_and_no_details_are_told(here: Place) -> None:
    here.reconfigure(depth="search")
    here.lists.answers["list_vnic_attachments", IN_C] = [attachment("a")]
    (record,) = here.inventory(here.run()).values()
    assert (record["enrichStatus"], record["details"], record["displayName"]) == (
        "NOT_IMPLEMENTED",
        {},
        "vnic of a",
    )


def test_what_a_list_shows_in_part_only_is_got_as_well(here: Place) -> None:
    here.regions[FRANKFURT].types = [name for name in SEARCHABLE if name != "MySQLDbSystem"]
    known = {"id": "ocid1.mysqldbsystem.oc1..d", "displayName": "d", "compartmentId": IN_C}
    here.lists.answers["list_db_systems", IN_C] = [known]
    (record,) = here.inventory(here.run()).values()
    assert record["details"] == {"metadata": {"id": known["id"], "detailed": True}}
    assert [call.operation for call in here.lists.asked].count("get_db_system") == 1


def test_a_found_resource_is_redacted_filtered_and_counted_as_any_other(here: Place) -> None:
    here.reconfigure(include_terminated=False)
    here.lists.answers["list_vnic_attachments", IN_C] = [
        attachment("a", adminPassword="hunter2hunter2", freeformTags={"dbPassword": "hunter3hunter3"}),
        attachment("b", lifecycleState="TERMINATED"),
    ]
    run_id = here.run()
    assert [record["ocid"] for record in here.inventory(run_id).values()] == [ATTACHMENT]
    assert here.outcome(run_id).tally.counts["terminated_items_dropped"] == 1
    assert b"hunter" not in b"".join(stored.body for stored in here.memory.objects.values())


# Failing lists


FAILURES = [
    (ServerFault("m", status=503), "serverError (503)"),
    (NotAuthorizedOrNotFound("m", status=404, code="X"), "notAuthorizedOrNotFound (404 X)"),
    (MalformedAnswer("m"), "malformed"),
    (ZeroDivisionError("a bug"), "internalError"),
]


@pytest.mark.parametrize(("failure", "told"), FAILURES, ids=[told for _, told in FAILURES])
def test_a_list_that_fails_makes_its_slice_incomplete_and_nothing_of_it_is_told_as_removed(
    here: Place, failure: Exception, told: str
) -> None:
    here.regions[FRANKFURT].items = [item(FRANKFURT, "stays"), item(FRANKFURT, "goes")]
    here.lists.answers = {
        ("list_vnic_attachments", IN_C): [attachment("a"), attachment("b")],
        ("list_vnic_attachments", ROOT): [attachment("r", ROOT)],
    }
    first = here.run("a")
    assert len(here.inventory(first)) == 5
    here.regions[FRANKFURT].items.pop()
    here.lists.answers["list_vnic_attachments", IN_C] = failure
    second = here.run("b")
    assert here.outcome(second).status == PARTIAL
    assert here.errors(second) == {"VnicAttachment": told}
    assert here.outcome(second).slices[0].state == COMPLETE
    gone = item(FRANKFURT, "goes")["identifier"]
    assert set(here.inventory(first)) - set(here.inventory(second)) == {gone}
    assert here.json(here.names(second).artifact("diff.json"))["removed"] == [gone]


def test_what_is_found_again_and_what_is_not_is_told_after_a_failure(here: Place) -> None:
    here.lists.answers["list_vnic_attachments", IN_C] = [attachment("a"), attachment("b")]
    here.run("a")
    here.lists.answers["list_vnic_attachments", IN_C] = ServerFault("m")
    here.run("b")
    here.lists.answers["list_vnic_attachments", IN_C] = [attachment("a")]
    third = here.run("c")
    assert here.json(here.names(third).artifact("diff.json"))["removed"] == [attachment("b")["id"]]


def test_a_list_that_gives_the_same_page_for_ever_is_incomplete(here: Place) -> None:
    class Stuck(Lists):
        def read_page(
            self, call: ReadCall, *, page: str | None, limit: int | None, attempt: int = 1
        ) -> ListPage:
            answer = super().read_page(call, page=None, limit=limit, attempt=attempt)
            is_stuck = call.operation == "list_vnic_attachments"
            return ListPage(items=answer.items, next_page="same" if is_stuck else None)

    here.reader = Stuck()  # type: ignore[assignment]
    here.reader.answers["list_vnic_attachments", IN_C] = [attachment("a")]  # type: ignore[attr-defined]
    run_id = here.run()
    assert here.errors(run_id) == {"VnicAttachment": "malformed"}
    assert list(here.inventory(run_id)) == [ATTACHMENT]


def test_where_compartments_are_not_known_what_lies_in_them_is_not_told_as_removed(here: Place) -> None:
    here.lists.answers = {
        ("list_vnic_attachments", IN_C): [attachment("a")],
        ("list_vnic_attachments", ROOT): [attachment("r", ROOT)],
    }
    here.run("a")
    here.directory.compartments_failure = NotAuthorizedOrNotFound("no", status=404)
    second = here.run("b")
    assert here.errors(second) == {"VnicAttachment": "notAuthorizedOrNotFound (compartments unknown)"}
    assert set(here.inventory(second)) == {ATTACHMENT, attachment("r")["id"]}
    assert here.json(here.names(second).artifact("diff.json"))["removed"] == []


def test_lists_that_take_a_whole_call_are_asked_again_by_the_next(here: Place) -> None:
    here.lists.answers["list_vnic_attachments", IN_C] = [attachment("a")]
    run_id = here.start()
    here.lists.before = lambda call: here.clock.advance(300)
    assert here.work(run_id, FRANKFURT).status == CONTINUED
    here.lists.before = lambda call: None
    assert here.work(run_id, FRANKFURT).status == DONE
    assert here.outcome(run_id).status == COMPLETE
    assert sum(shard.count for shard in here.outcome(run_id).shards) == 1


def test_a_list_that_failed_is_not_forgotten_where_details_take_another_call(here: Place) -> None:
    """The next owner must not take for complete what was found before the failure."""
    here.regions[FRANKFURT].types = [name for name in SEARCHABLE if name != "MySQLDbSystem"]
    known = {"id": "ocid1.mysqldbsystem.oc1..d", "displayName": "d", "compartmentId": IN_C}
    here.lists.answers = {("list_db_systems", IN_C): [known], ("list_db_systems", ROOT): ServerFault("m")}
    run_id = here.start()
    is_over = threading.Event()
    here.lists.before = lambda call: (
        call.operation == "get_db_system" and (here.clock.advance(300 - RESERVE_SECONDS) or is_over.wait(60))
    )
    try:
        assert here.work(run_id, FRANKFURT).status == CONTINUED
    finally:
        is_over.set()
    here.lists.before = lambda call: None
    assert here.work(run_id, FRANKFURT).status == DONE
    assert here.errors(run_id) == {"MySQLDbSystem": "serverError"}


# The members of identity domains


def home(here: Place, *users: dict[str, Any], **domain_fields: Any) -> str:
    """A run over one domain with these users; returns its id."""
    known = domain("1", url=URL, **domain_fields)
    here.lists.answers |= {("list_domains", IN_C): [known], ("list_users", URL): list(users)}
    return here.run()


def members(here: Place, run_id: str) -> Counter[str]:
    return Counter(
        record["displayName"]
        for record in here.lines(run_id, "inventory.jsonl.gz")
        if record["resourceType"] == "User"
    )


def test_members_of_a_domain_are_found_at_its_own_endpoint(here: Place) -> None:
    known = user("ada")
    run_id = home(here, known)
    assert here.outcome(run_id, HOME).status == COMPLETE
    record = here.inventory(run_id)[known["ocid"]]
    assert record["details"] == {"metadata": known}
    assert [record[name] for name in ("displayName", "compartmentId", "region", "lifecycleState")] == [
        "ada",
        IN_C,
        HOME,
        "ACTIVE",
    ]
    assert record["timeCreated"].startswith("2026-02-03T04:05:06")
    assert {call.endpoint for call in here.lists.asked if call.operation == "list_users"} == {URL}
    assert {call.operation for call in here.lists.asked if call.endpoint} == MEMBER_LISTS
    assert "list_users" in MEMBER_LISTS


def test_an_inactive_member_says_so(here: Place) -> None:
    known = user("ada", active=False)
    assert here.inventory(home(here, known))[known["ocid"]]["lifecycleState"] == "INACTIVE"


def test_tags_of_members_are_told_as_other_services_tell_them(here: Place) -> None:
    tags = {
        "freeformTags": [{"key": "team", "value": "a"}, {"key": "empty", "value": None}],
        "definedTags": [
            {"namespace": "ops", "key": "cost", "value": "1"},
            {"namespace": "ops", "key": "owner", "value": "x"},
            {"namespace": "sec", "key": "level", "value": "high"},
        ],
    }
    known = user("ada", **{TAGS: tags})
    record = here.inventory(home(here, known))[known["ocid"]]
    assert record["freeformTags"] == {"team": "a", "empty": None}
    assert record["definedTags"] == {"ops": {"cost": "1", "owner": "x"}, "sec": {"level": "high"}}


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"freeformTags": None, "definedTags": "text"},
        {"freeformTags": ["text", {"value": "v"}, {"key": 7}], "definedTags": [{"key": "k"}, None]},
        "text",
        None,
    ],
)
def test_strange_tags_of_a_member_are_left_to_its_details(here: Place, tags: Any) -> None:
    known = user("ada", **{TAGS: tags})
    record = here.inventory(home(here, known))[known["ocid"]]
    assert (record["freeformTags"], record["definedTags"]) == ({}, {})
    assert record["details"]["metadata"][TAGS] == tags


def test_secrets_in_tags_of_members_never_leave_the_worker(here: Place) -> None:
    tags = {"freeformTags": [{"key": "dbPassword", "value": "hunter2hunter2"}]}
    home(here, user("ada", **{TAGS: tags}))
    assert b"hunter" not in b"".join(stored.body for stored in here.memory.objects.values())


@pytest.mark.parametrize("tells_total", [True, False])
def test_scim_pages_are_read_by_start_index_to_the_end(here: Place, tells_total: bool) -> None:
    here.lists.page_items, here.lists.tells_total = 2, tells_total
    run_id = home(here, *(user(name) for name in "abcde"))
    assert members(here, run_id) == Counter("abcde")
    assert here.lists.starts() == ["1", "3", "5"] if tells_total else ["1", "3", "5", "6"]


def test_a_total_that_is_an_exact_number_of_pages_ends_them(here: Place) -> None:
    here.lists.page_items = 2
    run_id = home(here, *(user(name) for name in "abcd"))
    assert here.lists.starts() == ["1", "3"]
    assert members(here, run_id) == Counter("abcd")


def test_a_domain_that_ignores_the_start_index_is_not_followed_for_ever(here: Place) -> None:
    here.lists.page_items, here.lists.ignores_start, here.lists.tells_total = 2, True, False
    run_id = home(here, *(user(name) for name in "abcde"))
    assert here.lists.starts() == ["1", "3"]
    assert members(here, run_id) == Counter("ab")


def test_a_domain_that_ignores_the_start_index_and_tells_of_more_is_incomplete(here: Place) -> None:
    here.lists.page_items, here.lists.ignores_start = 2, True
    run_id = home(here, *(user(name) for name in "abcde"))
    assert here.errors(run_id, HOME) == {DOMAINS: "malformed"}
    assert members(here, run_id) == Counter("ab")


def test_the_default_domain_s_members_are_not_listed_again(here: Place) -> None:
    """Search shows them."""
    known = user("ada")
    run_id = home(here, known, type="DEFAULT")
    assert known["ocid"] not in here.inventory(run_id)
    assert [call.operation for call in here.lists.asked if call.endpoint] == []
    assert here.outcome(run_id, HOME).status == COMPLETE


@pytest.mark.parametrize("url", [None, "", 7])
def test_a_domain_that_does_not_say_where_it_answers_is_asked_nowhere(here: Place, url: Any) -> None:
    here.lists.answers["list_domains", IN_C] = [domain("1", url=url)]
    run_id = here.run()
    assert here.errors(run_id, HOME) == {DOMAINS: "malformed (missing url)"}
    assert [call.operation for call in here.lists.asked if call.endpoint is not None] == []


def test_a_domain_that_cannot_be_asked_keeps_its_members_and_those_of_the_others_are_told(
    here: Place,
) -> None:
    here.lists.answers |= {
        ("list_domains", IN_C): [domain("1"), domain("2")],
        ("list_users", domain("1")["url"]): [user("ada"), user("bob")],
        ("list_users", domain("2")["url"]): [user("cyd"), user("dan")],
    }
    first = here.run("a")
    assert members(here, first) == Counter(["ada", "bob", "cyd", "dan"])
    here.lists.answers["list_users", domain("1")["url"]] = NotAuthorizedOrNotFound("no", status=403)
    here.lists.answers["list_users", domain("2")["url"]] = [user("cyd"), user("eve")]
    second = here.run("b")
    assert here.errors(second, HOME) == {DOMAINS: "notAuthorizedOrNotFound (403)"}
    assert members(here, second) == Counter(["ada", "bob", "cyd", "dan", "eve"]), "who is gone is not known"
    diff = here.json(here.names(second).artifact("diff.json"))
    assert (diff["added"], diff["removed"]) == ([user("eve")["ocid"]], [])


def test_members_are_asked_for_only_if_the_run_asks_for_them(here: Place) -> None:
    here.reconfigure(types=("User",))
    run_id = home(here, user("ada"))
    assert {call.operation for call in here.lists.asked if call.endpoint} == {"list_users"}
    assert list(here.inventory(run_id)) == [user("ada")["ocid"]], "the domain itself is not asked for"


def test_a_wide_list_that_is_refused_is_asked_by_compartment(here: Place) -> None:
    """No type of the catalog is found by one today."""
    listed = "{operation: list_x, scope: tenancy, complete: true}"
    here.catalog = small.parse(f"- {{name: X, {small.SDK}, list: {listed}, unsearched: true}}")
    refusal: InventoryError = RequestRefused("not so wide", status=400)

    class Narrow(Lists):
        def read_page(self, call: ReadCall, **rest: Any) -> ListPage:
            if "compartment_id" not in call.arguments:
                self.asked.append(call)
                raise refusal
            return super().read_page(call, **rest)

    here.reader = lists = Narrow()  # type: ignore[assignment]
    lists.answers["list_x", IN_C] = [{"id": "ocid1.x.oc1..x", "displayName": "x", "compartmentId": IN_C}]
    run_id = here.run()
    assert lists.compartments("list_x")[:4] == [None, None, ROOT, IN_C]
    assert list(here.inventory(run_id)) == ["ocid1.x.oc1..x"]
    assert here.errors(run_id) == {"X": None}
