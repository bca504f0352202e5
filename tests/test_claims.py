"""The claims of the course "Shallow networks from scratch", chapter by chapter, each tested with a number.

The formulas of the first chapters are compared with a textbook in tests/core.
"""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, make_circles, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
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


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


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


# What the exercises and the shorter sentences say, in the order of the chapters.

# 1. Representation


@pytest.mark.parametrize(("n_outputs", "n_numbers"), [(1, 513), (10, 666)])
def test_thirty_inputs_and_sixteen_units_learn_so_many_numbers(n_outputs, n_numbers, rng):
    y = np.arange(40) % max(2, n_outputs)
    clf = train(rng.normal(size=(40, 30)), y, epochs=1, n_hidden=16)
    assert sum(array.size for array in clf.coefs_ + clf.intercepts_) == n_numbers


# 3. The loss and one step


def slope_at(function, z, step=1e-6):
    return (function(z + step) - function(z - step)) / (2 * step)


@pytest.mark.parametrize("y", [0, 1])
def test_with_two_classes_the_slope_is_the_probability_minus_the_label(y, rng):
    z = rng.normal(size=20)
    slope = slope_at(lambda z: -y * np.log(sigmoid(z)) - (1 - y) * np.log(1 - sigmoid(z)), z)
    np.testing.assert_allclose(slope, sigmoid(z) - y, atol=1e-8)


def test_the_softmax_of_two_outputs_is_the_sigmoid_of_their_difference(rng):
    Z = rng.normal(size=(20, 2))
    np.testing.assert_allclose(softmax(Z)[:, 1], sigmoid(Z[:, 1] - Z[:, 0]), rtol=1e-12)


# 4. Backpropagation


@pytest.mark.filterwarnings("ignore:The maximum number of epochs")
def test_half_the_step_takes_twice_the_steps_and_too_large_a_step_never_rests(cancer):
    X, y = cancer[0][:, :3], cancer[1]
    rests = {"gradient_tol": 1e-3, "max_iter": 3000, "alpha": 10}
    start = {"n_hidden": 4, "activation": "tanh", "init_scale": 0.5}
    clf = ShallowNNClassifier(**start, **rests, **JUST_TRAIN | GRADIENT_DESCENT)
    steps, reasons = {}, {}
    for rate in (0.25, 0.5, 8):
        clf.set_params(learning_rate=rate).fit(X, y)
        steps[rate], reasons[rate] = clf.n_iter_, clf.stop_reason_
    assert steps[0.25] == pytest.approx(2 * steps[0.5], rel=0.05)
    assert reasons == {0.25: "small_gradient", 0.5: "small_gradient", 8: "max_iter"}


# 5. Activations


def test_the_slope_of_sigmoid_is_at_most_a_quarter_of_that_of_tanh():
    z = np.linspace(-5, 5, 501)
    assert slope_at(sigmoid, z).max() == pytest.approx(0.25)
    assert slope_at(np.tanh, z).max() == pytest.approx(1)
    np.testing.assert_allclose(np.tanh(z), 2 * sigmoid(2 * z) - 1, atol=1e-15)


def test_what_is_steep_for_positive_inputs_is_about_as_fast_as_relu(digits):
    epochs = [
        first_epoch_below(
            train(*digits, epochs=30, activation=activation, solver="sgd", momentum=0, batch_size=200,
                  learning_rate=0.5, n_hidden=32, alpha=0),
            loss=0.1,
        )
        for activation in ("relu", "leaky_relu", "elu", "gelu")
    ]  # fmt: skip
    assert max(epochs) < 2 * min(epochs)


# 6. Saturation


@pytest.mark.parametrize(("activation", "factor"), [("sigmoid", np.e), ("tanh", np.e**2), ("relu", 1)])
def test_the_gradient_shrinks_by_this_factor_if_the_hidden_inputs_grow_by_one(activation, factor, cancer):
    def gradient_norm(bias):
        clf = ShallowNNClassifier(16, activation, 0.1, 0.001, alpha=0, random_state=0, **GRADIENT_DESCENT)
        clf.partial_fit(*cancer, classes=[0, 1])
        clf.intercepts_[0][:] = bias
        return clf.partial_fit(*cancer).history_["gradient_norm_hidden"][-1]

    assert gradient_norm(10) / gradient_norm(11) == pytest.approx(factor, rel=0.1)


@pytest.mark.parametrize(("function", "limit"), [(np.tanh, 2.18), (sigmoid, 2.89)])
def test_from_this_input_on_a_unit_is_saturated(function, limit):
    assert slope_at(function, limit - 0.01) > 0.05 > slope_at(function, limit + 0.01)


