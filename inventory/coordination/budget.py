"""How fast a service may be asked: a budget of requests per second and of requests at once.

OCI limits requests by service and region, publishes few of the limits, and says 429 where one is met. So a
budget starts from a setting, halves at a 429, and grows back: quickly to shortly below where it was refused,
slowly beyond, never above the setting. Decides pace alone; what is repeated is decided by `retry`.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Services whose limits are one for the tenancy, not one in each region.
LIMITED_PER_TENANCY = ("identity",)
#: The budget of every service that has none of its own.
ANY_SERVICE = "*"

#: A refused budget never gets slower than this, or it would not find out that the service has recovered.
_LOWEST_RATE = 0.5
#: Refusals of requests that were under way together are one refusal.
_SAME_REFUSAL_SECONDS = 0.8
#: The pause behind a refusal that asks for none.
_PAUSE_SECONDS = 1.0
#: Growth per second: of the gap to where it was refused, and beyond that.
_RETURN_SHARE = 0.5
_PROBING_SHARE = 0.01
#: Where the return ends, as a share of the refused rate.
_CLOSE_TO_REFUSAL = 0.95
#: How much may be sent at once after a lull, in seconds of the rate.
_BURST_SECONDS = 0.1


def service_budgets(requests_per_second: float, *, regions: int) -> dict[str, float]:
    """Requests per second and region by service; a tenancy's limit is divided among the regions."""
    shares = {service: requests_per_second / max(regions, 1) for service in LIMITED_PER_TENANCY}
    return {ANY_SERVICE: float(requests_per_second), **shares}


def budget_of(budgets: Mapping[str, float], service: str, *, default: float) -> float:
    """A service's requests per second."""
    return budgets.get(service, budgets.get(ANY_SERVICE, default))


class ServiceBudget:
    """The budget of one service in one region; times are seconds of one monotonic clock."""

    def __init__(self, *, rate: float, concurrency: int) -> None:
        self._full_rate = rate
        self._full_concurrency = concurrency
        self._rate = rate
        self._concurrency = float(concurrency)
        self._refused_rate = rate / _CLOSE_TO_REFUSAL
        self._refused_at = float("-inf")
        self._tokens = 1.0
        self._counted_at: float | None = None
        self._paused_until = float("-inf")
        self._running = 0

    @property
    def rate(self) -> float:
        """Requests per second, as of the last call."""
        return self._rate

    @property
    def concurrency(self) -> int:
        """Requests at once."""
        return max(1, int(self._concurrency))

    def seconds_until_free(self, now: float) -> float | None:
        """How long the next request must wait (0: not at all); None: until one that runs has ended."""
        if self._running >= self.concurrency:
            return None
        self._count(now)
        missing = max(0.0, 1.0 - self._tokens) / self._rate
        return max(missing, self._paused_until - now, 0.0)

    def start(self, now: float) -> None:
        """A request begins."""
        self._count(now)
        self._tokens -= 1.0
        self._running += 1

    def end(self, now: float, *, is_throttled: bool = False, pause_seconds: float = 0.0) -> None:
        """A request has ended; a refused one (429) makes the service wait for `pause_seconds` as a whole.

        Without a pause that the service asks for, a short one is made.
        """
        self._count(now)
        self._running -= 1
        if not is_throttled:
            self._concurrency = min(self._full_concurrency, self._concurrency + 0.1)
            return
        self._paused_until = max(self._paused_until, now + (pause_seconds or _PAUSE_SECONDS))
        if now - self._refused_at > _SAME_REFUSAL_SECONDS:
            self._refused_rate = self._rate
            self._rate = max(self._rate / 2, min(_LOWEST_RATE, self._full_rate))
            self._concurrency = max(1.0, self._concurrency / 2)
        self._refused_at = now

    def pause(self, now: float, seconds: float) -> None:
        """Begin nothing for so long."""
        self._paused_until = max(self._paused_until, now + seconds)

    def _count(self, now: float) -> None:
        passed = 0.0 if self._counted_at is None else max(0.0, now - self._counted_at)
        self._counted_at = now
        self._tokens = min(1.0 + self._rate * _BURST_SECONDS, self._tokens + passed * self._rate)
        if now <= self._paused_until:
            return
        close = min(self._full_rate, self._refused_rate * _CLOSE_TO_REFUSAL)
        if self._rate < close:
            self._rate += (close - self._rate) * min(1.0, _RETURN_SHARE * passed)
            # The return would never end by itself.
            if close - self._rate < 0.02 * close:
                self._rate = close
        else:
            self._rate = min(self._full_rate, self._rate * (1.0 + _PROBING_SHARE * passed))
