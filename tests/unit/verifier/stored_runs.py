"""Published runs in memory, to be verified as they are or after somebody has spoiled them."""

from __future__ import annotations

import copy
import gzip
import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from inventory.errors import NotAuthorizedOrNotFound
from inventory.ports.store import StoredObject
from inventory.roles.verifier.findings import Finding
from inventory.roles.verifier.verify import Verification, verify_run
from tests.fakes.installation import FRANKFURT, HOME, NAMES, Installation, item

Lines = list[dict[str, Any]]


def canonical(value: Any) -> bytes:
    """The canonical line, by the standard library."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"


class StoredRuns:
    """A bucket with two complete runs over a changing tenancy and a third that lost a region.

    `file` names are those below the run that a test looks at, the second one if it says nothing else.
    """

    def __init__(self, here: Installation, runs: tuple[str, str, str]) -> None:
        self.here = here
        self.first, self.second, self.third = runs
        self.run_id = self.second

    # Looking

    def verify(self, run_id: str | None = None) -> Verification:
        return verify_run(self.here.memory, NAMES, run_id or self.run_id)

    def findings(self) -> list[Finding]:
        return self.verify().findings.told

    def name(self, file: str) -> str:
        """An object's full name; `/x` is one directly below the prefix, `region:shard` a region's first."""
        if file.startswith("/"):
            return f"inventory{file}"
        root = NAMES.run(self.run_id).root
        if file.endswith(":shard"):
            prefix = f"{root}/regions/{file.removesuffix(':shard')}/shards/"
            return next(name for name in sorted(self.here.memory.objects) if name.startswith(prefix))
        return f"{root}/{file}"

    def body(self, file: str) -> bytes:
        return self.here.memory.objects[self.name(file)].body

    def document(self, file: str) -> Any:
        return json.loads(self.body(file))

    def lines(self, file: str) -> Lines:
        return [json.loads(line) for line in gzip.decompress(self.body(file)).splitlines()]

    # Spoiling: always under the old ETag, as nobody can in a bucket that keeps its rules

    def put(self, file: str, body: bytes) -> None:
        objects = self.here.memory.objects
        objects[self.name(file)] = StoredObject(body=body, etag=objects[self.name(file)].etag)

    def drop(self, file: str) -> None:
        del self.here.memory.objects[self.name(file)]

    def edit(self, file: str, change: Callable[[Any], Any]) -> None:
        """Change a document in place."""
        document = self.document(file)
        change(document)
        self.put(file, canonical(document))

    def edit_lines(self, file: str, change: Callable[[Lines], Any]) -> None:
        """Change the lines of a file in place."""
        lines = self.lines(file)
        change(lines)
        self.put(file, gzip.compress(b"".join(map(canonical, lines)), mtime=0))

    def relist(self, file: str, *, count: int | None = None) -> None:
        """Let `published.json` tell the new bytes of a file, so that only its content betrays it."""
        body = self.body(file)

        def tell(listing: dict[str, Any]) -> None:
            listing |= {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            if count is not None:
                listing["count"] = count

        for document in ("published.json", "aggregation.json"):
            self.edit(
                document,
                lambda told: [tell(one) for one in told["artifacts"] if one["name"] == file],
            )

    def relist_shard(self, region: str, *, count: int | None = None) -> None:
        """Let checkpoint and outcome tell the new bytes of a region's first shard."""
        name, body = self.name(f"{region}:shard"), self.body(f"{region}:shard")
        changes: dict[str, Any] = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        if count is not None:
            changes["count"] = count

        def tell(document: dict[str, Any]) -> None:
            (shard,) = [one for part in document["slices"] for one in part["shards"] if one["name"] == name]
            shard |= changes

        for document in ("outcome.json", "checkpoint.json"):
            self.edit(f"regions/{region}/{document}", tell)


def stored_runs() -> StoredRuns:
    """Fresh runs; they are made once and copied."""
    here, runs = _made()
    fresh = Installation()
    fresh.memory.objects = dict(here.memory.objects)
    fresh.clock.time = here.clock.time
    return StoredRuns(fresh, runs)


@cache
def _made() -> tuple[Installation, tuple[str, str, str]]:
    # One shard for a region, so that the first one holds what can be spoiled.
    here = Installation(page_size=100, shard_records=100)
    here.reader.fields["subnetId"] = "ocid1.subnet.oc1.iad.s"
    here.reader.fields["vcnId"] = "ocid1.vcn.oc1.iad.n05"
    nameless = {"identifier": None, "resourceType": "Thing"}
    for region in (FRANKFURT, HOME):
        here.regions[region].items = [
            *(item(region, f"n{number:02}", compartmentId=f"ocid1.compartment.oc1..c{number % 3}")
              for number in range(14)),
            item(region, "=formula", displayName="=1+1\nnext \"line\", ü"),
            item(region, "untimed", timeCreated=None),
            item(region, "nobody", **nameless),
            item(region, "nobody", **nameless),
        ]  # fmt: skip
    here.regions[HOME].items.append(item(HOME, "user", resourceType="User", identifier="ocid1.user.oc1..u"))
    refused = NotAuthorizedOrNotFound("no", status=404, code="NotAuthorizedOrNotFound")
    # Not in the list, so asked for by itself, and refused there.
    here.reader.unlisted = {"ocid1.vcn.oc1.iad.n03"}
    here.reader.failures["ocid1.vcn.oc1.iad.n03"] = refused
    first = here.run("first")
    for region in (FRANKFURT, HOME):
        items = here.regions[region].items
        items[0] = copy.deepcopy(items[0]) | {"displayName": "renamed", "freeformTags": {"a/b": "~"}}
        del items[1:3]
        items += [item(region, f"new{number}") for number in range(2)]
    here.reader.unlisted.add("ocid1.vcn.oc1.iad.n04")
    here.reader.failures["ocid1.vcn.oc1.iad.n04"] = refused
    second = here.run("second")
    here.regions[FRANKFURT].is_down = True
    here.regions[HOME].items[0]["displayName"] = "renamed again"
    third = here.run("third")
    return here, (first, second, third)
