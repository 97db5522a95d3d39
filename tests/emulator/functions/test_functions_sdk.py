"""The whole way: the SDK signs, the door verifies, the function runs and signs calls of its own."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oci
import pytest
from functions_bench import REGION, TENANCY

from emulator.app import Emulator
from emulator.deployment import Deployment, deploy
from emulator.door_http import HttpDoor
from emulator.functions import FunctionsService

# The controller tells its configuration and hands a message to the aggregator as the product does.
FUNC = """
import json, os
import oci

def handler(ctx, data=None):
    message = json.loads(data.getvalue() or b"{}")
    if message.get("fail"):
        raise RuntimeError("told to")
    config = {key: value for key, value in os.environ.items() if key.startswith("INVENTORY_")}
    answer = {"config": config, "caller": ctx.Headers()["oci-subject-id"], "message": message}
    if ctx.Config()["INVENTORY_ROLE"] == "controller":
        signer = oci.auth.signers.get_resource_principals_signer()
        client = oci.functions.FunctionsInvokeClient(
            {}, signer=signer, service_endpoint=config["INVENTORY_INVOKE_ENDPOINT"]
        )
        answered = client.invoke_function(
            config["INVENTORY_AGGREGATOR_FUNCTION_ID"], invoke_function_body=json.dumps({"from": ctx.FnID()})
        )
        answer["aggregator"] = json.loads(answered.data.content)
        answer["region"] = signer.region
    return json.dumps(answer)
"""


@pytest.fixture
def emulator(tmp_path: Path) -> Emulator:
    return Emulator(root=tmp_path, tenancy_id=TENANCY)


@pytest.fixture
def functions(emulator: Emulator, tmp_path: Path) -> Iterator[FunctionsService]:
    service = FunctionsService(
        root=tmp_path, principals=emulator.keys, tenancy_id=TENANCY, region_keys={REGION: "IAD"}
    )
    emulator.register("functions", service)
    with HttpDoor(emulator) as door, service:
        service.endpoint_template = door.endpoint_template
        yield service


@pytest.fixture
def deployment(functions: FunctionsService, tmp_path: Path) -> Deployment:
    code = tmp_path / "code"
    code.mkdir()
    (code / "func.py").write_text(FUNC)
    return deploy(
        functions,
        endpoint_template=functions.endpoint_template,
        source_dir=code,
        compartment_id="ocid1.compartment.oc1..c",
        region=REGION,
        bucket="inventory",
        prefix="p",
        config={"INVENTORY_LOG_LEVEL": "DEBUG"},
        memory_in_mbs=256,
    )


@pytest.fixture
def connect(emulator: Emulator, deployment: Deployment) -> Iterator[Callable[[Any], Any]]:
    """Makes clients of a person with an API key; their connections are closed at the end."""
    config = emulator.keys.mint_api_key(user_id="ocid1.user.oc1..u").config(REGION)
    clients: list[Any] = []

    def connect(kind: Any) -> Any:
        clients.append(kind(config, service_endpoint=deployment.invoke_endpoint))
        return clients[-1]

    yield connect
    for client in clients:
        client.base_client.session.close()


@pytest.fixture
def client(connect: Callable[[Any], Any]) -> Any:
    return connect(oci.functions.FunctionsInvokeClient)


def test_a_signed_call_reaches_the_controller_and_its_own_signed_call_the_aggregator(
    client: Any, deployment: Deployment, functions: FunctionsService
) -> None:
    answer = client.invoke_function(
        deployment.controller.ocid, invoke_function_body='{"trigger": "schedule"}'
    )

    assert answer.status == 200
    said = json.loads(answer.data.content)
    assert said["message"] == {"trigger": "schedule"}
    assert said["caller"] == "ocid1.user.oc1..u"
    assert said["region"] == REGION
    assert said["config"] == {
        "INVENTORY_ROLE": "controller",
        "INVENTORY_BUCKET": "inventory",
        "INVENTORY_PREFIX": "p",
        "INVENTORY_LOG_LEVEL": "DEBUG",
        "INVENTORY_REGION_FUNCTION_ID": deployment.region.ocid,
        "INVENTORY_AGGREGATOR_FUNCTION_ID": deployment.aggregator.ocid,
        "INVENTORY_INVOKE_ENDPOINT": deployment.invoke_endpoint,
        "INVENTORY_ENDPOINT_TEMPLATE": functions.endpoint_template,
    }
    assert said["aggregator"]["caller"] == deployment.controller.ocid
    assert said["aggregator"]["message"] == {"from": deployment.controller.ocid}
    assert said["aggregator"]["config"]["INVENTORY_ROLE"] == "aggregator"
    outer, inner = functions.calls
    assert answer.headers["fn-call-id"] == outer.call_id
    assert (outer.function, inner.function) == ("inventory-controller", "inventory-aggregator")


def test_the_sdk_understands_detached_answers_and_errors(
    client: Any, deployment: Deployment, functions: FunctionsService
) -> None:
    answer = client.invoke_function(
        deployment.aggregator.ocid, invoke_function_body="{}", fn_invoke_type="detached"
    )
    assert (answer.status, answer.data.content) == (202, b"")
    functions.wait_idle(30)
    (call,) = functions.calls
    assert (call.call_id, call.outcome) == (answer.headers["fn-call-id"], "ok")

    with pytest.raises(oci.exceptions.ServiceError) as error:
        client.invoke_function(deployment.aggregator.ocid, invoke_function_body='{"fail": true}')
    assert (error.value.status, error.value.code) == (502, "FunctionInvokeExecutionFailed")
    with pytest.raises(oci.exceptions.ServiceError) as error:
        client.invoke_function("ocid1.fnfunc.oc1.iad.other")
    assert (error.value.status, error.value.code) == (404, "NotAuthorizedOrNotFound")


def test_the_region_worker_knows_the_aggregator_and_the_sdk_reads_the_definition(
    connect: Callable[[Any], Any], deployment: Deployment
) -> None:
    management = connect(oci.functions.FunctionsManagementClient)
    function = management.get_function(deployment.region.ocid).data
    assert function.config == {
        "INVENTORY_ROLE": "region",
        "INVENTORY_AGGREGATOR_FUNCTION_ID": deployment.aggregator.ocid,
        "INVENTORY_INVOKE_ENDPOINT": deployment.invoke_endpoint,
    }
    assert function.invoke_endpoint == deployment.invoke_endpoint
    assert (function.timeout_in_seconds, function.detached_mode_timeout_in_seconds) == (300, 3600)
    application = management.get_application(function.application_id).data
    assert application.config["INVENTORY_BUCKET"] == "inventory"
