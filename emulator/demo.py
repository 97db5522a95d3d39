"""The main job on the emulated tenancy: deploy, take an inventory, change the tenancy, take another.

Acts as a person would: with an API key, through the SDK, reading the bucket. What it prints comes from the
product's documents in the bucket; the files stay where the last lines say.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import oci

from emulator.cloud import BUCKET, Cloud
from emulator.mutation import Changes, mutate
from emulator.tenancy import generate

_PREFIX = "inventory"
_TIMEOUT_SECONDS = 900
# Small pages and shards, so that progress shows while a region is at work.
_CONFIG = {"INVENTORY_PAGE_SIZE": "250", "INVENTORY_SHARD_RECORDS": "500"}


class Person:
    """Somebody in the tenancy who starts runs and reads the bucket."""

    def __init__(self, cloud: Cloud) -> None:
        key = cloud.person()
        config = key.config(cloud.region)
        self._controller = cloud.deployment.controller.ocid
        self._namespace = cloud.tenancy.namespace
        self._functions = oci.functions.FunctionsInvokeClient(
            config, service_endpoint=cloud.deployment.invoke_endpoint, timeout=(10, 300)
        )
        self._objects = oci.object_storage.ObjectStorageClient(
            config, service_endpoint=cloud.endpoint("objectstorage")
        )

    def start_run(self) -> str:
        """Invoke the controller; returns the run's id."""
        response = self._functions.invoke_function(self._controller, invoke_function_body="{}")
        return str(json.loads(response.data.text)["run_id"])

    def read(self, name: str) -> Any:
        """A JSON document of the bucket, or None where there is none."""
        try:
            response = self._objects.get_object(self._namespace, BUCKET, f"{_PREFIX}/{name}")
        except oci.exceptions.ServiceError as error:
            if error.status == 404:
                return None
            raise
        return json.loads(response.data.content)

    def close(self) -> None:
        """Close the connections."""
        for client in (self._functions, self._objects):
            client.base_client.session.close()


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; returns the process's exit status."""
    options = _options(arguments)
    # The functions' processes end with us, however we end.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    tenancy = generate(
        seed=options.seed,
        resources=options.resources,
        regions=options.regions,
        types=options.types,
        now=datetime.now(UTC),
    )
    print(f"An emulated tenancy of {options.resources} resources, {len(tenancy.type_names)} types:")
    print(f"  {', '.join(tenancy.ready_regions)} (home region {tenancy.home_region})")
    source_dir = Path(__file__).resolve().parent.parent
    with Cloud(tenancy, root=options.out, source_dir=source_dir, config=_CONFIG) as cloud:
        person = Person(cloud)
        try:
            first = _run(person, "First run")
            changes = _change(cloud, options)
            second = _run(person, "Second run")
        finally:
            person.close()
        _tell(summary=second, changes=changes)
        print("\nWhere it lies (the bucket's objects are plain files):")
        for run_id in (first["run_id"], second["run_id"]):
            print(f"  {cloud.objects / _PREFIX / 'runs' / run_id}")
        report = cloud.objects / _PREFIX / "runs" / second["run_id"] / "report.md"
        print(f"\nOpen the report: {report}")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulator.demo", description=__doc__)
    parser.add_argument("--resources", type=int, default=5000)
    parser.add_argument("--regions", type=int, default=4)
    parser.add_argument("--types", type=int, help="only the first so many of the mix")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/run"))
    return parser.parse_args(arguments)


def _run(person: Person, title: str) -> dict[str, Any]:
    """One run from its start to its closing; returns its summary."""
    began = time.monotonic()
    run_id = person.start_run()
    print(f"\n{title}: {run_id}")
    shown = ""
    while person.read(f"runs/{run_id}/closed.json") is None:
        line = _progress(person, run_id)
        if line != shown:
            print(f"  {time.monotonic() - began:5.1f} s  {line}", flush=True)
            shown = line
        if time.monotonic() - began > _TIMEOUT_SECONDS:
            raise TimeoutError(f"{run_id} is not closed after {_TIMEOUT_SECONDS} s")
        time.sleep(0.5)
    spent = time.monotonic() - began
    closed = person.read(f"runs/{run_id}/closed.json")
    print(f"  {spent:5.1f} s  {closed['status']}: {closed['reason']}")
    summary: dict[str, Any] = person.read(f"runs/{run_id}/run_summary.json")
    if summary is None:
        raise SystemExit(f"the run ended without a summary: {closed}")
    _tell_steps(summary)
    return summary


def _progress(person: Person, run_id: str) -> str:
    manifest = person.read(f"runs/{run_id}/manifest.json")
    if manifest is None:
        return "planning"
    parts = []
    for region in manifest["regions"]:
        checkpoint = person.read(f"runs/{run_id}/regions/{region}/checkpoint.json")
        if checkpoint is None:
            parts.append(f"{region}: starting")
            continue
        records = sum(shard["count"] for part in checkpoint["slices"] for shard in part["shards"])
        parts.append(f"{region}: {records}{' done' if checkpoint['state'] == 'final' else ''}")
    aggregation = person.read(f"runs/{run_id}/aggregation.json")
    if aggregation is not None:
        parts.append(f"aggregator: {aggregation['state']}")
    return "  ".join(parts)


def _tell_steps(summary: dict[str, Any]) -> None:
    print("  Seconds per step:")
    for region, told in summary["regions"].items():
        steps = ", ".join(f"{step} {spent:.1f}" for step, spent in told.get("seconds", {}).items())
        print(f"    {region:16} {told['records']:6} records  {steps}")
    steps = ", ".join(f"{step} {spent:.1f}" for step, spent in summary["steps"].items())
    print(f"    {'aggregator':16} {summary['total_discovered']:6} records  {steps}")


def _change(cloud: Cloud, options: argparse.Namespace) -> Changes:
    share = max(options.resources // 250, 1)
    changes = mutate(
        cloud.tenancy,
        seed=options.seed,
        adds=share,
        removes=share // 2 + 1,
        tag_changes=share,
        lifecycle_changes=share // 2 + 1,
        moves=share // 4 + 1,
        detail_changes=share // 2 + 1,
        now=datetime.now(UTC),
    )
    print(
        f"\nThe tenancy changes: {len(changes.added)} added, {len(changes.removed)} removed, "
        f"{len(changes.changed)} changed."
    )
    return changes


def _tell(*, summary: dict[str, Any], changes: Changes) -> None:
    diff = summary["diff"]
    print("\nWhat the second run says has changed:")
    for kind in ("added", "removed", "changed", "unchanged", "notCompared"):
        print(f"  {kind:12} {diff[kind]:6}")
    # What changed only in a service's answer shows where the product asks that service.
    fewest = len(changes.changed) - len(changes.details)
    exact = (diff["added"], diff["removed"]) == (len(changes.added), len(changes.removed))
    print(f"  ({len(changes.details)} changes show only where a service is asked; not every type is.)")
    if not exact or not fewest <= diff["changed"] <= len(changes.changed):
        raise SystemExit("the diff is not what was changed")


if __name__ == "__main__":
    sys.exit(main())
