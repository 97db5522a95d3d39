"""Settings: a function's configuration, parsed once; every mistake stands in one error.

The keys are environment variables (a function's configuration arrives as such). `FN_FN_ID` is the
function's own OCID, which the platform sets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from inventory.errors import InvalidSettings
from inventory.model.manifest import DEFAULT_QUERY, DEPTHS, FULL

CONTROLLER = "controller"
REGION = "region"
AGGREGATOR = "aggregator"
ROLES = (CONTROLLER, REGION, AGGREGATOR)
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

PREFIX = "INVENTORY_"
OWN_FUNCTION_ID = "FN_FN_ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a function is told; the key of each field is `INVENTORY_` and its name in upper case."""

    role: str
    bucket: str
    namespace: str | None = None
    prefix: str = "inventory"
    region_function_id: str | None = None
    aggregator_function_id: str | None = None
    invoke_endpoint: str | None = None
    topic_id: str | None = None
    endpoint_template: str | None = None
    query: str = DEFAULT_QUERY
    regions: tuple[str, ...] | None = None
    include_terminated: bool = True
    depth: str = FULL
    workers: int = 8
    page_size: int = 1000
    shard_records: int = 5000
    min_interval_seconds: int = 0
    run_timeout_seconds: int = 6 * 3600
    start_grace_seconds: int = 60
    max_invocations: int = 4
    retention_runs: int = 30
    redact_fields: tuple[str, ...] = ()
    volatile_fields: tuple[str, ...] = ()
    log_level: str = "INFO"

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> Settings:
        """Parse a function's configuration; an empty value counts as absent.

        Raises InvalidSettings that names every wrong or missing key.
        """
        mistakes: list[str] = []
        parsed: dict[str, Any] = {}
        for field in fields(cls):
            key = PREFIX + field.name.upper()
            text = values.get(key, "").strip()
            if not text:
                continue
            try:
                parsed[field.name] = _PARSERS[field.name](text)
            except ValueError as exc:
                mistakes.append(f"{key} is {text!r}; allowed: {exc}")
        role = parsed.get("role")
        own_id = values.get(OWN_FUNCTION_ID, "").strip()
        if role == REGION:
            parsed.setdefault("region_function_id", own_id or None)
        if role == AGGREGATOR:
            parsed.setdefault("aggregator_function_id", own_id or None)
        required = ["role", "bucket", *_REQUIRED_BY_ROLE.get(str(role), ())]
        wrong = " ".join(mistakes)
        for name in required:
            key = PREFIX + name.upper()
            if not parsed.get(name) and f"{key} is" not in wrong:
                mistakes.append(f"{key} is missing; allowed: {_ALLOWED[name]}")
        if mistakes:
            raise InvalidSettings("the configuration is wrong: " + "; ".join(mistakes))
        return cls(**parsed)


def _matching(pattern: str, allowed: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(allowed)
        return text

    return parse


def _choice(allowed: tuple[str, ...], *, upper: bool = False) -> Callable[[str], str]:
    def parse(text: str) -> str:
        value = text.upper() if upper else text.lower()
        if value not in allowed:
            raise ValueError(", ".join(allowed))
        return value

    return parse


def _integer(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        allowed = f"a whole number from {lowest} to {highest}"
        try:
            value = int(text)
        except ValueError:
            raise ValueError(allowed) from None
        if not lowest <= value <= highest:
            raise ValueError(allowed)
        return value

    return parse


def _boolean(text: str) -> bool:
    value = {"true": True, "false": False}.get(text.lower())
    if value is None:
        raise ValueError("true or false")
    return value


def _list_of(item: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        parts = [part.strip() for part in text.split(",")]
        # Commas alone are a mistake, not an empty list: the item's own rule says what is missing.
        return tuple(dict.fromkeys(item(part) for part in list(filter(None, parts)) or parts))

    return parse


def _endpoint_template(text: str) -> str:
    filled = text.replace("{service}", "s").replace("{region}", "r")
    if "{service}" not in text or not re.fullmatch(r"https?://[^\s{}]+", filled):
        raise ValueError(
            "a URL with {service} and {region}, for example https://{service}.{region}.example.com"
        )
    return text


_ALLOWED = {
    "role": ", ".join(ROLES),
    "bucket": "the name of a bucket",
    "region_function_id": "the OCID of the region function",
    "aggregator_function_id": "the OCID of the aggregator function",
    "invoke_endpoint": "the invoke endpoint of the application's functions, an https URL",
}

_REQUIRED_BY_ROLE = {
    CONTROLLER: ("region_function_id", "aggregator_function_id", "invoke_endpoint"),
    REGION: ("region_function_id", "aggregator_function_id", "invoke_endpoint"),
    AGGREGATOR: (),
}

_OCID = r"ocid1\.{}\.\S+"
_REGION_NAME = _matching(r"[a-z]+(-[a-z]+)+-\d+", "region names such as us-ashburn-1, separated by commas")

_PARSERS: dict[str, Callable[[str], Any]] = {
    "role": _choice(ROLES),
    "bucket": _matching(r"[A-Za-z0-9._-]{1,256}", _ALLOWED["bucket"]),
    "namespace": _matching(r"[A-Za-z0-9._-]+", "an Object Storage namespace"),
    "prefix": _matching(
        r"[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*", "letters, digits and ._=- in parts separated by one slash"
    ),
    "region_function_id": _matching(_OCID.format("fnfunc"), _ALLOWED["region_function_id"]),
    "aggregator_function_id": _matching(_OCID.format("fnfunc"), _ALLOWED["aggregator_function_id"]),
    "invoke_endpoint": _matching(r"https?://\S+", _ALLOWED["invoke_endpoint"]),
    "topic_id": _matching(_OCID.format("onstopic"), "the OCID of a Notifications topic"),
    "endpoint_template": _endpoint_template,
    "query": _matching(r"(?is)query\s+\S.*", "a structured query that starts with 'query'"),
    "regions": _list_of(_REGION_NAME),
    "include_terminated": _boolean,
    "depth": _choice(DEPTHS),
    "workers": _integer(1, 64),
    "page_size": _integer(1, 1000),
    "shard_records": _integer(1, 100_000),
    "min_interval_seconds": _integer(0, 30 * 86400),
    "run_timeout_seconds": _integer(60, 7 * 86400),
    "start_grace_seconds": _integer(0, 3600),
    "max_invocations": _integer(1, 20),
    "retention_runs": _integer(1, 10_000),
    "redact_fields": _list_of(_matching(r"[A-Za-z0-9_-]+", "field names, separated by commas")),
    "volatile_fields": _list_of(
        _matching(r"(/[^/\s]+)+", "JSON pointers such as /details/metadata/timeUpdated, separated by commas")
    ),
    "log_level": _choice(LOG_LEVELS, upper=True),
}
