"""An error or Control-C at any moment leaves the earlier model whole, and all settings as they were.

CPython looks for signals at the start of a function and after a call. The tests raise an exception at each of
these places in turn, the first time that a place is reached: Control-C there, or memory that runs out.
"""

import inspect
import sys
import warnings
from contextlib import ContextDecorator

import joblib
import numpy as np
import pytest
from joblib.parallel import get_active_backend
from sklearn import get_config, set_config
from sklearn.base import clone

from sknn_scratch import (
    ShallowNNClassifier,
    ShallowNNEnsembleClassifier,
    ShallowNNRegressor,
    train_together,
)
from sknn_scratch._fitting import alpha
from sknn_scratch._fitting.stacks import trainer
from sknn_scratch._fitting.threads import _shared_limits
from sknn_scratch._fitting.troubles import nested_calls
from sknn_scratch._fitting.undo import keeps_settings, undone_by, ways_back
from sknn_scratch._search.meeting import CallersFrame, frames, run_together
from tests.helpers import SilentCallback, assert_same_model, make_data
from tests.versions import HAS_CALLBACKS, needs_callbacks

pytestmark = pytest.mark.filterwarnings("ignore")

X, Y = make_data("multiclass", 30)
# Modules of others whose context managers a fit enters and leaves.
CONTEXTS = {"contextlib", "numpy._core._ufunc_config", "sklearn._config", "joblib.parallel"}
SETTINGS = {
    "n_hidden": 4,
    "alpha": 1.0,
    "max_iter": 2,
    "tol": 0.0,
    "early_stopping": False,
    "random_state": 0,
}


class Places:
    """Raises an error where Python could raise KeyboardInterrupt, at one place after the other.

    A place is a position in the code of this package or of a context manager, and the caller's position.

    Parameters
    ----------
    error : type of BaseException
    every : int
        To raise it only at every so many places.
    """

    def __init__(self, error, every):
        self.error = error
        self.every = every
        self.passed = set()
        self.n_tried = 0

    def raise_at_the_next(self, function):
        """Call a function, and raise the error at the first new place; return whether there was one."""
        n_tried = self.n_tried
        sys.setprofile(self)
        try:
            function()
        except (self.error, AttributeError) as error:  # what ``available_if`` makes of an error in its check
            if self.n_tried == n_tried or not isinstance(error.__cause__ or error, self.error):
                raise
        finally:
            sys.setprofile(None)
        return self.n_tried > n_tried

    def __call__(self, frame, event, argument):
        if event not in ("call", "c_return") or not is_ours(frame):
            return
        place = event, frame.f_code, frame.f_lasti, frame.f_back.f_code, frame.f_back.f_lasti
        if place in self.passed or (event == "call" and is_maybe_closed(frame)):
            return
        self.passed.add(place)
        if len(self.passed) % self.every == 0:
            self.n_tried += 1
            sys.setprofile(None)
            raise self.error


def is_ours(frame):
    """Whether the code of a frame is of this package or of a context manager."""
    name = name_of_module(frame)
    return name.startswith("sknn_scratch") or name in CONTEXTS


def is_maybe_closed(frame):
    """Whether the frame is a generator's that may begin again only to be closed: an error there is lost."""
    is_generator = frame.f_code.co_flags & inspect.CO_GENERATOR
    has_begun = frame.f_lineno != frame.f_code.co_firstlineno
    return is_generator and has_begun and name_of_module(frame.f_back) != "contextlib"


def name_of_module(frame):
    return frame.f_globals.get("__name__", "")


def settings():
    """Get all settings that change during a fit."""
    return {
        "NumPy": np.geterr(),
        "scikit-learn": get_config(),
        "joblib": type(get_active_backend()[0]),
        "BLAS": [(limit.library.num_threads, dict(limit.users)) for limit in _shared_limits()],
        "filters": id(warnings.filters),
        "frames": (sys.getrecursionlimit(), dict(frames.by_user)),
        "trainer": trainer.of_thread,
        "nested calls": (nested_calls.code, nested_calls.outermost),
    }


def fit(estimator):
    estimator.fit(X, Y)


def fit_part(estimator):
    estimator.partial_fit(X, Y, classes=[0, 1, 2])


def predict(estimator):
    estimator.predict_proba(X)


def fit_together(estimator):
    run_together(
        {i: (one.fit, (X, Y), {}) for i, one in enumerate([estimator, clone(estimator)])}, CallersFrame(None)
    )


def fit_clones_together(estimator):
    fit_together(clone(estimator))


def call_together(estimator):
    with train_together():
        joblib.Parallel()([joblib.delayed(predict)(estimator)])


