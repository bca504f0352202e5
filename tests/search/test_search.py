"""The vectorised searches against scikit-learn's own, which fit one network after the other."""

import pickle
import re
import threading
import tracemalloc
import warnings
from functools import partial
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    RandomizedSearchCV,
    StratifiedShuffleSplit,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, TargetEncoder

from sknn_scratch import Activation, ShallowNNClassifier, VectorizedGridSearchCV, VectorizedRandomizedSearchCV
from sknn_scratch._core import lazy
from sknn_scratch._core.batches import GATHERED_BYTES
from sknn_scratch._fitting import stacks
from sknn_scratch._fitting.stacks import bytes_of
from sknn_scratch._search import meeting
from tests.helpers import KINDS, AtEpoch, SilentCallback, make_data, small_network
from tests.versions import get_context_path, needs_callbacks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ORDINARY = {VectorizedGridSearchCV: GridSearchCV, VectorizedRandomizedSearchCV: RandomizedSearchCV}
GRID = {"learning_rate": [0.01, 0.1], "alpha": [0.1, 1.0]}

network = partial(small_network, n_hidden=4, max_iter=4, batch_size=10)


def pipeline(*earlier, **params):
    return Pipeline([*earlier, ("net", network(**params))])


def of_net(grid):
    return {f"net__{name}": values for name, values in grid.items()}


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
    return ordinary


# --- The same results ---


