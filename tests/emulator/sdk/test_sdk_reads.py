"""Gets and lists of every type, and of what hangs below them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sdk_caller import Caller

from emulator.mutation import mutate
from emulator.sdk.models import item_model, model
from emulator.sdk.operations import Operation, client_operations, clients, operation
from emulator.sdk.types import searchable_types, shown_model
from emulator.tenancy import Resource, Tenancy
from emulator.tenancy.details import READ_CALLS, details, read_path
from emulator.wire import Principal, Request, Response, ServiceError
from tests.fakes.service_caller import NOW

ByType = dict[str, list[Resource]]

_READABLE = sorted(name for name in READ_CALLS if name not in ("Bucket", "Compartment"))
_LISTED = sorted(name for name in _READABLE if searchable_types()[name].list is not None)


def _listing(resource: Resource, tenancy: Tenancy) -> tuple[str, str, dict[str, Any]]:
    """Where and how a resource's list is asked for, with everything that the SDK requires."""
    call = operation(searchable_types()[resource.resource_type].list or "")
    found = read_path(resource, tenancy)
    assert found is not None
    known: dict[str, Any] = {
        "compartmentId": resource.compartment_id,
        "availabilityDomain": resource.availability_domain,
        "namespaceName": tenancy.namespace,
        "tenancyId": tenancy.tenancy_id,
    }
    for reference in searchable_types()[resource.resource_type].references:
        known.setdefault(reference.field.lstrip("_"), resource.references.get(reference.field))
    path = call.path
    get_call = READ_CALLS[resource.resource_type].operation
    values = dict(zip(_segments(get_call.path), _segments(found[1]), strict=True))
    for name in call.path_parameters:
        value = values.get(f"{{{name}}}") or known.get(name)
        assert value, name
        path = path.replace(f"{{{name}}}", str(value))
    body = details(resource, tenancy) or {}
    query = {name: known.get(name) or body.get(name) or "x" for name in call.query if name in call.required}
    return found[0], path, query


def _segments(path: str) -> list[str]:
    return path.split("/")


@pytest.mark.parametrize("type_name", _READABLE)
def test_a_get_answers_the_truth_in_its_region_only(
    caller: Caller, by_type: ByType, tenancy: Tenancy, type_name: str
) -> None:
    resource = by_type[type_name][0]
    assert caller.read(resource) == details(resource, tenancy)
    elsewhere = next(region for region in tenancy.ready_regions if region != resource.region)
    if resource.is_identity:
        assert caller.read(resource, region=elsewhere) == details(resource, tenancy)
    else:
        with pytest.raises(ServiceError) as error:
            caller.read(resource, region=elsewhere)
        assert (error.value.status, error.value.code) == (404, "NotAuthorizedOrNotFound")


@pytest.mark.parametrize("type_name", _LISTED)
def test_a_list_has_the_resource_as_its_get_shows_it(
    caller: Caller, by_type: ByType, tenancy: Tenancy, type_name: str
) -> None:
    resource = by_type[type_name][0]
    service, path, query = _listing(resource, tenancy)
    if "lifecycleState" in operation(searchable_types()[type_name].list or "").query:
        query["lifecycleState"] = (resource.lifecycle_state or "").upper() or "ACTIVE"
        if resource.lifecycle_state is None:
            del query["lifecycleState"]
    items = caller.listed(service, path, region=resource.region, limit=_largest_page(type_name), **query)
    body: Mapping[str, Any] = details(resource, tenancy) or {}
    item = next(item for item in items if resource.ocid in item.values())
    for name, value in item.items():
        if name in body:
            assert value == body[name], name


def _largest_page(type_name: str) -> int:
    return operation(searchable_types()[type_name].list or "").max_limit or 1000


def _shows_as_much(type_name: str) -> bool:
    """Whether the SDK's model of a list's items, and of each subtype of them, has all fields of the get's."""
    call = operation(searchable_types()[type_name].list or "")
    module, full = call.client.module, shown_model(type_name)
    wrapped = item_model(module, call.response or "")
    if full is None or wrapped is None:
        return False
    item = model(module, wrapped[0])
    pairs = [(full, item)]
    for value, subtype in full.subtypes.items():
        pairs.append((model(module, subtype), model(module, item.subtypes.get(value, item.name))))
    return all(one.fields.keys() <= other.fields.keys() for one, other in pairs)


_COMPLETE = [name for name in _LISTED if _shows_as_much(name)]


@pytest.mark.parametrize("type_name", _COMPLETE)
def test_a_list_of_full_items_has_all_that_the_get_has(
    caller: Caller, by_type: ByType, tenancy: Tenancy, type_name: str
) -> None:
    """So reading by lists loses nothing of these types, unknown fields included."""
    for resource in by_type[type_name][:3]:
        service, path, query = _listing(resource, tenancy)
        items = caller.listed(service, path, region=resource.region, limit=_largest_page(type_name), **query)
        body = details(resource, tenancy) or {}
        [item] = [item for item in items if resource.ocid in item.values()]
        assert {name: item.get(name, "missing") for name in body} == body


