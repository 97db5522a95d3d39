"""`changes.jsonl.gz` against the records of both inventories and the lists of `diff.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from inventory.roles.verifier.diff_check import ADDED, CHANGED, REMOVED, DiffFile
from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.line_files import Group, Line, LineFile
from inventory.roles.verifier.run_facts import VerifiedRun

_TOLD = (ADDED, REMOVED, CHANGED)
_COPIED = ("resourceType", "displayName", "region", "compartmentId")
_NOTHING = "nothing"


class ChangesCheck:
    """Takes every identity of both inventories with the kind that `diff.json` gives it."""

    def __init__(self, lines: LineFile, run: VerifiedRun, findings: Findings) -> None:
        self._name = lines.name
        self._run = run
        self._findings = findings
        self._lines: Iterator[Line] = iter(lines)
        self._without_ocid: Counter[str] = Counter()
        self._last = ""
        self._next: Line | None = None
        self._advance()

    def add(self, group: Group, kind: str | None) -> None:
        """Check what is told of one identity; a kind of None is not compared."""
        ocid = group.identity[0]
        if not ocid:
            return
        line = self._take(ocid)
        if line is None:
            if kind in _TOLD:
                self._findings.add(
                    self._name, f"record {ocid}", found="no line", expected=f"a line of kind {kind}"
                )
            return
        place = f"line {line.number}"
        told = line.value["kind"]
        if kind is not None:
            self._findings.expect(self._name, f"{place}, field /kind", found=told, expected=kind)
        before = group.before[0].record if group.before else None
        now = group.now[0].record if group.now else None
        presence = {ADDED: (False, True), REMOVED: (True, False), CHANGED: (True, True)}[told]
        if presence != (before is not None, now is not None):
            self._findings.add(
                self._name,
                place,
                found=f"{ocid} is {told}",
                expected=f"in the baseline: {before is not None}, in the inventory: {now is not None}",
            )
            return
        self._check_line(line, before, now)

    def finish(self, diff: DiffFile | None) -> None:
        """Read the rest, and hold the records without OCID against the diff's numbers."""
        self._take(None)
        if diff is None or not diff.is_whole:
            return
        for kind in _TOLD:
            self._findings.expect(
                self._name,
                f"lines of kind {kind} without OCID",
                found=self._without_ocid[kind],
                expected=diff.summary.get(kind, 0) - diff.sizes[kind],
            )

    def abandon(self) -> None:
        """Read the rest for its own sake: what it should be compared with is damaged."""
        while self._next is not None:
            self._advance()

    def _check_line(self, line: Line, before: dict[str, Any] | None, now: dict[str, Any] | None) -> None:
        record = now if now is not None else before
        assert record is not None
        place = f"line {line.number}"
        for field in _COPIED:
            self._findings.expect(
                self._name, f"{place}, field /{field}", found=line.value[field], expected=record[field]
            )
        baseline = self._run.baseline
        since = before["collectedAt"] if before else baseline.manifest.collected_at if baseline else None
        self._findings.expect(self._name, f"{place}, field /since", found=line.value["since"], expected=since)
        self._findings.expect(
            self._name, f"{place}, field /until", found=line.value["until"], expected=self._run.collected_at
        )
        if before is None or now is None:
            return
        for number, change in enumerate(line.value["fields"]):
            for side, values in (("before", before), ("after", now)):
                self._findings.expect(
                    self._name,
                    f"{place}, field /fields/{number}/{side}",
                    found=change.get(side, _NOTHING),
                    expected=_at(values, change["pointer"]),
                )

    def _take(self, ocid: str | None) -> Line | None:
        while self._next is not None:
            line, found = self._next, self._next.value["ocid"]
            if ocid is not None and found > ocid:
                return None
            self._advance()
            if found == ocid:
                return line
            self._findings.add(
                self._name,
                f"line {line.number}",
                found=found,
                expected="an OCID of the inventory or of the baseline's inventory",
            )
        return None

    def _advance(self) -> None:
        """Move to the next line that has an OCID and stands in order; count those without one."""
        for line in self._lines:
            ocid = line.value["ocid"]
            if ocid is None:
                self._without_ocid[line.value["kind"]] += 1
                ocid = ""
                if not self._last:
                    continue
            if ocid <= self._last:
                self._findings.add(
                    self._name,
                    f"line {line.number}",
                    found=f"{ocid or 'no OCID'} behind {self._last}",
                    expected="sorted lines, each OCID once",
                )
                continue
            self._last = ocid
            self._next = line
            return
        self._next = None


def _at(value: Any, pointer: str) -> Any:
    """The value at a JSON pointer, or a word for nothing."""
    for segment in pointer.split("/")[1:]:
        step = segment.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _NOTHING
    return value
