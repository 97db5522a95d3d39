"""Whether a list's items have every field that the get answers.

Compares models of the SDK: field by field, nested models too, and where the get answers one of several
subtypes, each with the subtype of the item that the same value names.
"""

from __future__ import annotations

import re

from emulator.sdk.models import Model, has_model, item_model, model
from emulator.sdk.operations import Operation

_PART = re.compile(r"^(?:list\[|dict\(str, )(.*)[\])]$")


def missing_fields(get: Operation, listed: Operation) -> list[str]:
    """The fields of the get's answer that the list's items lack, as sorted dotted names."""
    full = model(get.client.module, get.response or "")
    item = item_of(listed)
    if item is None:
        return ["(no model)"]
    return sorted(set(_missing(full, item, ())))


def item_of(listed: Operation) -> Model | None:
    """The model of a list's items; None where they have none."""
    found = item_model(listed.client.module, listed.response or "")
    if found is None or not has_model(listed.client.module, found[0]):
        return None
    return model(listed.client.module, found[0])


def _missing(full: Model, item: Model, above: tuple[str, ...]) -> list[str]:
    if full.name == item.name or full.name in above:
        return []
    missing = []
    for name, field in full.fields.items():
        other = item.fields.get(name)
        if other is None:
            missing.append(name)
        elif has_model(full.module, inner := _inner(field.type)):
            there = _inner(other.type)
            if not has_model(item.module, there):
                missing.append(f"{name}.*")
                continue
            nested = _missing(model(full.module, inner), model(item.module, there), (*above, full.name))
            missing += [f"{name}.{lost}" for lost in nested]
    for value, subtype in full.subtypes.items():
        if subtype == full.name:
            continue
        twin = item.subtypes.get(value)
        counterpart = model(item.module, twin) if twin and twin != item.name else item
        missing += _missing(model(full.module, subtype), counterpart, (*above, full.name))
    return missing


def _inner(type_name: str) -> str:
    """The model's name inside of lists and maps."""
    while found := _PART.match(type_name):
        type_name = found[1]
    return type_name
