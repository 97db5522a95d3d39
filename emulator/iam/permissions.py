"""Which permissions an operation needs, and which verb on which resource type grants each.

What Oracle documents and the product's statements name narrowly stands in two tables: `operations.tsv` and
`permissions.tsv`. For every other read of the SDK a general rule stands in: a call named list or summarize
needs the type's INSPECT, any other its READ, and the type's name is that of the call (`get_drg_attachment`:
type `drg-attachments`, permission DRG_ATTACHMENT_READ). Where Oracle's page says otherwise, the difference is
between inspect and read, never between reading and changing. Whoever changes something that no table knows
must be an administrator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emulator.sdk.types import searchable_types

VERBS = ("inspect", "read", "use", "manage")
_LISTING = ("list", "summarize")
# Families of the types that follow the general rule, by the SDK's client.
_FAMILIES = {
    "core.BlockstorageClient": "volume-family",
    "core.ComputeClient": "instance-family",
    "core.ComputeManagementClient": "compute-management-family",
    "core.VirtualNetworkClient": "virtual-network-family",
    "database.DatabaseClient": "database-family",
    "file_storage.FileStorageClient": "file-family",
    "generative_ai.GenerativeAiClient": "generative-ai-family",
    "logging.LoggingManagementClient": "logging-family",
    "streaming.StreamAdminClient": "stream-family",
    "vault.VaultsClient": "secret-family",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One permission; `verb` is the least that grants it, None where only its own name does."""

    name: str
    resource_type: str
    family: str | None
    verb: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What an operation needs `when` something is so, or always: one of each group of permissions."""

    when: str | None
    permissions: tuple[tuple[Permission, ...], ...]


@cache
def cases_of(operation: str, *, is_read: bool) -> tuple[Case, ...] | None:
    """The cases of an operation by its full name, of which the first that applies counts.

    None: it is for administrators.
    """
    known = known_operations().get(operation)
    if known is not None or not is_read:
        return known
    client, _, name = operation.rpartition(".")
    kind, _, noun = name.partition("_")
    singular = _singular(noun or kind)
    is_listing = kind in _LISTING
    derived = Permission(
        name=f"{singular.upper()}_{'INSPECT' if is_listing else 'READ'}",
        resource_type=_plural(singular).replace("_", "-"),
        family=_FAMILIES.get(client),
        verb="inspect" if is_listing else "read",
    )
    return (Case(when=None, permissions=((known_permissions().get(derived.name, derived),),)),)


@cache
def listing_of(type_name: str) -> tuple[str, tuple[Case, ...]]:
    """The operation that lists resources of a type of Search's, and its cases.

    Where the service has no list, it is what the general rule would make of one.
    """
    known = searchable_types().get(type_name)
    operation = known.list if known else None
    if operation is None and known and known.get:
        operation = known.get.replace(".get_", ".list_")
    if operation is None:
        operation = f"search.list_{re.sub('(?<=[a-z0-9])(?=[A-Z])', '_', type_name).lower()}"
    cases = cases_of(operation, is_read=True)
    assert cases is not None
    return operation, cases


@cache
def is_resource_type(name: str) -> bool:
    """Whether a statement may name it: a type, a family, or `all-resources`."""
    known = {"all-resources", *_FAMILIES.values()}
    for permission in known_permissions().values():
        known |= {permission.resource_type, permission.family or permission.resource_type}
    return name in known or name in _derived_types()


@cache
def known_permissions() -> Mapping[str, Permission]:
    """The permissions of the table, by name."""
    found = {}
    for resource_type, family, verb, names in _rows("permissions.tsv"):
        for name in names.split():
            found[name] = Permission(
                name=name,
                resource_type=resource_type,
                family=family if family != "-" else None,
                verb=verb if verb != "-" else None,
            )
    return found


@cache
def known_operations() -> Mapping[str, tuple[Case, ...]]:
    """The operations of the table, by full name; a case without a condition comes last: it always applies."""
    found: dict[str, list[Case]] = {}
    for key, when, text in _rows("operations.tsv"):
        case = Case(when=when if when != "-" else None, permissions=_needed(text))
        found.setdefault(key, []).append(case)
    return {key: tuple(sorted(cases, key=lambda case: case.when is None)) for key, cases in found.items()}


def _needed(text: str) -> tuple[tuple[Permission, ...], ...]:
    if text == "none":
        return ()
    known = known_permissions()
    return tuple(tuple(known[name.strip()] for name in group.split("|")) for group in text.split("&"))


@cache
def _derived_types() -> frozenset[str]:
    """The types of what Search may show."""
    listings = (listing_of(name)[1] for name in searchable_types())
    return frozenset(cases[-1].permissions[0][0].resource_type for cases in listings)


def _rows(file_name: str) -> Iterator[list[str]]:
    for line in Path(__file__).with_name(file_name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _singular(noun: str) -> str:
    for ending, single in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("ses", "se")):
        if noun.endswith(ending):
            return noun.removesuffix(ending) + single
    return noun if noun.endswith(("ss", "us", "sis")) else noun.removesuffix("s")


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch")) else f"{noun}s"
