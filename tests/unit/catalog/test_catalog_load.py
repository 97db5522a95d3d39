"""A catalog that contradicts itself stops the run and says where."""

from __future__ import annotations

import pytest

from inventory.catalog.load import load_catalog, parse_catalog
from inventory.errors import InvalidCatalog

CATALOG = load_catalog()

# What Search calls the resources of IAM, spelled as its documentation and public inventories have them.
IAM_TYPES = (
    "Compartment", "DbCredential", "Domain", "DynamicResourceGroup", "Group", "IdentityProvider",
    "IdentityProviderGroup", "IdpGroupMapping", "MfaTotpDevice", "NetworkSource", "Policy", "Tag",
    "TagDefault", "TagNamespace", "User", "UserGroupMembership",
)  # fmt: skip

GET = "{service: s, client: C, operation: get_x, arguments: {x_id: identifier}}"


@pytest.mark.parametrize("name", IAM_TYPES)
def test_iam_resources_are_taken_from_the_home_region_in_any_spelling(name: str) -> None:
    for spelling in (name, name.lower(), name.upper()):
        assert CATALOG.is_home_region(spelling)
        assert CATALOG.canonical_name(spelling) == name


def test_only_iam_is_taken_from_the_home_region() -> None:
    """A regional type on this list would lose every resource outside the home region."""
    assert {entry.name for entry in CATALOG.entries if entry.home_region} == set(IAM_TYPES)


def test_an_unknown_type_is_regional_and_its_own() -> None:
    assert CATALOG.entry("MediaAsset") is None
    assert not CATALOG.is_home_region("MediaAsset")
    assert CATALOG.canonical_name("MediaAsset") == "MediaAsset"


def test_an_older_name_leads_to_the_same_entry() -> None:
    assert CATALOG.entry("blockVolume") is CATALOG.entry("VOLUME") is not None
    assert CATALOG.canonical_name("BlockVolume") == "Volume"


def test_one_type_can_give_way_to_another() -> None:
    catalog = parse_catalog("[{name: Secret, canonical: VaultSecret}, {name: VaultSecret}]")
    assert catalog.canonical_name("secret") == "VaultSecret"
    assert catalog.canonical_name("vaultsecret") == "VaultSecret"


def test_the_fingerprint_changes_with_what_is_said_and_not_with_how() -> None:
    entry = "- name: A\n  aliases: [B]\n  set_like: [/x]\n"
    same = "# a comment\n- {set_like: ['/x'], aliases: [B], name: A, home_region: false}\n"
    assert parse_catalog(entry).fingerprint == parse_catalog(same).fingerprint
    changed = [
        entry.replace("/x", "/y"),
        entry + "  volatile: [/x]\n",
        entry + "  home_region: true\n",
        entry + f"  get: {GET}\n",
        entry + "- name: C\n",
    ]
    assert len({parse_catalog(text).fingerprint for text in (entry, *changed)}) == 6
    assert load_catalog().fingerprint == CATALOG.fingerprint


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not YAML"),
        ("", "is None; allowed: a list of entries"),
        ("name: A", "allowed: a list of entries"),
        ("[A]", "entry 1: field '(itself)' is 'A'; allowed: a mapping"),
        ("[{}]", "entry 1: field 'name' is None; allowed: a string that is not empty"),
        ("[{name: ' '}]", "entry 1: field 'name' is ' '"),
        ("[{name: no}]", "entry 1: field 'name' is False"),
        ("[{name: A, colour: red}]", "A: field 'colour' is 'red'; allowed: only the fields ['aliases'"),
        ("[{name: A}, {name: B}, {name: A}]", "A: field 'name' is 'A'; allowed: a name that is not taken"),
        ("[{name: A}, {name: a}]", "a: field 'name' is 'a'; allowed: a name that is not taken (here by 'A')"),
        ("[{name: A, aliases: [B]}, {name: b}]", "b: field 'name' is 'b'; allowed: a name that is not taken"),
        (
            "[{name: A}, {name: B, aliases: [a]}]",
            "B: field 'aliases' is 'a'; allowed: a name that is not taken",
        ),
        ("[{name: A, aliases: [a]}]", "A: field 'aliases' is 'a'; allowed: a name that is not taken"),
        ("[{name: A, aliases: B}]", "A: field 'aliases' is 'B'; allowed: a list of strings"),
        ("[{name: A, aliases: [1]}]", "A: field 'aliases' is [1]"),
        ("[{name: A, canonical: B}]", "A: field 'canonical' is 'B'; allowed: the name of an entry"),
        ("[{name: A, home_region: 1}]", "A: field 'home_region' is 1; allowed: true or false"),
        ("[{name: A, set_like: [x]}]", "A: field 'set_like' is 'x'; allowed: JSON pointers"),
        ("[{name: A, volatile: [/x/]}]", "A: field 'volatile' is '/x/'; allowed: JSON pointers"),
        ("[{name: A, get: get_x}]", "A: field 'get' is 'get_x'; allowed: a mapping"),
        (f"[{{name: A, get: {GET.replace('service', 'module')}}}]", "A: field 'get.module' is 's'"),
        (f"[{{name: A, get: {GET.replace('service: s, ', '')}}}]", "A: field 'get.service' is None"),
        (f"[{{name: A, get: {GET.replace('get_x', 'delete_x')}}}]", "A: field 'get.operation' is 'delete_x'"),
        (f"[{{name: A, get: {GET.replace('get_x', 'get_x;')}}}]", "A: field 'get.operation' is 'get_x;'"),
        (
            f"[{{name: A, get: {GET.replace('identifier', 'ocid')}}}]",
            "A: field 'get.arguments.x_id' is 'ocid'",
        ),
        (
            f"[{{name: A, get: {GET.replace('identifier', 'identityContext.')}}}]",
            "identityContext.<key>, additionalDetails.<key>",
        ),
        (f"[{{name: A, get: {GET.replace('x_id: identifier', '')}}}]", "A: field 'get.arguments' is {}"),
    ],
)
def test_a_mistake_is_named_by_entry_field_value_and_what_is_allowed(text: str, complaint: str) -> None:
    with pytest.raises(InvalidCatalog) as caught:
        parse_catalog(text)
    assert str(caught.value).startswith("catalog: ")
    assert complaint in str(caught.value)


def test_arguments_may_come_from_the_search_item_s_context() -> None:
    text = GET.replace("identifier", "identityContext.vaultId")
    (entry,) = parse_catalog(f"[{{name: A, get: {text}}}]").entries
    assert entry.get is not None
    assert entry.get.arguments == {"x_id": "identityContext.vaultId"}
