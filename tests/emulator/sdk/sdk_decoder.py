"""The SDK's own deserialisation, without importing its clients and their thousands of models.

Single model files are imported under another package name, so that `oci` itself stays as lazy as it is.
"""

from __future__ import annotations

import importlib
import json
import sys
from functools import cache
from types import ModuleType
from typing import Any

from oci.base_client import BaseClient

from emulator.sdk.models import model_file
from emulator.sdk.operations import sdk_folder

_PACKAGE = "sdk_models"


class _Mapping(dict[str, type]):
    """Class by name, for one module of the SDK; imported when it is first asked for."""

    def __init__(self, module: str) -> None:
        super().__init__()
        self._package = f"{_PACKAGE}.{module}"
        for name, path in ((_PACKAGE, None), (self._package, sdk_folder() / module / "models")):
            if name not in sys.modules:
                package = ModuleType(name)
                package.__path__ = [str(path)] if path else []
                sys.modules[name] = package
        self._module = module

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or model_file(self._module, str(name)) is not None

    def __missing__(self, name: str) -> type:
        file = model_file(self._module, name)
        if file is None:
            raise KeyError(name)
        found: type = getattr(importlib.import_module(f"{self._package}.{file}"), name)
        self[name] = found
        return found


@cache
def _client(module: str) -> BaseClient:
    config = {
        "user": "ocid1.user.oc1..nobody",
        "tenancy": "ocid1.tenancy.oc1..nobody",
        "fingerprint": ":".join(["00"] * 16),
        "key_content": "never used",
        "region": "us-ashburn-1",
    }
    client = BaseClient(
        module, config, None, {}, regional_client=True, service_endpoint="https://example.com", base_path="/"
    )
    mapping = _Mapping(module)
    mapping.update(client.type_mappings)
    client.type_mappings = mapping
    return client


def decode(module: str, kind: str, value: Any) -> Any:
    """A JSON value as the SDK's clients of a module would return it for the response type `kind`."""
    return _client(module).deserialize_response_data(json.dumps(value).encode(), kind)
