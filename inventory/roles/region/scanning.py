"""Scanning a slice: pages in, records with their details out, committed in shards with the cursor.

Discovery reads pages until the window is full or Search is at its end; then the window's records get their
details. Records that nobody is asked about go straight on.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from inventory.catalog.entry import SEARCH
from inventory.coordination.budget import ServiceBudget, budget_of
from inventory.coordination.call import Call
from inventory.coordination.documents import read_compartments, read_scope_filter
from inventory.errors import (
    DeadlineNear,
    GoneSinceDiscovery,
    InventoryError,
    MalformedAnswer,
    PageTokenExpired,
    RecordGap,
    RetryLater,
)
from inventory.model.checkpoint import ALL_TYPES, READ, Cursor
from inventory.model.manifest import Manifest
from inventory.ports.search import SearchPage
from inventory.roles.region.claim import Ledger
from inventory.roles.region.detailing import Details, late
from inventory.roles.region.finding import Finding
from inventory.roles.region.lanes import Job, Lanes
from inventory.roles.region.recording import Recorder
from inventory.roles.region.saving import SliceLog
from inventory.roles.region.tallying import TallyBook
from inventory.roles.region.tools import RegionTools
from inventory.roles.region.window import Packed, Window, unpack
from inventory.stages.asking import Asking
from inventory.stages.normalize import is_terminated
from inventory.stages.scan import after_expiry, can_go_on, plain_cursor, query_at, read_page
from inventory.stages.shard import shard_row

#: What must be left of a call's time, beside twice its slowest page, to begin another page.
RESERVE_SECONDS = 15.0
#: The smallest page that is asked for when a whole page does not fit into a call.
SMALLEST_PAGE = 10


class SliceScan:
    """Scans the slices of one region for its owner."""

    def __init__(self, *, call: Call, ledger: Ledger, manifest: Manifest, tools: RegionTools) -> None:
        self._call = call
        self._ledger = ledger
        self._manifest = manifest
        self._tools = tools
        self._region = ledger.checkpoint.region
        self._book = TallyBook(ledger.checkpoint.tally)
        self._stalled = ledger.checkpoint.stalled
        self._slowest_page_seconds = 0.0
        self._pages_read = 0
        self._asking = Asking(
            tools.catalog,
            region=self._region,
            depth=manifest.depth,
            tenancy_id=manifest.tenancy_id,
            namespace=tools.namespace,
        )
        self._recorder: Recorder

    def run(self, index: int) -> str | None:
        """Scan the slice of this index to its end, or until Search cannot be read on.

        Returns None where the slice is complete, else the class of Search's failure; what was read before
        is committed. Raises DeadlineNear after committing, LostOwnership, and the store's errors.
        """
        self._recorder = Recorder(
            call=self._call,
            manifest=self._manifest,
            tools=self._tools,
            region=self._region,
            scope=read_scope_filter(self._call, self._manifest),
            book=self._book,
        )
        log = SliceLog(self._call, self._ledger, index, self._book)
        window = Window(self._asking.group)
        log.restore(window)
        cursor = log.present.cursor
        is_last = False
        failure: str | None = None
        with _pool(self._call.settings.workers) as pool:
            lanes = self._lanes(pool)
            while not is_last:
                if cursor.phase != READ and failure is None:
                    if log.present.name == ALL_TYPES:
                        cursor, failure = self._discover(log, cursor, window)
                    else:
                        cursor, failure = self._find(log.present.name, cursor, window, lanes)
                is_last = cursor.phase == READ or failure is not None
                self._detail(log, cursor, window, lanes)
                self._commit(log, None if is_last and failure is None else cursor, window)
        return failure

    def _discover(self, log: SliceLog, cursor: Cursor, window: Window) -> tuple[Cursor, str | None]:
        """Read pages until the window is full or Search is at its end (`READ`).

        Returns the cursor, and the class of the failure where Search cannot be read on.
        """
        while window.count < self._window_size:
            if self._is_deadline_near():
                self._hand_over(log, cursor, window)
            began = self._call.monotonic()
            try:
                page = self._search(cursor)
            except PageTokenExpired as exc:
                if not can_go_on(cursor):
                    return cursor, self._search_failed(log, cursor, window, exc)
                cursor = self._behind_expiry(log, cursor, window, exc)
                continue
            except (RetryLater, RecordGap) as exc:
                plain = plain_cursor(self._manifest.scope.query, cursor) if exc.status == 400 else None
                if plain is None:
                    return cursor, self._search_failed(log, cursor, window, exc)
                self._call.log.failure("ordered_query_refused", exc)
                self._start_again(log, plain, window)
                cursor = plain
                continue
            step = read_page(self._manifest.scope.query, cursor, page.items, page.next_page)
            if step.is_read_again and step.cursor is not None:
                self._start_again(log, step.cursor, window)
            with self._timed("normalize"):
                for record in self._recorder.discovered(step.items):
                    if self._asking.source(record) == SEARCH:
                        self._recorder.finish(record, None, None)
                    elif record["ocid"] is None:
                        # Nobody can be asked for it; and it waits nowhere, for nothing would tell it apart.
                        unnamed = MalformedAnswer("a search item has no OCID", code="missing identifier")
                        self._recorder.finish(record, unnamed, None)
                    elif is_terminated(record):
                        # Services forget what was deleted; it keeps the details that it had.
                        self._recorder.finish(record, GoneSinceDiscovery("it is deleted"), None)
                    else:
                        window.add(record)
            self._pages_read += 1
            self._slowest_page_seconds = max(self._slowest_page_seconds, self._call.monotonic() - began)
            if step.cursor is None:
                return Cursor(phase=READ), None
            cursor = step.cursor
            full = self._call.settings.shard_records
            if self._recorder.count + len(window.unsaved) >= full:
                self._commit(log, cursor, window)
            if self._stalled:
                # Where calls before this one came to nothing, perhaps for memory, little is kept uncommitted.
                break
        return cursor, None

    def _find(
        self, slice_name: str, cursor: Cursor, window: Window, lanes: Lanes
    ) -> tuple[Cursor, str | None]:
        """Ask the lists of a slice. Raises DeadlineNear, and nothing is found then."""
        finding = Finding(
            catalog=self._tools.catalog,
            region=self._region,
            tenancy_id=self._manifest.tenancy_id,
            compartments=read_compartments(self._call, self._manifest),
            asking=self._asking,
            wanted=read_scope_filter(self._call, self._manifest).asks_for,
            reader=self._tools.reader,
            recorder=self._recorder,
            window=window,
        )
        lanes.add(finding.jobs(slice_name))
        with self._timed("find"):
            is_done = lanes.run(has_time=self._has_time_to_wait, progress=lambda: None)
        if not is_done:
            self._recorder.close()
            raise DeadlineNear(f"{self._region}: the lists of {slice_name} take too long")
        for failure in finding.failures:
            self._call.log.failure("list_failed", failure, slice=slice_name)
        if finding.failures:
            # Not READ: whoever goes on from here must not take the slice for complete.
            return cursor, finding.failures[0].summary()
        return Cursor(phase=READ), None

    @property
    def _window_size(self) -> int:
        return self._call.settings.window_records

    def _detail(self, log: SliceLog, cursor: Cursor, window: Window, lanes: Lanes) -> None:
        """Get the details of all that waits.

        Raises DeadlineNear after handing over what there is no time for.
        """
        if window.count == 0:
            return
        full = self._call.settings.shard_records
        if window.unsaved and (log.present.found or window.count > full):
            self._commit(log, cursor, window)
        is_saved = bool(log.present.found)
        window.unsaved = []
        details = Details(asking=self._asking, reader=self._tools.reader, finish=self._recorder.finish)
        lanes.add(details.jobs(window.take()))

        def progress() -> None:
            if is_saved and self._recorder.count >= (SMALLEST_PAGE if self._stalled else full):
                self._commit(log, cursor, window)

        with self._timed("enrich"):
            is_done = lanes.run(has_time=self._has_time_to_wait, progress=progress)
        window.count = 0
        if not is_done:
            self._leave(log, cursor, window, lanes, is_saved=is_saved)

    def _leave(self, log: SliceLog, cursor: Cursor, window: Window, lanes: Lanes, *, is_saved: bool) -> None:
        """Hand over what waits still. What threads answer from now on is too late. Raises DeadlineNear."""
        self._recorder.close()
        running, rest = lanes.abandon()
        left: list[Packed] = []
        asked = {id(job) for job in (running or rest[:SMALLEST_PAGE])}
        for job in (*running, *rest):
            waiting = list(job.waiting())
            if self._stalled and not self._recorder.answered and id(job) in asked:
                # Not even one answer fits into a call: the run goes on without these.
                number = job.asked(waiting)
                for one in waiting[len(waiting) - number :]:
                    self._recorder.finish(unpack(one), late(), job.operation)
                waiting = waiting[: len(waiting) - number]
            left += waiting
        window.count = len(left)
        window.unsaved = [] if is_saved else [shard_row(unpack(one)) for one in left]
        if left or cursor.phase != READ:
            self._hand_over(log, cursor, window)

    def _hand_over(self, log: SliceLog, cursor: Cursor, window: Window) -> None:
        self._commit(log, cursor, window)
        raise DeadlineNear(f"{self._region}: handing over")

    def _search_failed(self, log: SliceLog, cursor: Cursor, window: Window, failure: InventoryError) -> str:
        self._call.log.failure("search_failed", failure)
        if self._call.deadline.remaining_seconds() < RESERVE_SECONDS:
            # The retries ended with this call's time, not with the service's last word.
            self._hand_over(log, cursor, window)
        self._commit(log, cursor, window)
        return failure.summary()

    def _is_deadline_near(self) -> bool:
        # The first page is always read, or a short deadline would never get anywhere.
        if self._pages_read == 0:
            return False
        needed = RESERVE_SECONDS + 2 * self._slowest_page_seconds
        return self._call.deadline.remaining_seconds() < needed

    def _has_time_to_wait(self) -> bool:
        return self._call.deadline.remaining_seconds() > RESERVE_SECONDS

    def _search(self, cursor: Cursor) -> SearchPage:
        page_size = self._call.settings.page_size
        with self._timed("search"):
            page = self._tools.search.search(
                region=self._region,
                query=query_at(self._manifest.scope.query, cursor, self._manifest.scope.types or ()),
                page=cursor.page,
                limit=min(page_size, max(SMALLEST_PAGE, page_size >> (2 * self._stalled))),
            )
        if page.next_page is not None and page.next_page == cursor.page:
            raise MalformedAnswer("the next page is the same page", operation="search_resources")
        return page

    def _commit(self, log: SliceLog, cursor: Cursor | None, window: Window) -> None:
        with self._timed("write"):
            log.commit(cursor, self._recorder.take(), window, self._tools.calls())

    def _behind_expiry(
        self, log: SliceLog, cursor: Cursor, window: Window, expiry: PageTokenExpired
    ) -> Cursor:
        """Where to go on after an expired token; what will be read again is dropped."""
        self._call.log.failure("page_token_expired", expiry)
        after, is_read_again = after_expiry(self._manifest.scope.query, cursor)
        self._book.expired()
        if is_read_again:
            self._start_again(log, after, window)
        else:
            self._commit(log, after, window)
        return after

    def _start_again(self, log: SliceLog, cursor: Cursor, window: Window) -> None:
        """Drop what was read, committed or not: it will be read again."""
        self._recorder.take()
        window.clear()
        log.start_again(cursor, self._tools.calls())

    def _lanes(self, pool: ThreadPoolExecutor) -> Lanes:
        settings = self._call.settings

        def budget(service: str) -> ServiceBudget:
            rate = budget_of(self._manifest.budgets, service, default=float(settings.requests_per_second))
            return ServiceBudget(rate=rate, concurrency=min(settings.service_concurrency, settings.workers))

        return Lanes(
            pool=pool,
            workers=settings.workers,
            budget=budget,
            retry=self._tools.retry,
            monotonic=self._tools.monotonic,
            on_bug=self._note_bug,
        )

    def _note_bug(self, job: Job, bug: Exception) -> None:
        self._call.log.failure("enrichment_broken", bug, operation=job.operation[1])

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = self._call.monotonic()
        try:
            yield
        finally:
            self._book.spent(step, self._call.monotonic() - began)


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for reading; at the end nobody waits for a read that hangs."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
