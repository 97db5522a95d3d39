"""`python -m tools.catalog propose [name ...]` and `python -m tools.catalog facts`.

`propose` prints, for the names given or those that the catalog has no call for, the three gets of the
installed SDK whose names are most alike: each as an entry for `types.yaml`, and as a comment the row for the
emulator's table. `facts` writes the wire facts of every call that the catalog names; run it after a change of
`types.yaml` and after an upgrade of the SDK.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from inventory.catalog.load import load_catalog
from tools.catalog.candidates import candidates, kind_of, list_beside, resource_gets
from tools.catalog.derive import list_call
from tools.catalog.entries import entry_of, entry_text
from tools.catalog.facts import UnknownOperation, facts_text, make_facts
from tools.catalog.shape import missing_fields

CATALOG = Path("inventory/catalog")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the two commands; 1 where the SDK lacks what the catalog names."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.catalog",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    propose = commands.add_parser("propose", help="print candidates for types")
    propose.add_argument("names", nargs="*", help="resource types, as Search spells them")
    facts = commands.add_parser("facts", help="write the wire facts of the calls in types.yaml")
    facts.add_argument("--folder", type=Path, default=CATALOG, help="where the catalog is (%(default)s)")
    given = parser.parse_args(arguments)
    if given.command == "propose":
        _propose(given.names)
        return 0
    return _write_facts(given.folder)


def _propose(names: Sequence[str]) -> None:
    gets = list(resource_gets())
    for name in names or [entry.name for entry in load_catalog().entries if entry.reason is not None]:
        for score, call in candidates(name, gets):
            listed = list_beside(call)
            beside = listed.name if listed is not None else "-"
            print(f"# {score:.2f}")
            print(entry_text(entry_of(name, call, listed)), end="")
            if listed is not None and list_call(listed, call) is not None:
                lacking = missing_fields(call, listed)
                if lacking:
                    print(f"# The items of {beside} lack {', '.join(lacking)}.")
            print("#", "\t".join((name, kind_of(name), "-", call.key, beside)))


def _write_facts(folder: Path) -> int:
    text = (folder / "types.yaml").read_text("utf-8")
    try:
        facts = make_facts(text)
    except UnknownOperation as error:
        print(error, file=sys.stderr)
        return 1
    (folder / "sdk_operations.json").write_text(facts_text(facts), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
