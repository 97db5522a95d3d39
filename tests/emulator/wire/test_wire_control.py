"""The emulator's own endpoint, and the command that starts the whole cloud for other processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oci
import pytest

from emulator.app import Emulator
from emulator.control import Control
from emulator.door_http import HttpDoor
from emulator.functions import FunctionsService

ROOT = Path(__file__).parents[3]
TENANCY = "ocid1.tenancy.oc1..aaaatenancy"


class Operator:
    """Somebody with nothing but HTTP; an answer is its status and its JSON."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())


@pytest.fixture
def advanced() -> list[float]:
    return []


@pytest.fixture
def functions(emulator: Emulator) -> Iterator[FunctionsService]:
    service = FunctionsService(
        root=emulator.root,
        principals=emulator.keys,
        tenancy_id=TENANCY,
        region_keys={"us-ashburn-1": "IAD"},
    )
    with service:
        application = service.create_application("inventory", TENANCY, {}, region="us-ashburn-1")
        service.create_function(application, "worker", emulator.root, {})
        yield service


@pytest.fixture
def operator(emulator: Emulator, functions: FunctionsService, advanced: list[float]) -> Iterator[Operator]:
    control = Control(
        faults=emulator.faults, requests=emulator.requests, functions=functions, advance=advanced.append
    )
    with HttpDoor(emulator, control=control) as door:
        yield Operator(door.endpoint_template.partition("{")[0] + "_emulator/")


def test_faults_are_armed_shown_and_disarmed_from_outside(operator: Operator, emulator: Emulator) -> None:
    busy = {"kind": "status", "status": 429, "code": "TooManyRequests", "retry_after": 1}
    status, first = operator.ask("POST", "faults", {"action": busy, "service": "query", "probability": 0.5})
    assert (status, first["id"], first["fired"]) == (201, "1", 0)
    operator.ask("POST", "faults", {"action": {"kind": "throttle", "per_second": 5}, "tries": 2})
    _, shown = operator.ask("GET", "faults")
    assert [rule["action"]["kind"] for rule in shown] == ["status", "throttle"]
    assert shown[0]["action"].items() >= busy.items()
    assert [rule.probability for rule, _ in emulator.faults.rules()] == [0.5, 1.0]
    assert operator.ask("DELETE", "faults/1") == (204, None)
    assert operator.ask("DELETE", "faults/1")[0] == 404
    assert [rule["id"] for rule in operator.ask("GET", "faults")[1]] == ["2"]
    operator.ask("DELETE", "faults")
    assert emulator.faults.rules() == []


