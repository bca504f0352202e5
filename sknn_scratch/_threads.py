"""One BLAS thread while small products are computed.

A product that takes microseconds gains nothing from a second thread and, on a machine whose other cores
are busy, waits for it: training steps were measured to take up to thirty times as long.
"""

from contextlib import nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

# Multiplications of one product from which on a second thread pays for its waiting.
THREADED_PRODUCT = 2**28
# Below this many, OpenBLAS does not ask for a second thread.
TINY_PRODUCT = 2**18


@cache
def _controller():
    return ThreadpoolController()


def limit_threads(n_rows, n_features, n_hidden):
    """Limit BLAS to one thread within this context, if the largest product is small."""
    if n_rows * n_features * n_hidden >= THREADED_PRODUCT:
        return nullcontext()
    return _controller().limit(limits=1, user_api="blas")


def limit_threads_unless_tiny(n_rows, n_features, n_hidden):
    """Do the same, but not for products so small that setting the limit would take longer.

    BLAS computes these with one thread by itself.
    """
    if n_rows * n_features * n_hidden < TINY_PRODUCT:
        return nullcontext()
    return limit_threads(n_rows, n_features, n_hidden)