def random_search_problem(seed):
    """Draw an estimator's parameters, a grid and the parameters of a search."""
    rng = np.random.default_rng(seed)
    choices = {
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
    fixed = {name: values[rng.integers(len(values))] for name, values in choices.items()}
    searched = rng.choice(list(choices), size=rng.integers(1, 4), replace=False)
    return fixed, {name: choices[name][:2] for name in searched}, KINDS[rng.integers(len(KINDS))]


@pytest.mark.parametrize("seed", range(25))
def test_random_grids_give_the_same_results(seed, groups):
    fixed, grid, kind = random_search_problem(seed)
    X, y = make_data(kind, n_samples=64, seed=seed)
    search = VectorizedGridSearchCV(ShallowNNClassifier(**fixed), grid, cv=2, return_train_score=True)
    assert_same_search(search, X, y)
    assert sum(groups) == 2 * len(search.cv_results_["params"])


def test_alike_networks_of_all_candidates_and_folds_are_trained_in_one_group(groups):
    X, y = make_data("binary")
    VectorizedGridSearchCV(network(), GRID, cv=3).fit(X, y)
    assert groups == [12]


def test_networks_of_other_widths_are_trained_in_other_groups(groups):
    X, y = make_data("binary")
    VectorizedGridSearchCV(network(), {**GRID, "n_hidden": [3, 5]}, cv=3).fit(X, y)
    assert groups == [12, 12]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make_sparse", [scipy.sparse.csr_array, scipy.sparse.csc_matrix])
def test_sparse_rows(kind, make_sparse, groups):
    X, y = make_data(kind)
    X = make_sparse(np.where(abs(X) < 1, 0, X))
    assert_same_search(VectorizedGridSearchCV(network(early_stopping=True), GRID, cv=2), X, y)
    assert groups == [8]


def test_data_frames_keep_their_names(groups):
    X, y = make_data("multiclass")
    X = pd.DataFrame(X, columns=list("abcd"))
    y = pd.Series(np.array(["x", "y", "z"])[y])
    search = VectorizedGridSearchCV(network(early_stopping=True, scoring="accuracy"), GRID, cv=2)
    assert_same_search(search, X, y)
    assert groups == [8]
    assert search.feature_names_in_.tolist() == list("abcd")
    assert search.classes_.tolist() == ["x", "y", "z"]


def test_float32_is_kept():
    X, y = make_data("multiclass")
    X = X.astype(np.float32)
    search = VectorizedGridSearchCV(network(), GRID, cv=3)
    assert_same_search(search, X, y)
    assert search.best_estimator_.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("early_stopping", [False, True])
def test_sample_weights_are_sliced_and_zero_weights_count_nothing(early_stopping, groups):
    X, y = make_data("binary")
    weights = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    grid = {"alpha": [0.1, 1.0], "class_weight": [None, {0: 1, 1: 3}, "balanced"]}
    search = VectorizedGridSearchCV(network(early_stopping=early_stopping), grid, cv=3)
    assert_same_search(search, X, y, sample_weight=weights)
    assert sum(groups) == 18


def test_validation_rows_of_the_users_own(groups):
    X, y = make_data("multiclass")
    X_val, y_val = make_data("multiclass", n_samples=30, seed=1)
    search = VectorizedGridSearchCV(network(), GRID, cv=2)
    assert_same_search(search, X, y, X_val=X_val, y_val=y_val)
    assert groups == [8]
    assert "val_loss" in search.best_estimator_.history_


def test_a_fold_that_lacks_a_class_is_scored_as_by_scikit_learn(groups):
    X, y = make_data("multiclass")
    folds = [(np.flatnonzero(y != 2), np.flatnonzero(y == 2)), (np.arange(40), np.arange(40, 60))]
    assert_same_search(VectorizedGridSearchCV(network(), GRID, cv=folds), X, y)
    assert sorted(groups) == [4, 4]


def test_a_random_state_instance_gives_every_fold_the_same_seed():
    X, y = make_data("binary")
    search = VectorizedGridSearchCV(network(random_state=np.random.RandomState(3)), GRID, cv=3)
    assert_same_search(search, X, y)


def test_random_splits_are_drawn_once():
    X, y = make_data("binary")
    cv = StratifiedShuffleSplit(n_splits=3, random_state=np.random.RandomState(0))
    assert_same_search(VectorizedGridSearchCV(network(), GRID, cv=cv), X, y)


def test_groups_reach_the_splitter():
    X, y = make_data("binary")
    search = VectorizedGridSearchCV(network(), GRID, cv=GroupKFold(3))
    assert_same_search(search, X, y, groups=np.arange(60) % 6)


def test_an_activation_of_the_users_own(groups):
    X, y = make_data("binary")
    sine = Activation(np.sin, np.cos)
    assert_same_search(VectorizedGridSearchCV(network(), {"activation": [sine, "tanh"]}, cv=2), X, y)
    assert groups == [2, 2]


def test_networks_stop_one_by_one():
    X, y = make_data("binary")
    grid = {"learning_rate": [0.001, 0.01, 0.1, 0.3], "max_iter": [2, 30]}
    search = VectorizedGridSearchCV(network(tol=0.02, n_iter_no_change=2), grid, cv=2, scoring=epochs_made)
    assert_same_search(search, X, y)
    assert len(set(search.cv_results_["split0_test_score"])) >= 3


def epochs_made(estimator, X, y):
    return estimator.n_iter_


def test_times_are_shares_of_the_whole():
    X, y = make_data("binary")
    start = perf_counter()
    search = VectorizedGridSearchCV(network(max_iter=20), GRID, cv=3, refit=False).fit(X, y)
    whole = perf_counter() - start
    times = [search.cv_results_[name].sum() for name in ("mean_fit_time", "mean_score_time")]
    assert min(times) > 0
    assert 3 * sum(times) < whole


# --- Scoring and refitting ---


SCORINGS = {
    "several": ["accuracy", "neg_log_loss", "roc_auc"],
    "one": "neg_log_loss",
    "dict": {"log": "neg_log_loss", "own": make_scorer(accuracy_score, normalize=False)},
}


@pytest.mark.parametrize("name", SCORINGS)
def test_scoring(name, groups):
    X, y = make_data("binary")
    scoring = SCORINGS[name]
    refit = {"several": "roc_auc", "one": True, "dict": "own"}[name]
    search = VectorizedGridSearchCV(
        network(), GRID, scoring=scoring, refit=refit, cv=2, return_train_score=True
    )
    ordinary = assert_same_search(search, X, y)
    assert groups == [8]
    assert search.best_score_ == pytest.approx(ordinary.best_score_, abs=1e-9)
    assert search.score(X, y) == pytest.approx(ordinary.score(X, y))


def hidden_and_accuracy(estimator, X, y):
    clf = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return {"hidden": clf.coefs_[0].shape[1], "accuracy": (estimator.predict(X) == y).mean(), "rows": len(X)}


def test_a_callable_with_several_scores():
    X, y = make_data("binary")
    search = VectorizedGridSearchCV(
        network(), {"n_hidden": [3, 4]}, scoring=hidden_and_accuracy, refit="accuracy"
    )
    assert_same_search(search, X, y)
    assert search.cv_results_["mean_test_hidden"].tolist() == [3, 4]


@pytest.mark.parametrize("refit", [True, False, lambda results: 1])
def test_refit(refit):
    X, y = make_data("binary")
    search = VectorizedGridSearchCV(network(), GRID, refit=refit, cv=2)
    ordinary = assert_same_search(search, X, y)
    assert hasattr(search, "best_estimator_") == bool(refit)
    if refit:
        assert_allclose(search.predict_proba(X), ordinary.predict_proba(X))
        assert_allclose(search.decision_function(X), ordinary.decision_function(X))
        assert_allclose(search.transform(X), ordinary.transform(X))
        assert_allclose(search.score(X, y), ordinary.score(X, y))


# --- Pipelines ---


def test_earlier_steps_may_differ(groups):
    X, y = make_data("multiclass")
    estimator = pipeline(("scale", StandardScaler()), ("reduce", PCA(svd_solver="full")))
    grid = {**of_net(GRID), "reduce__n_components": [2, 3], "scale": [StandardScaler(), "passthrough"]}
    assert_same_search(VectorizedGridSearchCV(estimator, grid, cv=3, return_train_score=True), X, y)
    assert groups == [24, 24]


def test_values_that_cannot_be_hashed(groups):
    X, y = make_data("binary")
    estimator = pipeline(
        ("scale", StandardScaler()), ("pick", FunctionTransformer(np.take, kw_args={"axis": 1}))
    )
    columns = [{"indices": [0, 1], "axis": 1}, {"indices": [2], "axis": 1}]
    assert_same_search(
        VectorizedGridSearchCV(estimator, {"pick__kw_args": columns, **of_net(GRID)}, cv=2), X, y
    )


@pytest.mark.filterwarnings("ignore:`TargetEncoder.shuffle`:FutureWarning")  # 1.8 needs it
def test_training_scores_are_those_of_transformed_rows_even_where_fitting_transforms_otherwise():
    X, y = make_data("binary")
    encoder = TargetEncoder(cv=3, shuffle=False, target_type="binary")
    X = np.digitize(X, [-1, 0, 1]).astype(float)
    search = VectorizedGridSearchCV(
        pipeline(("encode", encoder)), of_net(GRID), cv=2, scoring="neg_log_loss", return_train_score=True
    )
    assert_same_search(search, X, y)


@pytest.mark.parametrize("scoring", [None, ["accuracy", "roc_auc"], hidden_and_accuracy])
def test_scorers_of_a_pipeline(scoring, groups):
    X, y = make_data("binary")
    estimator = pipeline(("scale", StandardScaler()), ("skip", None))
    refit = "accuracy" if scoring else True
    search = VectorizedGridSearchCV(
        estimator, of_net(GRID), scoring=scoring, refit=refit, return_train_score=True
    )
    assert_same_search(search, X, y)
    assert groups == [20]


def test_a_scorer_of_the_users_own_gets_rows_and_steps_as_in_scikit_learn():
    X, y = make_data("binary")
    seen = []

    def look(estimator, X, y):
        seen.append(
            (type(estimator), list(estimator.named_steps), X.mean(), estimator["scale"].mean_.tolist())
        )
        return 1.0

    search = VectorizedGridSearchCV(pipeline(("scale", StandardScaler())), of_net(GRID), scoring=look, cv=2)
    search.fit(X, y)
    ours, seen[:] = sorted(map(str, seen)), []
    GridSearchCV(search.estimator, search.param_grid, scoring=look, cv=2).fit(X, y)
    assert ours == sorted(map(str, seen))


def test_fit_parameters_reach_their_steps(groups):
    X, y = make_data("binary")
    weights = np.random.default_rng(0).random(len(y))
    search = VectorizedGridSearchCV(pipeline(("scale", StandardScaler())), of_net(GRID), cv=2)
    assert_same_search(search, X, y, net__sample_weight=weights, scale__sample_weight=weights[::-1])
    assert groups == [8]


def test_a_pipeline_that_is_only_the_network(groups):
    X, y = make_data("binary")
    assert_same_search(VectorizedGridSearchCV(pipeline(), of_net(GRID), cv=2), X, y)
    assert groups == [8]


def test_cached_steps(tmp_path, groups):
    X, y = make_data("binary")
    estimator = pipeline(("scale", StandardScaler())).set_params(memory=str(tmp_path))
    assert_same_search(VectorizedGridSearchCV(estimator, of_net(GRID), cv=2), X, y)
    assert groups == [8]


def test_steps_that_put_out_data_frames():
    X, y = make_data("binary")
    estimator = pipeline(("scale", StandardScaler().set_output(transform="pandas")))
    search = VectorizedGridSearchCV(estimator, of_net(GRID), cv=2)
    assert_same_search(search, pd.DataFrame(X, columns=list("abcd")), y)
    assert search.best_estimator_[-1].feature_names_in_.tolist() == list("abcd")


def test_text_through_a_pipeline(groups):
    from sklearn.feature_extraction.text import TfidfVectorizer

    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    texts = [" ".join(rng.choice(["red", "blue", "sun", "moon"][i % 2 :], size=5)) for i in y]
    estimator = pipeline(("tfidf", TfidfVectorizer()))
    search = VectorizedGridSearchCV(estimator, {**of_net(GRID), "tfidf__use_idf": [True, False]}, cv=2)
    assert_same_search(search, texts, y)
    assert groups == [16]


# --- What cannot be trained together ---


class DoublesItsData(ShallowNNClassifier):
    def fit(self, X, y, sample_weight=None):
        return super().fit(np.vstack([X, X]), np.hstack([y, y]))


class AlwaysSaysZero(ShallowNNClassifier):
    def predict(self, X):
        return np.zeros(len(X), int)


def test_other_estimators_are_fitted_the_ordinary_way(groups):
    X, y = make_data("binary")
    with pytest.warns(UserWarning, match="the candidates contain no network"):
        assert_same_search(VectorizedGridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2), X, y)
    assert groups == []


