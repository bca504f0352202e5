"""Fits of networks, and groups of fits that are trained in one pass.

Each fit is trained by ``train_fits``, which calls ``trainer.of_thread``. To train several fits of a thread
together, replace ``trainer.of_thread``.
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
from sknn_scratch._fitting.undo import Settings

# All buffers of a group take about this number of bytes at most.
GROUP_BYTES = 2**28
# The buffers that every step touches take at most this number. Larger networks gain nothing from a common
# pass: the step leaves the cache, and they were measured to lose up to a fifth of their speed.
# 2**22 and 2**23 are equally fast by measurement; with 2**24, networks of 1,000 units took up to 10 % longer.
STEP_BYTES = 2**23


class Fit:
    """A fit of one network: its plan and its reporter.

    Parameters
    ----------
    network : estimator
        With validated parameters. It is not changed before ``finish``.
    inputs : FitInput
        Fits to the same rows should share one object: then the rows are validated and kept only once.
    stored : StoredFit, optional
        An unfinished fit of this network.
    number : int
        Distinguishes fits.
    parent : ParentTask, optional
        The task of a meta-estimator for this fit.

    Attributes
    ----------
    plan : FitPlan
    reporter : FitReporter
    is_trained : bool
        Whether the training has ended well.
    error : Exception or None
        The exception that ended the training.
    seconds : float
        The fit's share of the training time.
    """

    def __init__(self, network, inputs, stored=None, *, number=0, parent=None):
        self.network = network
        self.inputs = inputs = trainer.of_thread.shared_inputs(network, inputs)
        self.stored = stored
        self.number = number
        self.parent = parent
        self.plan = plan_fit(network, inputs, stored)
        self.reporter = FitReporter(network, self.plan, inputs)
        self.is_trained, self.error = False, None
        self.seconds = 0.0

    def start_again(self):
        """Plan anew, with the same seed."""
        self.plan = plan_fit(self.network, self.inputs, self.stored, self.plan.model._seed_)
        self.reporter.plan = self.plan
        self.is_trained = False

    def finish(self):
        """Report the end, and set the fitted attributes of the network."""
        self.reporter.report_end(self.run.state)
        adopt(self.network, fitted_attributes(self.plan, self.run.state))

    @property
    def run(self):
        """The run that is trained."""
        return self.plan.run

    @property
    def troubles(self):
        """The warnings that the fit should give."""
        return troubles_of(self.plan)

    @property
    def is_done(self):
        """Whether the training has ended, well or not."""
        return self.is_trained or self.error is not None

    @property
    def is_interrupted(self):
        """Whether Control-C was pressed in the training of this network or its group."""
        return self.run.is_interrupted

    @property
    def is_untrained(self):
        """Whether this fit has not completed an epoch."""
        return not self.run.state.history


def fit_group(group):
    """Fit networks with the same ``stack_key``, inside the tasks of a meta-estimator."""
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
    """Train fits of one ``stack_key`` in one pass."""
    settings = Settings()
    with threads_for_training(has_large_batches(fits[0].run)) as map_blocks:
        train([fit.run for fit in fits], [fit.reporter for fit in fits], map_blocks)
    if fits[0].is_interrupted:
        settings.restore_after(KeyboardInterrupt())
    for fit in fits:
        fit.is_trained = True


class AtOnce:
    """Trains fits when they ask for it."""

    def train(self, fits):
        """Train fits of one ``stack_key``."""
        train_group(fits)

    def shared_inputs(self, network, inputs):
        """Return these inputs; another trainer may return equal inputs of an earlier fit instead."""
        return inputs


class _Trainer(threading.local):
    """For each thread, the object that trains its fits; it has the methods of ``AtOnce``."""

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
    """Fits that wait for others with the same ``stack_key``."""

    def __init__(self):
        self.drafts = {}  # by stack_key

    def add(self, fit):
        """Add a fit; yield the groups that are full now, to which no similar fit could be added."""
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
    """An incomplete group, the memory that its training will need, and the memory it needs while it waits."""

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
    """Count the bytes of an array or a sparse matrix; guess them for anything else."""
    if scipy.sparse.issparse(X):
        return 2 * X.nnz * X.dtype.itemsize
    if isinstance(X, np.ndarray):
        return X.nbytes
    return 8 * math.prod(getattr(X, "shape", [len(X)]))
