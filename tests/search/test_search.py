"""The vectorised searches against scikit-learn's own, which fit one network after the other."""

import re
from functools import partial
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from joblib import parallel_config
from numpy.testing import assert_array_equal
from scipy.stats import loguniform, randint
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sknn_scratch import Activation, ShallowNNClassifier, VectorizedGridSearchCV, VectorizedRandomizedSearchCV
from sknn_scratch._core.batches import GATHERED_BYTES
from sknn_scratch._fitting import groups as groups_module
from sknn_scratch._search import meeting
from tests.helpers import KINDS, AtEpoch, Recorder, make_data, peak_memory, press_control_c, small_network
from tests.versions import needs_callbacks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ORDINARY = {VectorizedGridSearchCV: GridSearchCV, VectorizedRandomizedSearchCV: RandomizedSearchCV}
GRID = {"alpha": [0.1, 1.0]}
X, Y = make_data("binary")
X_VAL, Y_VAL = make_data("binary", n_samples=30, seed=1)
X3, Y3 = make_data("multiclass")
WEIGHTS = np.random.default_rng(0).integers(0, 3, len(Y)).astype(float)

network = partial(small_network, n_hidden=4, max_iter=4, batch_size=10)


def pipeline(*earlier, **params):
    return Pipeline([*earlier, ("net", network(**params))])


def scaled(**params):
    return pipeline(("scale", StandardScaler()), **params)


def of_net(grid):
    return {f"net__{name}": values for name, values in grid.items()}


def search_of(estimator, grid=None, **params):
    """Make a search of two folds, over two alphas."""
    if grid is None:
        grid = of_net(GRID) if isinstance(estimator, Pipeline) else GRID
    return VectorizedGridSearchCV(estimator, grid, **{"cv": 2} | params)


def assert_same_search(search, X, y, **fit_params):
    """Fit a vectorised search and scikit-learn's of the same parameters; compare all but the times."""
    ordinary = ORDINARY[type(search)](**clone(search).get_params(deep=False)).fit(X, y, **fit_params)
    search.fit(X, y, **fit_params)
    assert search.cv_results_.keys() == ordinary.cv_results_.keys()
    for name, expected in ordinary.cv_results_.items():
        actual = search.cv_results_[name]
        if "_time" in name:
            assert np.all(actual >= 0)
        elif "_score" in name or "_train_" in name or "_test_" in name:
            assert_array_equal(actual, expected, err_msg=name)
        else:
            assert str(actual) == str(expected)
    for name in ("best_params_", "best_index_", "n_splits_", "multimetric_"):
        assert str(getattr(search, name, None)) == str(getattr(ordinary, name, None)), name
    if search.refit:
        assert_array_equal(search.predict_proba(X), ordinary.predict_proba(X))


# --- The same results ---


CHOICES = {
    "n_hidden": [3, 5],
    "activation": ["relu", "tanh", "softplus"],
    "init_scale": ["he", "glorot", 0.1, 1.0],
    "learning_rate": [0.001, 0.02, 0.3],
    "solver": ["adam", "sgd"],
    "batch_size": [7, 16, "auto", None],
    "max_iter": [1, 3, 6],
    "alpha": [0.0, 0.5, 5.0],
    "dropout": [0.0, 0.3],
    "momentum": [0.5, 0.9],
    "nesterov": [True, False],
    "learning_rate_schedule": ["constant", "cosine", "adaptive"],
    "tol": [1e-4, 1e-1],
    "n_iter_no_change": [1, 3],
    "early_stopping": [False, True],
    "validation_fraction": [0.2, 12],
    "scoring": ["loss", "accuracy"],
    "class_weight": [None, "balanced"],
    "dtype": [None, "float64"],
    "random_state": [0, 1],
}


