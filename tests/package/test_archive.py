"""What the archive holds, and that it is the same whoever builds it."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from inventory import __version__
from tests.package.conftest import CACHE, PROJECT
from tools.package.__main__ import main
from tools.package.archive import HANDLER, MAX_DIRECT_BYTES, MAX_STORED_BYTES
from tools.package.build import DEFAULT, Built, build_archive
from tools.package.image import digest_of
from tools.package.left_out import LEFT_OUT, PARQUET, LeftOut
from tools.package.report import archive_lines, dropped_lines, sha256_of
from tools.package.wheels import LOCK, Target, fetch_wheels

# pip fetches and chooses.
pytestmark = pytest.mark.e2e

ELF_X86_64 = 62


def copy_project(folder: Path) -> Path:
    shutil.copytree(PROJECT / "inventory", folder / "inventory")
    (folder / LOCK).parent.mkdir()
    for name in ("func.py", "func.yaml", LOCK):
        shutil.copy(PROJECT / name, folder / name)
    return folder


def test_two_builds_in_different_places_and_times_give_the_same_bytes(tmp_path: Path) -> None:
    """Modes, times and bytecode of the one are not those of the other; neither tells where it was built."""
    one = copy_project(tmp_path / "one")
    other = copy_project(tmp_path / "another" / "place")
    for path in other.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    (other / "inventory" / "__pycache__" / "left.cpython-312.pyc").parent.mkdir(exist_ok=True)
    (other / "inventory" / "__pycache__" / "left.cpython-312.pyc").write_bytes(b"left over")
    first, second = (
        build_archive(project, project / "dist", target=None, parquet=False, cache=CACHE)
        for project in (one, other)
    )
    content = first.path.read_bytes()
    assert content == second.path.read_bytes()
    assert str(tmp_path).encode() not in content
    with zipfile.ZipFile(first.path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == sorted(names)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert not [name for name in names if str(PROJECT).encode() in archive.read(name)]


def test_the_archive_has_the_layout_of_code_only_functions(archive: Built) -> None:
    with zipfile.ZipFile(archive.path) as packed:
        names = packed.namelist()
    module, _, function = HANDLER.partition(".")
    assert f"function/{module}.py" in names
    assert f"def {function}" in (PROJECT / "inventory" / "entry.py").read_text()
    assert {name.split("/")[0] for name in names} == {"function", "python"}


def test_the_archive_holds_the_functions_and_nothing_for_people(archive: Built) -> None:
    selection = archive.selection
    assert "inventory/catalog/types.yaml" in selection.code
    assert "inventory/catalog/sdk_operations.json" in selection.code
    apart = ("inventory/cli/", "inventory/roles/verifier/", "inventory/schemas/", "tests/", "emulator/")
    assert not [path for path in selection.code if path.startswith(apart)]
    unwanted = (
        "__pycache__",
        "/tests/",
        ".pyi",
        ".pyx",
        ".h",
        "RECORD",
        "direct_url.json",
        "INSTALLER",
        ".pyc",
    )
    assert not [path for path in selection.packages if path.endswith(unwanted) or "/tests/" in path]
    assert not [
        path for path in selection.packages if path.startswith(("pytest", "Cython", "aiohttp", "bin"))
    ]


def test_every_package_in_the_archive_brings_its_licence(archive: Built) -> None:
    folders = {path.split("/")[0] for path in archive.selection.packages if ".dist-info/" in path}
    licensed = {
        path.split("/")[0] for path in archive.selection.packages if "LICEN" in path and ".dist-info/" in path
    }
    owners = {file.owner for file in archive.selection.packages.values()}
    assert {folder.partition("-")[0] for folder in folders} == owners
    assert licensed == folders


def test_of_the_sdk_only_used_services_are_kept(archive: Built) -> None:
    """Those that clients are built for, and two that the SDK itself imports."""
    named = {
        *("functions", "generative_ai_inference", "identity", "monitoring", "object_storage", "ons"),
        "resource_search",
    }
    assert archive.selection.services == {*named, "dns", "work_requests"}


def test_the_archive_is_not_too_large_for_object_storage(archive: Built) -> None:
    assert archive.path.stat().st_size < MAX_STORED_BYTES


def test_the_report_tells_parts_that_add_up_the_hash_and_what_went(archive: Built) -> None:
    lines = list(archive_lines(archive))
    assert any("pyarrow" in line for line in lines)
    assert "sha256" in lines[-1]
    whole = next(line.split() for line in lines if line.strip().startswith("all  "))
    with zipfile.ZipFile(archive.path) as packed:
        entries = packed.infolist()
    assert whole[1] == str(len(entries))
    assert whole[2] == f"{sum(entry.file_size for entry in entries) / 1_000_000:.1f}"
    told = "\n".join(dropped_lines(archive))
    assert all(why in told for why in archive.selection.dropped)


def test_every_rule_that_leaves_files_out_fits_some(archive: Built) -> None:
    """A pattern that fits nothing any more says something about packages that is no longer true."""
    # Only an installation has commands.
    paths = [*archive.packages, "bin/fdk", "bin/pytest"]
    for rule in LEFT_OUT:
        for pattern in rule.patterns:
            assert [path for path in paths if _only(rule, pattern).fits(path)], pattern
        for exception in rule.but:
            kept = _only(rule, exception, but=())
            assert [path for path in paths if kept.fits(path)], exception


def _only(rule: LeftOut, pattern: str, but: tuple[str, ...] | None = None) -> LeftOut:
    return LeftOut(why=rule.why, patterns=(pattern,), but=rule.but if but is None else but)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_all_packages_exist_for_the_runtimes_python_and_both_machines(machine: str) -> None:
    wheels = fetch_wheels(PROJECT / LOCK, Target(python=DEFAULT.python, machine=machine), CACHE)
    locked = [line for line in (PROJECT / LOCK).read_text().splitlines() if "==" in line]
    assert len(wheels) == len(locked)
    compiled = [wheel.stem for wheel in wheels if not wheel.stem.endswith("-none-any")]
    assert len(compiled) > 10
    assert all(stem.endswith(f"_{machine}") and ("-cp312-" in stem or "-abi3-" in stem) for stem in compiled)


def test_the_command_builds_for_the_runtime_and_tells_what_it_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without Parquet the archive is small enough to travel in the request."""
    assert main(["--output", str(tmp_path), "--cache", str(CACHE), "--no-parquet"]) == 0
    path = tmp_path / f"oci-inventory-code-{__version__}-no-parquet.zip"
    assert path.stat().st_size < MAX_DIRECT_BYTES
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "pyarrow" in name]
        compiled = {name: archive.read(name) for name in archive.namelist() if name.endswith(".so")}
    assert len(compiled) > 5
    for name, content in compiled.items():
        assert ".cpython-" not in name or name.endswith(".cpython-312-x86_64-linux-gnu.so")
        assert int.from_bytes(content[18:20], "little") == ELF_X86_64
    assert (tmp_path / "SHA256SUMS").read_text() == f"{sha256_of(path)}  {path.name}\n"
    told = capsys.readouterr().out
    assert sha256_of(path) in told
    assert digest_of(tmp_path / "image") in told
    assert PARQUET.why in told
    assert "fits into a request" in told


def test_a_package_without_a_wheel_stops_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--output", str(tmp_path / "dist"), "--cache", str(tmp_path / "wheels")]
    assert main([*places, "--python", "2.7"]) == 1
    assert "pip has no wheel for every package of requirements/functions.txt" in capsys.readouterr().err
    assert not (tmp_path / "dist").exists()
