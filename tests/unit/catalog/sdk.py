"""The installed SDK as Python has it: clients that record what they send, and models by their attributes.

Nothing here is shared with `emulator.sdk`, which reads the SDK's sources.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import oci
import requests
from requests.adapters import BaseAdapter

from inventory.catalog.entry import SdkOperation

REGION = "eu-frankfurt-1"
OWN_HOST = "x1.example.com"
_DATA = re.compile(r"response_type=\"(list\[)?(\w+)\]?\"")
_ALLOWED = re.compile(r"Invalid value for `(\w+)`, must be one of (\[.*\])")


class Recorder(BaseAdapter):
    """Answers every request with an empty object, and keeps the latest."""

    def __init__(self) -> None:
        super().__init__()
        self.latest: requests.PreparedRequest | None = None

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        self.latest = request
        response = requests.Response()
        response.status_code = 200
        response._content = b"{}"
        response.headers["content-type"] = "application/json"
        response.request = request
        response.url = str(request.url)
        return response

    def close(self) -> None:
        pass


class _NoSigner(oci.auth.signers.SecurityTokenSigner):
    """Signs nothing; with a signer of this kind clients need no user."""

    def __init__(self) -> None:
        pass

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def client_class(service: str, client: str) -> Any:
    """A client's class."""
    return getattr(importlib.import_module(f"oci.{service}"), client)


def method_of(service: str, client: str, operation: str) -> Any:
    """A client's method, or None."""
    return getattr(client_class(service, client), operation, None)


def required_arguments(method: Any) -> list[str]:
    """What a method cannot do without, in order."""
    return [
        parameter.name
        for parameter in inspect.signature(method).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name != "self"
    ]


def is_get_request(method: Any) -> bool:
    """Whether a method only reads."""
    return (
        re.search(r"""^        method = ['"]GET['"]""", inspect.getsource(method), re.MULTILINE) is not None
    )


@cache
def _client(service: str, client: str) -> tuple[Any, Recorder]:
    made = client_class(service, client)
    at = [f"https://{OWN_HOST}"] if "service_endpoint" in required_arguments(made.__init__) else []
    built = made(
        {"region": REGION},
        *at,
        signer=_NoSigner(),
        retry_strategy=oci.retry.NoneRetryStrategy(),
        skip_deserialization=True,
    )
    recorder = Recorder()
    built.base_client.session.mount("https://", recorder)
    return built, recorder


def template_of(service: str, client: str) -> str:
    """The endpoint template that a client has."""
    return str(_client(service, client)[0].base_client.service_endpoint_template)


def sent(facts: SdkOperation) -> tuple[str, str, dict[str, str], dict[str, str]]:
    """What the SDK sends for an operation with all its arguments: host, path, query, and the values given.

    Where the SDK allows few values of an argument, the first is given, otherwise the argument's name.
    """
    client, recorder = _client(facts.service, facts.client)
    arguments: dict[str, Any] = {
        name: f"{name}.x" for name in (*facts.path_parameters, *facts.query_parameters)
    }
    for _ in range(2 * len(arguments) + 1):
        try:
            getattr(client, facts.operation)(**arguments)
            break
        except ValueError as error:
            refused = _ALLOWED.search(str(error))
            if refused is None:
                raise
            name, value = refused[1], ast.literal_eval(refused[2])[0]
            # Where a single value is refused as often as not, the SDK wants several.
            arguments[name] = [value] if arguments[name] == value else value
        except TypeError:
            raise AssertionError(f"{facts} has other arguments") from None
    assert recorder.latest is not None
    url = urlsplit(str(recorder.latest.url))
    given = {name: value[0] if isinstance(value, list) else value for name, value in arguments.items()}
    return url.netloc, unquote(url.path), dict(parse_qsl(url.query)), given


@cache
def answer_model(service: str, client: str, operation: str) -> tuple[type, bool]:
    """The model that a method returns, and whether it is a bare list of them."""
    found = _DATA.search(inspect.getsource(method_of(service, client, operation)))
    assert found, (service, client, operation)
    return getattr(models_of(service), found[2]), found[1] is not None


def models_of(module: str) -> Any:
    """The models of one module of the SDK."""
    return importlib.import_module(f"oci.{module}.models")


def module_of(model: type) -> Any:
    """The models beside a model."""
    return importlib.import_module(model.__module__.rpartition(".models.")[0] + ".models")


def item_model(service: str, client: str, operation: str, items: str | None) -> type | None:
    """The model of a list's items; None where the answer has no such field."""
    model, is_list = answer_model(service, client, operation)
    if is_list:
        return model if items == "" else None
    kind = fields_of(model).get(items or "")
    found = re.fullmatch(r"list\[(\w+)\]", kind or "")
    return getattr(module_of(model), found[1]) if found else None


@cache
def fields_of(model: type) -> dict[str, str]:
    """The type of each field of a model by its wire name."""
    made = model()
    return {wire: made.swagger_types[name] for name, wire in made.attribute_map.items()}


def inner_model(model: type, kind: str) -> type | None:
    """The model beside another that a type is made of; None for plain values."""
    while found := re.fullmatch(r"list\[(.*)\]|dict\(str, (.*)\)", kind):
        kind = found[1] or found[2]
    found_model = getattr(module_of(model), kind, None)
    return found_model if inspect.isclass(found_model) else None


def subtypes_of(model: type) -> list[type]:
    """All models that are special cases of one."""
    return [one for child in model.__subclasses__() for one in (child, *subtypes_of(child))]


def counterpart(subtype: type, item: type) -> type:
    """The special case of `item` that is told by the same values as `subtype`; itself where there is none."""
    if not hasattr(item, "get_subtype"):
        return item
    made = subtype()
    told = {wire: getattr(made, name) for name, wire in made.attribute_map.items()}
    try:
        name = item.get_subtype(told)
    except KeyError:
        return item
    return getattr(module_of(item), name)


def lacking(full: type, item: type, above: frozenset[type] = frozenset()) -> list[str]:
    """The fields of one model, and of the models in it, that another lacks."""
    if full is item or full in above:
        return []
    found = []
    for name, kind in fields_of(full).items():
        if name not in fields_of(item):
            found.append(name)
            continue
        inner = inner_model(full, kind)
        other = inner_model(item, fields_of(item)[name])
        if inner is not None and other is not None:
            found += [f"{name}.{lost}" for lost in lacking(inner, other, above | {full})]
        elif inner is not None:
            found.append(f"{name}.*")
    for subtype in subtypes_of(full):
        found += lacking(subtype, counterpart(subtype, item), above | {full})
    return found


def type_at(model: type, pointer: str) -> str:
    """The SDK's type of the field that a pointer below a model names."""
    kind, at = model.__name__, model
    for part in pointer[1:].split("/"):
        if part == "*":
            kind = re.sub(r"^(?:list\[|dict\(str, )(.*)[\])]$", r"\1", kind)
            continue
        at = getattr(module_of(at), kind)
        kind = fields_of(at)[part]
    return kind
