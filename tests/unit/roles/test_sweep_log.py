"""What a sweep tells names the run that it is about, though the controller was not called for it."""

from __future__ import annotations

import io
import json
import logging

from inventory.errors import Throttled
from inventory.logs import EventLog, JsonFormatter
from tests.fakes.installation import FRANKFURT, HOME, Installation


def test_an_invocation_that_fails_is_told_with_run_and_region() -> None:
    here = Installation()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("sweep")
    logger.addHandler(handler)
    here.log = EventLog(logger)
    here.invoker.failure = Throttled("no", operation="invoke_function", request_id="ID", status=429)
    run_id = here.control().run_id
    events = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = [event for event in events if event["event"] == "region_not_invoked"]
    assert {(event["run_id"], event["region"], event["request_id"]) for event in told} == {
        (run_id, FRANKFURT, "ID"),
        (run_id, HOME, "ID"),
    }
