"""From the command's options to the bucket, over the SDK."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from inventory.cli.options import API_KEY, INSTANCE_PRINCIPAL, SECURITY_TOKEN, Options
from inventory.coordination.retry import Retry
from inventory.oci_io.caller import Caller
from inventory.oci_io.calls import CallCounts
from inventory.oci_io.clients import Clients
from inventory.oci_io.object_store import OciObjectStore
from inventory.oci_io.signer import (
    Credentials,
    api_key_from_file,
    instance_principal,
    resource_principal,
    security_token_from_file,
)
from inventory.ports.deadline import Deadline

#: People wait for the answer; a service that is really down should be told soon.
_FAULT_ATTEMPTS = 4


@contextmanager
def open_store(options: Options, environ: Mapping[str, str]) -> Iterator[OciObjectStore]:
    """The bucket, until the block ends. Raises InvalidSettings where nobody can be signed for."""
    credentials = credentials_for(
        options.auth, oci_config=Path(options.oci_config), profile=options.profile, environ=environ
    )
    with Clients(credentials, endpoint_template=options.endpoint_template) as clients:
        retry = Retry(
            deadline=Deadline(math.inf, time.monotonic),
            sleep=time.sleep,
            uniform=random.uniform,
            max_fault_attempts=_FAULT_ATTEMPTS,
        )
        yield OciObjectStore(
            Caller(clients=clients, retry=retry, counts=CallCounts()),
            region=options.region or credentials.region,
            bucket=options.bucket,
            namespace=options.namespace,
            monotonic=time.monotonic,
        )


def credentials_for(auth: str, *, oci_config: Path, profile: str, environ: Mapping[str, str]) -> Credentials:
    """Credentials of one of `AUTHS`; file and profile are for API keys and security tokens.

    Raises InvalidSettings where they cannot be had.
    """
    if auth == API_KEY:
        return api_key_from_file(oci_config.expanduser(), profile=profile)
    if auth == SECURITY_TOKEN:
        return security_token_from_file(oci_config.expanduser(), profile=profile)
    if auth == INSTANCE_PRINCIPAL:
        return instance_principal()
    return resource_principal(environ)
