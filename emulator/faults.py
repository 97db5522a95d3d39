"""What goes wrong on purpose: rules that match requests and say how their answer fails.

Decides which rule fires for a request. What a failure means is carried out by the application (statuses,
delays, spoiled bodies) and by the door (connections closed under the client).
"""

from __future__ import annotations

import hashlib
import math
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal
from urllib.parse import unquote

from emulator.auth import token_issued_at
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
    """Wait before the request is carried out; later rules still apply.

    With `up_to_seconds` the time is drawn between the two.
    """

    seconds: float
    up_to_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """A token bucket for each service in each region; 429 TooManyRequests while it is empty.

    It holds `burst` tokens and gains `per_second`. With `tells_when` the answer has a Retry-After, the whole
    seconds until there is a token. OCI publishes neither its limits nor whether it sends that header.
    """

    per_second: float
    burst: int = 1
    tells_when: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireTokens:
    """Answer 401 NotAuthenticated to a resource principal whose token was issued longer ago than this.

    Requests that are signed with a person's API key do not match the rule.
    """

    after_seconds: float


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


#: What is done to a request.
Effect = Status | Reset | LoseAnswer | TruncateBody | BadJson | Latency | Hold
#: What a rule says; some of it becomes an effect only when it is seen who asks, and how often.
Action = Effect | Throttle | ExpireTokens | ExpirePageTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """When (`None` is any) and how a request fails.

    `path` is a regular expression searched in the percent-decoded path, `body` one searched in the body as
    UTF-8. The first `after` matching requests pass; of the others each fails with `probability`, drawn from
    `seed`, until `times` have failed (`None`: no end). With `tries` a single request fails so often at most;
    what has the same method, target and body is a repetition of it.
    """

    action: Action
    service: str | None = None
    region: str | None = None
    method: str | None = None
    path: str | None = None
    body: str | None = None
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    tries: int | None = None
    seed: int = 0

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


class _Armed:
    """A rule in force: what it has drawn and counted so far."""

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.fired = 0
        self._matched = 0
        self._rng = Random(rule.seed)
        self._tried: Counter[bytes] = Counter()
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def effect_on(self, request: Request, *, monotonic: float, now: float) -> Effect | None:
        """What becomes of a matching request; None where it passes."""
        rule = self.rule
        self._matched += 1
        if self._matched <= rule.after or (rule.times is not None and self.fired >= rule.times):
            return None
        if rule.probability < 1.0 and self._rng.random() >= rule.probability:
            return None
        identity = b""
        if rule.tries is not None:
            identity = hashlib.sha256(f"{request.method} {request.target}\n".encode() + request.body).digest()
            if self._tried[identity] >= rule.tries:
                return None
        effect = self._effect(request, monotonic=monotonic, now=now)
        if effect is not None:
            self.fired += 1
            self._tried[identity] += 1
        return effect

    def _effect(self, request: Request, *, monotonic: float, now: float) -> Effect | None:
        match self.rule.action:
            case Latency(seconds=seconds, up_to_seconds=float() | int() as most):
                return Latency(seconds=self._rng.uniform(seconds, most))
            case Throttle() as throttle:
                return self._throttled(throttle, request, monotonic)
            case ExpireTokens(after_seconds=lifetime):
                issued = token_issued_at(request)
                if issued is None or now - issued <= lifetime:
                    return None
                return Status(status=401, code="NotAuthenticated", message="The token has expired.")
            case ExpirePageTokens():
                message = "The page token is invalid or has expired."
                return Status(status=400, code="InvalidParameter", message=message)
            case effect:
                return effect

    def _throttled(self, throttle: Throttle, request: Request, monotonic: float) -> Status | None:
        where = (request.service, request.region)
        tokens, filled = self._buckets.get(where, (float(throttle.burst), monotonic))
        tokens = min(float(throttle.burst), tokens + (monotonic - filled) * throttle.per_second)
        passes = tokens >= 1.0
        self._buckets[where] = (tokens - passes, monotonic)
        if passes:
            return None
        wait_seconds = math.ceil((1.0 - tokens) / throttle.per_second)
        return Status(
            status=429,
            code="TooManyRequests",
            message="Too many requests for the user's tenancy.",
            retry_after=wait_seconds if throttle.tells_when else None,
        )


class Faults:
    """The rules in force, in the order of their adding; switchable while requests run.

    `monotonic` fills the token buckets; `now`, in seconds since the epoch, is what tokens age by.
    """

    def __init__(
        self, *, monotonic: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time
    ) -> None:
        self._monotonic = monotonic
        self._now = now
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def add(self, *rules: FaultRule) -> None:
        """Arm rules behind those already there."""
        with self._lock:
            self._armed += [_Armed(rule) for rule in rules]

    def remove(self, rule: FaultRule) -> None:
        """Disarm this very rule."""
        with self._lock:
            self._armed = [armed for armed in self._armed if armed.rule is not rule]

    def clear(self) -> None:
        """Disarm every rule."""
        with self._lock:
            self._armed.clear()

    def rules(self) -> list[tuple[FaultRule, int]]:
        """The rules in force, and how often each has fired."""
        with self._lock:
            return [(armed.rule, armed.fired) for armed in self._armed]

    def fired(self, rule: FaultRule) -> int:
        """How often this very rule has fired since it was added."""
        return sum(count for armed_rule, count in self.rules() if armed_rule is rule)

    def fire(self, request: Request) -> list[Effect]:
        """The effects on this request: any number of delays, then at most one failure."""
        effects: list[Effect] = []
        with self._lock:
            for armed in self._armed:
                if not armed.rule.matches(request):
                    continue
                effect = armed.effect_on(request, monotonic=self._monotonic(), now=self._now())
                if effect is not None:
                    effects.append(effect)
                    if not isinstance(effect, Latency | Hold):
                        break
        return effects


def error_headers(effect: Status) -> Mapping[str, str]:
    """The headers that an injected error carries."""
    return {} if effect.retry_after is None else {"retry-after": str(effect.retry_after)}
