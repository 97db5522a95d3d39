"""The Usage API: what each compartment, service and region cost on each day, made up and adding up.

A resource costs the same on every day that it exists, by its type and ordinal; whole hundredths are summed,
so every grouping of the same days has the same total. Forecasts and tags are not emulated.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.paging import fingerprint, limit_of, read_token, write_token
from emulator.sdk.values import service_time
from emulator.tenancy.details import READ_CALLS, is_final, is_member_elsewhere
from emulator.tenancy.values import Resource, Tenancy
from emulator.wire import Principal, Request, Response, Service, ServiceError, not_found

_DAY = timedelta(days=1)
_GRANULARITIES = ("HOURLY", "DAILY", "MONTHLY", "TOTAL")
_QUERIES = ("USAGE", "COST", "CREDIT", "EXPIREDCREDIT", "ALLCREDIT", "USAGE_ONLY")
_MAX_DAYS = 366


class UsageService:
    """Answers RequestSummarizedUsages of API version 20200107; `reads` answers the rest."""

    def __init__(self, tenancy: Tenancy, reads: Service) -> None:
        self._tenancy = tenancy
        self._reads = reads

    def handle(self, request: Request, principal: Principal) -> Response:
        """Answer one query. Raises: ServiceError 400 for a wrong one, 404 for another tenancy's."""
        self._tenancy.require_ready(request.region)
        if (request.method, request.path) != ("POST", "/20200107/usage"):
            return self._reads.handle(request, principal)
        asked = request.json()
        if not isinstance(asked, dict):
            raise _wrong("The request must be an object.")
        if asked.get("tenantId") != self._tenancy.tenancy_id:
            raise not_found()
        granularity = asked.get("granularity")
        if granularity not in _GRANULARITIES:
            raise _wrong(f"granularity must be one of {', '.join(_GRANULARITIES)}.")
        if asked.get("queryType", "COST") not in _QUERIES:
            raise _wrong(f"queryType must be one of {', '.join(_QUERIES)}.")
        start, end = _midnight(asked, "timeUsageStarted"), _midnight(asked, "timeUsageEnded")
        if not start < end <= start + _MAX_DAYS * _DAY:
            raise _wrong(f"timeUsageEnded must be 1 to {_MAX_DAYS} days after timeUsageStarted.")
        group_by = asked.get("groupBy") or []
        unknown = [name for name in group_by if name not in _DIMENSIONS]
        if unknown:
            raise _wrong(f"groupBy {unknown[0]!r} is not one of {', '.join(_DIMENSIONS)}.")
        items = list(self._rows(start, end, granularity, group_by, asked.get("filter")))
        bound_to = fingerprint(asked)
        token = request.parameter("page")
        first = read_token(token, bound_to=bound_to)["start"] if token else 0
        limit = limit_of(request, default=1000)
        headers = {}
        if first + limit < len(items):
            headers["opc-next-page"] = write_token(bound_to=bound_to, start=first + limit)
        return Response.of_json({"groupBy": group_by, "items": items[first : first + limit]}, headers=headers)

    def _rows(
        self, start: datetime, end: datetime, granularity: str, group_by: list[str], wanted: Any
    ) -> Iterator[dict[str, Any]]:
        suits = _suits(wanted)
        cents: dict[tuple[datetime, tuple[str | None, ...]], int] = defaultdict(int)
        periods = list(_periods(start, end, granularity))
        for resource in self._tenancy.snapshot.resources.values():
            call = READ_CALLS.get(resource.resource_type)
            if call is None or is_final(resource) or is_member_elsewhere(resource):
                continue
            facts = self._facts(resource, call.service)
            if not suits(facts):
                continue
            key = tuple(facts[name] for name in group_by)
            daily = _daily_hundredths(resource)
            for since, until in periods:
                cents[since, key] += daily * _days(resource, since, until)
        ends = dict(periods)
        for (since, key), amount in sorted(cents.items(), key=lambda row: (row[0][0], str(row[0][1]))):
            if amount:
                yield {
                    **dict.fromkeys(_DIMENSIONS),
                    **dict(zip(group_by, key, strict=True)),
                    "tenantId": self._tenancy.tenancy_id,
                    "tenantName": self._tenancy.name,
                    "timeUsageStarted": service_time(since),
                    "timeUsageEnded": service_time(ends[since]),
                    "computedAmount": amount / 100,
                    "computedQuantity": float(amount),
                    "currency": "USD",
                    "unit": "Unit Hours",
                    "isForecast": False,
                    "tags": [],
                }

    def _facts(self, resource: Resource, service: str) -> dict[str, str | None]:
        compartment = self._tenancy.resources.get(resource.compartment_id)
        return {
            "service": service.upper(),
            "compartmentId": resource.compartment_id,
            "compartmentName": compartment.display_name if compartment else self._tenancy.name,
            "compartmentPath": self._path(resource.compartment_id),
            "region": resource.region,
            "resourceId": resource.ocid,
            "skuName": f"{resource.resource_type} - Hour",
            "skuPartNumber": f"B{zlib.crc32(resource.resource_type.encode()) % 100_000:05d}",
            "tenantId": self._tenancy.tenancy_id,
            "tenantName": self._tenancy.name,
        }

    def _path(self, compartment_id: str) -> str:
        names: list[str] = []
        compartment = self._tenancy.resources.get(compartment_id)
        while compartment is not None:
            names.append(compartment.display_name or "")
            compartment = self._tenancy.resources.get(compartment.compartment_id)
        return "/".join((self._tenancy.name, *reversed(names)))


