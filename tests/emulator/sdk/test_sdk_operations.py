"""The SDK's operations, as read from its sources: complete, and where its clients ask for them."""

from __future__ import annotations

import inspect
from functools import cache

import oci
import pytest

from emulator.sdk.models import has_model, item_model, model
from emulator.sdk.operations import (
    Operation,
    client_operations,
    clients,
    endpoint_label,
    known_label,
    labels,
    operation,
    route,
)


@cache
def _all() -> tuple[Operation, ...]:
    return tuple(found for client in clients() for found in client_operations(client).values())


def test_every_client_and_read_call_of_the_sdk_is_there() -> None:
    """As many as a count of the sources by other means gives."""
    assert len(clients()) == 329
    assert len(labels()) == 158
    names = [found.name for found in _all()]
    assert sum(name.startswith("get_") for name in names) == 1546
    assert sum(name.startswith("list_") for name in names) == 2014


@pytest.mark.parametrize(
    "client",
    [
        oci.core.VirtualNetworkClient,
        oci.identity.IdentityClient,
        oci.key_management.KmsManagementClient,
        oci.object_storage.ObjectStorageClient,
        oci.load_balancer.LoadBalancerClient,
    ],
)
def test_the_sources_say_what_the_classes_do(client: type) -> None:
    """Each get and list of the imported class is known, with the arguments that it requires."""
    source = next(c for c in clients() if c.name == client.__name__)
    known = client_operations(source)
    for name, method in inspect.getmembers(client, inspect.isfunction):
        if not name.startswith(("get_", "list_")):
            continue
        required = [
            argument
            for argument, parameter in inspect.signature(method).parameters.items()
            if parameter.default is parameter.empty and argument not in ("self", "kwargs")
        ]
        given = set(known[name].arguments.values())
        details = [argument for argument in required if argument.endswith("_details")]
        assert set(required) - set(details) <= given


def test_the_path_of_every_operation_leads_back_to_it() -> None:
    """Or to one with the same path: some clients share a label and an operation."""
    for found in _all():
        path = found.path
        for number, name in enumerate(found.path_parameters):
            path = path.replace(f"{{{name}}}", f"id%2F{number}")
        routed = route(found.client.label, found.method, path)
        assert routed is not None
        assert routed[0].path == found.path or routed[0].path.count("{") <= found.path.count("{")
        assert all(value.startswith("id/") for value in routed[1].values())


def test_responses_are_models_of_the_same_module_or_plain() -> None:
    plain = {"str", "stream", "bytes", "dict(str, object)", None}
    for found in _all():
        kind = found.response
        if kind not in plain:
            inner = kind[5:-1] if kind and kind.startswith("list[") else kind
            assert has_model(found.client.module, inner or "") or inner in ("str", "object")


@pytest.mark.parametrize(
    ("template", "label"),
    [
        ("https://iaas.{region}.{dualStack?ds.oci.:}{secondLevelDomain}", "iaas"),
        ("https://inference.generativeai.{region}.oci.{secondLevelDomain}", "inference.generativeai"),
        ("https://{dualStack?download.jms:jms-download}.{region}.{dualStack?ds.:}oci.x", "jms-download"),
        ("https://{namespaceName+Dot}objectstorage.{region}.oci.customer-oci.com", "objectstorage"),
        ("https://idcs-guid.identity.oraclecloud.com", "idcs-guid.identity"),
    ],
)
def test_a_label_is_what_stands_before_the_region(template: str, label: str) -> None:
    assert endpoint_label(template) == label


def test_hosts_of_single_resources_belong_to_their_service() -> None:
    assert known_label("x1-management.kms") == "kms"
    assert known_label("idcs-0f3a.identity") == "idcs-guid.identity"
    assert known_label("nosuchservice") is None
    assert route("nosuchservice", "GET", "/20160918/vcns/x") is None


def test_an_unknown_name_is_an_error() -> None:
    for key in ("core.ComputeClient.get_nothing", "core.NoClient.get_instance"):
        with pytest.raises(KeyError):
            operation(key)


def test_literal_segments_win_over_parameters() -> None:
    found = route("identity", "GET", "/20160918/tagNamespaces/x/tags/y")
    assert found is not None
    assert (found[0].name, found[1]) == ("get_tag", {"tagNamespaceId": "x", "tagName": "y"})


def test_lists_say_what_their_items_are() -> None:
    assert item_model("core", "list[Vcn]") == ("Vcn", None)
    assert item_model("bastion", "BastionCollection") is None
    assert item_model("redis", "RedisClusterCollection") == ("RedisClusterSummary", "items")
    assert item_model("identity_domains", "Users") == ("User", "Resources")
    assert item_model("core", "Vcn") is None


def test_models_know_what_is_required_and_allowed_and_their_subtypes() -> None:
    vcn = model("core", "Vcn")
    assert vcn.fields["id"].required
    assert not vcn.fields["dnsLabel"].required
    assert "AVAILABLE" in vcn.fields["lifecycleState"].allowed
    source = model("core", "InstanceSourceDetails")
    assert (source.discriminator, source.subtypes["image"]) == ("sourceType", "InstanceSourceViaImageDetails")
    assert model("core", source.subtypes["image"]).fixed == {"sourceType": "image"}
