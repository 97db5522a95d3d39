"""What woke a function: its body and headers, read into one value.

The controller is woken by people, Resource Scheduler, alarms through Notifications and Events rules; the
region and aggregator functions by each other, the aggregator by an Events rule on regions' outcomes, too.
Unknown fields are ignored; every wrong one is told, in one error. What an answer to a trigger is stands with
the roles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from inventory.errors import InvalidTrigger
from inventory.model.adhoc import AdhocScope
from inventory.model.canonical import parse_json, sha256_hex
from inventory.model.forms import QUERY, REGION_NAME, TYPE_NAME
from inventory.model.names import ObjectNames, run_started_at
from inventory.stages.redact import Redactor

RUN = "run"
SWEEP = "sweep"
STATUS = "status"
ACTIONS = (RUN, SWEEP, STATUS)

#: The header by which Notifications identifies a message that it may deliver twice.
MESSAGE_ID_HEADER = "x-oci-ns-messageid"

#: What an alarm tells. A repeated one asks for a run again, so that an alarm can serve as a clock; that all
#: is well again, or that the alarm was reset, asks for nothing.
_ALARMS_TO_RUN = ("OK_TO_FIRING", "REPEAT")
_ALARMS_TO_IGNORE = ("FIRING_TO_OK", "RESET")

#: Fields by which an event and an alarm are known: one is enough, what is missing is told.
_EVENT_FIELDS = frozenset({"eventType", "eventID", "cloudEventsVersion"})
_ALARM_FIELDS = frozenset({"dedupeKey", "timestampEpochMillis"})

#: What Object Storage calls the making of an object; outcomes are made once and never changed.
_OBJECT_CREATED = "com.oraclecloud.objectstorage.createobject"

_KEY_CHARACTERS = 256

_REDACTOR = Redactor()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Why the controller was woken.

    `key` is the same for every delivery of the same cause, so that a duplicate is recognised. `adhoc` is
    the scope that a single run was asked to have, if any.
    """

    action: str
    kind: str
    key: str
    adhoc: AdhocScope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A message that is understood and asks for nothing, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRules:
    """Which events ask for something.

    `types` are the event types that start a run (None: all). An event about an object in `bucket` below
    `prefix` never does: those objects are our own, and a run would start the next one.
    """

    types: tuple[str, ...] | None
    bucket: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionTask:
    """What a region worker is asked to do."""

    run_id: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationTask:
    """What the aggregator is asked to do."""

    run_id: str


def read_trigger(
    body: bytes, headers: Mapping[str, str], *, call_id: str, events: EventRules
) -> Trigger | Ignored:
    """The controller's trigger. Header names are lower case. Raises InvalidTrigger.

    Bodies: nothing, a JSON object of our own (from a person, a schedule or a topic), an alarm's message
    (Monitoring's format, versions 1.0 to 1.5), or an Events envelope (version 0.1 of CloudEvents).
    """
    values = _object(body)
    if _EVENT_FIELDS & values.keys():
        return _event(values, events)
    if _ALARM_FIELDS & values.keys():
        return _alarm(values)
    return _direct(values, headers, call_id)


def read_region_task(body: bytes) -> RegionTask:
    """A region worker's task. Raises InvalidTrigger."""
    values = _object(body)
    mistakes: list[str] = []
    run_id = _run_id(values, mistakes)
    region = values.get("region")
    if not isinstance(region, str) or not region:
        mistakes.append(_wrong("region", region, "a region's name"))
    _refuse(mistakes)
    return RegionTask(run_id=run_id, region=str(region))


def read_aggregation_task(body: bytes, *, events: EventRules) -> AggregationTask | Ignored:
    """The aggregator's task; an event asks for it where it tells that a region's outcome was written.

    Raises InvalidTrigger.
    """
    values = _object(body)
    if _EVENT_FIELDS & values.keys():
        return _outcome_event(values, events)
    mistakes: list[str] = []
    run_id = _run_id(values, mistakes)
    _refuse(mistakes)
    return AggregationTask(run_id=run_id)


def _event(values: Mapping[str, Any], rules: EventRules) -> Trigger | Ignored:
    mistakes: list[str] = []
    for name in ("eventType", "eventID"):
        if not isinstance(values.get(name), str) or not values[name]:
            mistakes.append(_wrong(name, values.get(name), "a string, as Events sends it"))
    _refuse(mistakes)
    event_type = values["eventType"]
    if _own_object(values, rules) is not None:
        return Ignored(reason="the event is about an object that this application has written itself")
    if rules.types is not None and event_type.lower() not in {known.lower() for known in rules.types}:
        return Ignored(
            reason=f"events of type {_shown('eventType', event_type)} are not in INVENTORY_EVENT_TYPES"
        )
    return Trigger(action=RUN, kind="event", key=f"event:{_bounded(values['eventID'])}")


def _outcome_event(values: Mapping[str, Any], rules: EventRules) -> AggregationTask | Ignored:
    name = _own_object(values, rules)
    names = ObjectNames(prefix=rules.prefix)
    run_id = names.run_id_of_outcome(name) if name and values.get("eventType") == _OBJECT_CREATED else None
    if run_id is None:
        return Ignored(reason="the event does not tell of the outcome of a region")
    return AggregationTask(run_id=run_id)


def _own_object(values: Mapping[str, Any], rules: EventRules) -> str | None:
    """The name of the object in our bucket below our prefix that an event tells of, if it does.

    The namespace is not compared: names of buckets are unique within one, and an application hears of its
    own tenancy's alone.
    """
    data = values.get("data")
    if not isinstance(data, dict):
        return None
    more = data.get("additionalDetails")
    bucket = more.get("bucketName") if isinstance(more, dict) else None
    name = data.get("resourceName")
    path = data.get("resourceId")
    if isinstance(path, str) and path.startswith("/n/") and "/o/" in path:
        place, _, name_in_path = path.partition("/o/")
        bucket = bucket or place.rpartition("/b/")[2]
        name = name or name_in_path
    if bucket != rules.bucket or not isinstance(name, str):
        return None
    name = unquote(name)
    return name if name.startswith(f"{rules.prefix}/") else None


