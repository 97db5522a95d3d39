"""Resource Search, compared with what the truth's records say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tenancy_caller import Caller

from emulator.mutation import mutate
from emulator.search import SearchService
from emulator.search_fields import Vocabulary
from emulator.search_index import SearchIndex
from emulator.search_query import Query, parse_query
from emulator.tenancy import Tenancy, generate
from emulator.tenancy.oddities import Oddities
from emulator.tenancy.resource_types import HOME_TYPES
from emulator.truth import truth_records
from emulator.wire import ServiceError
from tests.fakes.service_caller import NOW

Record = dict[str, Any]
TOKYO = "ap-tokyo-1"


def _seen_from(truth: list[Record], region: str) -> list[Record]:
    return [record for record in truth if record["region"] == region or record["resourceType"] in HOME_TYPES]


def _instant(record: Record) -> datetime | None:
    return datetime.fromisoformat(record["timeCreated"]) if record.get("timeCreated") else None


def _ocids(records: list[Record], key: str) -> list[str]:
    return sorted(str(record.get(key)) for record in records)


def test_every_region_answers_its_own_resources_and_all_identity(caller: Caller, truth: list[Record]) -> None:
    for region in caller.tenancy.ready_regions:
        items = {item.get("identifier"): item for item in caller.items("query all resources", region=region)}
        records = _seen_from(truth, region)
        assert _ocids(caller.items("query all resources", region=region), "identifier") == _ocids(
            records, "ocid"
        )
        for record in records:
            if record["ocid"] is None:
                continue
            item = items[record["ocid"]]
            for field in (
                "resourceType",
                "displayName",
                "compartmentId",
                "lifecycleState",
                "availabilityDomain",
            ):
                is_left_out = record[field] is None and "missingFields" in record["oddities"]
                assert item.get(field, "absent") == ("absent" if is_left_out else record[field])
            for field in ("freeformTags", "definedTags", "systemTags"):
                assert item[field] == record[field]
            assert _instant({"timeCreated": item.get("timeCreated")}) == _instant(record)
            assert item.get("searchContext") is None
            assert item["additionalDetails"] == {}


def test_items_without_identifier_are_listed_even_if_nothing_tells_them_apart(caller: Caller) -> None:
    regions = caller.tenancy.ready_regions
    lost = [
        item
        for r in regions
        for item in caller.items("query all resources", region=r)
        if not item.get("identifier")
    ]
    assert len(lost) == 3


def test_times_are_printed_in_both_of_the_forms_in_use(caller: Caller) -> None:
    times = {item.get("timeCreated") for item in caller.items("query all resources")} - {None}
    assert any(time.endswith("Z") for time in times)
    assert any(time.endswith("+00:00") for time in times)
    assert all("." in time for time in times)


def _state(record: Record, *states: str) -> bool:
    return (record["lifecycleState"] or "").lower() in states


def _freeform(record: Record, key: str, value: str) -> bool:
    return record["freeformTags"].get(key, "").lower() == value


WEEKS_AGO = NOW - timedelta(weeks=100)
CONDITIONS: list[tuple[str, Callable[[Record], bool]]] = [
    ("query instance resources", lambda r: r["resourceType"] == "Instance"),
    ("QUERY Instance, VCN , user RESOURCES", lambda r: r["resourceType"] in {"Instance", "Vcn", "User"}),
    ("query all resources where lifeCycleState = 'running'", lambda r: _state(r, "running")),
    ("query all resources where lifecyclestate == 'running'", lambda r: False),
    ("query all resources where lifeCycleState == 'Running'", lambda r: r["lifecycleState"] == "Running"),
    (
        "query all resources where lifeCycleState != 'terminated'",
        lambda r: r["lifecycleState"] is not None and not _state(r, "terminated"),
    ),
    ("query all resources where displayName =~ 'PROD'", lambda r: "prod" in (r["displayName"] or "").lower()),
    ("query all resources where displayName =~ '^web.*[13]$'", lambda r: _matches_web(r)),
    ('query all resources where resourceType = "bootvolume"', lambda r: r["resourceType"] == "BootVolume"),
    (
        "query all resources where lifeCycleState = 'stopped'"
        " || lifeCycleState = 'faulty' && displayName =~ 'web'",
        lambda r: _state(r, "stopped") or (_state(r, "faulty") and "web" in (r["displayName"] or "").lower()),
    ),
    (
        "query all resources where (lifeCycleState = 'stopped' or lifeCycleState = 'active')"
        " AND displayName =~ 'web'",
        lambda r: _state(r, "stopped", "active") and "web" in (r["displayName"] or "").lower(),
    ),
    (
        f"query all resources where timeCreated >= '{WEEKS_AGO.isoformat()}'",
        lambda r: r["timeCreated"] is not None and _instant(r) >= WEEKS_AGO,
    ),
    (
        "query all resources where timeCreated < 'now - 100w'",
        lambda r: r["timeCreated"] is not None and _instant(r) < WEEKS_AGO,
    ),
    (
        "query all resources where timeCreated > '2025-01-01' && timeCreated <= '2025-06-01T00:00:00Z'",
        lambda r: r["timeCreated"] is not None and "2025-01-01" < r["timeCreated"] <= "2025-06-01",
    ),
    (
        "query all resources where (freeformTags.key = 'env' && freeformTags.value = 'PROD')",
        lambda r: _freeform(r, "env", "prod"),
    ),
    (
        "query all resources where freeformTags.key = 'env' && freeformTags.value = 'team-a'",
        lambda r: False,
    ),
    ("query all resources where freeformTags.key = 'owner'", lambda r: "owner" in r["freeformTags"]),
    (
        "query all resources where (definedTags.namespace = 'Operations' && definedTags.key = 'Tier'"
        " && definedTags.value = 'gold') && lifeCycleState = 'available'",
        lambda r: r["definedTags"].get("Operations", {}).get("Tier") == "gold" and _state(r, "available"),
    ),
    (
        "query all resources where definedTags.value != 'gold'",
        lambda r: r["definedTags"].get("Operations", {}).get("Tier") != "gold",
    ),
    ("query all resources where systemTags.namespace = 'orcl-cloud'", lambda r: bool(r["systemTags"])),
    ("query all resources matching 'データ'", lambda r: "データ" in json.dumps(r, ensure_ascii=False)),
    (
        "query instance resources where shape =~ 'E4'",
        lambda r: "E4" in ((r["body"] or {}).get("shape") or "") and r["resourceType"] == "Instance",
    ),
    (
        "query instance, BOOTVOLUME resources"
        " where lifeCycleState = 'running' or lifeCycleState = 'available'",
        lambda r: r["resourceType"] in {"Instance", "BootVolume"} and _state(r, "running", "available"),
    ),
    (
        "query all resources where resourceType = 'vcn'"
        " && (freeformTags.key = 'env' || definedTags.key = 'Tier')",
        lambda r: (
            r["resourceType"] == "Vcn"
            and ("env" in r["freeformTags"] or "Tier" in r["definedTags"].get("Operations", {}))
        ),
    ),
    (
        "query volume resources where sizeInGBs > 100",
        lambda r: r["resourceType"] == "Volume" and ((r["body"] or {}).get("sizeInGBs") or 0) > 100,
    ),
]


def _matches_web(record: Record) -> bool:
    name = (record["displayName"] or "").lower()
    return name.startswith("web") and name.endswith(("1", "3"))


@pytest.mark.parametrize(("query", "expected"), CONDITIONS, ids=[query for query, _ in CONDITIONS])
def test_conditions_select_what_the_truth_says(
    caller: Caller, truth: list[Record], query: str, expected: Callable[[Record], bool]
) -> None:
    for region in (caller.tenancy.home_region, TOKYO):
        records = [record for record in _seen_from(truth, region) if expected(record)]
        assert _ocids(caller.items(query, region=region), "identifier") == _ocids(records, "ocid")


def test_a_condition_on_each_compartment_parts_the_whole(caller: Caller) -> None:
    compartments = [caller.tenancy.tenancy_id, *(str(c.ocid) for c in caller.tenancy.compartments)]
    parts = [
        len(caller.items(f"query all resources where compartmentId = '{ocid}'")) for ocid in compartments
    ]
    assert sum(parts) == len(caller.items("query all resources"))


def _times(items: list[Record]) -> list[datetime | None]:
    return [_instant(item) for item in items]


def test_newest_first_unless_sorted_and_never_created_last(caller: Caller) -> None:
    default = _times(caller.items("query all resources"))
    ascending = _times(caller.items("query all resources sorted by timeCreated asc"))
    missing = default.count(None)
    assert missing > 0
    assert default[-missing:] == ascending[-missing:] == [None] * missing
    known = [moment for moment in default if moment is not None]
    assert known == sorted(known, reverse=True)
    assert ascending[:-missing] == sorted(known)


def test_sorting_by_name_is_descending_when_asked(caller: Caller) -> None:
    items = caller.items("query all resources sorted by displayName DESC")
    names = [item.get("displayName") for item in items]
    known = [name for name in names if name is not None]
    assert known == sorted(known, reverse=True)
    assert names[len(known) :] == [None] * (len(names) - len(known))


def test_additional_details_come_only_on_request(caller: Caller, truth: list[Record]) -> None:
    bodies = {record["ocid"]: record["body"] for record in truth}
    everything = caller.items("query instance resources return allAdditionalFields")
    some = caller.items("query instance resources return shape, region")
    for item in everything:
        body = bodies[item["identifier"]]
        shown = item["additionalDetails"]
        assert shown == {name: body[name] for name in shown}
        assert shown.keys() >= {"imageId", "region", "shape"}
    assert {frozenset(item["additionalDetails"]) for item in some} == {frozenset({"shape", "region"})}
    vnic = caller.items("query vnic resources return allAdditionalFields")[0]
    assert vnic["additionalDetails"].keys() >= {"subnetId", "privateIp"}


def test_a_log_carries_the_group_that_its_get_needs(caller: Caller) -> None:
    groups = {item["identifier"] for item in caller.items("query loggroup resources")}
    contexts = [item["identityContext"] for item in caller.items("query log resources")]
    assert contexts
    assert all(context["logGroupId"] in groups for context in contexts)


def test_a_key_carries_the_vault_at_which_it_is_read(caller: Caller) -> None:
    for item in caller.items("query key resources"):
        assert item["identityContext"] == {
            "vaultId": caller.tenancy.resources[item["identifier"]].references["vaultId"]
        }


def test_types_that_search_does_not_know_are_read_and_listed_all_the_same(make_tenancy: Any) -> None:
    """Neither rows nor names of types; the truth has those that their service lists."""
    unknown = frozenset({"Subnet", "LogGroup", "Stream", "Volume"})
    tenancy = make_tenancy(oddities=Oddities(unsearched_types=unknown))
    ordinary = make_tenancy()
    assert {r.ocid for r in tenancy.snapshot} == {r.ocid for r in ordinary.snapshot}
    caller = Caller(tenancy)
    for region in tenancy.ready_regions:
        found = {item["resourceType"] for item in caller.items("query all resources", region=region)}
        assert not found & unknown
        types = caller.get("query", "/20180409/resourceTypes", region=region, limit=1000)
        names = {each["name"] for each in types}
        assert not names & unknown
        assert found <= names
    for type_name in unknown:
        with pytest.raises(ServiceError, match="Unknown resource type"):
            caller.items(f"query {type_name} resources")
        with pytest.raises(ServiceError):
            caller.get("query", f"/20180409/resourceTypes/{type_name}")
    told = [record for record in truth_records(tenancy) if record["resourceType"] in unknown]
    assert {record["resourceType"] for record in told} == unknown
    assert all("unsearchedType" in record["oddities"] and record["ocid"] for record in told)
    for record in told[::10]:
        assert caller.read(record) == record["body"]
        for name in ("displayName", "compartmentId", "lifecycleState", "freeformTags", "definedTags"):
            assert record["body"].get(name, record["body"].get("name")) == record[name], name
        created = datetime.fromisoformat(record["body"]["timeCreated"])
        assert created == datetime.fromisoformat(record["timeCreated"])
    subnets = [record for record in told if record["resourceType"] == "Subnet"]
    listed = {
        item["id"]
        for region in tenancy.ready_regions
        for compartment in (tenancy.tenancy_id, *(c.ocid for c in tenancy.compartments))
        for item in caller.get(
            "iaas", "/20160918/subnets", region=region, compartmentId=compartment, limit=1000
        )
    }
    assert listed == {record["ocid"] for record in subnets}
    searched = [r for r in truth_records(ordinary) if r["resourceType"] not in unknown]
    assert [r for r in truth_records(tenancy) if r["resourceType"] not in unknown] == searched


def test_what_a_get_needs_besides_the_ocid_stands_in_the_identity_context() -> None:
    tenancy = generate(resources=1500, regions=1, every_type=True, compartments=12, now=NOW)
    contexts = {
        item["resourceType"]: item["identityContext"]
        for item in Caller(tenancy).items("query all resources")
        if item["identityContext"]
    }
    assert set(contexts["IpSecConnectionTunnel"]) == {"ipscId"}
    assert tenancy.resources[contexts["KmsHsmPartition"]["hsmClusterId"]].resource_type == "KmsHsmCluster"
    assert len(contexts) > 15


def test_members_of_other_identity_domains_are_not_found(caller: Caller) -> None:
    hidden = {r.ocid for r in caller.tenancy.snapshot if not r.is_searchable}
    assert hidden
    for query in ("query user, group resources", "query domain resources", "query all resources"):
        assert not hidden & {item.get("identifier") for item in caller.items(query)}


def test_what_may_not_be_read_is_found_all_the_same(make_tenancy: Any) -> None:
    odd = Oddities(gone=0.2, unreadable_types=frozenset({"Vcn"}))
    tenancy = make_tenancy(resources=600, types=30, oddities=odd)
    caller = Caller(tenancy)
    unread = [record for record in truth_records(tenancy) if not record["readable"]]
    assert {record["resourceType"] for record in unread} > {"Vcn", "Volume"}
    found = {
        item.get("identifier")
        for region in tenancy.ready_regions
        for item in caller.items("query all resources", region=region)
    }
    for record in unread:
        assert record["ocid"] in found
        if record["resourceType"] != "Bucket":
            with pytest.raises(ServiceError) as error:
                caller.read(record)
            assert error.value.status == 404
    tenancy.unreadable_types = frozenset()
    vcn = next(r for r in truth_records(tenancy) if r["resourceType"] == "Vcn" and r["body"])
    assert caller.read(vcn) == vcn["body"]


def test_fields_without_a_value_are_null_or_left_out(caller: Caller, truth: list[Record]) -> None:
    odd = {r["ocid"] for r in truth if "missingFields" in r["oddities"]}
    left_out, null = set(), set()
    for item in caller.items("query all resources"):
        (left_out if item.get("identifier") in odd else null).update(
            name
            for name in ("displayName", "availabilityDomain", "searchContext")
            if item.get(name, "") is None
        )
    assert not left_out
    assert null == {"displayName", "availabilityDomain", "searchContext"}


def test_scans_in_the_order_of_creation_sort_nothing(unchanged: Tenancy) -> None:
    """Pages are cut from lists that were sorted once for the snapshot, whatever the query's type or order."""
    index = SearchIndex(unchanged.snapshot, unchanged.ready_regions)
    vocabulary = Vocabulary(0)
    for text in (
        "query all resources",
        "query all resources sorted by timeCreated asc",
        "query instance resources sorted by timeCreated desc",
    ):
        query = parse_query(text, vocabulary=vocabulary, now=NOW)
        assert index.select(TOKYO, query) is index.select(TOKYO, query)
    descending = parse_query("query all resources sorted by timeCreated desc", vocabulary=vocabulary, now=NOW)
    assert index.select(TOKYO, descending) is index.select(TOKYO, Query())