def test_about_a_third_of_the_lists_have_full_items() -> None:
    assert 0.3 < len(_COMPLETE) / len(_LISTED) < 0.45
    assert {"Instance", "Vcn", "Volume", "Policy", "User"} <= set(_COMPLETE)
    # Their base models have the same fields, and the subtypes of a list's items fewer.
    assert not {"OcbVmAsset", "OpsiDatabaseInsight", "Bucket", "Key"} & set(_COMPLETE)


@pytest.mark.parametrize(
    ("type_name", "largest", "usual"),
    [
        ("EventRule", 50, 10),
        ("DataScienceJob", 100, 100),
        ("FileSystem", 4096, 100),
        ("Vcn", 1000, 100),
        ("MySQLDbSystem", 1000, 100),
    ],
)
def test_pages_are_as_large_as_the_sdks_documentation_says(
    caller: Caller, by_type: ByType, tenancy: Tenancy, type_name: str, largest: int, usual: int
) -> None:
    """1000 items where it says nothing; a larger limit is refused, and without one the usual page comes."""
    call = operation(searchable_types()[type_name].list or "")
    assert (call.max_limit or 1000, call.default_limit or 100) == (largest, usual)
    resource = by_type[type_name][0]
    service, path, query = _listing(resource, tenancy)
    query["region"] = resource.region
    assert caller.call(service, "GET", path, limit=largest, **query).status == 200
    for limit in (0, largest + 1, "many"):
        with pytest.raises(ServiceError) as error:
            caller.call(service, "GET", path, limit=limit, **query)
        assert (error.value.status, error.value.code) == (400, "InvalidParameter")


def test_lists_below_a_parent_or_a_compartment_follow_every_change(make_small: Callable[[], Tenancy]) -> None:
    """What lists look up is of the tenancy as it is now: moved, added and removed resources included."""
    tenancy = make_small()
    caller = Caller(tenancy)
    for seed in (1, 2):
        mutate(tenancy, seed=seed, now=NOW, adds=40, removes=40, moves=80)
        for compartment in (tenancy.tenancy_id, *(c.ocid for c in tenancy.compartments)):
            inside = {
                r.ocid
                for r in tenancy.snapshot.of_type("Subnet")
                if (r.region, r.compartment_id) == (tenancy.home_region, compartment)
                and details(r, tenancy) is not None
            }
            found = caller.listed("iaas", "/20160918/subnets", compartmentId=compartment)
            assert {item["id"] for item in found} == inside
        for application in tenancy.snapshot.of_type("FunctionsApplication"):
            place = {"region": application.region, "applicationId": application.ocid}
            found = caller.listed("functions", "/20260325/functions", limit=50, **place)
            assert {item["id"] for item in found} == {
                r.ocid
                for r in tenancy.snapshot.of_type("FunctionsFunction")
                if r.references["applicationId"] == application.ocid and details(r, tenancy) is not None
            }


def test_lists_filter_and_page(caller: Caller, tenancy: Tenancy) -> None:
    """Pages together are the whole, each once; compartment, state, name and parent narrow it."""
    vnics = [r for r in tenancy.snapshot.of_type("Subnet") if r.region == tenancy.home_region]
    live = [r for r in vnics if details(r, tenancy) is not None]
    place = live[0].compartment_id
    inside = {r.ocid for r in live if r.compartment_id == place}
    query = {"region": tenancy.home_region, "compartmentId": place}
    listed = caller.listed("iaas", "/20160918/subnets", limit=1, **query)
    assert [item["id"] for item in listed].count(live[0].ocid) == 1
    assert {item["id"] for item in listed} == inside
    assert len(listed) == len(inside)
    named = caller.listed("iaas", "/20160918/subnets", displayName=live[0].display_name, **query)
    assert {item["displayName"] for item in named} == {live[0].display_name}
    vcn_id = live[0].references["vcnId"]
    below = caller.listed("iaas", "/20160918/subnets", vcnId=vcn_id, **query)
    assert {item["vcnId"] for item in below} == {vcn_id}
    state = (live[0].lifecycle_state or "").lower()
    in_state = caller.listed("iaas", "/20160918/subnets", lifecycleState=state, **query)
    assert {item["lifecycleState"] for item in in_state} == {state.upper()}
    ordered = caller.listed(
        "iaas", "/20160918/subnets", sortBy="TIMECREATED", sortOrder="DESC", limit=2, **query
    )
    times = [item["timeCreated"] for item in ordered]
    assert times == sorted(times, reverse=True)


