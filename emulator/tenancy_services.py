"""All services that answer from the generated tenancy, by the first label of their endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from emulator.generative_ai import GenerativeAiService
from emulator.identity import IdentityService
from emulator.identity_domains import IdentityDomains
from emulator.monitoring import MonitoringService
from emulator.reads import ReadService
from emulator.sdk.operations import labels
from emulator.search import SearchService
from emulator.second import READABLE_PATHS, WithSecond
from emulator.tenancy.values import Tenancy
from emulator.usage import UsageService
from emulator.wire import Principal, Request, Response, Service


def tenancy_services(
    tenancy: Tenancy, *, clock: Callable[[], datetime], owned: Mapping[str, Service] | None = None
) -> dict[str, Service]:
    """Every endpoint label of the SDK, and `*` for the hosts that resources have of their own.

    `owned` are services that work (functions, notifications, object storage); what they do not know is
    looked up among the generated resources.
    """
    reads = ReadService(tenancy)
    monitoring = MonitoringService(tenancy, reads, clock=clock)
    return {
        **dict.fromkeys(sorted(labels()), reads),
        "*": _OwnHosts(domains=IdentityDomains(tenancy), others=reads),
        "identity": IdentityService(tenancy),
        "inference.generativeai": GenerativeAiService(tenancy, clock=clock),
        "query": SearchService(tenancy, clock=clock),
        "telemetry": monitoring,
        "telemetry-ingestion": monitoring,
        "usageapi": UsageService(tenancy, reads),
        **{
            label: WithSecond(service, reads, paths=READABLE_PATHS[label])
            for label, service in (owned or {}).items()
        },
    }


class _OwnHosts:
    """The hosts of single resources: identity domains, vaults."""

    def __init__(self, *, domains: Service, others: Service) -> None:
        self._domains = domains
        self._others = others

    def handle(self, request: Request, principal: Principal) -> Response:
        service = self._domains if request.service.endswith(".identity") else self._others
        return service.handle(request, principal)
