"""Recording which types a region's Search can show: what coverage is measured against."""

from __future__ import annotations

from inventory.coordination.call import Call
from inventory.coordination.documents import read_object
from inventory.coordination.writes import create_once
from inventory.errors import RecordGap, RetryLater
from inventory.model.search_types import SearchTypes
from inventory.ports.search import ResourceSearch


def record_search_types(
    call: Call, search: ResourceSearch, *, run_id: str, region: str, is_last_try: bool
) -> bool:
    """Ask the region for its types and store the answer, unless that was done; returns whether it is now.

    A failure is stored at the last try only. Whoever came first decides. Raises the store's errors, nothing
    else: a region without the list is scanned like any other.
    """
    name = call.run(run_id).search_types(region)
    if read_object(call, name) is not None:
        return True
    try:
        types = tuple(sorted(set(search.resource_types(region=region))))
        told = SearchTypes(run_id=run_id, region=region, types=types)
    except (RetryLater, RecordGap) as exc:
        call.log.failure("search_types_not_read", exc)
        if not is_last_try:
            return False
        told = SearchTypes(run_id=run_id, region=region, types=None, error=exc.summary())
    create_once(call.store, name, told.to_bytes())
    return True
