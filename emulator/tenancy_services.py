"""All services that answer from the generated tenancy, by the first label of their endpoint."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from emulator.identity import IdentityService
from emulator.reads import ReadService
from emulator.search import SearchService
from emulator.tenancy.details import READ_CALLS
from emulator.tenancy.values import Tenancy
from emulator.wire import Service


def tenancy_services(tenancy: Tenancy, *, clock: Callable[[], datetime]) -> dict[str, Service]:
    """`identity`, `query`, and for each other endpoint (`iaas`, `database`, `kms`, ...) one with its GETs.

    Buckets are left to the object storage service, which asks `GeneratedBuckets`.
    """
    labels = {call.service for call in READ_CALLS.values()} - {"identity", "objectstorage"}
    return {
        "identity": IdentityService(tenancy),
        "query": SearchService(tenancy, clock=clock),
        **{label: ReadService(tenancy, label) for label in sorted(labels)},
    }
