"""Which of the SDK's service packages our own code uses.

The SDK imports them on demand, by name, so no import statement tells. Our code names them in one way only,
as `ClientKey(service=...)`; with a `template` the bare base client is built, and no package is imported
(ADR 10).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.package.files import Files


class UnknownServiceError(Exception):
    """A client key whose service only shows when it runs."""


def used_services(files: Files) -> set[str]:
    """The names below `oci` of all services whose client classes the Python files build.

    Raises UnknownServiceError for a key with neither a literal service nor a template.
    """
    found = set()
    for path, file in files.items():
        if not path.endswith(".py"):
            continue
        for call in _client_keys(ast.parse(file.read(), path)):
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            service = given.get("service")
            if isinstance(service, ast.Constant) and isinstance(service.value, str):
                found.add(service.value)
            elif "template" not in given:
                raise UnknownServiceError(f"{path}:{call.lineno} names neither a service nor a template")
    return found


def _client_keys(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
            if name == "ClientKey":
                yield node
