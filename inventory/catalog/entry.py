"""Values of the catalog: what is known about a resource type, and the types by name.

Decides which call answers for a type; `load` builds and checks the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

#: Where a type's details come from; one for each type, so that a record's shape is the same in every run.
SEARCH = "search"
LIST = "list"
GET = "get"

#: What one listing covers: all of the tenancy in a region, one compartment, one availability domain of a
#: compartment, or what lies below one other resource (a log group's logs).
TENANCY = "tenancy"
COMPARTMENT = "compartment"
AVAILABILITY_DOMAIN = "availabilityDomain"
PARENT = "parent"
SCOPES = (TENANCY, COMPARTMENT, AVAILABILITY_DOMAIN, PARENT)

#: Why a type has no call: the SDK has none that reads it, or its name stands for no resource.
NO_CALL = "noCall"
NOT_A_RESOURCE = "notAResource"
REASONS = (NO_CALL, NOT_A_RESOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCall:
    """The SDK operation that reads one resource.

    `arguments` maps the operation's parameters to where their values come from: `identifier`,
    `compartmentId`, `availabilityDomain` or `displayName` of the record, `tenancyId`, `namespace` (Object
    Storage's, one per tenancy), or `identityContext.<key>` and `additionalDetails.<key>` of the search item.
    """

    operation: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCall:
    """The SDK operation that lists resources of a type.

    `arguments` are as in `GetCall`; records that agree in them share one listing. `constants` are
    parameters with the same value in every call. `complete` says that an item has every field that the get
    answers, with those that `adds` puts in: fields whose values are known beforehand, from the same sources.
    `key` is the item's field that holds the record's identifier.
    """

    operation: str
    scope: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str | bool] = field(default_factory=dict)
    complete: bool = False
    adds: Mapping[str, str] = field(default_factory=dict)
    key: str = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSource:
    """For types that answer at another resource's own endpoint (a vault's): the other resource's type, where
    its OCID comes from, and the field of its details that holds the endpoint."""

    type: str
    identifier: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberList:
    """The SDK operation that lists resources of a type at each identity domain's own endpoint; `key` as in
    `ListCall`. Members of domains other than the default one are shown there alone."""

    service: str
    client: str
    operation: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """What is known about one resource type.

    `service` and `client` are the SDK's module and class. `home_region` types are global: every region's
    Search may name them, the home region's answer counts. `reason` says why there is no call. `unsearched`
    types are found by their list where a region's Search does not know them. `set_like` (arrays whose order
    says nothing) and `volatile` (values that change by themselves) are JSON pointers below
    `details.metadata`, with `*` for any key or index.
    """

    name: str
    aliases: tuple[str, ...] = ()
    canonical: str
    home_region: bool = False
    service: str | None = None
    client: str | None = None
    get: GetCall | None = None
    list: ListCall | None = None
    endpoint: EndpointSource | None = None
    members: MemberList | None = None
    reason: str | None = None
    unsearched: bool = False
    set_like: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Where details come from: the list if its items are complete, else the get, else Search alone."""
        if self.list is not None and self.list.complete:
            return LIST
        return SEARCH if self.get is None else GET


@dataclass(frozen=True, slots=True, kw_only=True)
class SdkOperation:
    """One read operation as the SDK sends it.

    `endpoint_template` is the SDK's own (`https://iaas.{region}.{secondLevelDomain}`), `path` begins with
    the API's version. `path_parameters` and `query_parameters` map the SDK method's arguments to wire names,
    `required` are the arguments that must be given. `items` is for lists: the field of the answer that holds
    the items, empty where the answer is the list itself, None for a get. `limit` is the largest page that is
    documented, None where none is.
    """

    service: str
    client: str
    operation: str
    endpoint_template: str
    path: str
    path_parameters: Mapping[str, str]
    query_parameters: Mapping[str, str]
    required: tuple[str, ...]
    items: str | None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All known types, found by name or alias in any letter case, and the operations that read them.

    `fingerprint` is the sha256 of what the entries say: equal catalogs, equal fingerprints. `operations` are
    by `service.client.operation`.
    """

    entries: tuple[ResourceType, ...]
    fingerprint: str
    operations: Mapping[str, SdkOperation] = field(default_factory=dict, repr=False, compare=False)
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
