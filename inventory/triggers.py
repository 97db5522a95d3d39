"""What woke a function: its body and headers, read into one value.

The controller is woken by people, Resource Scheduler, alarms through Notifications and Events rules; the
region and aggregator functions by each other. Unknown fields are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.errors import InvalidTrigger
from inventory.model.canonical import parse_json
from inventory.model.names import run_started_at

RUN = "run"
SWEEP = "sweep"
ACTIONS = (RUN, SWEEP)

#: The header by which Notifications identifies a message that it may deliver twice.
MESSAGE_ID_HEADER = "x-oci-ns-messageid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Why the controller was woken.

    `key` is the same for every delivery of the same cause, so that a duplicate is recognised.
    """

    action: str
    kind: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionTask:
    """What a region worker is asked to do."""

    run_id: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationTask:
    """What the aggregator is asked to do."""

    run_id: str


def read_trigger(body: bytes, headers: Mapping[str, str], *, call_id: str) -> Trigger:
    """The controller's trigger. Header names are lower case. Raises InvalidTrigger."""
    values = _object(body)
    if "eventType" in values and "eventID" in values:
        return Trigger(action=RUN, kind="event", key=f"event:{values['eventID']}")
    if "dedupeKey" in values and "timestampEpochMillis" in values:
        key = f"alarm:{values['dedupeKey']}:{values['timestampEpochMillis']}"
        return Trigger(action=RUN, kind="alarm", key=key)
    action = values.get("action", RUN)
    if action not in ACTIONS:
        raise InvalidTrigger(f"field 'action' is {action!r}; allowed: {', '.join(ACTIONS)}")
    message_id = headers.get(MESSAGE_ID_HEADER)
    if message_id:
        return Trigger(action=action, kind="notification", key=f"message:{message_id}")
    given = values.get("trigger_key")
    if given is not None and (not isinstance(given, str) or not 0 < len(given) <= 256):
        raise InvalidTrigger(f"field 'trigger_key' is {given!r}; allowed: a string of 1 to 256 characters")
    return Trigger(action=action, kind="direct", key=f"given:{given}" if given else f"call:{call_id}")


def read_region_task(body: bytes) -> RegionTask:
    """A region worker's task. Raises InvalidTrigger."""
    values = _object(body)
    region = values.get("region")
    if not isinstance(region, str) or not region:
        raise InvalidTrigger(f"field 'region' is {region!r}; allowed: a region's name")
    return RegionTask(run_id=_run_id(values), region=region)


def read_aggregation_task(body: bytes) -> AggregationTask:
    """The aggregator's task. Raises InvalidTrigger."""
    return AggregationTask(run_id=_run_id(_object(body)))


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        values = parse_json(body)
    except ValueError as exc:
        raise InvalidTrigger("the body is not JSON; allowed: a JSON object, or nothing") from exc
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InvalidTrigger(
            f"the body is a JSON {type(values).__name__}; allowed: a JSON object, or nothing"
        )
    return values


def _run_id(values: Mapping[str, Any]) -> str:
    run_id = values.get("run_id")
    try:
        run_started_at(run_id if isinstance(run_id, str) else "")
    except ValueError:
        raise InvalidTrigger(
            f"field 'run_id' is {run_id!r}; allowed: a run id such as 20261123T040000Z-1a2b3c4d"
        ) from None
    return str(run_id)
