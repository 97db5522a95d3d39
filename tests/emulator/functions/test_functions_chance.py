"""Calls that are broken by chance, of one function or of all, and credentials that are renewed meanwhile."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from functions_bench import FUNC, Bench, eventually

from emulator.functions import Rules
from emulator.functions.rules import Rule
from emulator.wire import ServiceError


def test_the_same_seed_takes_the_same_calls_and_ends_after_its_times() -> None:
    def story(seed: int) -> list[bool]:
        rules = Rules()
        rules.add_some("lose", probability=0.4, seed=seed, times=20)
        return [rules.take("lose", f"function {number % 3}", b"") is not None for number in range(200)]

    assert story(1) == story(1)
    assert story(1) != story(2)
    assert sum(story(1)) == 20


def test_a_rule_for_all_functions_may_be_for_some_bodies() -> None:
    rules = Rules()
    rules.add_some("double", probability=1.0, containing=b"eu-")
    assert rules.take("double", "any", b"us-ashburn-1") is None
    assert rules.take("double", "any", b"eu-frankfurt-1") is not None
    assert rules.take("lose", "any", b"eu-frankfurt-1") is None
    assert [(rule.kind, rule.used) for rule in rules.in_force()] == [("double", 1)]


def test_a_delay_is_drawn_between_its_bounds() -> None:
    rule = Rule(kind="delay", function_id=None, times=None, seconds=(2.0, 3.0), rng=Random(7))
    drawn = [rule.draw_seconds() for _ in range(50)]
    assert len(set(drawn)) == 50
    assert all(2.0 <= seconds <= 3.0 for seconds in drawn)


def test_lost_doubled_and_refused_calls_of_every_function(bench: Bench) -> None:
    code = bench.root / "more"
    code.mkdir()
    (code / "func.py").write_text(FUNC)
    other = bench.service.create_function(bench.application, "other", code, {})
    path = bench.root / "notes"
    note = json.dumps({"do": "note", "path": str(path)}).encode()
    rules = bench.service.rules

    def invoke_both() -> list[str]:
        before = len(bench.service.calls)
        for function in (bench.function, other):
            bench.service.invoke(function.ocid, note, detached=True)
        bench.service.wait_idle(20)
        return [f"{call.function} {call.outcome}" for call in bench.service.calls[before:]]

    rules.add_some("lose", probability=1.0)
    assert invoke_both() == ["orders lost", "other lost"]
    rules.clear()
    rules.add_some("double", probability=1.0)
    assert sorted(invoke_both()) == ["orders ok", "orders ok", "other ok", "other ok"]
    rules.clear()
    rules.add_some("refuse", probability=1.0, status=429, times=1)
    with pytest.raises(ServiceError, match="429"):
        bench.order("nothing")
    assert bench.order("nothing")


def test_a_container_dies_at_its_instant_and_the_quick_survive(bench: Bench) -> None:
    rule = bench.service.rules.add_some("kill", probability=1.0, times=2, seconds=(0.5, 0.6))
    assert bench.order("nothing")
    assert rule.used == 0
    for _ in range(3):
        bench.order(
            "wait_for", path=str(bench.root / "never" if rule.used < 2 else bench.root), detached=True
        )
        bench.service.wait_idle(20)
    assert [call.outcome for call in bench.service.calls] == ["ok", "killed", "killed", "ok"]
    for call in bench.service.calls[1:3]:
        assert call.started is not None
        assert call.ended is not None
        assert (call.ended - call.started).total_seconds() >= 0.5


def test_credentials_are_renewed_while_a_call_runs_once_they_are_old_enough(bench: Bench) -> None:
    gate = bench.root / "gate"
    bench.order("wait_for", path=str(gate), detached=True)
    eventually(lambda: bench.issuer.count == 1)
    bench.service.principal_renewal_seconds = 0.05
    eventually(lambda: bench.issuer.count >= 3)
    bench.service.principal_renewal_seconds = 60
    gate.touch()
    bench.service.wait_idle(20)
    assert (
        Path(bench.look()["env"]["OCI_RESOURCE_PRINCIPAL_RPST"])
        .read_text()
        .endswith(f" {bench.issuer.count}")
    )