CASES = {
    "adam": (ShallowNNClassifier(solver="adam", **SETTINGS), fit),
    "lbfgs": (ShallowNNRegressor(solver="lbfgs", **SETTINGS), fit),
    "a choice of alpha": (ShallowNNRegressor(solver="lbfgs", **SETTINGS | {"alpha": "auto"}), fit),
    "a scorer": (ShallowNNClassifier(scoring="accuracy", **SETTINGS | {"early_stopping": True}), fit),
    "a part": (ShallowNNClassifier(solver="adam", **SETTINGS), fit_part),
    "an ensemble": (ShallowNNEnsembleClassifier(n_networks=2, warm_start=True, **SETTINGS), fit),
    "predictions": (ShallowNNClassifier(**SETTINGS), predict),
    "nested calls": (ShallowNNClassifier(**SETTINGS), fit_clones_together),
    "train_together": (ShallowNNClassifier(**SETTINGS), call_together),
}
if HAS_CALLBACKS:
    CASES["a callback"] = (ShallowNNClassifier(**SETTINGS).set_callbacks(SilentCallback()), fit)


@pytest.mark.parametrize(
    ("error", "every", "names"),
    [(KeyboardInterrupt, 1, list(CASES)), (MemoryError, 5, ["a part", "predictions"])],
)
def test_an_error_at_any_place_changes_nothing(error, every, names, monkeypatch):
    for name, few in {"ALPHAS": (0.3, 3.0), "FIRST": (2, 1), "FURTHER": (2, 1), "MOST_STAGES": 2}.items():
        monkeypatch.setattr(alpha, name, few)
    places, before, ended = Places(error, every), settings(), []
    for name in names:
        estimator, call = CASES[name]
        shorter = {n: clone(estimator).set_params(max_iter=n).fit(X, Y) for n in (1, 2)}
        estimator.fit(X, Y)
        model, contents = dict(vars(estimator)), joblib.hash(vars(estimator))
        while places.raise_at_the_next(lambda call=call, one=estimator: ended.append(call(one))):
            assert settings() == before, name
            if not ended:
                assert all(value is model.get(key) for key, value in vars(estimator).items()), name
                assert vars(estimator).keys() == model.keys(), name
            elif name in ("adam", "lbfgs"):  # Control-C in the training, after an epoch
                assert_same_model(estimator, shorter[estimator.n_iter_], rtol=0)
            estimator.__dict__ = dict(model)
            ended.clear()
        estimator.__dict__ = dict(model)
        assert joblib.hash(vars(estimator)) == contents, name
    assert places.n_tried > 500 / every


# --- Hooks that run when the training has ended ---


class FailingAtTheEnd(SilentCallback):
    """A callback whose last hook raises an error."""

    def __init__(self, error):
        self.error = error

    def teardown(self, estimator, context):
        raise self.error


@needs_callbacks
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("call", [fit, fit_part, fit_together])
@pytest.mark.parametrize("Estimator", [ShallowNNClassifier, ShallowNNEnsembleClassifier])
def test_a_last_hook_that_fails_leaves_the_earlier_model(Estimator, call, error):
    estimator = Estimator(**SETTINGS | {"solver": "adam"})
    for _ in range(2):  # there is no earlier model, and then there is one
        before, model = settings(), dict(vars(estimator))
        estimator.set_callbacks(FailingAtTheEnd(error))
        with pytest.raises(error):
            call(estimator)
        assert settings() == before
        estimator.set_callbacks()
        assert vars(estimator).keys() == model.keys()
        assert all(value is model[name] for name, value in vars(estimator).items())
        fit(estimator)


# --- Settings ---


def test_the_filters_of_warnings_are_as_before_an_interrupt():
    with warnings.catch_warnings():
        before = warnings.filters

        @keeps_settings
        def interrupted():
            warnings.catch_warnings().__enter__()
            warnings.simplefilter("error")
            np.seterr(all="raise")
            set_config(assume_finite=True)
            raise KeyboardInterrupt

        numbers, config = np.geterr(), get_config()
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert warnings.filters is before
        assert np.geterr() == numbers
        assert get_config() == config
        with pytest.warns(UserWarning, match="still only a warning"):
            warnings.warn("still only a warning", UserWarning, stacklevel=1)


def test_a_way_back_is_gone_once():
    undone, others = [], list(ways_back.functions)
    with pytest.raises(ZeroDivisionError), undone_by(lambda: undone.append(True)):
        1 / 0  # noqa: B018
    assert undone == [True]
    assert ways_back.functions == others
    with undone_by(lambda: undone.append(True)):
        ways_back.functions.pop()  # as a method does that has gone it
    assert undone == [True]


def test_an_error_keeps_the_local_variables_that_a_debugger_shows():
    class Context(ContextDecorator):
        def __enter__(self): ...

        def __exit__(self, *error): ...

    @keeps_settings
    @Context()
    def fail():
        clue = "what a debugger shows"
        raise ValueError(clue)

    with pytest.raises(ValueError, match="a debugger") as caught:
        fail()
    assert "clue" in caught.traceback[-1].frame.f_locals
