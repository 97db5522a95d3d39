"""An installation by `deploy/preflight.sh` from local wheels: no network is used, not only none needed."""

from __future__ import annotations

import os
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.fakes import PROJECT, Machine

#: What an installation from the project's folder needs of it.
_INSTALLED = (
    *("pyproject.toml", "README.md", "requirements.txt", "requirements/oci-inv.txt"),
    *("requirements/operator.txt", "requirements/dev.txt", "requirements/cli-test.txt"),
)


def with_project(root: Path) -> Machine:
    """A machine with what an installation needs of the project."""
    machine = Machine(root)
    (machine.root / "bin" / "python3").symlink_to(sys.executable)
    (machine.project / "requirements").mkdir()
    for name in _INSTALLED:
        shutil.copy(PROJECT / name, machine.project / name)
    shutil.copytree(
        PROJECT / "inventory",
        machine.project / "inventory",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return machine


def pip_settings() -> dict[str, str]:
    """Which package index this machine is set up for."""
    mine = {
        name: text for name, text in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()
    }
    for name in ("pip.conf", ".config/pip/pip.conf", ".pip/pip.conf"):
        if (path := Path.home() / name).exists():
            mine["PIP_CONFIG_FILE"] = str(path)
    return mine


def in_own_network() -> list[str]:
    """What runs a command in a network that has no interface but its own loopback, which is down.

    Skips where namespaces may not be made.
    """
    command = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    try:
        subprocess.run([*command, "true"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespace can be made here: {error}")
    return command


def reaches(command: list[str], address: str, port: int) -> bool:
    """Whether a connection is to be had by whoever runs in `command`."""
    probe = f"import socket; socket.create_connection(({address!r}, {port}), timeout=5)"
    done = subprocess.run([*command, sys.executable, "-c", probe], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture
def listener() -> Iterator[int]:
    """The port of a server on this machine's loopback."""
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def fetch_wheels(root: Path) -> Path:
    """The wheels for the operator's command, as somebody with a network fetches them for others."""
    machine = with_project(root)
    folder = machine.root / "wheels"
    done = machine.run("preflight.sh", "--cli", "--download", str(folder), more=pip_settings())
    assert done.returncode == 0, done.stderr
    assert "Take the folder along" in done.stdout
    assert not (machine.project / ".venv" / "bin" / "oci-inv").exists()
    return folder


@pytest.mark.e2e
def test_the_command_is_installed_from_local_wheels_where_there_is_no_network(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, listener: int
) -> None:
    inside = in_own_network()
    assert reaches([], "127.0.0.1", listener)
    assert not reaches(inside, "127.0.0.1", listener)
    wheels = fetch_wheels(tmp_path_factory.mktemp("fetching"))
    machine = with_project(tmp_path)
    before = machine.files()
    done = subprocess.run(
        [
            *inside,
            *("/bin/bash", str(machine.project / "deploy" / "preflight.sh")),
            *("--cli", "--offline", str(wheels)),
        ],
        cwd=tmp_path / "home",
        env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    venv = machine.project / ".venv"
    assert f"The command: {venv}/bin/oci-inv --help" in done.stdout
    command = str(venv / "bin" / "oci-inv")
    shown = subprocess.run([*inside, command, "--help"], capture_output=True, text=True, check=True).stdout
    assert "verify" in shown
    # The command is this folder's code, and nothing lies outside of it.
    where = subprocess.run(
        [*inside, str(venv / "bin" / "python"), "-c", "import inventory, oci; print(inventory.__file__)"],
        cwd=tmp_path / "home",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert where.strip() == str(machine.project / "inventory" / "__init__.py")
    new = {name for name in machine.files() - before if "__pycache__" not in name}
    assert {name.split("/")[1] for name in new} == {".venv"}, sorted(new)[:20]


def test_offline_no_index_is_asked_even_if_one_is_configured(tmp_path: Path) -> None:
    """Also where namespaces cannot be made: index and proxy are an address at which a server would notice."""
    machine = with_project(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}"
        wheels = tmp_path / "wheels"
        wheels.mkdir()
        (wheels / "another-1-py3-none-any.whl").write_bytes(b"")
        done = machine.run(
            "preflight.sh",
            *("--cli", "--offline", str(wheels)),
            more={
                "PIP_INDEX_URL": f"{nobody}/simple",
                "PIP_EXTRA_INDEX_URL": f"{nobody}/more",
                "http_proxy": nobody,
                "https_proxy": nobody,
            },
        )
        assert done.returncode == 1
        assert "preflight.sh: pip failed; what it said stands above" in done.stderr
        assert "No matching distribution found" in done.stderr
        with pytest.raises(TimeoutError):
            server.accept()
