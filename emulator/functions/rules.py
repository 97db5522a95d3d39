"""Faults that a test switches on while functions run: lost, doubled, delayed, refused and killed calls.

A rule is for one function or for all, and with `containing` for calls whose body contains these bytes. The
`..._next` rules take the next `times` calls; the `..._some` rules draw for each call whether it is one, until
`times` were (None: no end), the same for the same seed and order of calls.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from emulator.functions.calls import Call
from emulator.functions.definitions import Function

Kind = Literal["lose", "double", "delay", "refuse", "kill"]


@dataclass(slots=True, kw_only=True, eq=False)
class Rule:
    """One fault; `number` is a status, `seconds` bounds a delay, `predicate` says when to kill.

    `function_id` None is any function, `times` None is no end; `used` counts.
    """

    kind: Kind
    function_id: str | None
    times: int | None
    containing: bytes = b""
    number: int = 0
    seconds: tuple[float, float] = (0.0, 0.0)
    same_call_id: bool = False
    probability: float = 1.0
    rng: Random = field(default_factory=lambda: Random(0))
    predicate: Callable[[Call], bool] = lambda _: True
    used: int = 0

    def matches(self, kind: Kind, function_id: str, body: bytes) -> bool:
        """Whether the rule speaks of such a call."""
        return self.kind == kind and self.function_id in (None, function_id) and self.containing in body

    def draw(self) -> bool:
        """Whether the rule takes this call."""
        return self.probability >= 1.0 or self.rng.random() < self.probability

    def draw_seconds(self) -> float:
        """A time between the rule's bounds."""
        return self.rng.uniform(*self.seconds)


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
        """Run the next detached calls, and deliveries, twice at once.

        The second run has its own call id unless told, and all the headers of the first.
        """
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
                seconds=(seconds, seconds),
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

    def add_some(
        self,
        kind: Kind,
        *,
        probability: float,
        seed: int = 0,
        function: Function | None = None,
        times: int | None = None,
        containing: bytes = b"",
        seconds: tuple[float, float] = (0.0, 0.0),
        status: int = 503,
    ) -> Rule:
        """Break each call with a probability, of one function or of all.

        `seconds` bounds how long a delayed call waits, or how long a killed one has run; the instant is drawn
        for each. A call that ends before its instant is not killed and does not count. `status` is what
        refused calls are answered with: 429 or 503.
        """
        rng = Random(seed)
        rule = Rule(
            kind=kind,
            function_id=function.ocid if function is not None else None,
            times=times,
            containing=containing,
            number=status,
            seconds=seconds,
            probability=probability,
            rng=rng,
        )
        if kind == "kill":
            rule.predicate = _at_an_instant(rule)
        self._add(rule)
        return rule

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def in_force(self) -> list[Rule]:
        """The rules, oldest first."""
        with self._lock:
            return list(self._rules)

    def take(self, kind: Kind, function_id: str, body: bytes) -> Rule | None:
        """The first matching rule that takes the call, used once; None if there is none."""
        with self._lock:
            for rule in self._rules:
                if rule.matches(kind, function_id, body) and rule.draw():
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
        rule.used += 1
        if rule.times is not None and rule.used >= rule.times:
            self._drop(rule)

    def _drop(self, rule: Rule) -> None:
        if rule in self._rules:
            self._rules.remove(rule)


def _at_an_instant(rule: Rule) -> Callable[[Call], bool]:
    """Drawn once for each call, when it is first looked at: whether it is killed, and when."""
    instants: dict[int, float] = {}

    def is_time(call: Call) -> bool:
        # Not by call id: a doubled call may have the same.
        key = id(call)
        if key not in instants:
            instants[key] = rule.draw_seconds() if rule.draw() else math.inf
        return call.seconds_running() >= instants[key]

    return is_time
