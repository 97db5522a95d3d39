"""A figure of a run, as it is sent to a metrics service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One value; `dimensions` tell it from others of its name, and have few possible values."""

    name: str
    value: float
    unit: str
    dimensions: Mapping[str, str]
