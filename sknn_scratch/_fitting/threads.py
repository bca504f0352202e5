"""One BLAS thread for each computation, and the package's own threads over blocks of rows.

BLAS threads divide every product into equal parts and wait for the slowest. In training, where a product
takes microseconds, this was measured to take up to seventy times as long. A prediction has many blocks of
rows, and a large batch has a few. Blocks do not wait for each other: each thread takes the next block when it
has finished one, so a core that is busy with other work takes fewer.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

# Fewer blocks are computed before threads for them have started.
THREADED_BLOCKS = 4
# Each thread needs memory for its block. More threads would gain little, since they share memory bandwidth.
MAX_THREADS = 8
# OpenBLAS computes a product with fewer multiplications in one thread.
TINY_PRODUCT = 2**18


class _Limit:
    """Limits BLAS libraries to one thread, from the first of several overlapping users to the last."""

    n_users = 0
    n_threads_before = ()  # of each library

    def enter(self, libraries):
        if self.n_users == 0:
            self.n_threads_before = [(library, library.num_threads) for library in libraries]
            for library in libraries:
                set_n_threads(library, 1)
        self.n_users += 1

    def leave(self):
        self.n_users -= 1
        if self.n_users <= 0:  # below zero after a fork
            self.end()

    def end(self):
        """Give the libraries their threads back, whoever uses the limit."""
        for library, n_threads in self.n_threads_before:
            set_n_threads(library, n_threads)
        self.n_users, self.n_threads_before = 0, ()


class _LimitOfThread(threading.local, _Limit):
    """Each Python thread has its own users and its own numbers of threads."""


settings_lock = threading.Lock()  # held while a setting of the process is changed
limit_of_process, limit_of_thread = _Limit(), _LimitOfThread()


def end_limits_in_child():  # pragma: no cover - in a forked process, where coverage does not look
    """In a forked process, which has none of the other threads: let no limit of theirs stay."""
    limit_of_process.end()
    limit_of_thread.end()
    settings_lock.release()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows cannot fork
    # A fork waits until no setting is being changed.
    os.register_at_fork(
        before=settings_lock.acquire,
        after_in_parent=settings_lock.release,
        after_in_child=end_limits_in_child,
    )


@contextmanager
def one_blas_thread():
    """Limit BLAS to one thread in this context. Contexts in several threads may overlap."""
    with settings_lock:
        of_process, of_thread = libraries_with_threads()
        limit_of_process.enter(of_process)
        limit_of_thread.enter(of_thread)
    try:
        yield
    finally:
        with settings_lock:
            limit_of_process.leave()
            limit_of_thread.leave()


@cache
def blas_libraries():
    return ThreadpoolController().select(user_api="blas").lib_controllers


def libraries_with_threads():
    """List the libraries that have several threads now: for all Python threads, and for each of its own."""
    of_process, of_thread = [], []
    for library in blas_libraries():
        if library.num_threads > 1:
            (of_thread if is_set_for_each_thread(library) else of_process).append(library)
    return of_process, of_thread


@cache
def is_set_for_each_thread(library):
    """Try out whether one thread, set by this Python thread for a library of several, is set here alone."""
    n_threads = library.num_threads
    with ThreadPoolExecutor(1) as another_thread:
        n_there = another_thread.submit(getattr, library, "num_threads").result()
        set_n_threads(library, 1)
        is_set_here_alone = another_thread.submit(getattr, library, "num_threads").result() == n_there
    set_n_threads(library, n_threads)
    return is_set_here_alone


def set_n_threads(library, n_threads):
    """Set the number of threads of a library, from any Python thread, and let others set it after this.

    Since threadpoolctl 3.8, only one thread controls OpenBLAS: the first that sets a number.
    """
    let_others_control = getattr(library, "clear_controlling_thread", lambda force: None)
    let_others_control(force=True)
    library.set_num_threads(n_threads)
    let_others_control(force=True)


def threads_for_blocks(n_blocks, largest_product):
    """Make a ``map`` for blocks of rows, with as many threads as BLAS may use; BLAS itself gets one.

    If BLAS would use one thread for the largest product (its multiplications are given) anyway, nothing is
    limited: to set the limit would take longer than the computation.
    """
    if largest_product < TINY_PRODUCT:
        return nullcontext(map)
    return map_in_threads(min(n_blocks, MAX_THREADS) if n_blocks >= THREADED_BLOCKS else 1)


@contextmanager
def map_in_threads(most):
    """Make a ``map`` with as many threads as BLAS may use, but not more than ``most``; BLAS gets one."""
    n_threads = min(most, n_blas_threads()) if most > 1 else 1
    with one_blas_thread():
        if n_threads == 1:
            yield map
        else:
            with ThreadPoolExecutor(n_threads) as pool:
                # A thread of the pool may have its own number of BLAS threads.
                yield lambda function, *iterables: pool.map(one_blas_thread()(function), *iterables)


def n_blas_threads():
    with settings_lock:
        return max((library.num_threads for library in blas_libraries()), default=1)
