"""Fits of several networks at once: cut into groups that are trained in one pass each."""

import copy
import math
from contextlib import ExitStack

import numpy as np
import scipy.sparse

from sknn_scratch._core.data import is_small, source_of, values_of_row
from sknn_scratch._core.tasks import group_key, has_large_batches, trains_alone
from sknn_scratch._core.training import train
from sknn_scratch._fitting.callbacks import FitReporter, fit_inside
from sknn_scratch._fitting.plan import finish_fit, plan_fit
from sknn_scratch._fitting.threads import threads_for_training
from sknn_scratch._fitting.troubles import troubles_of

# All buffers of a group take about this many bytes at most.
GROUP_BYTES = 2**28
# Those that every step touches stay within this: networks that are too large for it gain nothing from each
# other's company, and were measured to lose up to a fifth of their speed, because the step leaves the cache.
# From 2**22 to 2**23 no difference was measured; at 2**24 networks of 1,000 units took up to a tenth longer.
STEP_BYTES = 2**23
# Copies of its parameters that a step of a network touches: themselves, gradients, updates and two moments.
STEP_COPIES = 5
# Others: the starts of epochs, the best one, the result, and those of the step once more while the networks
# that have stopped leave the group.
OTHER_COPIES = 9


class Fit:
    """One network on its way through a fit together with others.

    Parameters
    ----------
    number : int
        To tell the fit among others.
    network : ShallowNNClassifier
        With validated parameters. It is not changed: ``fitted`` is a copy.
    inputs : FitInput
        Fits to the same rows should share one object: then the rows are neither validated nor kept twice.
    parent : ParentTask, optional
        The task of a meta-estimator that this fit is.
    """

    def __init__(self, number, network, inputs, parent=None):
        self.number = number
        self.plan = plan_fit(network, inputs)
        self.fitted = self.plan.model
        self.parent = parent
        self.reporter = FitReporter(self.fitted, self.plan, inputs)
        self.result = None

    def finish(self, result):
        """Take what training has made of the network."""
        self.result = result
        finish_fit(self.plan, result)

    @property
    def troubles(self):
        """What the finished fit has to warn of."""
        return troubles_of(self.plan, self.result)

    @property
    def is_interrupted(self):
        """Whether Control-C was pressed while the network was trained, or others with it."""
        return self.result is not None and self.result.is_interrupted

    @property
    def is_untrained(self):
        """Whether the network has not been trained for a single epoch by this fit."""
        return not self.plan.task.state.history


def fit_group(group):
    """Fit networks that have the same ``group_key`` in one pass."""
    large_batches = has_large_batches(group[0].plan.task)
    with threads_for_training(large_batches) as map_blocks, ExitStack() as fit_tasks:
        for fit in group:
            fit_tasks.enter_context(fit_inside(fit.parent, fit.reporter))
        results = train([fit.plan.task for fit in group], epoch_hook(group), map_blocks=map_blocks)
        for fit, result in zip(group, results, strict=True):
            fit.finish(result)


def epoch_hook(group):
    """Make one ``on_epoch_end`` of all, or None if no network has anything to report."""
    hooks = [fit.reporter.on_epoch_end for fit in group]

    def on_epoch_end(i, state):
        return hooks[i] is not None and hooks[i](i, state)

    return on_epoch_end if any(hooks) else None


def cut_into_groups(fits):
    """Gather fits that can be trained together; yield a group when the next one would make it too large.

    Parameters
    ----------
    fits : iterable of Fit
        Taken one by one, so that they need not all be in memory.

    Yields
    ------
    group : list of Fit
        With the same ``group_key``.
    """
    drafts = {}
    for fit in fits:
        if trains_alone(fit.plan.task):
            yield [fit]
            continue
        key = group_key(fit.plan.task)
        if key in drafts and not drafts[key].has_room_for(fit):
            yield drafts.pop(key).fits
        drafts.setdefault(key, _Draft()).add(fit)
        if sum(draft.waiting_bytes for draft in drafts.values()) > GROUP_BYTES:
            yield drafts.pop(max(drafts, key=lambda key: drafts[key].waiting_bytes)).fits
    while drafts:
        yield drafts.pop(next(iter(drafts))).fits


class _Draft:
    """A group in the making, the bytes it is going to need, and those it needs while it waits."""

    def __init__(self):
        self.fits = []
        self.step_bytes = self.other_bytes = self.waiting_bytes = 0
        self.sources = {}

    @property
    def n_bytes(self):
        pooled_bytes = sum(self.sources.values()) if len(self.sources) > 1 else 0
        return self.step_bytes + self.other_bytes + pooled_bytes

    def add(self, fit):
        self.fits.append(fit)
        self.step_bytes += step_bytes_of(fit.plan.task)
        self.other_bytes += other_bytes_of(fit.plan.task)
        self.waiting_bytes += waiting_bytes_of(fit.plan.task)
        self.sources = self.sources | source_bytes_of(fit.plan.task)

    def has_room_for(self, fit):
        larger = copy.copy(self)
        larger.fits = []
        larger.add(fit)
        return larger.step_bytes <= STEP_BYTES and larger.n_bytes <= GROUP_BYTES


def step_bytes_of(task):
    """Bytes that one step of a network touches: its parameters, and what it computes for a batch."""
    shape = task.config.network.shape
    of_row = values_of_row(task.data.X) + 5 * shape.n_hidden + 10 * shape.n_outputs
    numbers = STEP_COPIES * shape.n_params + task.config.batch_size * of_row
    return numbers * task.state.params.itemsize


def other_bytes_of(task):
    """Bytes that a network needs beside: more copies of its parameters, validation, rows and their order."""
    state, data, config = task
    shape = config.network.shape
    numbers = OTHER_COPIES * shape.n_params
    if data.validation is not None:
        of_row = 2 * values_of_row(data.X) + 2 * shape.n_hidden + 5 * shape.n_outputs  # held, then stacked
        numbers += data.validation.n_rows * of_row
    if is_small(data):
        numbers += 2 * data.n_samples * (1 + shape.n_features)  # copied, then pooled
    return numbers * state.params.itemsize + 5 * data.n_samples * np.dtype(np.intp).itemsize


def waiting_bytes_of(task):
    """Bytes that a network needs while it waits: its parameters, and its own copy of the validation rows."""
    shape, validation = task.config.network.shape, task.data.validation
    n_rows = 0 if validation is None else validation.n_rows
    return (shape.n_params + n_rows * values_of_row(task.data.X)) * task.state.params.itemsize


def source_bytes_of(task):
    """Bytes of the rows that a network draws from, by their identity; those of others are put below them."""
    return {source_of(task.data): bytes_of(task.data.X) + task.data.targets.nbytes}


def bytes_of(X):
    """Bytes of an array or of a sparse matrix; of anything else, a guess."""
    if scipy.sparse.issparse(X):
        return 2 * X.nnz * X.dtype.itemsize
    if isinstance(X, np.ndarray):
        return X.nbytes
    return 8 * math.prod(getattr(X, "shape", [len(X)]))
