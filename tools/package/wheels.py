"""The functions' locked packages as wheels for the machine that they will run on.

pip chooses, fetches and checks them against the lock's hashes; what was fetched once is kept.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LOCK = "requirements/functions.txt"

#: The C library that the wheels may ask for at most. Oracle Linux 8 has this one and Oracle Linux 9 a newer
#: one; which of them the base images and the managed runtimes are is not documented.
MAX_GLIBC_MINOR = 28
_MIN_GLIBC_MINOR = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the function runs: Python's version (`3.12`), and the machine as wheels name it (`x86_64`)."""

    python: str
    machine: str

    def pip_arguments(self) -> list[str]:
        """What tells pip to choose for Linux on that machine."""
        abi = "cp" + self.python.replace(".", "")
        glibcs = range(MAX_GLIBC_MINOR, _MIN_GLIBC_MINOR - 1, -1)
        platforms = [f"manylinux_2_{minor}_{self.machine}" for minor in glibcs]
        # The older names of some of them.
        platforms += [f"manylinux{name}_{self.machine}" for name in ("2014", "2010", "1")]
        return [
            *("--implementation", "cp", "--python-version", self.python),
            *(part for each in (abi, "abi3", "none") for part in ("--abi", each)),
            *(part for each in platforms for part in ("--platform", each)),
        ]

    def __str__(self) -> str:
        return f"python{self.python}-{self.machine}"


class FetchError(Exception):
    """pip could not fetch a wheel for every locked package."""


def fetch_wheels(lock: Path, target: Target | None, cache: Path) -> list[Path]:
    """The wheels of all packages in the lock, from the cache or by pip; sorted.

    `target` None is the running interpreter. Raises FetchError with what pip said.
    """
    arguments = target.pip_arguments() if target is not None else []
    name = str(target) if target is not None else f"here-{sys.implementation.cache_tag}"
    fingerprint = hashlib.sha256(lock.read_bytes() + " ".join(arguments).encode()).hexdigest()[:12]
    folder = cache / f"{name}-{fingerprint}"
    cache.mkdir(parents=True, exist_ok=True)
    # Several builds at a time shall fetch once.
    with (cache / f"{name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not folder.is_dir():
            # Not by a suffix: the folder's own name has dots, and a lock is for one target.
            part = folder.with_name(f"{folder.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            _download(lock, arguments, part)
            part.rename(folder)
    return sorted(folder.glob("*.whl"))


def _download(lock: Path, arguments: list[str], folder: Path) -> None:
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--require-hashes", "--no-deps", "--only-binary", ":all:", *arguments),
        *("--requirement", str(lock), "--dest", str(folder)),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - pip
    if done.returncode:
        raise FetchError(f"pip has no wheel for every package of {LOCK}:\n{done.stderr.strip()}")
