"""Bodies of compute: Instance, Image."""

from __future__ import annotations

import base64
from random import Random
from typing import Any

from emulator.sdk.values import Surroundings
from emulator.tenancy.regions import instance_region
from emulator.tenancy.values import Resource

_SHAPES = ("VM.Standard.E4.Flex", "VM.Standard.E5.Flex", "VM.Standard3.Flex", "VM.Standard.A1.Flex")


def _token(rng: Random, length: int) -> str:
    return "".join(rng.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=length))


def instance(resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """core Instance, with secrets where people put them: user data, SSH keys, extended metadata."""
    password = _token(rng, 14)
    cloud_init = (
        f"#cloud-config\nchpasswd:\n  list: |\n    opc:{password}\nruncmd:\n"
        f"  - export DB_PASSWORD='{_token(rng, 16)}'\n  - curl -s https://setup.example.com/agent.sh | bash\n"
    )
    return {
        "faultDomain": f"FAULT-DOMAIN-{rng.randint(1, 3)}",
        "region": instance_region(resource.region),
        "shape": rng.choice(_SHAPES),
        "metadata": {
            "ssh_authorized_keys": f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC{_token(rng, 64)} opc@bastion",
            "user_data": base64.b64encode(cloud_init.encode()).decode(),
            # What users write looks like a reference and is none.
            "vcn_id": resource.compartment_id,
        },
        "extendedMetadata": {
            "service": {
                "clientId": "billing",
                "clientSecret": _token(rng, 32),
                "subnetIds": [resource.compartment_id],
            }
        },
        # No field of the SDK's model: services grow fields before the SDK knows them.
        "opticalLinkProfile": {"mode": "DISABLED", "lanes": rng.choice((0, 2, 4))},
    }


def image(_resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """core Image, of the systems that exist."""
    return {
        "operatingSystem": rng.choice(("Oracle Linux", "Canonical Ubuntu", "Windows")),
        "operatingSystemVersion": rng.choice(("8", "9", "22.04", "Server 2022 Standard")),
    }