def test_one_rule_limits_every_service_in_every_region_by_itself(operator: Operator, clients: Any) -> None:
    """A burst passes, then 429 with the seconds to wait; ten a second would be `per_second` 10."""
    throttle = {"kind": "throttle", "per_second": 0.01, "burst": 2, "tells_when": True}
    status, rule = operator.ask("POST", "faults", {"action": throttle})
    assert (status, rule["action"]) == (201, throttle)
    for region in ("us-ashburn-1", "eu-frankfurt-1"):
        identity = clients(oci.identity.IdentityClient, "identity", region=region)
        search = clients(oci.resource_search.ResourceSearchClient, "query", region=region)
        for call in (identity.list_regions, search.list_resource_types):
            answers = []
            for _ in range(3):
                with pytest.raises(oci.exceptions.ServiceError) as error:
                    call()
                told = error.value
                answers.append((told.status, told.code, told.headers.get("retry-after")))
            # Nothing is registered here, so what passes is 404.
            assert answers == [(404, "NotFound", None)] * 2 + [(429, "TooManyRequests", "100")]
    assert [shown["fired"] for shown in operator.ask("GET", "faults")[1]] == [4]


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("faults", [], "not a JSON object"),
        ("faults", {}, "action.kind is None; allowed: bad_json, "),
        ("faults", {"action": {"kind": "hold"}}, "action.kind is 'hold'"),
        ("faults", {"action": {"kind": "throttle"}}, "per_second"),
        (
            "faults",
            {"action": {"kind": "throttle", "per_second": "5"}},
            "'per_second' of action throttle is '5'",
        ),
        ("faults", {"action": {"kind": "reset"}, "sevice": "query"}, "field 'sevice' of a rule is unknown"),
        ("faults", {"action": {"kind": "reset"}, "times": 1.5}, "field 'times' of a rule is 1.5"),
        ("faults", {"action": {"kind": "reset"}, "path": "("}, "not a regular expression"),
        ("calls", {"kind": "hurt"}, "kind is 'hurt'; allowed: lose, double, delay, refuse, kill"),
        ("calls", {"kind": "lose", "function": "nobody"}, "function is 'nobody'; allowed: worker"),
        ("calls", {"kind": "delay", "seconds": [1]}, "seconds is [1]; allowed: two numbers"),
        ("clock", {"advance_seconds": "x"}, "field 'advance_seconds' of the clock is 'x'"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_is_allowed(
    operator: Operator, emulator: Emulator, path: str, body: Any, told: str
) -> None:
    status, error = operator.ask("POST", path, body)
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert told in error["message"]
    assert emulator.faults.rules() == []


def test_calls_are_broken_from_outside(operator: Operator, functions: FunctionsService) -> None:
    rule = {"kind": "lose", "function": "worker", "probability": 1.0, "times": 1, "containing": "eu-"}
    assert operator.ask("POST", "calls", rule) == (204, None)
    [worker] = functions.functions()
    functions.invoke(worker.ocid, b'{"region": "eu-frankfurt-1"}', detached=True)
    functions.wait_idle(10)
    _, told = operator.ask("GET", "calls")
    assert [(call["function"], call["outcome"]) for call in told["calls"]] == [("worker", "lost")]
    assert told["rules"] == []
    operator.ask("POST", "calls", {"kind": "kill", "seconds": [0, 5], "probability": 0.5, "seed": 2})
    assert [each["kind"] for each in operator.ask("GET", "calls")[1]["rules"]] == ["kill"]
    operator.ask("DELETE", "calls")
    assert functions.rules.in_force() == []


def test_requests_are_counted_and_filtered_from_outside(operator: Operator, emulator: Emulator) -> None:
    other = Operator(operator._address.replace("_emulator/", ""))
    for path in ("iaas/us-ashburn-1/20160918/vcns/a", "iaas/eu-frankfurt-1/20160918/vcns/a", "identity/x/y"):
        assert other.ask("GET", path)[0] == 401
    _, told = operator.ask("GET", "requests?service=iaas&region=eu-frankfurt-1")
    assert told["matching"] == 1
    assert [entry["status"] for entry in told["entries"]] == [401]
    assert [(each["service"], each["region"], each["count"]) for each in told["counts"]] == [
        ("iaas", "eu-frankfurt-1", 1),
        ("iaas", "us-ashburn-1", 1),
        ("identity", "x", 1),
    ]
    assert len(operator.ask("GET", "requests?limit=2")[1]["entries"]) == 2
    assert operator.ask("GET", "requests?status=x")[0] == 400
    operator.ask("DELETE", "requests")
    assert emulator.requests.counts() == {}


def test_the_clock_is_moved_from_outside(operator: Operator, advanced: list[float]) -> None:
    assert operator.ask("POST", "clock", {"advance_seconds": 90}) == (204, None)
    assert advanced == [90]
    assert operator.ask("GET", "clock")[0] == 404


def test_the_server_serves_sdk_clients_of_other_processes_and_ends_when_told(tmp_path: Path) -> None:
    """With the configuration file that it writes, and with faults that are switched on meanwhile."""
    command = [sys.executable, "-m", "emulator.server", "--resources", "120", "--types", "20"]
    out = tmp_path / "cloud"
    with subprocess.Popen(
        [*command, "--out", str(out)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            assert server.stdout is not None
            while "Ctrl-C" not in (line := server.stdout.readline()):
                assert line, "the server ended"
            places = json.loads((out / "endpoints.json").read_text())
            config = oci.config.from_file(places["config_file"])
            endpoint = places["endpoint"].format(service="query", region=places["regions"][0])
            client = oci.resource_search.ResourceSearchClient(
                config,
                service_endpoint=endpoint,
                retry_strategy=oci.retry.NoneRetryStrategy(),
                circuit_breaker_strategy=oci.circuit_breaker.NoCircuitBreakerStrategy(),
            )
            details = oci.resource_search.models.StructuredSearchDetails(query="query all resources")
            assert client.search_resources(details).data.items
            operator = Operator(places["control"])
            busy = {"kind": "status", "status": 429, "code": "TooManyRequests"}
            operator.ask("POST", "faults", {"action": busy, "service": "query"})
            with pytest.raises(oci.exceptions.ServiceError, match="TooManyRequests"):
                client.search_resources(details)
            client.base_client.session.close()
            assert {each["status"] for each in operator.ask("GET", "requests")[1]["counts"]} == {200, 429}
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0
    assert (out / "key.pem").stat().st_mode & 0o777 == 0o600
