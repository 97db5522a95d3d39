"""The models of the installed SDK, read from their sources without importing them.

A model's file is text that is parsed when the model is first asked for. Decides nothing: it tells a model's
fields, what is required, which values are allowed, and its subtypes. What a value looks like is left to
`emulator.sdk.bodies`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from emulator.sdk.operations import sdk_folder

_IMPORT = re.compile(r"^from \.(\w+) import (\w+)$", re.MULTILINE)
_CLASS = re.compile(r"^class \w+\((\w+)\):", re.MULTILINE)
_TYPES = re.compile(r"self\.swagger_types = \{\n(.*?)\n        \}", re.DOTALL)
_WIRE_NAMES = re.compile(r"self\.attribute_map = \{\n(.*?)\n        \}", re.DOTALL)
_PAIR = re.compile(r"'(\w+)': '([^']*)'")
_REQUIRED = re.compile(r"\*\*\[Required\]\*\* Gets the (\w+) of this")
_CONSTANT = re.compile(
    r"constant which can be used with the (\w+) property of a \w+\.\n"
    r"    #: This constant has a value of \"([^\"]*)\""
)
_SUBTYPE = re.compile(r"if type == '([^']*)':\n\s+return '(\w+)'")
_DISCRIMINATOR = re.compile(r"type = object_dictionary\['([^']+)'\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a model: its wire name, its type expression, and its values where they are few."""

    name: str
    type: str
    required: bool
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model; `subtypes` maps values of the field `discriminator` to model names, if it has any.

    `fixed` are the values of the discriminators that make it the subtype it is.
    """

    module: str
    name: str
    base: str | None
    fields: Mapping[str, Field]
    discriminator: str | None
    subtypes: Mapping[str, str]
    fixed: Mapping[str, str]


@cache
def _files(module: str) -> Mapping[str, str]:
    index = (sdk_folder() / module / "models" / "__init__.py").read_text("utf-8")
    return {name: file for file, name in _IMPORT.findall(index)}


def has_model(module: str, name: str) -> bool:
    """Whether a module has a model of this name."""
    return name in _files(module)


def model_file(module: str, name: str) -> str | None:
    """The name of the source file of a model, without its ending; None for an unknown model."""
    return _files(module).get(name)


def model_names(module: str) -> tuple[str, ...]:
    """The names of all models of a module."""
    return tuple(_files(module))


@cache
def model(module: str, name: str) -> Model:
    """A model of the SDK.

    Raises: KeyError where the module has no model of that name.
    """
    text = (sdk_folder() / module / "models" / f"{_files(module)[name]}.py").read_text("utf-8")
    parent = _CLASS.search(text)
    base = model(module, parent[1]) if parent and parent[1] != "object" else None
    inherited = base.fields if base else {}
    types, wire_names = _TYPES.search(text), _WIRE_NAMES.search(text)
    required = set(_REQUIRED.findall(text))
    allowed: dict[str, list[str]] = {}
    for attribute, value in _CONSTANT.findall(text):
        allowed.setdefault(attribute, []).append(value)
    fields = {}
    if types and wire_names:
        wire = dict(_PAIR.findall(wire_names[1]))
        for attribute, kind in _PAIR.findall(types[1]):
            field_name = wire[attribute]
            known = inherited.get(field_name)
            fields[field_name] = Field(
                name=field_name,
                type=kind,
                required=attribute in required or (known is not None and known.required),
                allowed=tuple(allowed.get(attribute, ())) or (known.allowed if known else ()),
            )
    discriminator = _DISCRIMINATOR.search(text)
    return Model(
        module=module,
        name=name,
        base=base.name if base else None,
        fields=fields,
        discriminator=discriminator[1] if discriminator else None,
        subtypes=dict(_SUBTYPE.findall(text)),
        fixed=_fixed(base, name),
    )


def _fixed(base: Model | None, name: str) -> Mapping[str, str]:
    if base is None:
        return {}
    own = [(base.discriminator, value) for value, subtype in base.subtypes.items() if subtype == name]
    return {**base.fixed, **{field: value for field, value in own if field is not None}}


def item_model(module: str, response: str) -> tuple[str, str | None] | None:
    """The item's type and the field that wraps the items (None: a bare list) of a list's response type.

    None where the response is no list: neither `list[...]` nor a model that is named a collection or list
    and has an array.
    """
    if response.startswith("list["):
        return response[5:-1], None
    if not has_model(module, response):
        return None
    arrays = {
        f.name: f.type[5:-1] for f in model(module, response).fields.values() if f.type.startswith("list[")
    }
    for name in ("items", "Resources"):
        if name in arrays:
            return arrays[name], name
    named_list = response.endswith(("Collection", "List", "Results")) or response.startswith("List")
    if len(arrays) == 1 and named_list:
        ((name, kind),) = arrays.items()
        return kind, name
    return None
