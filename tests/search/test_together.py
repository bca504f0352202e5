"""``train_together``: the tools of scikit-learn give the same inside it, and networks share passes."""

import pickle
import sys
import threading
import warnings
from functools import partial

import numpy as np
import pytest
from joblib import Parallel, delayed, effective_n_jobs, parallel_config
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the halving searches importable
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sknn_scratch import Activation, ShallowNNEnsembleClassifier, VectorizedGridSearchCV, train_together
from sknn_scratch._core.stack import Stack
from sknn_scratch._search import meeting
from tests.helpers import SilentCallback, bits_of, make_data, press_control_c, small_network
from tests.versions import needs_callbacks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("multiclass")
GRID = {"learning_rate": [0.01, 0.1], "alpha": [0.1, 1.0]}

network = partial(small_network, n_hidden=4, max_iter=4, batch_size=10)


LEARNING = partial(learning_curve, network(), X, Y, cv=3, train_sizes=[0.5, 1.0])
MEMBERS = [("a", network()), ("b", network(random_state=1)), ("c", LogisticRegression())]
HALVING = HalvingGridSearchCV(network(), GRID, cv=2, min_resources=20, factor=2, random_state=0)
# What contains networks, and how many of them are trained at once; None if that depends on threads.
FITTED = {
    "grid search": (GridSearchCV(network(), GRID, cv=3), [12]),
    "halving": (HALVING, [4, 4, 4]),
    "bagging": (BaggingClassifier(network(), 4, n_jobs=4, random_state=0), None),
    "one against the rest": (OneVsRestClassifier(network()), [3]),
    "calibration": (CalibratedClassifierCV(network(), cv=3), [3]),
    "voting": (VotingClassifier(MEMBERS, voting="soft"), [2]),
}
CALLED = {
    "cross_validate": (partial(cross_validate, network(), X, Y, cv=4, return_train_score=True), [4]),
    "cross_val_predict": (partial(cross_val_predict, network(), X, Y, cv=4, method="predict_proba"), [4]),
    "learning curve": (partial(LEARNING, shuffle=True, random_state=0), [3, 3]),
    "incremental learning curve": (partial(LEARNING, exploit_incremental_learning=True), [3, 1, 1, 1]),
    "permutation test": (
        lambda: permutation_test_score(network(), X, Y, cv=2, n_permutations=3, random_state=0)[:2],
        [3, 1, 1, 1],
    ),
    "search in cross-validation": (
        partial(cross_val_score, GridSearchCV(network(), GRID, cv=2), X, Y, cv=2),
        [8, 8, 2],
    ),
}


def results_of(tool):
    """Call a tool, or fit it and predict with it; list all results but times."""
    if tool in FITTED:
        fitted = FITTED[tool][0].fit(X, Y)
        found = {**getattr(fitted, "cv_results_", {}), "predicted": fitted.predict_proba(X)}
    else:
        found = CALLED[tool][0]()
        found = found if isinstance(found, dict) else dict(enumerate(found))
    return bits_of({name: values for name, values in found.items() if "_time" not in str(name)})


@pytest.mark.filterwarnings("ignore:None of .* networks were trained together")
@pytest.mark.parametrize("tool", [*FITTED, *CALLED])
def test_tools_give_the_same_inside_the_block(tool, groups):
    with parallel_config(backend="threading"):
        expected = results_of(tool)
    assert groups == []
    with parallel_config(backend="threading"), train_together():
        assert results_of(tool) == expected
    sizes = (FITTED | CALLED)[tool][1]
    assert sizes is None or groups == sizes


# --- What can be trained together ---


def grid_results(estimator, grid):
    search = GridSearchCV(estimator, grid, cv=2, refit=False, return_train_score=True).fit(X, Y)
    return [search.cv_results_[f"split{i}_{kind}_score"] for i in (0, 1) for kind in ("train", "test")]


class PipelineOfAnotherPackage(Pipeline):
    """Drops rows while it is fitted, as pipelines of imbalanced-learn do."""

    def fit(self, X, y=None, **params):
        return super().fit(X[::2], y[::2], **params)


# How they are made, the prefix of the network's parameters, and how many are trained, in all and at once.
ESTIMATORS = {
    "pipeline of another package": (
        lambda: PipelineOfAnotherPackage([("scale", StandardScaler()), ("net", network())]),
        "net__", 4, 4,
    ),
    "pipeline with a callback": (
        lambda: make_pipeline(StandardScaler(), network()).set_callbacks(SilentCallback()),
        "shallownnclassifier__", 4, 4,
    ),
    "ensemble": (
        lambda: ShallowNNEnsembleClassifier(4, solver="adam", max_iter=3, n_networks=2, random_state=0),
        "", 8, 8,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=needs_callbacks) if "callback" in name else name for name in ESTIMATORS]
)
def test_estimators_that_contain_networks(name, groups):
    make, prefix, n_networks, n_at_once = ESTIMATORS[name]
    grid = {f"{prefix}alpha": [0.1, 1.0]}
    expected = grid_results(make(), grid)
    with train_together():
        assert_array_equal(grid_results(make(), grid), expected)
    assert (sum(groups), max(groups)) == (n_networks, n_at_once)