def test_a_subclass_with_a_fit_of_its_own_trains_with_others(groups):
    X, y = make_data("binary")
    assert_same_search(VectorizedGridSearchCV(DoublesItsData(max_iter=3, random_state=0), GRID, cv=2), X, y)
    assert groups == [8]


def test_a_subclass_with_predictions_of_its_own_is_scored_by_them(groups):
    X, y = make_data("binary")
    assert_same_search(VectorizedGridSearchCV(AlwaysSaysZero(max_iter=3, random_state=0), GRID, cv=2), X, y)
    assert groups == [8]


def test_lbfgs_is_trained_together(groups):
    X, y = make_data("binary")
    estimator = pipeline(("scale", StandardScaler()), solver="lbfgs")
    assert_same_search(VectorizedGridSearchCV(estimator, of_net({"alpha": [0.1, 1.0]}), cv=2), X, y)
    assert groups == [4]


def test_networks_beside_other_estimators(groups):
    X, y = make_data("binary")
    grid = [
        {"net": [LogisticRegression()], "net__C": [0.1, 1.0]},
        {
            "net": [network(), network(n_hidden=3)],
            "net__alpha": [0.1, 1.0],
            "scale__with_mean": [True, False],
        },
    ]
    estimator = Pipeline([("scale", StandardScaler()), ("net", LogisticRegression())])
    assert_same_search(VectorizedGridSearchCV(estimator, grid, cv=2), X, y)
    assert sorted(groups) == [8, 8]


