"""The inventory against what it was merged from: the run's shards and the baseline's inventory.

What was seen stands in the inventory as a shard has it; what was not seen stands as the baseline has it
where its region was not complete, and only there; nothing else stands there.
"""

from __future__ import annotations

from typing import Any

from inventory.model.record import OUT_OF_SCOPE
from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.line_files import Group, RecordLine
from inventory.roles.verifier.run_facts import VerifiedRun


class MergeCheck:
    """Takes every identity; `inventory` is the inventory's object name."""

    def __init__(self, run: VerifiedRun, findings: Findings, inventory: str, *, has_baseline: bool) -> None:
        self._run = run
        self._findings = findings
        self._inventory = inventory
        self._has_baseline = has_baseline

    def add(self, group: Group) -> None:
        """Check one identity's lines."""
        # What a filter leaves out stands in a shard so that it is not taken for gone.
        kept = [line for line in group.seen if line.record["enrichStatus"] != OUT_OF_SCOPE]
        present = [line for line in group.now if line.record["collectedAt"] == self._run.collected_at]
        older = [line for line in group.now if line.record["collectedAt"] != self._run.collected_at]
        if group.identity[0] and kept and not present and not older:
            self._findings.add(
                self._inventory,
                f"record {group.identity[0]}",
                found="no such record",
                expected=f"what a shard of {kept[0].record['region']} holds",
            )
        elif not group.identity[0] and len(present) < len(kept):
            self._findings.add(
                self._inventory,
                f"records without OCID like {group.identity[1:]}",
                found=f"{len(present)} of this run",
                expected=f"{len(kept)}, as in the shards",
            )
        if group.identity[0] and group.before and not group.now:
            self._check_gone(group.before[0])
        for line in present:
            self._check_seen(line, group, kept)
        for line in older:
            self._check_carried(line, group)

    def _check_seen(self, line: RecordLine, group: Group, kept: list[RecordLine]) -> None:
        if any(line.line == seen.line for seen in kept):
            return
        known = _without_carried(line.record)
        if "asOf" in line.record["details"] and any(known == _without_carried(seen.record) for seen in kept):
            return
        expected = "what a shard of this run holds" if kept else "a collectedAt of an earlier run"
        found = f"{group.identity[0] or group.identity} otherwise" if kept else line.record["collectedAt"]
        self._findings.add(self._inventory, f"line {line.number}", found=found, expected=expected)

    def _check_gone(self, before: RecordLine) -> None:
        region = str(before.record["region"])
        if self._run.is_comparable() and not self._run.is_complete(
            region, str(before.record["resourceType"])
        ):
            self._findings.add(
                self._inventory,
                f"record {before.record['ocid']}",
                found="no such record",
                expected=f"the baseline's, since {region} was not seen completely",
            )

    def _check_carried(self, line: RecordLine, group: Group) -> None:
        region = str(line.record["region"])
        if self._run.is_complete(region, str(line.record["resourceType"])):
            self._findings.add(
                self._inventory,
                f"line {line.number}, field /collectedAt",
                found=line.record["collectedAt"],
                expected=f"{self._run.collected_at}, since {region} was seen completely",
            )
        elif self._has_baseline and not any(line.line == before.line for before in group.before):
            self._findings.add(
                self._inventory,
                f"line {line.number}",
                found=f"{group.identity[0] or group.identity}, which this run has not seen",
                expected="the baseline's line, byte for byte",
            )


def _without_carried(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what may be taken over from the baseline where enrichment failed."""
    details = {key: item for key, item in record["details"].items() if key not in ("metadata", "asOf")}
    return {**record, "details": details, "relationships": None}
