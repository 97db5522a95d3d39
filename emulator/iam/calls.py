"""What a request is to IAM: an operation, what it needs permission for, and what it is about.

Finds the operation as the SDK's clients have it. A target is a compartment and the variables that conditions
may ask for; metrics are posted for several at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from emulator.iam.permissions import Case, cases_of
from emulator.iam.places import Places
from emulator.sdk.operations import route
from emulator.wire import Request

# Custom metrics go to an endpoint of their own, which no client's template has.
_LABELS = {"telemetry-ingestion": "telemetry"}
_VARIABLES = {
    "applicationId": "target.app.id",
    "bucketName": "target.bucket.name",
    "functionId": "target.function.id",
    "keyId": "target.key.id",
    "objectName": "target.object.name",
    "secretId": "target.secret.id",
}
_NAME_BEHIND = 6


@dataclass(frozen=True, slots=True)
class Call:
    """One operation with what its path names; `cases` is None where only administrators may.

    `request` is None for what a service of Oracle's does in somebody's name.
    """

    operation: str
    cases: tuple[Case, ...] | None
    parameters: Mapping[str, str]
    request: Request | None = None

    def case(self, places: Places) -> Case:
        """The case that applies now."""
        assert self.cases is not None
        return next(case for case in self.cases if case.when is None or self._is(case.when, places))

    def _is(self, when: str, places: Places) -> bool:
        if when.endswith(" given"):
            return self.request is not None and self.request.parameter(when.split()[0]) is not None
        exists = places.buckets.has_object(self.parameters["bucketName"], self.parameters["objectName"])
        return exists == (when == "object exists")


class Target(NamedTuple):
    """A compartment, and variables as pairs of name and value."""

    compartment_id: str
    variables: tuple[tuple[str, str], ...] = ()


def read_call(request: Request) -> Call | None:
    """The operation that a request is; None where the SDK has none at its path."""
    label = _LABELS.get(request.service, request.service)
    path = request.path
    if label == "objectstorage" and path.count("/") > _NAME_BEHIND:
        # Not every client escapes the slashes in an object's name.
        parts = path.split("/", _NAME_BEHIND)
        if parts[5] in ("o", "u"):
            path = "/".join([*parts[:_NAME_BEHIND], parts[_NAME_BEHIND].replace("/", "%2F")])
    found, is_read = route(label, request.method, path), True
    if found is None:
        found, is_read = route(label, request.method, path, reads=False), False
    if found is None:
        return None
    operation, parameters = found
    key = operation.key
    return Call(key, cases_of(key, is_read=is_read), parameters, request)


def targets_of(call: Call, places: Places, wanted: frozenset[str]) -> tuple[Target, ...]:
    """All that a call is about; of the variables those that are `wanted`."""
    if call.operation == "monitoring.MonitoringClient.post_metric_data" and call.request is not None:
        return tuple(_metric_targets(call.request, places, wanted))
    variables = {
        variable: call.parameters[parameter]
        for parameter, variable in _VARIABLES.items()
        if parameter in call.parameters
    }
    if "target.function.id" in variables and "target.app.id" in wanted:
        application = places.application_of(variables["target.function.id"])
        variables |= {"target.app.id": application} if application else {}
    return (target_of(_compartment(call, places), variables, places, wanted),)


def target_of(
    compartment_id: str | None, variables: Mapping[str, str], places: Places, wanted: frozenset[str]
) -> Target:
    """A target in a compartment, the root if it is not known."""
    compartment_id = compartment_id or places.tenancy.tenancy_id
    known = {**variables, "target.compartment.id": compartment_id}
    return Target(compartment_id, tuple((name, known[name]) for name in sorted(wanted & known.keys())))


def _compartment(call: Call, places: Places) -> str | None:
    """The bucket's, that of the innermost resource that the path names, or of what is asked about."""
    request = call.request
    if "bucketName" in call.parameters and request is not None:
        return places.compartment_of_bucket(call.parameters["bucketName"], request.region)
    named: list[object] = [*reversed(call.parameters.values())]
    if request is not None:
        named += [request.parameter("compartmentId"), *(values[0] for values in request.query.values())]
        if request.method == "POST":
            named.append(_body(request).get("compartmentId"))
    for value in named:
        found = places.compartment_of(value) if isinstance(value, str) else None
        if found is not None:
            return found
    return None


def _metric_targets(request: Request, places: Places, wanted: frozenset[str]) -> Iterator[Target]:
    metrics = _body(request).get("metricData")
    found = set()
    for metric in metrics if isinstance(metrics, list) else ():
        if isinstance(metric, dict):
            found.add((str(metric.get("compartmentId")), str(metric.get("namespace"))))
    for compartment_id, namespace in sorted(found) or [("", "")]:
        variables = {"target.metrics.namespace": namespace}
        yield target_of(compartment_id, variables, places, wanted)


def _body(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(request.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
