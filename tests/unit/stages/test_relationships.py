"""What hangs on what: read from fields that are known to say so, and from nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from inventory.stages.relation_types import BY_HOLDER, BY_TYPE, PLACES, USERS_MAPS
from inventory.stages.relationships import FREE_MAPS, RELATION_TYPES, relationships_of

OWN = "ocid1.instance.oc1.iad.own"


def ocid(kind: str, unique: str = "aaaa") -> str:
    return f"ocid1.{kind}.oc1.iad.{unique}"


def edges(metadata: Any, resource_type: str | None = None) -> list[tuple[str, str]]:
    record: dict[str, Any] = {
        "ocid": OWN,
        "details": {"searchSummary": {"vcnId": ocid("vcn", "s")}, "metadata": metadata},
    }
    if resource_type is not None:
        record["resourceType"] = resource_type
    before = copy.deepcopy(record)
    found = relationships_of(record)
    assert record == before
    assert all(edge["source_ocid"] == OWN for edge in found)
    assert all(set(edge) == {"source_ocid", "relation_type", "target_ocid"} for edge in found)
    return [(edge["relation_type"], edge["target_ocid"]) for edge in found]


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize(("field", "kind"), RELATION_TYPES.items())
def test_every_field_of_the_table_makes_its_edge_in_both_spellings_and_as_a_list(
    field: str, kind: str
) -> None:
    target, other = ocid("target"), ocid("target", "bbbb")
    assert edges({field: target}) == edges({snake(field): target}) == [(kind, target)]
    assert edges({f"{field}s": [target, other]}) == edges({f"{snake(field)}s": [other, target]})
    assert edges({f"{field}s": [target, other]}) == [(kind, target), (kind, other)]


def test_edges_are_found_at_any_depth_distinct_and_sorted() -> None:
    vcn, gateway, subnet = ocid("vcn"), ocid("internetgateway"), ocid("subnet")
    metadata = {
        "vcnId": vcn,
        "routeRules": [
            {"networkEntityId": gateway, "cidr": "0.0.0.0/0"},
            {"networkEntityId": gateway, "cidr": "10.0.0.0/8"},
        ],
        "placement": {"primary": {"subnetId": subnet, "vcn_id": vcn}},
        "backendSets": {"one": {"backends": [[{"subnetIds": [subnet]}]]}},
    }
    assert edges(metadata) == [("IN_SUBNET", subnet), ("IN_VCN", vcn), ("ROUTES_VIA", gateway)]


@pytest.mark.parametrize("free_map", USERS_MAPS)
def test_tags_and_what_users_write_make_no_edge(free_map: str) -> None:
    decoy = {"subnetId": ocid("subnet"), "nested": {"vcn_id": ocid("vcn")}, "nsgIds": [ocid("nsg")]}
    assert edges({free_map: decoy, "inner": {snake(free_map): decoy}, "list": [{free_map: [decoy]}]}) == []


def test_the_maps_of_redaction_are_among_those_that_make_no_edge() -> None:
    assert set(FREE_MAPS) < set(USERS_MAPS)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("mySubnetId", "REFERS_TO_MY_SUBNET"),
        ("my_subnet_id", "REFERS_TO_MY_SUBNET"),
        ("fooBarIds", "REFERS_TO_FOO_BAR"),
        ("foo_bar_ids", "REFERS_TO_FOO_BAR"),
        ("requestOcid", "REFERS_TO_REQUEST"),
        ("requestOCID", "REFERS_TO_REQUEST"),
        ("scanListenerIPIDs", "REFERS_TO_SCAN_LISTENER_IP"),
        ("peDNSZoneId", "REFERS_TO_PE_DNS_ZONE"),
        ("backupVnic2Id", "REFERS_TO_BACKUP_VNIC2"),
        ("Tag_Namespace_Id", "IN_TAG_NAMESPACE"),
        ("metricCompartmentId", "REFERS_TO_METRIC_COMPARTMENT"),
        ("peerTenancyId", "REFERS_TO_PEER_TENANCY"),
    ],
)
def test_a_field_that_the_table_does_not_name_refers_to_the_rest_of_its_name(field: str, kind: str) -> None:
    target = ocid("target")
    assert edges({field: target}) == edges({"inner": [{field: [target]}]}) == [(kind, target)]


@pytest.mark.parametrize(
    "field",
    ["valid", "grid", "paid", "identity", "ids", "Id", "key with spaceId", "urn:x:fooId", "ökoId", "_id"],
)
def test_a_name_that_only_ends_like_a_reference_or_is_no_services_name_makes_no_edge(field: str) -> None:
    assert edges({field: ocid("target")}) == []


@pytest.mark.parametrize("field", PLACES)
def test_where_a_resource_lies_is_no_relationship(field: str) -> None:
    assert (
        edges({field: ocid("place"), f"{field}s": [ocid("place")], "inner": {snake(field): ocid("x")}}) == []
    )


@pytest.mark.parametrize(
    ("type_name", "field", "kind"),
    [(type_name, field, kind) for type_name, table in BY_TYPE.items() for field, kind in table.items()],
)
def test_a_field_of_a_type_makes_its_edge_by_the_type_and_by_the_kind_in_the_ocid(
    type_name: str, field: str, kind: str
) -> None:
    source, target = ocid(type_name, "own"), ocid("target")
    details = {"metadata": {field: target, snake(field): target}}
    expected = [{"source_ocid": source, "relation_type": kind, "target_ocid": target}]
    assert relationships_of({"ocid": source, "details": details}) == expected
    assert edges({field: target}, type_name.upper()) == [(kind, target)]


@pytest.mark.parametrize(
    ("holder", "field", "kind"),
    [(holder, field, kind) for holder, table in BY_HOLDER.items() for field, kind in table.items()],
)
def test_a_field_of_a_holder_makes_its_edge_in_an_object_and_in_a_list(
    holder: str, field: str, kind: str
) -> None:
    target = ocid("target")
    assert edges({holder: {field: target}}) == edges({"x": {holder: [{field: target}]}}) == [(kind, target)]


def test_an_object_with_an_ocid_of_its_own_is_referred_to() -> None:
    """A cluster network shows its pools, which show themselves."""
    pool = {"id": ocid("instancepool"), "instanceConfigurationId": ocid("config"), "compartmentId": ocid("c")}
    assert edges({"id": OWN, "instancePools": [pool]}) == [
        ("REFERS_TO", ocid("instancepool")),
        ("USES_INSTANCE_CONFIGURATION", ocid("config")),
    ]


def test_attachments_are_attached_at_both_ends() -> None:
    ends = {"instanceId": ocid("instance"), "volumeId": ocid("volume")}
    assert edges(ends, "VolumeAttachment") == [
        ("ATTACHED_TO", ocid("instance")),
        ("ATTACHED_TO", ocid("volume")),
    ]
    drg = {"drgId": ocid("drg"), "networkDetails": {"id": ocid("vcn"), "type": "VCN"}, "vcnId": ocid("vcn")}
    assert edges(drg, "DrgAttachment") == [("ATTACHED_TO", ocid("drg")), ("ATTACHED_TO", ocid("vcn"))]


def test_backends_are_targets_where_they_are_named_by_ocid() -> None:
    """A load balancer's backends have addresses only; those of a network load balancer may have OCIDs."""
    backend = {"name": "10.0.0.3:80", "ipAddress": "10.0.0.3", "targetId": None}
    assert edges({"backendSets": {"app": {"backends": [backend]}}}, "LoadBalancer") == []
    named = {**backend, "targetId": ocid("privateip")}
    assert edges({"backendSets": {"app": {"backends": [named]}}}, "NetworkLoadBalancer") == [
        ("FORWARDS_TO", ocid("privateip"))
    ]


