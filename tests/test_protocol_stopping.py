"""When and why training ends, with which weights, and the values of its history."""

import copy
import signal
import threading
import time
from functools import partial

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score

from sknn_scratch import (
    Activation,
    DivergenceWarning,
    ShallowNNClassifier,
    ShallowNNRegressor,
    VectorizedGridSearchCV,
)
from sknn_scratch._core import training
from sknn_scratch._fitting.auto import chosen_batch_size, chosen_patience
from sknn_scratch._fitting.fitted import adopt
from sknn_scratch._fitting.inputs import FitInput
from sknn_scratch._fitting.plan import plan_fit, snapshot
from tests.helpers import (
    AtEpoch,
    InterruptedActivation,
    SilentCallback,
    assert_same_model,
    make_data,
    press_control_c,
    small_network,
)
from tests.versions import needs_callbacks

X, Y = make_data("multiclass")
ignore_max_iter = pytest.mark.filterwarnings("ignore:The maximum number of epochs")

make_classifier = partial(
    small_network,
    n_hidden=6,
    activation="tanh",
    learning_rate=0.02,
    max_iter=8,
    tol=0.0001,
    early_stopping=False,
)


class Snapshots(SilentCallback):
    """A callback that keeps the fitted estimator of every epoch."""

    def __init__(self):
        self.models = []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        if context.task_name == "epoch":
            self.models.append(fitted_estimator)


def flat(classifier):
    return np.concatenate([array.ravel() for array in classifier.coefs_ + classifier.intercepts_])


# --- The seven reasons ---


def test_max_iter_warns_with_the_remedy():
    with pytest.warns(ConvergenceWarning, match=r"maximum number of epochs.*Increase max_iter=8\."):
        classifier = make_classifier().fit(X, Y)
    assert classifier.stop_reason_ == "max_iter"
    assert classifier.n_iter_ == classifier.best_iter_ == 8


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_converged(solver):
    classifier = make_classifier(solver=solver, max_iter=10_000, alpha=5.0).fit(X, Y)
    assert classifier.stop_reason_ == "converged"
    assert classifier.n_iter_ == classifier.best_iter_ < 10_000


@pytest.mark.parametrize(
    ("solver", "scoring"), [("adam", "loss"), ("sgd", "accuracy"), ("lbfgs", "accuracy")]
)
def test_no_improvement(solver, scoring):
    classifier = make_classifier(solver=solver, scoring=scoring, early_stopping=True, max_iter=10_000).fit(
        X, Y
    )
    assert classifier.stop_reason_ == "no_improvement"
    assert classifier.best_iter_ < classifier.n_iter_


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_small_gradient(solver):
    classifier = make_classifier(
        solver=solver, batch_size=None, gradient_tol=0.05, max_iter=10_000, tol=0.0, n_iter_no_change=10_000
    ).fit(X, Y)
    assert classifier.stop_reason_ == "small_gradient"
    norms = np.hypot(*(classifier.history_[f"gradient_norm_{layer}"] for layer in ("hidden", "output")))
    assert norms[-1] < 0.05 <= norms[:-1].min()


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_interrupted_between_epochs(solver):
    classifier = make_classifier(solver=solver).set_callbacks(AtEpoch(3, press_control_c))
    with pytest.warns(UserWarning, match="interrupted; the weights are from the last complete epoch"):
        classifier.fit(X, Y)
    assert classifier.stop_reason_ == "interrupted"
    assert classifier.n_iter_ == classifier.best_iter_ == 3
    with pytest.warns(ConvergenceWarning):
        assert_same_model(classifier, make_classifier(solver=solver, max_iter=3).fit(X, Y), rtol=0)


# --- Exactly so many epochs ---


@pytest.mark.parametrize(("n_iter_no_change", "early_stopping"), [(1, True), (2, False), (7, True)])
def test_patience_is_exact(n_iter_no_change, early_stopping):
    classifier = make_classifier(
        n_iter_no_change=n_iter_no_change, early_stopping=early_stopping, tol=1e9, max_iter=100
    ).fit(X, Y)
    assert classifier.n_iter_ == 1 + n_iter_no_change  # the first epoch cannot fail to improve
    assert classifier.stop_reason_ == ("no_improvement" if early_stopping else "converged")


@pytest.mark.parametrize(
    ("params", "patience"),
    [
        ({"batch_size": 10}, 25),  # 4 updates in an epoch of 40 rows: 100 updates
        ({"batch_size": 12}, 25),
        ({"batch_size": 2}, 10),  # 20 updates
        ({"batch_size": None}, 100),
        ({"solver": "lbfgs"}, 10),
    ],
)
def test_patience_is_of_ten_epochs_and_a_hundred_updates(params, patience):
    X, y = make_data("multiclass", n_samples=40)
    classifier = make_classifier(**{"tol": 1e9, "max_iter": 1000, "early_stopping": False} | params).fit(X, y)
    assert classifier.n_iter_ == 1 + patience


