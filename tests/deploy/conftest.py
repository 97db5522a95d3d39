"""The place that deployments are tried in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.tenancy import Place, first_applied


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with first_applied(tmp_path) as place:
        yield place
