"""Monitoring's alarms: messages to a topic when an alarm fires, while it goes on, and when it ends.

Decides what the messages say; whether an alarm should fire is decided by whoever calls `fire`. The shape is
that of messages recorded in 2025 (version 1.5) and of Oracle's page on the alarm message format.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from emulator.notifications import Message, NotificationsService


@dataclass(slots=True, kw_only=True, eq=False)
class Alarm:
    """An alarm; `firing_since` is None while it is OK, `told` is when its last message was sent.

    `repeat_seconds` is how often it says again that it fires; None: once is enough.
    """

    alarm_id: str
    name: str
    topic_id: str
    region: str
    namespace: str
    query: str
    body: str
    severity: str
    dedupe_key: str
    repeat_seconds: float | None
    firing_since: datetime | None = None
    told: datetime | None = None


class AlarmsService:
    """The alarms of one tenancy; `tick` repeats what is due by `clock`."""

    def __init__(
        self, notifications: NotificationsService, *, clock: Callable[[], datetime], realm: str = "oc1"
    ) -> None:
        self._notifications = notifications
        self._clock = clock
        self._realm = realm
        self._lock = threading.Lock()
        self._alarms: list[Alarm] = []

    def create(
        self,
        name: str,
        topic_id: str,
        *,
        region: str,
        namespace: str = "oci_computeagent",
        query: str = "CpuUtilization[1m].mean() > 90",
        body: str = "",
        severity: str = "CRITICAL",
        repeat_seconds: float | None = None,
    ) -> Alarm:
        """An alarm that is OK."""
        alarm = Alarm(
            alarm_id=f"ocid1.alarm.{self._realm}.{region}.{uuid4().hex}",
            name=name,
            topic_id=topic_id,
            region=region,
            namespace=namespace,
            query=query,
            body=body,
            severity=severity,
            dedupe_key=str(uuid4()),
            repeat_seconds=repeat_seconds,
        )
        with self._lock:
            self._alarms.append(alarm)
        return alarm

    def fire(self, alarm: Alarm) -> Message:
        """The alarm goes from OK to FIRING."""
        alarm.firing_since = self._clock()
        return self._tell(alarm, "OK_TO_FIRING")

    def repeat(self, alarm: Alarm) -> Message:
        """The alarm is still FIRING and says so again."""
        return self._tell(alarm, "REPEAT")

    def recover(self, alarm: Alarm) -> Message:
        """The alarm goes from FIRING to OK."""
        alarm.firing_since = None
        return self._tell(alarm, "FIRING_TO_OK")

    def clear(self) -> None:
        """Forget all alarms."""
        with self._lock:
            self._alarms.clear()

    def tick(self) -> None:
        """Repeat the message of every alarm that fires and has been silent for its `repeat_seconds`."""
        now = self._clock()
        with self._lock:
            alarms = list(self._alarms)
        for alarm in alarms:
            if alarm.firing_since is None or alarm.repeat_seconds is None or alarm.told is None:
                continue
            if now >= alarm.told + timedelta(seconds=alarm.repeat_seconds):
                self.repeat(alarm)

    def _tell(self, alarm: Alarm, kind: str) -> Message:
        alarm.told = self._clock()
        return self._notifications.publish(
            alarm.topic_id,
            json.dumps(self._message(alarm, kind, alarm.told)),
            title=alarm.name,
            publisher=alarm.alarm_id,
        )

    def _message(self, alarm: Alarm, kind: str, now: datetime) -> dict[str, Any]:
        state = "OK" if kind == "FIRING_TO_OK" else "FIRING"
        url = f"https://cloud.oracle.com/monitoring/alarms/{alarm.alarm_id}?region={alarm.region}"
        summary = f'Alarm "{alarm.name}" is in a "{state}" state; the trigger rule is "{alarm.query}"'
        told = {
            "id": alarm.alarm_id,
            "status": state,
            "severity": alarm.severity,
            "namespace": alarm.namespace,
            "query": alarm.query,
            "totalMetricsFiring": int(state == "FIRING"),
            "dimensions": [{"region": alarm.region}],
            "alarmUrl": url,
            "alarmSummary": summary,
            "metricValues": [],
        }
        return {
            # The same in all messages of an alarm; with the time it tells one message from the next.
            "dedupeKey": alarm.dedupe_key,
            "title": alarm.name,
            "body": alarm.body,
            "type": kind,
            "severity": alarm.severity,
            "timestampEpochMillis": int(now.timestamp() * 1000),
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "alarmMetaData": [told],
            "notificationType": "Grouped messages across metric streams",
            "version": 1.5,
        }
