"""`deploy/preflight.sh`: its verdicts, and what it asks pip for."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.deploy.fakes import PROJECT, Machine, on_path

# Makes virtual environments of itself, and notes what pip is asked for.
_PYTHON = """#!/bin/bash
case "$*" in
  *"-m venv "*) mkdir -p "${*: -1}/bin" && cp "$0" "${*: -1}/bin/python" ;;
  *"-m pip "*) echo "$0 $*" >> "$STATE/calls" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with the project and this Python, and with nothing that only deploying needs."""
    machine = Machine(tmp_path)
    (machine.root / "bin" / "python3").symlink_to(sys.executable)
    return machine


def verdicts(text: str) -> dict[str, str]:
    """The verdict on each thing that was looked for."""
    lines = re.findall(r"^(ok|absent|MISSING) +(\S+) ", text, re.MULTILINE)
    return {name: verdict for verdict, name in lines}


def test_it_tells_what_is_there_and_what_is_missing_and_installs_nothing(machine: Machine) -> None:
    before = machine.files()
    machine.install("terraform", "docker")
    done = machine.run("preflight.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert verdicts(done.stdout) == {
        "python": "ok",
        "make": "ok",
        "git": "ok",
        "terraform": "ok",
        "docker": "ok",
        "oci": "ok" if on_path("oci") else "absent",
    }
    assert done.stdout.rstrip().endswith("Ready.")
    assert machine.files() == before
    assert machine.calls() == []


@pytest.mark.parametrize("missing", ["make", "git", "python3"])
def test_something_required_that_is_missing_fails(machine: Machine, missing: str) -> None:
    """A PATH without it: links to all others that a bare system has."""
    others = machine.root / "others"
    others.mkdir()
    for folder in (Path("/bin"), Path("/usr/bin"), machine.root / "bin"):
        for program in folder.iterdir():
            if not program.name.startswith(missing):
                (others / program.name).unlink(missing_ok=True)
                (others / program.name).symlink_to(program)
    done = machine.run("preflight.sh", "--cli", more={"PATH": str(others)})
    assert done.returncode == 1
    name = missing.removesuffix("3")
    assert verdicts(done.stdout)[name] == "MISSING"
    assert "Not ready: required and missing: 1." in done.stdout
    assert not (machine.project / ".venv").exists()


def test_a_python_that_is_too_old_is_not_taken(machine: Machine) -> None:
    """The first that is new enough is, wherever it stands in the row."""
    old = machine.root / "bin" / "python3"
    old.unlink()
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    new = machine.root / "bin" / "python3.14"
    new.symlink_to(sys.executable)
    done = machine.run("preflight.sh")
    assert done.returncode == 0
    assert f"({new})" in done.stdout


def test_a_python_without_venv_is_missing_what_is_needed(machine: Machine) -> None:
    python = machine.root / "bin" / "python3"
    python.unlink()
    python.write_text(
        f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac\n'
    )
    python.chmod(0o755)
    done = machine.run("preflight.sh")
    assert done.returncode == 1
    assert "lacks venv or ensurepip; Debian and Ubuntu have them in the package python3-venv" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--all"], "unknown option '--all'; allowed: --cli, --dev, --oci-cli, --offline"),
        (["--offline"], "--offline has no value"),
        (["--cli", "--offline", "/nowhere"], "--offline is '/nowhere'; allowed: a folder with wheels"),
        (["--cli", "--download", "/dev/null/x"], "--download is '/dev/null/x'; allowed: a folder"),
        (
            ["--download", "wheels"],
            "--offline and --download need at least one of --cli, --dev and --oci-cli",
        ),
        (["--python", "/bin/false"], "--python is '/bin/false'; allowed: Python 3.11 or newer"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_options_name_the_value_and_what_is_allowed(
    machine: Machine, arguments: list[str], told: str
) -> None:
    done = machine.run("preflight.sh", *arguments)
    assert done.returncode == 2
    assert f"preflight.sh: {told}" in done.stderr
    assert "MISSING" not in done.stdout


def test_offline_and_download_exclude_each_other(machine: Machine, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "a-1-py3-none-any.whl").write_bytes(b"")
    done = machine.run("preflight.sh", "--cli", "--offline", str(wheels), "--download", str(wheels))
    assert done.returncode == 2
    assert "--offline and --download exclude each other" in done.stderr


@pytest.fixture
def noting(tmp_path: Path) -> Machine:
    """A machine with a Python that installs nothing, and tells what it was to install."""
    machine = Machine(tmp_path)
    python = machine.root / "bin" / "python3"
    python.write_text(_PYTHON)
    python.chmod(0o755)
    return machine


def test_each_choice_has_its_place_and_its_locked_file(noting: Machine) -> None:
    done = noting.run("preflight.sh", "--cli", "--dev", "--oci-cli")
    assert (done.returncode, done.stderr) == (0, "")
    project = noting.project
    quiet = "-m pip --quiet --disable-pip-version-check install --no-compile"
    assert noting.calls() == [
        f"{project}/.venv/bin/python {quiet} --require-hashes -r {project}/requirements/operator.txt",
        f"{project}/.venv/bin/python {quiet} --no-deps --no-build-isolation --editable {project}",
        f"{project}/.venv/bin/python {quiet} --require-hashes -r {project}/requirements/dev.txt",
        f"{project}/.venv/bin/python {quiet} --only-binary :all: --require-hashes"
        f" -r {project}/requirements/terraform.txt",
        f"{project}/.venv-cli/bin/python {quiet} --require-hashes -r {project}/requirements/cli-test.txt",
    ]
    # What `make` looks at, so that it does not begin anew.
    assert (project / ".venv" / ".ready").exists()
    assert (project / ".venv-cli" / ".ready").exists()


def test_a_platform_without_terraforms_core_is_ready_all_the_same(noting: Machine) -> None:
    """As with `make setup`, where the tests that need it say that they are skipped."""
    python = noting.root / "bin" / "python3"
    python.write_text(
        _PYTHON.replace("case", 'case "$*" in *requirements/terraform*) exit 1 ;; esac\ncase', 1)
    )
    done = noting.run("preflight.sh", "--dev")
    assert done.returncode == 0
    assert "No Terraform core for this platform: some tests will be skipped" in done.stderr
    assert (noting.project / ".venv" / ".ready").exists()


def test_offline_every_installation_is_from_the_folder_alone(noting: Machine, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "a-1-py3-none-any.whl").write_bytes(b"")
    done = noting.run("preflight.sh", "--cli", "--dev", "--oci-cli", "--offline", str(wheels))
    assert (done.returncode, done.stderr) == (0, "")
    calls = noting.calls()
    assert len(calls) == 5
    alone = f"--isolated install --no-compile --no-index --find-links {wheels} "
    assert all(alone in call for call in calls)


def test_a_download_installs_nothing(noting: Machine, tmp_path: Path) -> None:
    done = noting.run("preflight.sh", "--cli", "--dev", "--oci-cli", "--download", str(tmp_path / "wheels"))
    assert (done.returncode, done.stderr) == (0, "")
    calls = noting.calls()
    assert len(calls) == 4
    fetch = f" download --only-binary :all: --dest {tmp_path / 'wheels'} --require-hashes -r "
    assert all(fetch in call for call in calls)
    assert not (noting.project / ".venv" / ".ready").exists()


def test_the_operators_locked_versions_are_those_that_are_tested() -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (PROJECT / name).read_text("utf-8"), re.MULTILINE))

    operator = versions("requirements/operator.txt")
    assert "oci==2.189.0" in operator
    assert operator <= versions("requirements/dev.txt")
