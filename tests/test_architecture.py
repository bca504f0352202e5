"""The rules of imports between modules, read from the import statements of the source."""

import ast
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest
import sklearn

from tests.versions import needs_callbacks

ROOT = Path(__file__).parents[1]
CORE = "sknn_scratch._core"
SKLEARN_PRIVATE = "sknn_scratch._fitting.sklearn_private"
CORE_MAY_IMPORT = {"numpy", "scipy"}
REQUIRED = {"numpy", "scipy", "sklearn", "joblib", "threadpoolctl"}
EXTRAS = {"sknn_scratch.onnx": {"onnx", "skl2onnx"}}  # of folders that only a user imports
CORE_NEVER_CALLS = {"print", "warn", "warnings.warn", "np.random.seed", "numpy.random.seed"}


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8"), path)
    for path in sorted(ROOT.glob("sknn_scratch/**/*.py"))
}
PACKAGES = {module_name(path) for path in ROOT.glob("sknn_scratch/**/__init__.py")}
CORE_MODULES = {name: tree for name, tree in MODULES.items() if f"{name}.".startswith(f"{CORE}.")}


def imports(name, nodes):
    """Yield the absolute name of each module that the import statements of module name ask for."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = absolute(name, node)
            for alias in node.names:  # a submodule, or a name that source defines
                submodule = f"{source}.{alias.name}"
                yield submodule if submodule in MODULES else source


def absolute(name, node):
    """Return the module that an import-from statement in module name reads from."""
    if node.level == 0:
        return node.module
    parents = name.split(".") if name in PACKAGES else name.split(".")[:-1]
    anchor = parents[: len(parents) - node.level + 1]
    return ".".join(anchor + ([node.module] if node.module else []))


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


def calls(tree):
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_there_is_a_core_to_look_at():
    assert CORE in CORE_MODULES
    assert len(CORE_MODULES) > 1


@pytest.mark.parametrize("name", CORE_MODULES)
def test_core_imports_only_numpy_scipy_the_standard_library_and_itself(name):
    nodes = list(ast.walk(CORE_MODULES[name]))
    assert not outsiders(name, nodes, CORE_MAY_IMPORT)
    ours = {module for module in imports(name, nodes) if module.split(".")[0] == "sknn_scratch"}
    assert ours <= CORE_MODULES.keys()


@pytest.mark.parametrize("name", CORE_MODULES)
def test_core_never_prints_warns_or_seeds(name):
    assert not calls(CORE_MODULES[name]) & CORE_NEVER_CALLS


@pytest.mark.parametrize("name", MODULES)
def test_importing_the_package_needs_only_what_it_requires(name):
    assert not outsiders(name, walk_at_import(MODULES[name]), REQUIRED | EXTRAS.get(folder_with(name), set()))


def folder_with(name):
    """Give the name of the folder, below the package, that a module lies in."""
    return ".".join(name.split(".")[:2])


@pytest.mark.parametrize("folder", EXTRAS)
def test_the_package_does_not_import_what_needs_an_extra(folder):
    for name, tree in MODULES.items():
        if folder_with(name) != folder:
            assert folder not in map(folder_with, imports(name, ast.walk(tree)))


def private_names_of_sklearn(tree):
    """Yield (module, name) for each name imported from scikit-learn that has a private part."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module.split(".")[0] == "sklearn":
            pairs = [(node.module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            pairs = [(alias.name, "") for alias in node.names if alias.name.split(".")[0] == "sklearn"]
        else:
            continue
        for module, name in pairs:
            parts = [*module.split("."), name]
            if any(part.startswith("_") and not part.startswith("__") for part in parts):
                yield module, name


@pytest.mark.parametrize("name", [name for name in MODULES if name != SKLEARN_PRIVATE])
def test_private_names_of_scikit_learn_are_imported_in_one_module(name):
    assert not list(private_names_of_sklearn(MODULES[name]))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        pytest.param(*pair, marks=needs_callbacks if "callback" in pair[0] else ())
        for pair in private_names_of_sklearn(MODULES[SKLEARN_PRIVATE])
    ],
)
def test_scikit_learn_has_the_private_names(module, name):
    moved = f"scikit-learn {sklearn.__version__} has no {module}.{name}: see {SKLEARN_PRIVATE}"
    assert hasattr(import_module(module), name), moved


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


