"""What changed between the last inventory and this run's, record by record.

Decides for each resource whether it was added, removed, changed or left as it was, or that nobody can say,
because it was not seen or one of the runs did not cover it. How changes are written is left to the exports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from inventory.model.canonical import stable_hash
from inventory.model.record import SEARCH_FIELDS, Record, RecordKey
from inventory.stages.compare import FieldChange, compare_values
from inventory.stages.details import has_metadata
from inventory.stages.join import outer_join
from inventory.stages.keyed_lines import KeyedLine
from inventory.stages.pointers import Rests, parse_patterns

ADDED: Literal["added"] = "added"
REMOVED: Literal["removed"] = "removed"
CHANGED: Literal["changed"] = "changed"
UNCHANGED: Literal["unchanged"] = "unchanged"
NOT_COMPARED: Literal["notCompared"] = "notCompared"
Kind = Literal["added", "removed", "changed", "unchanged", "notCompared"]

#: Fields of any type that never count as change, each with the reason; `collectedAt` is left out everywhere.
NEVER_A_CHANGE: Mapping[str, str] = {
    "/enrichStatus": "says how this run read the resource, not what the resource is",
    "/enrichError": "says why this run could not read the resource",
    "/details/asOf": "the age of details that were carried forward",
    "/details/searchSummary/searchContext": "where the query's text matched: depends on the query",
    "/details/searchSummary/search_context": "the same, from a service that writes snake_case",
    "/details/metadata/lastSuccessfulLoginTime": "a user's last login",
    "/details/metadata/previousSuccessfulLoginTime": "a user's login before the last",
    "/details/metadata/timeLastHeartbeat": "the clock of an agent that is alive",
    "/details/metadata/timeLastSeen": "when an agent or a scan last met the resource",
    "/details/metadata/timeLastUsed": "when somebody last used the resource",
}
#: Arrays of any type that have no order.
SET_LIKE = ("/relationships",)

#: What enrichment alone can see: compared only where both sides have it, for not seeing it is no change.
_SEEN_BY_ENRICHMENT = ("/details/metadata", "/relationships")

#: A type's loss in one region is flagged from so many records on, if it is also more than half of them:
#: Search silently hides what a lost IAM grant no longer shows.
MASS_REMOVAL_MIN_RECORDS = 10
MASS_REMOVAL_MIN_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRules:
    """What the diff must know of the two runs.

    `collected_at`: this run's; a current record with another one was carried forward.
    `volatile(type)`, `set_like(type)`: JSON pointer patterns, beside those for all types.
    `in_scope_before(record)`, `in_scope_now(record)`: whether the baseline's run and this run cover a record.
    `search_fields_only`: the runs differ in settings that shape what is seen beside the search fields.
    """

    collected_at: str
    volatile: Callable[[str], tuple[str, ...]]
    set_like: Callable[[str], tuple[str, ...]]
    in_scope_before: Callable[[Mapping[str, Any]], bool]
    in_scope_now: Callable[[Mapping[str, Any]], bool]
    search_fields_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one resource.

    `before` and `after` are its records, None where there is none, `prev_hash` and `curr_hash` their contract
    hashes (which tell apart more than a change does: volatile fields too). `fields` is for `changed` only,
    sorted by pointer.
    """

    kind: Kind
    key: RecordKey
    before: Record | None
    after: Record | None
    prev_hash: str | None
    curr_hash: str | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def ocid(self) -> str | None:
        return self.key[0] or None

    @property
    def record(self) -> Record:
        """The record as last known."""
        record = self.after if self.after is not None else self.before
        assert record is not None
        return record


def diff_records(
    baseline: Iterator[KeyedLine], current: Iterator[KeyedLine], rules: DiffRules
) -> Iterator[Change]:
    """One change per resource of either inventory, in file order.

    Both hold each OCID once, in file order; records without OCID are paired by their ordinals. Raises
    InvalidDocument where a stream is not so.
    """
    for before, after in outer_join(baseline, current):
        if before is None:
            assert after is not None
            yield _only_now(after, rules)
        elif after is None:
            yield _only_before(before, rules)
        else:
            yield _in_both(before, after, rules)


