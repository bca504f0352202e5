"""One BLAS thread for each computation, and the package's own threads over blocks of rows.

BLAS threads divide every product into equal parts and wait for the slowest. In training, where a product
takes microseconds, this was measured to take up to seventy times as long. A prediction has many blocks of
rows, and a large batch has a few. Blocks do not wait for each other: each thread takes the next block when it
has finished one, so a core that is busy with other work takes fewer.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import NamedTuple

from threadpoolctl import ThreadpoolController

from sknn_scratch._fitting.undo import undone_by

# Fewer blocks are computed before threads for them have started.
THREADED_BLOCKS = 4
# Each thread needs memory for its block. More threads would gain little, since they share memory bandwidth.
MAX_THREADS = 8
# OpenBLAS computes a product with fewer multiplications in one thread.
TINY_PRODUCT = 2**18


class _Use(NamedTuple):
    """What a user has changed."""

    owner: int | str  # of the number of threads: a Python thread or the process
    n_threads_before: int  # before the owner's first user


class _SharedLimit:
    """Limits one BLAS library to one thread, from the first of several overlapping users to the last.

    Some libraries have one number of threads for the whole process. Others have one for each Python thread,
    and then each thread has its own first and last user. The kind depends on the build of the library and on
    the version of threadpoolctl, so it is tried out.
    """

    lock = threading.Lock()  # of all libraries, since those of one kind have one controlling thread

    def __init__(self, library):
        self.library = library  # a LibController of threadpoolctl
        self.is_per_thread = None  # unknown until the first limit
        self.users = {}  # their _Use, by user

    def enter(self, user):
        """Limit the library for a user, any object."""
        with self.lock:
            n_threads, thread = self.library.num_threads, threading.get_ident()
            owner = thread if self.is_per_thread else "process"
            earlier = [use for use in self.users.values() if use.owner == owner]
            # Before anything changes, so that ``leave`` can always undo it.
            self.users[user] = earlier[0] if earlier else _Use(owner, n_threads)
            if self.is_per_thread is None and n_threads > 1:
                self.is_per_thread = self._try_out()
                if self.is_per_thread:
                    self.users[user] = _Use(thread, n_threads)
            self._set_n_threads(1)

    def leave(self, user):
        """Give the library its threads back if this is the last user. To leave again changes nothing.

        The Python thread must be the one that entered.
        """
        with self.lock:
            if user not in self.users:
                return
            use = self.users[user]
            if [other.owner for other in self.users.values()].count(use.owner) == 1:
                self._set_n_threads(use.n_threads_before)
                self._free_control()
            del self.users[user]

    def _try_out(self):
        """Find out whether a limit that another thread sets has no effect on this thread."""
        with ThreadPoolExecutor(1) as another_thread:
            another_thread.submit(self._set_n_threads, 1).result()
        return self.library.num_threads > 1

    def _set_n_threads(self, n_threads):
        self._free_control()
        self.library.set_num_threads(n_threads)

    def _free_control(self):
        """Let any thread set the number of threads.

        Since threadpoolctl 3.8, only the first thread that sets it can set it again, while that thread lives.
        """
        if hasattr(self.library, "clear_controlling_thread"):
            self.library.clear_controlling_thread(force=True)


def _shared_limits():
    """List the limits of this process. Without the lock, the cache could make a list for each thread."""
    with _SharedLimit.lock:
        return _limits_of_libraries()


@cache
def _limits_of_libraries():
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    return [_SharedLimit(library) for library in libraries]


@contextmanager
def one_blas_thread():
    """Limit BLAS to one thread in this context. Contexts in several threads may overlap."""
    user, limits = object(), _shared_limits()

    def leave():
        for limit in limits:
            limit.leave(user)

    with undone_by(leave):
        for limit in limits:
            limit.enter(user)
        yield


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
    n_threads = min(most, _n_blas_threads()) if most > 1 else 1
    with one_blas_thread():
        if n_threads == 1:
            yield map
        else:
            with ThreadPoolExecutor(n_threads) as pool:
                # A thread of the pool may have its own number of BLAS threads.
                yield lambda function, *iterables: pool.map(one_blas_thread()(function), *iterables)


def _n_blas_threads():
    return max((limit.library.num_threads for limit in _shared_limits()), default=1)
