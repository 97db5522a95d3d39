"""The values of the emulated tenancy: regions, resources, and the container that services read.

A `Resource` is what exists, independent of how Search or a service's GET shows it.
`Tenancy` swaps a whole `Snapshot` at each change, so a reader that took one never sees half a mutation.
Who may change what is left to `emulator.mutation`.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from emulator.tenancy.resource_types import HOME_TYPES
from emulator.wire import ServiceError

References = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSubscription:
    """One region of the tenancy; `status` is `READY` or `IN_PROGRESS`, `key` is upper case (`IAD`)."""

    name: str
    key: str
    status: str
    is_home: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One cloud resource; its mappings are shared between resources and must not be changed.

    `ordinal` is unique in the tenancy and seeds the parts of the service's body that Search does not show.
    `region` is where it lives, the home region for identity resources.
    `references` names other resources by the field in which a service shows them (`vcnId`, `nsgIds`);
    a leading underscore marks one that the service shows elsewhere in its body.
    `revision` counts changes that only the service's GET shows.
    `domain_id` is set for the members of an identity domain other than the default one: neither Search nor
    the identity service shows them, only the domain's own endpoint.
    `is_gone`: Search still lists it, its service's GET does not know it any more.
    `oddities` names what is unusual about it, as `emulator.tenancy.oddities` lists.
    """

    ordinal: int
    resource_type: str
    ocid: str | None
    region: str
    compartment_id: str
    display_name: str | None
    availability_domain: str | None
    lifecycle_state: str | None
    time_created: datetime | None
    freeform_tags: Mapping[str, str]
    defined_tags: Mapping[str, Mapping[str, Any]]
    system_tags: Mapping[str, Mapping[str, Any]]
    references: References = field(default_factory=dict)
    revision: int = 0
    domain_id: str | None = None
    is_gone: bool = False
    oddities: tuple[str, ...] = ()

    @property
    def is_identity(self) -> bool:
        """Whether it lives in the home region and every region's endpoint answers for it."""
        return self.resource_type in HOME_TYPES

    @property
    def is_searchable(self) -> bool:
        """Whether Search lists it, if it knows its type (`Tenancy.unsearched_types`)."""
        return self.domain_id is None

    def named(self, field: str) -> tuple[str, ...]:
        """The OCIDs that the reference `field` names: none, one or several."""
        found = self.references.get(field)
        return found if isinstance(found, tuple) else () if found is None else (found,)


class Snapshot:
    """All resources at one instant; `version` grows with every change of the tenancy."""

    __slots__ = ("_by_field", "_by_place", "_by_type", "resources", "version", "without_ocid")

    def __init__(
        self, *, version: int, resources: Mapping[str, Resource], without_ocid: tuple[Resource, ...]
    ) -> None:
        self.version = version
        self.resources = resources
        self.without_ocid = without_ocid
        self._by_type: dict[str, tuple[Resource, ...]] | None = None
        self._by_place: dict[str, _Rows] = {}
        self._by_field: dict[tuple[str, str], _Rows] = {}

    def __iter__(self) -> Iterator[Resource]:
        """Every resource once, those without an OCID last."""
        yield from self.resources.values()
        yield from self.without_ocid

    def of_type(self, type_name: str) -> tuple[Resource, ...]:
        """All resources of a type that have an OCID, in a fixed order; sorted out once for all types."""
        if self._by_type is None:
            found: dict[str, list[Resource]] = defaultdict(list)
            for resource in self.resources.values():
                found[resource.resource_type].append(resource)
            self._by_type = {name: tuple(resources) for name, resources in found.items()}
        return self._by_type.get(type_name, ())

    def in_compartment(self, type_name: str, region: str, compartment_id: str) -> tuple[Resource, ...]:
        """Those of `of_type` that a region shows in a compartment; every region shows identity resources."""
        rows = self._by_place.get(type_name)
        if rows is None:
            rows = _divide(
                (("" if r.is_identity else r.region, r.compartment_id), r) for r in self.of_type(type_name)
            )
            self._by_place[type_name] = rows
        return rows.get(("" if type_name in HOME_TYPES else region, compartment_id), ())

    def naming(self, type_name: str, field: str, ocid: str) -> tuple[Resource, ...]:
        """Those of `of_type` whose reference `field` names this resource."""
        rows = self._by_field.get((type_name, field))
        if rows is None:
            rows = _divide(
                (name, resource)
                for resource in self.of_type(type_name)
                for name in dict.fromkeys(resource.named(field))
            )
            self._by_field[type_name, field] = rows
        return rows.get(ocid, ())