def _only_now(after: KeyedLine, rules: DiffRules) -> Change:
    record = after.record
    is_news = record["collectedAt"] == rules.collected_at and rules.in_scope_before(record)
    return Change(
        kind=ADDED if is_news else NOT_COMPARED,
        key=after.key,
        before=None,
        after=record,
        prev_hash=None,
        curr_hash=stable_hash(record),
    )


def _only_before(before: KeyedLine, rules: DiffRules) -> Change:
    return Change(
        kind=REMOVED if rules.in_scope_now(before.record) else NOT_COMPARED,
        key=before.key,
        before=before.record,
        after=None,
        prev_hash=stable_hash(before.record),
        curr_hash=None,
    )


def _in_both(before: KeyedLine, after: KeyedLine, rules: DiffRules) -> Change:
    prev_hash = stable_hash(before.record)
    curr_hash = prev_hash if before.line == after.line else stable_hash(after.record)
    kind: Kind = UNCHANGED
    fields: tuple[FieldChange, ...] = ()
    if after.record["collectedAt"] != rules.collected_at:
        kind = NOT_COMPARED
    elif prev_hash != curr_hash:
        fields = _changed_fields(before.record, after.record, rules)
        kind = CHANGED if fields else UNCHANGED
    return Change(
        kind=kind,
        key=after.key,
        before=before.record,
        after=after.record,
        prev_hash=prev_hash,
        curr_hash=curr_hash,
        fields=fields,
    )


def _changed_fields(before: Record, after: Record, rules: DiffRules) -> tuple[FieldChange, ...]:
    resource_type = after["resourceType"]
    ignored = _patterns((*NEVER_A_CHANGE, *rules.volatile(resource_type)))
    set_like = _patterns((*SET_LIKE, *rules.set_like(resource_type)))
    if rules.search_fields_only:
        before, after = ({name: record[name] for name in SEARCH_FIELDS} for record in (before, after))
    elif not (has_metadata(before) and has_metadata(after)):
        ignored += _patterns(_SEEN_BY_ENRICHMENT)
    return compare_values(before, after, ignored=ignored, set_like=set_like)


@lru_cache(maxsize=4096)
def _patterns(patterns: tuple[str, ...]) -> Rests:
    return parse_patterns(patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class MassRemoval:
    """A type that lost most of its compared records in one region at once."""

    resource_type: str
    region: str
    before: int
    removed: int


@dataclass(slots=True, kw_only=True)
class DiffCounts:
    """The numbers of a diff, counted change by change.

    `not_compared` is the baseline's side, `not_compared_current` the new inventory's, so that
    prev_total = removed + changed + unchanged + not_compared and
    curr_total = added + changed + unchanged + not_compared_current.
    """

    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    not_compared: int = 0
    not_compared_current: int = 0
    prev_total: int = 0
    curr_total: int = 0
    _compared_before: Counter[tuple[str, str]] = field(default_factory=Counter)
    _removed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, change: Change) -> None:
        """Count one change."""
        before, after, kind = change.before, change.after, change.kind
        self.prev_total += before is not None
        self.curr_total += after is not None
        self.added += kind == ADDED
        self.removed += kind == REMOVED
        self.changed += kind == CHANGED
        self.unchanged += kind == UNCHANGED
        if kind == NOT_COMPARED:
            self.not_compared += before is not None
            self.not_compared_current += after is not None
        elif before is not None:
            place = (before["resourceType"], before["region"])
            self._compared_before[place] += 1
            self._removed[place] += kind == REMOVED

    def mass_removals(self) -> list[MassRemoval]:
        """The types that lost most of their records in a region, sorted by type and region."""
        return [
            MassRemoval(resource_type=place[0], region=place[1], before=before, removed=self._removed[place])
            for place, before in sorted(self._compared_before.items())
            if self._removed[place] >= MASS_REMOVAL_MIN_RECORDS
            and self._removed[place] > MASS_REMOVAL_MIN_SHARE * before
        ]
