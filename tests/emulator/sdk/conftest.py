"""One tenancy with every type that Search can know, which all tests here may read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest
from sdk_caller import Caller

from emulator.tenancy import Resource, Tenancy, generate
from emulator.tenancy.details import details
from tests.fakes.service_caller import NOW


@pytest.fixture(scope="session")
def tenancy() -> Tenancy:
    """A tenancy that no test may change."""
    return generate(resources=1800, regions=2, compartments=12, every_type=True, seed=5, now=NOW)


@pytest.fixture
def make_small() -> Callable[[], Tenancy]:
    """A maker of tenancies that a test may change."""
    return lambda: generate(resources=900, regions=2, compartments=12, seed=5, now=NOW)


@pytest.fixture(scope="session")
def caller(tenancy: Tenancy) -> Caller:
    return Caller(tenancy)


@pytest.fixture(scope="session")
def by_type(tenancy: Tenancy) -> dict[str, list[Resource]]:
    """The readable resources of each type."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for resource in tenancy.resources.values():
        if details(resource, tenancy) is not None:
            found[resource.resource_type].append(resource)
    return found