@pytest.mark.parametrize("seed", [30, 58, 284, 330, 341, 370])  # they have all values above
def test_random_grids_give_the_same_results(seed, groups):
    rng = np.random.default_rng(seed)
    fixed = {name: values[rng.integers(len(values))] for name, values in CHOICES.items()}
    searched = rng.choice(list(CHOICES), size=rng.integers(1, 4), replace=False)
    grid = {name: CHOICES[name][:2] for name in searched}
    X, y = make_data(KINDS[rng.integers(len(KINDS))], n_samples=64, seed=seed)
    search = VectorizedGridSearchCV(ShallowNNClassifier(**fixed), grid, cv=2, return_train_score=True)
    assert_same_search(search, X, y)
    assert sum(groups) == 2 * len(search.cv_results_["params"])


def hidden_and_accuracy(pipe, X, y):
    return {"hidden": pipe[-1].coefs_[0].shape[1], "accuracy": pipe.score(X, y), "rows": len(X)}


def case(sizes, estimator, grid=None, fit=None, **params):
    """Say how many networks a search trains at once; ``fit`` has further arguments of its fit."""
    return search_of(estimator, grid, **params), fit or {}, sizes


SEARCHES = {
    "all candidates and folds": case([12], network(), GRID | {"learning_rate": [0.01, 0.1]}, cv=3),
    "other widths": case([4, 4], network(), GRID | {"n_hidden": [3, 5]}),
    "an activation of one's own": case(
        [2, 2], network(), {"activation": [Activation(np.sin, np.cos), "tanh"]}
    ),
    "weights, some of them zero": case(
        [3, 3],  # folds with other numbers of rows that count
        network(early_stopping=True),
        {"class_weight": [None, {0: 1, 1: 3}, "balanced"]},
        fit={"sample_weight": WEIGHTS},
    ),
    "validation rows": case([4], network(), fit={"X_val": X_VAL, "y_val": Y_VAL}),
    "a generator as the seed": case([4], network(random_state=np.random.RandomState(3))),
    "several scores of a pipeline": case(
        [4], scaled(), scoring=hidden_and_accuracy, refit="accuracy", return_train_score=True
    ),
    "arguments for the steps": case(
        [4], scaled(), fit={"net__sample_weight": WEIGHTS + 0.1, "scale__sample_weight": WEIGHTS[::-1] + 0.1}
    ),
    "steps that differ": case(
        [8, 8],
        pipeline(("scale", StandardScaler()), ("reduce", PCA(svd_solver="full"))),
        of_net(GRID) | {"reduce__n_components": [2, 3], "scale": [StandardScaler(), "passthrough"]},
        return_train_score=True,
    ),
    "steps that work in place": case(
        [4], pipeline(("scale", StandardScaler(copy=False)), max_iter=20, learning_rate=0.05), refit=False
    ),
    "networks beside other estimators": case(
        [4, 4],
        scaled(),
        [
            {"net": [LogisticRegression()], "net__C": [0.1, 1.0]},
            {"net": [network(), network(n_hidden=3)], "net__alpha": [0.1, 1.0]},
        ],
    ),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_give_the_same_results(name, groups):
    search, fit_params, sizes = SEARCHES[name]
    assert_same_search(search, 5 + 3 * X, Y, **fit_params)
    assert groups == sizes


def test_sparse_rows_and_several_labels(groups):
    X, y = make_data("multilabel")
    rows = scipy.sparse.csc_array(np.where(abs(X) < 1, 0, X))
    with pytest.warns(UserWarning, match="None of .*4 alone: its rows are sparse"):
        assert_same_search(search_of(network(early_stopping=True)), rows, y)


@pytest.mark.parametrize("is_cached", [False, True])
def test_data_frames_keep_their_names(is_cached, groups, tmp_path):
    frame, y = pd.DataFrame(X3, columns=list("abcd")), pd.Series(np.array(["x", "y", "z"])[Y3])
    estimator = scaled(early_stopping=True, scoring="accuracy").set_output(transform="pandas")
    search = search_of(estimator.set_params(memory=str(tmp_path) if is_cached else None))
    assert_same_search(search, frame, y)
    assert groups == [4]
    assert search.feature_names_in_.tolist() == list("abcd")
    assert search.classes_.tolist() == ["x", "y", "z"]


def test_times_are_shares_of_the_whole():
    start = perf_counter()
    search = search_of(network(max_iter=20), cv=3, refit=False).fit(X, Y)
    whole = perf_counter() - start
    times = [search.cv_results_[name].sum() for name in ("mean_fit_time", "mean_score_time")]
    assert min(times) > 0
    assert 3 * sum(times) < whole


def test_other_estimators_are_fitted_the_ordinary_way(groups):
    with pytest.warns(UserWarning, match="the candidates contain no network"):
        assert_same_search(search_of(LogisticRegression(), {"C": [0.1, 1]}), X, Y)
    assert groups == []


# --- Failures ---


@pytest.mark.parametrize(
    ("estimator", "grid", "told", "sizes"),
    [
        (network(), {"alpha": [-1.0, 0.1]}, "2 fits failed out of a total of 4", [2]),
        (
            network(early_stopping=True),
            {"validation_fraction": [0.2, 0.3, 1000], "alpha": [0.1, 1.0, -1.0]},
            "10 fits failed out of a total of 18",
            [4, 4],
        ),
        (
            pipeline(("reduce", PCA(svd_solver="full"))),
            {"reduce__n_components": [2, 1000], **of_net(GRID)},
            "4 fits failed out of a total of 8",
            [4],
        ),
    ],
    ids=["parameter", "validation rows", "step"],
)
def test_fits_that_fail_are_reported_and_the_others_trained_together(estimator, grid, told, sizes, groups):
    search = search_of(estimator, grid, error_score=-7.0)
    with pytest.warns(FitFailedWarning, match=told):
        assert_same_search(search, X, Y)
    assert groups == sizes
    assert -7 in search.cv_results_["mean_test_score"]


@needs_callbacks
@pytest.mark.parametrize("epoch", [1, 3])  # in the last one too, where all networks have a reason to stop
def test_control_c_ends_the_search_before_the_next_group(epoch, groups):
    estimator = network(max_iter=3).set_callbacks(AtEpoch(epoch, press_control_c))
    with pytest.raises(KeyboardInterrupt):
        search_of(estimator, {"n_hidden": [3, 4, 5]}).fit(X, Y)
    assert groups == [2]


# --- Workers and memory ---


@pytest.mark.parametrize(
    ("n_rows", "cv", "grid", "sizes"),
    [
        (59, 2, GRID, [2, 2]),  # two folds of 29 and 30 rows
        (60, 5, GRID, [5, 5]),
        (59, 5, {"alpha": [1.0]}, [2, 2, 1]),
    ],
)
def test_two_workers_train_groups_of_these_sizes(n_rows, cv, grid, sizes, groups):
    with parallel_config(backend="threading"):
        search_of(scaled(), of_net(grid), cv=cv, n_jobs=2, refit=False).fit(X[:n_rows], Y[:n_rows])
    assert sorted(groups, reverse=True) == sizes


def test_what_is_better_trained_alone_is_not_and_says_why(monkeypatch):
    monkeypatch.setattr(groups_module, "STEP_BYTES", 1)
    with pytest.warns(UserWarning, match="None of .*too large to gain"):
        search_of(network(), refit=False).fit(X, Y)


@pytest.mark.starts_processes
def test_networks_of_lbfgs_are_trained_one_by_one_without_a_warning(capsys):
    assert_same_search(search_of(scaled(solver="lbfgs"), n_jobs=2, verbose=1), X, Y)
    told = "0 of 4 networks were trained together.\n  4 alone: lbfgs trains one network at a time"
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("estimator", "n_copies"),
    [
        # All rows of a fold. Each network's own validation rows, 2 * 8 %, and these once more, stacked.
        (network(max_iter=1, batch_size=100, early_stopping=True), 1.32),
        # All rows of a fold, and the training rows before the step.
        (scaled(max_iter=1, batch_size=100), 1.8),
    ],
    ids=["network", "pipeline"],
)
def test_large_folds_are_in_memory_one_by_one(monkeypatch, estimator, n_copies):
    X, y = make_data("binary", n_samples=20_000, n_features=50)
    monkeypatch.setattr(meeting, "WAITING_BYTES", X.nbytes)
    grid = {"net__alpha" if isinstance(estimator, Pipeline) else "alpha": [0.1, 1.0]}
    search = search_of(estimator, grid, cv=5, refit=False)
    with pytest.warns(UserWarning, match="None of 10 networks were trained together.*within the memory"):
        peak = peak_memory(lambda: search.fit(X, y))
    bytes_beside_X = 20 * 8 * len(y)  # labels, targets, weights and row numbers, 20 numbers for each row
    assert peak < n_copies * X.nbytes + bytes_beside_X + GATHERED_BYTES


