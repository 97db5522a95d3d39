"""What is let pass and what is not, request by request."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from iam_site import BUCKET, OTHER, OWN, Site

from emulator.iam import NOT_PERMITTED, Access, NotPermittedError
from emulator.iam.calls import Target
from emulator.iam.permissions import Case, cases_of
from emulator.tenancy import Tenancy
from emulator.wire import Principal, Request

INVOKE = "POST /20260325/functions/{}/actions/invoke"
GET_OBJECT = f"GET /n/axns/b/{BUCKET}/o/a%2Fb"
PUT_OBJECT = f"PUT /n/axns/b/{BUCKET}/o/a%2Fb"


def reason(access: Access, request: Request, principal: Principal) -> str | None:
    """Why a request is not permitted, without what all reasons begin with; None if it is."""
    try:
        access.require(request, principal)
    except NotPermittedError as error:
        return (error.reason or "").removeprefix(NOT_PERMITTED)
    return None


def may(access: Access, site: Site, service: str, call: str, **more: object) -> bool:
    """Whether the function `OWN` may do it."""
    request = site.request(service, call, **more)
    return reason(access, request, site.function_principal()) is None


def test_function_may_do_nothing_until_a_statement_lets_it(site: Site) -> None:
    access = site.access()
    assert reason(access, site.request("objectstorage", GET_OBJECT), site.function_principal()) == (
        "OBJECT_READ for object_storage.ObjectStorageClient.get_object"
    )
    assert may(access, site, "objectstorage", "GET /n")
    assert not may(access, site, "objectstorage", "GET /n", compartmentId=site.tenancy.tenancy_id)
    assert not may(access, site, "iaas", "GET /20160918/vcns", compartmentId=site.inner)


def test_answer_is_that_of_what_is_not_there(site: Site) -> None:
    access = site.access()
    with pytest.raises(NotPermittedError) as elsewhere:
        access.require(site.request("iaas", "GET /20160918/vcns"), site.function_principal())
    assert (elsewhere.value.status, elsewhere.value.code) == (404, "NotAuthorizedOrNotFound")
    with pytest.raises(NotPermittedError) as in_bucket:
        access.require(site.request("objectstorage", GET_OBJECT), site.function_principal())
    assert (in_bucket.value.status, in_bucket.value.code) == (404, "BucketNotFound")
    assert "OBJECT_READ" not in in_bucket.value.message


def test_statement_is_for_its_group_alone(site: Site) -> None:
    access = site.access("Allow dynamic-group G to read objects in tenancy")
    request = site.request("objectstorage", GET_OBJECT)
    assert reason(access, request, site.function_principal(OWN)) is None
    assert reason(access, request, site.function_principal(OTHER)) is not None


def test_any_user_is_everybody_narrowed_by_the_principal(site: Site) -> None:
    text = (
        "Allow any-user to read objects in tenancy where all "
        "{{request.principal.type = 'fnfunc', request.principal.id = '{}'}}"
    )
    request = site.request("objectstorage", GET_OBJECT)
    assert reason(site.access(text.format(OWN)), request, site.function_principal()) is None
    assert reason(site.access(text.format(OTHER)), request, site.function_principal()) is not None


def test_person_is_an_administrator_unless_their_groups_are_known(site: Site) -> None:
    access = site.access("Allow group Auditors to inspect vcns in tenancy", ada="auditors")
    listing, creation = (
        site.request("iaas", "GET /20160918/vcns"),
        site.request("iaas", "POST /20160918/vcns"),
    )
    assert reason(access, creation, site.person("bob")) is None
    assert reason(access, listing, site.person("ada")) is None
    assert reason(access, creation, site.person("ada")) == (
        "core.VirtualNetworkClient.create_vcn is for administrators"
    )


def test_administrators_alone_do_what_no_table_knows(site: Site) -> None:
    access = site.access("Allow dynamic-group g to manage all-resources in tenancy")
    assert may(access, site, "iaas", "GET /20160918/vcns")
    assert not may(access, site, "iaas", "DELETE /20160918/vcns/ocid1.vcn.oc1.iad.a")
    assert not may(access, site, "iaas", "GET /20160918/unheardOf")
    assert not may(access, site, "unheardof", "GET /20160918/vcns")


def test_location_holds_for_the_compartment_and_all_below(site: Site) -> None:
    ids = {
        place: f"Allow dynamic-group g to read all-resources in compartment id {place}"
        for place in (site.outer, site.inner, site.aside, site.tenancy.tenancy_id)
    }

    def reaches(scope: str, place: str) -> bool:
        return may(site.access(ids[scope]), site, "iaas", "GET /20160918/vcns", compartmentId=place)

    assert reaches(site.outer, site.outer)
    assert reaches(site.outer, site.inner)
    assert not reaches(site.inner, site.outer)
    assert not reaches(site.aside, site.inner)
    assert not reaches(site.outer, site.tenancy.tenancy_id)
    assert reaches(site.tenancy.tenancy_id, site.inner)
    assert reaches(site.tenancy.tenancy_id, site.tenancy.tenancy_id)


def test_location_may_be_a_name_and_a_path_of_names(site: Site) -> None:
    names = {one.ocid: one.display_name for one in site.tenancy.compartments}
    path, above = names[site.inner], site.outer
    while above != site.tenancy.tenancy_id:
        path, above = f"{names[above]}:{path}", site.tenancy.resources[above].compartment_id
    for where, holds in ((path, True), (f"{path}:nowhere", False), (names[site.aside], False)):
        access = site.access(f"Allow dynamic-group g to read vcns in compartment {where}")
        assert may(access, site, "iaas", "GET /20160918/vcns", compartmentId=site.inner) is holds


def changeable(site: Site) -> Site:
    """The same site with a tenancy of its own."""
    tenancy = site.tenancy
    copy = Tenancy(
        tenancy_id=tenancy.tenancy_id,
        name=tenancy.name,
        realm=tenancy.realm,
        namespace=tenancy.namespace,
        regions=tenancy.regions,
        type_names=tenancy.type_names,
        resources=tenancy.snapshot,
    )
    return replace(site, tenancy=copy)


def move(site: Site, ocid: str, compartment_id: str) -> None:
    tenancy = site.tenancy
    with tenancy.changing:
        tenancy.replace(put=[replace(tenancy.resources[ocid], compartment_id=compartment_id)])


def test_resource_that_moves_is_judged_by_where_it_is(site: Site) -> None:
    site = changeable(site)
    instances = site.tenancy.snapshot.of_type("Instance")
    moved = next(one.ocid for one in instances if one.compartment_id != site.aside) or ""
    access = site.access(f"Allow dynamic-group g to read instances in compartment id {site.aside}")
    call = f"GET /20160918/instances/{moved}"
    assert not may(access, site, "iaas", call)
    move(site, moved, site.aside)
    assert may(access, site, "iaas", call)


def test_compartment_that_moves_takes_along_what_is_in_it(site: Site) -> None:
    site = changeable(site)
    access = site.access(f"Allow dynamic-group g to read vcns in compartment id {site.outer}")
    call = {"service": "iaas", "call": "GET /20160918/vcns", "compartmentId": site.inner}
    assert may(access, site, **call)
    move(site, site.inner, site.aside)
    assert not may(access, site, **call)


def test_compartment_that_nobody_knows_is_no_closer_than_the_root(site: Site) -> None:
    """It is for the service to say that it is not there."""
    for scope, holds in ((site.tenancy.tenancy_id, True), (site.outer, False)):
        access = site.access(
            f"Allow dynamic-group g to use metrics in compartment id {scope} "
            "where target.metrics.namespace = 'mine'"
        )
        metric = {"namespace": "mine", "compartmentId": "ocid1.compartment.oc1..nowhere"}
        body = json.dumps({"metricData": [metric]}).encode()
        assert may(access, site, "telemetry-ingestion", "POST /20180401/metrics", body=body) is holds


def test_list_below_a_resource_is_judged_by_where_that_is(site: Site) -> None:
    application = site.tenancy.snapshot.of_type("FunctionsApplication")[0]
    for place in (application.compartment_id, site.aside):
        access = site.access(f"Allow dynamic-group g to inspect fn-function in compartment id {place}")
        listing = site.request("functions", "GET /20260325/functions", applicationId=application.ocid or "")
        is_there = place == application.compartment_id
        assert (reason(access, listing, site.function_principal()) is None) is is_there


def test_compartment_itself_is_judged_as_a_place(site: Site) -> None:
    access = site.access(f"Allow dynamic-group g to inspect compartments in compartment id {site.outer}")
    assert may(access, site, "identity", f"GET /20160918/compartments/{site.outer}")
    assert may(access, site, "identity", f"GET /20160918/compartments/{site.inner}")
    assert not may(access, site, "identity", f"GET /20160918/compartments/{site.aside}")


@pytest.mark.parametrize(
    ("granted", "allowed"),
    [
        ("OBJECT_INSPECT", {"list", "head"}),
        ("OBJECT_READ", {"get", "head"}),
        ("OBJECT_CREATE", {"put new"}),
        ("OBJECT_OVERWRITE", {"put old"}),
        ("OBJECT_DELETE", {"delete", "abort"}),
        ("OBJECT_CREATE, OBJECT_OVERWRITE", {"put new", "put old", "begin", "part", "commit"}),
        ("BUCKET_READ", {"bucket"}),
    ],
)
def test_each_permission_on_objects_lets_pass_its_own_operations(
    site: Site, granted: str, allowed: set[str]
) -> None:
    access = site.access(f"Allow dynamic-group g to {{{granted}}} in tenancy")
    site.objects.add("old")
    bucket = f"/n/axns/b/{BUCKET}"
    calls = {
        "list": f"GET {bucket}/o",
        "head": f"HEAD {bucket}/o/old",
        "get": f"GET {bucket}/o/old",
        "put new": f"PUT {bucket}/o/new",
        "put old": f"PUT {bucket}/o/old",
        "delete": f"DELETE {bucket}/o/old",
        "begin": f"POST {bucket}/u",
        "part": f"PUT {bucket}/u/new",
        "commit": f"POST {bucket}/u/new",
        "abort": f"DELETE {bucket}/u/new",
        "bucket": f"GET {bucket}",
    }
    assert {name for name, call in calls.items() if may(access, site, "objectstorage", call)} == allowed


def test_object_may_be_created_and_not_overwritten_from_one_instant_to_the_next(site: Site) -> None:
    access = site.access("Allow dynamic-group g to {OBJECT_CREATE} in tenancy")
    assert may(access, site, "objectstorage", PUT_OBJECT)
    site.objects.add("a/b")
    assert not may(access, site, "objectstorage", PUT_OBJECT)


def test_object_is_the_same_whether_its_slashes_are_escaped_or_not(site: Site) -> None:
    access = site.access("Allow dynamic-group g to read objects in tenancy where target.object.name = 'a/b'")
    assert may(access, site, "objectstorage", GET_OBJECT)
    assert may(access, site, "objectstorage", f"GET /n/axns/b/{BUCKET}/o/a/b")
    assert not may(access, site, "objectstorage", f"GET /n/axns/b/{BUCKET}/o/a/c")


def test_bucket_is_known_by_its_name_and_its_compartment(site: Site) -> None:
    by_name = site.access(
        f"Allow dynamic-group g to read objects in tenancy where target.bucket.name = '{BUCKET}'"
    )
    by_place = site.access(f"Allow dynamic-group g to read objects in compartment id {site.outer}")
    for access in (by_name, by_place):
        assert may(access, site, "objectstorage", GET_OBJECT)
        assert not may(access, site, "objectstorage", "GET /n/axns/b/another/o/a")
    # A condition on the bucket's name does not apply to the list of all buckets.
    listing = "GET /n/axns/b"
    assert not may(
        site.access(
            f"Allow dynamic-group g to read buckets in tenancy where target.bucket.name = '{BUCKET}'"
        ),
        site,
        "objectstorage",
        listing,
    )
    assert may(
        site.access("Allow dynamic-group g to read buckets in tenancy"), site, "objectstorage", listing
    )


def test_generated_bucket_lies_where_the_tenancy_has_it(site: Site) -> None:
    bucket = next(
        one for one in site.tenancy.snapshot.of_type("Bucket") if one.region == site.tenancy.home_region
    )
    call = f"GET /n/{site.tenancy.namespace}/b/{bucket.display_name}"
    own, root = (
        f"Allow dynamic-group g to read buckets in compartment id {place}"
        for place in (bucket.compartment_id, site.aside)
    )
    assert may(site.access(own), site, "objectstorage", call)
    assert may(site.access(root), site, "objectstorage", call) is (bucket.compartment_id == site.aside)


def test_function_is_known_by_its_id_its_application_and_its_compartment(site: Site) -> None:
    application = site.function(OTHER).application.ocid
    for condition in (
        f"in tenancy where target.function.id = '{OTHER}'",
        f"in tenancy where target.app.id = '{application}'",
        f"in compartment id {site.inner} where target.function.id = '{OTHER}'",
    ):
        access = site.access(f"Allow dynamic-group g to use fn-invocation {condition}")
        assert may(access, site, "functions", INVOKE.format(OTHER)), condition
        assert not may(access, site, "functions", INVOKE.format(OWN)), condition
        # To look it up is another permission.
        assert not may(access, site, "functions", f"GET /20260325/functions/{OTHER}"), condition
    aside = site.access(f"Allow dynamic-group g to use fn-invocation in compartment id {site.aside}")
    assert not may(aside, site, "functions", INVOKE.format(OTHER))


def test_metrics_are_permitted_by_namespace_all_or_none(site: Site) -> None:
    access = site.access(
        f"Allow dynamic-group g to use metrics in compartment id {site.outer} "
        "where target.metrics.namespace = 'mine'"
    )

    def posts(*metrics: tuple[str, str]) -> bool:
        data = [{"namespace": namespace, "compartmentId": place} for namespace, place in metrics]
        body = json.dumps({"metricData": data}).encode()
        return may(access, site, "telemetry-ingestion", "POST /20180401/metrics", body=body)

    assert posts(("mine", site.inner), ("mine", site.outer))
    assert not posts(("mine", site.inner), ("theirs", site.inner))
    assert not posts(("mine", site.aside))
    assert not posts()
    assert not may(access, site, "telemetry-ingestion", "POST /20180401/metrics", body=b"no json")


def test_chat_is_judged_by_the_compartment_in_its_body(site: Site) -> None:
    access = site.access(f"Allow dynamic-group g to use generative-ai-chat in compartment id {site.outer}")
    for place, holds in ((site.inner, True), (site.aside, False), (None, False)):
        body = json.dumps({"compartmentId": place}).encode()
        call = "POST /20231130/actions/chat"
        assert may(access, site, "inference.generativeai", call, body=body) is holds
    read = site.access("Allow dynamic-group g to read generative-ai-family in tenancy")
    assert not may(read, site, "inference.generativeai", "POST /20231130/actions/chat", body=b"{}")


def test_reading_all_but_contents_leaves_metadata_and_lists(site: Site) -> None:
    access = site.access(
        "Allow dynamic-group g to read all-resources in tenancy "
        "where all {request.permission != 'OBJECT_READ', request.permission != 'SECRET_BUNDLE_READ'}"
    )
    site.objects.add("a/b")
    assert may(access, site, "objectstorage", f"GET /n/axns/b/{BUCKET}/o")
    assert may(access, site, "objectstorage", GET_OBJECT.replace("GET", "HEAD"))
    assert not may(access, site, "objectstorage", GET_OBJECT)
    assert may(access, site, "vaults", "GET /20180608/secrets/ocid1.vaultsecret.oc1.iad.a")
    bundle = "GET /20190301/secretbundles/ocid1.vaultsecret.oc1.iad.a"
    assert not may(access, site, "secrets.vaults", bundle)
    assert may(access, site, "secrets.vaults", f"{bundle}/versions")
    assert not may(access, site, "secrets.vaults", "POST /20190301/secretbundles/actions/getByName")


def test_operation_may_be_named_in_place_of_a_permission(site: Site) -> None:
    access = site.access(
        "Allow dynamic-group g to read objects in tenancy where request.operation = 'ListObjects'"
    )
    assert may(access, site, "objectstorage", f"GET /n/axns/b/{BUCKET}/o")
    assert not may(access, site, "objectstorage", GET_OBJECT)


def test_service_of_oracle_acts_by_its_own_name(site: Site) -> None:
    text = "Allow service objectstorage-us-ashburn-1 to manage objects in tenancy"
    (case,) = (case for case in _cases("delete_object") if case.when == "versionId given")
    target = Target(site.inner)
    for name, holds in (("objectstorage-us-ashburn-1", True), ("objectstorage-eu-frankfurt-1", False)):
        service = Principal(kind="service", ocid=name, tenancy_id="", compartment_id="")
        assert site.access(text).allows(service, case, target) is holds
    assert not site.access(text).allows(site.function_principal(), case, target)


def _cases(name: str) -> tuple[Case, ...]:
    return cases_of(f"object_storage.ObjectStorageClient.{name}", is_read=False) or ()


def test_schedule_looks_a_function_up_and_invokes_it(site: Site) -> None:
    schedule_id = "ocid1.resourceschedule.oc1..s"
    schedule = replace(site.function_principal(), ocid=schedule_id)
    rule = f"all {{resource.type = 'resourceschedule', any {{resource.id = '{schedule_id}'}}}}"
    invoke = f"Allow dynamic-group g to use fn-invocation in tenancy where target.function.id = '{OWN}'"
    look_up = f"Allow dynamic-group g to read fn-function in tenancy where target.function.id = '{OWN}'"
    site.access(invoke, look_up, rule=rule).require_invocation(schedule, OWN)
    for statements, function_id, missing in (
        ((invoke, look_up), OTHER, "FN_FUNCTION_READ"),
        ((look_up,), OWN, "FN_INVOCATION"),
        ((invoke,), OWN, "FN_FUNCTION_READ"),
    ):
        with pytest.raises(NotPermittedError) as raised:
            site.access(*statements, rule=rule).require_invocation(schedule, function_id)
        assert missing in (raised.value.reason or "")


def test_search_shows_what_may_be_listed_where_it_may_be(site: Site) -> None:
    def sees(*statements: str, **persons: str) -> set[str | None] | None:
        principal = site.person("ada") if persons else site.function_principal()
        sight = site.access(*statements, **persons).sight(principal)
        return None if sight is None else {one.ocid for one in site.tenancy.snapshot if sight(one)}

    def of(type_name: str) -> set[str | None]:
        return {one.ocid for one in site.tenancy.snapshot.of_type(type_name)}

    assert sees() == set()
    everything = {one.ocid for one in site.tenancy.snapshot}
    # Listing instances and images takes more than to inspect them.
    assert sees("Allow dynamic-group g to inspect all-resources in tenancy") == (
        everything - of("Instance") - of("Image")
    )
    assert sees("Allow dynamic-group g to read all-resources in tenancy") is None
    assert sees("Allow dynamic-group g to inspect compartments in tenancy") == of("Compartment")
    assert sees("Allow dynamic-group g to {OBJECT_READ, FN_INVOCATION} in tenancy") == set()
    within = sees(f"Allow dynamic-group g to inspect compartments in compartment id {site.outer}")
    assert within is not None
    assert {site.outer, site.inner} <= within
    assert site.aside not in within
    bucket = next(iter(site.tenancy.snapshot.of_type("Bucket")))
    assert sees(
        "Allow dynamic-group g to inspect buckets in tenancy "
        f"where target.bucket.name = '{bucket.display_name}'"
    ) == {
        one.ocid for one in site.tenancy.snapshot.of_type("Bucket") if one.display_name == bucket.display_name
    }
    assert sees("Allow group Auditors to inspect vcns in tenancy", ada="auditors") == of("Vcn")
    assert site.access().sight(site.person()) is None
