"""From a resource's details to its relationships.

A field counts only if the table names it and its value is an OCID: free text, tags and what users put
into maps of their own (metadata, function configuration) never make an edge. Whether the target is in the
inventory is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from inventory.model.canonical import JsonValue
from inventory.model.ocid import is_ocid

#: Field name -> relation type. Plural fields (`subnetIds`) hold lists of the same.
RELATION_TYPES: Mapping[str, str] = {
    "applicationId": "IN_APPLICATION",
    "assignedEntityId": "ASSIGNED_TO",
    "autonomousContainerDatabaseId": "IN_CONTAINER_DATABASE",
    "backupNetworkNsgId": "USES_NSG",
    "backupSubnetId": "IN_SUBNET",
    "baseImageId": "BASED_ON_IMAGE",
    "bootVolumeId": "USES_BOOT_VOLUME",
    "capacityReservationId": "USES_CAPACITY_RESERVATION",
    "clusterPlacementGroupId": "IN_PLACEMENT_GROUP",
    "dbHomeId": "IN_DB_HOME",
    "dbSystemId": "IN_DB_SYSTEM",
    "dedicatedVmHostId": "RUNS_ON",
    "defaultDhcpOptionsId": "USES_DHCP_OPTIONS",
    "defaultRouteTableId": "USES_ROUTE_TABLE",
    "defaultSecurityListId": "USES_SECURITY_LIST",
    "dhcpOptionsId": "USES_DHCP_OPTIONS",
    "drgId": "USES_DRG",
    "drgRouteTableId": "USES_DRG_ROUTE_TABLE",
    "identityProviderId": "FROM_IDENTITY_PROVIDER",
    "imageId": "USES_IMAGE",
    "instanceConfigurationId": "USES_INSTANCE_CONFIGURATION",
    "kmsKeyId": "ENCRYPTED_BY",
    "logGroupId": "IN_LOG_GROUP",
    "networkEntityId": "ROUTES_VIA",
    "networkFirewallPolicyId": "USES_FIREWALL_POLICY",
    "networkSecurityGroupId": "USES_NSG",
    "nsgId": "USES_NSG",
    "peerDbId": "PEERS_WITH",
    "privateIpId": "ASSIGNED_TO",
    "publicIpId": "USES_PUBLIC_IP",
    "restoredFromVaultId": "RESTORED_FROM",
    "routeTableId": "USES_ROUTE_TABLE",
    "securityListId": "USES_SECURITY_LIST",
    "sourceDbSystemId": "CLONE_OF",
    "subnetId": "IN_SUBNET",
    "vaultId": "USES_VAULT",
    "vcnId": "IN_VCN",
    "vlanId": "IN_VLAN",
    "vnicId": "IN_VNIC",
    "volumeGroupId": "IN_VOLUME_GROUP",
}

#: Objects whose keys and values are their users' own words.
FREE_MAPS = (
    "config",
    "definedTags",
    "environmentVariables",
    "extendedMetadata",
    "freeformTags",
    "metadata",
    "securityAttributes",
    "systemTags",
)


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


_BY_NAME = {_folded(name) + plural: kind for name, kind in RELATION_TYPES.items() for plural in ("", "s")}
_FREE_MAPS = frozenset(map(_folded, FREE_MAPS))


@lru_cache(maxsize=4096)
def _relation_type(field: str) -> str | None:
    return _BY_NAME.get(_folded(field))


@lru_cache(maxsize=4096)
def _is_free_map(field: str) -> bool:
    return _folded(field) in _FREE_MAPS


def relationships_of(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """The relationships that `details.metadata` shows, distinct, sorted by (source, type, target).

    A record without OCID or without metadata has none; nothing is related to itself.
    """
    source = record.get("ocid")
    details = record.get("details")
    metadata = details.get("metadata") if isinstance(details, dict) else None
    if not source or not isinstance(metadata, dict):
        return []
    found = {(kind, target) for kind, target in _references(metadata) if target != source}
    return [
        {"source_ocid": source, "relation_type": kind, "target_ocid": target}
        for kind, target in sorted(found)
    ]


def _references(value: JsonValue) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        for field, item in value.items():
            if isinstance(item, dict):
                if not _is_free_map(field):
                    yield from _references(item)
                continue
            kind = _relation_type(field)
            if kind is not None:
                targets = item if isinstance(item, list) else [item]
                yield from ((kind, target) for target in targets if is_ocid(target))
            if isinstance(item, list):
                yield from _references(item)
