"""`relationships.jsonl.gz` against the records that it was taken from."""

from __future__ import annotations

from collections.abc import Iterator

from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.line_files import Line, LineFile, RecordLine

_PARTS = ("source_ocid", "relation_type", "target_ocid")


class RelationshipsCheck:
    """Takes the inventory's records in their order."""

    def __init__(self, lines: LineFile, findings: Findings) -> None:
        self._name = lines.name
        self._findings = findings
        self._lines: Iterator[Line] = iter(lines)
        self._last: tuple[str, ...] = ()
        self._next: Line | None = None
        self._advance()

    def add(self, record: RecordLine) -> None:
        """Check one record's relationships."""
        ocid = record.identity[0]
        found = self._take(ocid) if ocid else []
        self._findings.expect(
            self._name,
            f"relationships of {ocid or 'a record without OCID'}",
            found=[line.value for line in found],
            expected=record.record["relationships"],
        )

    def finish(self) -> None:
        """Read the rest, which belongs to no record."""
        self._take(None)

    def abandon(self) -> None:
        """Read the rest for its own sake: what it should be compared with is damaged."""
        while self._next is not None:
            self._advance()

    def _take(self, ocid: str | None) -> list[Line]:
        taken: list[Line] = []
        while self._next is not None:
            line, source = self._next, self._next.value["source_ocid"]
            if ocid is not None and source > ocid:
                break
            self._advance()
            if source == ocid:
                taken.append(line)
            else:
                self._findings.add(
                    self._name,
                    f"line {line.number}, field /source_ocid",
                    found=source,
                    expected="an OCID of the inventory",
                )
        return taken

    def _advance(self) -> None:
        for line in self._lines:
            place = tuple(line.value[part] for part in _PARTS)
            if place <= self._last:
                self._findings.add(
                    self._name,
                    f"line {line.number}",
                    found=f"{place} behind {self._last}",
                    expected="sorted lines, each once",
                )
                continue
            self._last = place
            self._next = line
            return
        self._next = None
