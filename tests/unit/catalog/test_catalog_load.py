"""What the catalog says: its types by name, their sources, and its fingerprint."""

from __future__ import annotations

import pytest

from inventory.catalog.entry import (
    COMPARTMENT,
    SEARCH,
    TENANCY,
    EndpointSource,
    MemberList,
)
from inventory.catalog.entry import GET as GET_SOURCE
from inventory.catalog.entry import LIST as LIST_SOURCE
from inventory.catalog.load import load_catalog, parse_catalog, parse_operations
from inventory.errors import InvalidCatalog
from tests.unit.catalog.small import GET, LIST, operation, parse, readable

CATALOG = load_catalog()

# What Search calls the resources of IAM, spelled as its documentation and public inventories have them.
IAM_TYPES = (
    "Compartment", "DbCredential", "Domain", "DynamicResourceGroup", "Group", "IdentityProvider",
    "IdentityProviderGroup", "IdpGroupMapping", "MfaTotpDevice", "NetworkSource", "Policy", "Tag",
    "TagDefault", "TagNamespace", "User", "UserGroupMembership",
)  # fmt: skip


@pytest.mark.parametrize("name", IAM_TYPES)
def test_iam_resources_are_taken_from_the_home_region_in_any_spelling(name: str) -> None:
    for spelling in (name, name.lower(), name.upper()):
        assert CATALOG.is_home_region(spelling)
        assert CATALOG.canonical_name(spelling) == name


def test_only_iam_is_taken_from_the_home_region() -> None:
    """A regional type on this list would lose every resource outside the home region."""
    assert {entry.name for entry in CATALOG.entries if entry.home_region} == set(IAM_TYPES)


def test_an_unknown_type_is_regional_and_its_own() -> None:
    assert CATALOG.entry("Thing") is None
    assert not CATALOG.is_home_region("Thing")
    assert CATALOG.canonical_name("Thing") == "Thing"


def test_an_older_name_leads_to_the_same_entry() -> None:
    assert CATALOG.entry("blockVolume") is CATALOG.entry("VOLUME") is not None
    assert CATALOG.canonical_name("BlockVolume") == "Volume"


def test_one_type_can_give_way_to_another() -> None:
    catalog = parse("[{name: Old, canonical: New, reason: noCall}, {name: New, reason: noCall}]")
    assert catalog.canonical_name("old") == "New"
    assert catalog.canonical_name("new") == "New"


def test_a_small_catalog_is_checked_against_the_facts_of_this_package() -> None:
    text = (
        "[{name: Vcn, service: core, client: VirtualNetworkClient, get: {operation: get_vcn, arguments: %s}}]"
    )
    catalog = parse_catalog(text % "{vcn_id: identifier}")
    assert catalog.operations is CATALOG.operations
    with pytest.raises(InvalidCatalog, match=r"field 'get\.arguments\.rt_id'"):
        parse_catalog(text % "{rt_id: identifier}")


def test_a_type_has_one_source_of_its_details() -> None:
    """A list that is complete goes before the get; one that is not changes nothing."""
    complete = LIST.replace("}}", "}, complete: true}")
    entries = ", ".join(
        [
            readable("A"),
            readable("B", list=LIST),
            readable("C", list=complete),
            f"{{name: D, service: s, client: C, list: {complete}}}",
            "{name: E, reason: notAResource}",
        ]
    )
    sources = [entry.source for entry in parse(f"[{entries}]").entries]
    assert sources == [GET_SOURCE, GET_SOURCE, LIST_SOURCE, LIST_SOURCE, SEARCH]


def test_every_field_of_an_entry_is_read() -> None:
    listed = (
        "{operation: list_x, scope: tenancy, arguments: {compartment_id: tenancyId},"
        " constants: {deep: true, zone: z}, complete: true, key: xId}"
    )
    text = readable(
        "A",
        list=listed,
        endpoint="{type: B, identifier: identityContext.vaultId, field: managementEndpoint}",
        members="{service: s, client: C, operation: list_y, key: ocid}",
        unsearched="true",
    )
    entry, _ = parse(f"[{text}, {readable('B')}]").entries
    assert (entry.service, entry.client, entry.unsearched, entry.reason) == ("s", "C", True, None)
    assert entry.list is not None
    assert (entry.list.scope, entry.list.key, entry.list.complete) == (TENANCY, "xId", True)
    assert entry.list.arguments == {"compartment_id": "tenancyId"}
    assert entry.list.constants == {"deep": True, "zone": "z"}
    assert entry.endpoint == EndpointSource(
        type="B", identifier="identityContext.vaultId", field="managementEndpoint"
    )
    assert entry.members == MemberList(service="s", client="C", operation="list_y", key="ocid")


def test_the_fingerprint_changes_with_what_is_said_and_not_with_how() -> None:
    entry = "- name: A\n  aliases: [B]\n  set_like: [/x]\n  service: s\n  client: C\n" + f"  get: {GET}\n"
    same = (
        "# a comment\n- {set_like: ['/x'], aliases: [B], name: A, home_region: false,"
        f" get: {GET}, client: C, service: s}}\n"
    )
    assert parse(entry).fingerprint == parse(same).fingerprint
    changed = [
        entry.replace("/x", "/y"),
        entry + "  volatile: [/x]\n",
        entry + "  home_region: true\n",
        entry + f"  list: {LIST}\n",
        entry + "- {name: C, reason: noCall}\n",
    ]
    assert len({parse(text).fingerprint for text in (entry, *changed)}) == 6
    assert load_catalog().fingerprint == CATALOG.fingerprint


def test_the_fingerprint_says_nothing_about_the_wire() -> None:
    """An upgrade of the SDK that only adds parameters leaves a baseline comparable."""
    text = f"[{readable('A')}]"
    more = {"s.C.get_x": operation("get_x", {"x_id": "xId", "new": "new"}, "x_id")}
    assert parse_catalog(text, more).fingerprint == parse(text).fingerprint


def test_arguments_may_come_from_the_search_item_s_context() -> None:
    get = "{operation: get_x, arguments: {x_id: identifier, vault_id: identityContext.vaultId}}"
    (entry,) = parse(f"[{readable('A', get=get)}]").entries
    assert entry.get is not None
    assert entry.get.arguments == {"x_id": "identifier", "vault_id": "identityContext.vaultId"}


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"get_x": {}}', '{"s.C.get_x": {"path": "/x"}}', '{"s.C.get_x": 1}']
)
def test_wire_facts_that_nobody_can_read_are_a_broken_catalog(text: str) -> None:
    with pytest.raises(InvalidCatalog, match="wire facts"):
        parse_operations(text)


def test_the_catalog_is_about_regions_and_compartments_alone_where_search_misses_a_type() -> None:
    """Otherwise nobody would know what to list."""
    missed = [entry for entry in CATALOG.entries if entry.unsearched]
    assert {"MySQLDbSystem", "MySQLBackup", "MySQLChannel", "MySQLConfiguration"} <= {
        one.name for one in missed
    }
    assert {one.list.scope for one in missed if one.list is not None} <= {TENANCY, COMPARTMENT}