def _alarm(values: Mapping[str, Any]) -> Trigger | Ignored:
    mistakes: list[str] = []
    dedupe_key, moment = values.get("dedupeKey"), values.get("timestampEpochMillis")
    if not isinstance(dedupe_key, str) or not dedupe_key:
        mistakes.append(_wrong("dedupeKey", dedupe_key, "a string, as Monitoring sends it"))
    if not isinstance(moment, int) or isinstance(moment, bool):
        mistakes.append(_wrong("timestampEpochMillis", moment, "a whole number, as Monitoring sends it"))
    change = values.get("type")
    if change not in _ALARMS_TO_RUN + _ALARMS_TO_IGNORE:
        mistakes.append(_wrong("type", change, ", ".join(_ALARMS_TO_RUN + _ALARMS_TO_IGNORE)))
    _refuse(mistakes)
    if change in _ALARMS_TO_IGNORE:
        return Ignored(reason=f"an alarm's {change} asks for nothing")
    return Trigger(action=RUN, kind="alarm", key=f"alarm:{_bounded(f'{dedupe_key}:{moment}')}")


def _direct(values: Mapping[str, Any], headers: Mapping[str, str], call_id: str) -> Trigger:
    mistakes: list[str] = []
    action = values.get("action", RUN)
    if action not in ACTIONS:
        mistakes.append(_wrong("action", action, ", ".join(ACTIONS)))
    given = values.get("trigger_key")
    if given is not None and (not isinstance(given, str) or not 0 < len(given) <= _KEY_CHARACTERS):
        mistakes.append(_wrong("trigger_key", given, f"a string of 1 to {_KEY_CHARACTERS} characters"))
    adhoc = _adhoc_scope(values, mistakes)
    if adhoc is not None and action in (SWEEP, STATUS):
        named = [name for name in ("regions", "query", "types") if values.get(name) is not None]
        mistakes.append(_wrong("action", action, f"{RUN}, where there is {' or '.join(named)}"))
    _refuse(mistakes)
    kind, key = "direct", f"call:{call_id}"
    if message_id := headers.get(MESSAGE_ID_HEADER):
        kind, key = "notification", f"message:{_bounded(message_id)}"
    if given:
        key = f"given:{given}"
    return Trigger(action=action, kind=kind, key=key, adhoc=adhoc)


def _adhoc_scope(values: Mapping[str, Any], mistakes: list[str]) -> AdhocScope | None:
    regions, query, types = (values.get(name) for name in ("regions", "query", "types"))
    if regions is not None and not _are_all(regions, REGION_NAME):
        mistakes.append(_wrong("regions", regions, "a list of region names such as us-ashburn-1"))
    if query is not None and not (isinstance(query, str) and QUERY.fullmatch(query)):
        mistakes.append(_wrong("query", query, "a structured query that starts with 'query'"))
    if types is not None and not _are_all(types, TYPE_NAME):
        mistakes.append(
            _wrong("types", types, "a list of resource types as Search names them, such as Instance")
        )
    if mistakes or (regions, query, types) == (None, None, None):
        return None
    return AdhocScope(
        regions=None if regions is None else tuple(dict.fromkeys(regions)),
        query=query,
        types=None if types is None else tuple(dict.fromkeys(types)),
    )


def _are_all(values: object, form: Any) -> bool:
    if not isinstance(values, list) or not values:
        return False
    return all(isinstance(value, str) and form.fullmatch(value) for value in values)


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        values = parse_json(body)
    except ValueError as exc:
        raise InvalidTrigger("the body is not JSON; allowed: a JSON object, or nothing") from exc
    if values is None:
        return {}
    if isinstance(values, str):
        values = _written_as_text(values)
    if not isinstance(values, dict):
        raise InvalidTrigger(
            f"the body is a JSON {type(values).__name__}; allowed: a JSON object, or nothing"
        )
    return values


def _written_as_text(text: str) -> object:
    """A JSON object that came as a JSON string; how Resource Scheduler sends its bodies is not documented."""
    try:
        values = parse_json(text.encode("utf-8", "surrogatepass"))
    except ValueError:
        return text
    return values if isinstance(values, dict) else text


def _run_id(values: Mapping[str, Any], mistakes: list[str]) -> str:
    run_id = values.get("run_id")
    try:
        run_started_at(run_id if isinstance(run_id, str) else "")
    except ValueError:
        mistakes.append(_wrong("run_id", run_id, "a run id such as 20261123T040000Z-1a2b3c4d"))
    return str(run_id)


def _wrong(name: str, value: object, allowed: str) -> str:
    return f"field {name!r} is {_shown(name, value)}; allowed: {allowed}"


def _shown(name: str, value: object) -> str:
    # Redacted by the names in it, and before it is cut: a part of a secret is not known as one.
    try:
        redacted, _ = _REDACTOR.redact({name: value})
    except RecursionError:
        return "nested too deeply to be shown"
    text = repr(redacted[name])
    return text if len(text) <= 200 else f"{text[:197]}..."


def _bounded(key: str) -> str:
    """A key that others made, in a length that the lease can remember fifty of."""
    return key if len(key) <= _KEY_CHARACTERS else sha256_hex(key.encode("utf-8", "surrogatepass"))


def _refuse(mistakes: Sequence[str]) -> None:
    if mistakes:
        raise InvalidTrigger("; ".join(mistakes))
