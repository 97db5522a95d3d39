"""The tenancy as the real SDK's clients see it: their paths, their models, their signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oci
import pytest

from emulator.app import Emulator
from emulator.door_responses import ResponsesDoor
from emulator.object_storage import ObjectStorageService
from emulator.reads import GeneratedBuckets
from emulator.tenancy import Tenancy
from emulator.tenancy.resource_types import HOME_TYPES
from emulator.tenancy_services import tenancy_services
from tests.fakes.service_caller import NOW

MakeClient = Callable[..., Any]


@pytest.fixture(scope="module")
def make_client(unchanged: Tenancy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeClient]:
    root: Path = tmp_path_factory.mktemp("tenancy")
    emulator = Emulator(root=root, tenancy_id=unchanged.tenancy_id, clock=lambda: NOW)
    for label, service in tenancy_services(unchanged, clock=emulator.now).items():
        emulator.register(label, service)
    storage = ObjectStorageService(
        root=root,
        namespace=unchanged.namespace,
        clock=emulator.now,
        other_buckets=GeneratedBuckets(unchanged).bucket_details,
    )
    emulator.register("objectstorage", storage)
    key = emulator.keys.mint_api_key(user_id="ocid1.user.oc1..aaaatester")

    def make(kind: type, region: str = "us-ashburn-1", **rest: Any) -> Any:
        return kind(key.config(region), retry_strategy=oci.retry.NoneRetryStrategy(), **rest)

    with ResponsesDoor(emulator):
        yield make
    storage.close()


def test_search_pages_give_every_resource_of_the_region(
    make_client: MakeClient, truth: list[dict[str, Any]]
) -> None:
    client = make_client(oci.resource_search.ResourceSearchClient, "eu-frankfurt-1")
    details = oci.resource_search.models.StructuredSearchDetails(query="query all resources")
    found, page = [], None
    while True:
        answer = client.search_resources(details, limit=400, **({"page": page} if page else {}))
        found += answer.data.items
        page = answer.next_page
        if page is None:
            break
    expected = {
        record["ocid"]: record["timeCreated"]
        for record in truth
        if record["region"] == "eu-frankfurt-1" or record["resourceType"] in HOME_TYPES
    }
    seen = {item.identifier: item.time_created for item in found}
    assert seen.keys() == expected.keys()
    for ocid, created in expected.items():
        if ocid is not None:
            assert (seen[ocid].isoformat(timespec="microseconds") if seen[ocid] else None) == created


def test_identity_answers_the_sdk(make_client: MakeClient, unchanged: Tenancy) -> None:
    client = make_client(oci.identity.IdentityClient, "ap-tokyo-1")
    regions = client.list_region_subscriptions(unchanged.tenancy_id).data
    assert [region.region_name for region in regions if region.is_home_region] == [unchanged.home_region]
    assert client.get_tenancy(unchanged.tenancy_id).data.home_region_key == "IAD"
    compartments = oci.pagination.list_call_get_all_results(
        client.list_compartments, unchanged.tenancy_id, compartment_id_in_subtree=True, limit=5
    ).data
    assert {c.id for c in compartments} == {c.ocid for c in unchanged.compartments}
    with pytest.raises(oci.exceptions.ServiceError) as error:
        client.get_user("ocid1.user.oc1..unknown")
    assert (error.value.status, error.value.code) == (404, "NotAuthorizedOrNotFound")


_GETTERS: dict[str, tuple[str, str]] = {
    "Instance": ("core.ComputeClient", "get_instance"),
    "Image": ("core.ComputeClient", "get_image"),
    "Volume": ("core.BlockstorageClient", "get_volume"),
    "BootVolume": ("core.BlockstorageClient", "get_boot_volume"),
    "Vcn": ("core.VirtualNetworkClient", "get_vcn"),
    "Subnet": ("core.VirtualNetworkClient", "get_subnet"),
    "RouteTable": ("core.VirtualNetworkClient", "get_route_table"),
    "SecurityList": ("core.VirtualNetworkClient", "get_security_list"),
    "DHCPOptions": ("core.VirtualNetworkClient", "get_dhcp_options"),
    "NetworkSecurityGroup": ("core.VirtualNetworkClient", "get_network_security_group"),
    "InternetGateway": ("core.VirtualNetworkClient", "get_internet_gateway"),
    "NatGateway": ("core.VirtualNetworkClient", "get_nat_gateway"),
    "ServiceGateway": ("core.VirtualNetworkClient", "get_service_gateway"),
    "Drg": ("core.VirtualNetworkClient", "get_drg"),
    "Vnic": ("core.VirtualNetworkClient", "get_vnic"),
    "Vault": ("key_management.KmsVaultClient", "get_vault"),
    "NetworkLoadBalancer": ("network_load_balancer.NetworkLoadBalancerClient", "get_network_load_balancer"),
    "LoadBalancer": ("load_balancer.LoadBalancerClient", "get_load_balancer"),
    "Compartment": ("identity.IdentityClient", "get_compartment"),
    "User": ("identity.IdentityClient", "get_user"),
    "Group": ("identity.IdentityClient", "get_group"),
    "Policy": ("identity.IdentityClient", "get_policy"),
    "DynamicResourceGroup": ("identity.IdentityClient", "get_dynamic_group"),
    "TagNamespace": ("identity.IdentityClient", "get_tag_namespace"),
    "AutonomousDatabase": ("database.DatabaseClient", "get_autonomous_database"),
    "DbSystem": ("database.DatabaseClient", "get_db_system"),
    "LogGroup": ("logging.LoggingManagementClient", "get_log_group"),
    "Alarm": ("monitoring.MonitoringClient", "get_alarm"),
    "Bucket": ("object_storage.ObjectStorageClient", "get_bucket"),
}


@pytest.mark.parametrize("type_name", sorted(_GETTERS))
def test_well_known_get_calls_are_where_the_sdk_looks_for_it(
    make_client: MakeClient, truth: list[dict[str, Any]], type_name: str
) -> None:
    record = next(r for r in truth if r["resourceType"] == type_name and r["body"])
    client_name, operation = _GETTERS[type_name]
    kind: Any = oci
    for part in client_name.split("."):
        kind = getattr(kind, part)
    asked = (
        (record["body"]["namespace"], record["displayName"]) if type_name == "Bucket" else (record["ocid"],)
    )
    raw = getattr(make_client(kind, record["region"], skip_deserialization=True), operation)(*asked).data
    assert raw == record["body"]
    model = getattr(make_client(kind, record["region"]), operation)(*asked).data
    assert model.id == record["ocid"]
    assert model.freeform_tags == record["freeformTags"]
