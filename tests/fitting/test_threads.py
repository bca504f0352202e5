"""What is computed with how many threads, and that the numbers do not depend on it."""

import multiprocessing
import threading
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from sknn_scratch._core import blocks
from sknn_scratch._fitting import threads as _threads
from sknn_scratch._fitting.threads import one_blas_thread, threads_for_blocks
from sknn_scratch.exceptions import DivergenceWarning
from tests.fitting.cases import numbers_of_threads
from tests.helpers import AtEpoch, assert_same_model, make_data, small_network
from tests.versions import needs_callbacks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("multiclass", 60)
# Large enough for BLAS to ask for a second thread.
DIGITS = [array[:1400] for array in load_digits(return_X_y=True)]

make_classifier = partial(small_network, n_hidden=8, max_iter=5, tol=0)
blas_threads = partial(threadpool_limits, user_api="blas")


@pytest.fixture
def two_threads():
    with blas_threads(2):
        yield


def run_here(function, *args):
    """Call a function in this thread; return a future, as ``submit`` of a pool does."""
    future = Future()
    future.set_result(function(*args))
    return future


def is_limited_to(n_threads):
    """Whether calls of this Python thread use so many threads."""
    return set(numbers_of_threads()) <= {n_threads}


def limit_by_a_third_party():
    with blas_threads(1):
        return is_limited_to(1)


@needs_callbacks
@pytest.mark.usefixtures("two_threads")
def test_a_fit_in_any_thread_limits_blas_until_it_fails():
    """Also if another thread, which still lives, has set limits before."""
    seen = []

    def fail():
        seen.append(is_limited_to(1))
        raise ZeroDivisionError

    classifier = make_classifier().set_callbacks(AtEpoch(2, fail))
    with ThreadPoolExecutor(1) as thread:
        for submit in (run_here, thread.submit, run_here):
            with pytest.raises(ZeroDivisionError):
                submit(classifier.fit, X, Y).result()
            assert submit(is_limited_to, 2).result()
    assert seen == [True] * 3


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("n_pools", [0, 2])
@pytest.mark.parametrize("first_to_go", [0, 1, 2])
def test_limits_may_overlap_in_one_or_several_threads(n_pools, first_to_go):
    with ExitStack() as pools:
        others = [pools.enter_context(ThreadPoolExecutor(1)).submit for _ in range(n_pools)]
        submits = [run_here] * (3 - n_pools) + others
        limits = [one_blas_thread() for _ in submits]
        for submit, limit in zip(submits, limits, strict=True):
            submit(limit.__enter__).result()
            assert submit(is_limited_to, 1).result()
        going = [first_to_go, *{0, 1, 2} - {first_to_go}]
        for i, number in enumerate(going):
            submits[number](limits[number].__exit__, None, None, None).result()
            for still_there in going[i + 1 :]:
                assert submits[still_there](is_limited_to, 1).result()
        assert all(submit(is_limited_to, 2).result() for submit in submits)
        for submit in reversed(submits):  # this thread at last: it controls OpenBLAS until the test ends
            assert submit(limit_by_a_third_party).result()


@pytest.mark.usefixtures("two_threads")
def test_who_allows_blas_one_thread_gets_one():
    with blas_threads(1):
        with threads_for_blocks(100, _threads.TINY_PRODUCT) as map_blocks:
            assert map_blocks is map
            assert is_limited_to(1)
        assert is_limited_to(1)
    assert is_limited_to(2)


def test_blas_with_one_thread_is_never_given_another(monkeypatch):
    """OpenBLAS would start a thread, which takes .1 s of CPU time while it waits for work."""
    asked = []
    monkeypatch.setattr(_threads, "set_n_threads", lambda library, n_threads: asked.append(n_threads))
    _threads.is_set_for_each_thread.cache_clear()
    with blas_threads(1), one_blas_thread():
        assert is_limited_to(1)
    assert asked == []


