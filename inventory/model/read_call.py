"""One read call to a service, by the names of the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCall:
    """A get or a list that details come from.

    `service` is the SDK's module (`core`), `client` its class (`ComputeClient`), `operation` the method
    (`get_instance`), `arguments` its parameters by name. `endpoint` replaces the region's endpoint for
    services whose data lives elsewhere (a vault's own endpoint).
    """

    service: str
    client: str
    operation: str
    region: str
    arguments: Mapping[str, str | bool] = field(default_factory=dict)
    endpoint: str | None = None
