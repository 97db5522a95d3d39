"""A run over a large tenancy from end to end, held against the truth record for record.

`python -m tests.scale [resources] [depth]`: the committed default mix, 100,000 resources and depth `bulk` if
nothing else is said. Prints what it cost; fails where a record, a detail, an edge or a count is wrong.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from emulator.cloud import Cloud
from emulator.tenancy import generate
from inventory.catalog.load import load_catalog
from tests.e2e.call_plan import fewest_calls
from tests.e2e.conftest import build
from tests.e2e.expected import types_read_by
from tests.e2e.test_calls import reading_calls
from tests.e2e.verify import verify
from tests.e2e.world import World

_READ = {"bulk": types_read_by("list"), "full": types_read_by("list", "get")}


def main(resources: int = 100_000, depth: str = "bulk") -> None:
    """Run, compare, print."""
    tenancy = generate(resources=resources, now=datetime.now(UTC))
    config = {"INVENTORY_REQUESTS_PER_SECOND": "1000", "INVENTORY_DEPTH": depth}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        image = build(root / "image")
        with Cloud(tenancy, root=root / "cloud", source_dir=image, config=config) as cloud:
            world = World(cloud, readable=_READ[depth])
            began = time.monotonic()
            run = world.run()
            seconds = time.monotonic() - began
            calls, records = reading_calls(run), len(run.records())
            print(f"{records:,} records at depth {depth}: {seconds:.0f} s, {calls:,} calls", flush=True)
            print(f"{calls / records:.3f} calls a record")
            if depth == "full":
                fewest = fewest_calls(tenancy, world.truth(), load_catalog()).total()
                print(f"{calls / fewest:.3f} times the fewest that the catalog allows")
            verify(world, run)
    print("every record, detail and edge is the truth")


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((int, str), sys.argv[1:], strict=False)))