def folder_of(module):
    return module.split(".")[1] if module.count(".") else ""


@pytest.mark.parametrize("name", [name for name in MODULES if folder_of(name) in FLOORS])
def test_folders_import_one_way(name):
    own = folder_of(name)
    for module in imports(name, ast.walk(MODULES[name])):
        other = folder_of(module)
        if module.startswith("sknn_scratch") and other in FLOORS:
            assert other == own or FLOORS[other] < FLOORS[own], f"{name} imports {module}"


def test_every_folder_has_its_floor():
    folders = {path.parent.name for path in ROOT.glob("sknn_scratch/*/__init__.py")}
    assert folders == FLOORS.keys()


def test_no_import_cycles():
    graph = {name: MODULES.keys() & set(imports(name, ast.walk(tree))) for name, tree in MODULES.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules in the circle


SAYS_WHERE_CLASSES_ARE = """
for _item in map(globals().get, __all__):
    if isinstance(_item, type):
        _item.__module__ = __name__
""".strip()


def test_package_holds_public_names_and_version_only():
    docstring, *statements, loop = MODULES["sknn_scratch"].body
    assert ast.unparse(loop) == SAYS_WHERE_CLASSES_ARE
    assert isinstance(docstring, ast.Expr)
    for statement in statements:
        if isinstance(statement, ast.Assign):
            assert ast.unparse(statement.targets[0]) in {"__all__", "__version__"}
        else:
            assert isinstance(statement, ast.ImportFrom), ast.unparse(statement)


def test_core_package_is_a_docstring_only():
    (docstring,) = MODULES[CORE].body
    assert isinstance(docstring, ast.Expr)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os.path, scipy.special", {"os.path", "scipy.special"}),
        ("from sklearn.base import BaseEstimator", {"sklearn.base"}),
        ("from . import losses, missing", {f"{CORE}.losses", CORE}),
        ("from .losses import LOSSES", {f"{CORE}.losses"}),
        ("from .. import __version__", {"sknn_scratch"}),
        ("from .._fitting.targets import encode", {"sknn_scratch._fitting.targets"}),
        ("def plot():\n    import matplotlib", {"matplotlib"}),
    ],
)
def test_imports_are_found(source, expected):
    assert set(imports(f"{CORE}.training", ast.walk(ast.parse(source)))) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from sklearn.utils import _safe_indexing, check_array", [("sklearn.utils", "_safe_indexing")]),
        ("from sklearn.metrics._scorer import get", [("sklearn.metrics._scorer", "get")]),
        ("def f():\n    import sklearn.base, sklearn._loss", [("sklearn._loss", "")]),
        ("from sklearn import __version__, get_config", []),
        ("from sknn_scratch._core import losses\nfrom . import _private", []),
    ],
)
def test_private_names_of_scikit_learn_are_found(source, expected):
    assert list(private_names_of_sklearn(ast.parse(source))) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import matplotlib.pyplot", {"matplotlib.pyplot"}),
        ("try:\n    import rich\nexcept ImportError:\n    rich = None", {"rich"}),
        ("class Display:\n    import polars", {"polars"}),
        ("def plot():\n    import matplotlib", set()),
        ("if TYPE_CHECKING:\n    import pandas", set()),
        ("import sklearn, json, sknn_scratch", set()),
    ],
)
def test_outsiders_are_found(source, expected):
    nodes = walk_at_import(ast.parse(source))
    assert outsiders("sknn_scratch._displays", nodes, REQUIRED) == expected
