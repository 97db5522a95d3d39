"""How often a request is repeated, and after which pause."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from inventory.coordination.retry import Retry
from inventory.errors import (
    CircuitOpen,
    ConnectionFailed,
    CredentialsUnusable,
    InventoryError,
    NotAuthenticated,
    RequestRefused,
    RequestTimeout,
    RetryLater,
    ServerFault,
    Throttled,
)
from inventory.ports.deadline import Deadline
from tests.unit.oci_io.adapters import ManualClock


def ignore(_error: RetryLater) -> None:
    pass


def failing(*errors: Exception) -> Callable[[], str]:
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return attempt


def retry_on(
    clock: ManualClock,
    *,
    remaining_seconds: float = 3600.0,
    share: float = 1.0,
    tries: int = 8,
    fault_tries: int | None = None,
    waits_for_breaker: bool = True,
    longest_pause_seconds: float = math.inf,
) -> Retry:
    return Retry(
        deadline=Deadline(ends_at=clock.seconds + remaining_seconds, monotonic=clock.monotonic),
        sleep=clock.sleep,
        uniform=lambda low, high: low + share * (high - low),
        max_attempts=tries,
        max_fault_attempts=fault_tries,
        waits_for_breaker=waits_for_breaker,
        longest_pause_seconds=longest_pause_seconds,
    )


def test_a_success_is_not_waited_for() -> None:
    clock = ManualClock()
    assert retry_on(clock).run(failing(), failed=ignore) == "done"
    assert clock.sleeps == []


def test_pauses_double_up_to_the_cap_and_the_last_error_is_told() -> None:
    clock = ManualClock()
    errors = [ServerFault(str(number)) for number in range(8)]
    seen: list[RetryLater] = []
    with pytest.raises(ServerFault, match="7"):
        retry_on(clock).run(failing(*errors), failed=seen.append)
    assert clock.sleeps == [1, 2, 4, 8, 16, 30, 30]
    assert seen == errors


@pytest.mark.parametrize(("share", "pauses"), [(0.0, [0, 0, 0]), (0.5, [0.5, 1, 2]), (1.0, [1, 2, 4])])
def test_the_jitter_draws_from_nothing_to_the_whole_pause(share: float, pauses: list[float]) -> None:
    clock = ManualClock()
    attempt = failing(Throttled("1"), ConnectionFailed("2"), ServerFault("3"))
    assert retry_on(clock, share=share).run(attempt, failed=ignore) == "done"
    assert clock.sleeps == pauses


def test_retry_after_is_the_least_pause_and_the_jitter_comes_on_top() -> None:
    """Workers that were throttled together must not come back together."""
    clock = ManualClock()
    attempt = failing(Throttled("busy", retry_after_seconds=45.0), Throttled("busy", retry_after_seconds=5.0))
    assert retry_on(clock, share=0.5).run(attempt, failed=ignore) == "done"
    assert clock.sleeps == [45.5, 6]


def test_a_gap_is_not_asked_for_again() -> None:
    clock = ManualClock()
    with pytest.raises(RequestRefused):
        retry_on(clock).run(failing(RequestRefused("no")), failed=ignore)
    assert clock.sleeps == []


def test_a_bug_is_not_repeated() -> None:
    clock = ManualClock()
    with pytest.raises(KeyError):
        retry_on(clock).run(failing(KeyError("x")), failed=ignore)
    assert clock.sleeps == []


def test_no_pause_is_begun_that_ends_after_the_deadline() -> None:
    clock = ManualClock()
    with pytest.raises(Throttled):
        retry_on(clock, remaining_seconds=10).run(failing(*[Throttled("busy")] * 20), failed=ignore)
    assert clock.sleeps == [1, 2, 4]


def test_a_retry_after_beyond_the_deadline_ends_the_call_at_once() -> None:
    clock = ManualClock()
    with pytest.raises(Throttled):
        retry_on(clock, remaining_seconds=100).run(
            failing(Throttled("come tomorrow", retry_after_seconds=3600.0)), failed=ignore
        )
    assert clock.sleeps == []


def test_past_the_deadline_one_attempt_is_still_made() -> None:
    clock = ManualClock()
    assert retry_on(clock, remaining_seconds=-1).run(failing(), failed=ignore) == "done"
    with pytest.raises(ServerFault):
        retry_on(clock, remaining_seconds=-1).run(failing(ServerFault("x")), failed=ignore)
    assert clock.sleeps == []


def test_one_try_means_one_try() -> None:
    clock = ManualClock()
    with pytest.raises(ServerFault):
        retry_on(clock, tries=1).run(failing(ServerFault("x")), failed=ignore)
    assert clock.sleeps == []


def test_a_refused_signature_is_tried_again_for_credentials_that_are_just_being_renewed() -> None:
    clock = ManualClock()
    refused = [NotAuthenticated(str(number), status=401) for number in range(3)]
    seen: list[RetryLater] = []
    assert retry_on(clock).run(failing(*refused[:2]), failed=seen.append) == "done"
    assert clock.sleeps == [1, 2]
    with pytest.raises(NotAuthenticated, match="2"):
        retry_on(clock).run(failing(*refused), failed=seen.append)
    assert seen == []


def test_a_token_that_cannot_be_read_is_tried_again_as_often() -> None:
    clock = ManualClock()
    half = [CredentialsUnusable(str(number)) for number in range(3)]
    assert retry_on(clock).run(failing(*half[:2]), failed=ignore) == "done"
    with pytest.raises(CredentialsUnusable, match="2"):
        retry_on(clock).run(failing(*half), failed=ignore)


def test_what_can_be_done_without_is_not_waited_for() -> None:
    """A service that asks for 105 seconds of patience would get them from the run's last two minutes."""
    clock = ManualClock()
    busy = Throttled("busy", retry_after_seconds=105.0)
    with pytest.raises(Throttled):
        retry_on(clock, longest_pause_seconds=5.0).run(failing(busy), failed=ignore)
    assert clock.sleeps == []
    soon = Throttled("busy", retry_after_seconds=4.0)
    assert retry_on(clock, longest_pause_seconds=5.0).run(failing(soon), failed=ignore) == "done"


