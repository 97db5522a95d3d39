"""Monitoring's metrics: it takes what custom metrics may hold, keeps it, and lists and sums it up.

Limits and forms are those of the service's API reference. Of its query language it understands
`Name[1m]{key = "value"}.statistic()`. Alarms as resources are left to `emulator.reads`.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from emulator.sdk.values import service_time
from emulator.tenancy.values import Tenancy
from emulator.wire import Principal, Request, Response, Service, ServiceError, not_found

_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._$-]*")
_KEY = re.compile(r"[\x21-\x7e]{1,256}")
_QUERY = re.compile(r"\s*([\w.$-]+)\[(\d+)([mhd])\]\s*(?:\{([^}]*)\})?\s*\.\s*(\w+)\(\)\s*")
_CONDITION = re.compile(r'\s*([\w.$-]+)\s*=\s*"([^"]*)"\s*')
_MAX_STREAMS = 50
_MAX_DIMENSIONS = 20
_PAST, _FUTURE = timedelta(hours=2), timedelta(minutes=10)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "mean": lambda values: sum(values) / len(values),
    "count": lambda values: float(len(values)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """One value of a custom metric as it was accepted."""

    region: str
    compartment_id: str
    namespace: str
    resource_group: str | None
    name: str
    dimensions: Mapping[str, str]
    metadata: Mapping[str, str]
    timestamp: datetime
    value: float
    count: int


class MonitoringService:
    """Answers PostMetricData at `telemetry-ingestion`; ListMetrics and SummarizeMetricsData at `telemetry`.

    Everything else at `telemetry` goes to `reads`.
    """

    def __init__(self, tenancy: Tenancy, reads: Service, *, clock: Callable[[], datetime]) -> None:
        self._tenancy = tenancy
        self._reads = reads
        self._clock = clock
        self._lock = threading.Lock()
        self._points: list[MetricPoint] = []

    def points(self) -> tuple[MetricPoint, ...]:
        """Every accepted point, in the order of arrival."""
        with self._lock:
            return tuple(self._points)

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer one request. Raises: ServiceError 400, 401 or 404."""
        self._tenancy.require_ready(request.region)
        match request.service, request.method, request.path:
            case "telemetry-ingestion", "POST", "/20180401/metrics":
                return self._post(request)
            case "telemetry-ingestion", _, _:
                raise not_found()
            case _, "POST", "/20180401/metrics":
                raise _wrong("Metric data is accepted at the endpoint telemetry-ingestion.")
            case _, "POST", "/20180401/metrics/actions/listMetrics":
                return self._list(request)
            case _, "POST", "/20180401/metrics/actions/summarizeMetricsData":
                return self._summarize(request)
        return self._reads.handle(request, principal)

    def _post(self, request: Request) -> Response:
        asked = request.json()
        metrics = asked.get("metricData") if isinstance(asked, dict) else None
        if not isinstance(metrics, list) or not metrics:
            raise _wrong("metricData must not be empty.")
        streams = {_stream(metric) for metric in metrics}
        if len(streams) > _MAX_STREAMS:
            raise _wrong(f"A request has at most {_MAX_STREAMS} metric streams.")
        accepted: list[MetricPoint] = []
        failed = []
        for metric in metrics:
            try:
                accepted += self._accept(metric, request.region)
            except ServiceError as error:
                failed.append({"message": error.message, "metricData": metric})
        if failed and (asked.get("batchAtomicity") == "ATOMIC" or len(failed) == len(metrics)):
            raise _wrong(failed[0]["message"])
        with self._lock:
            self._points += accepted
        return Response.of_json({"failedMetricsCount": len(failed), "failedMetrics": failed})

    def _accept(self, metric: Any, region: str) -> list[MetricPoint]:
        """The points of one metric object. Raises: ServiceError 400 with what is wrong."""
        if not isinstance(metric, dict):
            raise _wrong("A metric must be an object.")
        namespace, name = metric.get("namespace"), metric.get("name")
        if not isinstance(namespace, str) or not _NAMESPACE.fullmatch(namespace):
            raise _wrong("namespace must begin with a letter and hold letters, digits and underscores only.")
        if namespace.lower().startswith(("oci_", "oracle_")):
            raise _wrong("namespace must not begin with oci_ or oracle_.")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _wrong("name must begin with a letter and hold letters, digits, and ._-$ only.")
        group = metric.get("resourceGroup")
        if group is not None and not _NAME.fullmatch(str(group)):
            raise _wrong("resourceGroup must begin with a letter and hold letters, digits, and ._-$ only.")
        self._check_compartment(metric.get("compartmentId"))
        dimensions, metadata = metric.get("dimensions"), metric.get("metadata") or {}
        if not isinstance(dimensions, dict) or not 1 <= len(dimensions) <= _MAX_DIMENSIONS:
            raise _wrong(f"A metric has 1 to {_MAX_DIMENSIONS} dimensions.")
        for key, text in dimensions.items():
            if not _KEY.fullmatch(key):
                raise _wrong("A dimension's key has 1 to 256 printable ASCII characters and no space.")
            if not isinstance(text, str) or not 1 <= len(text) <= 512:
                raise _wrong(f"The dimension {key} must have 1 to 512 characters.")
        if any(len(key) > 256 or len(str(text)) > 256 for key, text in metadata.items()):
            raise _wrong("Keys and values of metadata have at most 256 characters.")
        points = metric.get("datapoints")
        if not isinstance(points, list) or not points:
            raise _wrong("datapoints must not be empty.")
        return [
            MetricPoint(
                region=region,
                compartment_id=metric["compartmentId"],
                namespace=namespace,
                resource_group=group,
                name=name,
                dimensions=dict(dimensions),
                metadata=dict(metadata),
                timestamp=self._time(point),
                value=_value(point),
                count=_count(point),
            )
            for point in points
        ]

    def _time(self, point: Any) -> datetime:
        moment = _moment(point.get("timestamp") if isinstance(point, dict) else None, "timestamp")
        if not -_PAST < moment - self._clock() < _FUTURE:
            raise _wrong("timestamp must be less than 2 hours in the past and 10 minutes in the future.")
        return moment

    def _check_compartment(self, compartment_id: object) -> None:
        known = self._tenancy.resources.get(str(compartment_id))
        is_compartment = known is not None and known.resource_type == "Compartment"
        if compartment_id != self._tenancy.tenancy_id and not is_compartment:
            raise not_found()

    def _asked_points(self, request: Request, asked: Mapping[str, Any]) -> list[MetricPoint]:
        compartment_id = request.parameter("compartmentId")
        if compartment_id is None:
            raise ServiceError(400, "MissingParameter", "compartmentId is required.")
        self._check_compartment(compartment_id)
        subtree = (request.parameter("compartmentIdInSubtree") or "").lower() == "true"
        return [
            point
            for point in self.points()
            if point.region == request.region
            and (point.compartment_id == compartment_id or subtree)
            and asked.get("namespace") in (None, point.namespace)
            and asked.get("resourceGroup") in (None, point.resource_group)
        ]

    def _list(self, request: Request) -> Response:
        asked = request.json() if request.body else {}
        wanted = asked.get("dimensionFilters") or {}
        streams = {}
        for point in self._asked_points(request, asked):
            if asked.get("name") in (None, point.name) and wanted.items() <= point.dimensions.items():
                streams[point.name, tuple(sorted(point.dimensions.items()))] = point
        return Response.of_json([_shown(point) for _, point in sorted(streams.items())])

    def _summarize(self, request: Request) -> Response:
        asked = request.json()
        query = _QUERY.fullmatch(str(asked.get("query")))
        if query is None or query[5] not in _STATISTICS or not asked.get("namespace"):
            raise _wrong('namespace is required, and a query like Name[1m]{key = "value"}.sum().')
        width = timedelta(**{_UNITS[query[3]]: int(query[2])})
        wanted = dict(_CONDITION.findall(query[4] or ""))
        end = _moment(asked["endTime"], "endTime") if asked.get("endTime") else self._clock()
        start = _moment(asked["startTime"], "startTime") if asked.get("startTime") else end - _PAST
        streams: dict[tuple[tuple[str, str], ...], list[MetricPoint]] = defaultdict(list)
        for point in self._asked_points(request, asked):
            suits = point.name == query[1] and wanted.items() <= point.dimensions.items()
            if suits and start <= point.timestamp < end:
                streams[tuple(sorted(point.dimensions.items()))].append(point)
        statistic = _STATISTICS[query[5]]
        return Response.of_json(
            [
                {**_shown(points[0]), "aggregatedDatapoints": _aggregated(points, start, width, statistic)}
                for _, points in sorted(streams.items())
            ]
        )


