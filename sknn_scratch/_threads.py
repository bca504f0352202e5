"""One BLAS thread while small products are computed.

A product that takes microseconds gains nothing from a second thread and, on a machine whose other cores
are busy, waits for it: training steps were measured to take up to thirty times as long.
"""

from contextlib import nullcontext
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController

# Multiplications of one product from which on a second thread pays for its waiting.
THREADED_PRODUCT = 2**28
# Below this many, OpenBLAS does not ask for a second thread.
TINY_PRODUCT = 2**18


class SharedLimit:
    """One BLAS thread for as long as any Python thread is within this context.

    The limit holds for the whole process. If every fit set and lifted one of its own, fits that overlap
    would restore each other's limit instead of what was there before them.
    """

    def __init__(self):
        self.lock = Lock()
        self.n_holders = 0
        self.limiter = None

    def __enter__(self):
        with self.lock:
            if self.n_holders == 0:
                self.limiter = _controller().limit(limits=1, user_api="blas")
            self.n_holders += 1

    def __exit__(self, *_):
        with self.lock:
            self.n_holders -= 1
            if self.n_holders == 0:
                self.limiter.restore_original_limits()


_SHARED_LIMIT = SharedLimit()


@cache
def _controller():
    return ThreadpoolController()


def limit_threads(n_rows, n_features, n_hidden):
    """Limit BLAS to one thread within this context, if the largest product is small."""
    if n_rows * n_features * n_hidden >= THREADED_PRODUCT:
        return nullcontext()
    return _SHARED_LIMIT


def limit_threads_unless_tiny(n_rows, n_features, n_hidden):
    """Do the same, but not for products so small that setting the limit would take longer.

    BLAS computes these with one thread by itself.
    """
    if n_rows * n_features * n_hidden < TINY_PRODUCT:
        return nullcontext()
    return limit_threads(n_rows, n_features, n_hidden)
