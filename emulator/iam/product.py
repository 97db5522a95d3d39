"""The product's own policy: `terraform/policies.yaml` for one deployment.

Decides which statements exist, by the deployment's settings, and fills in its names and OCIDs. What the
statements say is decided in that file, from which Terraform makes the same groups and policies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.deployment import Deployment
from emulator.iam.access import Policy
from emulator.iam.conditions import parse_rule
from emulator.iam.statements import parse_statement
from emulator.wiring import fill_in

#: Features that no setting of the functions switches on: what Oracle's own services do for a deployment.
EXTRAS = ("code_only", "customer_key", "events", "tracing")
# Where the product sends its metrics, and where its objects are, unless it is told otherwise.
_METRICS_NAMESPACE = "tenancy_inventory"
_PREFIX = "inventory"
# No service of the emulated cloud encrypts with it.
_KEY_ID = "ocid1.key.oc1..inventory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One role's dynamic group and its statements; `members` is None where there is no group."""

    group: str
    members: str | None
    statements: tuple[str, ...]


def roles_of(
    deployment: Deployment,
    *,
    bucket_compartment_id: str,
    schedule_ids: Collection[str] = (),
    extras: Collection[str] = (),
) -> dict[str, Role]:
    """The roles of a deployment, each with what its settings switch on, and those `EXTRAS` that are named.

    `schedule_ids` are the schedules that the owner has made for it. Raises KeyError for a feature or a word
    of the file that is not known here.
    """
    application = deployment.application
    config = application.config
    features = {
        **{extra: extra in extras for extra in EXTRAS},
        "notifications": bool(config.get("INVENTORY_TOPIC_ID")),
        "metrics": bool(config.get("INVENTORY_METRICS_COMPARTMENT_ID")),
        "executive_summary": config.get("INVENTORY_EXECUTIVE_SUMMARY", "").lower() == "true",
        "schedules": bool(schedule_ids),
    }
    roles = ("controller", "region", "aggregator", "schedules")
    groups = {f"{role}_group": f"{application.display_name}-{role}" for role in roles}
    entries: Mapping[str, Mapping[str, Any]] = fill_in(
        "policies.yaml",
        {
            **groups,
            "region": application.region,
            "compartment_id": application.compartment_id,
            "controller_function_id": deployment.controller.ocid,
            "region_function_id": deployment.region.ocid,
            "aggregator_function_id": deployment.aggregator.ocid,
            "schedule_id_rules": ", ".join(f"resource.id = '{ocid}'" for ocid in schedule_ids),
            "bucket_name": config["INVENTORY_BUCKET"],
            "bucket_compartment_id": bucket_compartment_id,
            "prefix": config.get("INVENTORY_PREFIX", _PREFIX),
            "metrics_compartment_id": config.get("INVENTORY_METRICS_COMPARTMENT_ID", ""),
            "metrics_namespace": config.get("INVENTORY_METRICS_NAMESPACE", _METRICS_NAMESPACE),
            "genai_compartment_id": config.get("INVENTORY_GENAI_COMPARTMENT_ID", ""),
            "kms_key_id": _KEY_ID,
            "kms_key_compartment_id": bucket_compartment_id,
            "apm_compartment_id": application.compartment_id,
        },
    )
    return {
        name: Role(
            group=groups.get(f"{name}_group", name),
            members=entry.get("members"),
            statements=tuple(
                statement["allow"]
                for statement in entry["statements"]
                if "if" not in statement or features[statement["if"]]
            ),
        )
        for name, entry in entries.items()
        if "if" not in entry or features[entry["if"]]
    }


def policy_of(roles: Mapping[str, Role]) -> Policy:
    """The policy that these roles make. Raises PolicySyntaxError."""
    return Policy(
        statements=tuple(parse_statement(text) for role in roles.values() for text in role.statements),
        dynamic_groups={
            role.group.lower(): parse_rule(role.members) for role in roles.values() if role.members
        },
    )
