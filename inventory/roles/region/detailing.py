"""The jobs that bring details: listings first, gets for what no listing shows.

Decides which requests a window of records costs: one get for a record, or one listing for all records that
it covers. What a listing turns out not to show is asked for once more in a narrower way, by compartment and
then by itself: a service may refuse the wide question, and lists may lag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inventory.catalog.entry import GET
from inventory.errors import (
    GoneSinceDiscovery,
    InventoryError,
    MalformedAnswer,
    RecordGap,
    RequestRefused,
    RequestTimeout,
)
from inventory.model.read_call import ReadCall
from inventory.model.record import Record
from inventory.ports.reader import ResourceReader
from inventory.roles.region.lanes import Job
from inventory.roles.region.window import Group, Packed, unpack
from inventory.stages.asking import Asking, Listing, Owner
from inventory.stages.enrich import Outcome

#: What is asked of a list. Where a service takes fewer, it says so (400), and its own size is taken.
PAGE_ITEMS = 1000

#: Told a record and what its service said about it; `operation` names the call, as service and operation,
#: and is None where none was made. Answers False where that came too late.
Finish = Callable[[Record, Outcome, tuple[str, str] | None], bool]

_LONGEST_CHAIN = 64
_CHAINS = 8


class Details:
    """The jobs for one window of records."""

    def __init__(self, *, asking: Asking, reader: ResourceReader, finish: Finish) -> None:
        self.asking = asking
        self.reader = reader
        self.finish = finish
        self._owners: dict[str, OwnerJob] = {}

    def jobs(self, window: Iterable[Group]) -> list[Job]:
        """The jobs for waiting records, given group by group. What cannot be asked for is finished.

        Who is asked at another resource's endpoint goes first, so that the other one is read once: for
        itself and for them.
        """
        by_owner: list[Group] = []
        others: list[Group] = []
        for group in window:
            (by_owner if self.asking.has_endpoint(unpack(group[0][1])) else others).append(group)
        return [job for group in (*by_owner, *others) for job in self._jobs_of_group(group)]

    def _jobs_of_group(self, group: Group) -> list[Job]:
        first = unpack(group[0][1])
        if self.asking.source(first) == GET:
            return self.gets(packed for _, packed in group)
        try:
            listing = self.asking.listing(first)
        except InventoryError as error:
            for _, packed in group:
                self.finish(unpack(packed), error, None)
            return []
        assert listing is not None
        return self._listed(listing, group)

    def narrowed(self, group: Group) -> list[Job]:
        """The jobs by compartment for what a listing of the whole tenancy did not bring."""
        groups: dict[tuple[Any, ...], tuple[Listing, Group]] = {}
        single: list[Packed] = []
        for ocid, packed in group:
            try:
                listing = self.asking.listing(unpack(packed), by_compartment=True)
            except InventoryError as error:
                self.finish(unpack(packed), error, None)
                continue
            if listing is None:
                single.append(packed)
                continue
            key = tuple(sorted(listing.call.arguments.items()))
            groups.setdefault(key, (listing, []))[1].append((ocid, packed))
        jobs = [job for listing, part in groups.values() for job in self._listed(listing, part)]
        return [*jobs, *self.gets(single)]

    def _listed(self, listing: Listing, group: Group) -> list[Job]:
        job = ListingJob(self, listing)
        for ocid, packed in group:
            if ocid is None:
                self.finish(unpack(packed), _unidentified(listing.call), None)
            else:
                job.add(ocid, packed)
        return [job] if job.waiting() else []

    def gets(self, packed: Iterable[Packed]) -> list[Job]:
        """Jobs that get one record after the other; an endpoint that is another resource's is found first."""
        plain: list[Packed] = []
        new: list[Job] = []
        for one in packed:
            record = unpack(one)
            try:
                owner = self._owner_of(record)
            except InventoryError as error:
                self.finish(record, error, None)
                continue
            if owner is not None:
                if owner.ocid not in self._owners:
                    self._owners[owner.ocid] = OwnerJob(self, owner)
                    new.append(self._owners[owner.ocid])
                self._owners[owner.ocid].followers.append(one)
            elif record["ocid"] in self._owners:
                self._owners[record["ocid"]].own.append(one)
            else:
                plain.append(one)
        return [*new, *self.chains(plain, None)]

    def _owner_of(self, record: Record) -> Owner | None:
        """Raises what a record is finished with that no call can be made for."""
        if not self.asking.has_get(record):
            raise GoneSinceDiscovery("its service does not list it")
        # What the call lacks is no failure of a service, and nothing to repeat.
        self.asking.get_call(record)
        return self.asking.owner_of(record)

    def chains(self, packed: list[Packed], endpoint: str | None) -> list[Job]:
        """Jobs of gets at one endpoint (None: the region's own)."""
        # Few jobs of many records each are small, and enough of them for a lane.
        length = min(_LONGEST_CHAIN, max(1, len(packed) // _CHAINS))
        return [
            GetJob(self, packed[start : start + length], endpoint) for start in range(0, len(packed), length)
        ]


class GetJob:
    """Gets, one for each record, one after the other."""

    def __init__(self, details: Details, packed: list[Packed], endpoint: str | None) -> None:
        """The records are of one type, and at least one."""
        self.attempt = 0
        self._details = details
        self._rest = packed[::-1]
        self._endpoint = endpoint
        self.operation = details.asking.get_operation(unpack(packed[0]))
        self.service = self.operation[0]

    def run(self) -> list[Job]:
        record = unpack(self._rest[-1])
        call = self._details.asking.get_call(record, endpoint=self._endpoint)
        answer = self._details.reader.read(call, attempt=self.attempt)
        # Whoever hands over what waits looks at it at any time: nothing may be missing there too early.
        if self._details.finish(record, answer, self.operation):
            self._rest.pop()
        return [self] if self._rest else []

    def give_up(self, error: InventoryError) -> list[Job]:
        record = unpack(self._rest.pop())
        self._details.finish(record, error, self.operation)
        return [self] if self._rest else []

    def waiting(self) -> list[Packed]:
        return self._rest

    def asked(self, waiting: list[Packed]) -> int:
        return min(1, len(waiting))


class OwnerJob:
    """The get of a resource at whose endpoint others are read; it is made once for it and for them."""

    def __init__(self, details: Details, owner: Owner) -> None:
        self.service = owner.call.service
        self.operation = (owner.call.service, owner.call.operation)
        self.attempt = 0
        self.own: list[Packed] = []
        self.followers: list[Packed] = []
        self._details = details
        self._owner = owner

    def run(self) -> list[Job]:
        answer = self._details.reader.read(self._owner.call, attempt=self.attempt)
        endpoint = answer.get(self._owner.field)
        if self._finish(self.own, answer):
            self.own = []
        if not isinstance(endpoint, str) or not endpoint:
            raise MalformedAnswer(f"{self._owner.call.operation} names no {self._owner.field}")
        # They stay here until the jobs that follow are under way; this one is over then.
        return self._details.chains(self.followers, endpoint)

    def give_up(self, error: InventoryError) -> list[Job]:
        self._finish(self.waiting(), error)
        self.own, self.followers = [], []
        return []

    def waiting(self) -> list[Packed]:
        return [*self.own, *self.followers]

    def asked(self, waiting: list[Packed]) -> int:
        return len(waiting)

    def _finish(self, packed: Iterable[Packed], outcome: Outcome) -> bool:
        finished = [self._details.finish(unpack(one), outcome, self.operation) for one in packed]
        return all(finished)


class ListingJob:
    """One listing, page by page, for the records that it should show."""

    def __init__(self, details: Details, listing: Listing) -> None:
        self.service = listing.call.service
        self.operation = (listing.call.service, listing.call.operation)
        self.attempt = 0
        self._details = details
        self._listing = listing
        self._wanted: dict[str, list[Packed]] = {}
        self._page: str | None = None
        self._limit: int | None = PAGE_ITEMS

    def add(self, ocid: str, packed: Packed) -> None:
        """A record that the listing should show."""
        self._wanted.setdefault(ocid, []).append(packed)

    def run(self) -> list[Job]:
        call, asked = self._listing.call, self._page
        try:
            page = self._details.reader.read_page(call, page=asked, limit=self._limit, attempt=self.attempt)
        except RequestRefused as error:
            if self._limit is None or error.status != 400:
                raise
            # The size, or a page of another size: once more as the service likes it.
            self._limit, self._page = None, None
            return [self]
        for item in page.items:
            if isinstance(item, Mapping):
                self._found(item)
        if not self._wanted:
            return []
        if page.next_page is None:
            return self._narrowed()
        if page.next_page == asked:
            raise MalformedAnswer("the next page is the same page", operation=call.operation)
        self._page = page.next_page
        return [self]

    def give_up(self, error: InventoryError) -> list[Job]:
        # Who may not ask for the whole tenancy, or whom a service does not answer so wide a question, may
        # well be answered about a compartment.
        if isinstance(error, RequestRefused) or (
            self._listing.is_tenancy_wide and isinstance(error, RecordGap)
        ):
            return self._narrowed()
        for one in self.waiting():
            self._details.finish(unpack(one), error, self.operation)
        self._wanted = {}
        return []

    def waiting(self) -> list[Packed]:
        return [one for packed in list(self._wanted.values()) for one in packed]

    def asked(self, waiting: list[Packed]) -> int:
        return len(waiting)

    def _found(self, item: Mapping[str, Any]) -> None:
        ocid = str(item.get(self._listing.key))
        shown = {**self._listing.adds, **item}
        found = [
            self._details.finish(unpack(one), shown, self.operation) for one in self._wanted.get(ocid, ())
        ]
        # As in a get: only what is finished waits no longer.
        if found and all(found):
            del self._wanted[ocid]

    def _narrowed(self) -> list[Job]:
        """How what the listing does not show is asked for; it stays here until those jobs are under way."""
        if self._listing.is_tenancy_wide:
            return self._details.narrowed(
                [(ocid, one) for ocid, found in self._wanted.items() for one in found]
            )
        return self._details.gets(self.waiting())


def late() -> RequestTimeout:
    """What becomes of records whose answer did not come in this call's time."""
    return RequestTimeout("no time left")


def _unidentified(call: ReadCall) -> MalformedAnswer:
    return MalformedAnswer(
        f"{call.operation} needs identifier, which the record lacks", code="missing identifier"
    )
