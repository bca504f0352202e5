"""The rules of imports between modules, read from the import statements of the source."""

import ast
import sys
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SKLEARN_PRIVATE = "sknn_scratch._fitting.sklearn_private"
CORE_MAY_IMPORT = {"numpy", "scipy"}
REQUIRED = {"numpy", "scipy", "sklearn", "joblib", "threadpoolctl"}
EXTRAS = {"onnx": {"onnx", "skl2onnx"}}  # of folders that only a user imports
# Each folder may import from itself and from those of a lower floor.
FLOORS = {
    "_core": 0,
    "_fitting": 1,
    "_estimators": 2,
    "_search": 3,
    "_tables": 3,
    "_displays": 3,
    "_diagnosis": 3,
    "onnx": 4,
}


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def folder_of(module):
    """Give what follows the name of the package: the folder, if the module lies in one."""
    package, _, inner = module.partition(".")
    return inner.partition(".")[0] if package == "sknn_scratch" else ""


MODULES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8"), path)
    for path in sorted(ROOT.glob("sknn_scratch/**/*.py"))
}
PACKAGES = {module_name(path) for path in ROOT.glob("sknn_scratch/**/__init__.py")}
CORE_MODULES = [name for name in MODULES if folder_of(name) == "_core"]


def imports(name, nodes):
    """Yield the absolute name of each module that the import statements of module name ask for."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = name if name in PACKAGES else name.rpartition(".")[0]
            source = resolve_name("." * node.level + (node.module or ""), package)
            for alias in node.names:  # a submodule, or a name that source defines
                submodule = f"{source}.{alias.name}"
                yield submodule if submodule in MODULES else source


def walk_at_import(node):
    """Yield the nodes that importing the module runs: no functions, no blocks for type checkers."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from walk_at_import(child)


def outsiders(name, nodes, allowed):
    """Return the imported modules that are not ours, the standard library's or allowed."""
    known = allowed | sys.stdlib_module_names | {"sknn_scratch"}
    return {module for module in imports(name, nodes) if module.split(".")[0] not in known}


@pytest.mark.parametrize("name", CORE_MODULES)
def test_core_imports_only_numpy_scipy_the_standard_library_and_itself(name):
    nodes = list(ast.walk(MODULES[name]))
    assert not outsiders(name, nodes, CORE_MAY_IMPORT)
    modules = set(imports(name, nodes))
    assert {module for module in modules if module.startswith("sknn_scratch")} <= set(CORE_MODULES)
    assert "warnings" not in modules  # ruff finds what prints or seeds


@pytest.mark.parametrize("name", MODULES)
def test_importing_the_package_needs_only_what_it_requires(name):
    assert not outsiders(name, walk_at_import(MODULES[name]), REQUIRED | EXTRAS.get(folder_of(name), set()))


def private_names_of_sklearn(tree):
    """Yield each dotted name imported from scikit-learn that has a private part."""
    for node in ast.walk(tree):
        prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.level == 0 else ""
        for alias in node.names if prefix or isinstance(node, ast.Import) else ():
            package, *parts = (prefix + alias.name).split(".")
            if package == "sklearn" and any(part[0] == "_" != part[1] for part in parts):
                yield prefix + alias.name


@pytest.mark.parametrize("name", [name for name in MODULES if name != SKLEARN_PRIVATE])
def test_private_names_of_scikit_learn_are_imported_in_one_module(name):
    assert not list(private_names_of_sklearn(MODULES[name]))


def test_folders_import_one_way():
    folders = {path.parent.name for path in ROOT.glob("sknn_scratch/*/__init__.py")}
    assert folders == FLOORS.keys()
    for name, tree in MODULES.items():
        own = folder_of(name)
        for other in map(folder_of, imports(name, ast.walk(tree))):
            if FLOORS.keys() >= {own, other}:
                assert other == own or FLOORS[other] < FLOORS[own], f"{name} imports from {other}"


def test_no_import_cycles():
    graph = {name: MODULES.keys() & set(imports(name, ast.walk(tree))) for name, tree in MODULES.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules in the circle


def test_core_package_is_a_docstring_only():
    (docstring,) = MODULES["sknn_scratch._core"].body
    assert isinstance(docstring, ast.Expr)


# --- The rules would find what they forbid ---

SOURCE = """
import os.path, sklearn.utils, sklearn._loss
from sklearn import __version__, _config
from . import losses, missing
from .._fitting.targets import encode

class Display:
    try:
        import rich
    except ImportError:
        rich = None

def plot():
    import matplotlib
    from sklearn.metrics._scorer import get

if TYPE_CHECKING:
    import pandas
"""


def test_imports_are_found():
    name, tree = "sknn_scratch._core.training", ast.parse(SOURCE)
    ours = {"sknn_scratch._core", "sknn_scratch._core.losses", "sknn_scratch._fitting.targets"}
    of_sklearn = {"sklearn", "sklearn.utils", "sklearn._loss", "sklearn.metrics._scorer"}
    others = {"os.path", "rich", "matplotlib", "pandas"}
    assert set(imports(name, ast.walk(tree))) == ours | of_sklearn | others
    assert outsiders(name, walk_at_import(tree), REQUIRED) == {"rich"}
    assert set(private_names_of_sklearn(tree)) == {
        "sklearn._loss",
        "sklearn._config",
        "sklearn.metrics._scorer.get",
    }