@pytest.mark.parametrize(
    ("n_rows", "params", "patience"),
    [
        (22_500, {}, 10),  # 150 updates in an epoch
        (22_801, {}, 10),
        (40_000, {}, 8),
        (90_000, {}, 5),
        (90_000, {"batch_size": 1000}, 5),
        (90_000, {"batch_size": 30}, 5),  # not the updates of small batches count
        (90_000, {"batch_size": None}, 100),
        (90_000, {"n_iter_no_change": 10}, 10),
        (2_250_000, {}, 1),
    ],
)
def test_patience_is_of_fewer_epochs_with_many_rows(n_rows, params, patience):
    classifier = make_classifier(**params)
    batch_size = chosen_batch_size(classifier, n_rows)
    assert chosen_patience(classifier, "adam", n_rows, batch_size) == patience


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "chosen"),
    [
        (60, "auto", 60),
        (10_000, "auto", 100),
        (10_201, "auto", 101),
        (90_000, "auto", 300),
        (90_000, 100, 100),
        (90_000, None, 90_000),
        (60, 100, 60),
    ],
)
def test_batches_of_many_rows_are_their_square_root(n_rows, batch_size, chosen):
    assert chosen_batch_size(make_classifier(batch_size=batch_size), n_rows) == chosen


# --- History ---

COLUMNS = {
    "loss",
    "gradient_norm_hidden",
    "gradient_norm_output",
    "saturated_fraction",
    "dead_fraction",
    "learning_rate",
    "seconds",
}


@ignore_max_iter
@pytest.mark.parametrize(
    ("kind", "params", "more"),
    [
        ("multilabel", {"batch_size": 16, "dropout": 0.2}, set()),
        ("binary", {"solver": "lbfgs"}, set()),
        ("multiclass", {"early_stopping": True}, {"val_loss"}),
        ("multilabel", {"early_stopping": True, "scoring": "f1_micro"}, {"val_loss", "val_score"}),
    ],
)
def test_history_has_one_finite_number_an_epoch(kind, params, more):
    x, y = make_data(kind)
    classifier = make_classifier(**params).fit(x, y)
    assert classifier.history_.keys() == COLUMNS | more
    for values in classifier.history_.values():
        assert values.shape == (classifier.n_iter_,)
        assert values.dtype == np.float64
        assert np.isfinite(values).all()
        assert values.min() >= 0
    assert classifier.loss_curve_ is classifier.history_["loss"]


def objective(classifier, alpha):
    log_likelihoods = classifier.predict_log_proba(X)[np.arange(len(X)), Y]
    squares = sum((weights**2).sum() for weights in classifier.coefs_)
    return -log_likelihoods.mean() + alpha / (2 * max(len(X), 100)) * squares


@needs_callbacks
@ignore_max_iter
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_loss_is_the_objective(solver):
    snapshots = Snapshots()
    classifier = make_classifier(solver=solver, batch_size=None, alpha=3.0).set_callbacks(snapshots).fit(X, Y)
    objectives = [objective(model, 3.0) for model in snapshots.models]
    if solver == "lbfgs":
        assert_allclose(classifier.loss_curve_, objectives)
    else:  # that of the weights with which the epoch began
        assert_allclose(classifier.loss_curve_[1:], objectives[:-1])


# --- Schedules ---


def test_adaptive_learning_rate():
    classifier = make_classifier(
        learning_rate_schedule="adaptive", tol=1e9, n_iter_no_change=2, max_iter=1000
    ).fit(X, Y)
    assert classifier.stop_reason_ == "converged"
    rates = classifier.history_["learning_rate"]
    # An epoch that improves, two that do not; then a fifth of the rate for two more; until it is tiny.
    assert_allclose(rates[:7], [0.02] * 3 + [0.004] * 2 + [0.0008] * 2)
    assert rates[-1] <= 1e-6 < rates[-3]
    assert len(rates) == 1 + 2 * len(set(rates))


def test_lbfgs_has_no_schedule():
    params = {"solver": "lbfgs", "tol": 1e9, "n_iter_no_change": 2}
    for schedule in ("constant", "cosine", "adaptive"):
        assert make_classifier(learning_rate_schedule=schedule, **params).fit(X, Y).n_iter_ == 3


# --- Divergence ---


def mean_loss(classifier):
    return -classifier.predict_log_proba(X)[np.arange(len(X)), Y].mean()


