"""The image's build context: what its Dockerfile says, and what its steps make.

No container engine is asked: the Dockerfile is read, and its build stage is carried out in a folder.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from emulator.functions.container import UnixConnection
from tests.package.conftest import PROJECT
from tests.package.dockerfile import Instruction, carry_out, instructions, stages
from tools.package.build import Built, build_context
from tools.package.files import in_folder
from tools.package.image import digest_of

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def context(archive: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_context(PROJECT, archive.selection.code, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def dockerfile(context: Path) -> list[Instruction]:
    return instructions((context / "Dockerfile").read_text())


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's: the path of a unix socket may have 107 characters.
    path = Path(tempfile.mkdtemp(prefix="image"))
    yield path
    shutil.rmtree(path)


def texts(dockerfile: list[Instruction], name: str) -> list[str]:
    return [instruction.text for instruction in dockerfile if instruction.name == name]


def test_base_images_and_entry_point_are_those_of_func_yaml(
    context: Path, dockerfile: list[Instruction]
) -> None:
    """fn builds by the Dockerfile where there is one, and tells OCI what func.yaml says."""
    told = yaml.safe_load((context / "func.yaml").read_text())
    build, run = texts(dockerfile, "FROM")
    assert (build.split()[0], run) == (told["build_image"], told["run_image"])
    # podman, which is Cloud Shell's engine, asks a person which registry a shorter name is for, or gives up.
    assert all(image.startswith("docker.io/") for image in (build, run))
    (entry_point,) = texts(dockerfile, "ENTRYPOINT")
    assert json.loads(entry_point) == told["entrypoint"].split()
    assert texts(dockerfile, "ENV") == ["PYTHONPATH=/function:/python"]


def test_the_image_runs_as_the_user_that_oci_runs_it_as(dockerfile: list[Instruction]) -> None:
    _, run = stages(dockerfile)
    assert texts(run, "USER") == ["1000:1000"]
    (creating,) = texts(run, "RUN")
    assert "groupadd --gid 1000 fn" in creating
    assert "useradd --uid 1000 --gid fn " in creating


def test_the_context_holds_what_is_copied_and_nothing_else(
    context: Path, dockerfile: list[Instruction]
) -> None:
    build, run = stages(dockerfile)
    copied = [source for text in texts(build, "COPY") for source in text.split()[:-1]]
    assert all((context / source).exists() for source in copied)
    assert {path.name for path in context.iterdir()} == {*copied, "Dockerfile", "func.yaml"}
    made = {"/python", "/function"}
    assert {text.split()[1] for text in texts(run, "COPY")} == made
    assert all(text.startswith("--from=build ") for text in texts(run, "COPY"))


def test_the_context_is_the_same_for_whoever_writes_it(context: Path, archive: Built, tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "left over").touch()
    assert digest_of(build_context(PROJECT, archive.selection.code, tmp_path)) == digest_of(context)


def test_the_builds_steps_make_what_the_archive_holds_and_it_starts(
    context: Path, dockerfile: list[Instruction], archive: Built, folder: Path
) -> None:
    build, _ = stages(dockerfile)
    wheels = archive.wheels[0].parent
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    carry_out(build, context=context, root=folder, environment=offline)

    for name, selected in (("function", archive.selection.code), ("python", archive.selection.packages)):
        found = in_folder(folder / name)
        assert found.keys() - selected.keys() == ({"bin/fdk"} if name == "python" else set())
        assert not selected.keys() - found.keys()
        assert all(found[path].read() == file.read() for path, file in selected.items())
    assert list((folder / "function" / "inventory" / "__pycache__").glob("entry.*.pyc"))

    status, answer = call_once(folder, texts(dockerfile, "ENTRYPOINT")[0])
    assert status == 502
    assert "INVENTORY_ROLE is missing" in answer["error"]["message"]


def call_once(folder: Path, entry_point: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Start what the entry point says below a folder, without settings, and call it."""
    listener = folder / "lsnr.sock"
    script, module, handler = json.loads(entry_point)
    command = [f"{folder}{script}", f"{folder}{module}", handler]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-s", "-S", *command],
            env={
                "PYTHONPATH": f"{folder}/function:{folder}/python",
                "FN_FORMAT": "http-stream",
                "FN_LISTENER": f"unix:{listener}",
            },
            stdout=log,
            stderr=log,
        )
    try:
        give_up = time.monotonic() + 60
        while not listener.is_socket():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < give_up
            time.sleep(0.01)
        connection = UnixConnection(listener, timeout_seconds=60)
        connection.request("POST", "/call", body=b"{}", headers={"fn-call-id": "call-1"})
        with connection.getresponse() as response:
            status, body = response.status, response.read()
        connection.close()
    finally:
        process.terminate()
        process.wait()
    return status, json.loads(body)