@pytest.mark.parametrize(
    "query",
    [
        "all resources",
        "query all",
        "query nosuchtype resources",
        "query instance, nosuchtype resources",
        "query all, instance resources",
        "query all resources where color = 'red'",
        "query all resources where shape = 'VM'",
        "query vcn resources where shape = 'VM'",
        "query all resources where displayName > 'a'",
        "query all resources where displayName = ",
        "query all resources where displayName = web",
        "query all resources where displayName 'web'",
        "query all resources where (displayName = 'web'",
        "query all resources where displayName =~ '('",
        "query all resources where timeCreated > 'yesterday'",
        "query all resources where timeCreated =~ '2025'",
        "query all resources sorted by freeformTags.key",
        "query all resources sorted timeCreated",
        "query all resources return color",
        "query all resources sorted by timeCreated asc where displayName = 'x'",
        "query all resources; drop",
        "query all resources matching web",
    ],
)
def test_wrong_queries_are_invalid_parameters(caller: Caller, query: str) -> None:
    with pytest.raises(ServiceError) as error:
        caller.search(query)
    assert (error.value.status, error.value.code) == (400, "InvalidParameter")
    assert "query" in error.value.message


@pytest.mark.parametrize(
    "body",
    [
        {"query": "query all resources"},
        {"type": "Structured"},
        {"type": "Structured", "query": "  "},
        {"type": "FreeText", "query": "x"},
        {"type": "Structured", "query": "query all resources", "matchingContextType": "SOME"},
        [],
    ],
)
def test_wrong_bodies_are_invalid_parameters(caller: Caller, body: Any) -> None:
    with pytest.raises(ServiceError) as error:
        caller.call("query", "POST", "/20180409/resources", body=body)
    assert (error.value.status, error.value.code) == (400, "InvalidParameter")


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many"])
def test_a_limit_outside_one_to_a_thousand_is_refused(caller: Caller, limit: str) -> None:
    with pytest.raises(ServiceError, match="limit"):
        caller.search("query all resources", limit=limit)


