"""The memory of a process tree, and its end, read from Linux's `/proc`.

On a system without `/proc` nothing is measured, so the memory limit is not enforced there.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path


def peak_bytes(pid: int) -> int:
    """The largest resident size that this one process has had since it was executed; 0 if it is gone."""
    return _status_bytes(pid, "VmHWM:")


def resident_bytes(pid: int) -> int:
    """The resident size of a process and its descendants; 0 if it is gone."""
    return sum(_status_bytes(each, "VmRSS:") for each in (pid, *descendants(pid)))


def descendants(pid: int) -> list[int]:
    """Children of all threads of the process, and theirs."""
    found: list[int] = []
    for task in _listed(Path(f"/proc/{pid}/task")):
        for child in _read(task / "children").split():
            found += [int(child), *descendants(int(child))]
    return found


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a session leader, its process group and all descendants; the caller reaps the leader."""
    strays = descendants(process.pid)
    for kill, pid in [(os.killpg, process.pid), *((os.kill, stray) for stray in strays)]:
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _status_bytes(pid: int, field: str) -> int:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def _listed(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process ended between two looks at it
        return ""
