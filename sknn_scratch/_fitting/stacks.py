"""Runs that are trained in one pass, and how many of them the cache and the memory allow.

``train_runs`` trains any runs: it calls ``trainer.of_thread``. To train the runs of several fits of a thread
together, replace ``trainer.of_thread``.
"""

import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass

import scipy.sparse

from sknn_scratch._core.blocks import N_BLOCKS
from sknn_scratch._core.memory import kept_bytes, step_bytes
from sknn_scratch._core.stack import has_large_batches, stack_key
from sknn_scratch._core.training import Hooks, train
from sknn_scratch._fitting.plan import Fit
from sknn_scratch._fitting.threads import map_in_threads

# All buffers of a group take about this number of bytes at most.
GROUP_BYTES = 2**28
# The buffers that every step touches take at most this number. Larger networks gain nothing from a common
# pass: the step leaves the cache, and they were measured to lose up to a fifth of their speed.
# 2**22 and 2**23 are equally fast by measurement; with 2**24, networks of 1,000 units took up to 10 % longer.
STEP_BYTES = 2**23
# Why networks of L-BFGS are trained alone. They lose little by it, so no warning says so.
ONE_BY_ONE = "lbfgs trains one network at a time"


@dataclass(eq=False)
class Training:
    """A fit whose run waits for its training, and how the training ended."""

    fit: Fit
    hooks: Hooks
    is_trained: bool = False  # whether the training has ended well
    error: Exception | None = None  # what ended the training
    seconds: float = 0.0  # the run's share of the training time

    @property
    def run(self):
        """The run to train."""
        return self.fit.run

    def start_again(self):
        """Take the run as it was before the training."""
        vars(self.run).update(vars(self.fit.new_run()))

    @property
    def is_done(self):
        """Whether the training has ended, well or not."""
        return self.is_trained or self.error is not None


def train_runs(trainings):
    """Train runs, those with the same ``stack_key`` in one pass; return the finished runs.

    KeyboardInterrupt is raised if Control-C was pressed before the training of the last runs had begun.
    """
    trainer.of_thread.train(trainings)
    return [training.run for training in trainings]


def train_group(group):
    """Train runs of one ``stack_key`` in one pass."""
    with map_in_threads(N_BLOCKS if has_large_batches(group[0].run) else 1) as map_blocks:
        train([one.run for one in group], [one.hooks for one in group], map_blocks)
    for training in group:
        training.is_trained = True


class AtOnce:
    """Trains runs when it is asked to."""

    labels = ()  # what verbose lines start with, before the names of networks

    def train(self, trainings):
        """Train runs."""
        for group in cut_into_groups(trainings) if len(trainings) > 1 else [trainings]:
            train_group(group)
            if group[0].run.is_interrupted and not all(one.is_done for one in trainings):
                raise KeyboardInterrupt

    def shared_inputs(self, estimator, inputs):
        """Return these inputs; another trainer may return equal inputs of an earlier fit instead."""
        return inputs


class _Trainer(threading.local):
    """What each thread trains its runs with."""

    of_thread = AtOnce()  # or an object with the same methods

    @contextmanager
    def changed(self, trainer_of_thread):
        """Let another object train the runs of this thread, for the time of the block."""
        earlier, self.of_thread = self.of_thread, trainer_of_thread
        try:
            yield
        finally:
            self.of_thread = earlier


trainer = _Trainer()


def cut_into_groups(trainings):
    """Yield groups of trainings with the same ``stack_key``, each as soon as it is full."""
    groups = Groups()
    for training in trainings:
        yield from groups.add(training)
    yield from groups.rest()


class Groups:
    """Runs that wait for others with the same ``stack_key``."""

    def __init__(self):
        self.waiting = defaultdict(list)  # by stack_key

    def add(self, training):
        """Add a run; yield its group if that is full now."""
        key = stack_key(training.run)
        group = [] if key is None else self.waiting[key]
        group.append(training)
        if key is None:
            yield group
        elif len(group) >= capacity(training.run):
            yield self.waiting.pop(key)

    def rest(self):
        """Yield the groups that are not full."""
        while self.waiting:
            yield self.waiting.pop(next(iter(self.waiting)))


def capacity(run):
    """Compute how many runs with the ``stack_key`` of this run a group can have: all are about as large.

    Copies of different rows for one pass do not count. They are less than what waits for a group, and
    ``WAITING_BYTES`` of a meeting bounds that.
    """
    of_step = step_bytes(run)
    return min(STEP_BYTES // of_step, GROUP_BYTES // (of_step + kept_bytes(run)))


def reason_alone(run):
    """Say why a network was trained alone."""
    if run.config.optimizer.takes_all_rows:
        return ONE_BY_ONE
    if stack_key(run) is None:
        return "its steps update only the features of a sparse batch"
    if 2 * step_bytes(run) > STEP_BYTES:
        n_hidden = run.config.network.shape.n_hidden
        return f"networks with {n_hidden} units here are too large to gain from shared passes"
    return "no other network with the same shape, settings and number of rows waited within the memory limit"


def bytes_of(X):
    """Count the bytes of an array or a sparse matrix."""
    return 2 * X.nnz * X.dtype.itemsize if scipy.sparse.issparse(X) else X.nbytes
