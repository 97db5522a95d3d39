"""Values of the catalog: what is known about a resource type, and the types by name.

Decides nothing; `load` builds and checks them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCall:
    """The SDK call that reads one resource of a type.

    `arguments` maps the method's parameters to where their values come from: `identifier`,
    `compartmentId` or `displayName` of the record, `namespace` (Object Storage's, one per tenancy), or
    `identityContext.<key>` and `additionalDetails.<key>` of the search item.
    """

    service: str
    client: str
    operation: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """What is known about one resource type.

    `home_region` types are global: every region's Search may name them, the home region's answer counts.
    `set_like` (arrays whose order says nothing) and `volatile` (values that change by themselves) are JSON
    pointers below `details.metadata`, with `*` for any key or index.
    """

    name: str
    aliases: tuple[str, ...] = ()
    canonical: str
    home_region: bool = False
    get: GetCall | None = None
    set_like: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All known types, found by name or alias in any letter case.

    `fingerprint` is the sha256 of what the entries say: equal catalogs, equal fingerprints.
    """

    entries: tuple[ResourceType, ...]
    fingerprint: str
    _by_name: Mapping[str, ResourceType] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", dict(_named(self.entries)))

    def entry(self, resource_type: str) -> ResourceType | None:
        """What is known about a type; None where the catalog does not have it."""
        return self._by_name.get(resource_type.lower())

    def is_home_region(self, resource_type: str) -> bool:
        """Whether the type is taken from the home region only; a type not known here is regional."""
        entry = self.entry(resource_type)
        return entry is not None and entry.home_region

    def canonical_name(self, resource_type: str) -> str:
        """The spelling and type that wins where a resource has several; a type not known here is its own."""
        entry = self.entry(resource_type)
        return resource_type if entry is None else entry.canonical


def _named(entries: Iterable[ResourceType]) -> Iterable[tuple[str, ResourceType]]:
    for entry in entries:
        for name in (entry.name, *entry.aliases):
            yield name.lower(), entry
