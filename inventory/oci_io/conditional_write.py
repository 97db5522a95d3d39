"""What a write under a condition came to: landed, refused, or unknown.

The same conditional request is repeated after an answer that did not come or cannot be trusted. If the lost
attempt had landed, the repetition meets its own object and is refused: only reading back tells whose it is,
and that is left to the caller.
"""

from __future__ import annotations

from collections.abc import Callable

from inventory.errors import RecordGap, RetryLater, Throttled
from inventory.ports.store import Landed, PutOutcome, Refused, Unknown


def write_under_condition(write: Callable[[Callable[[RetryLater], None]], str]) -> PutOutcome:
    """The outcome of a write with its retries.

    `write` makes the request, tells every failed attempt to the function it is given, and returns the ETag.
    Raises Throttled where every attempt was refused by throttling, and RecordGap where the store refuses the
    write for a reason other than the condition and no earlier attempt can have landed.
    """
    failures: list[RetryLater] = []
    try:
        return Landed(etag=write(failures.append))
    except RetryLater:
        if _may_have_landed(failures):
            return Unknown()
        raise
    except RecordGap as error:
        if _is_refusal(error):
            return Refused()
        if _may_have_landed(failures):
            return Unknown()
        raise


def _is_refusal(error: RecordGap) -> bool:
    # The object that If-Match names may be gone altogether.
    return error.status == 412 or (error.status == 404 and error.code == "ObjectNotFound")


def _may_have_landed(failures: list[RetryLater]) -> bool:
    return not all(isinstance(failure, Throttled) for failure in failures)
