"""Invocations: what is accepted, how it runs, and which of OCI's errors its end becomes.

Containers are the pool's, faults the rules'; who may see a function was decided before.
Source of codes and messages: Oracle's Functions troubleshooting pages. Of the headers that a function sees:
dumps of `ctx.Headers()` in Oracle's samples.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from emulator.functions.calls import Call, InvokeResult, Outcome, new_ulid
from emulator.functions.container import MAX_BODY_BYTES, Answer, Cause, ContainerInitError
from emulator.functions.definitions import Function
from emulator.functions.pool import Pool
from emulator.functions.rules import Rules
from emulator.wire import ServiceError

_HOP_HEADERS = ("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server")
_REFUSALS = {
    429: ("TooManyRequests", "Too many requests"),
    503: ("FunctionInvokeServiceUnavailable", "Timed out - server too busy"),
}
# Events and Notifications go on delivering while the function cannot take a call (Oracle's page on issues
# with invoking functions says so of 503); how often is not documented.
_REDELIVERY_SECONDS = 1.0
_INIT_ADVICE = "please ensure you are using the latest fdk and check the logs"


class Invocations:
    """All calls of a service, past and present."""

    def __init__(
        self, *, pool: Pool, rules: Rules, total_concurrency_mb: int, clock: Callable[[], datetime]
    ) -> None:
        self._pool = pool
        self._rules = rules
        self._total_concurrency_mb = total_concurrency_mb
        self._clock = clock
        self._changed = threading.Condition()
        self._calls: list[Call] = []
        self._busy_mb = 0
        self._threads: set[threading.Thread] = set()
        self._deliveries = 0
        self._closing = threading.Event()

    def invoke(
        self, function: Function, body: bytes, *, detached: bool, headers: Mapping[str, str]
    ) -> InvokeResult:
        """Run a call to its end, or accept a detached one. Raises `ServiceError`."""
        if len(body) > MAX_BODY_BYTES:
            raise ServiceError(
                413, "FunctionInvokeRequestContentTooLarge", "Function invoke request content too large"
            )
        if refusal := self._rules.take("refuse", function.ocid, body):
            raise _refused(refusal.number)
        call = self._accept(function, body, detached=detached)
        if not detached:
            return self._carry_out(call, function, headers)
        if self._rules.take("lose", function.ocid, body):
            self._finish(call, function, "lost")
        else:
            delay = self._rules.take("delay", function.ocid, body)
            delay_seconds = delay.draw_seconds() if delay else 0.0
            self._start_detached(call, function, headers, delay_seconds)
            if double := self._rules.take("double", function.ocid, body):
                again = self._record(function, body, detached=True)
                again.call_id = call.call_id if double.same_call_id else again.call_id
                self._start_detached(again, function, headers, delay_seconds)
        return InvokeResult(call_id=call.call_id, status=202, headers={"fn-call-id": call.call_id})

    def deliver(self, function: Function, body: bytes, headers: Mapping[str, str]) -> None:
        """Invoke as Notifications and Events do, behind the caller's back: sync, again while it is refused.

        A call that was accepted and failed is not repeated: what the platform does then is not documented.
        """
        delay = self._rules.take("delay", function.ocid, body)
        delay_seconds = delay.draw_seconds() if delay else 0.0
        times = 2 if self._rules.take("double", function.ocid, body) else 1
        with self._changed:
            self._deliveries += times
        for _ in range(times):
            self._start(lambda: self._deliver(function, body, headers, delay_seconds))

    def _deliver(
        self, function: Function, body: bytes, headers: Mapping[str, str], delay_seconds: float
    ) -> None:
        pause_seconds = delay_seconds
        try:
            while not self._closing.wait(pause_seconds):
                try:
                    self.invoke(function, body, detached=False, headers=headers)
                except ServiceError as error:
                    if error.status in _REFUSALS:
                        pause_seconds = _REDELIVERY_SECONDS
                        continue
                return
        finally:
            with self._changed:
                self._deliveries -= 1
                self._changed.notify_all()

    def all(self) -> list[Call]:
        """All accepted calls, oldest first."""
        with self._changed:
            return list(self._calls)

    def unfinished(self) -> list[Call]:
        """Calls that are queued or run."""
        return [call for call in self.all() if call.outcome is None]

    def wait_idle(self, timeout_seconds: float) -> None:
        """Wait until nothing is queued, delivered or runs. Raises `TimeoutError`."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: not self._deliveries and not self.unfinished(), timeout_seconds
            ):
                raise TimeoutError(f"after {timeout_seconds} s still not done: {self.unfinished()}")

    def close(self) -> None:
        """Accept nothing more, kill what runs and end all threads."""
        self._closing.set()
        self._pool.close()
        with self._changed:
            threads = list(self._threads)
        for thread in threads:
            thread.join()

    def _accept(self, function: Function, body: bytes, *, detached: bool) -> Call:
        with self._changed:
            if self._closing.is_set():
                raise _refused(503)
            if self._busy_mb + function.memory_in_mbs > self._total_concurrency_mb:
                raise _refused(429)
            return self._record(function, body, detached=detached)

    def _record(self, function: Function, body: bytes, *, detached: bool) -> Call:
        call = Call(
            call_id=new_ulid(),
            function=function.display_name,
            function_id=function.ocid,
            detached=detached,
            body=body,
            timeout_seconds=function.timeout(detached=detached),
        )
        with self._changed:
            self._busy_mb += function.memory_in_mbs
            self._calls.append(call)
        return call

    def _finish(self, call: Call, function: Function, outcome: Outcome) -> None:
        with self._changed:
            self._busy_mb -= function.memory_in_mbs
            call.ended = self._clock()
            call.outcome = outcome
            self._changed.notify_all()

    def _start_detached(
        self, call: Call, function: Function, headers: Mapping[str, str], delay_seconds: float
    ) -> None:
        def run() -> None:
            try:
                if self._closing.wait(delay_seconds):
                    self._finish(call, function, "killed")
                else:
                    self._carry_out(call, function, headers)
            except ServiceError:
                pass  # nobody waits for a detached call's answer; how it ended stands in the call

        self._start(run)

    def _start(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                with self._changed:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name="functions-call", daemon=True)
        with self._changed:
            self._threads.add(thread)
        thread.start()

    def _carry_out(self, call: Call, function: Function, headers: Mapping[str, str]) -> InvokeResult:
        outcome: Outcome = "failed"
        try:
            container = self._pool.acquire(function, call)
            try:
                now = self._clock()
                answer = self._pool.process(container, _headers(call, function, headers, now), now)
            finally:
                cause = self._pool.release(container)
            outcome = _outcome(answer, cause)
            if answer is None or outcome != "ok":
                raise _ended(outcome, call)
            if len(answer.body) > MAX_BODY_BYTES:
                outcome = "failed"
                message = "function response body too large"
                raise _error(502, "FunctionInvokeResponseBodyTooLarge", message, call)
        except ContainerInitError as error:
            outcome = "killed" if self._closing.is_set() else "failed"
            raise _not_initialized(error, call) from None
        finally:
            self._finish(call, function, outcome)
        passed = {name: value for name, value in answer.headers.items() if name not in _HOP_HEADERS}
        passed["fn-call-id"] = call.call_id
        return InvokeResult(call_id=call.call_id, status=200, headers=passed, body=answer.body)


