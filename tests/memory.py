"""How much memory a region worker and the aggregator need, and that it does not grow with the tenancy.

Runs the deployed functions as real processes on the emulated cloud, from the archive that `make package`
builds: with its packages and no others, for pyarrow imports what else it finds. For each size there is a
tenancy whose resources all lie in one region, a first run, changes to 4 % of the resources, and a second run,
which has the first as its baseline and writes every file. A role's figure is the largest resident size that
one of its processes ever had (the kernel's own count) plus the most that was ever seen in its `/tmp`, which
Functions keeps in memory too; the two need not fall together, so the figure is an upper bound.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emulator.cloud import Cloud
from emulator.functions.processes import descendants, peak_bytes
from emulator.mutation import mutate
from emulator.tenancy import generate
from tests.package.conftest import CACHE, PROJECT
from tools.package.build import build_archive

SIZES = (10_000, 100_000)
#: How many times the smallest tenancy's memory the others may need.
MOST_GROWTH = 1.2
ROLES = ("region", "aggregator")
#: What the two processes of a run may use; above what is measured, so that nothing is killed.
MEMORY_IN_MBS = 1024

_SAMPLE_SECONDS = 0.02
_MEGABYTE = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Footprint:
    """What one function's process needed: the kernel's peak of its resident size, the most in `/tmp`."""

    function: str
    tmp: Path
    resident: int = 0
    on_disk: int = 0


class Watcher:
    """Looks at the functions' processes, which are this process's children, until it is closed."""

    def __init__(self) -> None:
        self._footprints: dict[int, Footprint] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._closing.set()
        self._thread.join()

    def peak_bytes(self, role: str) -> int:
        """The most that any process of the role needed."""
        found = [each for each in self._footprints.values() if each.function == f"inventory-{role}"]
        return max(each.resident + each.on_disk for each in found)

    def tmp_bytes(self, role: str) -> int:
        """The most that any process of the role had in `/tmp`."""
        found = [each for each in self._footprints.values() if each.function == f"inventory-{role}"]
        return max(each.on_disk for each in found)

    def _watch(self) -> None:
        while not self._closing.wait(_SAMPLE_SECONDS):
            for pid in descendants(os.getpid()):
                if pid not in self._footprints and not self._meet(pid):
                    continue
                seen = self._footprints[pid]
                seen.resident = max(seen.resident, peak_bytes(pid))
                seen.on_disk = max(seen.on_disk, _size_of(seen.tmp))

    def _meet(self, pid: int) -> bool:
        """Whether a process is a function's; until it is executed, it has our environment."""
        try:
            text = Path(f"/proc/{pid}/environ").read_bytes().decode()
        except OSError:
            return False
        environment = dict(line.partition("=")[::2] for line in text.split("\0"))
        if "FN_FN_NAME" not in environment:
            return False
        self._footprints[pid] = Footprint(function=environment["FN_FN_NAME"], tmp=Path(environment["TMPDIR"]))
        return True


def _size_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except OSError:
            continue
    return total


@dataclass(slots=True, kw_only=True)
class Measured:
    """One size: bytes by role, seconds of both runs, seconds of the second run's aggregator by step."""

    resources: int
    peaks: dict[str, int]
    tmp: dict[str, int]
    seconds: list[float] = field(default_factory=list)
    steps: dict[str, float] = field(default_factory=dict)


def measure(resources: int, *, depth: str, root: Path, image: Path) -> Measured:
    """Two runs over a tenancy of so many resources in one region."""
    tenancy = generate(seed=1, resources=resources, regions=1, types=60, now=datetime.now(UTC))
    config = {"INVENTORY_DEPTH": depth}
    seconds: list[float] = []
    summary: dict[str, Any] = {}
    with (
        Cloud(tenancy, root=root, source_dir=image, config=config, memory_in_mbs=MEMORY_IN_MBS) as cloud,
        Watcher() as watcher,
    ):
        for number in range(2):
            if number:
                _change(cloud, resources)
            began = time.monotonic()
            cloud.functions.invoke(cloud.deployment.controller.ocid, b"{}")
            cloud.functions.wait_idle(3600)
            seconds.append(time.monotonic() - began)
            summary = _summary(cloud)
        return Measured(
            resources=resources,
            peaks={role: watcher.peak_bytes(role) for role in ROLES},
            tmp={role: watcher.tmp_bytes(role) for role in ROLES},
            seconds=seconds,
            steps=summary["steps"],
        )


def _change(cloud: Cloud, resources: int) -> None:
    share = resources // 100
    mutate(
        cloud.tenancy,
        seed=2,
        adds=share,
        removes=share,
        tag_changes=share,
        lifecycle_changes=share // 2,
        detail_changes=share // 2,
        now=datetime.now(UTC),
    )


def _summary(cloud: Cloud) -> dict[str, Any]:
    """What the last run says of itself. Raises SystemExit where it published nothing."""
    run = max((cloud.objects / "inventory" / "runs").iterdir())
    closed = json.loads((run / "closed.json").read_bytes())
    if closed["status"] != "published":
        raise SystemExit(f"a run was not published: {closed}")
    summary: dict[str, Any] = json.loads((run / "run_summary.json").read_bytes())
    return summary


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 where memory grows too much."""
    parser = argparse.ArgumentParser(prog="python -m tests.memory", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=list(SIZES), help="resources")
    parser.add_argument("--depth", choices=("search", "full"), default="search")
    options = parser.parse_args(arguments)
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        image = _image(Path(folder))
        for size in sorted(options.sizes):
            print(f"two runs over {size:,} resources ...", flush=True)
            root = Path(folder) / str(size)
            measured.append(measure(size, depth=options.depth, root=root, image=image))
            shutil.rmtree(root)
    return verdict(measured)


def _image(folder: Path) -> Path:
    """What a function without an image holds, unpacked."""
    built = build_archive(PROJECT, folder / "dist", target=None, cache=CACHE)
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(folder / "image")
    return folder / "image" / "function"


def verdict(measured: list[Measured]) -> int:
    """Print the table; 1 where memory grows too much. The smallest tenancy comes first."""
    first = measured[0]
    print(f"\n{'peak memory, MB':24}" + "".join(f"{each.resources:>12,}" for each in measured) + "  growth")
    worst = 0.0
    for role in ROLES:
        growth = max(each.peaks[role] for each in measured) / first.peaks[role]
        worst = max(worst, growth)
        print(_row(role, [each.peaks[role] / _MEGABYTE for each in measured]) + f"{growth:8.2f}")
        print(_row("  of it in /tmp", [each.tmp[role] / _MEGABYTE for each in measured]))
    print(f"\n{'seconds':24}" + "".join(f"{each.resources:>12,}" for each in measured))
    print(_row("first run", [each.seconds[0] for each in measured]))
    print(_row("second run", [each.seconds[1] for each in measured]))
    for step in first.steps:
        print(_row(f"  {step}", [each.steps[step] for each in measured]))
    if worst > MOST_GROWTH:
        print(f"\nmemory grows to {worst:.2f} times; allowed: {MOST_GROWTH}")
        return 1
    return 0


def _row(what: str, figures: list[float]) -> str:
    return f"{what:24}" + "".join(f"{figure:12,.1f}" for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
