"""Fault rules for what goes wrong as a whole: a region, a service, a kind of resource.

Each function returns rules to arm together; what single rules mean is decided in `faults`.
"""

from __future__ import annotations

from typing import Literal

from emulator.faults import FaultRule, Latency, Reset, Status
from emulator.tenancy.details import READ_CALLS

#: How long a request to a silent region waits: longer than the SDK's read timeout.
SILENCE_SECONDS = 90.0


def region_down(
    region: str,
    *,
    how: Literal["refused", "silent", "unavailable"] = "refused",
    silence_seconds: float = SILENCE_SECONDS,
) -> list[FaultRule]:
    """Every service of a region fails: connections are refused, nothing answers, or everything is 503.

    One port serves all regions here, so a refused connection is one that is reset as soon as it speaks.
    """
    if how == "unavailable":
        return [FaultRule(action=Status(status=503, code="ServiceUnavailable"), region=region)]
    refused = FaultRule(action=Reset(), region=region)
    if how == "silent":
        return [FaultRule(action=Latency(seconds=silence_seconds), region=region), refused]
    return [refused]


def region_not_authorised(region: str, *, status: Literal[401, 404] = 404) -> list[FaultRule]:
    """Every service of a region refuses us: 404 as OCI hides what a policy does not grant, or 401."""
    code = {401: "NotAuthenticated", 404: "NotAuthorizedOrNotFound"}[status]
    return [FaultRule(action=Status(status=status, code=code), region=region)]


def type_not_readable(resource_type: str, *, region: str | None = None) -> list[FaultRule]:
    """Search shows resources of this type, and their service answers 404 to their GET and their list: what a
    missing `read` grant looks like.

    Raises KeyError for a type that has no GET.
    """
    call = READ_CALLS[resource_type]
    hidden = Status(status=404, code="NotAuthorizedOrNotFound")
    return [
        FaultRule(
            action=hidden,
            service=call.service,
            region=region,
            method="GET",
            path=call.path_pattern.removesuffix("/[^/]+$") + "(/[^/]+)?$",
        )
    ]
