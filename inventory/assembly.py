"""What a call works with: the ports that its settings ask for, over the real SDK.

Decides how long requests may take and how often they are made, by what hangs on them.
"""

from __future__ import annotations

import math
import os
import random
import time
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from inventory.coordination.call import Call
from inventory.coordination.retry import Retry
from inventory.logs import EventLog
from inventory.model.timestamps import parse_time
from inventory.oci_io.caller import Caller
from inventory.oci_io.calls import CallCounts
from inventory.oci_io.clients import Clients
from inventory.oci_io.functions import OciFunctionInvoker
from inventory.oci_io.metrics import OciMetrics
from inventory.oci_io.notifier import OciNotifier
from inventory.oci_io.object_store import OciObjectStore
from inventory.oci_io.signer import resource_principal
from inventory.oci_io.summarizer import OciGenerativeAi
from inventory.ports.deadline import Deadline
from inventory.settings import Settings

#: How much of a call's time retries leave to its last steps.
RETRY_RESERVE_SECONDS = 8.0
#: How long a call may work if the platform does not say; the longest that OCI lets a synchronous call run.
DEFAULT_CALL_SECONDS = 300.0
#: How long an answer may be held up by the report of its refusal, and by one request of it.
REPORT_SECONDS = 10.0
REPORT_TIMEOUT_SECONDS = 3.0
#: Reads for details: a failing resource must not hold up the others, a busy service gets its time.
READ_FAULT_ATTEMPTS = 3
READ_THROTTLE_ATTEMPTS = 100
#: What a run can do without is tried twice, and waited for no longer than this in between.
BRIEF_ATTEMPTS = 2
BRIEF_PAUSE_SECONDS = 5.0
#: How long an answer may take from Monitoring, and from a language model.
METRICS_TIMEOUT_SECONDS = 8.0
SUMMARY_TIMEOUT_SECONDS = 45.0
#: How long a region's list of types may take: it comes before the first page, in a call that may be short.
TYPES_TIMEOUT_SECONDS = 10.0


def open_call(settings: Settings, *, call_id: str, deadline: Deadline, log: EventLog) -> tuple[Call, Caller]:
    """The call that a role works in, and the caller of its requests."""
    clients = _clients(settings.endpoint_template)
    caller = Caller(clients=clients, retry=_retry(deadline), counts=CallCounts(), log=log)
    optional = brief(caller, deadline)
    region = clients.credentials.region
    call = Call(
        owner=f"{call_id}-{uuid.uuid4().hex[:8]}",
        settings=settings,
        store=_store(settings, caller),
        invoker=OciFunctionInvoker(caller, region=region, invoke_endpoint=settings.invoke_endpoint),
        notifier=(
            OciNotifier(caller, region=region, topic_id=settings.topic_id) if settings.topic_id else None
        ),
        deadline=deadline,
        log=log,
        monotonic=time.monotonic,
        metrics=_metrics(settings, optional, region),
        summarizer=_summarizer(settings, optional, region),
    )
    return call, caller


def brief(caller: Caller, deadline: Deadline) -> Caller:
    """For what a run can do without: two attempts, and no waiting for a service that is busy or broken."""
    return _with(
        caller,
        _retry(
            deadline,
            max_attempts=BRIEF_ATTEMPTS,
            waits_for_breaker=False,
            longest_pause_seconds=BRIEF_PAUSE_SECONDS,
        ),
    )


def reading_retry() -> Retry:
    """For reads of details: patient with a busy service, not with a broken one.

    They wait in a queue, and what still waits when a call's time is over is left to the next call, so no
    deadline makes them give up.
    """
    return Retry(
        deadline=Deadline(math.inf, time.monotonic),
        sleep=time.sleep,
        uniform=random.uniform,
        max_attempts=READ_THROTTLE_ATTEMPTS,
        max_fault_attempts=READ_FAULT_ATTEMPTS,
    )


def open_report_store(settings: Settings, *, deadline: Deadline, log: EventLog) -> OciObjectStore:
    """The bucket for the report of a refusal, which is made within `REPORT_SECONDS` or not at all."""
    ends_at = time.monotonic() + min(deadline.remaining_seconds(), REPORT_SECONDS)
    retry = Retry(
        deadline=Deadline(ends_at, time.monotonic),
        sleep=time.sleep,
        uniform=random.uniform,
        max_attempts=BRIEF_ATTEMPTS,
        waits_for_breaker=False,
    )
    clients = _clients(settings.endpoint_template)
    caller = Caller(clients=clients, retry=retry, counts=CallCounts(), log=log)
    return _store(settings, caller, read_timeout_seconds=REPORT_TIMEOUT_SECONDS)


def deadline_of(text: str | None) -> Deadline:
    """The platform's deadline on this container's monotonic clock."""
    try:
        remaining = (parse_time(text or "") - datetime.now(tz=UTC)).total_seconds()
    except ValueError:
        remaining = DEFAULT_CALL_SECONDS
    return Deadline(ends_at=time.monotonic() + remaining, monotonic=time.monotonic)


def _with(caller: Caller, retry: Retry) -> Caller:
    return Caller(clients=caller.clients, retry=retry, counts=caller.counts, log=caller.log)


def _retry(deadline: Deadline, **limits: Any) -> Retry:
    # Retries end before the call does, so that what was reached can still be committed.
    ends_at = deadline.ends_at - RETRY_RESERVE_SECONDS
    return Retry(
        deadline=Deadline(ends_at, time.monotonic), sleep=time.sleep, uniform=random.uniform, **limits
    )


def _store(
    settings: Settings, caller: Caller, *, read_timeout_seconds: float | None = None
) -> OciObjectStore:
    return OciObjectStore(
        caller,
        region=caller.clients.credentials.region,
        bucket=settings.bucket,
        namespace=settings.namespace,
        monotonic=time.monotonic,
        read_timeout_seconds=read_timeout_seconds,
    )


def _metrics(settings: Settings, caller: Caller, region: str) -> OciMetrics | None:
    if settings.metrics_compartment_id is None:
        return None
    return OciMetrics(
        caller,
        region=region,
        compartment_id=settings.metrics_compartment_id,
        namespace=settings.metrics_namespace,
        read_timeout_seconds=METRICS_TIMEOUT_SECONDS,
    )


def _summarizer(settings: Settings, caller: Caller, region: str) -> OciGenerativeAi | None:
    if not settings.executive_summary or not settings.genai_model_id or not settings.genai_compartment_id:
        return None
    return OciGenerativeAi(
        caller,
        region=settings.genai_region or region,
        compartment_id=settings.genai_compartment_id,
        model_id=settings.genai_model_id,
        read_timeout_seconds=SUMMARY_TIMEOUT_SECONDS,
    )


@lru_cache(maxsize=1)
def _clients(endpoint_template: str | None) -> Clients:
    """One set of clients for the life of a container: each new one costs sockets and memory for good."""
    return Clients(resource_principal(os.environ), endpoint_template=endpoint_template)