def _outcome(answer: Answer | None, cause: Cause | None) -> Outcome:
    """The end of a call; why its container was killed goes before what the container still said."""
    if cause == "timeout" or cause == "oom" or cause == "killed":
        return cause
    if answer is None:
        return "failed"
    if answer.status == 504:  # the FDK's answer when the function raises TimeoutError
        return "timeout"
    return "ok" if answer.status == 200 else "failed"


def _headers(call: Call, function: Function, headers: Mapping[str, str], now: datetime) -> dict[str, str]:
    """What a function gets besides the body; a deadline has whole seconds, as Fn formats it."""
    deadline = now + timedelta(seconds=call.timeout_seconds)
    return {
        "content-type": "application/octet-stream",
        **headers,
        "accept-encoding": "gzip",
        "fn-call-id": call.call_id,
        "fn-deadline": deadline.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "opc-compartment-id": function.application.compartment_id,
        "user-agent": "Go-http-client/1.1",
    }


def _refused(status: int) -> ServiceError:
    code, message = _REFUSALS[status]
    return ServiceError(status, code, message)


def _ended(outcome: Outcome, call: Call) -> ServiceError:
    if outcome == "timeout":
        return _error(504, "FunctionInvokeTimeout", "Timed out", call)
    return _error(502, "FunctionInvokeExecutionFailed", "function failed", call)


def _not_initialized(error: ContainerInitError, call: Call) -> ServiceError:
    if error.timed_out:
        message = f"Container initialization timed out, {_INIT_ADVICE}"
        return _error(504, "FunctionInvokeContainerInitTimeout", message, call)
    message = f"Container failed to initialize, {_INIT_ADVICE}"
    return _error(502, "FunctionInvokeContainerInitFail", message, call)


def _error(status: int, code: str, message: str, call: Call) -> ServiceError:
    return ServiceError(status, code, message, {"fn-call-id": call.call_id})
