"""Where the warnings of a fit point: at the line of the user's that asked for it."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from joblib import parallel_config
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sknn_scratch
from sknn_scratch import (
    Checkpoint,
    DivergenceWarning,
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    VectorizedGridSearchCV,
)
from sknn_scratch._fitting.troubles import Trouble, warn_of
from tests.helpers import make_data, small_network

X, Y = make_data("multiclass")
GRID = {"alpha": [0.1, 1.0]}
SEARCHES = [GridSearchCV, VectorizedGridSearchCV]

network = partial(small_network, n_hidden=3, max_iter=2)


def warnings_of(call):
    """Call a function; list the warnings it gives, each as often as it comes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return caught


def assert_here(caught, n_expected, category=ConvergenceWarning):
    assert [warning.category for warning in caught] == [category] * n_expected
    assert {warning.filename for warning in caught} == {__file__}


CALLS = {
    "fit": (lambda: network().fit(X, Y), 1),
    "ensemble": (lambda: ShallowNNEnsembleClassifier(3, alpha=1.0, max_iter=2, n_networks=2).fit(X, Y), 1),
    "pipeline": (lambda: make_pipeline(StandardScaler(), network()).fit(X, Y), 1),
    "voting": (lambda: VotingClassifier([("a", network()), ("b", network())]).fit(X, Y), 2),
    "one-vs-rest": (lambda: OneVsRestClassifier(network()).fit(X, Y), 3),
    "cross-validation": (lambda: cross_val_score(network(), X, Y, cv=2), 2),
}


@pytest.mark.parametrize("name", CALLS)
def test_warnings_point_at_the_users_call(name):
    call, n_expected = CALLS[name]
    assert_here(warnings_of(call), n_expected)


def test_warnings_of_partial_fit_point_at_the_users_call():
    call = partial(network(solver="sgd", learning_rate=1e300).partial_fit, X, Y, classes=[0, 1, 2])
    assert_here(warnings_of(lambda: call()), 1, DivergenceWarning)


def test_warnings_of_resume_point_at_the_users_call(tmp_path):
    path = tmp_path / "fit.npz"
    warnings_of(lambda: network().set_callbacks(Checkpoint(path)).fit(X, Y))
    assert_here(warnings_of(lambda: ShallowNNClassifier.resume(path, X, Y)), 1)


@pytest.mark.parametrize(
    ("Search", "backend"),
    [*((Search, "sequential") for Search in SEARCHES), (VectorizedGridSearchCV, "threading")],
)
def test_warnings_of_a_search_point_at_the_users_call(Search, backend):
    for estimator, grid in (
        (network(), GRID),
        (make_pipeline(StandardScaler(), network()), {"shallownnclassifier__alpha": [0.1, 1.0]}),
    ):
        with parallel_config(backend=backend, n_jobs=2):
            fit = partial(Search(estimator, grid, cv=2).fit, X, Y)
            assert_here(warnings_of(lambda fit=fit: fit()), 5)


@pytest.mark.parametrize("Search", SEARCHES)
def test_a_warning_that_is_an_error_is_raised_by_a_search(Search):
    search = Search(network(tol=1e9), {"max_iter": [2, 500]}, cv=2, error_score="raise")
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        with pytest.raises(ConvergenceWarning, match="max_iter=2"):
            search.fit(X, Y)


def is_of_the_package(warning):
    return Path(sknn_scratch.__file__).parent in Path(warning.filename).parents


def test_warnings_of_a_search_in_threads_of_joblib_name_the_package():
    """The user's call is not on their stack."""
    with parallel_config(backend="threading", n_jobs=2):
        found = warnings_of(lambda: GridSearchCV(network(), GRID, cv=2, refit=False).fit(X, Y))
    assert all(is_of_the_package(warning) for warning in found)


NAMES = {"warn_of": warn_of, "troubles": [Trouble("so it is", UserWarning)]}


def test_a_module_that_python_runs_for_joblib_is_not_the_user():
    """The frame at the bottom of a worker process is of a module that calls itself __main__."""
    code = compile("warn_of(troubles)", "worker.py", "exec")
    module = {"__name__": "__main__", "__spec__": ModuleSpec("joblib.externals.loky", None)}
    assert_here(warnings_of(lambda: exec(code, module | NAMES)), 1, UserWarning)


def test_without_a_call_of_the_users_the_package_is_named():
    """In a worker process, or a thread that runs nothing but a method of ours."""
    fit = network().fit

    def in_a_thread():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(fit, X, Y).result()

    (warning,) = warnings_of(in_a_thread)
    assert is_of_the_package(warning)


def test_a_call_from_code_without_a_module_has_a_place():
    caught = warnings_of(lambda: exec("warn_of(troubles)", dict(NAMES)))
    assert [warning.filename for warning in caught] == ["<string>"]
