"""The public API: names, signatures, methods, fitted attributes."""

import ast
import inspect
import pickle
import re
from doctest import DocTestFinder
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning, InconsistentVersionWarning

import sknn_scratch
from sknn_scratch import (
    Activation,
    DivergenceWarning,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNRegressor,
    SymmetryWarning,
    diagnose,
    tabular_pipeline,
)
from sknn_scratch._estimators.docstrings import with_entries_of
from sknn_scratch._estimators.pickles import VersionedPickles
from sknn_scratch._fitting.fitted import FITTED_ATTRIBUTES
from sknn_scratch._tables.kinds import KINDS
from tests.helpers import make_data, table_of_all_kinds

DOCS = Path(__file__).parents[1] / "docs"

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def public(names):
    return {name for name in names if not name.startswith("_")}


def test_all_is_what_can_be_imported_but_for_modules_and_a_list():
    names = public(vars(sknn_scratch)) - {"datasets", "onnx"}  # other tests import these modules
    assert names == {*sknn_scratch.__all__, "TRUSTED_TYPES", "columns", "exceptions"}


def test_pickles_name_the_package_alone():
    """So they can be read whatever class moves to another module."""
    for name in sknn_scratch.__all__:
        item = getattr(sknn_scratch, name)
        assert pickle.loads(pickle.dumps(item)) is item
        assert not inspect.isclass(item) or item.__module__ == "sknn_scratch", name


@pytest.mark.filterwarnings("ignore:Columns of X")
def test_pickles_name_nothing_of_ours_but_what_is_public():
    X, y = make_data("binary")
    classifier = ShallowNNClassifier(3, Activation(np.sin, np.cos), max_iter=2, warm_start=True, alpha=1)
    regressor = ShallowNNRegressor(3, max_iter=2, alpha=1)
    ensemble = ShallowNNEnsembleClassifier(n_networks=2, n_hidden=3, max_iter=2, alpha=1)
    fitted = [one.fit(X, y) for one in (classifier, regressor, ensemble)]
    for one in fitted:
        assert_array_equal(pickle.loads(pickle.dumps(one)).predict(X), one.predict(X))
    table, y_of_table = table_of_all_kinds()
    of_table = tabular_pipeline(regressor, kinds={"left out": "nothing"}).fit(table, y_of_table)
    assert set(of_table["columns"].kinds_.values()) == set(KINDS), "add it to table_of_all_kinds"
    for example in (*fitted, diagnose(classifier, X, y), of_table):
        pickled = pickle.dumps(example)
        assert b"sknn_scratch._" not in pickled  # classes of kinds and styles are listed in columns.py
        assert b"sknn_scratch" in pickled
        assert type(pickle.loads(pickled)) is type(example)
    assert_array_equal(pickle.loads(pickle.dumps(of_table)).predict(table), of_table.predict(table))


def test_a_pickle_of_another_version_names_both(monkeypatch):
    table = np.arange(60.0).reshape(30, 2)
    model = tabular_pipeline("regressor", n_networks=2, max_iter=2, random_state=0).fit(table, table[:, 0])
    written = pickle.dumps(model)
    own = [f"sknn_scratch.{type(step).__name__} from version 0.0.1 when using version" for step in model]
    assert "version" not in str(vars(pickle.loads(written)[0]))
    newer = written.replace(sknn_scratch.__version__.encode(), b"0.0.1")
    with pytest.warns(InconsistentVersionWarning) as caught:
        again = pickle.loads(newer)
    assert all(any(text in str(one.message) for one in caught) for text in own)
    assert_array_equal(again.predict(table), model.predict(table))
    monkeypatch.delattr(VersionedPickles, "__getstate__")  # as it was before
    older = pickle.dumps(ShallowNNRegressor())
    monkeypatch.undo()
    with pytest.warns(InconsistentVersionWarning, match="NNRegressor from version unknown"):
        pickle.loads(older)


def test_warnings_can_be_imported_from_exceptions_too_and_have_the_right_parents():
    for name in sknn_scratch.exceptions.__all__:
        assert getattr(sknn_scratch.exceptions, name) is getattr(sknn_scratch, name)
    assert issubclass(DivergenceWarning, ConvergenceWarning)
    assert issubclass(SymmetryWarning, UserWarning)


def test_a_class_has_the_signature_of_its_constructor():
    class Derived(ShallowNNClassifier):
        pass

    class WithOneMore(ShallowNNClassifier):
        def __init__(self, more=1):
            super().__init__()

    whole = inspect.signature(ShallowNNClassifier.__init__)
    for cls in (ShallowNNClassifier, Derived):
        assert list(inspect.signature(cls).parameters) == list(whole.parameters)[1:]
        assert inspect.signature(cls).return_annotation is None
    assert list(inspect.signature(WithOneMore).parameters) == ["more"]


