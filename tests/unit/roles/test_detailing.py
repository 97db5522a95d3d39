"""Which requests a window of records costs, and what becomes of the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from inventory.errors import (
    InventoryError,
    MalformedAnswer,
    NotAuthorizedOrNotFound,
    RequestRefused,
    ServerFault,
    Throttled,
)
from inventory.model.read_call import ReadCall
from inventory.model.record import Record
from inventory.ports.reader import ListPage
from inventory.roles.region.detailing import PAGE_ITEMS, Details
from inventory.roles.region.lanes import Job
from inventory.roles.region.window import Window
from inventory.stages.asking import Asking
from inventory.stages.enrich import Outcome
from inventory.stages.normalize import normalize_item
from tests.fakes.installation import CATALOG, HOME, Installation, item

TENANCY = "ocid1.tenancy.oc1..t"
C1, C2 = "ocid1.compartment.oc1..c1", "ocid1.compartment.oc1..c2"
VAULT = "ocid1.vault.oc1.iad.v"
VAULT_ENDPOINT = "https://v-management.kms.example.com"

Asked = tuple[str, dict[str, str | bool]]


class Services:
    """Services that know `resources`, each an item with `id` and `compartmentId`.

    A list shows those of the compartment that it is asked about, of all where it is asked about none or about
    the tenancy, `page_items` to a page; `unlisted` are shown by no list, `wide_unlisted` by none of the whole
    tenancy. `failures` maps an operation or an OCID to what is raised instead, `asked` keeps the requests.
    """

    def __init__(self, *items: dict[str, Any]) -> None:
        self.resources = {known["id"]: known for known in items}
        self.unlisted: set[str] = set()
        self.wide_unlisted: set[str] = set()
        self.failures: dict[str, Exception] = {}
        self.wide_failure: Exception | None = None
        self.page_items = 1000
        self.largest_limit: int | None = None
        self.page_tokens: dict[str | None, str] = {}
        self.asked: list[Asked] = []
        self.endpoints: list[str | None] = []
        self.limits: list[int | None] = []

    def read(self, call: ReadCall, *, attempt: int = 1) -> dict[str, Any]:
        assert attempt >= 0
        self.asked.append((call.operation, dict(call.arguments)))
        self.endpoints.append(call.endpoint)
        ocid = str(next(iter(call.arguments.values())))
        self._fail(call.operation, ocid)
        if ocid not in self.resources:
            raise NotAuthorizedOrNotFound("no", status=404, code="NotAuthorizedOrNotFound")
        return dict(self.resources[ocid])

    def read_page(self, call: ReadCall, *, page: str | None, limit: int | None, attempt: int = 1) -> ListPage:
        assert attempt >= 0
        self.asked.append((call.operation, dict(call.arguments)))
        self.limits.append(limit)
        compartment = call.arguments.get("compartment_id", TENANCY)
        if compartment == TENANCY and self.wide_failure is not None:
            raise self.wide_failure
        self._fail(call.operation, str(compartment))
        if limit is not None and self.largest_limit is not None and limit > self.largest_limit:
            raise RequestRefused("the limit is too large", status=400, code="InvalidParameter")
        hidden = self.unlisted | (self.wide_unlisted if compartment == TENANCY else set())
        shown = [
            dict(known)
            for ocid, known in self.resources.items()
            if ocid not in hidden and compartment in (TENANCY, known["compartmentId"])
        ]
        start = int(page or 0)
        end = start + min(limit or self.page_items, self.page_items)
        more = str(end) if end < len(shown) else None
        return ListPage(items=shown[start:end], next_page=self.page_tokens.get(page, more))

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]

    def _fail(self, *names: str) -> None:
        for name in names:
            if name in self.failures:
                raise self.failures[name]


class Finished:
    """What was finished with what; no record twice. When `is_late`, nothing is taken any more."""

    def __init__(self, *, is_late: bool = False) -> None:
        self.is_late = is_late
        self.outcomes: dict[str | None, Outcome] = {}
        self.operations: dict[str | None, tuple[str, str] | None] = {}
        self.count = 0

    def __call__(self, record: Record, outcome: Outcome, operation: tuple[str, str] | None) -> bool:
        if self.is_late:
            return False
        self.outcomes[record["ocid"]] = outcome
        self.operations[record["ocid"]] = operation
        self.count += 1
        return True

    def words(self) -> dict[str | None, str]:
        """Outcomes as records tell them."""
        return {
            ocid: outcome.summary() if isinstance(outcome, InventoryError) else "OK"
            for ocid, outcome in self.outcomes.items()
        }


def thing(kind: str, name: str, compartment: str = C1, **fields: Any) -> dict[str, Any]:
    """A resource as its service knows it."""
    return {"id": f"ocid1.{kind}.oc1.iad.{name}", "compartmentId": compartment, "newField": name, **fields}


def found(resource_type: str, known: dict[str, Any], **fields: Any) -> Record:
    """The record of a resource."""
    search_item = {
        "resourceType": resource_type,
        "identifier": known["id"],
        "compartmentId": known["compartmentId"],
        "displayName": "name",
        **fields,
    }
    return normalize_item(
        search_item, region=HOME, home_region=HOME, collected_at="2026-11-23T04:00:00+00:00", catalog=CATALOG
    )


def detail(services: Services, *records: Record, depth: str = "full") -> Finished:
    """Bring the details of some records, each request made once."""
    finished = Finished()
    asking = Asking(CATALOG, region=HOME, depth=depth, tenancy_id=TENANCY, namespace="namespace")
    details = Details(asking=asking, reader=services, finish=finished)
    drive(details.jobs(waiting(asking, records).take()))
    assert finished.count == len(records)
    return finished


def waiting(asking: Asking, records: Iterable[Record]) -> Window:
    """A window of these records."""
    window = Window(asking.group)
    for record in records:
        window.add(record)
    return window


def drive(jobs: Iterable[Job]) -> None:
    """Do jobs one after the other; what fails is given up at once."""
    queue = list(jobs)
    for _ in range(10_000):
        if not queue:
            return
        job = queue.pop(0)
        try:
            following = job.run()
        except InventoryError as error:
            following = job.give_up(error)
        queue = [*following, *queue]
    raise AssertionError("the jobs do not end")


def vcns(count: int, compartment: str = C1) -> list[dict[str, Any]]:
    return [thing("vcn", f"{number:02}", compartment) for number in range(count)]


def volumes(count: int, compartment: str = C1) -> list[dict[str, Any]]:
    return [thing("volume", f"{number:02}", compartment) for number in range(count)]


# Lists


def test_one_list_serves_all_records_that_it_covers() -> None:
    known = vcns(20)
    services = Services(*known)
    finished = detail(services, *(found("Vcn", one) for one in known))
    assert services.asked == [("list_vcns", {"compartment_id": C1})]
    assert finished.outcomes == {one["id"]: one for one in known}
    assert set(finished.operations.values()) == {("core", "list_vcns")}
    assert services.limits == [PAGE_ITEMS]


def test_each_compartment_has_a_list_of_its_own_and_a_wide_type_one_for_all() -> None:
    first, second = thing("vcn", "a", C1), thing("vcn", "b", C2)
    services = Services(first, second)
    detail(services, found("Vcn", first), found("Vcn", second))
    assert services.asked == [("list_vcns", {"compartment_id": C1}), ("list_vcns", {"compartment_id": C2})]
    first, second = thing("volume", "a", C1), thing("volume", "b", C2)
    services = Services(first, second)
    detail(services, found("Volume", first), found("Volume", second))
    assert services.asked == [("list_volumes", {})]


def test_pages_are_read_until_all_is_found_and_no_further() -> None:
    known = vcns(10)
    services = Services(*known)
    services.page_items = 2
    finished = detail(services, *(found("Vcn", one) for one in known[:5]))
    assert services.operations() == ["list_vcns"] * 3
    assert finished.outcomes == {one["id"]: one for one in known[:5]}


def test_items_that_nobody_waits_for_are_left_alone() -> None:
    known, stranger = thing("vcn", "a"), thing("vcn", "stranger")
    services = Services(stranger, known)
    assert detail(services, found("Vcn", known)).outcomes == {known["id"]: known}


def test_strange_items_do_not_hide_the_others() -> None:
    known = thing("vcn", "a")

    class Strange(Services):
        def read_page(self, call: ReadCall, **rest: Any) -> ListPage:
            page = super().read_page(call, **rest)
            return ListPage(items=["text", None, {"id": ["x"]}, {}, *page.items], next_page=None)

    assert detail(Strange(known), found("Vcn", known)).outcomes == {known["id"]: known}


def test_a_resource_that_search_showed_twice_is_detailed_twice() -> None:
    known = thing("vcn", "a")
    services = Services(known)
    finished = detail(services, found("Vcn", known), found("Vcn", known, displayName="another page's"))
    assert finished.count == 2
    assert services.operations() == ["list_vcns"]


def test_items_are_known_by_the_field_that_the_catalog_names() -> None:
    topic = {**thing("onstopic", "t"), "topicId": "ocid1.onstopic.oc1.iad.t"}
    finished = detail(Services({**topic, "id": "not this"}), found("OnsTopic", topic))
    assert finished.outcomes == {topic["id"]: {**topic, "id": "not this"}}


def test_a_list_says_nothing_about_a_record_s_own_copy_of_an_item() -> None:
    known = thing("vcn", "a", nested={"a": []})
    services = Services(known)
    finished = detail(services, found("Vcn", known))
    outcome = finished.outcomes[known["id"]]
    assert isinstance(outcome, dict)
    assert list(outcome) == list(known)


# What a list does not show


def test_what_no_list_shows_is_asked_for_by_itself() -> None:
    """Lists may lag behind."""
    listed, lagging, gone = thing("vcn", "a"), thing("vcn", "b"), thing("vcn", "c")
    services = Services(listed, lagging)
    services.unlisted = {lagging["id"]}
    finished = detail(services, *(found("Vcn", one) for one in (listed, lagging, gone)))
    assert services.operations() == ["list_vcns", "get_vcn", "get_vcn"]
    assert finished.words() == {
        listed["id"]: "OK",
        lagging["id"]: "OK",
        gone["id"]: "notAuthorizedOrNotFound (404 NotAuthorizedOrNotFound)",
    }
    assert finished.operations[lagging["id"]] == ("core", "get_vcn")


def test_what_a_wide_list_does_not_show_is_looked_for_in_its_compartment_first() -> None:
    wide, narrow, lagging = thing("volume", "a"), thing("volume", "b", C2), thing("volume", "c", C2)
    services = Services(wide, narrow, lagging)
    services.wide_unlisted, services.unlisted = {narrow["id"]}, {lagging["id"]}
    finished = detail(services, *(found("Volume", one) for one in (wide, narrow, lagging)))
    assert services.asked == [
        ("list_volumes", {}),
        ("list_volumes", {"compartment_id": C2}),
        ("get_volume", {"volume_id": lagging["id"]}),
    ]
    assert set(finished.words().values()) == {"OK"}


def test_what_search_shows_as_deleted_is_not_asked_for() -> None:
    """Neither in a list nor by itself."""
    here = Installation()
    deleted = item(HOME, "a", lifecycleState="TERMINATED")
    alone = item(HOME, "b", resourceType="Vnic", identifier="ocid1.vnic.oc1.iad.b", lifecycleState="DELETED")
    here.regions[HOME].items = [deleted, alone]
    run_id = here.run()
    assert {call.operation for call in here.reader.asked} <= {"list_domains"}
    assert {record["enrichError"] for record in here.inventory(run_id).values()} == {"goneSinceDiscovery"}


# What a service refuses


def test_a_service_that_takes_smaller_pages_only_is_asked_without_a_size() -> None:
    known = vcns(5)
    services = Services(*known)
    services.largest_limit, services.page_items = 100, 2
    finished = detail(services, *(found("Vcn", one) for one in known))
    assert services.limits == [PAGE_ITEMS, None, None, None]
    assert set(finished.words().values()) == {"OK"}


@pytest.mark.parametrize(
    "refusal",
    [
        RequestRefused("not so wide", status=400, code="InvalidParameter"),
        NotAuthorizedOrNotFound("not yours", status=404, code="NotAuthorizedOrNotFound"),
    ],
)
def test_who_may_not_ask_for_the_tenancy_asks_for_its_compartments(refusal: InventoryError) -> None:
    known = [*volumes(3, C1), thing("volume", "other", C2)]
    services = Services(*known)
    services.wide_failure = refusal
    finished = detail(services, *(found("Volume", one) for one in known))
    narrow = [arguments for _, arguments in services.asked if arguments]
    assert narrow == [{"compartment_id": C1}, {"compartment_id": C2}]
    assert "get_volume" not in services.operations()
    assert set(finished.words().values()) == {"OK"}


def test_where_even_the_compartment_is_refused_each_is_asked_for_by_itself() -> None:
    known = vcns(3)
    services = Services(*known)
    services.failures = {"list_vcns": RequestRefused("no", status=400)}
    finished = detail(services, *(found("Vcn", one) for one in known))
    assert Counter(services.operations()) == {"list_vcns": 2, "get_vcn": 3}
    assert set(finished.words().values()) == {"OK"}


@pytest.mark.parametrize(
    "failure",
    [
        ServerFault("m", status=503, code="ServiceUnavailable"),
        Throttled("m", status=429),
        NotAuthorizedOrNotFound("m", status=404),
        MalformedAnswer("m"),
    ],
)
def test_a_list_that_fails_is_the_failure_of_its_records_and_of_no_others(failure: InventoryError) -> None:
    known, other = vcns(3), thing("vcn", "other", C2)
    services = Services(*known, other)
    services.failures = {C1: failure}
    finished = detail(services, *(found("Vcn", one) for one in [*known, other]))
    assert finished.words() == {**{one["id"]: failure.summary() for one in known}, other["id"]: "OK"}
    assert services.operations() == ["list_vcns"] * 2, "each by itself would meet the same"
    assert finished.operations[known[0]["id"]] == ("core", "list_vcns")


def test_what_was_found_before_a_list_failed_stands() -> None:
    known = vcns(4)

    class Breaking(Services):
        def read_page(self, call: ReadCall, *, page: str | None, **rest: Any) -> ListPage:
            if page is not None:
                raise ServerFault("m", status=500)
            return super().read_page(call, page=page, **rest)

    services = Breaking(*known)
    services.page_items = 2
    finished = detail(services, *(found("Vcn", one) for one in known))
    assert list(finished.words().values()) == ["OK", "OK", "serverError (500)", "serverError (500)"]


def test_a_list_that_gives_the_same_page_for_ever_is_malformed() -> None:
    known = vcns(3)
    services = Services(*known)
    services.page_items = 1
    services.page_tokens = {None: "1", "1": "1"}
    finished = detail(services, *(found("Vcn", one) for one in known))
    assert list(finished.words().values()) == ["OK", "OK", "malformed"]


# Gets


def test_a_type_without_complete_lists_is_got_record_by_record() -> None:
    known = [thing("vnic", f"{number}") for number in range(20)]
    services = Services(*known)
    services.failures = {known[7]["id"]: Throttled("m", status=429)}
    finished = detail(services, *(found("Vnic", one) for one in known))
    assert Counter(services.operations()) == {"get_vnic": 20}
    assert Counter(finished.words().values()) == {"OK": 19, "throttled (429)": 1}
    assert finished.outcomes[known[0]["id"]] == known[0]


def test_gets_are_few_jobs_of_many_records() -> None:
    known = [thing("vnic", f"{number}") for number in range(200)]
    services = Services(*known)
    finished = Finished()
    asking = Asking(CATALOG, region=HOME, depth="full", tenancy_id=TENANCY, namespace=None)
    details = Details(asking=asking, reader=services, finish=finished)
    jobs = details.jobs(waiting(asking, (found("Vnic", one) for one in known)).take())
    assert len(jobs) == 8
    assert sum(len(job.waiting()) for job in jobs) == 200
    drive(jobs)
    assert finished.count == 200
    assert all(job.waiting() == [] for job in jobs)


@pytest.mark.parametrize("resource_type", ["Vcn", "Vnic", "Volume"])
def test_a_record_without_ocid_cannot_be_asked_for_and_nothing_is(resource_type: str) -> None:
    nameless = found(resource_type, {"id": None, "compartmentId": C1})
    services = Services()
    finished = detail(services, nameless, nameless)
    assert finished.words() == {None: "malformed (missing identifier)"}
    assert finished.operations == {None: None}, "no call has failed"
    assert services.asked == []


def test_a_record_that_does_not_say_where_it_belongs_cannot_be_asked_for() -> None:
    lost = found("Vcn", {"id": "ocid1.vcn.oc1.iad.lost", "compartmentId": None})
    tunnel = found("IpSecConnectionTunnel", thing("ipsectunnel", "t"))
    services = Services()
    finished = detail(services, lost, tunnel)
    assert finished.words() == {
        lost["ocid"]: "malformed (missing compartmentId)",
        tunnel["ocid"]: "malformed (missing identityContext.ipscId)",
    }
    assert services.asked == []


# Endpoints of other resources


def vault_and_keys(*, vault_fields: dict[str, Any] | None = None) -> tuple[Services, Record, list[Record]]:
    vault = thing(
        "vault", "v", **({"managementEndpoint": VAULT_ENDPOINT} if vault_fields is None else vault_fields)
    )
    keys = [thing("key", f"{number}") for number in range(3)]
    services = Services(vault, *keys)
    context = {"identityContext": {"vaultId": VAULT}}
    return services, found("Vault", vault), [found("Key", key, **context) for key in keys]


@pytest.mark.parametrize("vault_first", [True, False])
def test_a_vault_is_read_once_for_itself_and_its_keys(vault_first: bool) -> None:
    services, vault, keys = vault_and_keys()
    finished = detail(services, *([vault, *keys] if vault_first else [*keys, vault]))
    assert services.operations() == ["get_vault", "get_key", "get_key", "get_key"]
    assert services.endpoints == [None, VAULT_ENDPOINT, VAULT_ENDPOINT, VAULT_ENDPOINT]
    assert set(finished.words().values()) == {"OK"}
    assert finished.outcomes[VAULT] == services.resources[VAULT]


def test_a_vault_that_is_no_record_is_read_for_its_keys_all_the_same() -> None:
    services, _, keys = vault_and_keys()
    finished = detail(services, *keys)
    assert services.operations() == ["get_vault", "get_key", "get_key", "get_key"]
    assert VAULT not in finished.outcomes


def test_a_vault_that_cannot_be_read_is_the_failure_of_its_keys() -> None:
    services, vault, keys = vault_and_keys()
    services.failures = {VAULT: NotAuthorizedOrNotFound("no", status=404)}
    finished = detail(services, vault, *keys)
    assert services.operations() == ["get_vault"]
    assert set(finished.words().values()) == {"notAuthorizedOrNotFound (404)"}
    assert set(finished.operations.values()) == {("key_management", "get_vault")}


@pytest.mark.parametrize("fields", [{}, {"managementEndpoint": None}, {"managementEndpoint": 7}])
def test_a_vault_without_an_endpoint_has_its_own_details_and_its_keys_none(fields: dict[str, Any]) -> None:
    services, vault, keys = vault_and_keys(vault_fields=fields)
    finished = detail(services, vault, *keys)
    assert services.operations() == ["get_vault"]
    assert finished.words() == {VAULT: "OK", **{key["ocid"]: "malformed" for key in keys}}


def test_a_key_of_no_known_vault_cannot_be_asked_for() -> None:
    services, vault, keys = vault_and_keys()
    orphan = found("Key", thing("key", "orphan"))
    finished = detail(services, orphan, vault, *keys)
    assert finished.words()[orphan["ocid"]] == "malformed (missing identityContext.vaultId)"
    assert Counter(finished.words().values())["OK"] == 4


@pytest.mark.parametrize("kind", ["Vcn", "Vnic", "Key"])
def test_an_answer_that_comes_too_late_leaves_its_records_waiting(kind: str) -> None:
    """Who hands over looks at what waits while requests are under way: nothing may be missing in between."""
    known = [thing(kind.lower(), f"{number}") for number in range(3)]
    vault = thing("vault", "v", managementEndpoint="https://v.example.com")
    context = {"identityContext": {"vaultId": vault["id"]}}
    records = [found(kind, one, **(context if kind == "Key" else {})) for one in known]
    asking = Asking(CATALOG, region=HOME, depth="full", tenancy_id=TENANCY, namespace="namespace")
    details = Details(asking=asking, reader=Services(*known, vault), finish=Finished(is_late=True))
    for job in details.jobs(waiting(asking, records).take()):
        before = list(job.waiting())
        assert before
        job.attempt = 1
        job.run()
        assert job.waiting() == before