def test_free_text_finds_any_attribute(caller: Caller, truth: list[Record]) -> None:
    body = {"type": "FreeText", "text": "ネットワーク", "matchingContextType": "NONE"}
    answer = caller.call("query", "POST", "/20180409/resources", region=TOKYO, body=body)
    found = json.loads(answer.body)["items"]
    named = [r for r in _seen_from(truth, TOKYO) if r["displayName"] and "ネットワーク" in r["displayName"]]
    assert _ocids(found, "identifier") == _ocids(named, "ocid")


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_of_any_size_add_up(caller: Caller, limit: int) -> None:
    query = "query policy, user, group resources"
    pages = list(caller.pages(query, limit=limit))
    assert all(len(page) == limit for page in pages[:-1])
    assert [item for page in pages for item in page] == caller.items(query)


def _first_token(caller: Caller, query: str = "query all resources") -> str:
    return caller.search(query, limit=10).headers["opc-next-page"]


def test_a_token_belongs_to_its_query_and_region(caller: Caller) -> None:
    token = _first_token(caller)
    caller.search("query all resources", limit=10, page=token)
    for query, region in (
        ("query all resources sorted by timeCreated asc", None),
        ("query all resources", TOKYO),
    ):
        with pytest.raises(ServiceError, match="page token") as error:
            caller.search(query, region=region, limit=10, page=token)
        assert error.value.status == 400
    for page in ("x", token[:-3], token + "A"):
        with pytest.raises(ServiceError, match="page token"):
            caller.search("query all resources", limit=10, page=page)


