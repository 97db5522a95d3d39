"""Making records: from search items, and from what services say about them; without secrets.

Finished records wait here, as rows, for the next commit. Services' answers come on several threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock, current_thread
from typing import Any

from inventory.coordination.call import Call
from inventory.errors import InventoryError, MalformedAnswer
from inventory.model.manifest import Manifest
from inventory.model.record import ERROR, OK, OUT_OF_SCOPE, Record
from inventory.roles.region.tallying import TallyBook
from inventory.roles.region.tools import RegionTools
from inventory.stages.enrich import Outcome, enrich_record, is_gone
from inventory.stages.normalize import is_foreign, normalize_item
from inventory.stages.scope import PASSING_REASONS, SIGHTINGS, ScopeFilter, sighting
from inventory.stages.shard import Row, shard_row


class Recorder:
    """The records of one call in one region."""

    def __init__(
        self,
        *,
        call: Call,
        manifest: Manifest,
        tools: RegionTools,
        region: str,
        scope: ScopeFilter,
        book: TallyBook,
    ) -> None:
        self.answered = 0
        self._call = call
        self._manifest = manifest
        self._tools = tools
        self._region = region
        self._scope = scope
        self._book = book
        self._finished: list[Row] = []
        self._lock = Lock()
        self._thread = current_thread()
        self._is_closed = False

    @property
    def count(self) -> int:
        """Finished records."""
        return len(self._finished)

    def take(self) -> list[Row]:
        """The finished records; there are none behind it."""
        with self._lock:
            finished, self._finished = self._finished, []
        return finished

    def close(self) -> None:
        """What other threads bring from now on is too late."""
        with self._lock:
            self._is_closed = True

    def discovered(self, items: Sequence[Any]) -> Iterator[Record]:
        """The records of a page's items that are in scope and may be asked about; others are finished here,
        or left out and counted."""
        left_out: Counter[str] = Counter()
        for record in self._normalized(items, left_out):
            clean = self._redacted(record)
            if clean["enrichStatus"] in (OUT_OF_SCOPE, ERROR):
                if clean["enrichStatus"] == ERROR:
                    self._note_failure(clean, None)
                self._finished.append(shard_row(clean))
            else:
                yield clean
        self._book.counts.update(left_out)

    def finish(self, record: Record, outcome: Outcome, operation: tuple[str, str] | None) -> bool:
        """Give a record its details, without secrets; false where that comes too late, and it waits still.

        `operation` names the call that the outcome is of, as service and operation; None where none was made.
        """
        enriched = enrich_record(record, outcome, on_bug=self._note_bug)
        pointers: list[str] = []
        if enriched["enrichStatus"] == OK:
            try:
                metadata, pointers = self._tools.redactor.redact(
                    enriched["details"]["metadata"], ("details", "metadata")
                )
                enriched["details"]["metadata"] = metadata
            except Exception as exc:  # as above
                self._call.log.failure("redaction_broken", exc, resource_type=record["resourceType"])
                enriched, pointers = _without_content(record), []
        row = shard_row(enriched)
        with self._lock:
            if self._is_closed and current_thread() is not self._thread:
                return False
            self._note_redactions(enriched, pointers)
            if enriched["enrichStatus"] == ERROR:
                self._note_failure(enriched, operation)
            self._finished.append(row)
            self.answered += operation is not None
            return True

    def _normalized(self, items: Sequence[Any], left_out: Counter[str]) -> Iterator[Record]:
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
            reason = self._scope.left_out(record)
            if reason is None:
                yield record
                continue
            left_out[reason] += 1
            if reason in PASSING_REASONS and record["ocid"] is not None:
                left_out[SIGHTINGS] += 1
                yield sighting(record)

    def _redacted(self, record: Record) -> Record:
        """The record as Search showed it, without secrets."""
        try:
            clean, pointers = self._tools.redactor.redact_record(record)
        except Exception as exc:  # one strange record must not end its region, nor be shown unredacted
            self._call.log.failure("redaction_broken", exc, resource_type=record["resourceType"])
            return _without_content(record)
        self._note_redactions(record, pointers)
        return clean

    def _note_redactions(self, record: Record, pointers: list[str]) -> None:
        for pointer in pointers:
            self._book.redacted(str(record["resourceType"]), pointer)

    def _note_failure(self, record: Record, operation: tuple[str, str] | None) -> None:
        error = str(record["enrichError"])
        if operation is not None:
            self._book.read_failed(*operation, error.split(" ", 1)[0])
        if not is_gone(record):
            self._book.enrichment_failed(str(record["resourceType"]), error)

    def _note_bug(self, record: Mapping[str, Any], bug: Exception) -> None:
        self._call.log.failure("enrichment_broken", bug, resource_type=record["resourceType"])


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