EXPLOSIONS = {
    "sgd, all rows": {"solver": "sgd", "learning_rate": 1e12, "batch_size": None},
    "sgd, slowly": {"solver": "sgd", "learning_rate": 300.0, "batch_size": None, "activation": "identity"},
    "adam": {"learning_rate": 1e12, "activation": "relu"},
    "float32": {"learning_rate": 1e12, "activation": "relu", "dtype": "float32"},
    "penalty": {"solver": "sgd", "alpha": 1e9, "batch_size": None},
    "a scorer": {"solver": "sgd", "learning_rate": 1e12, "early_stopping": True, "scoring": "neg_log_loss"},
    "adaptive": {"solver": "sgd", "learning_rate": 1e12, "learning_rate_schedule": "adaptive"},
}


@pytest.mark.parametrize("name", EXPLOSIONS)
def test_explosion_leaves_the_last_good_weights(name):
    classifier = make_classifier(**({"max_iter": 500, "tol": 0.0} | EXPLOSIONS[name]))
    with pytest.warns(DivergenceWarning, match="decrease learning_rate"):  # and NumPy is quiet
        classifier.fit(X, Y)
    assert classifier.stop_reason_ == "diverged"
    assert classifier.n_iter_ < 500
    assert np.isfinite(flat(classifier)).all()
    assert mean_loss(classifier) < 2 * np.log(3)
    assert classifier.best_iter_ < classifier.n_iter_


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_features_that_explode_at_once(solver):
    params = {"init_scale": 1e10, "activation": "relu"}
    with pytest.warns(DivergenceWarning, match="Scale the features"):
        classifier = make_classifier(solver=solver, **params).fit(X * 1e300, Y)
    assert classifier.n_iter_ == 1
    assert classifier.best_iter_ == 0
    assert_same_model(classifier, untrained(**params), rtol=0)


def untrained(**params):
    """Make a classifier that has its initial weights."""
    classifier = make_classifier(**params)
    plan = plan_fit(classifier, FitInput(X, Y))
    adopt(classifier, snapshot(plan, plan.run.state))
    return classifier


def test_stream_that_explodes():
    classifier = make_classifier(solver="sgd", learning_rate=0.02).partial_fit(X, Y, classes=[0, 1, 2])
    for _ in range(50):
        classifier.partial_fit(X, Y)
    good, loss = flat(classifier), mean_loss(classifier)
    classifier.set_params(learning_rate=1e12)
    with pytest.warns(DivergenceWarning):
        classifier.partial_fit(X, Y)
    assert_array_equal(flat(classifier), good)
    classifier.set_params(learning_rate=0.02)
    for _ in range(20):
        classifier.partial_fit(X, Y)
    assert classifier.stop_reason_ == "max_iter"
    assert mean_loss(classifier) < loss
    assert classifier.n_iter_ == 72


# --- Control-C ---


