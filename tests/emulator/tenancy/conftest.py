"""Generated tenancies: one that all tests may read, and a maker for those that change theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tenancy_caller import Caller

from emulator.tenancy import Tenancy, generate
from emulator.truth import truth_records
from tests.fakes.service_caller import NOW

MakeTenancy = Callable[..., Tenancy]


@pytest.fixture
def make_tenancy() -> MakeTenancy:
    def make(seed: int = 7, resources: int = 1500, compartments: int = 12, **rest: Any) -> Tenancy:
        return generate(seed=seed, resources=resources, compartments=compartments, now=NOW, **rest)

    return make


@pytest.fixture(scope="session")
def unchanged() -> Tenancy:
    """A tenancy that no test may mutate."""
    return generate(seed=11, resources=2000, compartments=12, now=NOW, region_in_progress=True)


@pytest.fixture(scope="session")
def truth(unchanged: Tenancy) -> list[dict[str, Any]]:
    """The truth about `unchanged`."""
    return list(truth_records(unchanged))


@pytest.fixture(scope="session")
def caller(unchanged: Tenancy) -> Caller:
    return Caller(unchanged)
