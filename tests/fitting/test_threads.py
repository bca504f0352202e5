"""What is computed with how many threads, and that the numbers do not depend on it."""

import threading
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from threading import Thread, current_thread, main_thread

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from sknn_scratch import ShallowNNClassifier, VectorizedGridSearchCV
from sknn_scratch._core import blocks
from sknn_scratch._fitting import threads as _threads
from sknn_scratch._fitting.threads import one_blas_thread, threads_for_blocks
from sknn_scratch.exceptions import DivergenceWarning
from tests.helpers import AtEpoch, assert_same_model, make_data, small_network
from tests.versions import needs_callbacks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("multiclass", 60)
LARGE = _threads.TINY_PRODUCT


# Large enough for BLAS to ask for a second thread.
DIGITS = [array[:1400] for array in load_digits(return_X_y=True)]
WORKERS = [("loky", 1), ("threading", 2), ("loky", 2)]

make_classifier = partial(small_network, n_hidden=8, max_iter=5, tol=0)


# --- The BLAS of this machine, whichever it is, and all kinds of it ---


class RealBlas:
    """The BLAS of this machine. There are some whose threads threadpoolctl cannot count."""

    def allow(self, n_threads):
        return threadpool_limits(n_threads, user_api="blas")

    def is_limited_to(self, n_threads):
        """Whether calls of this Python thread use so many threads."""
        numbers = {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}
        return numbers <= {n_threads}


class OneNumber:
    """A library with one number of threads for the process, as threadpoolctl 3.7 controls OpenBLAS."""

    num_threads = 2

    def set_num_threads(self, n_threads):
        self.num_threads = n_threads

    @contextmanager
    def allow(self, n_threads):
        before = self.num_threads
        self.set_num_threads(n_threads)
        yield
        self.set_num_threads(before)

    def is_limited_to(self, n_threads):
        return self.num_threads == n_threads


class OneController(OneNumber):
    """Moreover, only the first thread that sets the number can do so, as threadpoolctl 3.8 has it."""

    controlling_thread = None

    def set_num_threads(self, n_threads):
        if self.controlling_thread is None or not self.controlling_thread.is_alive():
            self.controlling_thread = current_thread()
        if self.controlling_thread is current_thread():
            self.num_threads = n_threads

    def clear_controlling_thread(self, force=False):
        if force or self.controlling_thread is current_thread():
            self.controlling_thread = None

    @contextmanager
    def allow(self, n_threads):
        with super().allow(n_threads):
            yield
        self.clear_controlling_thread()


class NumberPerThread(threading.local, OneNumber):
    """A library with a number for each Python thread, as MKL is controlled since threadpoolctl 3.8."""


@pytest.fixture(params=[RealBlas, OneNumber, OneController, NumberPerThread])
def blas(request, monkeypatch):
    """A BLAS that may use two threads."""
    blas = request.param()
    if request.param is not RealBlas:
        limits = [_threads._SharedLimit(blas)]
        monkeypatch.setattr(_threads, "_shared_limits", lambda: limits)
    with blas.allow(2):
        yield blas


# With some BLAS of a real machine, two threads cannot be had, or not be counted.
with_two_threads = pytest.mark.parametrize("blas", [OneNumber, OneController, NumberPerThread], indirect=True)


# --- BLAS has one thread while something is computed, and no longer ---


@needs_callbacks
def test_limits_end_with_a_fit_that_fails(blas):
    with pytest.raises(ZeroDivisionError):
        make_classifier().set_callbacks(AtEpoch(1, lambda: 1 / 0)).fit(X, Y)
    assert blas.is_limited_to(2)
    with pytest.raises(ValueError, match="NaN"):
        make_classifier().fit(X * np.nan, Y)
    assert blas.is_limited_to(2)


@needs_callbacks
def test_a_fit_in_any_thread_is_limited(blas):
    """Also if another thread, which still lives, has set limits before."""
    seen = []
    classifier = make_classifier().set_callbacks(AtEpoch(2, lambda: seen.append(blas.is_limited_to(1))))
    with ThreadPoolExecutor(1) as thread:
        for submit in (run_here, thread.submit, run_here):
            submit(classifier.fit, X, Y).result()
            assert submit(blas.is_limited_to, 2).result()
    assert seen == [True] * 3


def run_here(function, *args):
    """Call a function in this thread; return a future, as ``submit`` of a pool does."""
    future = Future()
    future.set_result(function(*args))
    return future


