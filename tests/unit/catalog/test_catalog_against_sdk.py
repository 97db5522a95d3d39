"""The catalog says nothing that the installed SDK does not have.

Every client that the catalog names is imported, which takes seconds; so a test here goes over all entries at
once and tells all mistakes together.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oci
import pytest

from inventory.catalog.entry import (
    GET,
    LIST,
    NO_CALL,
    NOT_A_RESOURCE,
    GetCall,
    ListCall,
    ResourceType,
    SdkOperation,
)
from inventory.catalog.load import load_catalog
from tests.unit.catalog import sdk

CATALOG = load_catalog()
DATA = Path(__file__).parents[2] / "data" / "catalog"

MUST_HAVE_GET = {
    "Alarm", "AutonomousDatabase", "BootVolume", "Bucket", "Compartment", "DbSystem", "Drg",
    "DynamicResourceGroup", "FunctionsApplication", "FunctionsFunction", "Group", "Image", "Instance",
    "InternetGateway", "Key", "LoadBalancer", "LogGroup", "NatGateway", "NetworkLoadBalancer",
    "NetworkSecurityGroup", "Policy", "RouteTable", "SecurityList", "ServiceGateway", "Subnet", "User",
    "Vault", "Vcn", "Vnic", "Volume",
}  # fmt: skip

# Calls that are alike in name only: an identity domain's app, an agent of other services.
ALIKE = {
    ("App", "IdentityDomainsClient.get_app"),
    ("agent", "OcbAgentSvcClient.get_agent"),
    ("agent", "GenerativeAiAgentClient.get_agent"),
}

# What the SDK reads or lists only below a parent that Search is not known to name.
ONLY_BELOW_A_PARENT = {
    "DbCredential": ("identity.IdentityClient.list_db_credentials", ["user_id"]),
    "DnsResolverEndpoint": ("dns.DnsClient.get_resolver_endpoint", ["resolver_id", "resolver_endpoint_name"]),
    "IdentityProviderGroup": (
        "identity.IdentityClient.list_identity_provider_groups",
        ["identity_provider_id"],
    ),
    "Tag": ("identity.IdentityClient.get_tag", ["tag_namespace_id", "tag_name"]),
}


def calls() -> Iterator[tuple[ResourceType, GetCall | ListCall]]:
    for entry in CATALOG.entries:
        for call in (entry.get, entry.list):
            if call is not None:
                yield entry, call


def facts_of(entry: ResourceType, call: GetCall | ListCall) -> SdkOperation:
    return CATALOG.operations[f"{entry.service}.{entry.client}.{call.operation}"]


def read_models(entry: ResourceType) -> tuple[type, type | None]:
    """What the get answers (without one, an item), and the list's items."""
    item = None
    if entry.list is not None:
        facts = facts_of(entry, entry.list)
        item = sdk.item_model(facts.service, facts.client, facts.operation, facts.items)
    if entry.get is None:
        assert item is not None
        return item, item
    model, is_list = sdk.answer_model(str(entry.service), str(entry.client), entry.get.operation)
    assert not is_list
    return model, item


def names_in(file_name: str) -> list[str]:
    lines = (DATA / file_name).read_text("utf-8").splitlines()
    return [line.split("\t")[-2 if "\t" in line else 0] for line in lines if not line.startswith("#")]


