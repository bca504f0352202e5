"""Results that are computed once."""

import os
import threading


class Memo:
    """The last results of a function, by all that they depend on.

    Threads that want the same result wait for the first of them. If that one fails, or is interrupted, the
    next computes it. A forked process starts with an empty memo: a thread that it lacks may hold a lock.
    """

    def __init__(self, n_most):
        self.n_most = n_most
        self.clear()
        if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows cannot fork
            os.register_at_fork(after_in_child=self.clear)

    def clear(self):
        """Forget all results."""
        self.lock, self.results = threading.Lock(), {}

    def get(self, key, compute):
        """Look a result up, or compute it."""
        with self.lock:
            computing, values = self.results.pop(key, None) or (threading.Lock(), [])
            self.results[key] = computing, values  # now the latest
            if len(self.results) > self.n_most:
                del self.results[next(iter(self.results))]
        with computing:
            if not values:
                values.append(compute())
            return values[0]
