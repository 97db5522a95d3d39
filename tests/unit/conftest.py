"""What tests of several parts have to put back."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from inventory.logs import LOGGER, QUIET_LIBRARIES


@pytest.fixture
def loggers_as_they_were() -> Iterator[None]:
    """`configure_logging` changes loggers of the whole process."""
    loggers = [logging.getLogger(name) for name in ("", LOGGER, *QUIET_LIBRARIES)]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers
