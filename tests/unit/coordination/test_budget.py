"""How a service's budget follows what the service lets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.coordination.budget import ServiceBudget, budget_of, service_budgets


def test_a_tenancy_s_limit_is_divided_among_the_regions() -> None:
    budgets = service_budgets(40, regions=4)
    assert budget_of(budgets, "identity", default=1) == 10
    assert budget_of(budgets, "core", default=1) == 40
    assert budget_of({}, "core", default=7) == 7


def test_requests_keep_the_rate_and_the_number_at_once() -> None:
    budget = ServiceBudget(rate=10, concurrency=2)
    assert budget.seconds_until_free(0.0) == 0
    budget.start(0.0)
    assert budget.seconds_until_free(0.0) == pytest.approx(0.1)
    budget.start(0.1)
    assert budget.seconds_until_free(5.0) is None
    budget.end(5.0)
    assert budget.seconds_until_free(5.0) == 0


def test_a_refusal_halves_rate_and_concurrency_and_is_waited_for() -> None:
    budget = ServiceBudget(rate=40, concurrency=4)
    for _ in range(2):
        budget.start(0.0)
    budget.end(0.0, is_throttled=True, pause_seconds=3.0)
    assert (budget.rate, budget.concurrency) == (20, 2)
    assert budget.seconds_until_free(1.0) == pytest.approx(2.0)


def test_refusals_of_requests_that_were_under_way_together_count_once() -> None:
    budget = ServiceBudget(rate=40, concurrency=4)
    for _ in range(4):
        budget.start(0.0)
    for _ in range(4):
        budget.end(0.2, is_throttled=True)
    assert budget.rate == 20


def test_a_budget_grows_back_and_never_beyond_its_setting() -> None:
    budget = ServiceBudget(rate=40, concurrency=4)
    budget.start(0.0)
    budget.end(0.0, is_throttled=True)
    seen = []
    for second in range(1, 400):
        budget.seconds_until_free(float(second))
        seen.append(budget.rate)
    assert seen == sorted(seen)
    assert seen[-1] == 40
    for second in range(400, 440):
        budget.start(float(second))
        budget.end(float(second))
    assert budget.concurrency == 4


def test_a_service_that_goes_on_refusing_is_still_asked_now_and_then() -> None:
    budget = ServiceBudget(rate=40, concurrency=4)
    for second in range(0, 200, 2):
        budget.start(float(second))
        budget.end(float(second), is_throttled=True)
    assert budget.rate > 0
    assert (budget.seconds_until_free(201.0) or 0.0) <= 2.0


def simulated(*, limit: float, setting: int, requests: int, retry_after: float) -> tuple[float, int]:
    """Seconds and refusals until a service with a token bucket has let all requests through."""
    budget, now, tokens, counted, done, refused = (
        ServiceBudget(rate=setting, concurrency=4), 0.0, limit, 0.0, 0, 0,
    )  # fmt: skip
    while done < requests:
        now += budget.seconds_until_free(now) or 0.0
        tokens, counted = min(limit, tokens + (now - counted) * limit), now
        budget.start(now)
        is_refused = tokens < 1
        tokens -= not is_refused
        done += not is_refused
        refused += is_refused
        budget.end(now, is_throttled=is_refused, pause_seconds=retry_after if is_refused else 0.0)
    return now, refused


@pytest.mark.parametrize("setting", [10, 20, 50, 200])
@pytest.mark.parametrize("retry_after", [0.0, 1.0])
def test_a_token_bucket_of_ten_a_second_is_used_nearly_whole(setting: int, retry_after: float) -> None:
    seconds, refused = simulated(limit=10, setting=setting, requests=600, retry_after=retry_after)
    assert seconds <= 1.15 * 600 / 10
    assert refused <= 600 / 8


@given(st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=60))
def test_whatever_happens_the_budget_stays_within_its_bounds(story: list[tuple[float, bool]]) -> None:
    budget, now = ServiceBudget(rate=50, concurrency=4), 0.0
    for seconds, is_refused in story:
        now += seconds
        budget.start(now)
        budget.end(now, is_throttled=is_refused, pause_seconds=seconds)
        assert 0 < budget.rate <= 50
        assert 1 <= budget.concurrency <= 4