# --- Failures ---


def test_failing_candidates_are_reported_as_by_scikit_learn():
    X, y = make_data("binary")
    grid = {"alpha": [-1.0, 0.1], "validation_fraction": [0.2, 1000], "nonsense": [1]}
    for names in (["alpha"], ["validation_fraction"], ["alpha", "validation_fraction"]):
        search = VectorizedGridSearchCV(
            network(early_stopping=True), {name: grid[name] for name in names}, cv=2, error_score=-7.0
        )
        with pytest.warns(FitFailedWarning, match="fits failed"):
            assert_same_search(search, X, y)
        assert -7 in search.cv_results_["mean_test_score"]


def test_failures_do_not_stop_the_others_from_being_trained_together(groups):
    X, y = make_data("binary")
    grid = {"validation_fraction": [0.2, 0.3, 1000], "alpha": [0.1, 1.0, -1.0]}
    search = VectorizedGridSearchCV(network(early_stopping=True), grid, cv=2, error_score=0)
    with pytest.warns(FitFailedWarning, match="10 fits failed out of a total of 18"):
        search.fit(X, y)
    assert sum(groups) == 8


def test_a_failing_step_fails_its_own_candidates_only(groups):
    X, y = make_data("binary")
    grid = {"reduce__n_components": [2, 1000], **of_net(GRID)}
    search = VectorizedGridSearchCV(pipeline(("reduce", PCA())), grid, cv=2, error_score=0)
    with pytest.warns(FitFailedWarning, match="8 fits failed out of a total of 16"):
        search.fit(X, y)
    assert groups == [8]


@pytest.mark.parametrize(
    ("grid", "error", "match"),
    [
        ({"alpha": [0.1, -1.0]}, ValueError, "'alpha' parameter"),
        ({"nonsense": [1]}, ValueError, "Invalid parameter 'nonsense'"),
        ({"activation": [Activation(lambda z: 1 / 0, np.cos)]}, ZeroDivisionError, "division"),
    ],
)
def test_errors_are_raised_if_asked_for(grid, error, match):
    X, y = make_data("binary")
    with pytest.raises(error, match=match):
        VectorizedGridSearchCV(network(), grid, error_score="raise").fit(X, y)


def test_all_fits_failing_is_an_error():
    X, y = make_data("binary")
    X[::2] = np.nan
    with pytest.raises(ValueError, match="All the 8 fits failed"):
        VectorizedGridSearchCV(network(), GRID, cv=2).fit(X, y)


def test_a_wrong_fit_parameter_fails_as_in_scikit_learn():
    X, y = make_data("binary")
    with pytest.raises(TypeError, match="unexpected keyword argument 'classes'"):
        VectorizedGridSearchCV(network(), GRID, error_score="raise").fit(X, y, classes=[0, 1])


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:One or more of the test scores are non-finite")
def test_a_missing_value_fails_only_where_it_is():
    X, y = make_data("binary")
    X[0] = np.nan  # in the test rows of the first fold, else in the training rows
    search = VectorizedGridSearchCV(network(), GRID, cv=3, refit=False)
    with pytest.warns(FitFailedWarning, match="8 fits failed out of a total of 12"):
        assert_same_search(search, X, y)


def test_a_scorer_that_fails_gives_the_error_score():
    X, y = make_data("binary")

    def fails(estimator, X, y):
        if estimator.alpha == 1:
            raise KeyError("no score")
        return 0.5

    search = VectorizedGridSearchCV(network(), GRID, scoring=fails, error_score=-1, cv=2)
    with pytest.warns(UserWarning, match="Scoring failed"):
        assert_same_search(search, X, y)
    with pytest.raises(KeyError, match="no score"):
        clone(search).set_params(error_score="raise").fit(X, y)


@pytest.mark.filterwarnings("default::sklearn.exceptions.ConvergenceWarning")
def test_every_network_warns_for_itself():
    X, y = make_data("binary")
    with pytest.warns(ConvergenceWarning) as record:
        VectorizedGridSearchCV(network(), GRID, cv=3, refit=False).fit(X, y)
    assert len(record) == 12


class Clipping(ShallowNNClassifier):
    """Writes to the rows that it predicts."""

    def __init__(self, clip=1.0, n_hidden=4, max_iter=30, random_state=0):
        super().__init__(n_hidden, max_iter=max_iter, random_state=random_state)
        self.clip = clip

    def predict(self, X):
        return super().predict(np.clip(X, -self.clip, self.clip, out=X))


