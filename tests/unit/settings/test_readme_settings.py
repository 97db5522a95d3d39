"""The README's table of settings says what the code does."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path

from inventory.settings import PREFIX, Settings

README = Path(__file__).parents[3] / "README.md"
_ROW = re.compile(r"\| `(INVENTORY_[A-Z_]+)` \| (none|required|`[^`]+`) \| (.+) \|")


def documented() -> dict[str, str]:
    """Key to default, as the table's first two columns have them."""
    rows = [
        line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{PREFIX}")
    ]
    found: dict[str, str] = {}
    for row in rows:
        match = _ROW.fullmatch(row)
        assert match, f"not a row of the settings table: {row}"
        assert match[1] not in found, f"{match[1]} stands in the table twice"
        found[match[1]] = match[2]
    return found


def coded() -> dict[str, str]:
    """Key to default, as the table should have them."""
    return {PREFIX + field.name.upper(): _shown(field.default) for field in fields(Settings)}


def _shown(default: object) -> str:
    if default is MISSING:
        return "required"
    if default is None or default == ():
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_the_readme_lists_every_setting_with_its_default() -> None:
    assert documented() == coded()
