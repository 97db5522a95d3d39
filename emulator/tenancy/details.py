"""Decides which types a service's GET answers, where, and with what body.

The body is computed from the resource each time: nothing is stored twice and nothing can disagree.
Paths are those of Oracle's SDK clients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from emulator.tenancy.bodies import compute, iam, network, platform
from emulator.tenancy.resource_types import TYPES
from emulator.tenancy.values import Resource

Builder = Callable[[Resource, Random], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCall:
    """The GET of one type: `service` is the endpoint's first label, `collection` the path before the OCID.

    `forgets`: deleted resources answer 404 although Search still lists them for a while.
    `revisable`: the body has a field that can change without Search showing it.
    """

    service: str
    collection: str
    body: Builder
    forgets: bool = False
    revisable: bool = True


def _core(collection: str, body: Builder, *, forgets: bool = True, revisable: bool = True) -> ReadCall:
    return ReadCall(
        service="iaas",
        collection=f"/20160918/{collection}",
        body=body,
        forgets=forgets,
        revisable=revisable,
    )


def _identity(collection: str, body: Builder) -> ReadCall:
    return ReadCall(service="identity", collection=f"/20160918/{collection}", body=body)


READ_CALLS: dict[str, ReadCall] = {
    "Instance": _core("instances", compute.instance, forgets=False),
    "Image": _core("images", compute.image),
    "Volume": _core("volumes", compute.volume, forgets=False),
    "BootVolume": _core("bootVolumes", compute.boot_volume, forgets=False),
    "Vcn": _core("vcns", network.vcn),
    "Subnet": _core("subnets", network.subnet),
    "RouteTable": _core("routeTables", network.route_table),
    "SecurityList": _core("securityLists", network.security_list),
    "DHCPOptions": _core("dhcps", network.dhcp_options),
    "NetworkSecurityGroup": _core("networkSecurityGroups", network.network_security_group, revisable=False),
    "InternetGateway": _core("internetGateways", network.internet_gateway),
    "NatGateway": _core("natGateways", network.nat_gateway),
    "ServiceGateway": _core("serviceGateways", network.service_gateway),
    "Drg": _core("drgs", network.drg),
    "Vnic": _core("vnics", network.vnic),
    "NetworkLoadBalancer": ReadCall(
        service="network-load-balancer-api",
        collection="/20200501/networkLoadBalancers",
        body=network.network_load_balancer,
    ),
    "Vault": ReadCall(service="kms", collection="/20180608/vaults", body=platform.vault),
    "LoadBalancer": ReadCall(
        service="iaas", collection="/20170115/loadBalancers", body=network.load_balancer
    ),
    "Compartment": _identity("compartments", iam.compartment),
    "User": _identity("users", iam.user),
    "Group": _identity("groups", iam.group),
    "Policy": _identity("policies", iam.policy),
    "DynamicResourceGroup": _identity("dynamicGroups", iam.dynamic_group),
    "TagNamespace": _identity("tagNamespaces", iam.tag_namespace),
    "AutonomousDatabase": ReadCall(
        service="database", collection="/20160918/autonomousDatabases", body=platform.autonomous_database
    ),
    "DbSystem": ReadCall(service="database", collection="/20160918/dbSystems", body=platform.db_system),
    "LogGroup": ReadCall(service="logging", collection="/20200531/logGroups", body=platform.log_group),
    "Alarm": ReadCall(service="telemetry", collection="/20180401/alarms", body=platform.alarm),
    # By namespace and name; the object storage service answers it.
    "Bucket": ReadCall(service="objectstorage", collection="/n", body=platform.bucket),
}

_WITHOUT_SYSTEM_TAGS = frozenset({"Image", "NatGateway", "ServiceGateway", "Drg", "Vault", "Alarm"})


def service_time(moment: datetime | None) -> str | None:
    """An instant as most services print it: `2026-01-02T03:04:05.678Z`."""
    if moment is None:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def is_final(resource: Resource) -> bool:
    """Whether the resource is deleted and only lingers in Search."""
    final_state = TYPES[resource.resource_type].final_state
    return final_state is not None and resource.lifecycle_state == final_state


def details(resource: Resource, *, namespace: str) -> dict[str, Any] | None:
    """The body of the service's GET, or None where there is no such call or it answers 404."""
    call = READ_CALLS.get(resource.resource_type)
    if call is None or resource.ocid is None or (call.forgets and is_final(resource)):
        return None
    body: dict[str, Any] = {
        "id": resource.ocid,
        "compartmentId": resource.compartment_id,
        "lifecycleState": (resource.lifecycle_state or "").upper() or None,
        "timeCreated": service_time(resource.time_created),
        "freeformTags": dict(resource.freeform_tags),
        "definedTags": {name: dict(tags) for name, tags in resource.defined_tags.items()},
    }
    if call.service == "identity":
        body |= {"name": resource.display_name}
    elif resource.resource_type == "Bucket":
        body |= {"name": resource.display_name, "namespace": namespace}
        del body["lifecycleState"]
    else:
        body |= {"displayName": resource.display_name}
        if resource.resource_type not in _WITHOUT_SYSTEM_TAGS:
            body["systemTags"] = {name: dict(tags) for name, tags in resource.system_tags.items()}
    if resource.availability_domain is not None:
        body["availabilityDomain"] = resource.availability_domain
    for reference in TYPES[resource.resource_type].references:
        if not reference.field.startswith("_"):
            named = resource.references.get(reference.field)
            body[reference.field] = list(named) if isinstance(named, tuple) else named
    return body | call.body(resource, Random(f"{resource.ordinal}:{resource.ocid}"))


def additional_details(resource: Resource, *, namespace: str) -> dict[str, Any]:
    """What Search adds on `return allAdditionalFields`: the references and a few fields of the body."""
    found: dict[str, Any] = {
        field: list(named) if isinstance(named, tuple) else named
        for field, named in resource.references.items()
        if not field.startswith("_")
    }
    wanted = TYPES[resource.resource_type].additional
    if wanted:
        body = details(resource, namespace=namespace) or {}
        found |= {field: body[field] for field in wanted if field in body}
    return found
