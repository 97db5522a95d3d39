"""Scanning a slice: pages in, enriched and redacted records out, committed in shards with the cursor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from inventory.coordination.call import Call
from inventory.coordination.documents import read_scope_filter
from inventory.coordination.writes import create_once
from inventory.errors import (
    DeadlineNear,
    InventoryError,
    MalformedAnswer,
    PageTokenExpired,
    RecordGap,
    RequestTimeout,
    RetryLater,
)
from inventory.model.checkpoint import COMPLETE, OPEN, Cursor, ShardRef, Slice
from inventory.model.manifest import FULL, Manifest
from inventory.model.read_call import ReadCall
from inventory.model.record import ERROR, OUT_OF_SCOPE, Record
from inventory.ports.search import SearchPage
from inventory.roles.region.claim import Ledger
from inventory.roles.region.tallying import TallyBook
from inventory.roles.region.tools import RegionTools
from inventory.stages.enrich import DefaultEnricher, enrich_record, is_gone
from inventory.stages.normalize import is_foreign, normalize_item
from inventory.stages.scan import after_expiry, can_go_on, plain_cursor, query_at, read_page
from inventory.stages.scope import PASSING_REASONS, SIGHTINGS, ScopeFilter, sighting
from inventory.stages.shard import build_shard

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
        self._default_enricher = DefaultEnricher()
        self._stalled = ledger.checkpoint.stalled
        self._slowest_page_seconds = 0.0
        self._pages_read = 0

    def run(self, index: int) -> str | None:
        """Scan the slice of this index to its end, or until Search cannot be read on.

        Returns None where the slice is complete, else the class of Search's failure; what was read before
        is committed. Raises DeadlineNear after committing, LostOwnership, and the store's errors.
        """
        cursor: Cursor | None = self._ledger.checkpoint.slices[index].cursor
        scope = read_scope_filter(self._call, self._manifest)
        waiting: list[Record] = []
        with _pool(self._call.settings.workers) as pool:
            while cursor is not None:
                if self._is_deadline_near():
                    self._commit(index, cursor, waiting)
                    raise DeadlineNear(f"{self._region}: handing over")
                began = self._call.monotonic()
                try:
                    page = self._search(cursor)
                except PageTokenExpired as exc:
                    if not can_go_on(cursor):
                        return self._search_failed(index, cursor, waiting, exc)
                    cursor = self._behind_expiry(index, cursor, waiting, exc)
                    continue
                except (RetryLater, RecordGap) as exc:
                    plain = plain_cursor(self._manifest.scope.query, cursor) if exc.status == 400 else None
                    if plain is None:
                        return self._search_failed(index, cursor, waiting, exc)
                    self._call.log.failure("ordered_query_refused", exc)
                    self._start_again(index, plain, waiting)
                    cursor = plain
                    continue
                step = read_page(self._manifest.scope.query, cursor, page.items, page.next_page)
                if step.is_read_again and step.cursor is not None:
                    self._start_again(index, step.cursor, waiting)
                left_out: Counter[str] = Counter()
                try:
                    waiting.extend(self._finish_records(self._normalized(step.items, scope, left_out), pool))
                except DeadlineNear:
                    self._commit(index, cursor, waiting)
                    raise
                self._book.counts.update(left_out)
                cursor = step.cursor
                if cursor is not None and self._is_shard_full(waiting):
                    self._commit(index, cursor, waiting)
                self._pages_read += 1
                self._slowest_page_seconds = max(self._slowest_page_seconds, self._call.monotonic() - began)
        self._commit(index, None, waiting)
        return None

    def _search_failed(
        self, index: int, cursor: Cursor, waiting: list[Record], failure: InventoryError
    ) -> str:
        self._call.log.failure("search_failed", failure)
        self._commit(index, cursor, waiting)
        if self._call.deadline.remaining_seconds() < RESERVE_SECONDS:
            # The retries ended with this call's time, not with the service's last word.
            raise DeadlineNear(f"{self._region}: search did not answer in time")
        return failure.summary()

    def _is_shard_full(self, waiting: list[Record]) -> bool:
        # Where calls before this one came to nothing, perhaps for memory, little is kept uncommitted.
        return len(waiting) >= self._call.settings.shard_records or self._stalled > 0

    def _is_deadline_near(self) -> bool:
        # The first page is always read, or a short deadline would never get anywhere.
        if self._pages_read == 0:
            return False
        needed = RESERVE_SECONDS + 2 * self._slowest_page_seconds
        return self._call.deadline.remaining_seconds() < needed

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

    def _normalized(self, items: list[Any], scope: ScopeFilter, left_out: Counter[str]) -> Iterator[Record]:
        for item in items:
            try:
                record = normalize_item(
                    item,
                    region=self._region,
                    home_region=self._manifest.home_region,
                    collected_at=self._manifest.collected_at,
                    catalog=self._tools.catalog,
                )
            except MalformedAnswer as exc:
                self._call.log.failure("malformed_item", exc)
                left_out["malformed_items"] += 1
                continue
            if is_foreign(
                record,
                region=self._region,
                home_region=self._manifest.home_region,
                catalog=self._tools.catalog,
            ):
                left_out["home_region_items_skipped"] += 1
                continue
            reason = scope.left_out(record)
            if reason is None:
                yield record
                continue
            left_out[reason] += 1
            if reason in PASSING_REASONS and record["ocid"] is not None:
                left_out[SIGHTINGS] += 1
                yield sighting(record)

    def _finish_records(self, records: Iterator[Record], pool: ThreadPoolExecutor) -> list[Record]:
        with self._timed("enrich"):
            enriched = self._enriched(list(records), pool)
        with self._timed("redact"):
            return [self._redact(record) for record in enriched]

    def _enriched(self, records: list[Record], pool: ThreadPoolExecutor) -> list[Record]:
        """The records with their details, as many as there is time for.

        Raises DeadlineNear where the time is too short and the page can be left to the next call.
        """
        futures = [pool.submit(self._enrich, record, self._tools.reader.read) for record in records]
        time_left = self._call.deadline.remaining_seconds() - RESERVE_SECONDS
        _, late = wait(futures, timeout=max(time_left, 0.0))
        for future in late:
            future.cancel()
        if late and (self._pages_read or not self._stalled):
            raise DeadlineNear(f"{self._region}: the page takes longer than what is left of this call")
        # Not even the first, smaller page fits: go on without what does not answer in time.
        return [
            self._enrich(record, _no_time) if future in late else future.result()
            for record, future in zip(records, futures, strict=True)
        ]

    def _enrich(self, record: Record, read: Callable[[ReadCall], dict[str, Any]]) -> Record:
        if record["enrichStatus"] == OUT_OF_SCOPE:
            return record
        enricher = (
            self._tools.enrichers.for_record(record)
            if self._manifest.depth == FULL
            else self._default_enricher
        )
        return enrich_record(record, enricher, read, on_bug=self._note_bug)

    def _note_bug(self, record: Mapping[str, Any], bug: Exception) -> None:
        self._call.log.failure("enrichment_broken", bug, resource_type=record["resourceType"])

    def _redact(self, record: Record) -> Record:
        try:
            clean, pointers = self._tools.redactor.redact_record(record)
        except Exception as exc:  # one strange record must not end its region, nor be shown unredacted
            self._call.log.failure("redaction_broken", exc, resource_type=record["resourceType"])
            clean, pointers = _without_content(record), []
        for pointer in pointers:
            self._book.redacted(str(clean["resourceType"]), pointer)
        if clean["enrichStatus"] == ERROR and not is_gone(clean):
            self._book.enrichment_failed(str(clean["resourceType"]), str(clean["enrichError"]))
        return clean

    def _commit(self, index: int, cursor: Cursor | None, waiting: list[Record]) -> None:
        """Write the waiting records as a shard, then commit shard and cursor together."""
        present = self._ledger.checkpoint.slices[index]
        shards = present.shards
        if waiting:
            with self._timed("write"):
                shards = (*shards, self._write_shard(waiting))
        changed = replace(
            present,
            shards=shards,
            state=COMPLETE if cursor is None else OPEN,
            cursor=present.cursor if cursor is None else cursor,
        )
        has_moved = cursor is None or cursor.page != present.cursor.page
        self._replace_slice(index, changed, made_progress=bool(waiting) or has_moved)
        waiting.clear()

    def _behind_expiry(
        self, index: int, cursor: Cursor, waiting: list[Record], expiry: PageTokenExpired
    ) -> Cursor:
        """Where to go on after an expired token; what will be read again is dropped."""
        self._call.log.failure("page_token_expired", expiry)
        after, is_read_again = after_expiry(self._manifest.scope.query, cursor)
        self._book.expired()
        if is_read_again:
            self._start_again(index, after, waiting)
        else:
            self._commit(index, after, waiting)
        return after

    def _start_again(self, index: int, cursor: Cursor, waiting: list[Record]) -> None:
        """Drop what was read, committed or not: it will be read again."""
        waiting.clear()
        self._book.forget_records()
        present = self._ledger.checkpoint.slices[index]
        self._replace_slice(index, replace(present, cursor=cursor, shards=()), made_progress=False)

    def _replace_slice(self, index: int, changed: Slice, *, made_progress: bool) -> None:
        checkpoint = self._ledger.checkpoint
        parts = list(checkpoint.slices)
        parts[index] = changed
        self._ledger.commit(
            replace(
                checkpoint,
                slices=tuple(parts),
                stalled=0 if made_progress else checkpoint.stalled,
                tally=self._book.tally(self._tools.calls()),
            )
        )
        self._call.log.info("committed", shards=len(changed.shards), records=changed.record_count)

    def _write_shard(self, records: list[Record]) -> ShardRef:
        shard = build_shard(records)
        checkpoint = self._ledger.checkpoint
        sequence = checkpoint.revision
        name = self._call.run(checkpoint.run_id).shard(
            self._region, epoch=checkpoint.epoch, sequence=sequence, sha256=shard.sha256
        )
        created = create_once(self._call.store, name, shard.body)
        return ShardRef(
            name=name,
            etag=created.etag,
            sha256=shard.sha256,
            size=len(shard.body),
            count=shard.count,
            epoch=checkpoint.epoch,
            sequence=sequence,
            first_key=shard.first_key,
            last_key=shard.last_key,
        )

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = self._call.monotonic()
        try:
            yield
        finally:
            self._book.spent(step, self._call.monotonic() - began)


def _no_time(call: ReadCall) -> dict[str, Any]:
    raise RequestTimeout(f"no time left for {call.operation}", operation=call.operation)


def _without_content(record: Record) -> Record:
    return {
        **record,
        "displayName": None,
        "definedTags": {},
        "freeformTags": {},
        "enrichStatus": ERROR,
        "enrichError": InventoryError.reason,
        "details": {},
        "relationships": [],
    }


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for reading; at the end nobody waits for a read that hangs."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
