"""The claims of the course "Shallow networks from scratch", chapter by chapter, each tested with a number.

The formulas of the first chapters are compared with a textbook in tests/core.
"""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, make_circles, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from sknn_scratch import DivergenceWarning, ShallowNNClassifier, ShallowNNRegressor, SymmetryWarning, diagnose

# As long as asked for, and by the training loss alone.
JUST_TRAIN = {"tol": 0, "n_iter_no_change": 10_000, "early_stopping": False, "random_state": 0}
# The gradient descent of the textbook.
GRADIENT_DESCENT = {"solver": "sgd", "momentum": 0, "batch_size": None}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def scaled(load):
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(scope="module")
def digits():
    return scaled(load_digits)


@pytest.fixture(scope="module")
def cancer():
    return scaled(load_breast_cancer)


@pytest.fixture(scope="module")
def moons():
    return make_moons(400, noise=0.2, random_state=0)


@pytest.fixture(scope="module")
def circles():
    return make_circles(400, noise=0.1, factor=0.5, random_state=0)


def train(X, y, epochs=40, **parameters):
    """Train for some epochs, without a warning that there could be more."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return ShallowNNClassifier(max_iter=epochs, **JUST_TRAIN | parameters).fit(X, y)


def first_epoch_below(clf, loss):
    return 1 + int(np.argmax(clf.loss_curve_ < loss)) if clf.loss_curve_.min() < loss else np.inf


# 3. The loss and one step


def softmax(Z):
    exponentials = np.exp(Z - Z.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def loss_after_a_step(X, y, rate):
    """The loss of a softmax regression after one step of gradient descent from zero."""
    Y = np.eye(10)[y]
    errors = (0.1 - Y) / len(X)
    W, b = -rate * errors.T @ X, -rate * errors.sum(axis=0)
    return log_loss(y, softmax(X @ W.T + b))


def test_a_short_step_lowers_the_loss_and_a_long_one_raises_it(digits):
    start = loss_after_a_step(*digits, 0)
    assert start == pytest.approx(np.log(10))
    assert loss_after_a_step(*digits, 0.1) < start
    assert loss_after_a_step(*digits, 40) > start


def test_smaller_batches_take_more_steps_and_get_farther_in_an_epoch(digits):
    losses = [
        train(*digits, epochs=5, n_hidden=16, alpha=0, solver="sgd", momentum=0, learning_rate=0.1,
              batch_size=batch_size).loss_curve_[-1]
        for batch_size in (None, 100, 10)
    ]  # fmt: skip
    assert losses[0] > 2 * losses[1] > 4 * losses[2]


# 4. Backpropagation


def test_gradients_shrink_towards_the_minimum_and_end_the_iteration(cancer):
    X, y = cancer
    settings = {"alpha": 10, "gradient_tol": 1e-3, "max_iter": 10_000} | JUST_TRAIN | GRADIENT_DESCENT
    clf = ShallowNNClassifier(4, "tanh", 0.5, 1.0, **settings).fit(X, y)
    norms = np.hypot(clf.history_["gradient_norm_hidden"], clf.history_["gradient_norm_output"])
    assert clf.stop_reason_ == "small_gradient"
    assert norms[-1] < 1e-3
    assert norms[:-1].min() >= 1e-3
    assert norms[0] > 100 * norms[-1]
    assert np.all(np.diff(clf.loss_curve_[-100:]) < 0)


# 5. Activations


@pytest.mark.parametrize(("solver", "seed"), [("adam", 0), ("adam", 1), ("sgd", 0)])
def test_relu_needs_fewer_epochs_than_tanh_and_tanh_fewer_than_sigmoid(digits, solver, seed):
    settings = {"solver": solver, "learning_rate": {"adam": 0.005, "sgd": 0.1}[solver], "momentum": 0}
    settings |= {"n_hidden": 32, "alpha": 0, "random_state": seed}
    epochs = {
        activation: first_epoch_below(train(*digits, activation=activation, **settings), loss=0.2)
        for activation in ("sigmoid", "tanh", "relu")
    }
    assert epochs["relu"] <= epochs["tanh"] < epochs["sigmoid"]
    assert 1.5 * epochs["relu"] < epochs["sigmoid"]


def test_with_its_own_best_rate_each_activation_is_about_as_fast(digits):
    epochs = {
        activation: first_epoch_below(
            train(*digits, epochs=8, activation=activation, solver="sgd", momentum=0, batch_size=200,
                  learning_rate=rate, n_hidden=32, alpha=0),
            loss=0.1,
        )
        for activation, rate in (("sigmoid", 8), ("tanh", 4), ("relu", 2))
    }  # fmt: skip
    assert max(epochs.values()) <= 2 * min(epochs.values())


# 6. Saturation


def test_unscaled_features_saturate_tanh_and_training_is_slow():
    X, y = load_breast_cancer(return_X_y=True)
    parameters = {"n_hidden": 16, "activation": "tanh", "init_scale": 0.01, "learning_rate": 0.001}
    raw = train(X, y, **parameters)
    scaled = train(StandardScaler().fit_transform(X), y, **parameters)
    assert raw.history_["saturated_fraction"][0] > 0.7
    assert scaled.history_["saturated_fraction"][0] < 0.01
    assert raw.loss_curve_[-1] > 2 * scaled.loss_curve_[-1]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_the_gradient_vanishes_where_the_hidden_inputs_are_far_from_zero(cancer, activation):
    X, y = cancer

    def hidden_gradient_norm(bias):
        clf = ShallowNNClassifier(4, activation, 0.1, alpha=0, gradient_tol=1e9, **GRADIENT_DESCENT)
        clf.set_params(**JUST_TRAIN).fit(X, y)  # stops after one epoch
        clf.intercepts_[0][:] = bias
        clf.partial_fit(X, y)
        return clf.history_["gradient_norm_hidden"][-1]

    assert hidden_gradient_norm(20) < 1e-6 * hidden_gradient_norm(0)


# 7. Why nonlinear


@pytest.mark.filterwarnings("ignore:The training has failed")
@pytest.mark.parametrize(("problem", "linear_at_most"), [("moons", 0.9), ("circles", 0.6)])
def test_a_linear_network_fails_where_a_nonlinear_one_succeeds(problem, linear_at_most, request):
    X, y = request.getfixturevalue(problem)

    def accuracy(n_hidden, activation):
        clf = ShallowNNClassifier(
            n_hidden, activation, 0.1, solver="lbfgs", alpha=0.01, max_iter=5000, **JUST_TRAIN
        )
        return clf.fit(X, y).score(X, y)

    assert accuracy(64, "identity") < linear_at_most
    assert min(accuracy(8, "tanh"), accuracy(8, "relu")) > 0.95


# 8. Random initialisation


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_units_that_start_at_zero_stay_identical(cancer, activation):
    X, y = cancer
    with pytest.warns(SymmetryWarning, match="glorot"):
        clf = train(X, y, n_hidden=8, activation=activation, init_scale=0)
    for weights in (*clf.coefs_[0], clf.coefs_[1][:, 0], clf.intercepts_[0]):
        assert np.all(weights == weights[0])


def test_small_weights_learn_and_large_ones_saturate(digits):
    start = {
        scale: train(*digits, n_hidden=32, activation="tanh", init_scale=scale, momentum=0, alpha=0,
                     solver="sgd", learning_rate=0.1)
        for scale in (0.01, 3.0)
    }  # fmt: skip
    small, large = start[0.01], start[3.0]
    assert small.history_["saturated_fraction"][0] < 0.01
    assert large.history_["saturated_fraction"][0] > 0.8
    assert small.score(*digits) > 0.95
    assert large.score(*digits) < 0.9
    assert np.ptp(small.coefs_[0], axis=1).max() > 0.1  # the units have become different


def test_a_tenth_is_a_better_scale_than_a_hundredth_for_these_digits(digits):
    losses = {
        scale: train(*digits, n_hidden=32, activation="tanh", init_scale=scale, momentum=0, alpha=0,
                     solver="sgd", learning_rate=0.1, batch_size=200).loss_curve_[-1]
        for scale in (0.0001, 0.01, 0.1)
    }  # fmt: skip
    assert losses[0.0001] > losses[0.01] > losses[0.1]


# 9. Faster descent


def test_the_gradient_of_a_hundred_rows_points_nearly_the_right_way(digits, rng):
    X, y = digits

    def gradient(rows):
        return ((0.1 - np.eye(10)[y[rows]]) / len(rows)).T @ X[rows]

    def mean_cosine(size):
        whole = gradient(np.arange(len(X)))
        parts = [gradient(rng.choice(len(X), size, replace=False)) for _ in range(100)]
        return np.mean(
            [(part * whole).sum() / np.linalg.norm(part) / np.linalg.norm(whole) for part in parts]
        )

    assert mean_cosine(1) < 0.3
    assert mean_cosine(100) > 0.8


def epochs_to_a_tenth(X, y, **parameters):
    clf = train(X, y, epochs=20, n_hidden=32, alpha=0, batch_size=100, **parameters)
    return first_epoch_below(clf, 0.1)


def test_momentum_is_as_fast_as_plain_descent_at_ten_times_the_rate(digits):
    plain = epochs_to_a_tenth(*digits, solver="sgd", momentum=0, learning_rate=0.1)
    pushed = epochs_to_a_tenth(*digits, solver="sgd", momentum=0.9, nesterov=False, learning_rate=0.01)
    assert abs(plain - pushed) <= 2


def test_adam_hardly_notices_that_the_features_are_stretched(digits, rng):
    X, y = digits
    stretched = X * 10 ** rng.uniform(-1, 1, X.shape[1])
    adam = [epochs_to_a_tenth(one, y, solver="adam", learning_rate=0.02) for one in (X, stretched)]
    assert adam[1] <= adam[0] + 3
    momentum = {"solver": "sgd", "momentum": 0.9, "nesterov": False, "learning_rate": 0.1}
    assert epochs_to_a_tenth(X, y, **momentum) <= 5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        assert epochs_to_a_tenth(stretched, y, **momentum) > 5


# 10. Overfitting


@pytest.fixture(scope="module")
def noisy_moons():
    return make_moons(100, noise=0.35, random_state=1), make_moons(2000, noise=0.35, random_state=2)


@pytest.mark.filterwarnings("ignore:The maximum number of epochs")
def test_the_training_loss_falls_while_the_loss_on_new_rows_rises(noisy_moons):
    (X, y), (X_new, y_new) = noisy_moons
    settings = {"solver": "adam", "alpha": 0, "learning_rate": 0.03, "max_iter": 400}
    clf = ShallowNNClassifier(100, **settings | JUST_TRAIN | {"early_stopping": True})
    clf.fit(X, y, X_val=X_new, y_val=y_new)
    training, new = clf.history_["loss"], clf.history_["val_loss"]
    best = int(np.argmin(new))
    assert 0 < best < len(new) / 3
    assert training[-1] < training[best] / 1.5
    assert new[-1] > 1.5 * new[best]


def test_the_best_penalty_lies_in_between_and_keeps_the_weights_small(noisy_moons):
    (X, y), (X_new, y_new) = noisy_moons
    networks = [
        ShallowNNClassifier(100, alpha=alpha, solver="lbfgs", max_iter=5000, random_state=0).fit(X, y)
        for alpha in (0.001, 0.3, 15)
    ]
    weak, good, strong = (log_loss(y_new, clf.predict_proba(X_new)) for clf in networks)
    assert good < min(weak, strong) / 1.2
    sizes = [sum((w**2).sum() for w in clf.coefs_) for clf in networks]
    assert sizes[0] > 2 * sizes[1] > 4 * sizes[2]


# 11. From classes to numbers


def wave(rng, n=150):
    X = np.sort(rng.uniform(-3, 3, (n, 1)), axis=0)
    curve = 20 * np.sin(1.5 * X[:, 0]) + 5 * X[:, 0] + 100
    return X, curve, curve + rng.normal(0, 4, n)


def test_a_network_follows_a_curve_that_a_line_misses(rng):
    X, _, y = wave(rng)
    reg = ShallowNNRegressor(8, solver="lbfgs", alpha=0.1, max_iter=2000, random_state=0).fit(X, y)
    assert Ridge().fit(X, y).score(X, y) < 0.4
    assert reg.score(X, y) > 0.85


def test_outliers_pull_the_squared_error_but_not_huber(rng):
    X, curve, y = wave(rng)
    y[rng.choice(len(X), 10, replace=False)] += 150
    settings = {"n_hidden": 8, "solver": "lbfgs", "alpha": 0.1, "max_iter": 2000, "random_state": 0}
    squared = ShallowNNRegressor(**settings).fit(X, y)
    huber = ShallowNNRegressor(loss="huber", huber_delta=0.3, **settings).fit(X, y)
    errors = [np.abs(reg.predict(X) - curve).mean() for reg in (squared, huber)]
    assert errors[1] < errors[0] / 2


# 12. When it does not learn


@pytest.mark.filterwarnings("ignore")
def test_the_diagnosis_names_the_fault_of_each_patient(digits):
    X, y = digits
    raw = load_breast_cancer(return_X_y=True)
    patients = {
        "unscaled features": ({"activation": "tanh"}, *raw),
        "identical units": ({"init_scale": 0}, X[:900], y[:900]),
        "exploding gradient": ({"early_stopping": False, "learning_rate": 0.6}, X[:900], y[:900]),
        "stopped too early": ({"max_iter": 4}, X[:900], y[:900]),
        "strong penalty": ({"alpha": 2000}, X[:900], y[:900]),
    }
    found = {}
    for fault, (parameters, X_train, y_train) in patients.items():
        clf = ShallowNNClassifier(
            16, random_state=0, **{"solver": "adam", "alpha": 1.0, "max_iter": 80} | parameters
        )
        clf.fit(X_train, y_train)
        found[fault] = diagnose(clf, X_train, y_train).fix_first.name
    assert found == {fault: fault for fault in patients}
