"""A function whose packages lie beside its code, as in an image and in an archive, has no others."""

import json
from importlib.util import find_spec
from pathlib import Path

from functions_bench import Bench

LOOK = """
import importlib.util, json, sys

def handler(ctx, data=None):
    names = ("own", "pytest", "oci", "json")
    return json.dumps({"found": [n for n in names if importlib.util.find_spec(n)], "path": sys.path})
"""


def look(bench: Bench, source_dir: Path) -> dict[str, list[str]]:
    function = bench.service.create_function(bench.application, source_dir.parent.name, source_dir, {})
    return dict(json.loads(bench.service.invoke(function.ocid).body))


def make(folder: Path, *, code: str = "function") -> Path:
    """What an archive becomes: `function/func.py`, and `python/` with fdk and one package more."""
    for name in ("fdk", "httptools"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        (folder / "python").mkdir(parents=True, exist_ok=True)
        (folder / "python" / name).symlink_to(package)
    (folder / "python" / "own.py").touch()
    (folder / code).mkdir()
    (folder / code / "func.py").write_text(LOOK)
    return folder / code


def test_it_finds_its_own_packages_and_pythons_and_none_of_the_emulators(
    bench: Bench, tmp_path: Path
) -> None:
    source_dir = make(tmp_path / "unpacked")
    seen = look(bench, source_dir)
    assert seen["found"] == ["own", "json"]
    assert seen["path"][:2] == [str(source_dir), str(source_dir.with_name("python"))]
    assert not any("site-packages" in place for place in seen["path"])


def test_a_directory_that_is_not_named_as_in_the_image_has_the_emulators_packages(
    bench: Bench, tmp_path: Path
) -> None:
    """A folder `python` may lie beside somebody's clone."""
    seen = look(bench, make(tmp_path / "clone", code="project"))
    assert seen["found"] == ["pytest", "oci", "json"]
