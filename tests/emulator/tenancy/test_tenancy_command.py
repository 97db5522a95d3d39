"""`python -m emulator.tenancy`: what it tells people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulator.tenancy.__main__ import main


def test_the_summary_names_types_regions_and_oddities(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["--resources", "600", "--regions", "2", "--top", "3", "--truth", str(tmp_path / "truth.jsonl")])
    told = capsys.readouterr().out
    assert "600 resources of 172 types in 40 compartments" in told
    assert "us-ashburn-1" in told
    assert "of 169 others" in told
    assert "       3  noOcid: " in told
    assert "Not shown by Search: 3 Domain, 4 Group, 12 User" in told
    lines = (tmp_path / "truth.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 600
    assert json.loads(lines[0])["oddities"]