@pytest.mark.parametrize("n_pools", [0, 2])
@pytest.mark.parametrize("first_to_go", [0, 1, 2])
def test_limits_may_overlap_in_one_or_several_threads(blas, n_pools, first_to_go):
    with ExitStack() as pools:
        others = [pools.enter_context(ThreadPoolExecutor(1)).submit for _ in range(n_pools)]
        submits = [run_here] * (3 - n_pools) + others
        limits = [one_blas_thread() for _ in submits]
        for submit, limit in zip(submits, limits, strict=True):
            submit(limit.__enter__).result()
            assert submit(blas.is_limited_to, 1).result()
        going = [first_to_go, *{0, 1, 2} - {first_to_go}]
        for i, number in enumerate(going):
            submits[number](limits[number].__exit__, None, None, None).result()
            for still_there in going[i + 1 :]:
                assert submits[still_there](blas.is_limited_to, 1).result()
        assert all(submit(blas.is_limited_to, 2).result() for submit in submits)


class Interrupted(OneController):
    """Another Python thread comes between the two calls that set a number of threads."""

    def clear_controlling_thread(self, force=False):
        OneController.controlling_thread = None
        if self.another is not None:
            thread, self.another = Thread(target=self.another), None
            thread.start()
            thread.join(timeout=0.2)

    def set_num_threads(self, n_threads):
        if OneController.controlling_thread in (None, current_thread()):
            OneController.controlling_thread, self.num_threads = current_thread(), n_threads


@pytest.mark.parametrize("is_tried_out", [False, True])
def test_a_thread_that_limits_another_library_does_not_come_between(monkeypatch, is_tried_out):
    """All OpenBLAS libraries of the process have one controlling thread."""
    monkeypatch.setattr(OneController, "controlling_thread", None)
    first, second = Interrupted(), Interrupted()
    limits = [_threads._SharedLimit(library) for library in (first, second)]
    first.another, second.another = partial(limits[1].enter, "another"), None
    if is_tried_out:
        limits[0].is_per_thread = limits[1].is_per_thread = False
    limits[0].enter("this")
    assert first.num_threads == 1
    assert limits[0].is_per_thread is False


def test_python_threads_that_ask_at_once_get_the_same_limits(monkeypatch):
    asking = threading.Barrier(2)

    def wait_for_both():
        with suppress(threading.BrokenBarrierError):
            asking.wait(timeout=0.2)
        return ThreadpoolController()

    monkeypatch.setattr(_threads, "ThreadpoolController", wait_for_both)
    _threads._limits_of_libraries.cache_clear()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: _threads._shared_limits(), range(2))
    assert first is second


def test_limits_of_others_work_after_fits_in_threads(blas):
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: make_classifier().fit(X, Y), range(6)))
        for submit in (pool.submit, run_here):
            assert submit(limit_by_a_third_party, blas).result()
            assert submit(blas.is_limited_to, 2).result()


def limit_by_a_third_party(blas):
    with blas.allow(1):
        return blas.is_limited_to(1)


def test_who_allows_blas_one_thread_gets_one(blas):
    with blas.allow(1):
        with threads_for_blocks(100, LARGE) as map_blocks:
            assert map_blocks is map
            assert blas.is_limited_to(1)
        assert blas.is_limited_to(1)
    assert blas.is_limited_to(2)


def test_blas_without_a_number_of_threads(monkeypatch):
    monkeypatch.setattr(_threads, "_shared_limits", list)
    with threads_for_blocks(100, LARGE) as map_blocks:
        assert map_blocks is map


# --- Blocks of rows are shared out to threads ---


@with_two_threads
@pytest.mark.parametrize(
    ("n_blocks", "product", "is_limited", "in_threads"),
    [(1, LARGE - 1, False, False), (1, LARGE, True, False), (3, LARGE, True, False), (4, LARGE, True, True)],
)
def test_many_blocks_are_shared_out_to_threads_with_one_blas_thread_each(
    blas, n_blocks, product, is_limited, in_threads
):
    with threads_for_blocks(n_blocks, product) as map_blocks:
        assert (map_blocks is not map) == in_threads
        assert list(map_blocks(abs, [-1, 2, -3])) == [1, 2, 3]
        assert blas.is_limited_to(1) == is_limited
        assert set(map_blocks(blas.is_limited_to, [1] * 100)) == {is_limited}
    assert blas.is_limited_to(2)


@with_two_threads
def test_an_error_in_a_thread_reaches_the_caller(blas):
    with pytest.raises(ZeroDivisionError), threads_for_blocks(9, LARGE) as map_blocks:
        list(map_blocks(lambda block: 1 / block, range(9)))
    assert blas.is_limited_to(2)


