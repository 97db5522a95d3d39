"""`relationships.jsonl.gz` against the records that it was taken from."""

from __future__ import annotations

from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.line_files import LineFile, RecordLine
from inventory.roles.verifier.sorted_lines import SortedLines

_PARTS = ("source_ocid", "relation_type", "target_ocid")


class RelationshipsCheck:
    """Takes the inventory's records in their order."""

    def __init__(self, lines: LineFile, findings: Findings) -> None:
        self._findings = findings
        self._lines = SortedLines(lines, _PARTS, findings)

    def add(self, record: RecordLine) -> None:
        """Check one record's relationships."""
        ocid = record.identity[0]
        if ocid:
            self._pass_over(ocid)
        found = self._lines.at(ocid) if ocid else []
        self._findings.expect(
            self._lines.name,
            f"relationships of {ocid or 'a record without OCID'}",
            found=[line.value for line in found],
            expected=record.record["relationships"],
        )

    def finish(self) -> None:
        """Read the rest, which belongs to no record."""
        self._pass_over(None)

    def abandon(self) -> None:
        """Read the rest for its own sake: what it should be compared with is damaged."""
        self._lines.abandon()

    def _pass_over(self, ocid: str | None) -> None:
        for line in self._lines.below(ocid):
            self._findings.add(
                self._lines.name,
                f"line {line.number}, field /source_ocid",
                found=line.value["source_ocid"],
                expected="an OCID of the inventory",
            )
