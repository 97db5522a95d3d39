"""A run's figures, sent when it is closed: never at the price of the run."""

from __future__ import annotations

import io
import json
import logging

import pytest

from inventory.coordination.closing import close_run
from inventory.coordination.documents import read_closed, read_lease
from inventory.errors import ConnectionFailed, RequestRefused, Throttled
from inventory.logs import EventLog, JsonFormatter
from inventory.model.metric import Metric
from inventory.model.publication import PUBLISHED, RUN_FAILED
from tests.fakes.installation import FRANKFURT, HOME, Installation, item
from tests.fakes.platform import PostedMetrics


@pytest.fixture
def sent() -> PostedMetrics:
    return PostedMetrics()


@pytest.fixture
def here(sent: PostedMetrics) -> Installation:
    here = Installation()
    here.metrics = sent
    here.regions[HOME].items = [item(HOME, name) for name in "abc"]
    here.regions[FRANKFURT].items = [item(FRANKFURT, "f")]
    return here


def values(metrics: list[Metric]) -> dict[str, float]:
    """Values by name and change; all with one status."""
    assert len({metric.dimensions["status"] for metric in metrics}) == 1
    return {
        f"{metric.name} {metric.dimensions.get('change', '')}".strip(): metric.value
        for metric in metrics
        if "step" not in metric.dimensions
    }


def test_a_published_run_sends_its_figures_once(here: Installation, sent: PostedMetrics) -> None:
    here.run("first")
    here.regions[HOME].items.pop()
    here.regions[FRANKFURT].items.append(item(FRANKFURT, "g"))
    began = here.clock.now()
    run_id = here.run("second")
    assert read_closed(here.call(), run_id) is not None
    assert len(sent.posts) == 2
    at, metrics = sent.posts[1]
    told = values(metrics)
    assert (began - at).total_seconds() <= 0
    assert metrics[0].dimensions["status"] == PUBLISHED
    assert (told["resources"], told["changes added"], told["changes removed"]) == (4, 1, 1)
    assert (told["changes changed"], told["gaps"]) == (0, 0)
    here.control("sweep")
    assert len(sent.posts) == 2


def test_a_run_that_was_closed_before_sends_nothing_more(here: Installation, sent: PostedMetrics) -> None:
    run_id = here.start()
    close_run(here.call(), run_id, status=RUN_FAILED, reason="given up")
    close_run(here.call(), run_id, status=PUBLISHED, reason="late")
    ((_, metrics),) = sent.posts
    assert metrics[0].dimensions["status"] == RUN_FAILED


def test_a_run_that_was_never_planned_tells_that_it_failed(here: Installation, sent: PostedMetrics) -> None:
    here.directory.subscriptions.clear()
    here.control()
    ((_, metrics),) = sent.posts
    assert values(metrics)["run_state"] == 1
    assert metrics[0].dimensions["status"] == RUN_FAILED


@pytest.mark.parametrize(
    "failure",
    [
        Throttled("no", status=429),
        RequestRefused("no", status=400),
        ConnectionFailed("no"),
        ZeroDivisionError("a bug"),
    ],
)
def test_a_run_ends_whatever_becomes_of_its_figures(
    here: Installation, sent: PostedMetrics, failure: Exception
) -> None:
    sent.failure = failure
    run_id = here.run()
    closed = read_closed(here.call(), run_id)
    lease = read_lease(here.call())
    assert closed is not None
    assert lease is not None
    assert (closed.status, lease.value.state) == (PUBLISHED, "idle")


@pytest.mark.parametrize("document", ["manifest.json", "aggregation.json", "outcome.json", "published.json"])
def test_figures_that_cannot_be_read_are_not_sent_and_end_nothing(
    here: Installation, sent: PostedMetrics, document: str
) -> None:
    run_id = here.scan()
    here.store.reads[document] = [ConnectionFailed("no answer")]
    close_run(here.call(), run_id, status=RUN_FAILED, reason="given up")
    assert sent.posts == []
    assert read_closed(here.call(), run_id) is not None


def test_a_call_that_is_near_its_end_closes_the_run_instead(here: Installation, sent: PostedMetrics) -> None:
    run_id = here.start()
    stream = io.StringIO()
    logger = logging.Logger("measuring")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    close_run(here.call(seconds=20, log=EventLog(logger)), run_id, status=RUN_FAILED, reason="given up")
    assert sent.posts == []
    assert read_closed(here.call(), run_id) is not None
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = [event["reason"] for event in events if event["event"] == "metrics_not_sent"]
    assert told == ["no time left"]
