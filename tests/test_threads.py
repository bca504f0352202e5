"""What is computed with how many threads."""

from threading import current_thread, main_thread

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_info, threadpool_limits

from sknn_scratch import ShallowNNClassifier
from sknn_scratch._core import blocks, network
from sknn_scratch._fitting import threads as _threads
from sknn_scratch._fitting.threads import one_blas_thread, threads_for_blocks, threads_for_training
from sknn_scratch.exceptions import DivergenceWarning
from tests.helpers import SilentCallback, make_data

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_data("multiclass", 60)
LARGE = _threads.TINY_PRODUCT


def make_classifier(**params):
    return ShallowNNClassifier(**({"n_hidden": 8, "max_iter": 5, "tol": 0, "random_state": 0} | params))


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


class WatchThreads(SilentCallback):
    """A callback that does something at the end of a task, and notes the thread limits after it."""

    def __init__(self, then=None):
        self.seen = []
        self.then = then

    def on_fit_task_end(self, estimator, context):
        if self.then is not None:
            self.then()
        self.seen.append(blas_threads())


def raise_error():
    raise RuntimeError("an accident")


def test_thread_limits_hold_while_a_fit_runs_and_no_longer():
    with threadpool_limits(2, user_api="blas"):
        watch = WatchThreads()
        make_classifier(max_iter=2).set_callbacks(watch).fit(X, Y)
        assert watch.seen[0] == {1}
        assert blas_threads() == {2}
        with pytest.raises(RuntimeError, match="an accident"):
            make_classifier().set_callbacks(WatchThreads(raise_error)).fit(X, Y)
        assert blas_threads() == {2}
        with pytest.raises(ValueError, match="NaN"):
            make_classifier().fit(X * np.nan, Y)
        assert blas_threads() == {2}


def test_limits_may_overlap():
    """The first to come may be the first to go."""
    with threadpool_limits(2, user_api="blas"):
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == {2}


@pytest.mark.parametrize(
    ("n_blocks", "product", "is_limited", "in_threads"),
    [(1, LARGE - 1, False, False), (1, LARGE, True, False), (3, LARGE, True, False), (4, LARGE, True, True)],
)
def test_many_blocks_are_shared_out_to_threads(n_blocks, product, is_limited, in_threads):
    with threadpool_limits(2, user_api="blas"):
        with threads_for_blocks(n_blocks, product) as map_blocks:
            assert blas_threads() == ({1} if is_limited else {2})
            assert (map_blocks is not map) == in_threads
            assert list(map_blocks(abs, [-1, 2, -3])) == [1, 2, 3]
        assert blas_threads() == {2}


@pytest.mark.parametrize("large_batches", [False, True])
def test_large_batches_are_shared_out_to_threads(large_batches):
    with threadpool_limits(2, user_api="blas"):
        with threads_for_training(large_batches) as map_blocks:
            assert blas_threads() == {1}
            assert (map_blocks is not map) == large_batches
        assert blas_threads() == {2}


def test_who_allows_blas_one_thread_gets_one():
    with threadpool_limits(1, user_api="blas"), threads_for_blocks(100, LARGE) as map_blocks:
        assert map_blocks is map


@pytest.mark.parametrize("method", ["predict_proba", "transform"])
def test_threads_change_nothing_in_a_prediction(monkeypatch, method):
    monkeypatch.setattr(network, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(_threads, "TINY_PRODUCT", 0)
    predict = getattr(make_classifier().fit(X, Y), method)
    many = np.tile(X, (50, 1))
    with threadpool_limits(1, user_api="blas"):
        expected = predict(many)
    with threadpool_limits(3, user_api="blas"):
        assert_array_equal(predict(many), expected)


@pytest.mark.parametrize("params", [{"batch_size": 30, "dropout": 0.5}, {"solver": "lbfgs"}])
def test_threads_change_nothing_in_a_fit(monkeypatch, params):
    """Nor does it matter how many there are, for the blocks stay the same."""
    monkeypatch.setattr(blocks, "LARGE_ROWS", 0)
    monkeypatch.setattr(blocks, "LARGE_PRODUCT", 0)
    fits, names, compute = [], [], blocks.loss_gradient
    monkeypatch.setattr(
        blocks, "loss_gradient", lambda *args: (names.append(current_thread().name), compute(*args))
    )
    for n_threads in (1, 2, 3):
        names.clear()
        with threadpool_limits(n_threads, user_api="blas"):
            fits.append(make_classifier(**params).fit(X, Y))
        assert len(names) >= 2 * blocks.N_BLOCKS
        assert (main_thread().name in names) == (n_threads == 1)
    for fit in fits[1:]:
        assert_array_equal(fit.coefs_[0], fits[0].coefs_[0])
        assert_array_equal(fit.coefs_[1], fits[0].coefs_[1])
        assert_array_equal(fit.loss_curve_, fits[0].loss_curve_)


def test_a_thread_that_overflows_does_not_warn(monkeypatch):
    monkeypatch.setattr(blocks, "LARGE_ROWS", 0)
    monkeypatch.setattr(blocks, "LARGE_PRODUCT", 0)
    with threadpool_limits(2, user_api="blas"), pytest.warns(DivergenceWarning) as caught:
        make_classifier(solver="sgd", learning_rate=1e10, activation="identity").fit(X, Y)
    assert len(caught) == 1


def test_an_error_in_a_thread_reaches_the_caller():
    def fail(block):
        raise RuntimeError("an accident")

    with threadpool_limits(2, user_api="blas"):
        with pytest.raises(RuntimeError, match="an accident"), threads_for_blocks(9, LARGE) as map_blocks:
            list(map_blocks(fail, range(9)))
        assert blas_threads() == {2}
