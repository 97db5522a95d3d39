"""The model check with many more stories than the test suite has time for; each call draws new ones."""

from __future__ import annotations

import sys

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Coordination


def main() -> None:
    """Check as many stories as the first argument says."""
    stories = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    run_state_machine_as_test(
        Coordination,
        settings=settings(
            max_examples=stories,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{stories} stories, no promise broken")


if __name__ == "__main__":
    main()