def test_tokens_expire_on_command_and_new_scans_go_on(make_tenancy: Any) -> None:
    caller = Caller(make_tenancy())
    service = caller.services["query"]
    assert isinstance(service, SearchService)
    token = _first_token(caller)
    service.expire_tokens()
    with pytest.raises(ServiceError, match="page token"):
        caller.search("query all resources", limit=10, page=token)
    caller.search("query all resources", limit=10, page=_first_token(caller))


def test_tokens_can_be_good_for_so_many_pages_only(make_tenancy: Any) -> None:
    caller = Caller(make_tenancy())
    caller.services["query"] = SearchService(caller.tenancy, clock=lambda: NOW, token_lifetime_pages=2)
    pages = caller.pages("query all resources", limit=10)
    for _ in range(3):
        assert len(next(pages)) == 10
    with pytest.raises(ServiceError, match="page token"):
        next(pages)


def test_a_restarted_service_continues_a_scan_unless_the_tenancy_changed(make_tenancy: Any) -> None:
    caller = Caller(make_tenancy())
    expected = caller.items("query all resources")
    token = _first_token(caller)
    caller.services["query"] = SearchService(caller.tenancy, clock=lambda: NOW)
    answer = caller.search("query all resources", limit=10, page=token)
    assert json.loads(answer.body)["items"] == expected[10:20]
    caller.services["query"] = SearchService(caller.tenancy, clock=lambda: NOW)
    mutate(caller.tenancy, seed=1, adds=3, now=NOW)
    with pytest.raises(ServiceError, match="page token"):
        caller.search("query all resources", limit=10, page=token)


