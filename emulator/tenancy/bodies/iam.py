"""Bodies of identity resources; they carry `name` where others have `displayName`."""

from __future__ import annotations

from random import Random
from typing import Any

from emulator.tenancy.values import Resource


def compartment(resource: Resource, _rng: Random) -> dict[str, Any]:
    """identity Compartment."""
    return {
        "description": f"Compartment {resource.display_name} (revision {resource.revision})",
        "isAccessible": True,
    }


def user(resource: Resource, rng: Random) -> dict[str, Any]:
    """identity User."""
    return {
        "description": f"Konto für {resource.display_name}"
        if rng.random() < 0.2
        else f"{resource.display_name}",
        "email": f"user{resource.ordinal}@example.com",
        "emailVerified": True,
        "dbUserName": None,
        "identityProviderId": None,
        "externalIdentifier": None,
        "isMfaActivated": rng.random() < 0.5,
        "lastSuccessfulLoginTime": None,
        "previousSuccessfulLoginTime": None,
        "capabilities": {
            "canUseConsolePassword": True,
            "canUseApiKeys": resource.revision % 2 == 0,
            "canUseAuthTokens": True,
            "canUseSmtpCredentials": False,
            "canUseDbCredentials": False,
            "canUseCustomerSecretKeys": rng.random() < 0.3,
            "canUseOAuth2ClientCredentials": False,
        },
    }


def group(resource: Resource, _rng: Random) -> dict[str, Any]:
    """identity Group."""
    return {"description": f"Members of {resource.display_name}, reviewed {resource.revision} times"}


def policy(resource: Resource, rng: Random) -> dict[str, Any]:
    """identity Policy; it names its group by OCID."""
    group_id = resource.references.get("_groupId")
    subject = f"group id {group_id}" if group_id else "any-user"
    verb = rng.choice(("inspect", "read", "use", "manage"))
    families = ["all-resources", *(f"object-family-{n}" for n in range(resource.revision))]
    return {
        "description": "",
        "statements": [f"Allow {subject} to {verb} {family} in tenancy" for family in families],
        "versionDate": None,
    }


def dynamic_group(resource: Resource, _rng: Random) -> dict[str, Any]:
    """identity DynamicGroup; its rule names a compartment by OCID."""
    compartment_id = resource.references.get("_compartmentId", resource.compartment_id)
    kind = "fnfunc" if resource.revision % 2 == 0 else "instance"
    return {
        "description": "",
        "matchingRule": f"ALL {{resource.type = '{kind}', resource.compartment.id = '{compartment_id}'}}",
    }


def tag_namespace(resource: Resource, _rng: Random) -> dict[str, Any]:
    """identity TagNamespace."""
    return {"description": f"Tags, edition {resource.revision}", "isRetired": False, "locks": None}
