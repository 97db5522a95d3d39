"""What holds for every test."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.terraform.ways import describe_ways

# No test asserts wall time, and a busy machine must not fail one.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in describe_ways(report for reports in terminalreporter.stats.values() for report in reports):
        terminalreporter.write_line(line)