def test_nested_pipelines_in_as_many_calls_as_can_wait_have_room_on_the_stack(groups):
    estimator = network(max_iter=1)
    for _ in range(4):
        estimator = Pipeline([("inner", estimator)])
    grid = {"__".join(["inner"] * 4 + ["alpha"]): np.geomspace(0.01, 10, meeting.MAX_CALLS // 2)}
    with train_together():
        GridSearchCV(estimator, grid, cv=2, refit=False, error_score="raise").fit(X, Y)
    assert groups == [meeting.MAX_CALLS]


def fitted(estimator):
    return estimator.fit(X, Y)


def test_networks_that_go_on_from_a_fit(groups):
    def losses():
        estimators = [network(warm_start=True, alpha=alpha).fit(X, Y) for alpha in (0.1, 1.0)]
        return [one.loss_curve_ for one in Parallel()(delayed(fitted)(one) for one in estimators)]

    expected = losses()
    with train_together():
        assert_array_equal(losses(), expected)
    assert groups == [2]


def test_equal_rows_are_in_memory_once(monkeypatch):
    sources = []

    def train_group(group, original=meeting.train_group):
        sources.append({training.run.data.source for training in group})
        original(group)

    monkeypatch.setattr(meeting, "train_group", train_group)
    with train_together():
        GridSearchCV(network(), {"alpha": [0.1, 1.0, 3.0]}, cv=2, refit=False).fit(X, Y)
    assert [len(of_group) for of_group in sources] == [2]  # those of each fold


# --- Reports ---


def test_verbose_says_how_many_and_why_not(capsys):
    everything = np.arange(len(X))
    with train_together(verbose=1):
        cross_val_score(GridSearchCV(network(), {"alpha": [0.1, 1.0]}, cv=2), X, Y, cv=2)
        LogisticRegression(max_iter=1000).fit(X, Y)
        cross_val_score(network(), X, Y, cv=[(everything, everything)])  # a single network: no warning
    printed = [line for line in capsys.readouterr().out.splitlines() if "together" in line]
    assert printed == [
        f"{count} networks were trained together." for count in ("4 of 4", "4 of 4", "2 of 2", "0 of 1")
    ]


def fail_in_a_pass(stack, original=Stack.start_epoch):
    if stack.stack_shape and stack.runs[0].epochs_done == 2:
        raise ZeroDivisionError("our own")
    return original(stack)


def test_a_fault_of_ours_is_told_when_the_networks_can_be_trained_one_by_one(monkeypatch, groups):
    expected = cross_val_score(network(random_state=np.random.RandomState(0)), X, Y, cv=4)
    monkeypatch.setattr(Stack, "start_epoch", fail_in_a_pass)
    told = r"report it as a bug of sknn_scratch:(.|\n)*ZeroDivisionError: our own"
    with train_together(), pytest.warns(RuntimeWarning, match=told):
        actual = cross_val_score(network(random_state=np.random.RandomState(0)), X, Y, cv=4)
    assert_array_equal(actual, expected)
    assert groups == [4, 1, 1, 1, 1]
    with train_together(), pytest.raises(RuntimeWarning, match=told):
        cross_val_score(network(), X, Y, cv=4)


def test_networks_of_an_ensemble_that_start_again_keep_their_alpha(monkeypatch):
    ensemble = ShallowNNEnsembleClassifier(n_hidden=4, solver="adam", max_iter=4, random_state=0)
    predict = partial(cross_val_predict, X=X, y=Y, cv=2, method="predict_proba")
    expected = predict(ensemble)
    assert len(set(clone(ensemble).fit(X, Y).alpha_)) > 1
    monkeypatch.setattr(Stack, "start_epoch", fail_in_a_pass)
    with train_together(), pytest.warns(RuntimeWarning, match="our own"):
        assert_array_equal(predict(ensemble), expected)


def test_a_fault_of_the_users_fails_its_own_fit_only(groups):
    def fail(z):
        if abs(z).max() > 0:
            raise ZeroDivisionError("the user's")
        return z

    grid = {"activation": [Activation(fail, np.ones_like), "relu"]}
    search = GridSearchCV(network(), grid, cv=2, refit=False, error_score=-1.0)
    with train_together(), pytest.warns(FitFailedWarning, match="2 fits failed out of a total of 4"):
        search.fit(X, Y)
    assert groups == [2, 1, 1, 2]
    relu = GridSearchCV(network(), {"activation": ["relu"]}, cv=2, refit=False).fit(X, Y)
    assert search.cv_results_["mean_test_score"].tolist() == [-1, *relu.cv_results_["mean_test_score"]]
    with train_together(), pytest.raises(ZeroDivisionError, match="the user's"):
        search.set_params(error_score="raise").fit(X, Y)


# --- Errors and Control-C ---


class Step(FunctionTransformer):
    """Does something at the end of its fit or at its second transformation, which is that of a test fold."""

    def __init__(self, when=None, action=None):
        super().__init__()
        self.when, self.action = when, action

    def fit(self, X, y=None):
        if self.when == "fit":
            self.action()
        return super().fit(X, y)

    def transform(self, X):
        if self.when == "score" and hasattr(self, "n_transformed_"):
            self.action()
        self.n_transformed_ = 1
        return X


def fail():
    raise LookupError("of the step")


@pytest.mark.parametrize("when", ["fit", "score"])
def test_control_c_in_any_phase(when, groups):
    limit = sys.getrecursionlimit()
    estimator = make_pipeline(Step(), network())
    grid = {"step": [Step(), Step(when, press_control_c)]}
    with train_together(), pytest.raises(KeyboardInterrupt):
        GridSearchCV(estimator, grid, cv=2, refit=False).fit(X, Y)
    assert groups == ([] if when == "fit" else [4])
    assert sys.getrecursionlimit() == limit
    assert len(cross_val_score(network(), X, Y, cv=2)) == 2  # nothing is left behind


def test_the_error_of_the_first_call_that_fails_is_raised(groups):
    calls = [
        (network(alpha=1.0), None),
        (network(activation=Activation(lambda z: 1 / 0, np.cos)), ZeroDivisionError),
        (network(alpha=-1.0), ValueError),
        (network(), None),
    ]
    with train_together(), pytest.raises(ZeroDivisionError):
        Parallel()(delayed(fitted)(one) for one, _ in calls)
    assert groups == [1]  # the activation fails before it is trained, and ends the others
    with train_together(), pytest.raises(ValueError, match="alpha"):
        Parallel()(delayed(fitted)(one) for one, _ in calls[2:])
    assert groups == [1]


# --- Other calls, other backends ---


def square(number):
    return number**2, effective_n_jobs(-1)


@pytest.mark.parametrize("outer", [{}, {"backend": "threading", "n_jobs": 2}])
def test_other_calls_run_as_they_would(outer, capsys):
    with parallel_config(**outer):
        expected = Parallel(verbose=100)(delayed(square)(i) for i in range(5))
        printed = capsys.readouterr().out
        forest = RandomForestClassifier(5, random_state=0, n_jobs=2).fit(X, Y)
        with train_together():
            assert effective_n_jobs(None) == outer.get("n_jobs", 1)
            assert Parallel(verbose=100)(delayed(square)(i) for i in range(5)) == expected
            assert capsys.readouterr().out.count("elapsed") == printed.count("elapsed")
            again = clone(forest).fit(X, Y)
            assert_array_equal(again.predict_proba(X), forest.predict_proba(X))
            results = Parallel(2, return_as="generator")(delayed(pow)(i, 2) for i in range(3))
            assert list(results) == [0, 1, 4]
            with pytest.raises(ZeroDivisionError):
                Parallel()(delayed(divmod)(1, i) for i in (1, 0))


def test_the_block_by_its_name_in_joblib(groups):
    with parallel_config(backend="sknn_scratch"), train_together():
        cross_val_score(network(), X, Y, cv=4)
    assert groups == [4]


class Locked(FunctionTransformer):
    """A step that cannot be sent to another process when it is fitted."""

    def fit(self, X, y=None):
        self.lock_ = threading.Lock()
        return super().fit(X, y)


@pytest.mark.starts_processes
def test_results_do_not_depend_on_n_jobs_and_warnings_come_back_from_processes():
    results, estimator = {}, make_pipeline(Locked(), network())
    for n_jobs in (1, 2):
        with train_together(), warnings.catch_warnings(record=True, action="always") as caught:
            results[n_jobs] = cross_val_score(estimator, X, Y, cv=5, n_jobs=n_jobs)
        assert [one.category for one in caught] == [ConvergenceWarning] * 5
    assert_array_equal(results[1], results[2])


@pytest.mark.starts_processes
@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_a_warning_that_is_an_error_fails_its_own_fits():
    grid = {"max_iter": [2, 500]}
    search = VectorizedGridSearchCV(network(tol=1e9), grid, cv=2, refit=False, n_jobs=2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("always", FitFailedWarning)
        search.fit(X, Y)
    (warning,) = caught
    assert "2 fits failed out of a total of 4" in str(warning.message)
    assert "Increase max_iter=2." in str(warning.message)


def test_warnings_of_another_process_are_brought_home():
    calls = {i: (fitted, (network(alpha=i),), {}) for i in (1, 2)}
    here = pickle.loads(pickle.dumps(meeting.this_process()))  # as a thread of Dask gets it
    for home, n_at_home, n_brought in ((here, 2, 0), ("another process", 0, 2)):
        with warnings.catch_warnings(record=True, action="always") as caught:
            _, tally, troubles = meeting.run_together(calls, home)
        assert tally == {"together": 2}
        assert [one.category for one in caught] == [ConvergenceWarning] * n_at_home
        assert [trouble.category for trouble in troubles] == [ConvergenceWarning] * n_brought
