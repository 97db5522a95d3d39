"""Dockerfiles, read as far as the image's needs it: instructions in order, and a stage carried out in a
folder instead of a container.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instruction:
    """`FROM`, `COPY` and so on, with the text behind it."""

    name: str
    text: str


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile without comments, lines that continue joined."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(None, 1)) for line in joined.splitlines()]


def stages(found: Sequence[Instruction]) -> list[list[Instruction]]:
    """The instructions stage by stage, each beginning with its FROM."""
    result: list[list[Instruction]] = []
    for instruction in found:
        if instruction.name == "FROM":
            result.append([])
        result[-1].append(instruction)
    return result


def carry_out(
    stage: Sequence[Instruction], *, context: Path, root: Path, environment: Mapping[str, str]
) -> None:
    """Do what a stage says below `root`, with this Python for the base image's."""
    workdir = root
    for instruction in stage[1:]:
        if instruction.name == "WORKDIR":
            workdir = root / instruction.text.strip("/")
            workdir.mkdir(parents=True)
        elif instruction.name == "COPY":
            *sources, target = instruction.text.split()
            place = (root if target.startswith("/") else workdir) / target.strip("/")
            for source in sources:
                _copy(context / source, place, is_folder=target.endswith("/"))
        elif instruction.name == "RUN":
            command = re.sub(r"(?<=\s)/(python|function)(?=\s|$)", rf"{root}/\1", instruction.text)
            command = re.sub(r"\bpython3 ", f"{sys.executable} ", command)
            variables = {"PATH": os.environ["PATH"], **environment}
            subprocess.run(["sh", "-ec", command], cwd=workdir, env=variables, check=True)
        else:
            raise AssertionError(f"nobody carries out {instruction}")


def _copy(source: Path, place: Path, *, is_folder: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, place)
        return
    place = place / source.name if is_folder else place
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, place)
