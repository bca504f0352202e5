"""Training: networks go down their objectives, epoch by epoch, until each has a reason to stop.

``train`` calls ``descend``, which calls ``run_epoch`` for each epoch or, with L-BFGS, ``run_iterations``.
An epoch ends with ``measure`` and ``end_epochs``, which stops the networks that have a reason (``stopping``).

A stack is one run, or several with one ``stack_key``. When some stop, the others continue in a smaller stack.
"""

import math
from collections.abc import Sequence
from contextlib import closing
from time import perf_counter
from typing import Any

import numpy as np

from sknn_scratch._core.arrays import sum_of_squares
from sknn_scratch._core.blocks import Map
from sknn_scratch._core.lbfgs import minimise
from sknn_scratch._core.stack import Stack
from sknn_scratch._core.state import Epoch, Run, StopReason
from sknn_scratch._core.stopping import end_epoch, finish, interrupt, stop, watch_start


class Hooks:
    """Methods that are called before and after every epoch; these do nothing."""

    def on_epoch_begin(self, run: Run) -> None:
        """Do something before an epoch."""

    def on_epoch_end(self, run: Run) -> bool:
        """Return whether the training of this run should end after this epoch."""
        return False


def train(runs: Sequence[Run], hooks: Sequence[Hooks] = (), map_blocks: Map = map) -> Sequence[Run]:
    """Train networks together until each has a reason to stop; return the same runs.

    All have the same ``stack_key``; if it is None, there is only one. There are hooks for each run, or none.
    """
    members = list(zip(runs, hooks or [Hooks()] * len(runs), strict=True))
    try:
        while going_on := [member for member in members if member[0].is_going_on]:
            some_runs, some_hooks = zip(*going_on, strict=True)
            with closing(Stack(some_runs, map_blocks)) as stack:
                descend(stack, some_hooks)
            del stack  # free its memory before a smaller one takes some
    except KeyboardInterrupt:
        for run in runs:
            interrupt(run)
    for run in runs:
        finish(run)
    return runs


def descend(stack: Stack, hooks: Sequence[Hooks]) -> None:
    """Train a stack, epoch by epoch, until one of its networks stops."""
    if stack.validation is not None and stack.runs[0].epochs_done == 0:
        for run, val_loss in stack.by_run(stack.validation_loss()):
            watch_start(run, val_loss)
    if stack.optimizer.takes_all_rows:
        run_iterations(stack, hooks)
        return
    while all(run.is_going_on for run in stack.runs):
        for run, hook in zip(stack.runs, hooks, strict=True):
            hook.on_epoch_begin(run)
        with np.errstate(all="ignore"):  # overflow makes an epoch unsound
            epochs = run_epoch(stack)
        for run in stack.runs:
            run.state.n_updates = stack.n_updates
        end_epochs(stack, epochs, hooks)


def run_epoch(stack: Stack) -> list[Epoch]:
    """Update the parameters once for every batch.

    A step of plain gradient descent, beside the calls that make it::

        grads   = d mean_loss / d params    compute_gradient -> BatchGradient.fill -> network.loss_gradient
        grads  += d penalty / d params      Stack.update -> Penalty.apply
        params -= learning_rate * grads     Stack.update -> Sgd.update
    """
    start = perf_counter()
    penalty = stack.penalty.value(stack.params)  # nearly the same at the end of the epoch
    stack.learning_rates = [run.learning_rate for run in stack.runs]
    for batch in stack.batches.epoch([run.state.shuffle_rng for run in stack.runs]):
        stack.compute_gradient(batch)
        stack.update()
    losses = stack.batches.losses()
    mean, first, highest = stack.batches.mean(losses), losses[..., 0], losses.max(axis=-1)
    return measure(stack, perf_counter() - start, mean + penalty, first + penalty, highest + penalty)


def run_iterations(stack: Stack, hooks: Sequence[Hooks]) -> None:
    """Train one network by L-BFGS until it has a reason to stop; an iteration counts as an epoch."""
    (run,), (hook,) = stack.runs, hooks
    hook.on_epoch_begin(run)
    start = perf_counter()

    def on_iteration(objective: float, end: StopReason | None) -> bool:
        nonlocal start
        with np.errstate(all="ignore"):
            (epoch,) = measure(stack, perf_counter() - start, objective, objective, objective)
        end_epochs(stack, [epoch._replace(end=end)], hooks)
        if run.is_going_on:
            hook.on_epoch_begin(run)
        start = perf_counter()
        return not run.is_going_on

    minimise(stack.evaluate, run.state.params, on_iteration)


def measure(stack: Stack, seconds: float, mean: Any, first: Any, highest: Any) -> list[Epoch]:
    """Measure the epoch of each network, given the mean, first and highest objective (...) of its batches.

    A network whose parameters are not finite has an infinite highest objective.
    """
    saturated_fraction, dead_fraction = stack.saturation()
    measured = {
        "loss": mean,
        "gradient_norm_hidden": np.sqrt(sum_of_squares(stack.grads.hidden_flat)),
        "gradient_norm_output": np.sqrt(sum_of_squares(stack.grads.output_flat)),
        "saturated_fraction": saturated_fraction,
        "dead_fraction": dead_fraction,
        "learning_rate": stack.per_network(stack.learning_rates),
        "seconds": stack.per_network([seconds / len(stack.runs)] * len(stack.runs)),
    }
    if stack.validation is not None:
        measured["val_loss"] = stack.validation_loss()
    are_finite = np.isfinite(stack.params.flat).all(axis=-1)
    table = np.transpose([first, highest, are_finite, *measured.values()])  # a row for each network
    return [
        Epoch(dict(zip(measured, values, strict=True)), its_first, its_highest if is_finite else math.inf)
        for its_first, its_highest, is_finite, *values in np.atleast_2d(table).tolist()
    ]


def end_epochs(stack: Stack, epochs: Sequence[Epoch], hooks: Sequence[Hooks]) -> None:
    """Record the epoch of each network, and stop the networks that have a reason."""
    for run, epoch in zip(stack.runs, epochs, strict=True):
        end_epoch(run, epoch)
    for run, hook in zip(stack.runs, hooks, strict=True):
        if hook.on_epoch_end(run) and run.is_going_on:
            stop(run, StopReason.CALLBACK)
    check_last_update(stack)


def check_last_update(stack: Stack) -> None:
    """Stop networks as diverged if the last update before their end made the loss explode.

    A network that goes on shows this in its next epoch, and L-BFGS has measured the loss after its update.
    """
    if stack.optimizer.takes_all_rows or all(run.is_going_on for run in stack.runs):
        return
    for run, objective in stack.by_run(stack.last_objective()):
        if not (run.is_going_on or objective < run.state.loss_limit):
            stop(run, StopReason.DIVERGED)
