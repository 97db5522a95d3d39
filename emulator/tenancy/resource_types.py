"""The resource types that a tenancy can hold: those of the SDK's table, and what only the generator decides.

That is which of their references stay within one VCN, which regions have them, and what Search adds on
request.
"""

from __future__ import annotations

from collections.abc import Mapping

from emulator.sdk.types import SearchableType, searchable_types
from emulator.tenancy.type_row import Reference, TypeRow

#: Offered in the home region and the second one only; the younger regions' Search does not know them either.
YOUNG_TYPES = frozenset(
    {
        "AiDataPlatform",
        "GenAiAgent",
        "GenAiAgentDataIngestionJob",
        "GenAiAgentDataSource",
        "GenAiAgentEndpoint",
        "GenAiAgentKnowledgeBase",
        "iotdomain",
        "iotdomaingroup",
        "kafkacluster",
        "kafkaclusterconfig",
        "lustrefilesystem",
        "postgresqlbackup",
        "PostgresqlConfiguration",
        "postgresqldbsystem",
    }
)

# A resource of a VCN, and the VCN itself, names parts of that VCN only.
_PARTS_OF_A_VCN = frozenset(
    {"DHCPOptions", "InternetGateway", "NetworkSecurityGroup", "RouteTable", "SecurityList", "Subnet"}
)

# The SDK's models do not require these, and services always give them.
_ALWAYS_THERE = frozenset(
    {
        "bootVolumeId",
        "defaultDhcpOptionsId",
        "defaultRouteTableId",
        "defaultSecurityListId",
        "dhcpOptionsId",
        "imageId",
        "securityListIds",
        "subnetId",
        "subnetIds",
        "vnicId",
        "volumeId",
    }
)

# Fields of services' bodies, besides the references, that Search has as well.
_ADDITIONAL: Mapping[str, tuple[str, ...]] = {
    "AutonomousDatabase": ("dbName", "dbWorkload"),
    "DbSystem": ("shape",),
    "Image": ("operatingSystem",),
    "Instance": ("region", "shape"),
    "LoadBalancer": ("shapeName",),
    "Subnet": ("cidrBlock",),
    "Vcn": ("cidrBlock", "dnsLabel"),
    "Vnic": ("privateIp",),
    "Volume": ("sizeInGBs",),
}


def _row(one: SearchableType) -> TypeRow:
    references = _references(one)
    named = [reference.field for reference in references if not reference.field.startswith("_")]
    from_body = _ADDITIONAL.get(one.name, ())
    return TypeRow(
        name=one.name,
        ocid_kind=one.ocid_prefix,
        states=one.states,
        final_state=one.final_state,
        references=references,
        additional=(*named, *from_body),
        from_body=frozenset(from_body),
        home=one.home,
        in_availability_domain=one.in_availability_domain,
        young=one.name in YOUNG_TYPES,
        is_readable=one.get is not None,
    )


def _references(one: SearchableType) -> tuple[Reference, ...]:
    """Those of the SDK; the VCN first, because what is in it is chosen from it."""
    in_vcn = one.name == "Vcn" or any(reference.field == "vcnId" for reference in one.references)
    found = [
        Reference(
            field=reference.field,
            target=reference.target,
            same_vcn=in_vcn and reference.target in _PARTS_OF_A_VCN,
            many=reference.many,
            optional=reference.optional and reference.field not in _ALWAYS_THERE,
            parent=reference.parent,
        )
        for reference in one.references
    ]
    return tuple(sorted(found, key=lambda reference: reference.field != "vcnId"))


#: Every type that Search can know, by its name as Search spells it.
TYPES: Mapping[str, TypeRow] = {name: _row(one) for name, one in searchable_types().items()}

HOME_TYPES = frozenset(row.name for row in TYPES.values() if row.home)

# A resource of these types may be named by another one, so taking it away could leave that one dangling.
REFERENCED_TYPES = frozenset(
    {reference.target for row in TYPES.values() for reference in row.references} | {"Compartment"}
)


def is_offered(type_name: str, region_number: int) -> bool:
    """Whether a service is to be had in the tenancy's so many-th region (the home region is 0)."""
    return region_number < 2 or type_name not in YOUNG_TYPES


def searchable_type_names() -> tuple[str, ...]:
    """Every type that Search knows, sorted by name in any letter case."""
    return tuple(sorted(TYPES, key=str.lower))
