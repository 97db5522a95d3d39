"""Resource Scheduler: schedules that start functions at the minutes of a cron expression.

Decides when a schedule is due and what its call carries. A scheduled call is always detached; its body is the
BODY parameter, or nothing (Oracle's page on scheduling functions; `--resources` of public deploy scripts).
Not documented, and chosen here: no headers of its own, minutes that passed at once are each made good, and a
call that is refused is not repeated. A schedule acts as itself: what it may start is for policies to say.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from emulator.cron import Cron, parse_cron
from emulator.functions import FunctionsService, InvokeResult
from emulator.wire import Principal, ServiceError

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True, eq=False)
class Schedule:
    """A schedule; `checked` is up to when its minutes were looked at, `is_active` switches it off."""

    schedule_id: str
    name: str
    cron: Cron
    resources: Sequence[Mapping[str, Any]]
    checked: datetime
    is_active: bool = True


def function_resource(function_id: str, *, body: Any = None) -> dict[str, Any]:
    """A schedule's resource as the API has it; with a JSON `body` it carries a BODY parameter."""
    parameters = [] if body is None else [{"parameterType": "BODY", "value": body}]
    return {"id": function_id, "metadata": {"resourceType": "FunctionsFunction"}, "parameters": parameters}


class ResourceSchedulerService:
    """The schedules of one tenancy; `tick` fires what is due by `clock`.

    `authorize(schedule, function OCID)` raises `ServiceError` for what a schedule may not start.
    """

    def __init__(
        self,
        functions: FunctionsService,
        *,
        clock: Callable[[], datetime],
        realm: str = "oc1",
        tenancy_id: str = "",
        authorize: Callable[[Principal, str], None] = lambda _schedule, _function_id: None,
    ) -> None:
        self._functions = functions
        self._clock = clock
        self._realm = realm
        self._tenancy_id = tenancy_id
        self._authorize = authorize
        self._lock = threading.Lock()
        self._schedules: list[Schedule] = []

    def create(
        self,
        name: str,
        *,
        recurrence_details: str,
        resources: Sequence[Mapping[str, Any]],
        local_time_zone: str = "UTC",
    ) -> Schedule:
        """A schedule that starts `resources` at the minutes of a cron expression, from now on.

        Raises ValueError where the expression is none, `ServiceError` 404 for an unknown function.
        """
        for resource in resources:
            self._functions.function(resource["id"])
        schedule = Schedule(
            schedule_id=f"ocid1.resourceschedule.{self._realm}..{uuid4().hex}",
            name=name,
            cron=parse_cron(recurrence_details, time_zone=local_time_zone),
            resources=resources,
            checked=self._clock(),
        )
        with self._lock:
            self._schedules.append(schedule)
        return schedule

    def delete(self, schedule: Schedule) -> None:
        """Forget a schedule."""
        with self._lock:
            self._schedules = [each for each in self._schedules if each is not schedule]

    def clear(self) -> None:
        """Forget all schedules."""
        with self._lock:
            self._schedules.clear()

    def schedules(self) -> list[Schedule]:
        """All schedules there are."""
        with self._lock:
            return list(self._schedules)

    def principal(self, schedule: Schedule) -> Principal:
        """A schedule as one who acts; all lie in the tenancy's root."""
        tenancy_id = self._tenancy_id
        return Principal(
            kind="resource", ocid=schedule.schedule_id, tenancy_id=tenancy_id, compartment_id=tenancy_id
        )

    def fire(self, schedule: Schedule) -> list[InvokeResult]:
        """Start the schedule's functions now, whatever the time is. Raises `ServiceError`."""
        principal = self.principal(schedule)
        results = []
        for resource in schedule.resources:
            self._authorize(principal, resource["id"])
            results.append(self._functions.invoke(resource["id"], _body(resource), detached=True))
        return results

    def tick(self) -> int:
        """Fire every schedule once for each of its minutes that have come; returns how many those were."""
        now = self._clock()
        with self._lock:
            due: list[Schedule] = []
            for schedule in self._schedules:
                minutes = list(schedule.cron.between(schedule.checked, now))
                schedule.checked = now
                due += [schedule] * len(minutes) if schedule.is_active else []
        for schedule in due:
            try:
                self.fire(schedule)
            except ServiceError as error:
                _log.warning("schedule %s: the function was not started: %s", schedule.name, error)
        return len(due)


def _body(resource: Mapping[str, Any]) -> bytes:
    for parameter in resource.get("parameters") or ():
        if parameter["parameterType"] == "BODY":
            value = parameter["value"]
            # Terraform hands JSON over as text.
            return (value if isinstance(value, str) else json.dumps(value)).encode()
    return b""