def test_a_layer_of_dead_units_gets_no_gradient(cancer):
    clf = ShallowNNClassifier(16, "relu", 0.1, 0.001, alpha=0, random_state=0, **GRADIENT_DESCENT)
    clf.partial_fit(*cancer, classes=[0, 1])
    clf.intercepts_[0][:] = -16
    clf.partial_fit(*cancer)
    assert clf.history_["gradient_norm_hidden"][-1] == 0
    assert clf.history_["dead_fraction"][-1] == 1


# 7. Why nonlinear


@pytest.mark.filterwarnings("ignore:The training has failed")
def test_no_line_solves_xor_but_eight_units_do(rng):
    X = rng.uniform(-1, 1, size=(400, 2))
    X = X[np.abs(X).min(axis=1) > 0.08]
    y = (X[:, 0] * X[:, 1] > 0).astype(int)

    def fitted(n_hidden, activation):
        clf = ShallowNNClassifier(
            n_hidden, activation, 0.5, solver="lbfgs", alpha=0.01, max_iter=5000, random_state=0
        )
        return clf.fit(X, y)

    linear = fitted(64, "identity")
    assert log_loss(y, linear.predict_proba(X)) > 0.98 * log_loss(y, np.full(len(y), y.mean()))
    assert linear.score(X, y) < 0.65
    assert fitted(1, "tanh").score(X, y) < 0.8
    assert min(fitted(8, "tanh").score(X, y), fitted(8, "relu").score(X, y)) > 0.99


def test_two_linear_units_are_worse_than_none(digits):
    X, y = digits
    clf = ShallowNNClassifier(2, "identity", solver="lbfgs", alpha=1, max_iter=500, random_state=0).fit(X, y)
    assert np.linalg.matrix_rank(clf.coefs_[0] @ clf.coefs_[1]) == 2
    assert clf.score(X, y) < LogisticRegression(max_iter=1000).fit(X, y).score(X, y) - 0.1


# 8. Random initialisation


@pytest.mark.filterwarnings("ignore:init_scale=0")
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_from_zero_tanh_and_relu_learn_nothing_at_all(activation, digits):
    clf = train(*digits, epochs=5, n_hidden=8, activation=activation, init_scale=0, solver="sgd", momentum=0)
    assert all(np.all(weights == 0) for weights in clf.coefs_)


def test_equal_weights_stay_equal_whatever_their_value(digits):
    X, y = digits
    clf = ShallowNNClassifier(
        32, "tanh", alpha=0, solver="sgd", momentum=0, learning_rate=0.1, random_state=0
    )
    clf.partial_fit(X, y, classes=range(10))
    for array in clf.coefs_ + clf.intercepts_:
        array[:] = 0.1
    for _ in range(10):
        clf.partial_fit(X, y)
    assert np.ptp(clf.coefs_[0], axis=1).max() < 1e-9
    assert np.ptp(clf.coefs_[0], axis=0).max() > 0.01  # they have learnt, all the same


@pytest.mark.parametrize(("n_features", "size"), [(64, 0.08), (10_000, 1)])
def test_hidden_inputs_grow_with_the_root_of_the_number_of_features(n_features, size, rng):
    hidden_inputs = rng.standard_normal((100, n_features)) @ (0.01 * rng.standard_normal((n_features, 32)))
    assert hidden_inputs.std() == pytest.approx(size, rel=0.1)


# 9. Faster descent


def test_in_the_valley_the_best_rate_is_just_below_the_one_that_explodes():
    def distance(rate, n_steps=60):
        return np.linalg.norm([-10 * (1 - rate) ** n_steps, (1 - 100 * rate) ** n_steps])

    assert distance(2 / 101) < min(distance(rate) for rate in (0.01, 0.015, 0.02, 0.025))
    assert distance(0.025) > 1e10


def test_the_first_step_of_adam_has_the_length_of_the_learning_rate(digits):
    X, y = digits
    settings = {"n_hidden": 32, "alpha": 0, "batch_size": None, "random_state": 0}
    start = ShallowNNClassifier(solver="sgd", momentum=0, learning_rate=1e-300, **settings)
    one_step = ShallowNNClassifier(solver="adam", learning_rate=0.01, epsilon=1e-12, **settings)
    before, after = (clf.partial_fit(X, y, classes=range(10)).coefs_[1] for clf in (start, one_step))
    np.testing.assert_allclose(np.abs(after - before), 0.01, rtol=1e-3)


