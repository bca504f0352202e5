"""Fits of several networks at once: cut into groups that are trained in one pass each."""

import copy
import math
from contextlib import ExitStack

import numpy as np
import scipy.sparse

from sknn_scratch._core.stack import (
    has_large_batches,
    other_bytes,
    source_bytes,
    stack_key,
    step_bytes,
    waiting_bytes,
)
from sknn_scratch._core.training import Hooks, train
from sknn_scratch._fitting.callbacks import FitReporter, fit_inside
from sknn_scratch._fitting.fitted import adopt
from sknn_scratch._fitting.plan import fitted_attributes, plan_fit
from sknn_scratch._fitting.threads import threads_for_training
from sknn_scratch._fitting.troubles import troubles_of

# All buffers of a group take about this many bytes at most.
GROUP_BYTES = 2**28
# Those that every step touches stay within this: networks that are too large for it gain nothing from each
# other's company, and were measured to lose up to a fifth of their speed, because the step leaves the cache.
# From 2**22 to 2**23 no difference was measured; at 2**24 networks of 1,000 units took up to a tenth longer.
STEP_BYTES = 2**23


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
        self.reporter.report_end(result)
        adopt(self.fitted, fitted_attributes(self.plan, result))

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
        return not self.plan.run.state.history


def fit_group(group):
    """Fit networks that have the same ``stack_key`` in one pass."""
    large_batches = has_large_batches(group[0].plan.run)
    with threads_for_training(large_batches) as map_blocks, ExitStack() as fit_tasks:
        for fit in group:
            fit_tasks.enter_context(fit_inside(fit.parent, fit.reporter))
        hooks = HooksOfMany([fit.reporter for fit in group])
        results = train([fit.plan.run for fit in group], hooks, map_blocks)
        for fit, result in zip(group, results, strict=True):
            fit.finish(result)


class HooksOfMany(Hooks):
    """The hooks of several fits: each hears of its own run."""

    def __init__(self, hooks):
        self.hooks = hooks

    def on_epoch_end(self, run):
        """Tell the run's own hooks."""
        return self.hooks[run.number].on_epoch_end(run)

    def on_epoch_settled(self, run):
        """Tell the run's own hooks."""
        self.hooks[run.number].on_epoch_settled(run)


def cut_into_groups(fits):
    """Gather fits that can be trained together; yield a group when the next one would make it too large.

    Parameters
    ----------
    fits : iterable of Fit
        Taken one by one, so that they need not all be in memory.

    Yields
    ------
    group : list of Fit
        With the same ``stack_key``.
    """
    drafts = {}
    for fit in fits:
        key = stack_key(fit.plan.run)
        if key is None:
            yield [fit]
            continue
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
        self.step_bytes += step_bytes(fit.plan.run)
        self.other_bytes += other_bytes(fit.plan.run)
        self.waiting_bytes += waiting_bytes(fit.plan.run)
        self.sources = self.sources | source_bytes(fit.plan.run)

    def has_room_for(self, fit):
        larger = copy.copy(self)
        larger.fits = []
        larger.add(fit)
        return larger.step_bytes <= STEP_BYTES and larger.n_bytes <= GROUP_BYTES


def bytes_of(X):
    """Bytes of an array or of a sparse matrix; of anything else, a guess."""
    if scipy.sparse.issparse(X):
        return 2 * X.nnz * X.dtype.itemsize
    if isinstance(X, np.ndarray):
        return X.nbytes
    return 8 * math.prod(getattr(X, "shape", [len(X)]))
