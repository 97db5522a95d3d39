"""The fewest calls that the catalog allows for a tenancy, planned from the generator's state.

Independent of the product: of it only the catalog's data is read. What the plan may assume is what a planner
who knew the whole tenancy beforehand could do: one listing serves all resources that it covers, one get
serves a resource and all who are read at its endpoint, and what is deleted costs nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

from emulator.sdk.operations import operation
from emulator.tenancy import Tenancy
from emulator.tenancy.resource_types import HOME_TYPES
from emulator.tenancy.values import Resource
from inventory.catalog.entry import Catalog, ResourceType

SEARCH_PAGE = 1000
LIST_PAGE = 1000

Truth = Mapping[str, Any]

_MEMBERS = ("User", "Group")


def fewest_calls(tenancy: Tenancy, truth: Iterable[Truth], catalog: Catalog) -> Counter[str]:
    """How many requests the workers of all regions need, by what for: `search`, `list`, `get`, `domains`."""
    searched = [one for one in truth if one["searched"]]
    plan: Counter[str] = Counter()
    by_region: dict[str, list[Truth]] = defaultdict(list)
    for one in searched:
        by_region[one["region"]].append(one)
    identity = sum(one["resourceType"] in HOME_TYPES for one in searched)
    for region in tenancy.ready_regions:
        shown = len(by_region[region]) + (0 if region == tenancy.home_region else identity)
        # The types that Search knows, and every page of what it shows.
        plan["search"] += 1 + max(1, ceil(shown / SEARCH_PAGE))
        _plan_details(plan, by_region[region], tenancy, catalog)
    plan["domains"] = _domain_calls(tenancy)
    return plan


def _plan_details(plan: Counter[str], shown: Iterable[Truth], tenancy: Tenancy, catalog: Catalog) -> None:
    listings: Counter[tuple[Any, ...]] = Counter()
    read: set[str] = set()
    owners: set[str] = set()
    for one in shown:
        entry = catalog.entry(one["resourceType"])
        if entry is None or one["ocid"] is None or _is_deleted(one):
            continue
        resource = tenancy.resources[one["ocid"]]
        if entry.source == "list":
            listings[_listing(entry, resource)] += 1
        elif entry.source == "get":
            read.add(one["ocid"])
            if entry.endpoint is not None:
                owners.add(str(resource.references["vaultId"]))
    plan["list"] += sum(ceil(many / _page(key[0])) for key, many in listings.items())
    plan["get"] += len(read | owners)


def _listing(entry: ResourceType, resource: Resource) -> tuple[Any, ...]:
    assert entry.list is not None
    name = f"{entry.service}.{entry.client}.{entry.list.operation}"
    values = {
        "compartmentId": resource.compartment_id,
        "availabilityDomain": resource.availability_domain,
    }
    varying = []
    for source in entry.list.arguments.values():
        context, _, key = source.partition(".")
        varying.append(resource.references.get(key) if context == "identityContext" else values.get(source))
    return (name, *varying)


def _page(name: str) -> int:
    return operation(name).max_limit or LIST_PAGE


def _domain_calls(tenancy: Tenancy) -> int:
    """One list of domains in every active compartment, and one of each kind of members of each domain but the
    default one."""
    active = 1 + sum(one.lifecycle_state == "ACTIVE" for one in tenancy.compartments)
    domains = [one for one in tenancy.snapshot.of_type("Domain") if one.display_name != "Default"]
    return active + len(_MEMBERS) * len(domains)


def _is_deleted(one: Truth) -> bool:
    return str(one["lifecycleState"] or "").upper() in ("TERMINATED", "DELETED")
