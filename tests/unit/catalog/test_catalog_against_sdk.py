"""The catalog says nothing that the installed SDK does not have."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import pytest

from inventory.catalog.entry import GetCall, ResourceType
from inventory.catalog.load import load_catalog

ENTRIES = {entry.name: entry for entry in load_catalog().entries}
WITH_GET = sorted(name for name, entry in ENTRIES.items() if entry.get)

MUST_HAVE_GET = {
    "Alarm", "AutonomousDatabase", "BootVolume", "Bucket", "Compartment", "DbSystem", "Drg",
    "DynamicResourceGroup", "FunctionsApplication", "FunctionsFunction", "Group", "Image", "Instance",
    "InternetGateway", "LoadBalancer", "LogGroup", "NatGateway", "NetworkLoadBalancer",
    "NetworkSecurityGroup", "Policy", "RouteTable", "SecurityList", "ServiceGateway", "Subnet", "User",
    "Vault", "Vcn", "Vnic", "Volume",
}  # fmt: skip


def call_of(name: str) -> GetCall:
    call = ENTRIES[name].get
    assert call is not None
    return call


def method_of(call: GetCall) -> Any:
    client = getattr(importlib.import_module(f"oci.{call.service}"), call.client)
    return getattr(client, call.operation)


def model_of(call: GetCall) -> Any:
    """The model that the method's documentation says it returns."""
    found = re.search(r":class:`~oci\.(\w+)\.models\.(\w+)`", method_of(call).__doc__)
    assert found, call
    return getattr(importlib.import_module(f"oci.{found[1]}.models"), found[2])()


def type_at(model: Any, pointer: str) -> str:
    """The SDK's type of the field that a pointer below a model names."""
    swagger_type = type(model).__name__
    module = importlib.import_module(type(model).__module__.rpartition(".models")[0] + ".models")
    for part in pointer[1:].split("/"):
        if part == "*":
            swagger_type = re.sub(r"^(?:list\[|dict\(str, )(.*)[\])]$", r"\1", swagger_type)
            continue
        owner = getattr(module, swagger_type)()
        names = {wire: name for name, wire in owner.attribute_map.items()}
        swagger_type = owner.swagger_types[names[part]]
    return swagger_type


def test_the_most_common_types_are_read() -> None:
    assert set(WITH_GET) >= MUST_HAVE_GET


@pytest.mark.parametrize("name", WITH_GET)
def test_the_get_call_exists_and_takes_exactly_its_required_parameters(name: str) -> None:
    call = call_of(name)
    parameters = inspect.signature(method_of(call)).parameters.values()
    required = {
        parameter.name
        for parameter in parameters
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name != "self"
    }
    assert set(call.arguments) == required


@pytest.mark.parametrize("name", WITH_GET)
def test_the_get_call_is_a_get_request(name: str) -> None:
    assert re.search(r"""method = ['"]GET['"]""", inspect.getsource(method_of(call_of(name))))


@pytest.mark.parametrize(
    ("entry", "pointer"),
    [(entry, pointer) for entry in ENTRIES.values() for pointer in entry.set_like],
    ids=lambda value: value.name if isinstance(value, ResourceType) else value,
)
def test_what_is_compared_as_a_set_is_an_array_of_the_model(entry: ResourceType, pointer: str) -> None:
    assert type_at(model_of(call_of(entry.name)), pointer).startswith("list[")


@pytest.mark.parametrize(
    ("entry", "pointer"),
    [(entry, pointer) for entry in ENTRIES.values() for pointer in entry.volatile],
    ids=lambda value: value.name if isinstance(value, ResourceType) else value,
)
def test_what_is_volatile_is_a_field_of_the_model(entry: ResourceType, pointer: str) -> None:
    assert type_at(model_of(call_of(entry.name)), pointer)
