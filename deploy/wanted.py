"""What Terraform says the functions are to be, read from its outputs.

Decides nothing. What is known only when functions are there, their OCIDs and the invoke endpoint, is added to
the configuration of those that are told.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: In the order in which they are made: each is told the OCIDs of those before it.
ROLES = ("aggregator", "region", "controller")
#: Whom a role invokes beside itself.
_TOLD = {"aggregator": (), "region": ("aggregator",), "controller": ("aggregator", "region")}
_INVOKE_ENDPOINT = "INVENTORY_INVOKE_ENDPOINT"
_OUTPUTS = (
    "application_id",
    "bucket",
    "function_configs",
    "function_limits",
    "function_options",
    "names",
    "namespace",
    "prefix",
    "topic_id",
)


class OutputsError(Exception):
    """Terraform's outputs cannot be read, or lack what is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One function as it is to be; `config` is Terraform's part of the configuration."""

    role: str
    name: str
    config: Mapping[str, str]
    memory_in_mbs: int
    timeout_in_seconds: int
    detached_timeout_in_seconds: int
    topic_id: str
    tracing_enabled: bool
    freeform_tags: Mapping[str, str]
    defined_tags: Mapping[str, Mapping[str, str]]

    def full_config(self, ids: Mapping[str, str], invoke_endpoint: str) -> dict[str, str]:
        """The configuration, with the OCIDs by role of the functions that this one invokes."""
        told = {f"INVENTORY_{role.upper()}_FUNCTION_ID": ids[role] for role in _TOLD[self.role]}
        if told:
            told[_INVOKE_ENDPOINT] = invoke_endpoint
        return {**self.config, **told}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What this deployment is: the application, where an archive may lie, and the functions by role."""

    application_id: str
    namespace: str
    bucket: str
    prefix: str
    functions: Mapping[str, Wanted]


def terraform_outputs(folder: Path) -> str:
    """The output of `terraform output -json` in a folder. Raises OutputsError."""
    try:
        done = subprocess.run(  # noqa: S603
            ["terraform", f"-chdir={folder}", "output", "-json"],  # noqa: S607 - the one that applied
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise OutputsError(f"terraform cannot be started: {error}") from error
    if done.returncode != 0:
        raise OutputsError(f"terraform output failed in {folder}: {done.stderr.strip()}")
    return done.stdout


def read_outputs(text: str) -> Outputs:
    """Parse what `terraform output -json` printed. Raises OutputsError that names all that is missing."""
    try:
        values = {name: each["value"] for name, each in json.loads(text).items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutputsError("the outputs are not what `terraform output -json` prints") from error
    missing = [name for name in _OUTPUTS if values.get(name) is None]
    if missing:
        raise OutputsError(
            f"Terraform has no output {', '.join(missing)}; apply terraform/ with code_only=true first"
        )
    return Outputs(
        application_id=values["application_id"],
        namespace=values["namespace"],
        bucket=values["bucket"],
        prefix=values["prefix"],
        functions={role: _wanted(role, values) for role in ROLES},
    )


def _wanted(role: str, values: Mapping[str, Any]) -> Wanted:
    try:
        limits, options = values["function_limits"][role], values["function_options"]
        return Wanted(
            role=role,
            name=values["names"]["functions"][role],
            config=values["function_configs"][role],
            memory_in_mbs=int(limits["memory_in_mbs"]),
            timeout_in_seconds=int(limits["timeout_in_seconds"]),
            detached_timeout_in_seconds=int(limits["detached_timeout_in_seconds"]),
            topic_id=values["topic_id"],
            tracing_enabled=options["tracing_enabled"],
            freeform_tags=options["freeform_tags"],
            defined_tags=_nested(options["defined_tags"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise OutputsError(
            f"Terraform's outputs say too little of the function {role!r}: {error!r}"
        ) from error


def _nested(tags: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Terraform writes defined tags as namespace.key, the API as a mapping in a mapping."""
    nested: dict[str, dict[str, str]] = {}
    for name, text in tags.items():
        namespace, _, key = name.partition(".")
        nested.setdefault(namespace, {})[key] = text
    return nested
