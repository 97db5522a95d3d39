"""Faults that a test switches on while functions run: lost, doubled, delayed, refused and killed calls.

A rule is for one function and, with `containing`, for calls whose body contains these bytes.
It is used up after `times` calls.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from emulator.functions.calls import Call
from emulator.functions.definitions import Function

_Kind = Literal["lose", "double", "delay", "refuse", "kill"]


@dataclass(slots=True, kw_only=True, eq=False)
class Rule:
    """One fault; `number` is a delay in seconds or a status, `predicate` says when to kill."""

    kind: _Kind
    function_id: str
    times: int
    containing: bytes
    number: float = 0
    same_call_id: bool = False
    predicate: Callable[[Call], bool] = lambda _: True

    def matches(self, kind: _Kind, function_id: str, body: bytes) -> bool:
        """Whether the rule speaks of such a call."""
        return self.kind == kind and self.function_id == function_id and self.containing in body


class Rules:
    """The rules that are in force, oldest first; may be changed at any time from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._failures: list[Exception] = []

    def lose_next(self, function: Function, *, times: int = 1, containing: bytes = b"") -> None:
        """Answer the next detached calls with 202 and never run them."""
        self._add(Rule(kind="lose", function_id=function.ocid, times=times, containing=containing))

    def double_next(
        self, function: Function, *, times: int = 1, containing: bytes = b"", same_call_id: bool = False
    ) -> None:
        """Run the next detached calls twice at once; the second run has its own call id unless told."""
        self._add(
            Rule(
                kind="double",
                function_id=function.ocid,
                times=times,
                containing=containing,
                same_call_id=same_call_id,
            )
        )

    def delay_next(
        self, function: Function, *, seconds: float, times: int = 1, containing: bytes = b""
    ) -> None:
        """Answer the next detached calls with 202 and start them later."""
        self._add(
            Rule(
                kind="delay",
                function_id=function.ocid,
                times=times,
                containing=containing,
                number=seconds,
            )
        )

    def refuse_next(
        self, function: Function, *, status: Literal[429, 503], times: int = 1, containing: bytes = b""
    ) -> None:
        """Answer the next calls, sync or detached, with 429 TooManyRequests or 503 (server too busy)."""
        self._add(
            Rule(
                kind="refuse",
                function_id=function.ocid,
                times=times,
                containing=containing,
                number=status,
            )
        )

    def kill_after(
        self, function: Function, *, seconds: float, times: int = 1, containing: bytes = b""
    ) -> None:
        """Kill the container of the next calls so long after it began to process each."""
        self._add(
            Rule(
                kind="kill",
                function_id=function.ocid,
                times=times,
                containing=containing,
                predicate=lambda call: call.seconds_running() >= seconds,
            )
        )

    def kill_when(
        self, function: Function, predicate: Callable[[], bool], *, times: int = 1, containing: bytes = b""
    ) -> None:
        """Kill the container of a call while which `predicate()` becomes true.

        It is asked every 20 ms, in the service's own thread, while such a call runs. If it raises, the rule
        is dropped and `FunctionsService.wait_idle` or `close` raises the same exception.
        """
        self._add(
            Rule(
                kind="kill",
                function_id=function.ocid,
                times=times,
                containing=containing,
                predicate=lambda _: predicate(),
            )
        )

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def take(self, kind: _Kind, function_id: str, body: bytes) -> Rule | None:
        """The first matching rule, used once; None if there is none."""
        with self._lock:
            for rule in self._rules:
                if rule.matches(kind, function_id, body):
                    self._use(rule)
                    return rule
        return None

    def find_kill(self, call: Call) -> Rule | None:
        """A rule that wants the running call's container killed now; `use` it once that is done."""
        with self._lock:
            rules = [rule for rule in self._rules if rule.matches("kill", call.function_id, call.body)]
        for rule in rules:
            try:
                if rule.predicate(call):
                    return rule
            except Exception as error:  # a test's own code; it must not end the thread that asks
                with self._lock:
                    self._failures.append(error)
                    self._drop(rule)
        return None

    def use(self, rule: Rule) -> None:
        """Count one use."""
        with self._lock:
            self._use(rule)

    def raise_failure(self) -> None:
        """Raise what a predicate raised, once."""
        with self._lock:
            failures, self._failures = self._failures, []
        if failures:
            raise failures[0]

    def _add(self, rule: Rule) -> None:
        with self._lock:
            self._rules.append(rule)

    def _use(self, rule: Rule) -> None:
        rule.times -= 1
        if rule.times <= 0:
            self._drop(rule)

    def _drop(self, rule: Rule) -> None:
        if rule in self._rules:
            self._rules.remove(rule)