def test_a_subclass_that_writes_to_its_rows_leaves_those_of_other_candidates():
    X, y = make_data("binary")
    grid = {"clip": [0.05, 5.0], "n_hidden": [3, 5]}
    assert_same_search(VectorizedGridSearchCV(Clipping(), grid, cv=3, return_train_score=True), X, y)


class Locked(SilentCallback):
    """A callback that cannot be copied."""

    def __init__(self):
        self.lock, self.events = threading.Lock(), []

    def on_fit_task_begin(self, estimator, context):
        self.events.append(context.task_name)


@needs_callbacks
def test_a_scorer_of_ones_own_leaves_a_callback_that_cannot_be_copied_alone(groups):
    X, y = make_data("binary")
    callback = Locked()
    estimator = network(max_iter=2).set_callbacks(callback)
    search = VectorizedGridSearchCV(estimator, GRID, scoring=lambda clf, X, y: clf.score(X, y), cv=2)
    search.set_params(refit=False).fit(X, y)
    assert sum(groups) == 8
    assert callback.events.count("epoch") == 16


@pytest.mark.parametrize("fold", [(slice(0, 20), slice(20, 40)), (list(range(20)), [])])
def test_folds_that_scikit_learn_rejects_are_rejected(fold):
    X, y = make_data("binary")
    errors = []
    for Search in (VectorizedGridSearchCV, GridSearchCV):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - compared below
            Search(network(), {"alpha": [1.0]}, cv=[fold], error_score="raise").fit(X, y)
        errors.append((caught.type, str(caught.value)))
    assert errors[0] == errors[1]


# --- Spreading the work ---


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_results_do_not_depend_on_n_jobs(backend):
    X, y = make_data("multiclass")
    estimator = pipeline(("scale", StandardScaler()), early_stopping=True)
    grid = {**of_net(GRID), "net__n_hidden": [3, 5], "scale__with_std": [True, False]}
    alone = VectorizedGridSearchCV(estimator, grid, cv=3, scoring="neg_log_loss").fit(X, y)
    with parallel_config(backend=backend):
        spread = clone(alone).set_params(n_jobs=2).fit(X, y)
    for i in range(3):
        name = f"split{i}_test_score"
        assert_array_equal(spread.cv_results_[name], alone.cv_results_[name])
    assert spread.best_params_ == alone.best_params_


def test_rows_of_few_folds_are_in_memory_at_once(monkeypatch, groups):
    X, y = make_data("binary")
    monkeypatch.setattr(meeting, "WAITING_BYTES", 4 * 3 * X.nbytes)
    assert_same_search(VectorizedGridSearchCV(network(), GRID, cv=5), X, y)
    assert groups == [4] * 5


def test_networks_that_are_too_large_to_gain_by_company_wait_for_no_other(monkeypatch):
    X, y = make_data("binary")
    n_waiting = []
    monkeypatch.setattr(stacks, "STEP_BYTES", 1)
    monkeypatch.setattr(meeting.Meeting, "has_room", lambda self: n_waiting.append(len(self.begun)) or True)
    with pytest.warns(UserWarning, match="None of .* networks were trained together.*too large to gain"):
        VectorizedGridSearchCV(network(), GRID, cv=3, refit=False).fit(X, y)
    assert not n_waiting


def test_networks_that_update_the_features_of_a_sparse_batch_are_trained_alone(monkeypatch):
    monkeypatch.setattr(lazy, "FIXED_COST", 0)
    X = scipy.sparse.random_array((60, 40), density=0.05, format="csr", random_state=0)
    search = VectorizedGridSearchCV(network(batch_size=2, max_iter=2), GRID, cv=3, refit=False)
    with pytest.warns(UserWarning, match="None of .* alone: its steps update only the features"):
        search.fit(X, np.arange(60) % 2)


@pytest.mark.parametrize(
    ("estimator", "grid", "n_copies"),
    [
        # All rows of a fold. Each network's own validation rows, 2 * 8 %, and these once more, stacked.
        (network(max_iter=1, batch_size=100, early_stopping=True), {"alpha": [0.1, 1.0]}, 1.32),
        # All rows of a fold, and the training rows before the step.
        (pipeline(("scale", StandardScaler()), max_iter=1, batch_size=100), {"net__alpha": [0.1, 1.0]}, 1.8),
    ],
    ids=["network", "pipeline"],
)
def test_large_folds_are_in_memory_one_by_one(monkeypatch, estimator, grid, n_copies):
    X, y = make_data("binary", n_samples=20_000, n_features=50)
    monkeypatch.setattr(meeting, "WAITING_BYTES", X.nbytes)
    search = VectorizedGridSearchCV(estimator, grid, cv=5, refit=False)
    tracemalloc.start()
    with pytest.warns(UserWarning, match="None of 10 networks were trained together.*within the memory"):
        search.fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    bytes_beside_X = 20 * 8 * len(y)  # labels, targets, weights and row numbers, 20 numbers for each row
    assert peak < n_copies * X.nbytes + bytes_beside_X + GATHERED_BYTES


