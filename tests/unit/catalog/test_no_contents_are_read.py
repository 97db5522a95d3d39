"""Secret bundles are never read, nor objects outside of the inventory's own bucket: no code could."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import inventory
from inventory.catalog.load import load_catalog
from inventory.oci_io import bucket_calls

PRODUCT = Path(inventory.__file__).parent
SOURCES = sorted(PRODUCT.rglob("*.py"))

# What reading a secret's content takes: an operation, a client, an SDK module, a path on the wire.
SECRET_READS = ("get_secret_bundle", "list_secret_bundle", "secretsclient", "oci.secrets", "/secretbundles")
# What brings contents instead of descriptions.
CONTENTS = ("secret_bundle", "object", "wallet", "shared_secret", "content", "console_history_data")


def texts(path: Path) -> Iterator[str]:
    """All names and string constants of a module but its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield ast.unparse(node)


def test_no_module_names_what_reads_a_secret() -> None:
    assert len(SOURCES) > 50
    for path in SOURCES:
        named = [text for text in texts(path) if any(read in text.lower() for read in SECRET_READS)]
        assert named == [], path


def test_no_data_names_what_reads_a_secret() -> None:
    files = [path for path in PRODUCT.rglob("*.*") if path.suffix in (".yaml", ".json", ".tsv")]
    assert files
    for path in files:
        text = path.read_text("utf-8").lower()
        assert [read for read in SECRET_READS if read in text] == [], path


def test_the_catalog_has_no_operation_that_reads_contents() -> None:
    catalog = load_catalog()
    operations = {name: facts.path.lower() for name, facts in catalog.operations.items()}
    assert len(operations) > 20
    for name, path in operations.items():
        service, _, operation = name.split(".")
        assert service != "secrets", name
        assert not any(content in operation.split("get_", 1)[-1] for content in CONTENTS), name
        assert not any(f"/{content}" in path for content in ("secretbundles", "o/{objectname}", "content")), (
            name
        )


def test_what_the_catalog_reads_is_read_and_not_made() -> None:
    """Nothing that generates, downloads or changes is among them."""
    operations = [name.rsplit(".", 1)[-1] for name in load_catalog().operations]
    assert [name for name in operations if not name.startswith(("get_", "list_"))] == []


def test_objects_are_called_by_the_bucket_store_alone() -> None:
    """Its calls carry the namespace and name of the one bucket that it was made for."""
    callers = {
        path.name
        for path in (PRODUCT / "oci_io").glob("*.py")
        for text in texts(path)
        if text in ("get_object", "head_object", "list_objects", "delete_object")
    }
    assert callers == {"object_store.py"}
    filled_in = ast.unparse(ast.parse(Path(bucket_calls.__file__).read_text("utf-8")))
    assert "'bucket_name': self._bucket" in filled_in
    makers = {
        path.name for path in SOURCES if path.parent.name == "oci_io" and "ObjectStorageClient" in texts(path)
    }
    assert makers == {"bucket_calls.py"}
