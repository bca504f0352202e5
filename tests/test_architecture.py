"""What import-linter cannot say of the imports; its contracts are in pyproject.toml."""

import ast
import re
from pathlib import Path

import pytest

import sknn_scratch

PACKAGE = Path(sknn_scratch.__file__).parent
OPTIONAL = {"dask", "matplotlib", "onnx", "pandas", "polars", "rich", "skl2onnx", "skops"}


@pytest.fixture(scope="module")
def trees():
    """The syntax tree of each module, by its path in the package."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in PACKAGE.rglob("*.py")
    }


def imported_names(node):
    """List the dotted names that an import binds; of a relative one, those after the dots."""
    if isinstance(node, ast.ImportFrom):
        module = f"{node.module}." if node.level == 0 else ""
        return [module + alias.name for alias in node.names]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def run_at_import(node):
    """Yield what is run when a module is imported: nothing in functions, nor for type checkers alone."""
    for child in ast.iter_child_nodes(node):
        is_for_types = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not (is_for_types or isinstance(child, ast.FunctionDef)):
            yield child
            yield from run_at_import(child)


def test_optional_packages_are_imported_in_functions(trees):
    packages = {
        name.partition(".")[0]
        for module, tree in trees.items()
        if not module.startswith("onnx/")
        for node in run_at_import(tree)
        for name in imported_names(node)
    }
    assert {"numpy", "sklearn"} <= packages
    assert not packages & OPTIONAL


def test_private_names_of_scikit_learn_are_imported_in_one_module(trees):
    modules = {
        module
        for module, tree in trees.items()
        for node in ast.walk(tree)
        for name in imported_names(node)
        if name.startswith("sklearn.") and re.search(r"\._[a-z]", name)
    }
    assert modules == {"_fitting/sklearn_versions.py"}


def test_docstrings_are_read_in_one_module(trees):
    """Python's mode -OO leaves them out, and the package is imported all the same."""
    readers = {
        module
        for module, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "__doc__"
    }
    assert readers == {"_estimators/docstrings.py"}
