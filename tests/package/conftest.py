"""The archive as `make package` builds it, for the interpreter that runs the tests."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tools.package.build import Built, build_archive

PROJECT = Path(__file__).resolve().parents[2]
#: Shared with `make package`: wheels are fetched once.
CACHE = PROJECT / "build" / "wheels"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_archive(PROJECT, tmp_path_factory.mktemp("dist"), target=None, cache=CACHE)


@pytest.fixture(scope="session")
def unpacked(archive: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An otherwise empty folder with the archive in it."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(archive.path) as packed:
        packed.extractall(folder)
    return folder
