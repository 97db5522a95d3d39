"""What a function finds in its container, and what ends one."""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from functions_bench import Bench, eventually, is_alive, refused

from emulator.functions.container import MAX_BODY_BYTES
from emulator.wire import ServiceError


def test_a_function_sees_its_own_environment_and_nothing_of_ours(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCI_CONFIG_FILE", "of the developer")
    seen = bench.order("look")
    env = dict(seen["env"])

    assert env.pop("FN_APP_ID") == bench.application.ocid
    assert env.pop("FN_APP_NAME") == "inventory"
    assert env.pop("FN_FN_ID") == seen["function_id"] == bench.function.ocid
    assert env.pop("FN_FN_NAME") == "orders"
    assert env.pop("FN_FORMAT") == "http-stream"
    assert env.pop("FN_MEMORY") == "128"
    assert env.pop("FN_TYPE") == "sync"
    listener = env.pop("FN_LISTENER").removeprefix("unix:")
    assert len(Path(listener).with_name("phony" + Path(listener).name).as_posix()) < 108
    assert env.pop("OCI_TRACING_ENABLED") == "0"
    assert env.pop("OCI_RESOURCE_PRINCIPAL_VERSION") == "2.2"
    assert env.pop("OCI_RESOURCE_PRINCIPAL_REGION") == "iad"
    assert env.pop("OCI_RESOURCE_PRINCIPAL_RPST").endswith("/rpst")
    assert env.pop("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM").endswith(".pem")
    assert json.loads(env.pop("OCI_REGION_METADATA")) == {
        "realmDomainComponent": "oraclecloud.com",
        "realmKey": "oc1",
        "regionIdentifier": "us-ashburn-1",
        "regionKey": "IAD",
    }
    assert env.pop("SHARED") == "function"
    assert env.pop("ONLY") == "app"
    assert env.pop("TMPDIR") == env.pop("HOME") == seen["cwd"]
    assert env.pop("PYTHONPATH").split(":")[0] == str(bench.function.source_dir)
    assert env.pop("PATH").split(":")[0] == str(Path(sys.executable).parent)
    assert env.pop("LANG") == "C.UTF-8"
    assert env.keys() <= {"LC_CTYPE"}
    assert seen["argv"][1:] == [str(bench.function.source_dir / "func.py"), "handler"]


@pytest.mark.parametrize(("detached", "seconds"), [(False, 30), (True, 3600)])
def test_the_deadline_is_the_start_plus_the_timeout_of_that_kind_of_call(
    make_bench: Callable[..., Bench], detached: bool, seconds: int
) -> None:
    bench = make_bench(function={"detached_timeout_seconds": 3600})
    seen = bench.look(detached=detached)
    (call,) = bench.service.calls
    assert call.started is not None
    deadline = datetime.strptime(seen["deadline"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) <= call.started + timedelta(seconds=seconds) - deadline < timedelta(seconds=1)


def test_a_function_learns_its_call_id_and_the_headers_of_a_trigger(bench: Bench) -> None:
    seen = bench.look(headers={"x-oci-ns-messageid": "m-1", "content-type": "application/json"})
    assert seen["call_id"] == bench.service.calls[0].call_id
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", seen["call_id"])
    assert seen["headers"]["x-oci-ns-messageid"] == "m-1"
    assert seen["headers"]["content-type"] == "application/json"
    assert seen["headers"]["opc-compartment-id"] == "ocid1.compartment.oc1..c"


def test_a_warm_container_serves_the_next_call_in_the_same_process(bench: Bench) -> None:
    first, second = bench.order("nothing"), bench.order("nothing")
    assert (first["served"], second["served"]) == (1, 2)
    assert first["pid"] == second["pid"]
    assert bench.service.containers(bench.function) == 1


def test_a_call_that_meets_a_busy_container_gets_its_own(bench: Bench) -> None:
    gate, started = bench.root / "gate", bench.root / "started"
    waiting = bench.in_background(lambda: bench.order("wait_for", path=str(gate), started=str(started)))
    eventually(started.exists)
    assert bench.order("scribble") == ["left-behind"]
    other = bench.order("nothing")
    assert (other["served"], bench.service.containers()) == (2, 2)
    gate.touch()
    first = waiting.result()
    assert first["pid"] != other["pid"]
    assert first["tmp"] == []


def test_an_exception_is_502_without_the_message_and_the_container_lives_on(bench: Bench) -> None:
    before = bench.order("nothing")
    with pytest.raises(ServiceError) as error:
        bench.order("fail")
    assert refused(error) == (502, "FunctionInvokeExecutionFailed")
    assert "secret" not in error.value.message
    assert error.value.headers["fn-call-id"] == bench.service.calls[1].call_id
    assert bench.service.calls[1].outcome == "failed"
    assert bench.order("nothing")["pid"] == before["pid"]


def test_a_function_that_says_it_timed_out_is_504(bench: Bench) -> None:
    with pytest.raises(ServiceError) as error:
        bench.order("give_up")
    assert refused(error) == (504, "FunctionInvokeTimeout")
    assert bench.service.calls[0].outcome == "timeout"


def test_a_process_that_dies_is_502_and_is_replaced(bench: Bench) -> None:
    with pytest.raises(ServiceError) as error:
        bench.order("die")
    assert refused(error) == (502, "FunctionInvokeExecutionFailed")
    assert bench.service.calls[0].outcome == "failed"
    assert bench.order("nothing")["served"] == 1
    assert bench.service.containers() == 1


def test_a_call_over_its_timeout_is_killed_with_504(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(function={"timeout_seconds": 1})
    pid = bench.order("nothing")["pid"]
    with pytest.raises(ServiceError) as error:
        bench.order("wait_for", path="/nonexistent")
    assert refused(error) == (504, "FunctionInvokeTimeout")
    assert bench.service.calls[1].outcome == "timeout"
    assert not is_alive(pid)


@pytest.mark.parametrize("wait", [0, 60])
def test_memory_that_was_freed_before_anyone_looked_still_counts(bench: Bench, wait: int) -> None:
    """At once, not only when the call ends (it would outlive its timeout)."""
    assert bench.order("spike", over_mb=-10) == "freed"
    with pytest.raises(ServiceError) as error:
        bench.order("spike", over_mb=4, wait=wait)
    assert refused(error) == (502, "FunctionInvokeExecutionFailed")
    assert bench.service.calls[1].outcome == "oom"


def test_a_child_process_counts_and_dies_with_its_parent(bench: Bench) -> None:
    path = bench.root / "child"
    with pytest.raises(ServiceError):
        bench.order("spawn", mb=200, path=str(path))
    assert bench.service.calls[0].outcome == "oom"
    eventually(lambda: not is_alive(int(path.read_text())))


def test_bodies_of_six_mb_pass_and_a_byte_more_does_not(bench: Bench) -> None:
    assert len(bench.order("bulk", characters=MAX_BODY_BYTES)) == MAX_BODY_BYTES - 2
    with pytest.raises(ServiceError) as error:
        bench.order("bulk", characters=MAX_BODY_BYTES + 1)
    assert refused(error) == (502, "FunctionInvokeResponseBodyTooLarge")
    order = b'{"do": "nothing"}'
    assert bench.service.invoke(bench.function.ocid, order.ljust(MAX_BODY_BYTES)).status == 200
    with pytest.raises(ServiceError) as error:
        bench.service.invoke(bench.function.ocid, order.ljust(MAX_BODY_BYTES + 1))
    assert refused(error) == (413, "FunctionInvokeRequestContentTooLarge")


def test_code_that_is_not_there_is_a_failed_container(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    (bench.function.source_dir / "func.py").unlink()
    with pytest.raises(ServiceError) as error:
        bench.order("nothing")
    assert refused(error) == (502, "FunctionInvokeContainerInitFail")
    assert bench.service.calls[0].outcome == "failed"
    assert bench.service.containers() == 0


def test_code_that_does_not_import_fails_with_the_first_call(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(source="import nothing_of_this_name")
    with pytest.raises(ServiceError) as error:
        bench.order("nothing")
    assert refused(error) == (502, "FunctionInvokeExecutionFailed")


def test_a_container_that_takes_too_long_to_start_is_504(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(init_timeout_seconds=0.3)
    (bench.function.source_dir / "sitecustomize.py").write_text("import time; time.sleep(60)")
    with pytest.raises(ServiceError) as error:
        bench.order("nothing")
    assert refused(error) == (504, "FunctionInvokeContainerInitTimeout")
    assert bench.service.containers() == 0


def test_output_goes_to_one_log_per_container(bench: Bench) -> None:
    with pytest.raises(ServiceError):
        bench.order("fail")
    (log,) = (bench.root / "functions" / "orders").iterdir()
    (call,) = bench.service.calls
    assert log.name == f"{call.container_id}.log"
    text = log.read_text()
    assert text.startswith("imported\n")
    assert f"{call.call_id} - fn - ERROR - a secret detail" in text


def test_credentials_are_those_of_the_function(bench: Bench) -> None:
    files = bench.order("look")["env"]
    assert bench.order("read", path=files["OCI_RESOURCE_PRINCIPAL_RPST"]) == (
        f"{bench.function.ocid} ocid1.compartment.oc1..c 1"
    )
    assert bench.order("read", path=files["OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"]) == "key 1"


def test_credentials_are_rewritten_before_they_expire_while_a_call_runs(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(principal_lifetime_seconds=1)
    path = Path(bench.order("look")["env"]["OCI_RESOURCE_PRINCIPAL_RPST"])
    gate = bench.root / "gate"
    bench.order("wait_for", path=str(gate), detached=True)
    eventually(lambda: bench.issuer.count >= 3)
    assert int(path.read_text().split()[-1]) >= 2
    gate.touch()
    bench.service.wait_idle(20)


def test_a_new_configuration_waits_for_running_calls_and_replaces_warm_containers(bench: Bench) -> None:
    gate, started = bench.root / "gate", bench.root / "started"
    before = bench.order("nothing")
    bench.order("wait_for", path=str(gate), started=str(started), detached=True)
    eventually(started.exists)
    bench.function = bench.service.update_config(bench.function, {"SHARED": "new"})
    after = bench.order("look")["env"]
    gate.touch()
    bench.service.wait_idle(20)
    assert bench.service.calls[1].outcome == "ok"
    assert after["SHARED"] == "new"
    eventually(lambda: bench.service.containers() == 1)
    assert not is_alive(before["pid"])


def test_an_idle_container_is_removed_with_its_files(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(idle_timeout_seconds=0)
    seen = bench.order("look")
    eventually(lambda: bench.service.containers() == 0)
    assert not Path(seen["cwd"]).parent.exists()
