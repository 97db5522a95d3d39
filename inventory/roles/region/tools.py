"""What a region worker works with besides the call itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inventory.catalog.entry import Catalog
from inventory.coordination.retry import Retry
from inventory.model.checkpoint import CallTally
from inventory.ports.reader import ResourceReader
from inventory.ports.search import ResourceSearch
from inventory.stages.redact import Redactor


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionTools:
    """Search, read calls, and the rules.

    `retry` says when a read call is made again, `monotonic` is the clock that paces them. `namespace` is the
    tenancy's Object Storage namespace.
    `calls` counts the API calls of this call so far.
    """

    search: ResourceSearch
    reader: ResourceReader
    retry: Retry
    monotonic: Callable[[], float]
    catalog: Catalog
    namespace: str
    redactor: Redactor
    calls: Callable[[], CallTally]
