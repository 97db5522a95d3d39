"""Bodies of databases, logging, monitoring, vaults and object storage buckets."""

from __future__ import annotations

from random import Random
from typing import Any

from emulator.tenancy.values import Resource


def _word(rng: Random, length: int) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


def autonomous_database(resource: Resource, rng: Random) -> dict[str, Any]:
    """database AutonomousDatabase, with a wallet password in its free attributes."""
    name = f"DB{_word(rng, 8).upper()}"
    host = f"adb.{resource.region}.oraclecloud.com:1522/{_word(rng, 15)}_{name.lower()}"
    return {
        "dbName": name,
        "dbVersion": rng.choice(("19c", "23ai")),
        "dbWorkload": rng.choice(("OLTP", "DW", "AJD")),
        "characterSet": "AL32UTF8",
        "ncharacterSet": "AL16UTF16",
        "computeModel": "ECPU",
        "computeCount": float(2 + resource.revision),
        "cpuCoreCount": 0,
        "dataStorageSizeInGBs": rng.choice((20, 1024)),
        "dataStorageSizeInTBs": 1,
        "usedDataStorageSizeInGBs": rng.randint(1, 20),
        "backupRetentionPeriodInDays": 60,
        "isAutoScalingEnabled": rng.random() < 0.5,
        "isAutoScalingForStorageEnabled": False,
        "isDedicated": False,
        "isFreeTier": bool(resource.system_tags),
        "isMtlsConnectionRequired": True,
        "isDataGuardEnabled": False,
        "licenseModel": "LICENSE_INCLUDED",
        "openMode": "READ_WRITE",
        "permissionLevel": "UNRESTRICTED",
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
        "dataSafeStatus": "NOT_REGISTERED",
        "operationsInsightsStatus": "NOT_ENABLED",
        "lifecycleDetails": None,
        "customerContacts": [{"email": f"dba{resource.ordinal}@example.com"}],
    }


def db_system(resource: Resource, rng: Random) -> dict[str, Any]:
    """database DbSystem, with the SSH public keys of its nodes."""
    host = _word(rng, 10)
    return {
        "shape": rng.choice(("VM.Standard2.2", "VM.Standard.E4.Flex")),
        "hostname": f"h{host}",
        "domain": "db.oraclevcn.com",
        "version": f"19.{20 + resource.revision}.0.0.0",
        "databaseEdition": "ENTERPRISE_EDITION",
        "cpuCoreCount": rng.choice((2, 4, 8)),
        "nodeCount": 1,
        "faultDomains": ["FAULT-DOMAIN-1"],
        "dataStoragePercentage": 80,
        "dataStorageSizeInGBs": 256,
        "recoStorageSizeInGB": 256,
        "diskRedundancy": "NORMAL",
        "licenseModel": "BRING_YOUR_OWN_LICENSE",
        "listenerPort": 1521,
        "sshPublicKeys": [f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB{_word(rng, 60)} oracle@{host}"],
        "timeZone": "UTC",
        "backupSubnetId": None,
        "lifecycleDetails": None,
    }


def log_group(resource: Resource, _rng: Random) -> dict[str, Any]:
    """logging LogGroup."""
    return {"description": f"Logs, retention rule {resource.revision}", "timeLastModified": None}


def alarm(resource: Resource, rng: Random) -> dict[str, Any]:
    """monitoring Alarm; its query carries the threshold."""
    return {
        "metricCompartmentId": resource.compartment_id,
        "metricCompartmentIdInSubtree": False,
        "namespace": "oci_computeagent",
        "resourceGroup": None,
        "query": f"CpuUtilization[1m].mean() > {70 + resource.revision}",
        "resolution": "1m",
        "pendingDuration": "PT5M",
        "severity": rng.choice(("CRITICAL", "WARNING", "INFO")),
        "body": f"Escalate with password={_word(rng, 12)} at https://ops.example.com",
        "messageFormat": "ONS_OPTIMIZED",
        "isNotificationsPerMetricDimensionEnabled": False,
        "repeatNotificationDuration": None,
        "suppression": None,
        "isEnabled": True,
        "timeUpdated": None,
    }


def vault(resource: Resource, rng: Random) -> dict[str, Any]:
    """key_management Vault."""
    prefix = _word(rng, 13)
    return {
        "cryptoEndpoint": f"https://{prefix}-crypto.kms.{resource.region}.oraclecloud.com",
        "managementEndpoint": f"https://{prefix}-management.kms.{resource.region}.oraclecloud.com",
        "vaultType": "DEFAULT",
        "wrappingkeyId": f"ocid1.key.oc1..{_word(rng, 60)}",
        "isPrimary": True,
        "isVaultReplicable": resource.revision % 2 == 1,
        "replicaDetails": None,
        "restoredFromVaultId": None,
        "timeOfDeletion": None,
    }


def bucket(resource: Resource, rng: Random) -> dict[str, Any]:
    """object_storage Bucket, with a password that someone left in its metadata."""
    return {
        "metadata": {"owner": "team-data", "db_password": f"P{_word(rng, 15)}"},
        "createdBy": "ocid1.saml2idp.oc1..aaaaaaaaexample/ops@example.com",
        "etag": f"{rng.getrandbits(64):016x}-{resource.revision:04x}",
        "publicAccessType": "NoPublicAccess" if resource.revision % 2 == 0 else "ObjectRead",
        "storageTier": "Standard",
        "objectEventsEnabled": rng.random() < 0.3,
        "isBucketKeyEnabled": None,
        "objectLifecyclePolicyEtag": None,
        "approximateCount": None,
        "approximateSize": None,
        "replicationEnabled": False,
        "isReadOnly": False,
        "versioning": rng.choice(("Disabled", "Enabled")),
        "autoTiering": "Disabled",
    }
