"""Bodies of compute and block storage: Instance, Image, Volume, BootVolume."""

from __future__ import annotations

import base64
from random import Random
from typing import Any

from emulator.tenancy.regions import instance_region
from emulator.tenancy.values import Resource

_SHAPES = ("VM.Standard.E4.Flex", "VM.Standard.E5.Flex", "VM.Standard3.Flex", "VM.Standard.A1.Flex")


def _token(rng: Random, length: int) -> str:
    return "".join(rng.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=length))


def instance(resource: Resource, rng: Random) -> dict[str, Any]:
    """core Instance, with secrets where people put them: user data, SSH keys, extended metadata."""
    password = _token(rng, 14)
    cloud_init = (
        f"#cloud-config\nchpasswd:\n  list: |\n    opc:{password}\nruncmd:\n"
        f"  - export DB_PASSWORD='{_token(rng, 16)}'\n  - curl -s https://setup.example.com/agent.sh | bash\n"
    )
    ocpus = rng.choice((1, 2, 4, 8)) + resource.revision
    return {
        "faultDomain": f"FAULT-DOMAIN-{rng.randint(1, 3)}",
        "region": instance_region(resource.region),
        "shape": rng.choice(_SHAPES),
        "shapeConfig": {
            "ocpus": float(ocpus),
            "vcpus": ocpus * 2,
            "memoryInGBs": ocpus * 8.0,
            "baselineOcpuUtilization": None,
            "processorDescription": "2.55 GHz AMD EPYC™ 7J13 (Milan)",
            "networkingBandwidthInGbps": float(ocpus),
            "maxVnicAttachments": max(2, ocpus),
            "gpus": 0,
            "gpuDescription": None,
            "localDisks": 0,
            "localDisksTotalSizeInGBs": None,
            "localDiskDescription": None,
        },
        "launchMode": "PARAVIRTUALIZED",
        "launchOptions": {
            "bootVolumeType": "PARAVIRTUALIZED",
            "firmware": "UEFI_64",
            "networkType": "PARAVIRTUALIZED",
            "remoteDataVolumeType": "PARAVIRTUALIZED",
            "isPvEncryptionInTransitEnabled": rng.random() < 0.5,
            "isConsistentVolumeNamingEnabled": True,
        },
        "instanceOptions": {"areLegacyImdsEndpointsDisabled": rng.random() < 0.4},
        "availabilityConfig": {"isLiveMigrationPreferred": None, "recoveryAction": "RESTORE_INSTANCE"},
        "agentConfig": {
            "isMonitoringDisabled": False,
            "isManagementDisabled": rng.random() < 0.2,
            "areAllPluginsDisabled": False,
            "pluginsConfig": [{"name": "Bastion", "desiredState": "ENABLED"}],
        },
        "sourceDetails": {
            "sourceType": "image",
            "imageId": resource.references.get("imageId"),
            "bootVolumeSizeInGBs": rng.choice((50, 100, 200)),
            "bootVolumeVpusPerGB": 10,
            "kmsKeyId": None,
        },
        "metadata": {
            "ssh_authorized_keys": f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC{_token(rng, 64)} opc@bastion",
            "user_data": base64.b64encode(cloud_init.encode()).decode(),
        },
        "extendedMetadata": {"service": {"clientId": "billing", "clientSecret": _token(rng, 32)}},
        "dedicatedVmHostId": None,
        "capacityReservationId": None,
        "securityAttributes": {},
        "timeMaintenanceRebootDue": None,
        # No field of the SDK's model: services grow fields before the SDK knows them.
        "opticalLinkProfile": {"mode": "DISABLED", "lanes": rng.choice((0, 2, 4))},
    }


def image(resource: Resource, rng: Random) -> dict[str, Any]:
    """core Image."""
    size = rng.randint(20, 90) * 1024
    return {
        "baseImageId": None,
        "createImageAllowed": resource.revision % 2 == 0,
        "launchMode": "NATIVE",
        "launchOptions": {
            "bootVolumeType": "PARAVIRTUALIZED",
            "firmware": "UEFI_64",
            "networkType": "PARAVIRTUALIZED",
        },
        "operatingSystem": rng.choice(("Oracle Linux", "Canonical Ubuntu", "Windows")),
        "operatingSystemVersion": rng.choice(("8", "9", "22.04", "Server 2022 Standard")),
        "listingType": None,
        "sizeInMBs": size,
        "billableSizeInGBs": size // 1024,
        "agentFeatures": None,
    }


def _any_volume(resource: Resource, rng: Random) -> dict[str, Any]:
    size = rng.choice((50, 100, 200, 1024))
    return {
        "isHydrated": True,
        "vpusPerGB": 10 * (1 + resource.revision),
        "sizeInGBs": size,
        "sizeInMBs": size * 1024,
        "volumeGroupId": None,
        "isAutoTuneEnabled": rng.random() < 0.2,
        "autoTunedVpusPerGB": 10,
        "autotunePolicies": None,
        "sourceDetails": None,
    }


def volume(resource: Resource, rng: Random) -> dict[str, Any]:
    """core Volume."""
    return {**_any_volume(resource, rng), "blockVolumeReplicas": None, "isReservationsEnabled": False}


def boot_volume(resource: Resource, rng: Random) -> dict[str, Any]:
    """core BootVolume."""
    return {**_any_volume(resource, rng), "bootVolumeReplicas": None}