def test_a_page_token_belongs_to_its_request(caller: Caller, tenancy: Tenancy) -> None:
    query = {"compartmentId": tenancy.tenancy_id, "limit": 1}
    first = caller.call("identity", "GET", "/20160918/users", **query)
    token = first.headers["opc-next-page"]
    for other in ({"compartmentId": tenancy.tenancy_id, "name": "x"},):
        with pytest.raises(ServiceError) as error:
            caller.call("identity", "GET", "/20160918/users", page=token, **other)
        assert (error.value.status, error.value.code) == (400, "InvalidParameter")


def test_a_subtree_is_all_that_lies_below(caller: Caller, tenancy: Tenancy) -> None:
    """Of Cloud Guard's targets, from the root and from a compartment in the middle."""
    targets = [
        r
        for r in tenancy.snapshot.of_type("CloudGuardTarget")
        if r.region == tenancy.home_region and details(r, tenancy) is not None
    ]
    path = "/20200131/targets"
    whole = caller.listed(
        "cloudguard-cp-api", path, compartmentId=tenancy.tenancy_id, compartmentIdInSubtree=True
    )
    assert {item["id"] for item in whole} == {r.ocid for r in targets}
    direct = caller.listed("cloudguard-cp-api", path, compartmentId=targets[0].compartment_id)
    assert {r.ocid for r in targets if r.compartment_id == targets[0].compartment_id} == {
        item["id"] for item in direct
    }


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/20160918/subnets", {}, (400, "MissingParameter")),
        (
            "/20160918/subnets",
            {"compartmentId": "ocid1.compartment.oc1..x"},
            (404, "NotAuthorizedOrNotFound"),
        ),
        ("/20160918/subnets", {"compartmentId": "ROOT", "limit": "0"}, (400, "InvalidParameter")),
        ("/20160918/nothings", {"compartmentId": "ROOT"}, (404, "NotAuthorizedOrNotFound")),
        ("/20160918/subnets/ocid1.subnet.oc1.iad.x", {}, (404, "NotAuthorizedOrNotFound")),
        ("/20170115/loadBalancers/ocid1.loadbalancer.oc1.iad.x/health", {}, (404, "NotAuthorizedOrNotFound")),
    ],
)
def test_what_is_not_there_is_told_as_oci_tells_it(
    caller: Caller, tenancy: Tenancy, path: str, query: dict[str, str], expected: tuple[int, str]
) -> None:
    asked = {name: tenancy.tenancy_id if value == "ROOT" else value for name, value in query.items()}
    with pytest.raises(ServiceError) as error:
        caller.call("iaas", "GET", path, **asked)
    assert (error.value.status, error.value.code) == expected


def test_keys_answer_at_their_own_vault(caller: Caller, by_type: ByType, tenancy: Tenancy) -> None:
    """As the vault's body says, and at no other vault and not at the region's endpoint."""
    key = by_type["Key"][0]
    vault = tenancy.resources[str(key.references["vaultId"])]
    endpoint = caller.read(vault)["managementEndpoint"]
    host = endpoint.removeprefix("https://").partition(f".{key.region}.")[0]
    path = f"/20180608/keys/{key.ocid}"
    assert caller.get(host, path, region=key.region) == details(key, tenancy)
    listed = caller.listed(host, "/20180608/keys", region=key.region, compartmentId=key.compartment_id)
    assert key.ocid in {item["id"] for item in listed}
    for other in ("kms", "zzzzzzzzzzzzz-management.kms"):
        with pytest.raises(ServiceError):
            caller.get(other, path, region=key.region)


def test_a_resource_below_another_answers_below_that_one_only(
    caller: Caller, by_type: ByType, tenancy: Tenancy
) -> None:
    log = by_type["Log"][0]
    other = next(
        group
        for group in by_type["LogGroup"] + by_type["Log"]
        if group.region == log.region and group.ocid not in (log.references["logGroupId"], log.ocid)
    )
    with pytest.raises(ServiceError):
        caller.get("logging", f"/20200531/logGroups/{other.ocid}/logs/{log.ocid}", region=log.region)


