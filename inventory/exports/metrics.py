"""A run's figures as metrics: what a dashboard or an alarm on missing runs is made of.

Every metric has the run's closing status as a dimension; no dimension holds a name out of the tenancy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from inventory.exports.counts import call_totals
from inventory.model.checkpoint import Outcome
from inventory.model.metric import Metric
from inventory.model.publication import Aggregation, Published

#: Counts of `published.json` that are metrics, and the dimension that they get beside the status.
_PUBLISHED_COUNTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "records": ("resources", {}),
    "carried_forward": ("carried_forward", {}),
    "gaps": ("gaps", {}),
    "added": ("changes", {"change": "added"}),
    "removed": ("changes", {"change": "removed"}),
    "changed": ("changes", {"change": "changed"}),
}


def run_metrics(
    *,
    status: str,
    run_seconds: float,
    outcomes: Mapping[str, Outcome],
    aggregation: Aggregation | None,
    published: Published | None,
) -> list[Metric]:
    """The metrics of a run that ends with this status, as far as its documents say.

    `run_state` is 1 under the status that the run has. Seconds of a step are the sum over all regions.
    Resources, changes and gaps are known of runs with results only.
    """
    metrics = [
        _metric("run_state", 1, "runs", status),
        _metric("run_seconds", run_seconds, "seconds", status),
    ]
    metrics += [
        _metric("step_seconds", spent, "seconds", status, step=step)
        for step, spent in sorted(_seconds(outcomes.values(), aggregation).items())
    ]
    calls = call_totals(outcomes.values())
    metrics += [_metric(kind, calls[kind], "requests", status) for kind in ("calls", "throttles", "retries")]
    redactions = sum(sum(outcome.tally.redactions.values()) for outcome in outcomes.values())
    metrics.append(_metric("redactions", redactions, "values", status))
    if published is not None:
        metrics += [
            _metric(name, published.counts[count], "resources", status, **dimensions)
            for count, (name, dimensions) in _PUBLISHED_COUNTS.items()
            if count in published.counts
        ]
    return metrics


def _metric(name: str, value: float, unit: str, status: str, **dimensions: str) -> Metric:
    return Metric(name=name, value=round(value, 3), unit=unit, dimensions={"status": status, **dimensions})


def _seconds(outcomes: Iterable[Outcome], aggregation: Aggregation | None) -> Counter[str]:
    total: Counter[str] = Counter()
    parts = [outcome.tally.seconds for outcome in outcomes]
    for seconds in [*parts, *([aggregation.seconds] if aggregation is not None else [])]:
        total.update(seconds)
    return total