def test_memberships_lead_to_user_and_group() -> None:
    membership = {"userId": ocid("user"), "groupId": ocid("group"), "compartmentId": ocid("tenancy")}
    assert edges(membership, "UserGroupMembership") == [
        ("MEMBERSHIP_OF", ocid("user")),
        ("MEMBER_OF", ocid("group")),
    ]
    scim = {
        "ocid": OWN,
        "domainOcid": ocid("domain"),
        "compartmentOcid": ocid("tenancy"),
        "tenancyOcid": ocid("tenancy"),
        "groups": [{"value": "1f", "ocid": ocid("group"), "$ref": "https://x"}],
        "idcsCreatedBy": {"value": "2a", "ocid": ocid("user")},
    }
    assert edges(scim, "User") == [
        ("CREATED_BY", ocid("user")),
        ("IN_DOMAIN", ocid("domain")),
        ("MEMBER_OF", ocid("group")),
    ]
    group = {"ocid": OWN, "members": [{"ocid": ocid("user"), "type": "User"}]}
    assert edges(group, "Group") == [("HAS_MEMBER", ocid("user"))]


def test_a_federated_user_is_no_resource() -> None:
    assert edges({"createdBy": f"{ocid('saml2idp')}/ops@example.com"}) == []
    assert edges({"createdBy": ocid("user")}) == [("CREATED_BY", ocid("user"))]


def test_texts_of_iam_are_read_of_their_own_types_alone() -> None:
    statements = [f"Allow group id {ocid('group')} to read all-resources in tenancy"]
    assert edges({"statements": statements}, "Policy") == [("GRANTS_TO", ocid("group"))]
    assert edges({"statements": statements}, "Notebook") == []
    rule = f"resource.compartment.id = '{ocid('compartment')}'"
    assert edges({"matchingRule": rule}, "DynamicResourceGroup") == [("MATCHES_IN", ocid("compartment"))]
    own = ocid("dynamicgroup", "own")
    (edge,) = relationships_of({"ocid": own, "details": {"metadata": {"matchingRule": rule}}})
    assert (edge["source_ocid"], edge["relation_type"]) == (own, "MATCHES_IN")
    for wrong in (None, 5, {}, [None, 5], [[statements]]):
        assert edges({"statements": wrong, "matchingRule": wrong}, "Policy") == []


@pytest.mark.parametrize(
    "metadata",
    [
        {"description": f"in {ocid('subnet')}"},
        {"description": ocid("subnet")},
        {"subnetId": f"see {ocid('subnet')}"},
        {"subnetId": ""},
        {"subnetId": None},
        {"subnetId": 7},
        {"subnetIds": [None, 1, "subnet-1", {}]},
        {"mySubnetId": f"{ocid('subnet')}, {ocid('subnet')}"},
        {"subnetIdHint": ocid("subnet")},
        {"id": ocid("subnet"), "compartmentId": ocid("compartment")},
        {"imageId": OWN},
        {},
        [],
        None,
        "text",
    ],
)
def test_nothing_else_makes_an_edge(metadata: Any) -> None:
    assert edges(metadata) == []


def test_a_record_that_cannot_be_a_source_has_no_relationships() -> None:
    details = {"metadata": {"subnetId": ocid("subnet")}}
    assert relationships_of({"ocid": None, "details": details}) == []
    assert relationships_of({"ocid": OWN, "details": {"searchSummary": {}}}) == []
    assert relationships_of({"ocid": OWN}) == []
