"""Runs for the tests of the aggregator: a published inventory, a tenancy that changed, and a scan of it."""

from __future__ import annotations

from typing import Any

from inventory.model.publication import Published
from tests.fakes.installation import FRANKFURT, HOME, Installation, item

#: Files whose bytes follow from the manifest and the shards alone.
DERIVED = (
    "inventory.jsonl.gz",
    "inventory.csv",
    "relationships.jsonl.gz",
    "diff.json",
    "diff_summary.json",
    "changes.jsonl.gz",
    "graph_nodes.jsonl.gz",
    "graph_edges.jsonl.gz",
    "inventory.parquet",
)
#: Files that tell of the run itself; the stored copy stands.
TOLD = ("run_summary.json", "coverage.json", "report.md")


def inhabited(**settings: Any) -> Installation:
    """An installation with some resources in two regions; one of them is known to every region."""
    here = Installation(**settings)
    user = item(HOME, "user", resourceType="User", identifier="ocid1.user.oc1..u")
    here.regions[FRANKFURT].items = [item(FRANKFURT, name) for name in "abc"] + [user]
    here.regions[HOME].items = [item(HOME, name) for name in "klm"] + [user]
    return here


def changed(here: Installation) -> None:
    """In Frankfurt one resource goes, one comes, one changes; at home one changes."""
    here.regions[FRANKFURT].items = [
        item(FRANKFURT, "b", displayName="renamed"),
        item(FRANKFURT, "c"),
        item(FRANKFURT, "d"),
        here.regions[FRANKFURT].items[-1],
    ]
    here.regions[HOME].items[0] = item(HOME, "k", lifecycleState="TERMINATED")


def rescanned(**settings: Any) -> tuple[Installation, str, str]:
    """A first run that is published, and a second one over the changed tenancy that waits for its
    aggregator; returns both their ids."""
    here = inhabited(**settings)
    first = here.run("first")
    changed(here)
    return here, first, here.scan("second")


def published(here: Installation, run_id: str) -> Published:
    return Published.from_bytes(here.memory.get(here.names(run_id).published).body)


def closed(here: Installation, run_id: str) -> tuple[str, str]:
    document = here.json(here.names(run_id).closed)
    return document["status"], document["reason"]


def diff(here: Installation, run_id: str) -> dict[str, list[str]]:
    """The lists of the diff, by the last part of each OCID."""
    document = here.json(here.names(run_id).artifact("diff.json"))
    kinds = ("added", "removed", "changed", "unchanged", "notCompared")
    return {kind: [ocid.rsplit(".", 1)[1] for ocid in document[kind]] for kind in kinds}


def summary(here: Installation, run_id: str) -> dict[str, Any]:
    document: dict[str, Any] = here.json(here.names(run_id).artifact("run_summary.json"))
    return document


def gaps(here: Installation, run_id: str) -> list[tuple[str, str, str]]:
    return [(gap["kind"], gap["place"], gap["reason"]) for gap in summary(here, run_id)["gaps"]]
