"""Which calls of the SDK may read a resource type, by likeness of names.

A person decides: what is only alike in name is not the same resource.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from emulator.sdk.models import has_model, model
from emulator.sdk.operations import Operation, client_operations, clients

_RESOURCE_FIELDS = frozenset({"id", "compartmentId", "lifecycleState", "timeCreated"})
_SHOWN = 3


def kind_of(name: str) -> str:
    """A type's name as OCIDs may have it: small letters and digits."""
    return re.sub("[^a-z0-9]", "", name.lower())


def candidates(name: str, gets: Sequence[Operation]) -> list[tuple[float, Operation]]:
    """The gets most alike to a type's name, best first, each with a score of at most 1."""
    wanted = kind_of(name)
    scored = [(_likeness(wanted, call), call) for call in gets]
    return sorted(scored, key=lambda row: (-row[0], row[1].key))[:_SHOWN]


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
            if not call.name.startswith("get_") or call.method != "GET" or not call.path.endswith("}"):
                continue
            if has_model(client.module, call.response or ""):
                fields = model(client.module, call.response or "").fields.keys()
                if len(_RESOURCE_FIELDS & fields) >= 2:
                    yield call


def list_beside(call: Operation) -> Operation | None:
    """The list of the collection that a get is of, by the same client."""
    collection = call.path.rpartition("/")[0]
    for other in client_operations(call.client).values():
        if other.name.startswith("list_") and other.path == collection:
            return other
    return None