# 10. Overfitting


def test_cross_validation_and_early_stopping_both_help(noisy_moons):
    (X, y), (X_new, y_new) = noisy_moons
    chosen = ShallowNNClassifier(random_state=0)
    stopped = ShallowNNClassifier(
        alpha=0, solver="adam", learning_rate=0.02, max_iter=2000, early_stopping=True,
        validation_fraction=0.2, random_state=0,
    )  # fmt: skip
    free = ShallowNNClassifier(alpha=0, solver="lbfgs", max_iter=5000, random_state=0)
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


def test_the_mean_minimises_the_squared_error_and_the_median_the_absolute_error():
    targets, z = np.array([1, 2, 3, 4, 90]), np.linspace(0, 30, 301)
    errors = z[:, np.newaxis] - targets
    assert z[(errors**2).sum(axis=1).argmin()] == pytest.approx(20)
    assert z[np.abs(errors).sum(axis=1).argmin()] == pytest.approx(3)


def test_the_slope_for_counts_is_the_prediction_minus_the_target():
    z, y = np.linspace(-2, 2, 9), 3
    np.testing.assert_allclose(slope_at(lambda z: np.exp(z) - y * z, z), np.exp(z) - y, atol=1e-8)


def test_the_curve_is_a_sum_of_hinges_in_units_of_standard_deviations(rng):
    X, _, y = wave(rng)
    reg = ShallowNNRegressor(8, solver="lbfgs", alpha=0.1, max_iter=2000, random_state=0).fit(X, y)
    hinges = reg.transform(X) * reg.coefs_[1][:, 0]
    assert np.all((hinges == 0) | (np.sign(hinges) == np.sign(reg.coefs_[1][:, 0])))
    sums = hinges.sum(axis=1) + reg.intercepts_[1]
    assert abs(sums.mean()) < 0.05
    assert sums.std() == pytest.approx(1, abs=0.1)
    np.testing.assert_allclose(reg.y_offset_ + reg.y_scale_ * sums, reg.predict(X), rtol=1e-12)


def test_two_quantiles_enclose_their_share_of_the_rows(rng):
    X, _, y = wave(rng)
    low, high = (
        ShallowNNRegressor(
            32, loss="quantile", quantile=q, alpha=0.1, solver="adam", learning_rate=0.02, tol=1e-5,
            n_iter_no_change=100, max_iter=5000, random_state=0,
        ).fit(X, y).predict(X)
        for q in (0.1, 0.9)
    )  # fmt: skip
    assert ((low <= y) & (y <= high)).mean() == pytest.approx(0.8, abs=0.05)


# 12. When it does not learn


@pytest.mark.filterwarnings("ignore")
def test_the_remedies_of_the_chapter_help(digits):
    X, y = digits
    X_new, y_new = X[900:], y[900:]

    def fitted(n_rows=900, **parameters):
        clf = ShallowNNClassifier(random_state=0, **{"n_hidden": 16, "solver": "adam"} | parameters)
        return clf.fit(X[:n_rows], y[:n_rows])

    few = {"n_hidden": 100, "solver": "lbfgs"}
    assert diagnose(fitted(100, alpha=0, **few), X_new, y_new).fix_first.name == "overfitting"
    few_rows, all_rows = (fitted(n_rows, **few).score(X_new, y_new) for n_rows in (100, 900))
    assert all_rows > few_rows + 0.05
    guesses = [fitted(init_scale=0), fitted(solver="lbfgs", alpha=2000)]
    assert max(clf.score(X_new, y_new) for clf in guesses) < 0.2
    repaired = [fitted(), fitted(learning_rate=0.01, early_stopping=False), fitted(solver="lbfgs", alpha=1)]
    assert min(clf.score(X_new, y_new) for clf in repaired) > 0.85
    assert diagnose(fitted(init_scale=0, max_iter=4), X_new, y_new).fix_first.name == "identical units"


@pytest.mark.filterwarnings("ignore")
def test_scaled_features_leave_nothing_to_find(cancer):
    scaled, y = cancer
    raw, _ = load_breast_cancer(return_X_y=True)
    settings = {"n_hidden": 16, "activation": "tanh", "solver": "adam", "random_state": 0}
    findings = [
        {
            finding.name
            for finding in diagnose(ShallowNNClassifier(**settings).fit(X[:400], y[:400]), X[400:], y[400:])
        }
        for X in (raw, scaled)
    ]
    assert {"unscaled features", "saturation"} <= findings[0]
    assert findings[1] == set()
