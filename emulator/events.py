"""Events: rules that hand the events of a tenancy to functions.

Decides which rule sees an event (its own compartment and those below) and matches it (event types, attribute
values of `data`, lists for "one of these", `*` in a value for anything). The function's body is the event as
it is: the envelope of the recorded payloads, cloudEventsVersion 0.1.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from emulator.functions import FunctionsService

Parent = Callable[[str], str | None]
"""The compartment that holds a compartment, or None for the tenancy and for unknown ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """A rule with one FAAS action; `event_types` empty is any type, `data` None any content."""

    rule_id: str
    name: str
    compartment_id: str
    event_types: tuple[str, ...]
    data: Mapping[str, Any] | None
    function_id: str

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether the rule's condition holds for an event."""
        return (not self.event_types or event["eventType"] in self.event_types) and (
            self.data is None or _holds(self.data, event.get("data"))
        )


class EventsService:
    """The rules of one tenancy, and the events that services and tests put in."""

    def __init__(
        self,
        functions: FunctionsService,
        *,
        clock: Callable[[], datetime],
        parent: Parent,
        realm: str = "oc1",
    ) -> None:
        self._functions = functions
        self._clock = clock
        self._parent = parent
        self._realm = realm
        self._lock = threading.Lock()
        self._rules: list[EventRule] = []

    def rule(
        self,
        name: str,
        *,
        compartment_id: str,
        function_id: str,
        event_types: Sequence[str] = (),
        data: Mapping[str, Any] | None = None,
    ) -> EventRule:
        """A rule that starts a function. Raises `ServiceError` 404 for an unknown function."""
        self._functions.function(function_id)
        rule = EventRule(
            rule_id=f"ocid1.eventrule.{self._realm}..{uuid4().hex}",
            name=name,
            compartment_id=compartment_id,
            event_types=tuple(event_types),
            data=data,
            function_id=function_id,
        )
        with self._lock:
            self._rules.append(rule)
        return rule

    def delete(self, rule: EventRule) -> None:
        """Forget a rule; events on their way still arrive."""
        with self._lock:
            self._rules = [each for each in self._rules if each is not rule]

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def emit(self, event: Mapping[str, Any]) -> int:
        """Hand a whole event to every rule that matches; returns how many did."""
        with self._lock:
            rules = list(self._rules)
        body = json.dumps(event).encode()
        where = event["data"]["compartmentId"]
        matching = [rule for rule in rules if self._sees(rule, where) and rule.matches(event)]
        for rule in matching:
            self._functions.deliver(rule.function_id, body, {"content-type": "application/json"})
        return len(matching)

    def make(self, event_type: str, *, source: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """An event of this moment; `data` holds at least `compartmentId`."""
        time = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "eventType": event_type,
            "cloudEventsVersion": "0.1",
            "eventTypeVersion": "2.0",
            "source": source,
            "eventTime": time,
            "contentType": "application/json",
            "data": dict(data),
            "eventID": str(uuid4()),
            "extensions": {"compartmentId": data["compartmentId"]},
        }

    def _sees(self, rule: EventRule, compartment_id: str) -> bool:
        here: str | None = compartment_id
        while here is not None and here != rule.compartment_id:
            here = self._parent(here)
        return here is not None


def _holds(condition: Any, value: Any) -> bool:
    if isinstance(condition, Mapping):
        return isinstance(value, Mapping) and all(
            name in value and _holds(wanted, value[name]) for name, wanted in condition.items()
        )
    if isinstance(condition, list | tuple):
        return any(_holds(wanted, value) for wanted in condition)
    if isinstance(condition, str) and "*" in condition:
        pattern = ".*".join(map(re.escape, condition.split("*")))
        return isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None
    return bool(condition == value)
