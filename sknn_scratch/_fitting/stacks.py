"""Fits of networks, and how they are trained: cut into groups, each in one pass.

A fit asks for its training with ``train_fits``. Whoever wants to train several fits of a thread together
takes the place of ``trainer.of_thread``.
"""

import copy
import math
import threading
from contextlib import ExitStack

import numpy as np
import scipy.sparse

from sknn_scratch._core.stackable import (
    has_large_batches,
    other_bytes,
    stack_key,
    step_bytes,
    waiting_bytes,
)
from sknn_scratch._core.training import train
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
    """A fit of one network: what is trained, who hears of it, and the result.

    Parameters
    ----------
    network : estimator
        With validated parameters. It is not changed before ``finish``.
    inputs : FitInput
        Fits to the same rows should share one object: then the rows are neither validated nor kept twice.
    stored : StoredFit, optional
        A fit of this network that was broken off.
    number : int
        To tell the fit among others.
    parent : ParentTask, optional
        The task of a meta-estimator that this fit is.

    Attributes
    ----------
    plan : FitPlan
    reporter : FitReporter
    result : Result or None
        What training has led to.
    error : Exception or None
        What it has failed with.
    seconds : float
        Its share of the training.
    """

    def __init__(self, network, inputs, stored=None, *, number=0, parent=None):
        self.network = network
        self.inputs = inputs = trainer.of_thread.shared_inputs(network, inputs)
        self.stored = stored
        self.number = number
        self.parent = parent
        self.plan = plan_fit(network, inputs, stored)
        self.reporter = FitReporter(network, self.plan, inputs)
        self.result = self.error = None
        self.seconds = 0.0

    def start_again(self):
        """Plan anew, with the same seed."""
        self.plan = plan_fit(self.network, self.inputs, self.stored, self.plan.model._seed_)
        self.reporter.plan = self.plan
        self.result = None

    def finish(self):
        """Report the end, and give the network what training has made of it."""
        self.reporter.report_end(self.result)
        adopt(self.network, fitted_attributes(self.plan, self.result))

    @property
    def run(self):
        """The run that is trained."""
        return self.plan.run

    @property
    def troubles(self):
        """What the trained network has to warn of."""
        return troubles_of(self.plan, self.result)

    @property
    def is_done(self):
        """Whether the training has ended, well or not."""
        return self.result is not None or self.error is not None

    @property
    def is_interrupted(self):
        """Whether Control-C was pressed while the network was trained, or others with it."""
        return self.result is not None and self.result.is_interrupted

    @property
    def is_untrained(self):
        """Whether the network has not been trained for a single epoch by this fit."""
        return not self.run.state.history


def fit_group(group):
    """Fit networks that have the same ``stack_key``, inside the tasks of a meta-estimator."""
    with ExitStack() as fit_tasks:
        for fit in group:
            fit_tasks.enter_context(fit_inside(fit.parent, fit.reporter))
        train_fits(group)
        for fit in group:
            fit.finish()


def train_fits(fits):
    """Train fits of one ``stack_key``: at once, or with others that wait in ``train_together``."""
    trainer.of_thread.train(fits)


def train_group(fits):
    """Train fits of one ``stack_key`` in one pass; each gets its result."""
    with threads_for_training(has_large_batches(fits[0].run)) as map_blocks:
        results = train([fit.run for fit in fits], [fit.reporter for fit in fits], map_blocks)
    for fit, result in zip(fits, results, strict=True):
        fit.result = result


class AtOnce:
    """Trains fits when they ask for it."""

    def train(self, fits):
        """Train fits of one ``stack_key``; each gets its result."""
        train_group(fits)

    def shared_inputs(self, network, inputs):
        """Find inputs that are equal to these, of an earlier fit that such a network may share them with."""
        return inputs


class _Trainer(threading.local):
    """Who trains the fits of each thread: something with the methods of ``AtOnce``."""

    of_thread = AtOnce()


trainer = _Trainer()


def cut_into_groups(fits):
    """Gather fits that can be trained together; yield a group as soon as it is full.

    Parameters
    ----------
    fits : iterable of Fit
        Taken one by one, so that they need not all be in memory.

    Yields
    ------
    group : list of Fit
        With the same ``stack_key``.
    """
    groups = Groups()
    for fit in fits:
        yield from groups.add(fit)
    yield from groups.rest()


class Groups:
    """Fits that wait for others of their kind."""

    def __init__(self):
        self.drafts = {}  # by stack_key

    def add(self, fit):
        """Add a fit; yield the groups that are full now: another one like it would make them too large."""
        key = stack_key(fit.run)
        if key is None:
            yield [fit]
            return
        if key in self.drafts and not self.drafts[key].has_room_for(fit):
            yield self.drafts.pop(key).fits
        draft = self.drafts.setdefault(key, _Draft())
        draft.add(fit)
        if not draft.has_room_for(fit):
            yield self.drafts.pop(key).fits
        elif sum(one.waiting_bytes for one in self.drafts.values()) > GROUP_BYTES:
            yield self.drafts.pop(max(self.drafts, key=lambda key: self.drafts[key].waiting_bytes)).fits

    def rest(self):
        """Yield the groups that are not full."""
        while self.drafts:
            yield self.drafts.pop(next(iter(self.drafts))).fits


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
        self.step_bytes += step_bytes(fit.run)
        self.other_bytes += other_bytes(fit.run)
        self.waiting_bytes += waiting_bytes(fit.run)
        data = fit.run.data
        self.sources = self.sources | {data.source: bytes_of(data.X.source) + data.targets.nbytes}

    def has_room_for(self, fit):
        larger = copy.copy(self)
        larger.fits = []
        larger.add(fit)
        return larger.step_bytes <= STEP_BYTES and larger.n_bytes <= GROUP_BYTES


def reason_alone(fit):
    """Say why a network was trained alone."""
    if stack_key(fit.run) is None:
        return "its steps update only the features of a sparse batch"
    if 2 * step_bytes(fit.run) > STEP_BYTES:
        return f"networks with {fit.network.n_hidden} units here are too large to gain from shared passes"
    return "no other network with the same shape, settings and number of rows waited within the memory limit"


def bytes_of(X):
    """Bytes of an array or of a sparse matrix; of anything else, a guess."""
    if scipy.sparse.issparse(X):
        return 2 * X.nnz * X.dtype.itemsize
    if isinstance(X, np.ndarray):
        return X.nbytes
    return 8 * math.prod(getattr(X, "shape", [len(X)]))
