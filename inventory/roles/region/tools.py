"""What a region worker works with besides the call itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inventory.catalog.entry import Catalog
from inventory.model.checkpoint import CallTally
from inventory.ports.reader import ResourceReader
from inventory.ports.search import ResourceSearch
from inventory.stages.enrich import Enrichers
from inventory.stages.redact import Redactor


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionTools:
    """Search, read calls, and the rules. `calls` counts the API calls of this call so far."""

    search: ResourceSearch
    reader: ResourceReader
    catalog: Catalog
    enrichers: Enrichers
    redactor: Redactor
    calls: Callable[[], CallTally]
