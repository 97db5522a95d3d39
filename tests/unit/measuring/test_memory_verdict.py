"""`make memory` fails when a role's memory grows with the tenancy, whichever role it is."""

from __future__ import annotations

import pytest

from tests.memory import MOST_GROWTH, Measured, verdict

MEGABYTE = 1024 * 1024


def measured(resources: int, **peaks: int) -> Measured:
    return Measured(
        resources=resources,
        peaks={role: size * MEGABYTE for role, size in peaks.items()},
        tmp=dict.fromkeys(peaks, 0),
        seconds=[2.0, 1.0],
    )


@pytest.mark.parametrize(
    ("region", "aggregator", "status"),
    [(100, 100, 0), (120, 120, 0), (121, 100, 1), (100, 121, 1), (50, 300, 1), (90, 80, 0)],
)
def test_growth_of_either_role_fails(region: int, aggregator: int, status: int) -> None:
    assert MOST_GROWTH == 1.2
    small = measured(10_000, region=100, aggregator=100)
    assert verdict([small, measured(100_000, region=region, aggregator=aggregator)]) == status
