"""The GET of single resources, compared with the truth."""

from __future__ import annotations

from typing import Any

import pytest
from tenancy_caller import Caller

from emulator.reads import GeneratedBuckets
from emulator.wire import ServiceError

_TYPES = {
    "AutonomousDatabase",
    "Compartment",
    "Instance",
    "LogGroup",
    "Policy",
    "Subnet",
    "User",
    "Vault",
    "Vcn",
    "Volume",
}


@pytest.fixture(scope="module")
def readable(truth: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of types that have been read for long; the SDK's other operations have tests of their own."""
    return [record for record in truth if record["ocid"] and record["resourceType"] in _TYPES]


def test_every_readable_resource_answers_what_the_truth_says(
    caller: Caller, readable: list[dict[str, Any]]
) -> None:
    answered, forgotten = set(), set()
    for record in readable:
        if record["body"] is None:
            forgotten.add(record["resourceType"])
            with pytest.raises(ServiceError) as error:
                caller.read(record)
            assert error.value.status == 404
        else:
            answered.add(record["resourceType"])
            assert caller.read(record) == record["body"]
    assert answered == _TYPES
    assert "Subnet" in forgotten
    assert not forgotten & {"Instance", "User", "AutonomousDatabase"}


def test_another_region_does_not_have_it_but_every_region_has_identity(
    caller: Caller, readable: list[dict[str, Any]]
) -> None:
    instance = next(record for record in readable if record["resourceType"] == "Instance")
    elsewhere = next(region for region in caller.tenancy.ready_regions if region != instance["region"])
    with pytest.raises(ServiceError) as error:
        caller.read(instance, region=elsewhere)
    assert (error.value.status, error.value.code) == (404, "NotAuthorizedOrNotFound")
    user = next(record for record in readable if record["resourceType"] == "User")
    for region in caller.tenancy.ready_regions:
        assert caller.read(user, region=region) == user["body"]


@pytest.mark.parametrize(
    ("service", "method", "path"),
    [
        ("iaas", "GET", "/20160918/instances/ocid1.instance.oc1.iad.unknown"),
        ("iaas", "GET", "/20160918/vcns/INSTANCE"),
        ("iaas", "DELETE", "/20160918/instances/INSTANCE"),
        ("iaas", "GET", "/19990101/instances/INSTANCE"),
        ("database", "GET", "/20160918/instances/INSTANCE"),
    ],
)
def test_anything_else_is_the_ambiguous_404(
    caller: Caller, readable: list[dict[str, Any]], service: str, method: str, path: str
) -> None:
    instance = next(record for record in readable if record["resourceType"] == "Instance")
    with pytest.raises(ServiceError) as error:
        caller.call(service, method, path.replace("INSTANCE", instance["ocid"]), region=instance["region"])
    assert (error.value.status, error.value.code) == (404, "NotAuthorizedOrNotFound")


def test_buckets_are_known_by_namespace_and_name(caller: Caller, truth: list[dict[str, Any]]) -> None:
    tenancy = caller.tenancy
    buckets = GeneratedBuckets(tenancy)
    records = [record for record in truth if record["resourceType"] == "Bucket"]
    assert records
    for record in records:
        asked = (record["displayName"], record["region"])
        assert buckets.bucket_details(tenancy.namespace, *asked) == record["body"]
        assert buckets.bucket_details("another", *asked) is None
    assert buckets.bucket_details(tenancy.namespace, "missing", tenancy.home_region) is None
