"""Detached calls, limits and the faults that a test can switch on."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from functions_bench import Bench, eventually, is_alive, refused

from emulator.wire import ServiceError


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_a_detached_call_is_accepted_before_it_is_done(bench: Bench) -> None:
    gate = bench.root / "gate"
    body = json.dumps({"do": "wait_for", "path": str(gate)}).encode()
    result = bench.service.invoke(bench.function.ocid, body, detached=True)
    assert (result.status, result.body) == (202, b"")
    assert [call.call_id for call in bench.service.running()] == [result.headers["fn-call-id"]]
    with pytest.raises(TimeoutError, match=result.call_id):
        bench.service.wait_idle(0.01)
    gate.touch()
    bench.service.wait_idle(20)
    (call,) = bench.service.calls
    assert (call.outcome, call.detached, call.function) == ("ok", True, "orders")
    assert call.started is not None
    assert call.ended is not None
    assert call.started <= call.ended
    assert bench.service.running() == []


def test_a_detached_call_that_fails_tells_nobody_but_the_list(bench: Bench) -> None:
    bench.order("fail", detached=True)
    bench.order("die", detached=True)
    bench.service.wait_idle(20)
    assert [call.outcome for call in bench.service.calls] == ["failed", "failed"]


def test_memory_in_use_limits_what_is_accepted(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(total_concurrency_mb=300)
    gate = bench.root / "gate"
    for _ in range(2):
        bench.order("wait_for", path=str(gate), detached=True)
    for detached in (True, False):
        with pytest.raises(ServiceError) as error:
            bench.order("nothing", detached=detached)
        assert refused(error) == (429, "TooManyRequests")
    gate.touch()
    bench.service.wait_idle(20)
    assert bench.order("nothing")
    assert len(bench.service.calls) == 3


@pytest.mark.parametrize(
    ("status", "code"), [(429, "TooManyRequests"), (503, "FunctionInvokeServiceUnavailable")]
)
def test_a_refused_call_can_be_made_again(bench: Bench, status: Literal[429, 503], code: str) -> None:
    bench.service.rules.refuse_next(bench.function, status=status)
    with pytest.raises(ServiceError) as error:
        bench.order("nothing")
    assert refused(error) == (status, code)
    assert bench.order("nothing")["served"] == 1


def test_a_lost_call_looks_accepted_and_never_runs(bench: Bench) -> None:
    path = bench.root / "notes"
    bench.service.rules.lose_next(bench.function)
    lost = bench.order("note", path=str(path), detached=True)
    kept = bench.order("note", path=str(path), detached=True)
    bench.service.wait_idle(20)
    assert lines(path) == [kept]
    assert [(call.call_id, call.outcome) for call in bench.service.calls] == [(lost, "lost"), (kept, "ok")]
    assert bench.service.calls[0].started is None


def test_a_rule_can_be_for_calls_with_certain_bodies(bench: Bench) -> None:
    path = bench.root / "notes"
    bench.service.rules.lose_next(bench.function, containing=b"frankfurt")
    ashburn = bench.order("note", path=str(path), detached=True)
    bench.order("note", path=str(path) + "frankfurt", detached=True)
    bench.service.wait_idle(20)
    assert lines(path) == [ashburn]
    assert [call.outcome for call in bench.service.calls] == ["ok", "lost"]


@pytest.mark.parametrize(("same_call_id", "ids"), [(False, 2), (True, 1)])
def test_a_doubled_call_runs_twice_at_once(bench: Bench, same_call_id: bool, ids: int) -> None:
    gate, started = bench.root / "gate", bench.root / "started"
    bench.service.rules.double_next(bench.function, same_call_id=same_call_id)
    call_id = bench.order("wait_for", path=str(gate), started=str(started), detached=True)
    eventually(lambda: len(lines(started)) == 2)
    gate.touch()
    bench.service.wait_idle(20)
    assert call_id in lines(started)
    assert len(set(lines(started))) == ids
    first, second = bench.service.calls
    assert first.container_id != second.container_id
    assert (first.outcome, second.outcome) == ("ok", "ok")


def test_a_delayed_call_is_overtaken(bench: Bench) -> None:
    path = bench.root / "notes"
    bench.order("nothing")
    bench.service.rules.delay_next(bench.function, seconds=0.3)
    late = bench.order("note", path=str(path), detached=True)
    early = bench.order("note", path=str(path), detached=True)
    bench.service.wait_idle(20)
    assert lines(path) == [early, late]


def test_a_container_is_killed_so_long_after_it_began(bench: Bench) -> None:
    pid = bench.order("nothing")["pid"]
    bench.service.rules.kill_after(bench.function, seconds=0.1)
    with pytest.raises(ServiceError) as error:
        bench.order("wait_for", path="/nonexistent")
    assert refused(error) == (502, "FunctionInvokeExecutionFailed")
    assert bench.service.calls[1].outcome == "killed"
    assert not is_alive(pid)
    assert bench.order("nothing")["served"] == 1


def test_one_worker_is_killed_once_both_have_begun_and_the_other_goes_on(bench: Bench) -> None:
    gate, started = bench.root / "gate", bench.root / "started"
    frankfurt = bench.root / "frankfurt"
    bench.service.rules.kill_when(
        bench.function, lambda: bool(lines(started) and lines(frankfurt)), containing=b"frankfurt"
    )
    bench.order("wait_for", path=str(gate), started=str(started), detached=True)
    bench.order("wait_for", path=str(gate), started=str(frankfurt), detached=True)
    eventually(lambda: bench.service.calls[1].outcome)
    gate.touch()
    bench.service.wait_idle(20)
    assert [call.outcome for call in bench.service.calls] == ["ok", "killed"]


def test_a_predicate_that_raises_is_heard_and_kills_nothing(bench: Bench) -> None:
    gate = bench.root / "gate"

    def broken() -> bool:
        gate.touch()
        raise LookupError("no such checkpoint")

    bench.service.rules.kill_when(bench.function, broken)
    bench.order("wait_for", path=str(gate), detached=True)
    with pytest.raises(LookupError, match="no such checkpoint"):
        bench.service.wait_idle(20)
    assert [call.outcome for call in bench.service.calls] == ["ok"]


def test_forgotten_rules_do_nothing(bench: Bench) -> None:
    bench.service.rules.refuse_next(bench.function, status=503, times=9)
    bench.service.rules.clear()
    assert bench.order("nothing")


def test_closing_kills_what_runs_and_leaves_nothing_behind(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    threads = threading.active_count() - 1  # without the service's own
    started = bench.root / "started"
    seen = bench.order("look")
    bench.order("wait_for", path="/nonexistent", started=str(started), detached=True)
    eventually(started.exists)
    bench.service.rules.delay_next(bench.function, seconds=60)
    bench.order("nothing", detached=True)
    waiting = bench.in_background(lambda: bench.order("wait_for", path="/nonexistent", started=str(started)))
    eventually(lambda: len(lines(started)) == 2)
    directory = Path(seen["cwd"]).parents[1]
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    pids = [pid for pid in numbers if is_below(pid, directory)]
    assert len(pids) == 2

    bench.service.close()

    with pytest.raises(ServiceError) as error:
        waiting.result()
    assert refused(error) == (502, "FunctionInvokeExecutionFailed")
    assert [call.outcome for call in bench.service.calls] == ["ok", "killed", "killed", "killed"]
    assert [pid for pid in pids if is_alive(pid)] == []
    assert not directory.exists()
    assert threading.active_count() == threads
    with pytest.raises(ServiceError) as error:
        bench.order("nothing")
    assert refused(error) == (503, "FunctionInvokeServiceUnavailable")


def is_below(pid: int, directory: Path) -> bool:
    """Whether a process works in a directory below this one."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(directory)
    except OSError:
        return False
