"""Tells at the end of a test run which Terraform checked the module, or why none did.

The tests attach it to their reports, because under pytest-xdist they run in other processes than the one that
writes the last lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

_WAY = "terraform way"
_RUNS = "terraform runs"


def attach_way(record_property: Callable[[str, object], None], way: str) -> None:
    """Attach to the test's report which way it ran, or why it did not."""
    record_property(_WAY, way)


def attach_runs(record_property: Callable[[str, object], None], runs: int) -> None:
    """Attach to the test's report how many runs of `terraform test` it took the results of."""
    record_property(_RUNS, runs)


def describe_ways(reports: Iterable[object]) -> list[str]:
    """One line for each way among the reports, with its runs of `terraform test`."""
    runs: dict[str, int] = {}
    for report in reports:
        # Every test has one report of its teardown, which has all that was attached.
        if isinstance(report, pytest.TestReport) and report.when == "teardown":
            attached: dict[str, Any] = dict(report.user_properties)
            if way := attached.get(_WAY):
                runs[way] = runs.get(way, 0) + attached.get(_RUNS, 0)
    return [f"terraform: {way}: {count} runs of terraform test" for way, count in sorted(runs.items())]