def test_domains_that_lists_ask_for_can_be_found_out(
    caller: Caller, by_type: ByType, tenancy: Tenancy
) -> None:
    """File systems are listed by availability domain, and identity says which there are."""
    system = by_type["FileSystem"][0]
    query = {"region": system.region, "compartmentId": system.compartment_id}
    domains = caller.get("identity", "/20160918/availabilityDomains", **query)
    found = [
        item["id"]
        for domain in domains
        for item in caller.listed(
            "filestorage", "/20171215/fileSystems", availabilityDomain=domain["name"], **query
        )
    ]
    assert found.count(system.ocid) == 1
    name = domains[0]["name"]
    faults = caller.get("identity", "/20160918/faultDomains", availabilityDomain=name, **query)
    assert [fault["name"] for fault in faults] == ["FAULT-DOMAIN-1", "FAULT-DOMAIN-2", "FAULT-DOMAIN-3"]


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("iaas", "/20160918/instances/{Vcn}"),
        ("iaas", "/20160918/instanceConsoleConnections/{Vcn}"),
        ("iaas", "/20170115/loadBalancers/{Vcn}/health"),
        ("iaas", "/20160918/vcns/{Vcn}/nothing"),
    ],
)
def test_the_id_of_another_kind_is_not_found(
    caller: Caller, by_type: ByType, service: str, path: str
) -> None:
    vcn = by_type["Vcn"][0]
    with pytest.raises(ServiceError) as error:
        caller.get(service, path.replace("{Vcn}", str(vcn.ocid)), region=vcn.region)
    assert error.value.status == 404


class _KnowsOne:
    """A service that works and knows one application."""

    def handle(self, request: Request, principal: Principal) -> Response:
        if request.segments()[-1] == "deployed":
            return Response.of_json({"id": "deployed"})
        raise ServiceError(404, "NoSuchApplication", "not deployed")


def test_generated_functions_stand_behind_deployed_ones(by_type: ByType, tenancy: Tenancy) -> None:
    """What the functions service does not know is looked up; where neither knows, its own error holds."""
    caller = Caller(tenancy, owned={"functions": _KnowsOne()})
    assert caller.get("functions", "/20260325/applications/deployed") == {"id": "deployed"}
    function = by_type["FunctionsFunction"][0]
    assert caller.read(function)["applicationId"] == function.references["applicationId"]
    place = {"region": function.region, "applicationId": function.references["applicationId"]}
    listed = caller.listed("functions", "/20260325/functions", limit=50, **place)
    assert function.ocid in {item["id"] for item in listed}
    for method, path in (("GET", "/20260325/applications/none"), ("POST", "/20260325/functions/x")):
        with pytest.raises(ServiceError) as error:
            caller.call("functions", method, path)
        assert error.value.code == "NoSuchApplication"


def test_parts_of_a_resource_answer_derived_bodies(caller: Caller, by_type: ByType, tenancy: Tenancy) -> None:
    """The same each time; nothing else of the service is invented: such lists are empty."""
    balancer = by_type["LoadBalancer"][0]
    path = f"/20170115/loadBalancers/{balancer.ocid}/health"
    health = caller.get("iaas", path, region=balancer.region)
    assert health["status"] in ("OK", "WARNING", "CRITICAL", "UNKNOWN")
    assert caller.get("iaas", path, region=balancer.region) == health
    assert caller.listed("iaas", "/20160918/shapes", compartmentId=tenancy.tenancy_id) == []
    zone = caller.get("cloudguard-cp-api", "/20200131/configuration", compartmentId=tenancy.tenancy_id)
    assert zone["reportingRegion"] in tenancy.ready_regions


def _status(caller: Caller, call: Operation, path: str, query: Mapping[str, str]) -> int:
    try:
        return caller.call(call.client.label, call.method, path, body={}, **query).status
    except ServiceError as error:
        return error.status


def test_no_read_operation_of_the_sdk_fails(caller: Caller, tenancy: Tenancy) -> None:
    """Each answers, or says in OCI's way what is missing; none of them is unknown."""
    statuses: Counter[int] = Counter()
    for client in clients():
        for call in client_operations(client).values():
            if call.client.label in ("query", "idcs-guid.identity", "telemetry-ingestion"):
                continue
            path = call.path
            for name in call.path_parameters:
                path = path.replace(f"{{{name}}}", tenancy.tenancy_id)
            query = dict.fromkeys((n for n in call.query if n in call.required), tenancy.tenancy_id)
            statuses[_status(caller, call, path, query)] += 1
    assert set(statuses) <= {200, 400, 404}
    assert statuses[200] > 1800


def test_unreadable_types_are_in_no_get_and_no_list(
    caller: Caller, by_type: ByType, tenancy: Tenancy
) -> None:
    bastion = by_type["Bastion"][0]
    query = {"region": bastion.region, "compartmentId": bastion.compartment_id}
    assert bastion.ocid in {i["id"] for i in caller.listed("bastion", "/20210331/bastions", **query)}
    before = tenancy.unreadable_types
    tenancy.unreadable_types = frozenset({"Bastion"})
    try:
        assert caller.listed("bastion", "/20210331/bastions", **query) == []
        with pytest.raises(ServiceError):
            caller.get("bastion", f"/20210331/bastions/{bastion.ocid}", region=bastion.region)
    finally:
        tenancy.unreadable_types = before
