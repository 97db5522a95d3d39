"""Proposes calls of the SDK for resource types: `python -m emulator.sdk.propose [name ...]`.

For the names given, or those of the table without a call, prints the three gets whose names are most alike,
each with the list beside it, as lines for `searchable_types.tsv`. A person decides: what is only alike in
name is not the same resource. Run it after an upgrade of the SDK, or when Search shows a type that the table
does not have.
"""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterator, Sequence

from emulator.sdk.models import has_model, model
from emulator.sdk.operations import Operation, client_operations, clients
from emulator.sdk.types import searchable_types

_RESOURCE_FIELDS = frozenset({"id", "compartmentId", "lifecycleState", "timeCreated"})


def propose(name: str, gets: Sequence[Operation]) -> list[tuple[float, Operation]]:
    """The gets most alike to a type's name, best first, each with a score of at most 1."""
    wanted = re.sub("[^a-z0-9]", "", name.lower())
    scored = [(_likeness(wanted, call), call) for call in gets]
    return sorted(scored, key=lambda row: (-row[0], row[1].key))[:3]


def _likeness(wanted: str, call: Operation) -> float:
    noun = call.name.removeprefix("get_").replace("_", "")
    module = call.client.module.replace("_", "")
    if noun == wanted:
        return 1.0
    if wanted.endswith(noun):
        prefix = wanted.removesuffix(noun)
        return (0.7 if prefix in module or module.startswith(prefix) else 0.5) + 0.2 * len(noun) / len(wanted)
    return 0.6 * difflib.SequenceMatcher(None, module + noun, wanted).ratio()


def resource_gets() -> Iterator[Operation]:
    """The gets that answer something like a resource, addressed by the end of its path."""
    for client in clients():
        for call in client_operations(client).values():
            if not call.name.startswith("get_") or not call.path.endswith("}"):
                continue
            if has_model(client.module, call.response or ""):
                fields = model(client.module, call.response or "").fields.keys()
                if len(_RESOURCE_FIELDS & fields) >= 2:
                    yield call


def list_beside(call: Operation) -> str:
    """The list of the same collection, or `-`."""
    collection = call.path.rpartition("/")[0]
    for other in client_operations(call.client).values():
        if other.name.startswith("list_") and other.path == collection:
            return other.name
    return "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the proposals."""
    parser = argparse.ArgumentParser(prog="python -m emulator.sdk.propose", description=__doc__)
    parser.add_argument("names", nargs="*", help="resource types, as Search spells them")
    names = parser.parse_args(arguments).names
    gets = list(resource_gets())
    for name in names or [row.name for row in searchable_types().values() if row.get is None]:
        for score, call in propose(name, gets):
            kind = re.sub("[^a-z0-9]", "", name.lower())
            print(f"{score:.2f}", name, kind, "-", call.key, list_beside(call), sep="\t")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
