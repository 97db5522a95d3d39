"""`diff.json` against a comparison of the two inventories by their stable hashes.

What changed and what did not is the product's to judge, where hashes differ; that each resource stands in
exactly one list, in one that its presence and its hashes allow, and that the numbers add up, is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from inventory.errors import InvalidDocument
from inventory.roles.verifier.bucket import StoredFile
from inventory.roles.verifier.findings import Findings
from inventory.roles.verifier.json_sections import CHUNK_BYTES, Element, Section, read_document, read_section
from inventory.roles.verifier.line_files import Group, RecordLine
from inventory.roles.verifier.recomputation import hashed_bytes, sha256_hex, stable_hash_of
from inventory.roles.verifier.run_facts import VerifiedRun
from inventory.schemas.load import validator

ADDED, REMOVED, CHANGED, UNCHANGED = "added", "removed", "changed", "unchanged"
NOT_COMPARED = "notCompared"
LISTS = (ADDED, CHANGED, NOT_COMPARED, REMOVED, UNCHANGED)
_DETAILS = "details"
_SUMMARY = "summary"
_BATCH = 1000


class DiffFile:
    """`diff.json`: read once as a whole, then list by list along with the inventories.

    `sizes` are the lengths of its lists, `summary` its numbers. `is_whole` is False where it cannot be used.
    """

    def __init__(self, file: StoredFile, findings: Findings) -> None:
        self.name = file.name
        self.sizes: Counter[str] = Counter()
        self.summary: dict[str, int] = {}
        self.is_whole = True
        self._file = file
        self._findings = findings
        self._sections: dict[str, Section] = {}
        self._read_whole()

    def elements(self, section: str) -> Iterator[Element]:
        """A section's elements. Raises ValueError, InvalidDocument."""
        found = self._sections[section]
        return read_section(lambda offset: self._file.chunks_from(offset, CHUNK_BYTES), found)

    def _read_whole(self) -> None:
        sections: list[Section] = []
        chunks = self._file.chunks(CHUNK_BYTES)
        last: dict[str, str] = {}
        try:
            batch: dict[str, Any] = {}
            for number, element in enumerate(read_document(chunks, sections), start=1):
                self.sizes[element.section] += 1
                place = element.key if element.key is not None else element.value
                if element.section in (*LISTS, _DETAILS):
                    if isinstance(place, str) and place <= last.get(element.section, ""):
                        self._broken(
                            f"field /{element.section}",
                            f"{place} behind {last[element.section]}",
                            "sorted, each once",
                        )
                    last[element.section] = str(place)
                elif element.section == _SUMMARY and element.key is not None:
                    self.summary[element.key] = element.value
                _add(batch, element)
                # The numbers belong together: a batch does not end within them.
                if number % _BATCH == 0 and element.section != _SUMMARY:
                    self._check(batch)
                    batch = {}
            self._check(batch)
        except (ValueError, InvalidDocument) as exc:
            self._broken("", str(exc), "a whole canonical JSON document")
            for _ in chunks:
                pass  # the hash is told in any case
        self._sections = {section.name: section for section in sections}
        for name in (*LISTS, _DETAILS, _SUMMARY):
            if self.is_whole and name not in self._sections:
                self._broken(f"field /{name}", "nothing", "an array, or an object")
        self._findings.lines[self.name] = self.sizes[_DETAILS]

    def _check(self, batch: dict[str, Any]) -> None:
        # A part of the document is a document whose other lists are empty; the numbers are whole or absent.
        part = {name: [] for name in LISTS} | {_DETAILS: {}} | batch
        if _SUMMARY not in batch:
            part[_SUMMARY] = dict.fromkeys((*LISTS, "notComparedCurrent", "prev_total", "curr_total"), 0)
        misfit = validator("diff")(part)
        if misfit is not None:
            self._broken(f"field {misfit.pointer}", misfit.found, misfit.expected)

    def _broken(self, place: str, found: object, expected: object) -> None:
        self.is_whole = False
        self._findings.add(self.name, place, found=found, expected=expected)


def _hashes(before: RecordLine | None, now: RecordLine | None) -> dict[str, str]:
    hashes: dict[str, str] = {}
    content = None if now is None else hashed_bytes(now.record, now.line)
    if content is not None:
        hashes["curr_hash"] = sha256_hex(content)
    if before is not None:
        # The baseline's lines are not known to be canonical, unless they are what is canonical here.
        is_equal = hashed_bytes(before.record, before.line) == content
        hashes["prev_hash"] = hashes["curr_hash"] if is_equal else stable_hash_of(before.record)
    return hashes


def _add(batch: dict[str, Any], element: Element) -> None:
    if element.key is not None:
        batch.setdefault(element.section, {})[element.key] = element.value
    elif element.section in (*LISTS, _DETAILS, _SUMMARY):
        batch.setdefault(element.section, []).append(element.value)


