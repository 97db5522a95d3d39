"""What enrichment could not read, grouped for those who can mend it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from inventory.catalog.entry import Catalog
from inventory.catalog.policies import read_statement
from inventory.errors import NotAuthorizedOrNotFound
from inventory.exports.counts import FailedReads


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichmentFailure:
    """One type that failed for one reason.

    `operation` is the SDK's (`core.get_vcn`) and `statement` the IAM statement that would mend it; each None
    where not known. `seen` counts the type's resources in these regions, None where nobody counted.
    """

    reason: str
    resource_type: str
    operation: str | None
    regions: tuple[str, ...]
    records: int
    seen: int | None
    statement: str | None


def enrichment_failures(failed: Iterable[FailedReads], catalog: Catalog | None) -> list[EnrichmentFailure]:
    """The failures of all regions together, by reason, the most frequent first."""
    groups: defaultdict[tuple[str, str], list[FailedReads]] = defaultdict(list)
    for reads in failed:
        groups[reads.reason, reads.resource_type].append(reads)
    found = [_failure(reason, kind, group, catalog) for (reason, kind), group in groups.items()]
    return sorted(found, key=lambda one: (one.reason, -one.records, one.resource_type))


def _failure(reason: str, kind: str, group: list[FailedReads], catalog: Catalog | None) -> EnrichmentFailure:
    entry = catalog.entry(kind) if catalog is not None else None
    # A record that its list does not show is asked for by itself, so what failed last is the get.
    call = (entry.get or entry.list) if entry is not None else None
    seen = [reads.seen for reads in group if reads.seen is not None]
    is_refused = reason.startswith(NotAuthorizedOrNotFound.reason)
    return EnrichmentFailure(
        reason=reason,
        resource_type=kind,
        operation=f"{entry.service}.{call.operation}" if entry is not None and call is not None else None,
        regions=tuple(sorted(reads.region for reads in group)),
        records=sum(reads.count for reads in group),
        seen=sum(seen) if seen else None,
        statement=read_statement(entry) if is_refused and catalog is not None else None,
    )
