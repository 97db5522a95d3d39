"""The emulator's own endpoint, `/_emulator/...` on the door: faults, requests and the clock by HTTP and JSON.

For whoever runs the emulated cloud in another process; nothing here is OCI's, and nothing asks who is there.

| Request | What it does |
| --- | --- |
| `POST faults` | arms a rule: the fields of `FaultRule`, its `action` with a `kind`; answers its id |
| `GET faults` | the rules in force and how often each has fired |
| `DELETE faults`, `DELETE faults/{id}` | disarms all, or one |
| `POST calls` | breaks function calls: the fields of `Rules.add_some`, `function` by name |
| `GET calls` | the calls so far and how they ended, and the rules in force |
| `DELETE calls` | forgets all rules for calls |
| `GET requests` | counts, and the last entries by `service`, `region`, `operation`, `status`, `target` |
| `DELETE requests` | forgets all requests |
| `POST clock` | `{"advance_seconds": 60}` moves the time, and what is due by then happens |

`GET requests` shows the last 100 entries, or as many as `limit` says. A rule for example:
`{"action": {"kind": "status", "status": 429, "code": "TooManyRequests", "retry_after": 1},
"service": "query", "probability": 0.1}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from itertools import count
from typing import Any, TypeVar, get_args, get_type_hints

from emulator.faults import (
    Action,
    BadJson,
    ExpirePageTokens,
    ExpireTokens,
    FaultRule,
    Faults,
    Latency,
    LoseAnswer,
    Reset,
    Status,
    Throttle,
    TruncateBody,
)
from emulator.functions import FunctionsService
from emulator.functions.rules import Kind
from emulator.request_log import RequestLog
from emulator.wire import Request, Response, ServiceError

PREFIX = "/_emulator/"
_T = TypeVar("_T")
_ACTIONS: dict[str, type[Action]] = {
    "bad_json": BadJson,
    "expire_page_tokens": ExpirePageTokens,
    "expire_tokens": ExpireTokens,
    "latency": Latency,
    "lose_answer": LoseAnswer,
    "reset": Reset,
    "status": Status,
    "throttle": Throttle,
    "truncate_body": TruncateBody,
}
_KINDS = {action: kind for kind, action in _ACTIONS.items()}
_CALL_KINDS: tuple[Kind, ...] = get_args(Kind)
_CALL_FIELDS: dict[str, Any] = {
    "kind": str,
    "probability": float,
    "seed": int,
    "function": str | None,
    "times": int | None,
    "containing": str,
    "seconds": list,
    "status": int,
}


class Control:
    """Answers requests to the emulator itself; `advance(seconds)` moves the time."""

    def __init__(
        self,
        *,
        faults: Faults,
        requests: RequestLog,
        functions: FunctionsService,
        advance: Callable[[float], None],
    ) -> None:
        self._faults = faults
        self._requests = requests
        self._functions = functions
        self._advance = advance
        self._numbers = count(1)
        self._rules: dict[str, FaultRule] = {}

    def handle(self, request: Request) -> Response:
        """Answer a request; `path` starts behind the prefix. Never raises for what it is asked."""
        try:
            return self._route(request)
        except ServiceError as error:
            return Response.of_json({"code": error.code, "message": error.message}, status=error.status)

    def _route(self, request: Request) -> Response:
        match request.method, request.path.split("/"):
            case "POST", ["faults"]:
                return self._arm(request)
            case "GET", ["faults"]:
                return Response.of_json([self._shown(rule, fired) for rule, fired in self._faults.rules()])
            case "DELETE", ["faults"]:
                self._faults.clear()
                self._rules.clear()
            case "DELETE", ["faults", number] if number in self._rules:
                self._faults.remove(self._rules.pop(number))
            case "POST", ["calls"]:
                self._break_calls(_object(request))
            case "GET", ["calls"]:
                return Response.of_json(self._calls())
            case "DELETE", ["calls"]:
                self._functions.rules.clear()
            case "GET", ["requests"]:
                return Response.of_json(self._log(request))
            case "DELETE", ["requests"]:
                self._requests.clear()
            case "POST", ["clock"]:
                values = _checked(_object(request), {"advance_seconds": float}, "the clock")
                self._advance(values.get("advance_seconds", 0.0))
            case _:
                raise ServiceError(
                    404, "NotFound", "The emulator's endpoint is described in emulator/control.py."
                )
        return Response(status=204)

    def _arm(self, request: Request) -> Response:
        values = _object(request)
        action = values.pop("action", None)
        kind = action.pop("kind", None) if isinstance(action, dict) else None
        if kind not in _ACTIONS:
            raise _wrong(f"action.kind is {kind!r}; allowed: {', '.join(_ACTIONS)}")
        rule = _build(
            FaultRule, {**values, "action": _build(_ACTIONS[kind], action, f"action {kind}")}, "a rule"
        )
        for pattern in (rule.path, rule.body):
            try:
                re.compile(pattern or "")
            except re.error as error:
                raise _wrong(f"{pattern!r} is not a regular expression: {error}") from None
        self._rules[str(next(self._numbers))] = rule
        self._faults.add(rule)
        return Response.of_json(self._shown(rule, 0), status=201)

    def _shown(self, rule: FaultRule, fired: int) -> dict[str, Any]:
        number = next((number for number, known in self._rules.items() if known is rule), None)
        kind = _KINDS.get(type(rule.action), "hold")
        told = {name.name: getattr(rule, name.name) for name in fields(rule) if name.name != "action"}
        # A held request is a test's own matter, and its events are nothing to show.
        details = asdict(rule.action) if kind != "hold" else {}
        return {"id": number, "action": {"kind": kind, **details}, **told, "fired": fired}

    def _break_calls(self, values: Mapping[str, Any]) -> None:
        values = _checked(values, _CALL_FIELDS, "a rule for calls")
        kind = next((known for known in _CALL_KINDS if known == values.get("kind")), None)
        if kind is None:
            raise _wrong(f"kind is {values.get('kind')!r}; allowed: {', '.join(_CALL_KINDS)}")
        name = values.get("function")
        functions = {function.display_name: function for function in self._functions.functions()}
        if name is not None and name not in functions:
            raise _wrong(f"function is {name!r}; allowed: {', '.join(functions)}")
        seconds = values.get("seconds", [0.0, 0.0])
        if len(seconds) != 2 or not all(isinstance(bound, int | float) for bound in seconds):
            raise _wrong(f"seconds is {seconds!r}; allowed: two numbers")
        self._functions.rules.add_some(
            kind,
            probability=values.get("probability", 1.0),
            seed=values.get("seed", 0),
            function=functions.get(name or ""),
            times=values.get("times"),
            containing=values.get("containing", "").encode(),
            seconds=(seconds[0], seconds[1]),
            status=values.get("status", 503),
        )

    def _calls(self) -> dict[str, Any]:
        calls = [
            {
                "call_id": call.call_id,
                "function": call.function,
                "detached": call.detached,
                "body": call.body.decode("utf-8", "replace"),
                "started": call.started.isoformat() if call.started else None,
                "outcome": call.outcome,
            }
            for call in self._functions.calls
        ]
        rules = [
            {
                "kind": rule.kind,
                "function": rule.function_id,
                "probability": rule.probability,
                "used": rule.used,
            }
            for rule in self._functions.rules.in_force()
        ]
        return {"calls": calls, "rules": rules}

    def _log(self, request: Request) -> dict[str, Any]:
        status, limit = request.parameter("status"), request.parameter("limit") or "100"
        if not limit.isdecimal() or not (status or "0").isdecimal():
            raise _wrong("limit and status are numbers")
        entries = self._requests.entries(
            service=request.parameter("service"),
            region=request.parameter("region"),
            operation=request.parameter("operation"),
            status=int(status) if status is not None else None,
            target=request.parameter("target"),
        )
        counts = [
            {
                "service": service,
                "region": region,
                "operation": operation,
                "status": answered,
                "count": number,
            }
            for (service, region, operation, answered), number in sorted(self._requests.counts().items())
        ]
        shown = [
            {**asdict(entry), "time": entry.time.isoformat()}
            for entry in entries[-int(limit) or len(entries) :]
        ]
        return {"counts": counts, "matching": len(entries), "entries": shown}


def _object(request: Request) -> dict[str, Any]:
    values = request.json()
    if not isinstance(values, dict):
        raise _wrong("the body is not a JSON object")
    return values


def _build(kind: type[_T], values: Mapping[str, Any], what: str) -> _T:
    allowed = get_type_hints(kind)
    try:
        return kind(**_checked(values, allowed, what))
    except TypeError as error:  # a field without a default is missing
        raise _wrong(f"{what}: {error}") from None


def _checked(values: Mapping[str, Any], allowed: Mapping[str, Any], what: str) -> dict[str, Any]:
    for name, value in values.items():
        if name not in allowed:
            raise _wrong(f"field {name!r} of {what} is unknown; allowed: {', '.join(allowed)}")
        kind = allowed[name]
        is_number = kind in (float, float | None) and isinstance(value, int)
        if not is_number and not isinstance(value, kind):
            raise _wrong(f"field {name!r} of {what} is {value!r}; allowed: {getattr(kind, '__name__', kind)}")
    return dict(values)


def _wrong(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", message)