@pytest.mark.parametrize("X", [np.zeros((50, 4)), scipy.sparse.eye_array(50, format="csr")])
def test_bytes_of_the_rows_of_a_network_are_estimated(X):
    assert 50 * 8 <= bytes_of(X) <= 50 * 100


def numbers_of(rows):
    return np.array([[float(text), *numbers] for text, numbers in rows])


def test_rows_may_be_of_a_kind_that_numpy_has_no_array_for():
    X, y = make_data("binary")
    rows = [(str(row[0]), row[1:].tolist()) for row in X]
    estimator = pipeline(("numbers", FunctionTransformer(numbers_of)))
    assert_same_search(VectorizedGridSearchCV(estimator, of_net(GRID), cv=3), rows, y.tolist())


def test_transformed_rows_are_bounded_too(monkeypatch, groups):
    X, y = make_data("binary")
    monkeypatch.setattr(meeting, "WAITING_BYTES", 4 * 3 * 60 * X.nbytes)
    widen = FunctionTransformer(np.tile, kw_args={"reps": (1, 60)})
    assert_same_search(VectorizedGridSearchCV(pipeline(("widen", widen)), of_net(GRID), cv=5), X, y)
    assert groups == [4] * 5


@pytest.mark.parametrize("scoring", [None, lambda estimator, X, y: estimator.score(X, y)])
def test_earlier_steps_may_work_in_place(scoring):
    X, y = make_data("multiclass")
    X = 5 + 10 * X
    estimator = pipeline(("scale", StandardScaler(copy=False)), max_iter=20, learning_rate=0.05)
    assert_same_search(VectorizedGridSearchCV(estimator, of_net(GRID), cv=3, scoring=scoring), X, y)


@pytest.mark.parametrize("in_pipeline", [False, True])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_scorer_may_write_to_what_it_is_given(in_pipeline, n_jobs):
    """It measures how much worse the score is without the first feature."""

    def importance(estimator, X, y):
        score = estimator.score(X, y)
        X[:, 0] = 0
        without = estimator.score(X, y)
        y[:] = 0
        estimator.classes_[:] = 7
        if in_pipeline:
            estimator[0].scale_[:] = 1e3
        return score - without

    X, y = make_data("binary")
    estimator = pipeline(("scale", StandardScaler())) if in_pipeline else network()
    grid = {"alpha": [0.01, 1.0], "n_hidden": [3, 5]}
    search = VectorizedGridSearchCV(
        estimator,
        of_net(grid) if in_pipeline else grid,
        cv=3,
        scoring=importance,
        return_train_score=True,
        refit=False,
        n_jobs=n_jobs,
    )
    assert_same_search(search, X, y)


def test_a_metric_may_write_to_y():
    def accuracy(y, predicted):
        value = np.mean(y == predicted)
        y[y == 0] = -1
        return value

    X, y = make_data("binary")
    grid = {"alpha": [0.0, 1.0], "n_hidden": [3, 5]}
    scoring = make_scorer(accuracy)
    assert_same_search(
        VectorizedGridSearchCV(network(), grid, cv=3, scoring=scoring, return_train_score=True), X, y
    )


def test_a_step_that_cannot_be_sent_to_another_process():
    class Locked(FunctionTransformer):
        def fit(self, X, y=None):
            self.lock_ = threading.Lock()
            return super().fit(X, y)

    X, y = make_data("binary")
    search = VectorizedGridSearchCV(
        pipeline(("lock", Locked())), of_net(GRID), cv=3, n_jobs=2, scoring=lambda e, X, y: e.score(X, y)
    )
    assert_same_search(search, X, y)


def test_settings_of_a_step_that_are_equal_but_not_the_same(groups):
    class Typed(TransformerMixin, BaseEstimator):
        def __init__(self, numbers=None):
            self.numbers = numbers

        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return X * (2 if type(self.numbers[0]) is float else 1)

    X, y = make_data("binary")
    grid = {"step__numbers": [(1,), (1.0,)], "net__alpha": [0.1, 1.0]}
    assert_same_search(VectorizedGridSearchCV(pipeline(("step", Typed())), grid, cv=3), X, y)


def test_networks_are_those_that_are_fitted_alone_where_rounding_would_show():
    """Large steps make of the last bit another network in a few epochs."""
    X, y = load_digits(return_X_y=True)
    X, y = StandardScaler().fit_transform(X[:310]), y[:310]  # folds of different sizes
    estimator = network(n_hidden=30, max_iter=20, batch_size=100, tol=0, n_iter_no_change=20)
    grid = {"alpha": [0.01, 1.0], "learning_rate": [0.005, 0.05, 0.3]}
    for dtype in (np.float64, np.float32):
        assert_same_search(VectorizedGridSearchCV(estimator, grid, cv=3), X.astype(dtype), y)


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:One or more of the test scores")
def test_a_job_whose_scorer_fails_leaves_the_others_alone():
    def picky(estimator, X, y):
        if estimator.alpha == 1.0:
            raise RuntimeError
        return estimator.score(X, y)

    X, y = make_data("binary")
    search = VectorizedGridSearchCV(network(), {"alpha": [0.1, 1.0, 2.0]}, cv=3, scoring=picky, refit=False)
    search.fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True, False]
    with pytest.raises(RuntimeError):
        search.set_params(error_score="raise").fit(X, y)


