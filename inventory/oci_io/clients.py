"""The SDK's clients: how each is built, and that there is one per service, region and endpoint.

Decides endpoint, timeouts, size of the connection pool and circuit breaker; `transport` carries requests.
The SDK's own retries are off: `retry` is the one place that repeats a request. Answers come as the wire's
JSON (`skip_deserialization`), which keeps fields that the SDK's models don't know.
"""

from __future__ import annotations

import importlib
import re
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import oci

from inventory.errors import InvalidCatalog
from inventory.oci_io.signer import Credentials
from inventory.oci_io.transport import RequestIds, Session, Transport

# Throttling is not among the failures that open a breaker: it is answered by pausing the call it met, not by
# 30 seconds of silence for all calls of the client.
_BREAKER_STATUSES: dict[int, list[str]] = {500: [], 502: [], 503: [], 504: []}
_DUAL_STACK_OPTION = re.compile(r"\{[A-Za-z]+\?[^:}]*:([^}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    """An SDK client: the module below `oci` (`core`), its class (`ComputeClient`), and the region.

    `endpoint` is given where it isn't the region's (a vault's, or that of an application's functions),
    `label` where the first part of the host is another than the SDK's, `read_timeout_seconds` where the
    usual one is too long or too short; connecting then takes no longer either. With `template`, the endpoint
    template that the class has in the SDK, its bare base client is built and the class is not imported.
    """

    service: str
    client: str
    region: str
    endpoint: str | None = None
    label: str | None = None
    read_timeout_seconds: float | None = None
    template: str | None = None


class Clients:
    """Builds and keeps SDK clients; every method may be called from any thread.

    `endpoint_template` (with `{service}` and `{region}`) replaces the SDK's endpoints; `{service}` is what
    stands before the region in the SDK's own endpoint for the client (`identity`, `iaas`,
    `inference.generativeai`). Clients hold sockets and memory that only `close` frees: keep them between
    calls.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        endpoint_template: str | None = None,
        connect_timeout_seconds: float = 10.0,
        read_timeout_seconds: float = 60.0,
        pool_size: int = 32,
    ) -> None:
        self.credentials = credentials
        self.request_ids = RequestIds()
        self._endpoint_template = endpoint_template
        self._timeout = (connect_timeout_seconds, read_timeout_seconds)
        self._pool_size = pool_size
        self._lock = threading.Lock()
        self._clients: dict[ClientKey, Any] = {}

    def get(self, key: ClientKey) -> Any:
        """The client, built on first use.

        Raises InvalidCatalog where the installed SDK has no such client, and the SDK's errors where it cannot
        be built.
        """
        with self._lock:
            client = self._clients.get(key)
            if client is None:
                client = self._clients[key] = self._build(key)
            return client

    def close(self) -> None:
        """Close every client's connections."""
        with self._lock:
            for client in self._clients.values():
                _base_of(client).session.close()
            self._clients.clear()

    def __enter__(self) -> Clients:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _timeout_of(self, key: ClientKey) -> tuple[float, float]:
        connect_seconds, read_seconds = self._timeout
        if key.read_timeout_seconds is None:
            return connect_seconds, read_seconds
        return min(connect_seconds, key.read_timeout_seconds), key.read_timeout_seconds

    def _build(self, key: ClientKey) -> Any:
        config = {**self.credentials.config, "region": key.region}
        signer = self.credentials.signer
        options = self._options(key)
        if key.template is None:
            client = _client_class(key)(
                config, signer=signer, retry_strategy=oci.retry.NoneRetryStrategy(), **options
            )
        else:
            client = oci.base_client.BaseClient(
                key.service,
                config,
                signer,
                {},
                regional_client=True,
                base_path="/",
                service_endpoint_template=key.template,
                service_endpoint_template_per_realm={},
                **options,
            )
        base_client = _base_of(client)
        own_label = _service_label(base_client.service_endpoint_template)
        if self._endpoint_template and not key.endpoint:
            service = key.label or own_label
            base_client.endpoint = self._endpoint_template.replace("{service}", service).replace(
                "{region}", key.region
            )
        elif key.label:
            base_client.endpoint = base_client.endpoint.replace(f"//{own_label}.", f"//{key.label}.", 1)
        base_client.session = Session(Transport(self.request_ids, pool_size=self._pool_size))
        return client

    def _options(self, key: ClientKey) -> dict[str, Any]:
        return {
            "timeout": self._timeout_of(key),
            # Without a strategy of its own a client shares one breaker, under one name, with the whole
            # process: throttling in one region would then silence the clients of all.
            "circuit_breaker_strategy": oci.circuit_breaker.CircuitBreakerStrategy(
                failure_statuses_and_codes=_BREAKER_STATUSES
            ),
            "skip_deserialization": True,
            # Names that people gave their resources carry raw control characters now and then.
            "allow_control_chars": True,
            **({"service_endpoint": key.endpoint} if key.endpoint else {}),
        }


def _base_of(client: Any) -> Any:
    return getattr(client, "base_client", client)


def _client_class(key: ClientKey) -> Any:
    try:
        return getattr(importlib.import_module(f"oci.{key.service}"), key.client)
    except (ImportError, AttributeError) as error:
        raise InvalidCatalog(f"the installed SDK has no oci.{key.service}.{key.client}") from error


def _service_label(sdk_template: str) -> str:
    # For example https://identity.{region}.{dualStack?ds.oci.:oci.}{secondLevelDomain}
    host = _DUAL_STACK_OPTION.sub(r"\1", sdk_template.removeprefix("https://"))
    return host.split(".{region}", maxsplit=1)[0]