@pytest.fixture(scope="module")
def every_get() -> dict[str, list[tuple[str, Any]]]:
    """Every get of every client of the SDK by what it gets, in small letters without underscores."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for module in pkgutil.iter_modules(oci.__path__):
        if not module.ispkg or module.name in ("_vendor", "addons"):
            continue
        contents = vars(importlib.import_module(f"oci.{module.name}"))
        for client_name, client in contents.items():
            if not client_name.endswith("Client") or not isinstance(client, type):
                continue
            for name, method in vars(client).items():
                if name.startswith("get_"):
                    noun = name.removeprefix("get_").replace("_", "")
                    found.setdefault(noun, []).append((f"{client_name}.{name}", method))
    return found


def test_every_name_that_search_is_known_to_use_is_told() -> None:
    known = {*names_in("search_resource_types.txt"), *names_in("search_resource_types_union.tsv")}
    assert len({name.lower() for name in known}) >= 498
    assert sorted(name for name in known if CATALOG.entry(name) is None) == []


def test_most_types_have_details_and_the_common_ones_their_own_call() -> None:
    sources = [entry.source for entry in CATALOG.entries]
    assert sources.count(LIST) + sources.count(GET) >= 250
    assert sorted(name for name in MUST_HAVE_GET if not (CATALOG.entry(name) or _NOTHING).get) == []


_NOTHING = ResourceType(name="", canonical="")


def test_every_call_exists_reads_and_is_given_what_it_requires() -> None:
    wrong = []
    for entry, call in calls():
        method = sdk.method_of(str(entry.service), str(entry.client), call.operation)
        if method is None or not sdk.is_get_request(method):
            wrong.append((entry.name, call.operation))
            continue
        given = {*call.arguments, *(call.constants if isinstance(call, ListCall) else ())}
        required = set(sdk.required_arguments(method))
        if not required <= given or (isinstance(call, GetCall) and required != given):
            wrong.append((entry.name, call.operation))
    assert wrong == []


def test_the_wire_facts_are_what_the_sdk_sends() -> None:
    wrong = []
    for key, facts in CATALOG.operations.items():
        host, path, query, given = sdk.sent(facts)
        expected = facts.path
        for argument, wire in facts.path_parameters.items():
            expected = expected.replace(f"{{{wire}}}", given[argument])
        wanted = {wire: given[argument] for argument, wire in facts.query_parameters.items()}
        required = set(sdk.required_arguments(sdk.method_of(facts.service, facts.client, facts.operation)))
        if (path, query, required) != (expected, wanted, set(facts.required)):
            wrong.append((key, path, query, required))
        template = facts.endpoint_template
        # A few clients ask for addresses of both kinds; clients of other resources' endpoints are told where.
        hosts = {sdk.OWN_HOST, *(hosts_of(template))}
        if template != sdk.template_of(facts.service, facts.client) or host not in hosts:
            wrong.append((key, template, host))
    assert wrong == []


def hosts_of(template: str) -> set[str]:
    """The host that an endpoint template stands for, with addresses of one kind and of both."""
    host = template.removeprefix("https://").replace("{region}", sdk.REGION)
    host = host.replace("{secondLevelDomain}", "oraclecloud.com").replace("{namespaceName+Dot}", "")
    return {re.sub(r"\{dualStack\?([^:}]*):([^}]*)\}", kind, host).lower() for kind in (r"\1", r"\2")}


def test_there_are_wire_facts_of_what_the_catalog_names_and_no_more() -> None:
    named = {f"{entry.service}.{entry.client}.{call.operation}" for entry, call in calls()}
    members = [entry.members for entry in CATALOG.entries if entry.members is not None]
    named |= {f"{one.service}.{one.client}.{one.operation}" for one in members}
    assert set(CATALOG.operations) == named
    assert list(CATALOG.operations) == sorted(named)


def test_a_list_is_complete_exactly_if_its_items_have_every_field_of_the_get() -> None:
    wrong = []
    for entry in CATALOG.entries:
        if entry.list is None:
            continue
        full, item = read_models(entry)
        if item is None:
            wrong.append((entry.name, "no items"))
            continue
        missing = [name for name in sdk.lacking(full, item) if name not in entry.list.adds]
        if entry.list.complete == bool(missing):
            wrong.append((entry.name, ", ".join(missing)))
    assert wrong == []


def test_an_item_tells_its_ocid() -> None:
    listed = [entry for entry in CATALOG.entries if entry.list is not None]
    wrong = [entry.name for entry in listed if entry.list.key not in sdk.fields_of(read_models(entry)[1])]
    assert wrong == []
    members = [entry.members for entry in CATALOG.entries if entry.members is not None]
    for one in members:
        item = sdk.item_model(one.service, one.client, one.operation, "Resources")
        assert item is not None
        assert one.key in sdk.fields_of(item)


def test_another_resource_tells_the_endpoint() -> None:
    sources = [entry.endpoint for entry in CATALOG.entries if entry.endpoint is not None]
    assert sources
    for source in sources:
        owner = CATALOG.entry(source.type)
        assert owner is not None
        assert source.field in sdk.fields_of(read_models(owner)[0])


def test_what_is_compared_as_a_set_is_an_array_of_the_model() -> None:
    for entry in CATALOG.entries:
        for pointer in entry.set_like:
            assert sdk.type_at(read_models(entry)[0], pointer).startswith("list["), (entry.name, pointer)


def test_what_is_volatile_is_a_field_of_the_model() -> None:
    for entry in CATALOG.entries:
        for pointer in entry.volatile:
            assert sdk.type_at(read_models(entry)[0], pointer), (entry.name, pointer)


def test_what_has_no_call_cannot_be_read_by_an_ocid_alone(
    every_get: dict[str, list[tuple[str, Any]]],
) -> None:
    """A reason is one that the SDK confirms: it has no get of that name, or one that takes more."""
    wrong = []
    for entry in CATALOG.entries:
        if entry.reason is None:
            continue
        for name in (entry.name, *entry.aliases):
            for call, method in every_get.get(re.sub("[^a-z0-9]", "", name.lower()), []):
                takes_more = len(sdk.required_arguments(method)) > 1
                is_told = entry.reason == NOT_A_RESOURCE or name in ONLY_BELOW_A_PARENT
                if (name, call) not in ALIKE and not (takes_more and is_told):
                    wrong.append((name, call))
    assert wrong == []


@pytest.mark.parametrize("name", ONLY_BELOW_A_PARENT)
def test_what_is_only_there_below_a_parent_has_no_call(name: str) -> None:
    entry = CATALOG.entry(name)
    assert entry is not None
    assert entry.reason == NO_CALL
    call, required = ONLY_BELOW_A_PARENT[name]
    assert sdk.required_arguments(sdk.method_of(*call.split("."))) == required
