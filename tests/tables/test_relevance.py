"""RelevantComponents: features that matter become larger, and their principal components replace them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from sknn_scratch import RelevantComponents, ShallowNNClassifier, ShallowNNRegressor
from sknn_scratch._core import blocks
from sknn_scratch._tables import relevance
from tests.helpers import InterruptedActivation, peak_memory, refused

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 12))
SIGNS = np.sign(X[:, 4] * X[:, 5])
Y = np.where(X[:, :2] @ [2.0, -1.5] + 3 * SIGNS > RNG.logistic(size=len(X)), "yes", "no")
USEFUL = [0, 1, 4, 5]


def test_the_formulas():
    relevant = RelevantComponents().fit(X, Y)
    w_hidden, w_output = relevant.network_.coefs_
    squares = w_hidden**2 @ (w_output**2).sum(axis=1)
    mean = np.average(squares, weights=X.var(axis=0))
    assert_allclose(relevant.relevance_, np.sqrt(squares))
    entropy = log_loss(Y, np.tile(np.unique(Y, return_counts=True)[1] / len(Y), (len(Y), 1)))
    unexplained = relevant.network_.history_["loss"][-1] / entropy
    chance = 12 * unexplained / (12 * unexplained + len(Y) * (1 - unexplained))
    assert 0.01 < chance < 0.1
    assert_allclose(relevant.scale_**2, (1 - chance) * squares / mean + chance)
    scaled = X * relevant.scale_
    assert_allclose(scaled.var(axis=0).sum(), X.var(axis=0).sum())
    covariance = relevant.components_ @ np.cov(scaled.T, bias=True) @ relevant.components_.T
    variances = np.linalg.eigvalsh(np.cov(scaled.T, bias=True))[::-1]
    assert_allclose(covariance, np.diag(variances), atol=1e-12)
    assert_allclose(relevant.components_ @ relevant.components_.T, np.eye(12), atol=1e-12)
    exact = (scaled - scaled.mean(axis=0)) @ relevant.components_.T
    assert_allclose(relevant.transform(X), exact, rtol=0, atol=2.0**-24 * np.sqrt(variances[0]))
    assert_allclose(relevant.explained_variance_, variances)
    assert (relevant.components_.max(axis=1) > -relevant.components_.min(axis=1)).all()


@pytest.mark.parametrize("n_blocks", [1, 3])
def test_copies_weigh_in_means_and_variances_but_prove_nothing(monkeypatch, n_blocks):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", X.nbytes // n_blocks)
    copies = np.repeat(np.arange(600), 1 + 4 * (X[:, 0] > 0.5))
    relevant = RelevantComponents().fit(X[copies], Y[copies])
    scaled = X[copies] * relevant.scale_
    assert_allclose(relevant.mean_, X[copies].mean(axis=0))
    variances = np.linalg.eigvalsh(np.cov(scaled.T, bias=True))[::-1]
    assert_allclose(relevant.explained_variance_, variances, rtol=1e-9)
    squares = relevant.relevance_**2
    chance = relevance.share_of_chance(relevance.last_loss(relevant.network_), 12, 600)
    mean = np.average(squares, weights=X[copies].var(axis=0))
    assert_allclose(relevant.scale_**2, (1 - chance) * squares / mean + chance)


def test_components_that_hardly_vary_are_left_out():
    x = np.column_stack([X, X[:, :3] + 0.01 * X[:, 3:6], X[:, 6:]])  # three nearly equal, six equal
    relevant = RelevantComponents().fit(x, Y)
    components, scaled = relevant.transform(x), x * relevant.scale_
    assert 12 <= components.shape[1] <= 15
    variances = components.var(axis=0)
    assert variances.min() > 1e-4 * variances.max()
    assert_allclose(variances.sum(), scaled.var(axis=0).sum(), rtol=1e-3)
    names = [f"component{number + 1}" for number in range(components.shape[1])]
    assert relevant.get_feature_names_out().tolist() == names


def test_components_of_few_rows_are_found_among_these(monkeypatch):
    wide = np.random.default_rng(1).normal(size=(40, 60))
    relevant = RelevantComponents().fit(wide, Y[:40])
    scaled = (wide - wide.mean(axis=0)) * relevant.scale_
    _, roots, expected = np.linalg.svd(scaled / np.sqrt(40))
    assert_allclose(relevant.explained_variance_, roots[:39] ** 2)
    assert_allclose(np.abs(relevant.components_), np.abs(expected[:39]), atol=1e-9)
    monkeypatch.setattr(relevance, "MOST_FEATURES", 40)
    assert_array_equal(RelevantComponents().fit(wide, Y[:40]).components_, relevant.components_)


def test_the_rows_are_not_copied(monkeypatch):
    monkeypatch.setattr(relevance, "ENOUGH_ROWS", 2000)
    x = np.random.default_rng(0).normal(size=(8000, 200)).astype(np.float32)
    relevant = RelevantComponents(ShallowNNClassifier(4, alpha=1, max_iter=1, random_state=0))
    assert peak_memory(lambda: relevant.fit(x, x[:, 0] > 0)) < x.nbytes


def test_too_many_features_stay_and_are_scaled(monkeypatch):
    monkeypatch.setattr(relevance, "MOST_FEATURES", 11)
    relevant = RelevantComponents().fit(X, Y)
    assert relevant.components_ is None
    assert_allclose(relevant.transform(X), X * relevant.scale_)
    assert relevant.get_feature_names_out().tolist() == [f"x{number}" for number in range(12)]


def test_features_of_few_rows_that_tell_little_stay_nearly_as_they_are():
    noise = np.random.default_rng(1).normal(size=(60, 100))
    scale = RelevantComponents().fit(noise, Y[:60]).scale_
    assert scale.min() > 0.6
    assert scale.max() < 1.8  # with the least chance: 2.3
    assert relevance.share_of_chance(1e-9, 12, 600) == relevance.LEAST_CHANCE
    assert relevance.share_of_chance(0.5, 100, 100) == 0.5
    for nothing_learned in (1.0, 1.1, np.inf, np.nan):
        assert relevance.share_of_chance(nothing_learned, 12, 600) == 1.0


@pytest.mark.parametrize(
    ("n_different", "n_copies", "dtype", "most_values", "expected"),
    [
        (1499, 1, None, 2998, np.float64),
        (1499, 2, None, 5996, np.float64),
        (1500, 1, None, 3000, np.float32),
        (1499, 1, "float32", 2998, np.float32),
        (1499, 1, None, 2997, np.float32),
    ],
)
def test_few_different_rows_compute_in_double_precision(
    monkeypatch, n_different, n_copies, dtype, most_values, expected
):
    monkeypatch.setattr(relevance, "MOST_VALUES", most_values)
    rows = np.tile(RNG.normal(size=(n_different, 2)).astype(np.float32), (n_copies, 1))
    network = ShallowNNRegressor(2, alpha=1, max_iter=4, dtype=dtype)
    relevant = RelevantComponents(network).fit(rows, rows[:, 0])
    assert relevant.network_.coefs_[0].dtype == expected
    assert relevant.transform(rows).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_rows_stay_equal_wherever_they_are(dtype):
    for n_rows in range(280, 300):
        x = np.random.default_rng(n_rows).normal(size=(n_rows, 56)).astype(dtype)
        relevant = RelevantComponents(ShallowNNClassifier(4, alpha=1, max_iter=1)).fit(x, x[:, 0] > 0)
        assert_array_equal(relevant.transform(x)[::-1], relevant.transform(x[::-1]))
        assert_array_equal(relevant.transform(x)[:7], relevant.transform(np.asfortranarray(x[:7])))


def test_rounding_decides_no_sign():
    x = np.random.default_rng(0).normal(size=(60, 2))
    all_rows, moments = np.arange(60), (np.ones(60), np.zeros(4), np.ones(4))
    components, _ = relevance.components_of(np.hstack([x, -x]), all_rows, *moments)
    assert (components[:, :2].max(axis=1) > 0.1).all()  # one of two weights that are equal but for the sign
    assert_allclose(components[:, :2], -components[:, 2:])


def test_means_that_are_far_from_zero_cost_no_precision():
    x = (X[:, :3] + 1000).astype(np.float32)
    relevant = RelevantComponents().fit(x, Y)
    exact = ((x - x.mean(axis=0, dtype=float)) * relevant.scale_) @ relevant.components_.T
    assert_allclose(relevant.transform(x), exact, atol=1e-5)


@pytest.mark.parametrize("limits", [{"MOST_ROWS": 300}, {"ENOUGH_ROWS": 100, "MOST_SEEN": 12 * 300}])
def test_of_many_rows_some_are_enough_but_each_class_has_one(monkeypatch, limits):
    y = np.where(np.arange(600) == 7, "rare", Y)
    for name, value in limits.items():
        monkeypatch.setattr(relevance, name, value)
    few = RelevantComponents().fit(X, y)
    assert few.network_.classes_.tolist() == ["no", "rare", "yes"]
    assert not np.array_equal(few.mean_, X.mean(axis=0))
    assert few.scale_[[0, 4, 5]].min() > np.delete(few.scale_, USEFUL).max()


@pytest.mark.parametrize("weights", [{"no": 1, "yes": 5}, {"no": 0, "yes": 1}])
def test_weights_of_classes_count_once(weights):
    network = ShallowNNClassifier(8, max_iter=200, class_weight=weights, random_state=0)
    inside, alone = RelevantComponents(network).fit(X, Y).network_, clone(network).fit(X, Y)
    assert inside.alpha_ == alone.alpha_
    assert_allclose(inside.predict_proba(X).mean(axis=0), alone.predict_proba(X).mean(axis=0), atol=0.01)


def test_the_number_of_threads_changes_nothing():
    x, found = RNG.normal(size=(3000, 1000)), []
    relevant = RelevantComponents(ShallowNNClassifier(2, alpha=1, max_iter=1, random_state=0))
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, "blas"):
            found.append(relevant.fit(x, x[:, 0] > 0).transform(x))
    assert_array_equal(*found)


TOO_FAR = X[:100] * np.where(np.arange(12) == 1, 1e160, 1.0)  # the variance of one feature is infinite


@pytest.mark.parametrize(
    "x", [np.zeros((100, 3)), np.full((100, 3), 7.0), 1e-320 * X[:100], 1e200 * X[:100], TOO_FAR]
)
def test_features_of_which_nothing_can_be_said_stay(x):
    with np.errstate(all="raise", under="ignore"):
        relevant = RelevantComponents().fit(x, Y[:100])
        assert_array_equal(relevant.scale_, 1.0)
        assert_array_equal(relevant.transform(x), x)


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
    relevant = RelevantComponents().fit(X, y)
    assert type(relevant.network_) is expected
    assert relevant.network is None
    assert relevant.network_.n_iter_ == 20


def test_errors_leave_the_earlier_fit():
    relevant = RelevantComponents(ShallowNNClassifier(max_iter=3)).fit(X, Y)
    for network, y, message in (
        (ShallowNNClassifier(alpha=-1), Y, "The 'alpha' parameter of ShallowNNClassifier must be"),
        ("classifier", Y, "The 'network' parameter of RelevantComponents must be .*ShallowNNRegressor"),
        (None, np.full(600, "yes"), "needs two classes, but y has one class"),
        (None, np.where(Y, np.nan, 1.5), "values of y are missing"),
    ):
        with refused(relevant.set_params(network=network), message):
            relevant.fit(X, y)


def test_control_c_ends_it_after_the_first_epoch_too():
    network = ShallowNNClassifier(
        activation=InterruptedActivation(20), solver="adam", alpha=1.0, early_stopping=False, max_iter=9
    )
    relevant = RelevantComponents(network)
    with pytest.raises(KeyboardInterrupt):
        relevant.fit(X, Y)
    assert not hasattr(relevant, "scale_")