# --- Reports ---


@needs_callbacks
@pytest.mark.parametrize(
    ("of_network", "propagation"), [(True, {}), (False, {}), (False, {"max_propagation_depth": None})]
)
def test_callbacks_hear_the_same(of_network, propagation, groups):
    heard = []
    for Search in (VectorizedGridSearchCV, GridSearchCV):
        search, recorder = Search(network(), GRID, cv=2), Recorder(**propagation)
        (search.estimator if of_network else search).set_callbacks(recorder)
        search.fit(X, Y, sample_weight=np.ones(60))
        heard.append(sorted((*event, name.removeprefix("Vectorized")) for *event, name in recorder.events))
    assert groups == [4]
    assert heard[0] == heard[1] != []


@pytest.mark.parametrize("verbose", [0, 1, 3])
def test_verbose_prints_what_scikit_learn_prints(verbose, capsys):
    printed = []
    for Search in (VectorizedGridSearchCV, GridSearchCV):
        Search(network(max_iter=1), GRID, cv=2, verbose=verbose, refit=False).fit(X, Y)
        lines = re.sub(r"\d+\.\ds", "?s", capsys.readouterr().out).splitlines()
        printed.append(sorted(lines))
    own_lines = ["4 of 4 networks were trained together."] if verbose else []
    assert printed[0] == sorted(printed[1] + own_lines)


