"""Results that are computed once."""

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sknn_scratch._fitting.memo import Memo
from tests.fitting.test_threads import of_forks


def test_the_last_results_are_known():
    memo, computed = Memo(n_most=2), []

    def get(key):
        return memo.get(key, lambda: computed.append(key) or f"result of {key}")

    assert [get(key) for key in "abab"] == [f"result of {key}" for key in "abab"]
    assert computed == ["a", "b"]
    get("a")
    get("c")  # in the place of b, which was asked for the longest time ago
    get("a")
    get("b")
    assert computed == ["a", "b", "c", "b"]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_failure_is_not_kept(error):
    def fail():
        raise error

    memo = Memo(n_most=2)
    with pytest.raises(error):
        memo.get("key", fail)
    assert memo.get("key", lambda: 1) == 1


@of_forks
@pytest.mark.needs_fork
def test_a_forked_process_does_not_wait_for_a_thread_that_it_lacks():
    memo, has_begun, may_end = Memo(n_most=2), threading.Event(), threading.Event()

    def compute():
        has_begun.set()
        may_end.wait()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(memo.get, "key", compute)
        has_begun.wait()
        child = multiprocessing.get_context("fork").Process(target=memo.get, args=("key", int))
        child.start()
        child.join(30)
        child.kill()
        may_end.set()
    assert child.exitcode == 0