@pytest.mark.parametrize(("remaining_seconds", "is_begun"), [(90.0, False), (92.0, True)])
def test_no_attempt_is_begun_that_could_outlast_the_deadline(
    remaining_seconds: float, is_begun: bool
) -> None:
    clock = ManualClock()
    retry = retry_on(clock, remaining_seconds=remaining_seconds)
    answers = failing(ServerFault("slow"))

    def attempt() -> str:
        clock.seconds += 45
        return answers()

    if is_begun:
        assert retry.run(attempt, failed=ignore, attempt_seconds=45.0) == "done"
    else:
        with pytest.raises(ServerFault):
            retry.run(attempt, failed=ignore, attempt_seconds=45.0)
        assert clock.sleeps == []


def test_not_even_a_first_attempt_is_begun_that_could_outlast_the_deadline() -> None:
    clock = ManualClock()
    with pytest.raises(RequestTimeout):
        retry_on(clock, remaining_seconds=44).run(failing(), failed=ignore, attempt_seconds=45.0)


# The pause alone, for who makes the requests one by one


@pytest.mark.parametrize(
    ("error", "number", "pause"),
    [
        (ServerFault("x"), 1, 1.0),
        (ServerFault("x"), 2, 2.0),
        (ServerFault("x"), 3, None),
        (Throttled("x"), 3, 4.0),
        (Throttled("x"), 99, 30.0),
        (Throttled("x"), 100, None),
        (Throttled("x", retry_after_seconds=7.0), 2, 9.0),
        (CircuitOpen("x", retry_after_seconds=12.0), 2, 14.0),
        (CircuitOpen("x", retry_after_seconds=12.0), 3, None),
        (NotAuthenticated("x"), 2, 2.0),
        (NotAuthenticated("x"), 3, None),
        (RequestRefused("x"), 1, None),
    ],
    ids=lambda value: f"{type(value).__name__}" if isinstance(value, Exception) else str(value),
)
def test_the_pause_before_the_next_attempt(error: InventoryError, number: int, pause: float | None) -> None:
    clock = ManualClock()
    retry = retry_on(clock, tries=100, fault_tries=3)
    assert retry.pause_before_next(number, error) == pause
    assert clock.sleeps == [], "whoever asks waits"


def test_an_open_breaker_is_an_answer_for_who_does_not_wait_for_it() -> None:
    retry = retry_on(ManualClock(), waits_for_breaker=False)
    assert retry.pause_before_next(1, CircuitOpen("x", retry_after_seconds=1.0)) is None
    assert retry.pause_before_next(1, ServerFault("x")) == 1.0


def test_there_is_no_next_attempt_that_the_deadline_leaves_no_room_for() -> None:
    retry = retry_on(ManualClock(), remaining_seconds=10.0)
    assert retry.pause_before_next(3, ServerFault("x")) == 4.0
    assert retry.pause_before_next(4, ServerFault("x"), attempt_seconds=1.0) == 8.0
    assert retry.pause_before_next(4, ServerFault("x"), attempt_seconds=2.0) is None
    assert retry.pause_before_next(5, ServerFault("x")) is None
