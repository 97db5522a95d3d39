"""Finding by lists what Search does not show: types that it misses, and the members of identity domains.

Decides which lists are asked; their items become records like search items, and none of them costs a second
call where the item is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from inventory.catalog.entry import LIST, SEARCH, TENANCY, Catalog, ResourceType
from inventory.errors import (
    InventoryError,
    MalformedAnswer,
    NotAuthorizedOrNotFound,
    RecordGap,
    RequestRefused,
)
from inventory.model.checkpoint import ALL_TYPES
from inventory.model.compartments import CompartmentTree
from inventory.model.read_call import ReadCall
from inventory.ports.reader import ResourceReader
from inventory.roles.region.detailing import PAGE_ITEMS
from inventory.roles.region.lanes import Job
from inventory.roles.region.recording import Recorder
from inventory.roles.region.window import Packed, Window
from inventory.stages.asking import Asking, Listing

#: The type whose resources have members that only they show, and the kind of it that Search shows itself.
DOMAIN = "Domain"
_DEFAULT_DOMAIN = "DEFAULT"

_NAMES = ("displayName", "name")
_COMPARTMENTS = ("compartmentId", "compartmentOcid")
_SCIM_TAGS = "urn:ietf:params:scim:schemas:oracle:idcs:extension:OCITags"


def listed_slices(
    catalog: Catalog, *, searched: Iterable[str] | None, wanted: Callable[[str], bool], is_home: bool
) -> list[str]:
    """The slices of a region beside Search's: what its Search does not name and a list finds.

    `searched` are the types that the region's Search names (None: nobody knows), `wanted` says which types
    the run asks for. A slice's name is that of its type, or several joined by commas.
    """
    known = {name.lower() for name in searched or ()}
    slices: list[str] = []
    for entry in catalog.entries:
        if not entry.unsearched or (entry.home_region and not is_home):
            continue
        members = [one.name for one in catalog.entries if one.members] if entry.name == DOMAIN else []
        names = [entry.name, *members]
        is_known = any(name.lower() in known for name in (entry.name, *entry.aliases))
        if (members or not is_known) and any(map(wanted, names)):
            slices.append(",".join(names))
    return sorted(slices)


@dataclass(slots=True)
class Finding:
    """The lists of one slice."""

    catalog: Catalog
    region: str
    tenancy_id: str
    compartments: CompartmentTree | None
    asking: Asking
    wanted: Callable[[str], bool]
    reader: ResourceReader
    recorder: Recorder
    window: Window
    #: What could not be listed.
    failures: list[InventoryError] = field(default_factory=list)
    #: Pages come on several threads.
    lock: Lock = field(default_factory=Lock)

    def jobs(self, slice_name: str) -> list[Job]:
        """The first lists of a slice; others follow from them."""
        assert slice_name != ALL_TYPES
        entry = self.catalog.entry(slice_name.split(",", maxsplit=1)[0])
        assert entry is not None
        assert entry.list is not None
        if entry.list.scope == TENANCY:
            return [self._list(entry, self.tenancy_id, is_wide=True)]
        return self.by_compartment(entry)

    def by_compartment(self, entry: ResourceType) -> list[Job]:
        """A list for every compartment that is in use."""
        active = [self.tenancy_id]
        if self.compartments is None:
            # What lies in the others would look as if it were gone.
            self.failures.append(
                NotAuthorizedOrNotFound("the compartments are not known", code="compartments unknown")
            )
        else:
            active += [
                ocid
                for ocid, known in sorted(self.compartments.compartments.items())
                if known.state == "ACTIVE"
            ]
        return [self._list(entry, ocid, is_wide=False) for ocid in active]

    def found(
        self, entry: ResourceType, key: str, item: Mapping[str, Any], operation: tuple[str, str]
    ) -> None:
        """Make a record of a list's item."""
        if not self.wanted(entry.name):
            return
        with self.lock:
            self._take(entry, key, item, operation)

    def _take(
        self, entry: ResourceType, key: str, item: Mapping[str, Any], operation: tuple[str, str]
    ) -> None:
        for record in self.recorder.discovered([_as_search_item(entry, key, item)]):
            # What Search did not show has no search summary.
            record = {**record, "details": {}}
            if entry.source == LIST or entry.members is not None:
                is_detailed = self.asking.source(record) != SEARCH
                self.recorder.finish(record, dict(item) if is_detailed else None, operation)
            elif self.asking.source(record) == SEARCH:
                self.recorder.finish(record, None, None)
            else:
                self.window.add(record)

    def members_of(self, domain: Mapping[str, Any]) -> list[Job]:
        """The lists of a domain's members, at its own endpoint."""
        if domain.get("type") == _DEFAULT_DOMAIN:
            return []
        url = domain.get("url")
        if not isinstance(url, str) or not url:
            self.failures.append(
                MalformedAnswer("a domain does not say where it answers", code="missing url")
            )
            return []
        return [
            _MembersJob(self, entry, url)
            for entry in self.catalog.entries
            if entry.members is not None and self.wanted(entry.name)
        ]

    def _list(self, entry: ResourceType, compartment_id: str, *, is_wide: bool) -> Job:
        assert entry.list is not None
        place = {"resourceType": entry.name, "compartmentId": compartment_id, "details": {}}
        narrows = entry.list.scope == TENANCY and not is_wide
        listing = self.asking.listing(place, by_compartment=narrows)
        assert listing is not None
        return _FindingJob(self, entry, listing)


