"""How a verification is told: a table for people, JSON for programs."""

from __future__ import annotations

from typing import Any

from inventory.roles.verifier.findings import Finding
from inventory.roles.verifier.verify import Verification

#: The version of the JSON's shape.
FORMAT_VERSION = 1
_MAX_CELL = 60
_HEADER = ("OBJECT", "WHERE", "FOUND", "SHOULD BE")


def verification_json(verification: Verification) -> dict[str, Any]:
    """Everything; `more` counts by object the findings beyond those that are told, `checked` the lines, rows
    and documents that were read."""
    findings = verification.findings
    return {
        "format_version": FORMAT_VERSION,
        "run_id": verification.run_id,
        "is_clean": verification.is_clean,
        "findings": [
            {
                "object": finding.object_name,
                "where": finding.place,
                "found": finding.found,
                "expected": finding.expected,
            }
            for finding in findings.told
        ],
        "more": dict(findings.untold),
        "notes": [{"object": name, "note": note} for name, note in findings.notes],
        "checked": dict(findings.lines),
    }


def verification_text(verification: Verification, *, prefix: str) -> str:
    """A table of the findings and a line that sums up; object names stand without the prefix."""
    findings = verification.findings
    lines = _table([_row(finding, prefix) for finding in findings.told]) if findings.told else []
    for name, count in findings.untold.items():
        lines.append(f"{_cell(_short(name, prefix))}: {count} more findings")
    for name, note in findings.notes:
        lines.append(f"note: {_cell(_short(name, prefix))}: {note}")
    checked = f"{len(findings.lines)} objects, {findings.lines.total()} lines and documents"
    run = f"run {verification.run_id}" if verification.run_id else "no run"
    lines.append(
        f"{run}: {f'{findings.total} findings' if findings.total else 'as it should be'}; checked: {checked}"
    )
    return "\n".join(lines) + "\n"


def _row(finding: Finding, prefix: str) -> tuple[str, ...]:
    return (_short(finding.object_name, prefix), finding.place, finding.found, finding.expected)


def _short(name: str, prefix: str) -> str:
    return name.removeprefix(f"{prefix}/runs/").removeprefix(f"{prefix}/")


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    cells = [_HEADER, *(tuple(map(_cell, row)) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADER))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _cell(text: str) -> str:
    # Damaged files hold anything; a terminal must not act on it. Names are told apart by their ends.
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    if len(shown) <= _MAX_CELL:
        return shown
    half = (_MAX_CELL - 3) // 2
    return f"{shown[:half]}...{shown[-half:]}"
