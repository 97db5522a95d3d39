"""Definitions and their limits, and the API's own paths, headers and refusals."""

import json
from typing import Any

import pytest
from functions_bench import REGION, TENANCY, Bench, refused

from emulator.wire import Principal, Request, Response, ServiceError

CALLER = Principal(kind="user", ocid="ocid1.user.oc1..u", tenancy_id=TENANCY, compartment_id=TENANCY)
NOT_FOUND = (404, "NotAuthorizedOrNotFound")


def request(bench: Bench, method: str, path: str, *, region: str = REGION, **more: Any) -> Response:
    principal = more.pop("principal", CALLER)
    return bench.service.handle(
        Request(service="functions", region=region, method=method, path=path, target=path, **more), principal
    )


@pytest.mark.parametrize("version", ["20181201", "20260325"])
def test_both_versions_of_the_api_invoke(bench: Bench, version: str) -> None:
    answer = request(
        bench,
        "POST",
        f"/{version}/functions/{bench.function.ocid}/actions/invoke",
        headers={"content-type": "text/plain", "authorization": "Signature ...", "opc-request-id": "r"},
        body=b'{"do": "look"}',
    )
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["fn-call-id"] == bench.service.calls[0].call_id
    assert not answer.headers.keys() & {"content-length", "transfer-encoding", "connection"}
    headers = json.loads(answer.body)["headers"]
    assert headers["content-type"] == "text/plain"
    assert headers["opc-request-id"] == "r"
    assert headers["oci-subject-id"] == CALLER.ocid
    assert headers["oci-subject-type"] == "user"
    assert headers["oci-subject-tenancy-id"] == TENANCY
    assert "authorization" not in headers


def test_a_gateway_sees_the_functions_own_status_and_headers_wrapped(bench: Bench) -> None:
    answer = request(
        bench,
        "POST",
        f"/20181201/functions/{bench.function.ocid}/actions/invoke",
        headers={"fn-intent": "httprequest"},
        body=b'{"do": "nothing"}',
    )
    assert answer.headers["fn-http-status"] == "200"


def test_a_detached_request_is_answered_202(bench: Bench) -> None:
    answer = request(
        bench,
        "POST",
        f"/20260325/functions/{bench.function.ocid}/actions/invoke",
        headers={"fn-invoke-type": "detached"},
        body=b'{"do": "nothing"}',
    )
    assert (answer.status, answer.body) == (202, b"")
    bench.service.wait_idle(20)
    (call,) = bench.service.calls
    assert (call.call_id, call.outcome) == (answer.headers["fn-call-id"], "ok")


@pytest.mark.parametrize("header", ["fn-invoke-type", "fn-intent"])
def test_an_unknown_kind_of_call_is_refused(bench: Bench, header: str) -> None:
    with pytest.raises(ServiceError) as error:
        request(
            bench,
            "POST",
            f"/20260325/functions/{bench.function.ocid}/actions/invoke",
            headers={header: "sideways"},
        )
    assert refused(error) == (400, "InvalidParameter")


def test_a_dry_run_runs_nothing(bench: Bench) -> None:
    path = f"/20260325/functions/{bench.function.ocid}/actions/invoke"
    assert request(bench, "POST", path, headers={"is-dry-run": "true"}).status == 200
    assert bench.service.calls == []


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/20260325/functions/ocid1.fnfunc.oc1.iad.other/actions/invoke"},
        {"path": "/20260325/functions/{ocid}/actions/dance"},
        {"path": "/20990101/functions/{ocid}/actions/invoke"},
        {"method": "PUT"},
        {"region": "eu-frankfurt-1"},
        {"principal": Principal(kind="user", ocid="u", tenancy_id="another", compartment_id="c")},
    ],
)
def test_what_is_not_there_or_not_yours_is_404(bench: Bench, change: dict[str, Any]) -> None:
    wanted = {"method": "POST", "path": "/20260325/functions/{ocid}/actions/invoke", **change}
    wanted["path"] = wanted["path"].format(ocid=bench.function.ocid)
    with pytest.raises(ServiceError) as error:
        request(bench, wanted.pop("method"), wanted.pop("path"), **wanted)
    assert refused(error) == NOT_FOUND
    assert bench.service.calls == []


def test_definitions_can_be_read(bench: Bench) -> None:
    function = json.loads(request(bench, "GET", f"/20181201/functions/{bench.function.ocid}").body)
    assert function["memoryInMBs"] == 128
    assert function["config"] == {"SHARED": "function"}
    assert function["invokeEndpoint"] == "https://functions.us-ashburn-1.oci.oraclecloud.com"
    application = json.loads(
        request(bench, "GET", f"/20181201/applications/{function['applicationId']}").body
    )
    assert application["displayName"] == "inventory"
    assert function["compartmentId"] == application["compartmentId"] == "ocid1.compartment.oc1..c"
    with pytest.raises(ServiceError) as error:
        request(bench, "GET", "/20181201/applications/ocid1.fnapp.oc1.iad.other")
    assert refused(error) == NOT_FOUND


def test_ocids_name_realm_and_region_and_come_out_the_same_again(bench: Bench) -> None:
    application, function = bench.application, bench.function
    assert application.ocid.startswith("ocid1.fnapp.oc1.iad.")
    assert function.ocid.startswith("ocid1.fnfunc.oc1.iad.aaaaaaaa")
    again = bench.service.create_function(application, "orders", function.source_dir, {})
    other = bench.service.create_function(application, "other", function.source_dir, {})
    assert again.ocid == function.ocid != other.ocid


@pytest.mark.parametrize(
    "values",
    [
        {"memory_in_mbs": 200},
        {"timeout_seconds": 301},
        {"timeout_seconds": 0},
        {"detached_timeout_seconds": 3601},
        {"detached_timeout_seconds": 4},
        {"config": {"K": "v" * 4096}},
        {"config": {"1K": "v"}},
        {"config": {"É": "v"}},
    ],
)
def test_limits_of_a_function_hold(bench: Bench, values: dict[str, Any]) -> None:
    config = values.pop("config", {})
    with pytest.raises(ServiceError) as error:
        bench.service.create_function(bench.application, "f", bench.root, config, **values)
    assert refused(error) == (400, "InvalidParameter")


def test_the_largest_values_are_taken(bench: Bench) -> None:
    function = bench.service.create_function(
        bench.application,
        "f",
        bench.root,
        {"K": "v" * 4095},
        memory_in_mbs=3072,
        timeout_seconds=300,
        detached_timeout_seconds=3600,
    )
    assert (function.timeout(detached=False), function.timeout(detached=True)) == (300, 3600)
    with pytest.raises(ServiceError):
        bench.service.update_config(function, {"K": "v" * 4096})
    with pytest.raises(ServiceError):
        bench.service.create_application("a", "c", {"K": "v" * 4096}, region=REGION)


def test_without_a_detached_timeout_the_sync_one_holds(bench: Bench) -> None:
    function = bench.service.create_function(bench.application, "f", bench.root, {}, timeout_seconds=3)
    assert function.timeout(detached=True) == 3