_DIMENSIONS = (
    "service",
    "compartmentId",
    "compartmentName",
    "compartmentPath",
    "region",
    "resourceId",
    "skuName",
    "skuPartNumber",
    "tenantId",
    "tenantName",
)


def _daily_hundredths(resource: Resource) -> int:
    """What a resource costs a day, in hundredths: some nothing, most little."""
    base = zlib.crc32(resource.resource_type.encode()) % 240
    return base * (1 + resource.ordinal % 3)


def _days(resource: Resource, since: datetime, until: datetime) -> int:
    """On how many days of a period the resource exists; the day of its creation is one."""
    created = (resource.time_created or since).astimezone(UTC)
    first = max(since, created.replace(hour=0, minute=0, second=0, microsecond=0))
    return max((until - first) // _DAY, 0)


def _periods(start: datetime, end: datetime, granularity: str) -> Iterator[tuple[datetime, datetime]]:
    """The periods of a query; hours are not told apart, a day is what there is."""
    since = start
    while since < end:
        if granularity == "TOTAL":
            until = end
        elif granularity == "MONTHLY":
            until = (since.replace(day=1) + 32 * _DAY).replace(day=1)
        else:
            until = since + _DAY
        yield since, min(until, end)
        since = until


def _midnight(asked: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(asked.get(name)))
    except ValueError:
        raise _wrong(f"{name} must be a time of RFC 3339.") from None
    moment = moment.astimezone(UTC)
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise _wrong(f"{name} must be at midnight UTC.")
    return moment


def _suits(wanted: Any) -> Callable[[Mapping[str, str | None]], bool]:
    """A filter of dimensions: AND, OR or NOT of them and of filters inside."""
    if not wanted:
        return lambda _facts: True
    operator = wanted.get("operator", "AND")
    if operator not in ("AND", "OR", "NOT"):
        raise _wrong("filter.operator must be AND, OR or NOT.")
    dimensions = wanted.get("dimensions") or []
    for dimension in dimensions:
        if dimension.get("key") not in _DIMENSIONS:
            raise _wrong(f"filter: the dimension {dimension.get('key')!r} is unknown.")
    inner = [_suits(each) for each in wanted.get("filters") or []]

    def suits(facts: Mapping[str, str | None]) -> bool:
        tests = [facts[dimension["key"]] == dimension.get("value") for dimension in dimensions]
        tests += [test(facts) for test in inner]
        if operator == "NOT":
            return not any(tests)
        return all(tests) if operator == "AND" else any(tests)

    return suits


def _wrong(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", message)
