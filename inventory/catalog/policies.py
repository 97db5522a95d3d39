"""Which IAM statement lets a function read resources of a type.

The names are those of Oracle's policy reference. Where a family would also open what resources contain
(objects, lines of logs, secrets), the single resource-type that describes them stands instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from inventory.catalog.entry import ResourceType

#: For types that nothing more narrow is known of.
ALL_RESOURCES = "all-resources"

#: By the SDK's module and client that read the type.
_BY_CLIENT: Mapping[tuple[str, str], str] = {
    ("core", "BlockstorageClient"): "volume-family",
    ("core", "ComputeClient"): "instance-family",
    ("core", "ComputeManagementClient"): "compute-management-family",
    ("core", "VirtualNetworkClient"): "virtual-network-family",
    ("database", "DatabaseClient"): "database-family",
    ("functions", "FunctionsManagementClient"): "functions-family",
    ("key_management", "KmsVaultClient"): "vaults",
    ("load_balancer", "LoadBalancerClient"): "load-balancers",
    ("logging", "LoggingManagementClient"): "log-groups",
    ("monitoring", "MonitoringClient"): "alarms",
    ("network_load_balancer", "NetworkLoadBalancerClient"): "network-load-balancers",
    ("object_storage", "ObjectStorageClient"): "buckets",
}

#: By the type's name, where its client reads types of several families. IAM has no family.
_BY_TYPE: Mapping[str, str] = {
    "AutonomousDatabase": "autonomous-database-family",
    "Compartment": "compartments",
    "DynamicResourceGroup": "dynamic-groups",
    "Group": "groups",
    "Policy": "policies",
    "User": "users",
}

# `read all-resources` alone would also let the function read objects and secrets.
_NO_CONTENTS = " where all {request.permission != 'OBJECT_READ', request.permission != 'SECRET_BUNDLE_READ'}"


def read_statement(entry: ResourceType | None) -> str:
    """The IAM statement that lets a dynamic group read a type; None is a type that the catalog lacks."""
    family = _family(entry)
    condition = _NO_CONTENTS if family == ALL_RESOURCES else ""
    return f"Allow dynamic-group <name> to read {family} in tenancy{condition}"


def _family(entry: ResourceType | None) -> str:
    if entry is None or entry.get is None:
        return ALL_RESOURCES
    by_client = _BY_CLIENT.get((entry.get.service, entry.get.client), ALL_RESOURCES)
    return _BY_TYPE.get(entry.name, by_client)
