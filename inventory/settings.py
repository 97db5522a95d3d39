"""Settings: a function's configuration, parsed once; every mistake stands in one error.

The keys are environment variables (a function's configuration arrives as such). `FN_FN_ID` is the
function's own OCID, which the platform sets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from inventory.errors import InvalidSettings
from inventory.model.forms import QUERY, REGION_NAME, TYPE_NAME
from inventory.model.manifest import DEFAULT_QUERY, DEPTHS, FULL

CONTROLLER = "controller"
REGION = "region"
AGGREGATOR = "aggregator"
ROLES = (CONTROLLER, REGION, AGGREGATOR)
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
JSON_LOGS = "json"
PLAIN_LOGS = "plain"
LOG_FORMATS = (JSON_LOGS, PLAIN_LOGS)

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
    types: tuple[str, ...] | None = None
    exclude_types: tuple[str, ...] = ()
    compartments: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    event_types: tuple[str, ...] | None = None
    depth: str = FULL
    workers: int = 8
    requests_per_second: int = 50
    service_concurrency: int = 4
    window_records: int = 50_000
    page_size: int = 1000
    shard_records: int = 5000
    min_interval_seconds: int = 0
    run_timeout_seconds: int = 6 * 3600
    start_grace_seconds: int = 60
    max_invocations: int = 4
    retention_runs: int = 30
    redact_fields: tuple[str, ...] = ()
    volatile_fields: tuple[str, ...] = ()
    parquet: bool = True
    metrics_compartment_id: str | None = None
    metrics_namespace: str = "tenancy_inventory"
    executive_summary: bool = False
    genai_model_id: str | None = None
    genai_compartment_id: str | None = None
    genai_region: str | None = None
    log_level: str = "INFO"
    log_format: str = JSON_LOGS

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> Settings:
        """Parse a function's configuration; an empty value counts as absent.

        The keys may be those of any role: an application's configuration is its functions' together. Keys
        that are not known are ignored (`unknown_keys` tells them): an older version that is rolled back to
        meets those of a newer one. Raises InvalidSettings that names every wrong or missing key.
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
        mistakes += _contradictions(parsed)
        role = parsed.get("role")
        own_id = values.get(OWN_FUNCTION_ID, "").strip()
        if role == REGION:
            parsed.setdefault("region_function_id", own_id or None)
        if role == AGGREGATOR:
            parsed.setdefault("aggregator_function_id", own_id or None)
        required = ["role", "bucket", *_REQUIRED_BY_ROLE.get(str(role), ())]
        if parsed.get("executive_summary"):
            required += ["genai_model_id", "genai_compartment_id"]
        wrong = " ".join(mistakes)
        for name in required:
            key = PREFIX + name.upper()
            if not parsed.get(name) and f"{key} is" not in wrong:
                mistakes.append(f"{key} is missing; allowed: {_ALLOWED[name]}")
        if mistakes:
            raise InvalidSettings("the configuration is wrong: " + "; ".join(mistakes))
        return cls(**parsed)

    @classmethod
    def for_reporting(cls, values: Mapping[str, str]) -> Settings | None:
        """Settings with which to tell of a mistake in the others: where to write it, and nothing else.

        None where bucket, prefix, namespace or endpoints are wrong themselves.
        """
        parsed: dict[str, Any] = {}
        for name in ("bucket", "prefix", "namespace", "endpoint_template"):
            text = values.get(PREFIX + name.upper(), "").strip()
            if not text:
                continue
            try:
                parsed[name] = _PARSERS[name](text)
            except ValueError:
                return None
        return cls(role=CONTROLLER, **parsed) if "bucket" in parsed else None


def _contradictions(parsed: Mapping[str, Any]) -> Iterator[str]:
    """What is right by itself and wrong together."""
    wanted = {name.lower() for name in parsed.get("types") or ()}
    both = [name for name in parsed.get("exclude_types", ()) if name.lower() in wanted]
    if both:
        yield (
            f"INVENTORY_EXCLUDE_TYPES is {', '.join(both)!r}; "
            "allowed: types that INVENTORY_TYPES does not name"
        )


def unknown_keys(values: Mapping[str, str]) -> dict[str, str]:
    """Keys that look like ours and are not, each with the nearest that is."""
    known = [PREFIX + name.upper() for name in _PARSERS]
    return {
        key: get_close_matches(key, known, n=1, cutoff=0.0)[0]
        for key, text in sorted(values.items())
        if key.startswith(PREFIX) and key not in known and text.strip()
    }


def _matching(pattern: str | re.Pattern[str], allowed: str) -> Callable[[str], str]:
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
        # Stricter than int(), which takes 1_0 for ten.
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise ValueError(allowed)
        value = int(text)
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
    "genai_model_id": "the OCID or the name of a chat model of Generative AI",
    "genai_compartment_id": "the OCID of the compartment or tenancy in which the model is used",
}

_REQUIRED_BY_ROLE = {
    CONTROLLER: ("region_function_id", "aggregator_function_id", "invoke_endpoint"),
    REGION: ("region_function_id", "aggregator_function_id", "invoke_endpoint"),
    AGGREGATOR: (),
}

_OCID = r"ocid1\.{}\.\S+"
_REGION_NAME = _matching(REGION_NAME, "region names such as us-ashburn-1, separated by commas")
_TYPE_NAME = _matching(
    TYPE_NAME, "resource types as Search names them, such as Instance, separated by commas"
)
_COMPARTMENT = r"ocid1\.(compartment|tenancy)\.\S+"

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
    "query": _matching(QUERY, "a structured query that starts with 'query'"),
    "regions": _list_of(_REGION_NAME),
    "include_terminated": _boolean,
    "types": _list_of(_TYPE_NAME),
    "exclude_types": _list_of(_TYPE_NAME),
    "compartments": _list_of(
        _matching(_COMPARTMENT, "OCIDs of compartments (each with all below it), separated by commas")
    ),
    "tags": _list_of(
        _matching(
            r"[^\s.=,]+(\.[^\s.=,]+)?(=[^,]*)?",
            "tags as key, key=value, namespace.key or namespace.key=value, separated by commas",
        )
    ),
    "event_types": _list_of(
        _matching(
            r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+",
            "event types such as com.oraclecloud.computeapi.launchinstance.end, separated by commas",
        )
    ),
    "depth": _choice(DEPTHS),
    "workers": _integer(1, 64),
    "requests_per_second": _integer(1, 1000),
    "service_concurrency": _integer(1, 64),
    "window_records": _integer(1, 1_000_000),
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
    "parquet": _boolean,
    "metrics_compartment_id": _matching(_COMPARTMENT, "the OCID of a compartment or tenancy"),
    "metrics_namespace": _matching(
        r"(?!oci_|oracle_)[a-z][a-z0-9_]{0,255}",
        "a metric namespace: lower-case letters, digits and underscores, not beginning with oci_ or oracle_",
    ),
    "executive_summary": _boolean,
    "genai_model_id": _matching(r"\S{1,255}", _ALLOWED["genai_model_id"]),
    "genai_compartment_id": _matching(_COMPARTMENT, _ALLOWED["genai_compartment_id"]),
    "genai_region": _matching(REGION_NAME, "the name of a region such as us-chicago-1"),
    "log_level": _choice(LOG_LEVELS, upper=True),
    "log_format": _choice(LOG_FORMATS),
}


def parse_setting(name: str, text: str) -> Any:
    """One field of `Settings` by its own rule. Raises ValueError that says what is allowed."""
    return _PARSERS[name](text)
