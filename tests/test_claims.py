"""What the course "Shallow networks from scratch" claims of networks, and does not check while it is built.

The formulas of the first chapters are compared with a textbook in tests/core.
"""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss

from sknn_scratch import ShallowNNClassifier, ShallowNNRegressor, SymmetryWarning
from tests.helpers import scaled

# As long as asked for, and by the training loss alone.
JUST_TRAIN = {"tol": 0, "n_iter_no_change": 10_000, "early_stopping": False, "random_state": 0}
# The gradient descent of the textbook.
GRADIENT_DESCENT = {"solver": "sgd", "momentum": 0, "batch_size": None}


@pytest.fixture(scope="module")
def digits():
    return scaled(load_digits)


@pytest.fixture(scope="module")
def cancer():
    return scaled(load_breast_cancer)


def train(X, y, epochs=40, **parameters):
    """Train for some epochs, without a warning that there could be more."""
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return ShallowNNClassifier(max_iter=epochs, **JUST_TRAIN | parameters).fit(X, y)


# 4. Backpropagation


@pytest.mark.filterwarnings("ignore:The maximum number of epochs")
def test_gradients_shrink_towards_the_minimum_and_end_the_iteration_unless_the_step_is_too_large(cancer):
    X, y = cancer[0][:, :3], cancer[1]
    settings = {"gradient_tol": 1e-3, "max_iter": 1500, "alpha": 10} | JUST_TRAIN | GRADIENT_DESCENT
    half, whole, too_large = (
        ShallowNNClassifier(4, "tanh", 0.5, rate, **settings).fit(X, y) for rate in (0.25, 0.5, 8)
    )
    norms = np.hypot(whole.history_["gradient_norm_hidden"], whole.history_["gradient_norm_output"])
    assert norms[-1] < 1e-3 <= norms[:-1].min()
    assert norms[0] > 100 * norms[-1]
    assert np.all(np.diff(whole.loss_curve_[-100:]) < 0)
    assert half.n_iter_ == pytest.approx(2 * whole.n_iter_, rel=0.05)
    reasons = [clf.stop_reason_ for clf in (half, whole, too_large)]
    assert reasons == ["small_gradient", "small_gradient", "max_iter"]


# 6. Saturation


@pytest.mark.parametrize(("activation", "factor"), [("sigmoid", np.e), ("tanh", np.e**2), ("relu", 1)])
def test_the_gradient_shrinks_by_this_factor_if_the_hidden_inputs_grow_by_one(activation, factor, cancer):
    norms = {}
    for bias in (0, 10, 11, 20):
        clf = ShallowNNClassifier(16, activation, 0.1, 0.001, alpha=0, random_state=0, **GRADIENT_DESCENT)
        clf.partial_fit(*cancer, classes=[0, 1]).intercepts_[0][:] = bias
        norms[bias] = clf.partial_fit(*cancer).history_["gradient_norm_hidden"][-1]
    assert norms[10] / norms[11] == pytest.approx(factor, rel=0.1)
    assert (norms[20] < 1e-6 * norms[0]) == (factor > 1)  # it vanishes


# 8. Random initialisation


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_from_zero_tanh_and_relu_learn_nothing_at_all(activation, cancer):
    with pytest.warns(SymmetryWarning, match="auto"):
        clf = train(*cancer, n_hidden=8, activation=activation, init_scale=0)
    assert all(np.all(weights == 0) for weights in clf.coefs_)


def trained_from(W1, W2, b1, X, y, epochs=40):
    sgd = {"alpha": 0, "solver": "sgd", "momentum": 0, "random_state": 0}
    clf = ShallowNNClassifier(32, "tanh", learning_rate=0.1, **sgd)
    clf.partial_fit(X, y, classes=range(10))
    clf.coefs_[0][:], clf.coefs_[1][:] = W1, W2
    clf.intercepts_[0][:], clf.intercepts_[1][:] = b1, 0
    for _ in range(epochs):
        clf.partial_fit(X, y)
    return clf


def test_equal_units_stay_equal_whatever_their_weights_and_any_difference_will_do(digits):
    equal = trained_from(0.1, 0.1, 0.1, *digits, epochs=10)
    assert np.ptp(equal.coefs_[0], axis=1).max() < 1e-9
    assert np.ptp(equal.coefs_[0], axis=0).max() > 0.01  # they have learned, all the same
    pattern = 0.1 * np.sin(np.arange(64 * 32)).reshape(64, 32)
    for start, accuracy in [
        ((0.1, 0.1, np.linspace(-1, 1, 32)), 0.8),
        ((pattern, pattern[:32, :10], 0), 0.95),
    ]:
        different = trained_from(*start, *digits)
        assert np.ptp(different.coefs_[0], axis=1).max() > 0.1
        assert different.score(*digits) > accuracy > equal.score(*digits)


# 10. Overfitting


@pytest.fixture(scope="module")
def noisy_moons():
    return make_moons(100, noise=0.35, random_state=1), make_moons(2000, noise=0.35, random_state=2)


def test_cross_validation_and_early_stopping_both_help(noisy_moons):
    (X, y), (X_new, y_new) = noisy_moons
    chosen = ShallowNNClassifier(random_state=0)
    stopping = {"early_stopping": True, "validation_fraction": 0.2, "max_iter": 2000}
    stopped = ShallowNNClassifier(alpha=0, solver="adam", learning_rate=0.02, **stopping, random_state=0)
    free = ShallowNNClassifier(alpha=0, solver="lbfgs", max_iter=5000, tol=1e-6, random_state=0)
    new_loss = [log_loss(y_new, clf.fit(X, y).predict_proba(X_new)) for clf in (chosen, stopped, free)]
    assert chosen.solver_ == "lbfgs"
    assert chosen.alpha_ > 0
    assert stopped.best_iter_ < stopped.n_iter_ < 2000
    assert max(new_loss[:2]) < new_loss[2] / 2


def test_more_rows_bring_the_two_losses_together(noisy_moons):
    _, (X_new, y_new) = noisy_moons
    gaps = []
    for n_rows in (100, 1600):
        X, y = make_moons(n_rows, noise=0.35, random_state=1)
        clf = train(X, y, epochs=300, alpha=0, solver="lbfgs")
        gaps.append(log_loss(y_new, clf.predict_proba(X_new)) - log_loss(y, clf.predict_proba(X)))
    assert gaps[0] > 3 * gaps[1] > 0


# 11. From classes to numbers


def test_a_sum_of_hinges_in_units_of_standard_deviations_follows_a_curve_that_a_line_misses():
    rng = np.random.default_rng(0)
    X = np.sort(rng.uniform(-3, 3, (150, 1)), axis=0)
    y = 20 * np.sin(1.5 * X[:, 0]) + 5 * X[:, 0] + 100 + rng.normal(0, 4, 150)
    reg = ShallowNNRegressor(8, solver="lbfgs", alpha=0.1, max_iter=2000, random_state=0).fit(X, y)
    assert Ridge().fit(X, y).score(X, y) < 0.4
    assert reg.score(X, y) > 0.85
    hinges = reg.transform(X) * reg.coefs_[1][:, 0]
    assert np.all((hinges == 0) | (np.sign(hinges) == np.sign(reg.coefs_[1][:, 0])))
    sums = hinges.sum(axis=1) + reg.intercepts_[1]
    assert abs(sums.mean()) < 0.05
    assert sums.std() == pytest.approx(1, abs=0.1)
    np.testing.assert_allclose(reg.y_offset_ + reg.y_scale_ * sums, reg.predict(X), rtol=1e-12)
