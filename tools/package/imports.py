"""Which modules a program can import, found by reading its import statements.

Every statement counts, also those in functions and those whose failure is caught, because nobody can tell
whether they are reached. Not found are imports by compiled modules and by computed names: `selection` names
those.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Container, Iterable, Iterator

from tools.package.files import Files

_COMPILED = (".so", ".pyd")
_WITH_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)


class UnknownModuleError(Exception):
    """A module that the program starts from is not among its files."""


def reached_modules(files: Files, roots: Iterable[str], *, on_demand: Collection[str] = ()) -> dict[str, str]:
    """The paths of the modules that the roots can import, by module name; the roots are among them.

    In the files of `on_demand` only imports that stand at the top of the file count. Modules of the standard
    library are not among the files, and so are not found. Raises UnknownModuleError for a root that is not.
    """
    modules = _module_paths(files)
    found: dict[str, str] = {}
    waiting = list(roots)
    unknown = sorted(name for name in waiting if name not in modules)
    if unknown:
        raise UnknownModuleError(f"no module {', '.join(unknown)} among the files")
    while waiting:
        name = waiting.pop()
        for each in _with_parents(name):
            path = modules.get(each)
            if path is None or each in found:
                continue
            found[each] = path
            if path.endswith(".py"):
                tree = ast.parse(files[path].read(), path)
                package = each if path.endswith("/__init__.py") else each.rpartition(".")[0]
                if path in on_demand:
                    waiting += _imported(tree.body, package)
                else:
                    waiting += _imported(_statements(tree), package)
                    waiting += _attributes(tree, modules)
    return found


def _module_paths(files: Files) -> dict[str, str]:
    paths = {}
    for path in files:
        folder, _, file_name = path.rpartition("/")
        stem, _, suffix = file_name.partition(".")
        # Compiled ones carry a tag: `lib.cpython-312-x86_64-linux-gnu.so`.
        if suffix == "py" or path.endswith(_COMPILED):
            name = "" if stem == "__init__" else stem
            paths[".".join(part for part in (*folder.split("/"), name) if part)] = path
    return paths


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count])


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """All statements but what stands under `if TYPE_CHECKING`."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and _last_name(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        else:
            waiting += (child for child in ast.iter_child_nodes(node) if isinstance(child, _WITH_STATEMENTS))


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _imported(statements: Iterable[ast.AST], package: str) -> Iterator[str]:
    """Names that may be modules: those imported, and those imported from."""
    for node in statements:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base_of(node, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _attributes(tree: ast.Module, modules: Container[str]) -> Iterator[str]:
    """Attributes of packages that were imported by their own names: they may be modules of these."""
    packages = {
        alias.name
        for node in _statements(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.asname is None and alias.name in modules
    }
    for node in ast.walk(tree) if packages else ():
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in packages:
            yield f"{node.value.id}.{node.attr}"


def _base_of(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - (node.level - 1)]
    return ".".join([*above, node.module] if node.module else above)
