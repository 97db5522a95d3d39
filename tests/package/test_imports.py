"""Modules that a program can import, by what its files say."""

from __future__ import annotations

import pytest

from tools.package.files import File, Files
from tools.package.imports import UnknownModuleError, reached_modules


def tree(**texts: str) -> Files:
    """Python files by dotted name; `__init__` is `package.__init__`."""
    return {
        path: File(path=path, size=len(text), read=text.encode)
        for path, text in ((f"{name.replace('.', '/')}.py", text) for name, text in texts.items())
    }


def reached(files: Files, *roots: str, on_demand: tuple[str, ...] = ()) -> set[str]:
    return set(reached_modules(files, roots, on_demand=on_demand))


def test_imports_count_wherever_they_stand() -> None:
    files = tree(
        **{
            "main": "import one\ndef later():\n    import two.deep\ntry:\n    from three import x\n"
            "except ImportError:\n    import four as five\n",
            "one": "import sys, json",
            "two.__init__": "",
            "two.deep": "",
            "two.beside": "import one",
            "three": "x = 1",
            "four": "",
            "five": "",
        }
    )
    assert reached(files, "main") == {"main", "one", "two", "two.deep", "three", "four"}


def test_relative_imports_start_from_the_modules_package() -> None:
    files = tree(
        **{
            "main": "import a.b.c",
            "a.__init__": "",
            "a.uncle": "",
            "a.b.__init__": "from . import here\nfrom .. import uncle",
            "a.b.here": "",
            "a.b.c": "from .sibling import x\nfrom ..cousin.deep import y",
            "a.b.sibling": "",
            "a.cousin.__init__": "",
            "a.cousin.deep": "",
            "a.cousin.other": "",
        }
    )
    assert reached(files, "main") == {
        *("main", "a", "a.uncle", "a.b", "a.b.here", "a.b.c", "a.b.sibling"),
        *("a.cousin", "a.cousin.deep"),
    }


def test_what_only_a_type_checker_imports_is_not_reached() -> None:
    text = "import typing\nfrom typing import TYPE_CHECKING\n"
    text += "if TYPE_CHECKING:\n    import a\nelse:\n    import b\nif typing.TYPE_CHECKING:\n    import a\n"
    assert reached(tree(main=text, a="", b=""), "main") == {"main", "b"}


def test_an_attribute_of_an_imported_package_is_a_module_of_it() -> None:
    """`import sdk; sdk.core.Client()` loads `sdk.core` where the package imports on demand."""
    files = tree(
        **{
            "main": "import sdk\ndef client():\n    return sdk.core.Client()\nother = object()\nother.dns",
            "sdk.__init__": "",
            "sdk.core": "",
            "sdk.dns": "",
            "other.dns": "",
        }
    )
    assert reached(files, "main") == {"main", "sdk", "sdk.core"}


def test_of_a_package_that_imports_on_demand_only_the_top_of_its_file_counts() -> None:
    files = tree(
        **{
            "main": "import sdk",
            "sdk.__init__": "from . import auth\nif not lazy:\n    from . import core, dns",
            "sdk.auth": "def f():\n    from . import dns",
            "sdk.core": "",
            "sdk.dns": "",
        }
    )
    assert reached(files, "main", on_demand=("sdk/__init__.py",)) == {"main", "sdk", "sdk.auth", "sdk.dns"}
    assert "sdk.core" in reached(files, "main")


def test_compiled_modules_are_found_whatever_their_tag() -> None:
    paths = ("a/lib.cpython-312-x86_64-linux-gnu.so", "a/_rust.abi3.so", "a/liblib.so.26", "_top.so")
    compiled = {path: File(path=path, size=0, read=bytes) for path in paths}
    files = {
        **tree(**{"main": "from a import lib, _rust, liblib\nimport _top", "a.__init__": ""}),
        **compiled,
    }
    assert reached(files, "main") == {"main", "a", "a.lib", "a._rust", "_top"}


def test_a_root_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UnknownModuleError, match=r"no module fdk\.scripts\.fdk"):
        reached(tree(main=""), "main", "fdk.scripts.fdk")
