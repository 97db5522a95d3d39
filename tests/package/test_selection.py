"""Which files of packages a program keeps."""

from __future__ import annotations

import pytest

from tools.package.files import File, Files
from tools.package.imports import UnknownModuleError
from tools.package.selection import UNREACHED, UNUSED_SERVICES, Selection, select
from tools.package.services import UnknownServiceError, used_services


def files(texts: dict[str, str], owner: str = "") -> dict[str, File]:
    return {
        path: File(path=path, size=len(text), owner=owner, read=text.encode) for path, text in texts.items()
    }


CODE = files(
    {
        "func.py": "from inventory.entry import handler",
        "inventory/__init__.py": "",
        "inventory/entry.py": "import inventory.data, oci\nKEY = ClientKey(service='used', client='C')",
        "inventory/data/__init__.py": "",
        "inventory/data/facts.json": "{}",
        "inventory/cli/__init__.py": "import commandline",
        "inventory/cli/help.txt": "",
    }
)
PACKAGES = {
    **files(
        {"fdk/__init__.py": "", "fdk/scripts/__init__.py": "", "fdk/scripts/fdk.py": "import helper"}, "fdk"
    ),
    **files({"_cffi_backend.abi3.so": "", "cffi/__init__.py": ""}, "cffi"),
    **files({"helper.py": "", "helper.pyi": "", "helper-1.dist-info/METADATA": ""}, "helper"),
    **files({"helper-1.dist-info/RECORD": "", "helper-1.dist-info/licenses/LICENSE": ""}, "helper"),
    **files({"commandline/__init__.py": "", "commandline-1.dist-info/METADATA": ""}, "commandline"),
    **files(
        {
            "oci/__init__.py": "from . import auth\nif eager:\n    from . import used, idle",
            "oci/auth/__init__.py": "from oci import paging",
            "oci/paging.py": "import oci.internal",
            "oci/internal/__init__.py": "",
            "oci/internal/models/__init__.py": "",
            "oci/used/__init__.py": "from . import models",
            "oci/used/models/__init__.py": "",
            "oci/used/models/never_imported.py": "",
            "oci/idle/__init__.py": "",
            "oci/idle/models/__init__.py": "",
        },
        "oci",
    ),
}


@pytest.fixture
def selection() -> Selection:
    return select(CODE, PACKAGES)


def test_our_own_modules_are_kept_one_by_one_with_the_data_beside_them(selection: Selection) -> None:
    assert list(selection.code) == sorted(path for path in CODE if "cli" not in path)


def test_packages_are_kept_whole_and_with_licence_if_anything_imports_them(selection: Selection) -> None:
    kept = {path for path in selection.packages if not path.startswith("oci/")}
    assert kept == {
        *("fdk/__init__.py", "fdk/scripts/__init__.py", "fdk/scripts/fdk.py", "_cffi_backend.abi3.so"),
        *("helper.py", "helper-1.dist-info/METADATA", "helper-1.dist-info/licenses/LICENSE"),
    }
    dropped = {file.path for file in selection.dropped[UNREACHED]}
    assert dropped == {"cffi/__init__.py", "commandline/__init__.py", "commandline-1.dist-info/METADATA"}


def test_services_are_kept_that_clients_are_built_for_or_that_the_sdk_imports(selection: Selection) -> None:
    assert selection.services == {"used", "internal"}
    assert "oci/used/models/never_imported.py" in selection.packages
    assert {file.path for file in selection.dropped[UNUSED_SERVICES]} == {
        "oci/idle/__init__.py",
        "oci/idle/models/__init__.py",
    }


def test_every_file_is_either_kept_or_told_as_dropped(selection: Selection) -> None:
    dropped = [file.path for found in selection.dropped.values() for file in found]
    assert sorted([*dropped, *selection.packages]) == sorted(PACKAGES)


def test_a_service_that_the_sdk_does_not_have_stops_the_build() -> None:
    code = {**CODE, **files({"inventory/entry.py": "ClientKey(service='gone', client='C')"})}
    with pytest.raises(UnknownModuleError, match=r"no module oci\.gone"):
        select(code, PACKAGES)


def keys(text: str) -> Files:
    return files({"inventory/entry.py": text, "inventory/types.yaml": "ClientKey(service=x)"})


def test_a_key_with_a_template_needs_no_service_package() -> None:
    assert used_services(keys("clients.ClientKey(service=call.service, template=facts.template)")) == set()
    assert used_services(keys("ClientKey(service='ons', client='C', region=region)")) == {"ons"}


def test_a_service_that_only_shows_when_it_runs_stops_the_build() -> None:
    with pytest.raises(UnknownServiceError, match=r"entry\.py:2 names neither"):
        used_services(keys("\nClientKey(service=call.service, client='C')"))
