"""Generates a tenancy and says what is in it: `python -m emulator.tenancy --resources 100000`."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from emulator.tenancy.generate import generate
from emulator.tenancy.mix import DEFAULT_MIX
from emulator.tenancy.oddities import MEANINGS
from emulator.truth import count_oddities, write_truth


def main(arguments: list[str] | None = None) -> None:
    """Generate, print a summary, and write the truth where asked."""
    options = _options(arguments)
    began = time.monotonic()
    try:
        tenancy = generate(
            resources=options.resources,
            seed=options.seed,
            regions=options.regions,
            compartments=options.compartments,
            types=options.types,
            every_type=options.every_type,
            realm=options.realm,
            now=datetime.now(UTC),
        )
    except ValueError as exc:
        raise SystemExit(f"not a tenancy: {exc}") from None
    spent = time.monotonic() - began
    shown = [resource for resource in tenancy.snapshot if resource.is_searchable]
    by_type = Counter(resource.resource_type for resource in shown)
    print(
        f"{tenancy.tenancy_id}\n{len(shown)} resources of {len(by_type)} types in "
        f"{len(tenancy.compartments)} compartments, generated in {spent:.1f} s\n"
    )
    _table("Regions", Counter(resource.region for resource in shown))
    _table("Compartments", Counter(str(c.lifecycle_state) for c in tenancy.compartments))
    _table("Types", by_type, limit=options.top)
    found = count_oddities(tenancy)
    print("Oddities")
    for name, meaning in sorted(MEANINGS.items()):
        print(f"  {found[name]:>8}  {name}: {meaning}")
    hidden = Counter(r.resource_type for r in tenancy.snapshot if not r.is_searchable)
    print("\nNot shown by Search: " + ", ".join(f"{many} {name}" for name, many in sorted(hidden.items())))
    if options.truth:
        write_truth(tenancy, options.truth)
        print(f"\nThe truth: {options.truth}")


def _table(title: str, counts: Counter[str], limit: int | None = None) -> None:
    print(title)
    for name, many in counts.most_common(limit):
        print(f"  {many:>8}  {name}")
    if limit is not None and len(counts) > limit:
        print(
            f"  {sum(many for _, many in counts.most_common()[limit:]):>8}  of {len(counts) - limit} others"
        )
    print()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulator.tenancy", description=__doc__)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=DEFAULT_MIX.seed)
    parser.add_argument("--regions", type=int, default=DEFAULT_MIX.regions)
    parser.add_argument("--compartments", type=int, default=DEFAULT_MIX.compartments)
    parser.add_argument("--types", type=int, help="only the first so many of the mix")
    parser.add_argument("--every-type", action="store_true", help="every type that Search can know")
    parser.add_argument("--realm", default="oc1")
    parser.add_argument("--top", type=int, default=20, help="how many types to list")
    parser.add_argument("--truth", type=Path, help="write the truth, JSON lines, to this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