def _aggregated(
    points: list[MetricPoint], start: datetime, width: timedelta, statistic: Callable[[list[float]], float]
) -> list[dict[str, Any]]:
    values: dict[int, list[float]] = defaultdict(list)
    for point in points:
        values[(point.timestamp - start) // width].extend([point.value] * point.count)
    return [
        {"timestamp": service_time(start + step * width), "value": statistic(found)}
        for step, found in sorted(values.items())
    ]


def _shown(point: MetricPoint) -> dict[str, Any]:
    return {
        "name": point.name,
        "namespace": point.namespace,
        "resourceGroup": point.resource_group,
        "compartmentId": point.compartment_id,
        "dimensions": dict(point.dimensions),
    }


def _stream(metric: Any) -> str:
    if not isinstance(metric, dict):
        return repr(metric)
    return repr(
        [metric.get(name) for name in ("namespace", "resourceGroup", "compartmentId", "name", "dimensions")]
    )


def _moment(text: object, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _wrong(f"{name} must be a time of RFC 3339.")
    return moment


def _value(point: Mapping[str, Any]) -> float:
    value = point.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong("value must be a number.")
    return float(value)


def _count(point: Mapping[str, Any]) -> int:
    count = point.get("count", 1)
    if not isinstance(count, int) or count < 1:
        raise _wrong("count must be greater than zero.")
    return count


def _wrong(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", message)
