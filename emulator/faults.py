"""What goes wrong on purpose: rules that match requests and say how their answer fails.

Decides which rule fires for a request. What a failure means is carried out by the application (statuses,
delays, spoiled bodies) and by the door (connections closed under the client).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from emulator.wire import Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Answer this error and do not carry the request out; `retry_after` is in seconds."""

    status: int
    code: str
    message: str = "Injected by a fault rule."
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """Close the connection without an answer; the request is not carried out."""


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """Carry the request out, then close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class TruncateBody:
    """Carry the request out, announce the whole body, send half of it and close the connection."""


@dataclass(frozen=True, slots=True)
class BadJson:
    """Carry the request out and answer its status with a body that is not JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Wait before the request is carried out; later rules still apply."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ExpirePageTokens:
    """Answer 400 InvalidParameter to a request that carries a `page` token; others do not match the rule.

    A reading of "page tokens expire": Oracle publishes neither their lifetime nor the error. 400
    InvalidParameter is what its common error table has for a parameter that is not valid.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Stop the request before it is carried out, until the test lets it go; later rules still apply.

    `reached` is set when the request has arrived. `timeout_seconds` frees a request that nobody released.
    """

    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    timeout_seconds: float = 30.0


Action = Status | Reset | LoseAnswer | TruncateBody | BadJson | Latency | ExpirePageTokens | Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """When (`None` is any) and how a request fails.

    `path` is a regular expression searched in the percent-decoded path, `body` one searched in the body as
    UTF-8. The first `after` matching requests pass; then `times` requests fail (`None`: all of them).
    """

    action: Action
    service: str | None = None
    region: str | None = None
    method: str | None = None
    path: str | None = None
    body: str | None = None
    after: int = 0
    times: int | None = None

    def matches(self, request: Request) -> bool:
        """Whether the rule is about this request."""
        return (
            self.service in (None, request.service)
            and self.region in (None, request.region)
            and self.method in (None, request.method)
            and (self.path is None or re.search(self.path, unquote(request.path)) is not None)
            and (
                self.body is None or re.search(self.body, request.body.decode("utf-8", "replace")) is not None
            )
            and (not isinstance(self.action, ExpirePageTokens) or "page" in request.query)
        )


class TransportFault(Exception):
    """The door must fail below HTTP; `response` is the lost or truncated answer, absent for a reset."""

    def __init__(
        self, kind: Literal["reset", "lose_answer", "truncate_body"], response: Response | None = None
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.response = response


@dataclass(slots=True)
class _Armed:
    rule: FaultRule
    matched: int = 0
    fired: int = 0


class Faults:
    """The rules in force, in the order of their adding; switchable while requests run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def add(self, rule: FaultRule) -> None:
        """Arm a rule behind those already there."""
        with self._lock:
            self._armed.append(_Armed(rule))

    def clear(self) -> None:
        """Disarm every rule."""
        with self._lock:
            self._armed.clear()

    def fired(self, rule: FaultRule) -> int:
        """How often this very rule has fired since it was added."""
        with self._lock:
            return sum(armed.fired for armed in self._armed if armed.rule is rule)

    def fire(self, request: Request) -> list[Action]:
        """The actions for this request: any number of delays, then at most one failure."""
        actions: list[Action] = []
        with self._lock:
            for armed in self._armed:
                if not armed.rule.matches(request):
                    continue
                armed.matched += 1
                if armed.matched <= armed.rule.after:
                    continue
                if armed.rule.times is not None and armed.fired >= armed.rule.times:
                    continue
                armed.fired += 1
                actions.append(armed.rule.action)
                if not isinstance(armed.rule.action, Latency | Hold):
                    break
        return actions


def error_headers(action: Status) -> Mapping[str, str]:
    """The headers that an injected error carries."""
    return {} if action.retry_after is None else {"retry-after": str(action.retry_after)}
