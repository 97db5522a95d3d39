"""Logs: one JSON object a line, with the run and the call that it belongs to."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from inventory.errors import InventoryError
from inventory.model.canonical import canonical_line
from inventory.model.timestamps import format_time

LOGGER = "inventory"
#: Libraries that log request details at DEBUG; fdk sets the root logger to DEBUG.
QUIET_LIBRARIES = ("oci", "urllib3", "requests", "asyncio")


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: time, level, event, and the fields that were given."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": format_time(datetime.fromtimestamp(record.created, tz=UTC)),
            "level": record.levelname,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = self.formatException(record.exc_info)
        return canonical_line(line)[:-1].decode()


class EventLog:
    """Writes named events with fields; `bound` adds fields to all that follow."""

    def __init__(self, logger: logging.Logger, fields: Mapping[str, Any] | None = None) -> None:
        self._logger = logger
        self._fields = dict(fields or {})

    def bound(self, **fields: Any) -> EventLog:
        """A log that adds these fields to every event."""
        return EventLog(self._logger, {**self._fields, **fields})

    def info(self, event: str, **fields: Any) -> None:
        """Something that is part of a run's normal story."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Something that a reader of the report should know."""
        self._write(logging.WARNING, event, fields)

    def failure(self, event: str, error: BaseException, **fields: Any) -> None:
        """An error, with OCI's request id and the operation where they are known."""
        if isinstance(error, InventoryError):
            fields = {
                "reason": error.summary(),
                "message": str(error),
                "operation": error.operation,
                "request_id": error.request_id,
                **fields,
            }
            self._write(logging.WARNING, event, fields)
        else:
            self._write(logging.ERROR, event, fields, error)

    def _write(
        self, level: int, event: str, fields: Mapping[str, Any], error: BaseException | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": {**self._fields, **fields}}, exc_info=error)


def configure_logging(level: str, stream: TextIO | None = None) -> EventLog:
    """Send the project's events to a stream (standard error), and keep libraries quiet."""
    logger = logging.getLogger(LOGGER)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logger.handlers[:] = [handler]
    logger.propagate = False
    logger.setLevel(level)
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    return EventLog(logger)
