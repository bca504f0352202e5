"""When and why training ends, with which weights, and the values of its history.

The rules themselves are tested for every solver in tests/core; here is what a user sees of them.
"""

import itertools
import signal
import sys
import threading
import time
import warnings
from functools import partial

import joblib
import numpy as np
import pytest
from joblib.parallel import get_active_backend
from numpy.testing import assert_array_equal
from sklearn import get_config
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from sknn_scratch import Activation, DivergenceWarning, ShallowNNClassifier, ShallowNNEnsembleClassifier
from sknn_scratch._core import training
from sknn_scratch._fitting import few_rows
from tests.helpers import (
    AtEpoch,
    InterruptedActivation,
    SilentCallback,
    assert_same_model,
    make_data,
    press_control_c,
    refused,
    small_network,
)
from tests.versions import needs_callbacks

X, Y = make_data("multiclass")
ignore_max_iter = pytest.mark.filterwarnings("ignore:The maximum number of epochs")

SHORT = {"n_hidden": 6, "learning_rate": 0.02, "max_iter": 8, "tol": 1e-4}
make_classifier = partial(small_network, activation="tanh", early_stopping=False, **SHORT)


@needs_callbacks
def test_what_ends_a_training_early_is_warned_of():
    with pytest.warns(ConvergenceWarning, match=r"maximum number of epochs.*Increase max_iter=3\."):
        classifier = make_classifier(max_iter=3).fit(X, Y)
    assert classifier.stop_reason_ == "max_iter"
    interrupted = make_classifier().set_callbacks(AtEpoch(3, press_control_c))
    with pytest.warns(UserWarning, match="interrupted; the weights are from the last complete epoch"):
        interrupted.fit(X, Y)
    assert interrupted.stop_reason_ == "interrupted"
    assert interrupted.n_iter_ == interrupted.best_iter_ == 3
    assert_same_model(interrupted, classifier, rtol=0)


COLUMNS = "loss gradient_norm_hidden gradient_norm_output saturated_fraction dead_fraction"
COLUMNS += " learning_rate seconds"


@ignore_max_iter
@pytest.mark.parametrize(
    ("kind", "params", "more"),
    [
        ("binary", {"solver": "lbfgs"}, set()),
        ("multiclass", {"batch_size": 16, "dropout": 0.2, "early_stopping": True}, {"val_loss"}),
        ("multilabel", {"early_stopping": True, "scoring": "f1_micro"}, {"val_loss", "val_score"}),
    ],
)
def test_history_has_one_finite_number_an_epoch(kind, params, more):
    classifier = make_classifier(**params).fit(*make_data(kind))
    assert classifier.history_.keys() == more.union(COLUMNS.split())
    for values in classifier.history_.values():
        assert (values.shape, values.dtype) == ((classifier.n_iter_,), np.float64)
        assert np.isfinite(values).all()
        assert values.min() >= 0
    assert classifier.loss_curve_ is classifier.history_["loss"]


SGD = {"solver": "sgd", "learning_rate": 1e12}
SLOWLY = SGD | {"learning_rate": 300.0, "batch_size": None, "activation": "identity"}
HUGE = {"init_scale": 1e10, "activation": "relu"}


@pytest.mark.filterwarnings("ignore:Features such as")
@pytest.mark.parametrize(
    ("params", "scale", "told"),
    [
        (SLOWLY, 1, "ecrease learning_rate"),
        ({"learning_rate": 1e12, "activation": "relu", "dtype": "float32"}, 1, "ecrease learning_rate"),
        (SGD | {"early_stopping": True, "scoring": "neg_log_loss"}, 1, "ecrease learning_rate"),
        (HUGE | {"solver": "adam"}, 1e300, "unscaled features"),
        (HUGE | {"solver": "lbfgs"}, 1e300, "unscaled features"),
    ],
)
def test_explosion_leaves_the_last_good_weights(params, scale, told):
    classifier = make_classifier(**{"max_iter": 500, "tol": 0.0} | params)
    with pytest.warns(DivergenceWarning, match=told):  # and NumPy is quiet
        classifier.fit(X * scale, Y)
    assert classifier.stop_reason_ == "diverged"
    assert classifier.best_iter_ < classifier.n_iter_ < 500
    assert all(np.isfinite(array).all() for array in classifier.coefs_ + classifier.intercepts_)
    assert np.isnan(classifier.history_.get("val_score", [np.nan])[-1])  # it is not scored
    assert scale > 1 or log_loss(Y, classifier.predict_proba(X)) < 2 * np.log(3)