def test_fits_that_are_not_made_together_are_told_of_and_verbose_networks_print_their_epochs(capsys):
    folds = [(np.arange(n), np.arange(50, 60)) for n in (40, 40, 30)]
    estimator = network(verbose=1, max_iter=2)
    search_of(estimator, {"alpha": [0.1]}, cv=folds, verbose=1, refit=False).fit(X, Y)
    printed = capsys.readouterr().out
    why = "2 of 3 networks were trained together.\n  1 alone: no other network with the same shape"
    assert why in printed
    for fold in (1, 2, 3):
        assert printed.count(f"[candidate 1, fold {fold}] epoch 2: loss = ") == 1


# --- A good scikit-learn citizen ---


def test_randomised_search_draws_what_scikit_learn_draws(groups):
    distributions = {
        "learning_rate": loguniform(1e-3, 1e-1),
        "n_hidden": randint(3, 5),
        "solver": ["adam", "sgd"],
    }
    search = VectorizedRandomizedSearchCV(network(), distributions, n_iter=6, cv=2, random_state=3)
    assert_same_search(search, X, Y)
    assert sum(groups) == 12


def test_metadata_is_routed(groups):
    with sklearn.config_context(enable_metadata_routing=True):
        scale = StandardScaler().set_fit_request(sample_weight=True)
        estimator = Pipeline([("scale", scale), ("net", network().set_fit_request(sample_weight=True))])
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        assert_same_search(search_of(estimator, scoring=scorer), X, Y, sample_weight=WEIGHTS + 0.1)
    assert groups == [4]
