"""What a person defines: applications and functions, with the limits that OCI puts on them.

Source of the limits: Oracle's Functions documentation (customizing functions, service limits) and the
descriptions in the SDK's `CreateFunctionDetails`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from emulator.wire import ServiceError

MEMORY_SIZES_MB = (128, 256, 512, 1024, 2048, 3072)
MAX_CONFIG_BYTES = 4096
TIMEOUT_SECONDS = range(1, 301)
DETACHED_TIMEOUT_SECONDS = range(5, 3601)

_CONFIG_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A group of functions in one region that share a configuration."""

    ocid: str
    display_name: str
    compartment_id: str
    region: str
    config: Mapping[str, str] = field(default_factory=dict)
    time_created: datetime

    def __post_init__(self) -> None:
        _check_config(self.config)

    def to_dict(self) -> dict[str, Any]:
        """The `Application` that the API answers."""
        return {
            "id": self.ocid,
            "displayName": self.display_name,
            "compartmentId": self.compartment_id,
            "lifecycleState": "ACTIVE",
            "config": dict(self.config),
            "subnetIds": [],
            "shape": "GENERIC_X86",
            "freeformTags": {},
            "definedTags": {},
            "timeCreated": self.time_created.isoformat(),
            "timeUpdated": self.time_created.isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: its code, its limits and its configuration.

    `source_dir` holds `func.py`; it stands for the image's `/function`. Where it has that name, and a
    directory `python` lies beside it, the function has nothing but the packages in that. `told` is what the
    API only tells again: source, tags, destinations.
    """

    ocid: str
    display_name: str
    application: Application
    source_dir: Path
    config: Mapping[str, str] = field(default_factory=dict)
    memory_in_mbs: int
    timeout_seconds: int
    detached_timeout_seconds: int
    invoke_endpoint: str
    time_created: datetime
    time_updated: datetime | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_config(self.config)
        if self.memory_in_mbs not in MEMORY_SIZES_MB:
            raise _invalid(f"memoryInMBs must be one of {MEMORY_SIZES_MB}")
        if self.timeout_seconds not in TIMEOUT_SECONDS:
            raise _invalid("timeoutInSeconds must be between 1 and 300")
        # Unset means the sync timeout, which may be shorter than the shortest explicit detached timeout.
        detached = self.detached_timeout_seconds
        if detached != self.timeout_seconds and detached not in DETACHED_TIMEOUT_SECONDS:
            raise _invalid("detachedModeTimeoutInSeconds must be between 5 and 3600")

    @property
    def region(self) -> str:
        """The region of the function's application."""
        return self.application.region

    def timeout(self, *, detached: bool) -> int:
        """Seconds that one call may take."""
        return self.detached_timeout_seconds if detached else self.timeout_seconds

    def to_dict(self) -> dict[str, Any]:
        """The `Function` that the API answers."""
        return {
            "id": self.ocid,
            "displayName": self.display_name,
            "applicationId": self.application.ocid,
            "compartmentId": self.application.compartment_id,
            "lifecycleState": "ACTIVE",
            "shape": "GENERIC_X86",
            "memoryInMBs": self.memory_in_mbs,
            "timeoutInSeconds": self.timeout_seconds,
            "detachedModeTimeoutInSeconds": self.detached_timeout_seconds,
            "config": dict(self.config),
            "invokeEndpoint": self.invoke_endpoint,
            "freeformTags": {},
            "definedTags": {},
            "timeCreated": self.time_created.isoformat(),
            "timeUpdated": (self.time_updated or self.time_created).isoformat(),
            **self.told,
        }


def make_ocid(kind: str, realm: str, region_key: str, *parts: str) -> str:
    """`ocid1.<kind>.<realm>.<region key>.<unique>`, the same for the same parts."""
    digest = hashlib.sha256("\0".join((kind, realm, region_key, *parts)).encode()).digest()
    unique = base64.b32encode(digest).decode().lower().rstrip("=")
    return f"ocid1.{kind}.{realm}.{region_key}.aaaaaaaa{unique}"


def _check_config(config: Mapping[str, str]) -> None:
    for key in config:
        if not _CONFIG_KEY.fullmatch(key):
            raise _invalid(f"config key {key!r} is not made of letters, digits and underscores")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in config.items())
    if size > MAX_CONFIG_BYTES:
        raise _invalid(f"config has {size} bytes, more than {MAX_CONFIG_BYTES}")


def _invalid(message: str) -> ServiceError:
    return ServiceError(400, "InvalidParameter", message)