def test_all_examples_of_docstrings_are_collected():
    """Those of public classes and their methods lie in modules whose name the classes do not say."""
    for _, name, _ in walk_packages(sknn_scratch.__path__, "sknn_scratch."):
        if not name.startswith("sknn_scratch.onnx"):  # tests/recipes runs its examples
            module = import_module(name)
            nodes = ast.walk(ast.parse(inspect.getsource(module)))
            documented = [one for one in nodes if isinstance(one, ast.ClassDef | ast.FunctionDef)]
            n_examples = sum(">>>" in (ast.get_docstring(one) or "") for one in documented)
            collected = [test for test in DocTestFinder().find(module) if test.examples]
            assert len(collected) == n_examples, name


ESTIMATORS = [name for name in sknn_scratch.__all__ if name.endswith(("Classifier", "Regressor", "CV"))]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_parameter_has_an_entry_of_its_own_with_its_default(name):
    """Such as scikit-learn's HTML shows beside its value."""
    estimator = getattr(sknn_scratch, name)
    documentation = inspect.getdoc(estimator)
    section = documentation[documentation.index("Parameters\n") : documentation.index("Attributes\n")]
    parameters = inspect.signature(estimator).parameters
    assert re.findall(r"^(\S+) : ", section, flags=re.MULTILINE) == list(parameters)
    for entry in re.split(r"\n(?=\w+ : )", section)[1:] if name.startswith("ShallowNN") else ():
        default = repr(parameters[entry.split()[0]].default).replace("'", '"')
        assert f"default={default}".replace("1e-08", "1e-8").replace("0.0001", "1e-4") in entry


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_docstring_is_short_and_names_sections_of_the_guide_that_exist(name):
    documentation = inspect.getdoc(getattr(sknn_scratch, name))
    assert len(documentation.splitlines()) <= 190
    assert max(len(entry.splitlines()) for entry in re.split(r"\n(?=\S)", documentation)) <= 9
    for page, section in re.findall(r"github.io/sknn_scratch/(\S+)\.html#(\S+)>`", documentation):
        headings = re.findall("^#+ (.+)$", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.MULTILINE)
        assert section in {re.sub(r"[^\w-]", "", one.lower().replace(" ", "-")) for one in headings}


METHODS = {
    "fit": "X y sample_weight groups X_val y_val sample_weight_val",
    "partial_fit": "X y classes sample_weight",
    "predict": "X",
    "predict_proba": "X",
    "predict_log_proba": "X",
    "decision_function": "X",
    "transform": "X",
    "score": "X y sample_weight",
}
INHERITED = """
    fit_transform get_feature_names_out get_metadata_routing get_params set_callbacks set_fit_request
    set_output set_params set_partial_fit_request set_score_request
"""


def test_methods():
    assert public(dir(ShallowNNClassifier)) == METHODS.keys() | set(INHERITED.split())
    for name, arguments in METHODS.items():
        signature = inspect.signature(getattr(ShallowNNClassifier(), name))
        assert list(signature.parameters) == arguments.split()
    parameters = inspect.signature(ShallowNNClassifier.fit).parameters.values()
    assert [one.name for one in parameters if one.kind is one.KEYWORD_ONLY] == METHODS["fit"].split()[3:]


FITTED = """
    alpha_ alpha_path_ best_iter_ classes_ coefs_ history_ intercepts_ learning_rate_ loss_curve_
    n_features_in_ n_iter_ solver_ stop_reason_ tol_
"""


@pytest.mark.parametrize(
    ("kind", "way", "params"),
    [
        ("multiclass", "fit", {"early_stopping": True}),
        ("binary", "fit", {"warm_start": True, "solver": "lbfgs"}),
        ("multilabel", "partial_fit", {}),
    ],
)
def test_fitted_attributes(kind, way, params):
    X, y = make_data(kind)
    classifier = ShallowNNClassifier(3, alpha=1, max_iter=3, random_state=0, **params)
    getattr(classifier, way)(X, y)
    assert public(vars(classifier)) == classifier.get_params().keys() | set(FITTED.split())
    ensemble = ShallowNNEnsembleClassifier(3, n_networks=2, alpha=1, max_iter=3, random_state=0, **params)
    for estimator in (classifier, getattr(ensemble, way)(X, y)):
        assert {name for name in vars(estimator) if name.endswith("_")} <= set(FITTED_ATTRIBUTES)
    assert type(classifier.n_iter_) is type(classifier.best_iter_) is type(classifier.n_features_in_) is int
    assert type(classifier.stop_reason_) is str
    assert type(classifier.coefs_) is type(classifier.intercepts_) is list
    assert type(classifier.history_) is dict
    documented = inspect.getdoc(ShallowNNClassifier)
    assert all(f"\n{name} : " in documented for name in [*FITTED.split(), "feature_names_in_"])


def test_a_class_without_a_docstring_gets_none():
    assert with_entries_of(ShallowNNClassifier)(type("Bare", (), {})).__doc__ is None
