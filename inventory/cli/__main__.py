"""`python -m inventory.cli`."""

from __future__ import annotations

from inventory.cli.main import run

run()
