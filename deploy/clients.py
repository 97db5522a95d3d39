"""The SDK's clients that a deployment needs, for one principal and one region."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import oci

from inventory.oci_io.signer import Credentials

# One request may carry 33 MB of archive.
_TIMEOUT_SECONDS = (10, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Functions, the work requests of Functions, and Object Storage."""

    management: Any
    work_requests: Any
    objects: Any


@contextmanager
def open_clients(
    credentials: Credentials, *, region: str | None = None, endpoint_template: str | None = None
) -> Iterator[Clients]:
    """Clients until the block ends; without `region` in that of the credentials.

    `endpoint_template` (with `{service}` and `{region}`) replaces OCI's host names.
    """
    region = region or credentials.region
    config = {**credentials.config, "region": region}

    def client(kind: Any, service: str) -> Any:
        options: dict[str, Any] = {"signer": credentials.signer, "timeout": _TIMEOUT_SECONDS}
        if endpoint_template:
            options["service_endpoint"] = endpoint_template.format(service=service, region=region)
        return kind(config, **options)

    clients = Clients(
        management=client(oci.functions.FunctionsManagementClient, "functions"),
        work_requests=client(oci.functions.WorkRequestManagementClient, "functions"),
        objects=client(oci.object_storage.ObjectStorageClient, "objectstorage"),
    )
    try:
        yield clients
    finally:
        for each in (clients.management, clients.work_requests, clients.objects):
            each.base_client.session.close()