def test_a_scan_continues_over_the_state_of_its_first_page(make_tenancy: Any) -> None:
    caller = Caller(make_tenancy())
    expected = caller.items("query all resources")
    pages = caller.pages("query all resources", limit=100)
    seen = next(pages)
    changes = mutate(caller.tenancy, seed=1, adds=50, removes=50, now=NOW)
    for page in pages:
        seen += page
    assert seen == expected
    assert set(changes.added) & {item["identifier"] for item in caller.items("query all resources")}


def test_resource_types_are_listed_in_pages_with_their_fields(caller: Caller) -> None:
    answer = caller.call("query", "GET", "/20180409/resourceTypes", limit=200)
    types = json.loads(answer.body)
    more = caller.get("query", "/20180409/resourceTypes", limit=200, page=answer.headers["opc-next-page"])
    by_name = {entry["name"]: entry["fields"] for entry in types + more}
    assert len(by_name) == len(types) + len(more) > 250
    kinds = {field["fieldName"]: field["fieldType"] for field in by_name["Instance"]}
    assert kinds["timeCreated"] == "DATETIME"
    assert kinds["freeformTags"] == "OBJECT"
    assert kinds["shape"] == "STRING"
    assert caller.get("query", "/20180409/resourceTypes/instance")["fields"] == by_name["Instance"]


def test_a_young_service_is_unknown_to_the_younger_regions(caller: Caller) -> None:
    assert caller.get("query", "/20180409/resourceTypes/GenAiAgent")["name"] == "GenAiAgent"
    with pytest.raises(ServiceError) as missing:
        caller.get("query", "/20180409/resourceTypes/GenAiAgent", region=TOKYO)
    assert missing.value.status == 404
    with pytest.raises(ServiceError, match="GenAiAgent") as unknown:
        caller.search("query GenAiAgent resources", region=TOKYO)
    assert unknown.value.status == 400


def test_another_tenancy_is_not_searchable(caller: Caller) -> None:
    caller.search("query all resources", tenantId=caller.tenancy.tenancy_id)
    with pytest.raises(ServiceError) as error:
        caller.search("query all resources", tenantId="ocid1.tenancy.oc1..other")
    assert error.value.status == 404
