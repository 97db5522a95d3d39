"""The composition root of a function: settings, what a call works with, and the role's answer.

What the call works with is put together in `assembly`. What a caller gets is JSON that says what was done,
or which field of what it sent is wrong; messages of services and stacks go to the log alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Protocol

from fdk.response import Response

from inventory.allocator import collect_seldom, return_large_blocks
from inventory.assembly import (
    TYPES_TIMEOUT_SECONDS,
    brief,
    deadline_of,
    open_call,
    open_report_store,
    reading_retry,
)
from inventory.catalog.entry import Catalog
from inventory.catalog.load import load_catalog
from inventory.coordination.call import Call
from inventory.coordination.refusals import report_refusal, told
from inventory.errors import InvalidSettings, InvalidTrigger, InventoryError, StopRun
from inventory.logs import EventLog, configure_logging
from inventory.model.canonical import canonical_line, parse_json
from inventory.model.names import ObjectNames
from inventory.oci_io.caller import Caller
from inventory.oci_io.reader import OciResourceReader
from inventory.oci_io.search import OciResourceSearch
from inventory.oci_io.tenancy import OciTenancyDirectory
from inventory.roles.aggregator.aggregate import aggregate
from inventory.roles.controller.control import control
from inventory.roles.controller.planning import Planner
from inventory.roles.region.tools import RegionTools
from inventory.roles.region.work import work_region
from inventory.settings import AGGREGATOR, CONTROLLER, LOG_LEVELS, PLAIN_LOGS, REGION, Settings, unknown_keys
from inventory.stages.redact import Redactor
from inventory.triggers import EventRules, read_aggregation_task, read_region_task, read_trigger


class FunctionContext(Protocol):
    """What is used of fdk's `InvokeContext` (its method names are fdk's)."""

    def Config(self) -> Mapping[str, str]: ...  # noqa: N802

    def Headers(self) -> Mapping[str, Any]: ...  # noqa: N802

    def CallID(self) -> str: ...  # noqa: N802


class Body(Protocol):
    """What is used of the request's body (`io.BytesIO`)."""

    def getvalue(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One function call as the platform delivered it; header names are lower case."""

    body: bytes
    headers: Mapping[str, str]
    call_id: str
    deadline: str | None
    config: Mapping[str, str]


def handler(ctx: FunctionContext, data: Body | None = None) -> Response:
    """fdk's entry point: handles one call and answers JSON."""
    return_large_blocks()
    collect_seldom()
    config = ctx.Config()
    level = config.get("INVENTORY_LOG_LEVEL", "").strip().upper()
    is_plain = config.get("INVENTORY_LOG_FORMAT", "").strip().lower() == PLAIN_LOGS
    # A wrong level or format is told with the other mistakes of the configuration.
    log = configure_logging(level if level in LOG_LEVELS else "INFO", plain=is_plain)
    headers = {name.lower(): str(value) for name, value in ctx.Headers().items()}
    request = Request(
        body=data.getvalue() if data is not None else b"",
        headers=headers,
        call_id=ctx.CallID() or uuid.uuid4().hex,
        deadline=headers.get("fn-deadline"),
        config=config,
    )
    status, answer = answer_call(request, log.bound(call_id=request.call_id))
    return Response(
        ctx,
        response_data=canonical_line(answer).decode(),
        headers={"Content-Type": "application/json"},
        status_code=status,
    )


def answer_call(request: Request, log: EventLog) -> tuple[int, dict[str, Any]]:
    """Handle one call; returns the HTTP status (200 or 502, all that the platform passes on) and the answer.

    A wrong body or configuration is told in full, but for secrets; any other failure by its class alone.
    """
    try:
        settings = Settings.from_mapping(request.config)
        log = log.bound(role=settings.role, **_named_run(request.body))
        for key, nearest in unknown_keys(request.config).items():
            # A typing error in a filter would else mean a run without the filter, and not a word of it.
            log.warning("setting_unknown", key=key, nearest=nearest)
        return 200, _ROLES[settings.role](settings, request, log)
    except InvalidTrigger as exc:
        log.failure("trigger_refused", exc)
        _leave_word(request, log, exc)
        return 200, {"status": "refused", "error": {"code": exc.reason, "message": told(exc)}}
    except InvalidSettings as exc:
        log.failure("settings_refused", exc)
        _leave_word(request, log, exc)
        return 502, {"status": "failed", "error": {"code": exc.reason, "message": told(exc)}}
    except StopRun as exc:
        log.failure("call_stopped", exc)
        _leave_word(request, log, exc)
        return 502, {"status": "failed", "error": {"code": exc.reason}}
    except InventoryError as exc:
        log.failure("call_failed", exc)
        return 502, {"status": "failed", "error": {"code": exc.reason}}
    except Exception as exc:  # the platform would put an exception's text into its answer
        log.failure("call_broken", exc)
        return 502, {"status": "failed", "error": {"code": InventoryError.reason}}


def _named_run(body: bytes) -> dict[str, str]:
    """The run and the region that a body names, for the log; whether they are right is for others to say."""
    try:
        values = parse_json(body)
    except ValueError:
        return {}
    fields = ("run_id", "region") if isinstance(values, dict) else ()
    return {field: values[field] for field in fields if isinstance(values.get(field), str)}


def _leave_word(request: Request, log: EventLog, failure: StopRun) -> None:
    """Report a refusal in the bucket, if it can be found and answers; the caller's answer matters more."""
    try:
        settings = Settings.for_reporting(request.config)
        if settings is None:
            return
        store = open_report_store(settings, deadline=deadline_of(request.deadline), log=log)
        role = request.config.get("INVENTORY_ROLE", "").strip().lower() or "unknown"
        report_refusal(store, ObjectNames(prefix=settings.prefix), role=role, failure=failure)
    except Exception as exc:
        log.failure("refusal_not_reported", exc)


def _control(settings: Settings, request: Request, log: EventLog) -> dict[str, Any]:
    trigger = read_trigger(
        request.body, request.headers, call_id=request.call_id, events=_event_rules(settings)
    )
    call, caller = _open(settings, request, log)
    planner = Planner(
        directory=OciTenancyDirectory(caller),
        catalog=_catalog(),
        redaction_fingerprint=Redactor(settings.redact_fields).fingerprint,
    )
    return asdict(control(call, trigger, planner))


def _work(settings: Settings, request: Request, log: EventLog) -> dict[str, Any]:
    task = read_region_task(request.body)
    call, caller = _open(settings, request, log)
    catalog = _catalog()
    tools = RegionTools(
        search=OciResourceSearch(
            caller, brief=brief(caller, call.deadline), types_timeout_seconds=TYPES_TIMEOUT_SECONDS
        ),
        reader=OciResourceReader(caller, catalog.operations),
        retry=reading_retry(),
        monotonic=call.monotonic,
        catalog=catalog,
        namespace=call.store.namespace(),
        redactor=Redactor(settings.redact_fields),
        calls=caller.counts.snapshot,
    )
    return asdict(work_region(call, task, tools))


def _aggregate(settings: Settings, request: Request, log: EventLog) -> dict[str, Any]:
    task = read_aggregation_task(request.body, events=_event_rules(settings))
    call, _ = _open(settings, request, log)
    return asdict(aggregate(call, task, _catalog()))


_ROLES: Mapping[str, Callable[[Settings, Request, EventLog], dict[str, Any]]] = {
    CONTROLLER: _control,
    REGION: _work,
    AGGREGATOR: _aggregate,
}


def _event_rules(settings: Settings) -> EventRules:
    return EventRules(types=settings.event_types, bucket=settings.bucket, prefix=settings.prefix)


def _open(settings: Settings, request: Request, log: EventLog) -> tuple[Call, Caller]:
    return open_call(settings, call_id=request.call_id, deadline=deadline_of(request.deadline), log=log)


@lru_cache(maxsize=1)
def _catalog() -> Catalog:
    return load_catalog()
