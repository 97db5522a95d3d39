"""The command from its arguments to its output and exit code, over a bucket in memory."""

from __future__ import annotations

import io
import json
import runpy
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from inventory.cli import main as command
from inventory.cli.options import Options
from inventory.errors import ConnectionFailed, InventoryError
from tests.fakes.memory_store import MemoryObjectStore
from tests.unit.verifier.stored_runs import StoredRuns, stored_runs


class Shell:
    """Runs the command; `error` is raised instead of connecting, if there is one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs: StoredRuns = stored_runs()
        self.error: Exception | None = None
        self.options: Options | None = None
        monkeypatch.setattr(command, "open_store", self._open)

    @contextmanager
    def _open(self, options: Options, environ: Mapping[str, str]) -> Iterator[MemoryObjectStore]:
        self.options = options
        if self.error is not None:
            raise self.error
        yield self.runs.here.memory

    def __call__(self, *arguments: str, **environ: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        code = command.main(["verify", *arguments], environ, out, err)
        return code, out.getvalue(), err.getvalue()


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(monkeypatch)


def test_a_sound_run_exits_with_0_and_one_line(shell: Shell) -> None:
    code, out, err = shell("--bucket", "b")
    assert (code, err) == (0, "")
    assert out.startswith(f"run {shell.runs.third}: as it should be; checked: ")
    assert out.count("\n") == 1


def test_a_spoiled_run_exits_with_1_and_a_table(shell: Shell) -> None:
    shell.runs.drop("report.md")
    code, out, _ = shell("--bucket", "b", "--run", shell.runs.second)
    assert code == 1
    header, row, last = out.splitlines()
    assert header.split() == ["OBJECT", "WHERE", "FOUND", "SHOULD", "BE"]
    assert row.startswith(f"{shell.runs.second}/report.md")
    assert "no such object" in row
    assert last.startswith(f"run {shell.runs.second}: 1 findings")


def test_programs_get_everything_as_json(shell: Shell) -> None:
    shell.runs.drop("report.md")
    code, out, _ = shell("--run", shell.runs.second, "--json", OCI_INV_BUCKET="b")
    told = json.loads(out)
    assert code == 1
    assert told["format_version"] == 1
    assert told["run_id"] == shell.runs.second
    assert told["is_clean"] is False
    assert told["findings"] == [
        {
            "object": shell.runs.name("report.md"),
            "where": "",
            "found": "no such object",
            "expected": f"the object that {shell.runs.name('published.json')} lists",
        }
    ]
    assert told["checked"][shell.runs.name("inventory.jsonl.gz")] == 37
    assert told["more"] == {}


def test_what_a_damaged_file_holds_does_not_reach_the_terminal_as_it_is(shell: Shell) -> None:
    shell.runs.edit_lines(
        "relationships.jsonl.gz", lambda lines: lines[0].update(source_ocid="\x1b[2J\u202eocid1")
    )
    shell.runs.relist("relationships.jsonl.gz")
    _, out, _ = shell("--bucket", "b", "--run", shell.runs.second)
    assert "\\x1b[2J\\u202eocid1" in out
    assert "\x1b" not in out


def test_the_findings_beyond_the_limit_are_counted(shell: Shell) -> None:
    def spoil(lines: list[dict[str, object]]) -> None:
        for line in lines:
            line["enrichStatus"] = "ok"

    shell.runs.edit_lines("inventory.jsonl.gz", spoil)
    _, out, _ = shell("--bucket", "b", "--run", shell.runs.second)
    assert "more findings" in out


def test_all_wrong_arguments_are_told_at_once_with_2(shell: Shell) -> None:
    code, out, err = shell("--run", "yesterday", "--auth", "x")
    assert (code, out) == (2, "")
    assert "--run is 'yesterday'; allowed: latest, or a run id" in err
    assert "--auth is 'x'" in err
    assert "the bucket is missing" in err
    assert shell.options is None


@pytest.mark.parametrize("error", [ConnectionFailed("no route"), InventoryError("odd")])
def test_a_bucket_that_cannot_be_read_exits_with_2(shell: Shell, error: Exception) -> None:
    shell.error = error
    code, out, err = shell("--bucket", "b")
    assert (code, out) == (2, "")
    assert str(error) in err


def test_a_run_that_is_not_there_exits_with_2(shell: Shell) -> None:
    code, _, err = shell("--bucket", "b", "--run", "20200101T000000Z-00000000")
    assert code == 2
    assert "there is no run 20200101T000000Z-00000000" in err


def test_a_bug_is_not_taken_for_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(command, "main", broken)
    with pytest.raises(SystemExit) as ended:
        command.run()
    assert ended.value.code == 3
    assert "a bug" in capsys.readouterr().err


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["oci-inv", "verify", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("inventory.cli", run_name="__main__")
    assert ended.value.code == 0
    help_text = capsys.readouterr().out
    for words in ("--endpoint-template", "OCI_INV_CONFIG", "exit codes:", "examples:"):
        assert words in help_text
