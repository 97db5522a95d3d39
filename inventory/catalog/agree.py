"""What the catalog's entries must agree in: with each other, and with the wire facts of their calls.

Raises InvalidCatalog for the first mistake, named by entry, field, value and what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping

from inventory.catalog.entry import (
    AVAILABILITY_DOMAIN,
    COMPARTMENT,
    PARENT,
    TENANCY,
    GetCall,
    ListCall,
    ResourceType,
    SdkOperation,
)
from inventory.catalog.fields import wrong

# What one listing's arguments may vary with; more than that, and it would be many listings.
_OF_SCOPE: Mapping[str, frozenset[str]] = {
    TENANCY: frozenset({"tenancyId", "namespace"}),
    COMPARTMENT: frozenset({"tenancyId", "namespace", "compartmentId"}),
    AVAILABILITY_DOMAIN: frozenset({"tenancyId", "namespace", "compartmentId", "availabilityDomain"}),
}


def check_names(entries: tuple[ResourceType, ...]) -> None:
    """Every name belongs to one entry, and every entry that another names is there."""
    owners: dict[str, str] = {}
    for entry in entries:
        for field, name in [("name", entry.name), *(("aliases", alias) for alias in entry.aliases)]:
            if name.lower() in owners:
                taken_by = owners[name.lower()]
                raise wrong(entry.name, field, name, f"a name that is not taken (here by {taken_by!r})")
            owners[name.lower()] = entry.name
    readable = {entry.name for entry in entries if entry.get is not None}
    names = {entry.name for entry in entries}
    for entry in entries:
        if entry.canonical not in names:
            raise wrong(entry.name, "canonical", entry.canonical, "the name of an entry")
        if entry.endpoint is not None and entry.endpoint.type not in readable:
            raise wrong(entry.name, "endpoint.type", entry.endpoint.type, "the name of an entry with get")


def check_calls(entries: tuple[ResourceType, ...], operations: Mapping[str, SdkOperation]) -> None:
    """Every call can be made as its entry says."""
    for entry in entries:
        if entry.get is not None:
            _check_call(entry, "get", entry.get, {}, operations)
        if entry.list is not None:
            _check_call(entry, "list", entry.list, entry.list.constants, operations)
            _check_scope(entry, entry.list)
        if entry.members is not None:
            key = f"{entry.members.service}.{entry.members.client}.{entry.members.operation}"
            if key not in operations:
                allowed = "an operation with facts in sdk_operations.json"
                raise wrong(entry.name, "members.operation", key, allowed)
        if entry.unsearched and (entry.list is None or entry.list.scope not in (TENANCY, COMPARTMENT)):
            allowed = f"true only with a list of scope {TENANCY} or {COMPARTMENT}"
            raise wrong(entry.name, "unsearched", True, allowed)


def _check_call(
    entry: ResourceType,
    field: str,
    call: GetCall | ListCall,
    constants: Mapping[str, str | bool],
    operations: Mapping[str, SdkOperation],
) -> None:
    key = f"{entry.service}.{entry.client}.{call.operation}"
    facts = operations.get(key)
    if facts is None:
        raise wrong(entry.name, f"{field}.operation", key, "an operation with facts in sdk_operations.json")
    for part, given in (("arguments", call.arguments), ("constants", constants)):
        for parameter, value in given.items():
            if parameter not in facts.path_parameters and parameter not in facts.query_parameters:
                allowed = (
                    f"parameters of {key}: {sorted({**facts.path_parameters, **facts.query_parameters})}"
                )
                raise wrong(entry.name, f"{field}.{part}.{parameter}", value, allowed)
            if part == "constants" and parameter in call.arguments:
                raise wrong(entry.name, f"{field}.constants.{parameter}", value, "not an argument, too")
    for parameter in facts.required:
        if parameter not in call.arguments and parameter not in constants:
            raise wrong(entry.name, f"{field}.arguments.{parameter}", None, f"a source, as {key} requires it")


def _check_scope(entry: ResourceType, listed: ListCall) -> None:
    allowed = _OF_SCOPE.get(listed.scope)
    if allowed is None:
        assert listed.scope == PARENT
        if any(source.partition(".")[2] for source in listed.arguments.values()):
            return
        raise wrong(entry.name, "list.scope", listed.scope, "only with an argument that names the parent")
    for parameter, source in listed.arguments.items():
        if source not in allowed:
            here = f"for scope {listed.scope}: {', '.join(sorted(allowed))}"
            raise wrong(entry.name, f"list.arguments.{parameter}", source, here)
