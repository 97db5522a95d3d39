"""Adding up a region's work over pages and owners."""

from __future__ import annotations

from collections import Counter

from inventory.model.checkpoint import CallTally, Tally, add_calls
from inventory.stages.relationships import FREE_MAPS

_EXPIRED = "expired_page_tokens"


class TallyBook:
    """Counts of one call, on top of what earlier owners committed."""

    def __init__(self, before: Tally) -> None:
        self._before = before
        self.counts: Counter[str] = Counter(before.counts)
        self.seconds: dict[str, float] = dict(before.seconds)
        self.redactions: Counter[str] = Counter(before.redactions)
        self.failures: dict[str, dict[str, Counter[str]]] = {
            service: {operation: Counter(reasons) for operation, reasons in operations.items()}
            for service, operations in before.failures.items()
        }
        self.enrich_errors: dict[str, Counter[str]] = {
            kind: Counter(errors) for kind, errors in before.enrich_errors.items()
        }

    def spent(self, step: str, seconds: float) -> None:
        """Add time to a step."""
        self.seconds[step] = self.seconds.get(step, 0.0) + seconds

    def enrichment_failed(self, resource_type: str, reason: str) -> None:
        """Count a failed enrichment."""
        self.enrich_errors.setdefault(resource_type, Counter())[reason] += 1

    def read_failed(self, service: str, operation: str, reason: str) -> None:
        """Count a record whose details a call did not bring, by the class of the reason."""
        operations = self.failures.setdefault(service, {})
        operations.setdefault(operation, Counter())[reason] += 1

    def redacted(self, resource_type: str, pointer: str) -> None:
        """Count a redaction by where in a type it was; indices and keys that users choose stand as `*`."""
        self.redactions[f"{resource_type}:{_place(pointer)}"] += 1

    def expired(self) -> None:
        """Count an expired page token."""
        self.counts[_EXPIRED] += 1

    def forget_records(self) -> None:
        """Drop what was counted about records that will be read again."""
        self.counts = Counter({_EXPIRED: self.counts[_EXPIRED]})
        self.redactions.clear()
        self.enrich_errors.clear()
        self.failures.clear()

    def tally(self, calls: CallTally) -> Tally:
        """What stands in the next commit; `calls` are those of this call alone."""
        return Tally(
            counts=dict(self.counts),
            enrich_errors={kind: dict(errors) for kind, errors in self.enrich_errors.items()},
            failures={
                service: {operation: dict(reasons) for operation, reasons in operations.items()}
                for service, operations in self.failures.items()
            },
            calls=add_calls((self._before.calls, calls)),
            seconds=dict(self.seconds),
            redactions=dict(self.redactions),
        )


_TAGS = ("freeformTags", "definedTags", "systemTags")


def _place(pointer: str) -> str:
    place: list[str] = []
    for segment in pointer.split("/"):
        place.append("*" if segment.isdigit() else segment)
        if (segment in FREE_MAPS and len(place) > 3) or segment in _TAGS:
            return "/".join([*place, "*"])
    return "/".join(place)