class _Cursor:
    """A sorted section, read along with the inventories."""

    def __init__(self, diff: DiffFile, section: str, findings: Findings) -> None:
        self._diff = diff
        self._section = section
        self._findings = findings
        self._elements = diff.elements(section)
        self._next = next(self._elements, None)

    def take(self, ocid: str | None) -> Element | None:
        """The element of this OCID, if it is there; those before it belong to no record. None takes all."""
        while self._next is not None:
            head = self._next
            place = head.key if head.key is not None else str(head.value)
            if ocid is not None and place > ocid:
                return None
            self._next = next(self._elements, None)
            if place == ocid:
                return head
            self._findings.add(
                self._diff.name,
                f"field /{self._section}",
                found=place,
                expected="OCIDs of the inventory or of the baseline's inventory alone",
            )
        return None


class DiffCheck:
    """Takes every identity of both inventories, and says in which list it stands."""

    def __init__(self, diff: DiffFile, run: VerifiedRun, findings: Findings) -> None:
        self._diff = diff
        self._run = run
        self._findings = findings
        self._lists = {kind: _Cursor(diff, kind, findings) for kind in LISTS}
        self._details = _Cursor(diff, _DETAILS, findings)
        self._known_before = frozenset(run.baseline.published.known_regions) if run.baseline else frozenset()
        self._totals: Counter[str] = Counter()
        self._listed: Counter[str] = Counter()

    def add(self, group: Group) -> str | None:
        """Check one identity; returns its kind, or None where the lists do not tell."""
        self._totals["prev_total"] += len(group.before)
        self._totals["curr_total"] += len(group.now)
        self._totals["both"] += min(len(group.before), len(group.now))
        ocid = group.identity[0]
        if not ocid:
            self._totals["without_ocid"] += len(group.before) + len(group.now)
            return None
        if not (group.before or group.now):
            return None
        before = group.before[0] if group.before else None
        now = group.now[0] if group.now else None
        hashes = _hashes(before, now)
        detail = self._details.take(ocid)
        self._findings.expect(
            self._diff.name,
            f"field /details/{ocid}",
            found=None if detail is None else detail.value,
            expected=hashes,
        )
        kinds = [kind for kind, cursor in self._lists.items() if cursor.take(ocid) is not None]
        allowed = self._allowed(before, now, is_equal=len(set(hashes.values())) == 1)
        if len(kinds) != 1 or kinds[0] not in allowed:
            self._findings.add(
                self._diff.name,
                ocid,
                found=f"in {', '.join(kinds) or 'no list'}",
                expected=f"in {' or '.join(allowed)}",
            )
        if NOT_COMPARED in kinds:
            self._listed[NOT_COMPARED] += before is not None
            self._listed["notComparedCurrent"] += now is not None
        return kinds[0] if len(kinds) == 1 else None

    def _allowed(self, before: RecordLine | None, now: RecordLine | None, *, is_equal: bool) -> list[str]:
        is_comparable = self._run.is_comparable()
        is_seen = now is not None and now.record["collectedAt"] == self._run.collected_at
        if now is None:
            return [REMOVED] if is_comparable else [REMOVED, NOT_COMPARED]
        if not is_seen:
            return [NOT_COMPARED]
        if before is None:
            is_known = is_comparable and now.record["region"] in self._known_before
            return [ADDED] if is_known else [ADDED, NOT_COMPARED]
        kinds = [UNCHANGED] if is_equal else [CHANGED, UNCHANGED]
        return kinds if is_comparable else [*kinds, NOT_COMPARED]

    def finish(self) -> None:
        """Hold the numbers against what was met."""
        for cursor in (*self._lists.values(), self._details):
            cursor.take(None)
        summary = self._diff.summary
        for name in ("prev_total", "curr_total"):
            self._expect(name, self._totals[name], "the records of the inventory")
        kinds = {name: summary.get(name, 0) for name in (*LISTS, "notComparedCurrent")}
        self._expect(
            "prev_total",
            kinds[REMOVED] + kinds[CHANGED] + kinds[UNCHANGED] + kinds[NOT_COMPARED],
            "removed + changed + unchanged + notCompared",
        )
        self._expect(
            "curr_total",
            kinds[ADDED] + kinds[CHANGED] + kinds[UNCHANGED] + kinds["notComparedCurrent"],
            "added + changed + unchanged + notComparedCurrent",
        )
        only_now = self._totals["curr_total"] - self._totals["both"]
        only_before = self._totals["prev_total"] - self._totals["both"]
        if kinds[ADDED] > only_now:
            self._expect("added", only_now, "at most the records that the baseline does not have")
        if kinds[REMOVED] > only_before:
            self._expect("removed", only_before, "at most the records that only the baseline has")
        for kind in (ADDED, REMOVED, CHANGED, UNCHANGED):
            self._listed[kind] = self._diff.sizes[kind]
        for kind, found in kinds.items():
            # Records without OCID stand in the numbers alone.
            if found < self._listed[kind] or (
                found > self._listed[kind] and not self._totals["without_ocid"]
            ):
                self._expect(kind, self._listed[kind], "the number of OCIDs in the lists")

    def _expect(self, name: str, expected: int, what: str) -> None:
        found = self._diff.summary.get(name)
        if found != expected:
            self._findings.add(
                self._diff.name, f"field /summary/{name}", found=found, expected=f"{expected}: {what}"
            )