_Rows = dict[Hashable, tuple[Resource, ...]]


def _divide(keyed: Iterable[tuple[Hashable, Resource]]) -> _Rows:
    found: dict[Hashable, list[Resource]] = defaultdict(list)
    for key, resource in keyed:
        found[key].append(resource)
    return {key: tuple(resources) for key, resources in found.items()}


class Tenancy:
    """One tenancy: its regions and resources; safe to read from any thread while it is changed.

    `unreadable_types` may be set at any time: the reader's policies give Search's row, and no GET or list.
    `unsearched_types` are fixed: their resources are there, and Search does not know the types.
    `endpoint_template` (with `{service}` and `{region}`) is where clients reach its services, for the hosts
    that bodies name; None: at OCI's own names.
    """

    def __init__(
        self,
        *,
        tenancy_id: str,
        name: str,
        realm: str,
        namespace: str,
        regions: Iterable[RegionSubscription],
        type_names: Iterable[str],
        resources: Iterable[Resource],
        unreadable_types: Iterable[str] = (),
        unsearched_types: Iterable[str] = (),
    ) -> None:
        self.tenancy_id = tenancy_id
        self.name = name
        self.realm = realm
        self.namespace = namespace
        self.regions = tuple(regions)
        self.type_names = tuple(type_names)
        self.unreadable_types = frozenset(unreadable_types)
        self.unsearched_types = frozenset(unsearched_types)
        self.endpoint_template: str | None = None
        self.changing = threading.Lock()
        everything = list(resources)
        self._snapshot = Snapshot(
            version=1,
            resources=MappingProxyType({r.ocid: r for r in everything if r.ocid is not None}),
            without_ocid=tuple(r for r in everything if r.ocid is None),
        )
        if len(self._snapshot.resources) + len(self._snapshot.without_ocid) != len(everything):
            raise ValueError("two resources share an OCID")

    @property
    def home_region(self) -> str:
        """The name of the home region."""
        return next(region.name for region in self.regions if region.is_home)

    @property
    def ready_regions(self) -> tuple[str, ...]:
        """The names of the regions that are usable, the home region first."""
        return tuple(region.name for region in self.regions if region.status == "READY")

    @property
    def snapshot(self) -> Snapshot:
        """The tenancy's resources now; hold on to it for a consistent view."""
        return self._snapshot

    @property
    def resources(self) -> Mapping[str, Resource]:
        """The resources now, by OCID (those without one are in `snapshot.without_ocid`)."""
        return self._snapshot.resources

    @property
    def compartments(self) -> tuple[Resource, ...]:
        """The compartments now, without the root."""
        return self._snapshot.of_type("Compartment")

    def is_readable(self, resource: Resource) -> bool:
        """Whether services show it to the reader; if not, a GET is the ambiguous 404, lists leave it out."""
        return not resource.is_gone and resource.resource_type not in self.unreadable_types

    def replace(self, *, put: Iterable[Resource] = (), drop: Iterable[str] = ()) -> None:
        """Swap in a new snapshot; the caller holds `changing` from the snapshot it read until here.

        Raises: KeyError where a dropped OCID does not exist; ValueError for a resource without an OCID.
        """
        resources = dict(self._snapshot.resources)
        for ocid in drop:
            del resources[ocid]
        for resource in put:
            if resource.ocid is None:
                raise ValueError("a resource without an OCID cannot be replaced")
            resources[resource.ocid] = resource
        self._snapshot = Snapshot(
            version=self._snapshot.version + 1,
            resources=MappingProxyType(resources),
            without_ocid=self._snapshot.without_ocid,
        )

    def require_ready(self, region: str) -> None:
        """A region to which the tenancy is not (yet) subscribed knows none of its principals.

        Raises: ServiceError 401 NotAuthenticated.
        """
        if region not in self.ready_regions:
            raise ServiceError(
                401,
                "NotAuthenticated",
                "The required information to complete authentication was not provided or was incorrect.",
            )
