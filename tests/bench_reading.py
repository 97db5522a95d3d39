"""What the details of a resource cost: the deployed region worker against one SDK get for each.

The worker is a real process under fdk; its processor time of a whole run in a warm container is divided by
the records. The other side does what such tools usually do: the SDK's client with its defaults, a get for one
resource after the other, and `to_dict`. Both talk to the same emulated cloud, whose own time does not count.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import oci

from emulator.cloud import Cloud
from emulator.functions.processes import descendants
from emulator.tenancy import Tenancy, generate
from emulator.tenancy.mix import DEFAULT_MIX
from inventory.catalog.load import load_catalog
from tests.e2e.conftest import build
from tests.memory import _summary

RECORDS = 20_000
GETS = 1_000
_TICKS = os.sysconf("SC_CLK_TCK")
#: Types that every tenancy has many of, and whose lists are complete.
_LISTED = ("Instance", "BootVolume", "Volume", "Subnet", "VolumeBackup", "BootVolumeBackup", "SecurityList")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        image = build(root / "image")
        listed = replace(DEFAULT_MIX, weights={name: DEFAULT_MIX.weights[name] for name in _needed()})
        print(
            f"reading {RECORDS} resources of types with lists, of the default mix, and {GETS} by the SDK ..."
        )
        dense, get = _measure(
            generate(resources=RECORDS, regions=1, mix=listed, now=datetime.now(UTC)), root / "1", image
        )
        mixed, _ = _measure(
            generate(resources=RECORDS, regions=1, now=datetime.now(UTC)), root / "2", image, gets=0
        )
    print(f"\n{'':24}{'worker':>12}{'SDK get':>12}{'ratio':>8}{'calls a record':>18}")
    for name, (micros, calls) in (("types with lists", dense), ("default mix", mixed)):
        print(f"{name:24}{micros:12.0f}{get:12.0f}{get / micros:8.1f}{calls:18.3f}")
    print("(microseconds of the processor for one record; the ratio is how many times less)")


def _needed() -> list[str]:
    """The listed types, and what the generator must have beside them."""
    catalog = load_catalog()
    kit = ("Compartment", "Vcn", "RouteTable", "DHCPOptions", "InternetGateway", "Image")
    return [
        name
        for name in DEFAULT_MIX.weights
        if name in (*kit, *_LISTED) and (name == "Compartment" or catalog.entry(name))
    ]


def _measure(
    tenancy: Tenancy, root: Path, image: Path, *, gets: int = GETS
) -> tuple[tuple[float, float], float]:
    """Microseconds and calls for a record of the worker's second run; microseconds of an SDK get."""
    config = {"INVENTORY_REQUESTS_PER_SECOND": "1000"}
    with Cloud(tenancy, root=root, source_dir=image, config=config) as cloud:
        _run(cloud)
        before = _cpu_seconds("inventory-region")
        _run(cloud)
        seconds = _cpu_seconds("inventory-region") - before
        summary = _summary(cloud)
        calls = sum(
            counts["calls"]
            for service, operations in summary["calls"].items()
            if service not in ("object_storage", "functions")
            for counts in operations.values()
        )
        records = summary["total_discovered"]
        get = _sdk_get_micros(cloud, tenancy, gets) if gets else 0.0
    return (seconds / records * 1e6, calls / records), get


def _run(cloud: Cloud) -> None:
    cloud.functions.invoke(cloud.deployment.controller.ocid, b"{}")
    cloud.functions.wait_idle(3600)


def _cpu_seconds(function: str) -> float:
    """The processor time of a function's processes so far."""
    total = 0.0
    for pid in descendants(os.getpid()):
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().decode()
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if f"FN_FN_NAME={function}\0" in environment:
            total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def _sdk_get_micros(cloud: Cloud, tenancy: Tenancy, many: int) -> float:
    """The SDK with its defaults; the emulated cloud answers from other threads, so only this one counts."""
    key = cloud.person()
    config = {
        "tenancy": key.tenancy_id,
        "user": key.user_id,
        "fingerprint": key.fingerprint,
        "key_content": key.private_key_pem,
        "region": tenancy.home_region,
    }
    endpoint = cloud.endpoint("iaas")
    client = oci.core.ComputeClient(config, service_endpoint=endpoint)
    instances = [
        str(one.ocid)
        for one in tenancy.snapshot.of_type("Instance")
        if one.lifecycle_state != "TERMINATED" and tenancy.is_readable(one)
    ][: many + 10]
    for ocid in instances[:10]:
        client.get_instance(ocid)
    began = time.thread_time()
    for ocid in instances[10:]:
        oci.util.to_dict(client.get_instance(ocid).data)
    return (time.thread_time() - began) / len(instances[10:]) * 1e6


if __name__ == "__main__":
    sys.exit(main())