@pytest.fixture
def _terminal():
    """What Control-C does in a terminal: a shell starts commands in the background so that they ignore it."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


def settings():
    """Get the settings of others that are changed in a fit; for BLAS, see fitting/test_threads.py."""
    backend, _ = get_active_backend()
    return np.geterr(), get_config(), type(backend), warnings.filters[:], sys.getrecursionlimit()


LONG = {"max_iter": 3000, "tol": 0.0, "n_iter_no_change": 10**9, "learning_rate": 1e-4}


@ignore_max_iter
def test_control_c_before_the_first_epoch_has_ended_leaves_no_model_or_the_earlier_one():
    outside = settings()
    activation = InterruptedActivation(n_calls=0)
    classifier = make_classifier(activation=activation, warm_start=True, batch_size=10)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, Y)
    assert not hasattr(classifier, "coefs_")
    activation.calls_left[0] = 10**9
    classifier.fit(X, Y)
    activation.calls_left[0] = 0
    before = joblib.hash(vars(classifier))
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, Y)
    activation.calls_left[0] = 0
    assert joblib.hash(vars(classifier)) == before
    assert settings() == outside


class FailingAtTheEnd(SilentCallback):
    """A callback whose last hook raises an error."""

    def __init__(self, error):
        self.error = error

    def teardown(self, estimator, context):
        raise self.error


def have_an_accident():
    raise ZeroDivisionError


FITS = {"fit": {}, "partial_fit": {"classes": [0, 1, 2]}}
FAILING = [
    (FailingAtTheEnd(KeyboardInterrupt), KeyboardInterrupt),
    (FailingAtTheEnd(OSError), OSError),
    (AtEpoch(1, have_an_accident), ZeroDivisionError),
]


@needs_callbacks
@pytest.mark.filterwarnings("ignore:.*The maximum number of epochs")
@pytest.mark.parametrize(("failing", "error"), FAILING)
@pytest.mark.parametrize("method", FITS)
@pytest.mark.parametrize("Estimator", [ShallowNNClassifier, ShallowNNEnsembleClassifier])
def test_a_hook_that_fails_leaves_no_model_or_the_earlier_one(Estimator, method, failing, error):
    estimator = Estimator(3, alpha=1.0, max_iter=2, warm_start=True, random_state=0)
    outside = settings()
    for _ in range(2):
        before = joblib.hash(vars(estimator.set_callbacks(failing)))
        with refused(estimator, error=error):
            getattr(estimator, method)(X, Y, **FITS[method])
        assert joblib.hash(vars(estimator)) == before
        estimator.set_callbacks().fit(X, Y)
    assert settings() == outside


@pytest.mark.usefixtures("_terminal")
@pytest.mark.parametrize("kind", ["ensemble", "choice of alpha"])
def test_control_c_ends_a_call_that_waits_for_threads(kind, monkeypatch):
    is_training, is_over = threading.Event(), threading.Event()

    def activate(z):
        if threading.current_thread() is not threading.main_thread():  # which tries it before it starts them
            is_training.set()
        if is_over.is_set():
            raise ZeroDivisionError  # ends the threads
        return np.tanh(z)

    def press_control_c_in_training():
        is_training.wait(60)
        signal.raise_signal(signal.SIGINT)

    params = LONG | {"activation": Activation(activate, lambda z: 1 / np.cosh(z) ** 2), "max_iter": 10**9}
    params |= {"solver": "adam", "alpha": 1.0, "early_stopping": False, "random_state": 0}
    estimator = ShallowNNEnsembleClassifier(6, n_networks=4, n_jobs=2, **params)
    if kind == "choice of alpha":
        monkeypatch.setattr(few_rows, "FIRST", 10**9)
        estimator.set_params(alpha="auto")
    before, others = dict(vars(estimator)), set(threading.enumerate())
    threading.Thread(target=press_control_c_in_training).start()
    with joblib.parallel_config(backend="threading"), pytest.raises(KeyboardInterrupt):
        estimator.fit(X, Y)
    assert vars(estimator) == before
    is_over.set()
    end = time.monotonic() + 10  # an interrupted pool of joblib may keep an idle thread
    while set(threading.enumerate()) - others and time.monotonic() < end:  # join() fails for one that starts
        time.sleep(0.01)


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_seconds_of_an_epoch_are_without_its_callbacks(monkeypatch, solver):
    ticks = itertools.count()
    monkeypatch.setattr(training, "perf_counter", lambda: next(ticks))

    def take_long():
        for _ in range(1000):
            next(ticks)

    classifier = make_classifier(solver=solver, max_iter=4).set_callbacks(AtEpoch(2, take_long))
    with pytest.warns(ConvergenceWarning):
        classifier.fit(X, Y)
    assert_array_equal(classifier.history_["seconds"], [1, 1, 1, 1])
