"""From a resource's details to its relationships.

A field counts only if its whole value is an OCID, or a list of them. The table in `relation_types` names what
it means. A field that the table does not name and that ends in `Id`, `Ocid` or their plurals is REFERS_TO and
the rest of its name; the `id` or `ocid` of an object inside of the answer is plain REFERS_TO.
Free text, tags and what users put into maps of their own never make an edge; the texts of IAM that have a
grammar are read by `iam_texts`. Whether the target is in the inventory is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from inventory.model.canonical import JsonValue
from inventory.model.ocid import is_ocid, ocid_kind
from inventory.stages.iam_texts import GRAMMARS
from inventory.stages.relation_types import BY_HOLDER, BY_TYPE, FREE_MAPS, PLACES, RELATION_TYPES, USERS_MAPS

__all__ = ["FREE_MAPS", "REFERS_TO", "RELATION_TYPES", "relationships_of"]

#: What a field means that no table names.
REFERS_TO = "REFERS_TO"

_ID_NAMES = frozenset({"id", "ocid"})
# Services' own names; what has other characters in it is a key that a user chose.
_REFERENCE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*?)_?(?:(?:Id|ID|Ocid|OCID)s?|(?<=_)(?:id|ocid)s?)")
_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|-")


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _by_field(table: Mapping[str, str]) -> dict[str, str]:
    return {_folded(name) + plural: kind for name, kind in table.items() for plural in ("", "s")}


_BY_NAME = _by_field(RELATION_TYPES)
_BY_TYPE = {name: _by_field(table) for name, table in BY_TYPE.items()}
_BY_HOLDER = {_folded(name): _by_field(table) for name, table in BY_HOLDER.items()}
_NO_REFERENCES = frozenset(_folded(name) + plural for name in PLACES for plural in ("", "s"))
_USERS_MAPS = frozenset(map(_folded, USERS_MAPS))


@lru_cache(maxsize=16384)
def _relation_type(field: str, holder: str, type_name: str) -> str | None:
    """What a field means; `holder` is empty at the top of the answer, where `id` is the resource itself."""
    name = _folded(field)
    for table in (_BY_HOLDER.get(_folded(holder)), _BY_TYPE.get(type_name), _BY_NAME):
        if table is not None and name in table:
            return table[name]
    if name in _NO_REFERENCES:
        return None
    if name in _ID_NAMES:
        return REFERS_TO if holder else None
    reference = _REFERENCE.fullmatch(field)
    return None if reference is None else f"{REFERS_TO}_{_WORD_ENDS.sub('_', reference[1]).upper()}"


@lru_cache(maxsize=16384)
def _is_users_map(field: str) -> bool:
    return _folded(field) in _USERS_MAPS


@lru_cache(maxsize=4096)
def _type_name(resource_type: str | None, kind: str) -> str:
    """The name by which the tables may know a resource: its type, or else the kind in its OCID."""
    name = (resource_type or "").lower()
    return name if name in _BY_TYPE or name in GRAMMARS else kind


def relationships_of(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """The relationships that `details.metadata` shows, distinct, sorted by (source, type, target).

    `record` has `ocid`, `details` and, where it is known, `resourceType`. A record without OCID or without
    metadata has none; nothing is related to itself.
    """
    source = record.get("ocid")
    details = record.get("details")
    metadata = details.get("metadata") if isinstance(details, dict) else None
    if not source or not isinstance(metadata, dict):
        return []
    type_name = _type_name(record.get("resourceType"), ocid_kind(source))
    found = {*_references(metadata, "", type_name), *_in_texts(metadata, type_name)}
    return [
        {"source_ocid": source, "relation_type": kind, "target_ocid": target}
        for kind, target in sorted(found)
        if target != source
    ]


def _references(holder: Mapping[str, JsonValue], name: str, type_name: str) -> Iterator[tuple[str, str]]:
    for field, value in holder.items():
        if isinstance(value, str):
            if _names_resource(value):
                kind = _relation_type(field, name, type_name)
                if kind is not None:
                    yield kind, value
        elif isinstance(value, (dict, list)) and value and not _is_users_map(field):
            yield from _inside(value, field, name, type_name)


def _inside(value: JsonValue, field: str, name: str, type_name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield from _references(value, field, type_name)
        return
    for item in value:
        if isinstance(item, str):
            if _names_resource(item):
                kind = _relation_type(field, name, type_name)
                if kind is not None:
                    yield kind, item
        elif isinstance(item, (dict, list)):
            yield from _inside(item, field, name, type_name)


def _names_resource(value: str) -> bool:
    # Federated users are `<OCID of their provider>/<name>`, which is no resource.
    return value[:6].lower() == "ocid1." and "/" not in value and is_ocid(value)


def _in_texts(metadata: Mapping[str, JsonValue], type_name: str) -> Iterator[tuple[str, str]]:
    if type_name not in GRAMMARS:
        return
    field, read = GRAMMARS[type_name]
    texts = metadata.get(field)
    for text in texts if isinstance(texts, list) else [texts]:
        if isinstance(text, str):
            yield from read(text)
