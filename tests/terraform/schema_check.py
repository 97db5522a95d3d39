"""Holds resources, data sources and provider blocks against a provider's schema, without Terraform.

Decides which blocks and arguments there may be and must be. Types and values of arguments, references and
functions are Terraform's to check. `dynamic` blocks are refused as unknown: the module has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.terraform.blocks import IS_BLOCK, Blocks, labelled, twice_labelled

#: Arguments and blocks that are Terraform's own.
_OWN = {
    "resource": frozenset({"count", "for_each", "provider", "depends_on", "lifecycle"}),
    "data": frozenset({"count", "for_each", "provider", "depends_on", "lifecycle"}),
    "provider": frozenset({"alias"}),
}


def violations(blocks: Blocks, schema: Mapping[str, Any]) -> Iterator[str]:
    """What breaks the schema, each as a place and a sentence.

    `schema` is the provider's entry in the output of `terraform providers schema -json`.
    """
    for kind, known in (("resource", schema["resource_schemas"]), ("data", schema["data_source_schemas"])):
        for type_name, name, body in twice_labelled(blocks.get(kind, ())):
            place = f"{kind}.{type_name}.{name}"
            if type_name not in known:
                yield f"{place}: the provider has no such {kind}"
                continue
            yield from _in_block(body, known[type_name]["block"], place, _OWN[kind])
    for name, body in labelled(blocks.get("provider", ())):
        yield from _in_block(body, schema["provider"]["block"], f"provider.{name}", _OWN["provider"])


def _in_block(
    body: Blocks, schema: Mapping[str, Any], place: str, own: frozenset[str] = frozenset()
) -> Iterator[str]:
    attributes, nested = schema.get("attributes", {}), schema.get("block_types", {})
    for name, value in body.items():
        if name == IS_BLOCK or name in own:
            continue
        is_block = _is_block(value)
        if is_block and name in nested:
            for index, each in enumerate(value):
                yield from _in_block(each, nested[name]["block"], f"{place}.{name}[{index}]")
        elif is_block:
            yield f"{place}: there is no block {name}"
        elif name not in attributes:
            yield f"{place}: there is no argument {name}"
        elif not (attributes[name].get("required") or attributes[name].get("optional")):
            yield f"{place}: {name} is the provider's to set"
    for name, attribute in attributes.items():
        if attribute.get("required") and name not in body:
            yield f"{place}: the argument {name} is missing"
    for name, block in nested.items():
        count = len(body.get(name, ()))
        if count < block.get("min_items", 0):
            yield f"{place}: the block {name} is missing"
        if count > block.get("max_items", count):
            yield f"{place}: there are too many blocks {name}"


def _is_block(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, dict) and IS_BLOCK in each for each in value)
