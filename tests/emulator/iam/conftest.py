"""The place where these tests make their requests."""

from __future__ import annotations

import pytest
from iam_site import NOW, Site

from emulator.tenancy import Tenancy, generate


@pytest.fixture(scope="session")
def tenancy() -> Tenancy:
    return generate(seed=5, resources=400, regions=2, compartments=12, now=NOW)


@pytest.fixture
def site(tenancy: Tenancy) -> Site:
    compartments = {one.ocid: one.compartment_id for one in tenancy.compartments if one.ocid is not None}
    inner, outer = next((ocid, above) for ocid, above in compartments.items() if above in compartments)
    family = {inner, outer, compartments[outer]}
    aside = next(
        ocid for ocid, above in compartments.items() if ocid not in family and above == tenancy.tenancy_id
    )
    return Site(tenancy, outer=outer, inner=inner, aside=aside)
