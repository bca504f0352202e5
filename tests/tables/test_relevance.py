"""RelevanceScaler: a feature that matters becomes larger."""

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from sknn_scratch import RelevanceScaler, ShallowNNClassifier, ShallowNNRegressor, tabular_pipeline
from sknn_scratch._tables import relevance
from tests.helpers import InterruptedActivation, refused

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 12))
SIGNS = np.sign(X[:, 4] * X[:, 5])
Y = np.where(X[:, :2] @ [2.0, -1.5] + 3 * SIGNS > RNG.logistic(size=len(X)), "yes", "no")
USEFUL = [0, 1, 4, 5]


def test_the_formulas():
    scaler = RelevanceScaler().fit(X, Y)
    w_hidden, w_output = scaler.network_.coefs_
    squares = w_hidden**2 @ (w_output**2).sum(axis=1)
    mean = np.average(squares, weights=X.var(axis=0))
    assert_allclose(scaler.relevance_, np.sqrt(squares))
    entropy = log_loss(Y, np.tile(np.unique(Y, return_counts=True)[1] / len(Y), (len(Y), 1)))
    unexplained = scaler.network_.history_["loss"][-1] / entropy
    chance = 12 * unexplained / (12 * unexplained + len(Y) * (1 - unexplained))
    assert 0.01 < chance < 0.1
    assert_allclose(scaler.scale_**2, (1 - chance) * squares / mean + chance)
    assert_allclose(scaler.transform(X), X * scaler.scale_)
    assert_allclose(scaler.transform(X).var(axis=0).sum(), X.var(axis=0).sum())


def test_what_matters_becomes_larger_also_if_two_features_matter_only_together():
    scale = RelevanceScaler().fit(X, Y).scale_
    assert scale[USEFUL].min() > 1.2 * np.delete(scale, USEFUL).max()
    assert scale.min() > 0.09  # the root of the least share of chance is 0.1


def test_features_of_few_rows_that_tell_little_stay_nearly_as_they_are():
    noise = np.random.default_rng(1).normal(size=(60, 100))
    scale = RelevanceScaler().fit(noise, Y[:60]).scale_
    assert scale.min() > 0.6
    assert scale.max() < 1.8  # with the least chance: 2.3
    assert relevance.share_of_chance(1e-9, 12, 600) == relevance.LEAST_CHANCE
    assert relevance.share_of_chance(0.5, 100, 100) == 0.5
    for nothing_learnt in (1.0, 1.1, np.inf, np.nan):
        assert relevance.share_of_chance(nothing_learnt, 12, 600) == 1.0


def test_the_order_of_the_rows_and_the_storage_change_nothing():
    rows = RNG.permutation(np.append(np.arange(600), np.arange(50)))  # some rows twice
    scaler = RelevanceScaler().fit(X[rows], Y[rows])
    other_order = RelevanceScaler().fit(X[rows[::-1]], Y[rows[::-1]])
    sparse = RelevanceScaler().fit(scipy.sparse.csr_array(X[rows]), Y[rows])
    assert_array_equal(scaler.scale_, other_order.scale_)
    assert_allclose(scaler.scale_, sparse.scale_, rtol=1e-6)
    assert_allclose(sparse.transform(scipy.sparse.csc_matrix(X)).toarray(), X * sparse.scale_)


def test_of_many_rows_some_are_enough_but_each_class_has_one(monkeypatch):
    y = np.where(np.arange(600) == 7, "rare", Y)
    monkeypatch.setattr(relevance, "MOST_ROWS", 300)
    few = RelevanceScaler().fit(X, y)
    monkeypatch.undo()
    assert few.network_.classes_.tolist() == ["no", "rare", "yes"]
    assert not np.array_equal(few.scale_, RelevanceScaler().fit(X, y).scale_)
    assert few.scale_[[0, 4, 5]].min() > np.delete(few.scale_, USEFUL).max()


@pytest.mark.parametrize("weights", [{"no": 1, "yes": 5}, {"no": 0, "yes": 1}])
def test_weights_of_classes_count_once(weights):
    network = ShallowNNClassifier(8, alpha=1, max_iter=200, class_weight=weights, random_state=0)
    inside, alone = RelevanceScaler(network).fit(X, Y).network_, clone(network).fit(X, Y)
    assert_allclose(inside.predict_proba(X).mean(axis=0), alone.predict_proba(X).mean(axis=0), atol=0.01)


def test_the_number_of_threads_changes_nothing():
    x, scales = RNG.normal(size=(3000, 1500)), []
    scaler = RelevanceScaler(ShallowNNClassifier(2, alpha=1, max_iter=1, random_state=0))
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, "blas"):
            scales.append(scaler.fit(x, x[:, 0] > 0).scale_)
    assert_array_equal(*scales)


TOO_FAR = X[:100] * np.where(np.arange(12) == 1, 1e160, 1.0)  # the variance of one feature is infinite


@pytest.mark.parametrize(
    "x", [np.zeros((100, 3)), np.full((100, 3), 7.0), 1e-320 * X[:100], 1e200 * X[:100], TOO_FAR]
)
def test_features_of_which_nothing_can_be_said_stay(x):
    with np.errstate(all="raise", under="ignore"):
        assert_array_equal(RelevanceScaler().fit(x, Y[:100]).scale_, 1.0)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (Y, ShallowNNClassifier),
        (np.arange(600) % 3, ShallowNNClassifier),
        (np.arange(600) % 101, ShallowNNRegressor),
        (X[:, 0], ShallowNNRegressor),
        (X[:, :2], ShallowNNRegressor),
    ],
)
def test_the_default_network_follows_y(y, expected):
    scaler = RelevanceScaler().fit(X, y)
    assert type(scaler.network_) is expected
    assert scaler.network is None
    assert scaler.network_.n_iter_ == 20


def test_the_pipeline_has_the_network_of_its_task():
    counts = tabular_pipeline("regressor")["relevance"].network
    assert isinstance(counts, ShallowNNRegressor)
    assert isinstance(tabular_pipeline(ShallowNNClassifier())["relevance"].network, ShallowNNClassifier)
    assert [*tabular_pipeline(HistGradientBoostingClassifier()).named_steps] == ["columns", "network"]


def test_errors_leave_the_earlier_scaler():
    scaler = RelevanceScaler(ShallowNNClassifier(max_iter=3)).fit(X, Y)
    for network, x, y, message in (
        (ShallowNNClassifier(alpha=-1), X, Y, "The 'alpha' parameter of ShallowNNClassifier must be"),
        ("classifier", X, Y, "The 'network' parameter of RelevanceScaler must be .*ShallowNNRegressor"),
        (None, np.where(X > 2, np.nan, X), Y, "NaN"),
        (None, X, np.full(600, "yes"), "at least 2 classes"),
        (None, X, np.where(Y, np.nan, 1.5), "values of y are missing"),
        (None, X, Y[:10], "inconsistent numbers of samples"),
        (None, X, None, "requires y to be passed, but the target y is None"),
    ):
        with refused(scaler.set_params(network=network), message):
            scaler.fit(x, y)
    with pytest.raises(NotFittedError):
        RelevanceScaler().transform(X)


def test_control_c_ends_it_after_the_first_epoch_too():
    network = ShallowNNClassifier(
        activation=InterruptedActivation(20), solver="adam", alpha=1.0, early_stopping=False, max_iter=9
    )
    scaler = RelevanceScaler(network)
    with pytest.raises(KeyboardInterrupt):
        scaler.fit(X, Y)
    assert not hasattr(scaler, "scale_")
