"""Lines that belong to resources, read in step with the resources' records.

That the lines are sorted and distinct is checked while they are read; a line that is not is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.line_files import Line, LineFile


class SortedLines:
    """The lines of a file, sorted by `fields`, of which the first is the OCID that a line belongs to."""

    def __init__(self, lines: LineFile, fields: Sequence[str], findings: Findings) -> None:
        self.name = lines.name
        self._fields = fields
        self._findings = findings
        self._lines: Iterator[Line] = iter(lines)
        self._last: tuple[str, ...] = ()
        self._next: Line | None = None
        self._advance()

    def below(self, ocid: str | None) -> Iterator[Line]:
        """Take the lines that belong to OCIDs below this one; all that are left for None."""
        while self._next is not None and (ocid is None or self._next.value[self._fields[0]] < ocid):
            line = self._next
            self._advance()
            yield line

    def at(self, ocid: str) -> list[Line]:
        """Take the lines that belong to this OCID; those below it must have been taken."""
        taken = []
        while self._next is not None and self._next.value[self._fields[0]] == ocid:
            taken.append(self._next)
            self._advance()
        return taken

    def abandon(self) -> None:
        """Read the rest for its own sake: what it should be compared with is damaged."""
        while self._next is not None:
            self._advance()

    def _advance(self) -> None:
        for line in self._lines:
            place = tuple(line.value[field] for field in self._fields)
            if place <= self._last:
                self._findings.add(
                    self.name,
                    f"line {line.number}",
                    found=f"{place} behind {self._last}",
                    expected="sorted lines, each once",
                )
                continue
            self._last = place
            self._next = line
            return
        self._next = None
