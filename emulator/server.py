"""The emulated cloud as a process of its own, for other clients: SDK programs, the OCI command line, people.

Prints where everything is, writes an API key's configuration that the SDK and the command line take, and
stays until it is told to end. Faults are switched on through `/_emulator/` (see `control`).
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emulator.cloud import BUCKET, Cloud
from emulator.control import PREFIX
from emulator.tenancy import generate

_TICK_SECONDS = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; returns the process's exit status."""
    options = _options(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    root = options.out.resolve()
    root.mkdir(parents=True, exist_ok=True)
    tenancy = generate(
        seed=options.seed,
        resources=options.resources,
        regions=options.regions,
        types=options.types,
        now=datetime.now(UTC),
    )
    source_dir = Path(__file__).resolve().parent.parent
    config = dict(setting.split("=", 1) for setting in options.setting)
    with Cloud(tenancy, root=root, source_dir=source_dir, port=options.port, config=config) as cloud:
        told = {**_write_config(cloud, root), **_places(cloud)}
        (root / "endpoints.json").write_text(json.dumps(told, indent=2) + "\n")
        for name, value in told.items():
            print(f"{name:16} {value}")
        print(f"\nAll of this is also in {root / 'endpoints.json'}. Ctrl-C ends the cloud.", flush=True)
        while not ended.wait(_TICK_SECONDS):
            cloud.tick()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulator.server", description=__doc__)
    parser.add_argument("--resources", type=int, default=5000, help="how many the tenancy has (%(default)s)")
    parser.add_argument("--regions", type=int, default=4, help="in so many regions (%(default)s)")
    parser.add_argument("--types", type=int, help="of the first so many types of the mix (all)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another tenancy (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--setting",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="configuration of the application, such as INVENTORY_LOG_FORMAT=plain; may be repeated",
    )
    parser.add_argument("--out", type=Path, default=Path("build/cloud"), help="where it is kept")
    options = parser.parse_args(arguments)
    if any("=" not in setting for setting in options.setting):
        parser.error("--setting takes KEY=VALUE")
    return options


def _write_config(cloud: Cloud, root: Path) -> dict[str, str]:
    """Write `config` and `key.pem` as in `~/.oci`; returns where they are."""
    key = cloud.person()
    key_file, config_file = root / "key.pem", root / "config"
    key_file.touch(mode=0o600)
    key_file.write_text(key.private_key_pem)
    values = {**key.config(cloud.region), "key_file": str(key_file)}
    del values["key_content"]
    config_file.touch(mode=0o600)
    config_file.write_text("[DEFAULT]\n" + "".join(f"{name}={value}\n" for name, value in values.items()))
    return {"config_file": str(config_file)}


def _places(cloud: Cloud) -> dict[str, Any]:
    """What a client needs to know, by name."""
    door = cloud.door.endpoint_template.partition("/{service}")[0]
    return {
        "endpoint": cloud.door.endpoint_template,
        "control": f"{door}{PREFIX}",
        "regions": list(cloud.tenancy.ready_regions),
        "tenancy_id": cloud.tenancy.tenancy_id,
        "namespace": cloud.tenancy.namespace,
        "bucket": BUCKET,
        "topic_id": cloud.topic_id,
        "controller_id": cloud.deployment.controller.ocid,
        "objects": str(cloud.objects),
    }


if __name__ == "__main__":
    sys.exit(main())
