"""What import-linter cannot say of the imports; its contracts are in pyproject.toml."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sknn_scratch

PACKAGE = Path(sknn_scratch.__file__).parent
WITHOUT_OPTIONAL_PACKAGES = """
import sys
from importlib import import_module
from pkgutil import walk_packages

for name in ("dask", "matplotlib", "onnx", "pandas", "polars", "rich", "skl2onnx", "skops"):
    sys.modules[name] = None
import sknn_scratch

for _, name, _ in walk_packages(sknn_scratch.__path__, "sknn_scratch."):
    if not name.startswith("sknn_scratch.onnx"):
        import_module(name)
"""


def test_importing_the_package_needs_nothing_optional():
    """This takes another process: here, the tests have imported it."""
    subprocess.run([sys.executable, "-c", WITHOUT_OPTIONAL_PACKAGES], check=True)


def private_names_of_sklearn(source):
    """Yield each dotted name imported from scikit-learn that has a private part."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.level == 0 else ""
            for name in (module + alias.name for alias in node.names):
                if name.startswith("sklearn.") and re.search(r"\._[a-z]", name):
                    yield name


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_private_names_of_scikit_learn_are_imported_in_one_module(path):
    names = list(private_names_of_sklearn(path.read_text(encoding="utf-8")))
    assert bool(names) == (path.name == "sklearn_versions.py")