def fit_in_a_child(seed):
    return make_classifier(random_state=seed).fit(X, Y).coefs_, numbers_of_threads()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # of Python, about forks
@pytest.mark.needs_fork
def test_a_process_that_is_forked_while_threads_fit_can_fit_too():
    ending = threading.Event()

    def fit_again_and_again():
        while not ending.is_set():
            make_classifier().fit(X, Y)

    with blas_threads(2), ThreadPoolExecutor(3) as threads:
        alone, before = make_classifier(random_state=1).fit(X, Y).coefs_, numbers_of_threads()
        fits = [threads.submit(fit_again_and_again) for _ in range(3)]
        try:
            for _ in range(2):
                with multiprocessing.get_context("fork").Pool(2) as pool:
                    for coefs, in_child in pool.map_async(fit_in_a_child, [1] * 4).get(timeout=60):
                        assert all(map(np.array_equal, coefs, alone))
                        assert in_child == before
        finally:
            ending.set()
        for fit in fits:
            fit.result(timeout=60)
        assert numbers_of_threads() == before


@pytest.fixture
def small_blocks(monkeypatch, all_is_large):
    """Let small batches and predictions be cut into blocks; return how to set the number of threads."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(_threads, "TINY_PRODUCT", 0)
    return lambda n_threads: monkeypatch.setattr(_threads, "n_blas_threads", lambda: n_threads)


@pytest.mark.parametrize(("method", "n_threads"), [("predict_proba", 1), ("transform", 3)])
def test_rows_that_overflow_in_a_thread_are_an_error_without_a_warning(small_blocks, method, n_threads):
    small_blocks(n_threads)
    classifier = make_classifier(activation="identity", init_scale=10.0).fit(X, Y)
    huge = np.full((500, X.shape[1]), np.finfo(float).max)
    with warnings.catch_warnings(action="error"), pytest.raises(ValueError, match="too large"):
        getattr(classifier, method)(huge)
    with pytest.warns(DivergenceWarning) as caught:
        classifier.set_params(solver="sgd", learning_rate=1e10).fit(X, Y)
    assert len(caught) == 1


def assert_same_fit(fit, expected):
    assert_same_model(fit, expected, rtol=0)
    assert_array_equal(fit.loss_curve_, expected.loss_curve_)


@pytest.mark.parametrize("params", [{"batch_size": 30, "dropout": 0.5}, {"solver": "lbfgs"}])
def test_threads_change_nothing_in_a_fit_or_a_prediction(small_blocks, params):
    many, results = np.tile(X, (50, 1)), []
    for n_threads in (1, 2, 3):
        small_blocks(n_threads)
        fit = make_classifier(**params).fit(X, Y)
        results.append((fit, fit.predict_proba(many), fit.transform(many)))
    for fit, *arrays in results[1:]:
        assert_same_fit(fit, results[0][0])
        assert all(map(np.array_equal, arrays, results[0][1:]))


def fit_digits(params):
    X, y = DIGITS
    settings = {"n_hidden": 64, "max_iter": 3, "tol": 0, "early_stopping": False}
    return small_network(**settings | params).fit(X / 16, y)


@pytest.mark.parametrize(
    "params",
    [{"n_hidden": 256}, {"solver": "lbfgs"}, {"n_hidden": 400, "batch_size": None, "dtype": "float32"}],
    ids=["adam", "lbfgs", "large batch"],
)
def test_several_fits_and_predictions_at_once_are_those_alone(params):
    rows = DIGITS[0] / 16
    with blas_threads(2), ThreadPoolExecutor(2) as pool:
        alone = fit_digits(params)
        for fit in pool.map(fit_digits, [params] * 3):
            assert_same_fit(fit, alone)
        expected = alone.decision_function(rows)
        for logits in pool.map(alone.decision_function, [rows] * 4):
            assert_array_equal(logits, expected)
