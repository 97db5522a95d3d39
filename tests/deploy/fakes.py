"""Programs that stand in for `oci`, `docker` and `terraform`: little working models that note their calls."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# One program under several names. What it makes (image, repository, applied plan) are files in $STATE.
_PROGRAM = r"""#!/bin/bash
call="$(basename "$0") $*"
printf '%s\n' "$call" >> "$STATE/calls"
if [ -n "${FAIL:-}" ] && [[ "$call" == $FAIL ]]; then
  echo "the fake fails on purpose" >&2
  exit 3
fi
show() { cat "$STATE/$1" 2>/dev/null || true; }
list() { # of all states, the deleted ones too, unless one is asked for
  show "$1"
  case "$call" in *"--lifecycle-state AVAILABLE"*) ;; *) show "deleted-$1" ;; esac
}
case "$call" in
  "oci os ns get"*) echo namespace ;;
  "oci iam region list"*"'us-ashburn-1'"*) echo IAD ;;
  "oci iam region list"*) ;;
  "oci artifacts container image list"*) list image ;;
  "oci artifacts container repository list"*) list repository ;;
  "oci artifacts container repository create"*) echo ocid1.containerrepo.oc1..r > "$STATE/repository" ;;
  "oci raw-request"*) echo short-lived ;;
  "docker build"* | "podman build"*)
    if [ -n "${BUILDX_NO_DEFAULT_ATTESTATIONS:-}" ]; then echo no attestations; fi > "$STATE/built"
    ;;
  "docker login"* | "podman login"*) cat > "$STATE/password" ;;
  "docker push"* | "podman push"*)
    [ -f "$STATE/built" ] && [ -f "$STATE/password" ] || exit 1
    echo ocid1.containerimage.oc1..i > "$STATE/image"
    ;;
  "terraform "*" init "*) ;;
  "terraform "*" plan "*)
    for argument in "$@"; do
      case "$argument" in -out=*) echo "$*" > "${argument#-out=}" ;; esac
    done
    if [ -f "$STATE/applied" ] && [ "$(show applied)" = "${*/-out=*\/plan/}" ]; then exit 0; fi
    exit 2
    ;;
  "terraform "*" apply "*)
    plan="$(cat "${*: -1}")"
    echo "${plan/-out=*\/plan/}" > "$STATE/applied"
    ;;
  *) echo "the fake does not know: $call" >&2; exit 9 ;;
esac
"""


@dataclass
class Machine:
    """A copy of the scripts, and a PATH with the programs of a bare system and the fakes.

    `environment` is all that a script sees beside PATH and HOME.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.project = self.root / "project"
        (self.project / "inventory").mkdir(parents=True)
        (self.project / "terraform").mkdir()
        shutil.copytree(
            PROJECT / "deploy", self.project / "deploy", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copy(PROJECT / "inventory" / "__init__.py", self.project / "inventory")
        for name in ("state", "bin", "home"):
            (self.root / name).mkdir()

    def install(self, *names: str) -> None:
        """Put fakes on the PATH."""
        for name in names:
            program = self.root / "bin" / name
            program.write_text(_PROGRAM)
            program.chmod(0o755)

    def context(self) -> Path:
        """The image's build context, as `make package` leaves it."""
        folder = self.project / "dist" / "image"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Dockerfile").write_text("FROM scratch\n")
        (folder / "func.py").write_text("one\n")
        return folder

    def run(
        self, script: str, *arguments: str, more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of `deploy/` from the home directory."""
        return subprocess.run(
            ["/bin/bash", str(self.project / "deploy" / script), *arguments],
            cwd=self.root / "home",
            env={
                "PATH": f"{self.root / 'bin'}:/usr/bin:/bin",
                "HOME": str(self.root / "home"),
                "STATE": str(self.root / "state"),
                **self.environment,
                **(more or {}),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def calls(self) -> list[str]:
        """How the fakes were called since the last time, without directories that have random names."""
        log = self.root / "state" / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    def files(self) -> set[str]:
        """All files of the project and the home directory."""
        return {
            str(path.relative_to(self.root))
            for folder in ("project", "home")
            for path in (self.root / folder).rglob("*")
            if path.is_file()
        }


def on_path(name: str) -> str | None:
    """Where a bare system has a program, None where it has none."""
    return shutil.which(name, path=os.pathsep.join(("/usr/bin", "/bin")))