@pytest.fixture
def small_blocks(monkeypatch):
    """Let small batches and predictions be cut into blocks; return how to set the number of threads."""
    monkeypatch.setattr(blocks, "LARGE_ROWS", 0)
    monkeypatch.setattr(blocks, "LARGE_PRODUCT", 0)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(_threads, "TINY_PRODUCT", 0)
    return lambda n_threads: monkeypatch.setattr(_threads, "_n_blas_threads", lambda: n_threads)


def test_a_thread_that_overflows_does_not_warn(small_blocks):
    small_blocks(2)
    with pytest.warns(DivergenceWarning) as caught:
        make_classifier(solver="sgd", learning_rate=1e10, activation="identity").fit(X, Y)
    assert len(caught) == 1


@pytest.mark.parametrize(("method", "n_threads"), [("predict_proba", 1), ("transform", 3)])
def test_rows_that_overflow_in_a_thread_are_an_error_without_a_warning(small_blocks, method, n_threads):
    small_blocks(n_threads)
    classifier = make_classifier(activation="identity", init_scale=10.0).fit(X, Y)
    huge = np.full((500, X.shape[1]), np.finfo(float).max)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="too large"):
            getattr(classifier, method)(huge)


# --- The numbers do not depend on the threads ---


@pytest.mark.parametrize("method", ["predict_proba", "transform"])
def test_threads_change_nothing_in_a_prediction(small_blocks, method):
    predict, many = getattr(make_classifier().fit(X, Y), method), np.tile(X, (50, 1))
    small_blocks(1)
    expected = predict(many)
    small_blocks(3)
    assert_array_equal(predict(many), expected)


@pytest.mark.parametrize("params", [{"batch_size": 30, "dropout": 0.5}, {"solver": "lbfgs"}])
def test_threads_change_nothing_in_a_fit(small_blocks, monkeypatch, params):
    """Nor does it matter how many there are, for the blocks stay the same."""
    fits, names, compute = [], [], blocks.loss_gradient
    monkeypatch.setattr(
        blocks, "loss_gradient", lambda *args: (names.append(current_thread().name), compute(*args))
    )
    for n_threads in (1, 2, 3):
        names.clear()
        small_blocks(n_threads)
        fits.append(make_classifier(**params).fit(X, Y))
        assert len(names) >= 2 * blocks.N_BLOCKS
        assert (main_thread().name in names) == (n_threads == 1)
    for fit in fits[1:]:
        assert_same_fit(fit, fits[0])


def fit_digits(params):
    X, y = DIGITS
    settings = {"n_hidden": 64, "max_iter": 3, "tol": 0, "early_stopping": False}
    return small_network(**settings | params).fit(X / 16, y)


def assert_same_fit(fit, expected):
    assert_same_model(fit, expected, rtol=0)
    assert_array_equal(fit.loss_curve_, expected.loss_curve_)


@pytest.mark.parametrize(
    "params",
    [{"n_hidden": 256}, {"solver": "lbfgs"}, {"n_hidden": 400, "batch_size": None, "dtype": "float32"}],
    ids=["adam", "lbfgs", "large batch"],
)
def test_several_fits_at_once_are_the_fit_alone(params):
    with threadpool_limits(2, user_api="blas"), ThreadPoolExecutor(2) as pool:
        alone = fit_digits(params)
        for fit in pool.map(fit_digits, [params] * 3):
            assert_same_fit(fit, alone)


def test_several_predictions_at_once_are_the_prediction_alone():
    with threadpool_limits(2, user_api="blas"), ThreadPoolExecutor(2) as pool:
        clf, rows = fit_digits({"max_iter": 1}), DIGITS[0] / 16
        alone = clf.decision_function(rows)
        for logits in pool.map(clf.decision_function, [rows] * 4):
            assert_array_equal(logits, alone)


@pytest.mark.parametrize("Search", [GridSearchCV, VectorizedGridSearchCV])
def test_a_search_does_not_depend_on_its_workers(Search):
    X, y = DIGITS
    network = ShallowNNClassifier(64, max_iter=2, tol=0, early_stopping=False, random_state=0)
    scores = []
    with threadpool_limits(2, user_api="blas"):
        for backend, n_jobs in WORKERS:
            with parallel_config(backend=backend):
                search = Search(
                    network, {"alpha": [0.1, 10]}, cv=2, scoring="neg_log_loss", n_jobs=n_jobs, refit=False
                )
                scores.append(search.fit(X / 16, y).cv_results_["mean_test_score"])
    for others in scores[1:]:
        assert_array_equal(others, scores[0])
