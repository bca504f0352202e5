"""What import-linter cannot say of the imports; its contracts are in pyproject.toml."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import sknn_scratch

PACKAGE = Path(sknn_scratch.__file__).parent
WITHOUT_DOCSTRINGS_AND_OPTIONAL_PACKAGES = """
import sys
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pkgutil import walk_packages

def code_of(loader, name, usual=SourceFileLoader.get_code):
    if name.startswith("sknn_scratch"):  # as with -OO, which would also compile all that the package imports
        return compile(loader.get_data(loader.path), loader.path, "exec", optimize=2)
    return usual(loader, name)

SourceFileLoader.get_code = code_of
for name in ("dask", "matplotlib", "onnx", "pandas", "polars", "rich", "skl2onnx", "skops"):
    sys.modules[name] = None
import sknn_scratch

for _, name, _ in walk_packages(sknn_scratch.__path__, "sknn_scratch."):
    if not name.startswith("sknn_scratch.onnx"):
        import_module(name)
print(sknn_scratch.ShallowNNClassifier.__doc__, sknn_scratch.ShallowNNClassifier())
"""


def test_without_docstrings_and_optional_packages_the_package_works():
    """This takes another process: here, the tests have imported it."""
    program = [sys.executable, "-c", WITHOUT_DOCSTRINGS_AND_OPTIONAL_PACKAGES]
    printed = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "None ShallowNNClassifier()"


def private_names_of_sklearn(source):
    """Yield each dotted name imported from scikit-learn that has a private part."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.level == 0 else ""
            for name in (module + alias.name for alias in node.names):
                if name.startswith("sklearn.") and re.search(r"\._[a-z]", name):
                    yield name


def test_private_names_of_scikit_learn_are_imported_in_one_module():
    modules = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if any(private_names_of_sklearn(path.read_text(encoding="utf-8")))
    ]
    assert modules == ["sklearn_versions.py"]