def _as_search_item(entry: ResourceType, key: str, item: Mapping[str, Any]) -> dict[str, Any]:
    meta = item.get("meta")
    created = item.get("timeCreated") or (meta.get("created") if isinstance(meta, Mapping) else None)
    state = item.get("lifecycleState")
    if state is None and isinstance(item.get("active"), bool):
        state = "ACTIVE" if item["active"] else "INACTIVE"
    tags = _of_scim(item[_SCIM_TAGS]) if isinstance(item.get(_SCIM_TAGS), Mapping) else item
    return {
        "resourceType": entry.name,
        "identifier": item.get(key),
        "displayName": next((item[name] for name in _NAMES if item.get(name)), None),
        "compartmentId": next((item[name] for name in _COMPARTMENTS if item.get(name)), None),
        "lifecycleState": state,
        "timeCreated": created,
        "freeformTags": tags.get("freeformTags"),
        "definedTags": tags.get("definedTags"),
    }


def _of_scim(tags: Mapping[str, Any]) -> dict[str, Any]:
    """SCIM's lists of tags as other services tell tags."""
    defined: dict[str, dict[str, Any]] = {}
    for tag in _listed(tags, "definedTags", "namespace", "key"):
        defined.setdefault(tag["namespace"], {})[tag["key"]] = tag.get("value")
    freeform = {tag["key"]: tag.get("value") for tag in _listed(tags, "freeformTags", "key")}
    return {"freeformTags": freeform, "definedTags": defined}


def _listed(tags: Mapping[str, Any], kind: str, *names: str) -> list[Mapping[str, Any]]:
    listed = tags.get(kind)
    return [
        tag
        for tag in (listed if isinstance(listed, list) else ())
        if isinstance(tag, Mapping) and all(isinstance(tag.get(name), str) for name in names)
    ]


class _FindingJob:
    """One list, page by page."""

    def __init__(self, finding: Finding, entry: ResourceType, listing: Listing) -> None:
        self.service = listing.call.service
        self.operation = (listing.call.service, listing.call.operation)
        self.attempt = 0
        self._finding = finding
        self._entry = entry
        self._listing = listing
        self._page: str | None = None
        self._limit: int | None = PAGE_ITEMS

    def run(self) -> list[Job]:
        asked = self._page
        try:
            page = self._finding.reader.read_page(
                self._listing.call, page=asked, limit=self._limit, attempt=self.attempt
            )
        except RequestRefused as error:
            if self._limit is None or asked is not None or error.status != 400:
                raise
            self._limit = None
            return [self]
        if page.next_page is not None and page.next_page == asked:
            raise MalformedAnswer("the next page is the same page", operation=self.operation[1])
        following: list[Job] = []
        for item in page.items:
            if isinstance(item, Mapping):
                self._finding.found(self._entry, self._listing.key, item, self.operation)
                if self._entry.name == DOMAIN:
                    following += self._finding.members_of(item)
        if page.next_page is not None:
            self._page = page.next_page
            following.insert(0, self)
        return following

    def give_up(self, error: InventoryError) -> list[Job]:
        if self._listing.is_tenancy_wide and isinstance(error, RecordGap):
            return self._finding.by_compartment(self._entry)
        self._finding.failures.append(error)
        return []

    def waiting(self) -> list[Packed]:
        return []

    def asked(self, waiting: list[Packed]) -> int:
        return len(waiting)


class _MembersJob:
    """The members of one identity domain, by SCIM's own paging: a start index, until nothing more comes."""

    def __init__(self, finding: Finding, entry: ResourceType, url: str) -> None:
        assert entry.members is not None
        self.service = entry.members.service
        self.operation = (entry.members.service, entry.members.operation)
        self.attempt = 0
        self._finding = finding
        self._entry = entry
        self._members = entry.members
        self._url = url
        self._start = 1
        self._last_page: list[Any] = []

    def run(self) -> list[Job]:
        call = ReadCall(
            service=self._members.service,
            client=self._members.client,
            operation=self._members.operation,
            region=self._finding.region,
            arguments={
                "attribute_sets": "all",
                "count": str(PAGE_ITEMS),
                "start_index": str(self._start),
            },
            endpoint=self._url,
        )
        page = self._finding.reader.read_page(call, page=None, limit=None, attempt=self.attempt)
        if page.items and page.items == self._last_page and page.total is not None:
            # There are more, and the start index is not heeded.
            raise MalformedAnswer("the next page is the same page", operation=self._members.operation)
        if not page.items or page.items == self._last_page:
            return []
        for item in page.items:
            if isinstance(item, Mapping):
                self._finding.found(self._entry, self._members.key, item, self.operation)
        self._last_page = page.items
        self._start += len(page.items)
        return [] if page.total is not None and self._start > page.total else [self]

    def give_up(self, error: InventoryError) -> list[Job]:
        self._finding.failures.append(error)
        return []

    def waiting(self) -> list[Packed]:
        return []

    def asked(self, waiting: list[Packed]) -> int:
        return len(waiting)
