"""Bodies of databases, monitoring, vaults and object storage buckets."""

from __future__ import annotations

from random import Random
from typing import Any

from emulator.sdk.values import Surroundings
from emulator.tenancy.bodies.hosts import host_url
from emulator.tenancy.values import Resource


def _word(rng: Random, length: int) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


def autonomous_database(resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """database AutonomousDatabase, with a wallet password in its free attributes."""
    name = f"DB{_word(rng, 8).upper()}"
    host = f"adb.{resource.region}.oraclecloud.com:1522/{_word(rng, 15)}_{name.lower()}"
    return {
        "dbName": name,
        "isFreeTier": bool(resource.system_tags),
        "whitelistedIps": ["10.0.0.0/8"],
        "connectionStrings": {
            "high": f"{host}_high.adb.oraclecloud.com",
            "medium": f"{host}_medium.adb.oraclecloud.com",
            "low": f"{host}_low.adb.oraclecloud.com",
            "dedicated": None,
            "allConnectionStrings": {"HIGH": f"{host}_high.adb.oraclecloud.com"},
            "profiles": [],
        },
        "additionalAttributes": {"walletPassword": f"W{_word(rng, 15)}#9"},
    }


def db_system(_resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """database DbSystem, with the SSH public keys of its nodes."""
    host = _word(rng, 10)
    return {
        "shape": rng.choice(("VM.Standard2.2", "VM.Standard.E4.Flex")),
        "hostname": f"h{host}",
        "sshPublicKeys": [f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB{_word(rng, 60)} oracle@{host}"],
    }


def alarm(resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """monitoring Alarm, with a password that someone wrote into its text."""
    return {
        "metricCompartmentId": resource.compartment_id,
        "namespace": "oci_computeagent",
        "query": f"CpuUtilization[1m].mean() > {rng.randint(60, 95)}",
        "resolution": "1m",
        "pendingDuration": "PT5M",
        "body": f"Escalate with password={_word(rng, 12)} at https://ops.example.com, as for "
        f"{resource.compartment_id}",
    }


def vault_label(vault_id: str, plane: str) -> str:
    """The first part of a vault's own host name for the plane `management` or `crypto`."""
    return f"{_word(Random(vault_id), 13)}-{plane}.kms"


def vault(resource: Resource, _rng: Random, around: Surroundings) -> dict[str, Any]:
    """key_management Vault; its keys answer at its own management endpoint."""
    vault_id = resource.ocid or ""
    return {
        "cryptoEndpoint": host_url(vault_label(vault_id, "crypto"), resource.region, around),
        "managementEndpoint": host_url(vault_label(vault_id, "management"), resource.region, around),
    }


def function(resource: Resource, _rng: Random, _around: Surroundings) -> dict[str, Any]:
    """functions Function, configured with an OCID that its code uses."""
    return {"config": {"owner": "team-data", "SUBNET_ID": resource.compartment_id}}


def bucket(resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """object_storage Bucket, with a password that someone left in its metadata."""
    return {
        "metadata": {"owner": "team-data", "db_password": f"P{_word(rng, 15)}"},
        "createdBy": "ocid1.saml2idp.oc1..aaaaaaaaexample/ops@example.com",
        "etag": f"{rng.getrandbits(64):016x}-{resource.revision:04x}",
        # Answered on request only.
        "approximateCount": None,
        "approximateSize": None,
    }
