"""A run's figures as metrics."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from inventory.exports.metrics import run_metrics
from inventory.model.metric import Metric
from inventory.model.publication import PUBLISHED, RUN_FAILED, Published
from tests.unit.exports.facts import BEFORE_ID, RUN, RUN_ID, facts

#: What OCI Monitoring allows (the SDK's MetricDataDetails).
NAME = re.compile(r"[A-Za-z][A-Za-z0-9._$-]*")


def published(**counts: int) -> Published:
    return Published(
        run_id=RUN_ID,
        collected_at=RUN,
        baseline_run_id=BEFORE_ID,
        contract_version=1,
        known_regions=(),
        artifacts=(),
        gaps=(),
        counts=counts,
    )


def by_stream(metrics: list[Metric]) -> dict[tuple[str, str], float]:
    """Values by name and the dimension beside the status."""
    found: dict[tuple[str, str], float] = {}
    for metric in metrics:
        rest = [value for key, value in metric.dimensions.items() if key != "status"]
        found[metric.name, "".join(rest)] = metric.value
    assert len(found) == len(metrics)
    return found


def figures(status: str, result: Published | None) -> dict[tuple[str, str], float]:
    run = facts()
    return by_stream(
        run_metrics(
            status=status,
            run_seconds=61.0004,
            outcomes=run.outcomes,
            aggregation=run.aggregation,
            published=result,
        )
    )


def test_a_published_run_tells_state_time_results_and_cost() -> None:
    told = figures(PUBLISHED, published(records=7, gaps=2, added=1, removed=0, changed=3, carried_forward=4))
    run = facts()
    tallies = [outcome.tally for outcome in run.outcomes.values()]
    calls = [counts for tally in tallies for part in tally.calls.values() for counts in part.values()]
    assert told["run_state", ""] == 1
    assert told["run_seconds", ""] == 61.0
    assert told["resources", ""] == 7
    assert told["carried_forward", ""] == 4
    assert told["gaps", ""] == 2
    assert [told["changes", kind] for kind in ("added", "removed", "changed")] == [1, 0, 3]
    assert told["calls", ""] == sum(counts["calls"] for counts in calls) > 0
    assert told["throttles", ""] == sum(counts["throttles"] for counts in calls)
    assert told["retries", ""] == sum(counts["retries"] for counts in calls)
    assert told["redactions", ""] == sum(sum(tally.redactions.values()) for tally in tallies)
    steps = {step for tally in tallies for step in tally.seconds} | set(run.aggregation.seconds)
    assert steps == {step for name, step in told if name == "step_seconds"}
    for step in steps:
        spent = sum(tally.seconds.get(step, 0.0) for tally in tallies)
        assert told["step_seconds", step] == pytest.approx(spent + run.aggregation.seconds.get(step, 0.0))


def test_a_failed_run_tells_what_it_cost_and_no_results() -> None:
    told = figures(RUN_FAILED, None)
    assert told["run_state", ""] == 1
    assert {"calls", "throttles", "retries", "redactions"} <= {name for name, _ in told}
    assert not {"resources", "changes", "gaps"} & {name for name, _ in told}


def test_a_run_of_which_nothing_is_known_still_tells_that_it_failed() -> None:
    told = by_stream(
        run_metrics(status=RUN_FAILED, run_seconds=0, outcomes={}, aggregation=None, published=None)
    )
    assert told["run_state", ""] == 1
    assert told["calls", ""] == 0


def test_without_a_baseline_no_changes_are_told() -> None:
    """A zero would say that nothing changed."""
    told = figures(PUBLISHED, published(records=7, gaps=0))
    assert not any(name == "changes" for name, _ in told)


def test_every_metric_is_what_the_service_takes_and_has_the_status() -> None:
    run = facts()
    renamed = replace(run.aggregation, seconds={"merge": 1.5})
    metrics = run_metrics(
        status=PUBLISHED,
        run_seconds=1,
        outcomes=run.outcomes,
        aggregation=renamed,
        published=published(records=1, added=1),
    )
    for metric in metrics:
        assert NAME.fullmatch(metric.name)
        assert metric.dimensions["status"] == PUBLISHED
        assert len(metric.dimensions) <= 2
        assert all(value for value in metric.dimensions.values())
    assert len(metrics) <= 50, "one request"
