"""Reading what each region's Search can show: what coverage is measured against."""

from __future__ import annotations

from inventory.coordination.call import Call
from inventory.coordination.documents import read_search_types
from inventory.errors import InvalidDocument
from inventory.model.manifest import Manifest
from inventory.model.search_types import SearchTypes


def read_all_search_types(call: Call, manifest: Manifest) -> dict[str, SearchTypes]:
    """What the searched regions recorded, by region; one that recorded nothing is not there.

    No inventory needs it, so what is damaged is told as not read, and ends nothing. Raises the store's
    errors.
    """
    found = ((region, _search_types(call, manifest.run_id, region)) for region in manifest.regions)
    return {region: told for region, told in found if told is not None}


def _search_types(call: Call, run_id: str, region: str) -> SearchTypes | None:
    try:
        return read_search_types(call, run_id, region)
    except InvalidDocument as exc:
        call.log.failure("search_types_unreadable", exc, region=region)
        return SearchTypes(run_id=run_id, region=region, types=None, error=exc.summary())
