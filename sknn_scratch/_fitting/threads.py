"""One BLAS thread for all that is computed, and threads of one's own over blocks of rows.

The threads of BLAS share every product out in equal parts and wait for the slowest. In training, where a
product takes microseconds, that was measured to take up to seventy times as long. Blocks of rows, of which a
prediction has many and a large batch some, wait for nothing: each thread takes the next one when it is done,
so that a core that is busy with other work takes fewer.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

from sknn_scratch._core.network import N_BLOCKS

# Fewer blocks are done before threads for them have started.
THREADED_BLOCKS = 4
# Each needs memory for its block; more would gain little, since they share the way to the memory.
MAX_THREADS = 8
# Multiplications of one product below which OpenBLAS does not ask for a second thread.
TINY_PRODUCT = 2**18


@cache
def _controller():
    return ThreadpoolController().select(user_api="blas")


class _SharedLimit:
    """Limits BLAS to one thread from the first of several overlapping users to the last."""

    def __init__(self):
        self.lock = threading.Lock()
        self.n_users = 0
        self.limit = None

    def enter(self):
        with self.lock:
            if self.n_users == 0:
                self.limit = _controller().limit(limits=1)
            self.n_users += 1

    def leave(self):
        with self.lock:
            self.n_users -= 1
            if self.n_users == 0:
                self.limit.restore_original_limits()


_SHARED_LIMIT = _SharedLimit()


@contextmanager
def one_blas_thread():
    """Limit BLAS to one thread within this context, which may overlap with others."""
    _SHARED_LIMIT.enter()
    try:
        yield
    finally:
        _SHARED_LIMIT.leave()


@contextmanager
def threads_for_blocks(n_blocks, largest_product):
    """Give a ``map`` for blocks of rows, on as many threads as BLAS may use; BLAS itself gets one.

    Parameters
    ----------
    n_blocks : int
        How many there will be.
    largest_product : int
        Multiplications of the largest product. If BLAS would do all with one thread anyway, nothing is
        limited: that would take longer than the computation.
    """
    if largest_product < TINY_PRODUCT:
        yield map
        return
    n_threads = min(n_blocks, _n_blas_threads(), MAX_THREADS) if n_blocks >= THREADED_BLOCKS else 1
    with _map_on(n_threads) as map_blocks:
        yield map_blocks


@contextmanager
def threads_for_training(large_batches):
    """Give a ``map`` for the blocks of a batch; BLAS itself gets one thread.

    Parameters
    ----------
    large_batches : bool
        Whether there is more than one block: then the map is on as many threads as BLAS may use.
    """
    with _map_on(min(N_BLOCKS, _n_blas_threads()) if large_batches else 1) as map_blocks:
        yield map_blocks


@contextmanager
def _map_on(n_threads):
    with one_blas_thread():
        if n_threads == 1:
            yield map
        else:
            with ThreadPoolExecutor(n_threads) as pool:
                yield pool.map


def _n_blas_threads():
    return max((library.num_threads for library in _controller().lib_controllers), default=1)