@pytest.fixture
def _terminal():
    """What Control-C does in a terminal: a shell starts commands in the background so that they ignore it."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


def press_control_c_soon():
    """Send this process a SIGINT from another thread, as a terminal would, when the fit has gone on."""
    threading.Timer(0.05, signal.raise_signal, [signal.SIGINT]).start()


LONG = {"max_iter": 3000, "tol": 0.0, "n_iter_no_change": 3000, "learning_rate": 1e-4}


@needs_callbacks
@pytest.mark.usefixtures("_terminal")
@pytest.mark.parametrize(
    "params", [{}, {"solver": "lbfgs", "activation": "softplus", "n_hidden": 300}, {"dropout": 0.5}]
)
def test_control_c_ends_a_fit_with_a_usable_model(params):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3000, 20)), rng.integers(5, size=3000)
    classifier = make_classifier(**(LONG | params)).set_callbacks(AtEpoch(1, press_control_c_soon))
    with pytest.warns(UserWarning, match="interrupted"):
        classifier.fit(x, y)
    assert classifier.stop_reason_ == "interrupted"
    assert classifier.n_iter_ > 0
    assert len(classifier.loss_curve_) == classifier.n_iter_ == classifier.best_iter_
    assert np.isfinite(classifier.predict_proba(x)).all()


@pytest.mark.parametrize(
    ("solver", "early_stopping"), [("adam", False), ("sgd", True), ("lbfgs", False), ("lbfgs", True)]
)
def test_control_c_inside_an_epoch_gives_the_weights_of_the_last_whole_one(solver, early_stopping):
    params = {"solver": solver, "early_stopping": early_stopping, "batch_size": 10, "tol": 0.0}
    n_calls = 6 if solver == "lbfgs" else 21
    activation = InterruptedActivation(n_calls)
    with pytest.warns(UserWarning, match="interrupted"):
        classifier = make_classifier(activation=activation, **params).fit(X, Y)
    assert classifier.stop_reason_ == "interrupted"
    assert 0 < classifier.n_iter_ == len(classifier.loss_curve_) < 8
    with pytest.warns(ConvergenceWarning):
        shorter = make_classifier(activation="tanh", max_iter=classifier.n_iter_, **params).fit(X, Y)
    assert_same_model(classifier, shorter)


@ignore_max_iter
@pytest.mark.parametrize(
    ("Estimator", "solver", "warm_start"),
    [
        (ShallowNNClassifier, "adam", False),
        (ShallowNNClassifier, "lbfgs", True),
        (ShallowNNRegressor, "sgd", True),
    ],
)
def test_control_c_before_the_first_epoch_has_ended_keeps_the_earlier_model(Estimator, solver, warm_start):
    params = {"solver": solver, "batch_size": 10, "max_iter": 8, "early_stopping": False, "random_state": 0}
    estimator = Estimator(6, "tanh", warm_start=warm_start, **params)
    estimator.set_params(activation=InterruptedActivation(n_calls=0))
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(X, Y)
    assert not hasattr(estimator, "coefs_")
    estimator.set_params(activation="tanh").fit(X, Y)
    before, straight = joblib.hash(vars(estimator)), copy.deepcopy(estimator)
    estimator.set_params(activation=InterruptedActivation(n_calls=0))
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(X, Y)
    assert joblib.hash(vars(estimator.set_params(activation="tanh"))) == before
    assert_same_model(estimator.fit(X, Y), straight.fit(X, Y), rtol=0)


@ignore_max_iter
@pytest.mark.parametrize("Search", [GridSearchCV, VectorizedGridSearchCV])
def test_control_c_in_the_refit_of_a_search_ends_it_and_keeps_what_it_had_found(Search):
    def slope(z):
        if z.shape[-2] == len(X):  # a fold has fewer rows
            raise KeyboardInterrupt
        return 1 - np.tanh(z) ** 2

    search = Search(make_classifier(batch_size=None), {"alpha": [0.1, 1.0]}, cv=2).fit(X, Y)
    earlier = search.best_estimator_
    search.set_params(estimator__activation=Activation(np.tanh, slope))
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, Y)
    if Search is VectorizedGridSearchCV:  # scikit-learn's own search forgets it
        assert search.best_estimator_ is earlier


def test_control_c_before_the_first_epoch_has_ended_ends_cross_val_score():
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(make_classifier(activation=InterruptedActivation(0)), X, Y)


# The steps before Control-C is pressed; None is after the epoch.
@pytest.mark.parametrize("n_calls", [0, 3, pytest.param(None, marks=needs_callbacks)])
def test_control_c_ends_a_loop_of_partial_fit_and_leaves_the_model_as_it_was(n_calls):
    params = {"batch_size": 10, "dropout": 0.2}
    classifier = make_classifier(**params).partial_fit(X, Y, classes=[0, 1, 2])
    before = joblib.hash(vars(classifier))
    if n_calls is None:
        classifier.set_callbacks(AtEpoch(1, press_control_c))
    else:
        classifier.set_params(activation=InterruptedActivation(n_calls))
    with pytest.raises(KeyboardInterrupt):
        classifier.partial_fit(X, Y)
    classifier.set_callbacks().set_params(activation="tanh")
    assert joblib.hash(vars(classifier)) == before
    straight = make_classifier(**params)
    for _ in range(3):
        straight.partial_fit(X, Y, classes=[0, 1, 2])
    assert_same_model(classifier.partial_fit(X, Y).partial_fit(X, Y), straight, rtol=0)


def test_control_c_in_the_first_partial_fit_leaves_no_model():
    classifier = make_classifier(activation=InterruptedActivation(0))
    with pytest.raises(KeyboardInterrupt):
        classifier.partial_fit(X, Y, classes=[0, 1, 2])
    assert not hasattr(classifier, "classes_")


def test_time_is_told_in_seconds():
    start = time.perf_counter()
    with pytest.warns(ConvergenceWarning):
        classifier = make_classifier().fit(X, Y)
    assert 0 < classifier.history_["seconds"].sum() <= time.perf_counter() - start


def test_a_line_search_that_fails_is_no_convergence():
    wrong_way = Activation(np.tanh, lambda z: np.full_like(z, -1e6))
    with pytest.warns(ConvergenceWarning, match="Scale the features"):
        classifier = make_classifier(solver="lbfgs", activation=wrong_way, max_iter=1000).fit(X, Y)
    assert classifier.stop_reason_ == "line_search_failed"
    assert np.isfinite(flat(classifier)).all()


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_seconds_of_an_epoch_are_without_its_callbacks(monkeypatch, solver):
    passed = [0.0]
    monkeypatch.setattr(training, "perf_counter", lambda: passed[0])

    def take_long():
        passed[0] += 1000

    classifier = make_classifier(solver=solver, max_iter=4).set_callbacks(AtEpoch(2, take_long))
    with pytest.warns(ConvergenceWarning):
        classifier.fit(X, Y)
    assert passed == [1000]
    assert classifier.history_["seconds"].max() == 0
