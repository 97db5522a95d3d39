"""Logs: named events, one a line, with the run and the call that they belong to.

Decides how a line looks (JSON or plain), that libraries write warnings only, and that no line tells what a
record holds: texts are redacted by the rules for records, and an unexpected error is told by its class and
its place in the code, since its message may quote what it met. Which events there are is for the callers.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from inventory.errors import InventoryError
from inventory.model.canonical import canonical_line
from inventory.model.timestamps import format_time
from inventory.stages.redact import Redactor

LOGGER = "inventory"
#: Libraries that log request details at DEBUG, and fdk itself, which has a level of its own.
QUIET_LIBRARIES = ("oci", "urllib3", "requests", "asyncio", "fdk", "fn")

#: What libraries log in words of their own; `logger` and `message` say which and what.
LIBRARY_EVENT = "library_warning"
#: Where a text in an event is cut.
MAX_TEXT_CHARACTERS = 1000

_REDACTOR = Redactor()
_PLAIN_VALUE = re.compile(r"[\w.:/+@%-]+", re.ASCII)


def describe_error(error: BaseException) -> dict[str, Any]:
    """An exception without its message: its class, its frames as `file:line function`, outermost first, and
    the classes of the exceptions behind it."""
    causes: list[str] = []
    behind = error.__cause__ or error.__context__
    while behind is not None and len(causes) < 5:
        causes.append(type(behind).__qualname__)
        behind = behind.__cause__ or behind.__context__
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "type": type(error).__qualname__,
        "frames": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-20:]],
        **({"causes": causes} if causes else {}),
    }


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: time, level, event, and the fields that were given."""

    def format(self, record: logging.LogRecord) -> str:
        return canonical_line(_line(record))[:-1].decode("utf-8", "replace")


class PlainFormatter(logging.Formatter):
    """A record as one line of words: `time level event key=value ...`; other than plain words are quoted as
    JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line = _line(record)
        words = [line.pop("time"), line.pop("level"), _plain(line.pop("event"))]
        return " ".join([*words, *(f"{key}={_plain(value)}" for key, value in line.items())])


class EventLog:
    """Writes named events with fields; `bound` adds fields to all that follow."""

    def __init__(self, logger: logging.Logger, fields: Mapping[str, Any] | None = None) -> None:
        self._logger = logger
        self._fields = dict(fields or {})

    def bound(self, **fields: Any) -> EventLog:
        """A log that adds these fields to every event."""
        return EventLog(self._logger, {**self._fields, **fields})

    def debug(self, event: str, **fields: Any) -> None:
        """A detail that is looked for after something went wrong."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Something that is part of a run's normal story."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Something that a reader of the report should know."""
        self._write(logging.WARNING, event, fields)

    def failure(self, event: str, error: BaseException, **fields: Any) -> None:
        """An error: one of the project's with OCI's request id and the operation where they are known, any
        other one as a bug, by class and place."""
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
            self._write(logging.ERROR, event, {"exception": describe_error(error), **fields})

    def _write(self, level: int, event: str, fields: Mapping[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": {**self._fields, **fields}})


def configure_logging(level: str, *, plain: bool = False, stream: TextIO | None = None) -> EventLog:
    """Send the project's events and the libraries' warnings to a stream (standard error), one line each.

    The root logger becomes ours: fdk has set it to DEBUG, with a handler that writes lines of another form.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(PlainFormatter() if plain else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for library in QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    logger = logging.getLogger(LOGGER)
    logger.setLevel(level)
    return EventLog(logger)


def _line(record: logging.LogRecord) -> dict[str, Any]:
    line: dict[str, Any] = {
        "time": format_time(datetime.fromtimestamp(record.created, tz=UTC)),
        "level": record.levelname,
    }
    fields = getattr(record, "fields", None)
    if fields is not None:
        return {**line, "event": record.getMessage(), **_told(fields)}
    told: dict[str, Any] = {"logger": record.name, "message": record.getMessage()}
    if record.exc_info and record.exc_info[1] is not None:
        told["exception"] = describe_error(record.exc_info[1])
    return {**line, "event": LIBRARY_EVENT, **_told(told)}


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they may be told: redacted first, for a secret that was cut would not be known as one."""
    redacted, _ = _REDACTOR.redact(_json(fields))
    return {key: _cut(value) for key, value in redacted.items()}


def _json(value: Any) -> Any:
    """A value that can be written, whatever an event was given: a log that fails would hide what it tells."""
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_json(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_TEXT_CHARACTERS:
        return f"{value[:MAX_TEXT_CHARACTERS]}…"
    return value


def _plain(value: Any) -> str:
    if isinstance(value, str) and _PLAIN_VALUE.fullmatch(value):
        return value
    # Escaped to ASCII, so that no character that some reader takes for a line break remains.
    return json.dumps(value)


def _short(path: str) -> str:
    """The last parts of a file's path: where a package is installed says nothing."""
    return "/".join(path.split("/")[-3:])