def interrupt_at_once(z):
    raise KeyboardInterrupt


class Interrupting(AtEpoch):
    """A callback that presses Control-C at the end of an epoch."""

    def __init__(self, epoch):
        super().__init__(epoch, lambda: interrupt_at_once(None))


def test_control_c_ends_the_search():
    X, y = make_data("binary")
    estimator = network(activation=Activation(interrupt_at_once, interrupt_at_once))
    with pytest.raises(KeyboardInterrupt):
        VectorizedGridSearchCV(estimator, GRID, cv=3).fit(X, y)


@needs_callbacks
@pytest.mark.parametrize("epoch", [1, 2, 3])  # in the last one too, where all networks have a reason to stop
def test_control_c_ends_the_search_before_the_next_group(epoch, groups):
    X, y = make_data("binary")
    callback = Interrupting(epoch)
    estimator = network(max_iter=3).set_callbacks(callback)
    with pytest.raises(KeyboardInterrupt):
        VectorizedGridSearchCV(estimator, {"n_hidden": [3, 4, 5]}, cv=2).fit(X, y)
    assert groups == [2]


def test_control_c_ends_the_search_where_warnings_are_errors():
    X, y = make_data("binary")
    grid = {"activation": [Activation(interrupt_at_once, interrupt_at_once), "relu"]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(KeyboardInterrupt):
            VectorizedGridSearchCV(network(), grid, cv=3).fit(X, y)


# --- Reports ---


class Recorder:
    """Notes what the hooks are told."""

    def __init__(self):
        self.events = []

    def setup(self, estimator, context):
        self.note("setup", estimator, context)

    def teardown(self, estimator, context):
        self.note("teardown", estimator, context)

    def on_fit_task_begin(self, estimator, context, *, X=None, metadata=None):
        self.note("begin", estimator, context, X, metadata)

    def on_fit_task_end(self, estimator, context, *, X=None, metadata=None, fitted_estimator=None):
        is_network = hasattr(fitted_estimator, "coefs_")
        predicted = fitted_estimator.predict_proba(X)[:, 0].sum() if is_network else None
        self.note("end", estimator, context, X, metadata, predicted)

    def note(self, event, estimator, context, *data):
        path = "/".join(f"{one.task_name} {one.task_id}" for one in get_context_path(context))
        numbers = [round(float(np.sum(one)), 6) for one in data if isinstance(one, np.ndarray | float)]
        weighted = any(isinstance(one, dict) for one in data)
        name = type(estimator).__name__.removeprefix("Vectorized")
        self.events.append((event, name, path, numbers, weighted))


class PropagatedRecorder(Recorder):
    max_propagation_depth = None


@needs_callbacks
@pytest.mark.parametrize("recorder", [Recorder, PropagatedRecorder])
@pytest.mark.parametrize("make_estimator", [network, lambda: pipeline(("scale", StandardScaler()))])
def test_callbacks_of_the_search_hear_the_same(recorder, make_estimator):
    X, y = make_data("binary")
    grid = {"alpha": [0.1, 1.0]} if make_estimator is network else of_net({"alpha": [0.1, 1.0]})
    ours, ordinary = recorder(), recorder()
    VectorizedGridSearchCV(make_estimator(), grid, cv=2).set_callbacks(ours).fit(X, y)
    GridSearchCV(make_estimator(), grid, cv=2).set_callbacks(ordinary).fit(X, y)
    assert sorted(ours.events) == sorted(ordinary.events)


@needs_callbacks
def test_callbacks_of_the_network_hear_the_same(groups):
    X, y = make_data("binary")
    ours, ordinary = Recorder(), Recorder()
    VectorizedGridSearchCV(network().set_callbacks(ours), GRID, cv=2).fit(X, y, sample_weight=np.ones(60))
    GridSearchCV(network().set_callbacks(ordinary), GRID, cv=2).fit(X, y, sample_weight=np.ones(60))
    assert groups == [8]
    assert sorted(ours.events) == sorted(ordinary.events)


@needs_callbacks
def test_a_callback_that_asks_for_the_end_stops_that_network_only():
    class StopsSlowOnes(Recorder):
        def on_fit_task_end(self, estimator, context):
            return context.task_name == "epoch" and estimator.learning_rate < 0.05 and context.task_id == 1

    X, y = make_data("binary")
    estimator = network().set_callbacks(StopsSlowOnes())
    search = VectorizedGridSearchCV(estimator, {"learning_rate": [0.01, 0.1]}, scoring=epochs_made, cv=2)
    search.fit(X, y)
    assert search.cv_results_["mean_test_score"].tolist() == [2, 4]


@pytest.mark.parametrize("verbose", [0, 1, 2, 3, 10])
@pytest.mark.parametrize("scoring", ["accuracy", ["accuracy", "roc_auc"]])
@pytest.mark.parametrize("return_train_score", [False, True])
def test_verbose_prints_what_scikit_learn_prints(verbose, scoring, return_train_score, capsys):
    X, y = make_data("binary")
    printed = []
    for Search in (VectorizedGridSearchCV, GridSearchCV):
        search = Search(network(max_iter=1), {"alpha": [0.1, 1.0]}, cv=2, verbose=verbose, scoring=scoring)
        search.set_params(refit=False, return_train_score=return_train_score).fit(X, y)
        lines = re.sub(r"\d+\.\ds", "?s", capsys.readouterr().out).splitlines()
        printed.append(sorted(lines))
    own_lines = ["4 of 4 networks were trained together."] if verbose else []
    assert printed[0] == sorted(printed[1] + own_lines)


def test_verbose_tells_of_fits_that_are_not_made_together(capsys):
    X, y = make_data("binary")
    folds = [(np.arange(n), np.arange(50, 60)) for n in (40, 40, 30)]
    VectorizedGridSearchCV(network(max_iter=1), {"alpha": [0.1]}, cv=folds, verbose=1).fit(X, y)
    printed = capsys.readouterr().out
    assert (
        "2 of 3 networks were trained together.\n  1 alone: no other network with the same shape" in printed
    )


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_a_fit_that_cannot_be_planned_starts_once(capsys):
    X, y = make_data("binary")
    grid = {"validation_fraction": [0.2, 1000]}
    started = []
    for Search in (VectorizedGridSearchCV, GridSearchCV):
        search = Search(network(early_stopping=True), grid, cv=2, verbose=10, refit=False)
        with pytest.warns(FitFailedWarning):
            search.fit(X, y)
        started.append(capsys.readouterr().out.count("START"))
    assert started == [4, 4]


def test_networks_print_their_epochs_if_they_are_verbose(capsys):
    X, y = make_data("binary")
    VectorizedGridSearchCV(network(verbose=1, max_iter=2), {"alpha": [0.1]}, cv=2, refit=False).fit(X, y)
    printed = capsys.readouterr().out
    for fold in (1, 2):
        assert printed.count(f"[candidate 1, fold {fold}] epoch 2: loss = ") == 1


# --- A good scikit-learn citizen ---


@pytest.mark.parametrize("Search", ORDINARY)
def test_constructor_is_scikit_learns(Search):
    search = Search(network(), GRID, n_jobs=2, verbose=1)
    assert isinstance(search, ORDINARY[Search])
    assert search.get_params().keys() == ORDINARY[Search](network(), GRID).get_params().keys()
    assert clone(search).get_params(deep=False)["n_jobs"] == 2
    assert repr(search).startswith(Search.__name__)
    assert Search.__name__ in search._repr_html_()
    assert not search._get_doc_link()  # the documentation is not on the web yet


def test_pickle():
    X, y = make_data("binary")
    search = VectorizedGridSearchCV(network(), GRID, cv=2).fit(X, y)
    again = pickle.loads(pickle.dumps(search))
    assert_allclose(again.predict_proba(X), search.predict_proba(X))
    assert again.cv_results_["params"] == search.cv_results_["params"]


def test_randomised_search_draws_what_scikit_learn_draws(groups):
    X, y = make_data("binary")
    distributions = {
        "learning_rate": loguniform(1e-3, 1e-1),
        "n_hidden": randint(3, 5),
        "solver": ["adam", "sgd"],
    }
    search = VectorizedRandomizedSearchCV(network(), distributions, n_iter=6, cv=2, random_state=3)
    assert_same_search(search, X, y)
    assert sum(groups) == 12


def test_metadata_is_routed():
    X, y = make_data("binary")
    weights = np.random.default_rng(0).random(len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = network().set_fit_request(sample_weight=True)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        search = VectorizedGridSearchCV(estimator, GRID, scoring=scorer, cv=2)
        assert_same_search(search, X, y, sample_weight=weights)


@pytest.mark.parametrize("given", [True, False])
def test_metadata_is_routed_through_a_pipeline(given, groups):
    X, y = make_data("binary")
    weights = {"sample_weight": np.random.default_rng(0).random(len(y))} if given else {}
    with sklearn.config_context(enable_metadata_routing=True):
        scale = StandardScaler().set_fit_request(sample_weight=True)
        estimator = Pipeline([("scale", scale), ("net", network().set_fit_request(sample_weight=True))])
        search = VectorizedGridSearchCV(estimator.set_score_request(), of_net(GRID), scoring="roc_auc", cv=2)
        search.set_params(scoring=make_scorer(accuracy_score).set_score_request(sample_weight=True))
        assert_same_search(search, X, y, **weights)
    assert groups == [8]


def test_nested_in_cross_validation_and_pipelines():
    from sklearn.model_selection import cross_val_score

    X, y = make_data("multiclass")
    ours, ordinary = (
        cross_val_score(make_pipeline(StandardScaler(), Search(network(), GRID, cv=2)), X, y, cv=2)
        for Search in (VectorizedGridSearchCV, GridSearchCV)
    )
    assert ours.tolist() == ordinary.tolist()
