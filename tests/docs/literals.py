"""The texts that the product's code holds at certain places, so that documents can be held against them.

A text is a constant, or an f-string with `…` for what is put in. Names of constants are resolved in their own
module; any other expression (`exc.summary()`) is no text and is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import inventory

#: These only read runs, or serve the command line.
_LEFT_OUT = ("cli", "roles/verifier", "schemas")
_VARIES = "…"

Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True, slots=True)
class _Module:
    tree: ast.Module
    constants: dict[str, str]


def arguments(callee: str, *, position: int | None = None, keyword: str | None = None) -> set[str]:
    """The texts that a function or class is called with, by position, keyword or either, anywhere."""
    found: set[str] = set()
    for module in _modules():
        for call in _nodes(module.tree, ast.Call):
            if _name(call.func) == callee:
                given = [one.value for one in call.keywords if one.arg == keyword and keyword is not None]
                if position is not None:
                    given += call.args[position : position + 1]
                found.update(text for value in given for text in _texts(value, module))
    return found


def values(key: str, *, beside: str) -> set[str]:
    """The texts that a key has in literal objects that have another key, too."""
    found: set[str] = set()
    for module in _modules():
        for literal in _nodes(module.tree, ast.Dict):
            pairs = {
                name.value: value
                for name, value in zip(literal.keys, literal.values, strict=True)
                if isinstance(name, ast.Constant)
            }
            if beside in pairs and key in pairs:
                found |= _texts(pairs[key], module)
    return found


def returned_by(function: str) -> set[str]:
    """The texts that the one function of this name returns."""
    module, defined = _function(function)
    returns = [one.value for one in _nodes(defined, ast.Return) if one.value is not None]
    return {text for value in returns for text in _texts(value, module)}


def written_in(function: str) -> set[str]:
    """All texts in the body of the one function of this name."""
    module, defined = _function(function)
    return {
        text for statement in defined.body for node in ast.walk(statement) for text in _texts(node, module)
    }


def _function(name: str) -> tuple[_Module, ast.FunctionDef]:
    (found,) = [
        (module, defined)
        for module in _modules()
        for defined in _nodes(module.tree, ast.FunctionDef)
        if defined.name == name
    ]
    return found


@cache
def _modules() -> tuple[_Module, ...]:
    root = Path(inventory.__file__).parent
    found = []
    for path in sorted(root.rglob("*.py")):
        if not path.relative_to(root).as_posix().startswith(_LEFT_OUT):
            tree = ast.parse(path.read_text("utf-8"))
            found.append(_Module(tree, dict(_constants(tree))))
    return tuple(found)


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            for target in statement.targets:
                if isinstance(target, ast.Name) and isinstance(statement.value.value, str):
                    yield target.id, statement.value.value


def _texts(node: ast.AST, module: _Module) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else _VARIES for part in node.values]
        return {"".join(map(str, parts))}
    if isinstance(node, ast.IfExp):
        return _texts(node.body, module) | _texts(node.orelse, module)
    if isinstance(node, ast.Name) and node.id in module.constants:
        return {module.constants[node.id]}
    return set()


def _nodes(root: ast.AST, kind: type[Node]) -> Iterator[Node]:
    return (node for node in ast.walk(root) if isinstance(node, kind))


def _name(callee: ast.expr) -> str:
    return callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
