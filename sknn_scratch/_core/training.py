"""Training: tasks go in, results come out, and there is one loop.

    train          run epochs until every network has a reason to stop
    run_epoch      for each batch: train_on_batch
    train_on_batch the gradient of the loss, then one update of the optimiser
    measure        the numbers of the epoch that has just ended
    end_epoch      write them down, and find the reasons to stop
    run_lbfgs      the same with steps that SciPy's L-BFGS chooses

Tasks with the same ``group_key`` are trained together: their parameters are the rows of one array, and
that leading axis runs through all that a step computes. A single network has no such axis. A network that
has stopped leaves its group.
"""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blas import count_nonzero, norm
from sknn_scratch._core.data import pool
from sknn_scratch._core.group import Group, group_of
from sknn_scratch._core.lbfgs import Centring, minimise_lbfgs
from sknn_scratch._core.losses import LossTerms
from sknn_scratch._core.network import Batch, Map, mean_loss
from sknn_scratch._core.optimizers import Step
from sknn_scratch._core.run import Run, apply_stopping_rules, share_row_orders
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._core.tasks import EpochRecord, TrainResult, TrainState, TrainTask

OnEpochEnd: TypeAlias = Callable[[int, TrainState], bool]
OnEpochSettled: TypeAlias = Callable[[int, TrainState], None]


class Hooks(NamedTuple):
    """What is called after every epoch."""

    on_epoch_end: OnEpochEnd | None
    on_epoch_settled: OnEpochSettled | None


def train(
    tasks: Sequence[TrainTask],
    on_epoch_end: OnEpochEnd | None = None,
    on_epoch_settled: OnEpochSettled | None = None,
    map_blocks: Map = map,
) -> list[TrainResult]:
    """Train networks together until each has a reason to stop.

    Parameters
    ----------
    tasks : sequence of TrainTask
        All with the same ``group_key``, and just one if it ``trains_alone``. Their states are changed,
        unless they have a reason to stop already.
    on_epoch_end : callable, optional
        ``on_epoch_end(i, state)`` is called after every epoch of task i; a true value ends its training.
    on_epoch_settled : callable, optional
        ``on_epoch_settled(i, state)`` is called after that, when it is known whether the training ends.
    map_blocks : callable
        ``map``, or one that uses several threads: for the blocks of large batches.

    Returns
    -------
    list of TrainResult
        One for each task, in the same order.
    """
    hooks = Hooks(on_epoch_end, on_epoch_settled)
    data = pool([task.data for task in tasks])
    runs = [Run(i, state, data[i], config) for i, (state, _, config) in enumerate(tasks)]
    share_row_orders(runs)
    try:
        group = group_of(runs, map_blocks)
        while group is not None:
            if group.config.solver == "lbfgs":
                run_lbfgs(group, hooks)
            else:
                with np.errstate(all="ignore"):  # what is not finite, the outcome tells
                    outcome = run_epoch(group)
                    records = measure(group, outcome)
                end_epoch(group, outcome, records, hooks)
            group = group.without_stopped()
    except KeyboardInterrupt:
        for run in runs:
            run.interrupt()
        return [run.result()._replace(is_interrupted=True) for run in runs]
    return [run.result() for run in runs]


class EpochOutcome(NamedTuple):
    """What an epoch leaves behind, for every network (...)."""

    objective: Any  # mean loss over the batches, each before its update, plus the penalty at the start
    is_sound: Any  # whether the loss stayed finite and did not explode
    learning_rates: list[float]
    seconds: float


def run_epoch(group: Group) -> EpochOutcome:
    """Update the parameters once for every batch."""
    start = time.perf_counter()
    learning_rates = [run.scheduled_rate for run in group.runs]
    step = group.start_epoch(learning_rates)
    penalty, losses_of_chunks = group.penalty_value(), []
    for chunk in group.batches.epoch([run.state.shuffle_rng for run in group.runs]):
        for batch, terms in chunk:
            train_on_batch(group, batch, terms, step)
        losses_of_chunks.append(chunk.mean_losses())
    for run in group.runs:
        run.state.n_updates = step.number
    losses = np.concatenate(losses_of_chunks, axis=-1)
    group.limit_losses(losses[..., 0] + penalty)
    is_sound = group.is_sound(losses.max(axis=-1) + penalty) & group.are_finite()
    objective = group.batches.mean(losses) + penalty
    return EpochOutcome(objective, is_sound, learning_rates, time.perf_counter() - start)


def train_on_batch(group: Group, batch: Batch, terms: LossTerms, step: Step) -> None:
    """Make one step: a gradient and an update. Fills the terms of the losses before it."""
    gradient, grads = group.gradients[batch.n_rows], group.grads_for(batch.X)
    for workspace in gradient.workspaces:
        if workspace.keep is not None:
            draw_dropout(group.runs, workspace.keep)
    gradient.fill(group.params, grads, batch, terms)
    step.number += 1
    for part in group.parts(batch.X, grads):
        group.add_penalty_gradient(part)
        group.update(part.params, part.grads, part.updates, part.memory, step)
    group.last_grads, group.last_batch = grads, batch


def draw_dropout(runs: Sequence[Run], keep: Array) -> None:
    """Draw the factors (..., n_samples, n_hidden) of a batch: 0, or 1 / (1 - dropout)."""
    for run, factors in zip(runs, keep.reshape(len(runs), *keep.shape[-2:]), strict=True):
        dropout = run.config.dropout
        run.state.dropout_rng.random(out=factors, dtype=factors.dtype.type)
        np.greater_equal(factors, dropout, out=factors, casting="unsafe")
        np.multiply(factors, 1 / (1 - dropout), out=factors)


def end_epoch(group: Group, outcome: EpochOutcome, records: Sequence[EpochRecord], hooks: Hooks) -> None:
    """Write the epoch down, and find the reasons to stop."""
    for (run, is_sound), record in zip(group.by_run(outcome.is_sound), records, strict=True):
        run.state.history.append(record)
        reason = apply_stopping_rules(run, record) if is_sound else StopReason.DIVERGED
        if reason is StopReason.DIVERGED:
            run.diverge()
        else:
            run.state.stop_reason = reason
            run.keep_epoch()
    check_last_step(group)  # first for the callbacks, which see what is kept; again for those they stop
    if hooks.on_epoch_end is not None:
        for run in group.runs:
            if hooks.on_epoch_end(run.number, run.state):
                run.state.stop_reason = run.state.stop_reason or StopReason.CALLBACK
        check_last_step(group)
    if hooks.on_epoch_settled is not None:
        for run in group.runs:
            hooks.on_epoch_settled(run.number, run.state)


def check_last_step(group: Group) -> None:
    """Mark as diverged the networks that are about to stop, but whose last update made the loss explode."""
    if all(run.state.stop_reason is None for run in group.runs):
        return
    for run, is_sound in group.by_run(group.is_last_step_sound()):
        if run.state.stop_reason is not None and not is_sound:
            run.diverge()


def measure(group: Group, outcome: EpochOutcome) -> list[EpochRecord]:
    """Record the epoch: its objective, validation, last gradient and last hidden values.

    The gradient is that of the last update; the slopes are those of the first ``MEASURED_ROWS`` rows of the
    last batch of full size.
    """
    grads, slope = group.last_grads, group.measured_slope
    n_samples, n_hidden = slope.shape[-2:]
    is_steep = np.abs(slope) >= group.saturated_slope
    steep_rows_of_unit = group.sum_measured_rows(is_steep)
    columns = {
        "loss": group.as_float(outcome.objective),
        "gradient_norm_hidden": norm(grads.hidden_flat),
        "gradient_norm_output": norm(grads.output_flat),
        "saturated_fraction": 1 - count_nonzero(is_steep) / (n_samples * n_hidden),
        "dead_fraction": 1 - count_nonzero(steep_rows_of_unit) / n_hidden,
        "learning_rate": group.per_network(outcome.learning_rates),
        "seconds": outcome.seconds / len(group.runs),
    }
    if group.validation is not None:
        columns["val_loss"] = group.as_float(mean_loss(group.network, group.params, group.validation))
    if group.runs[0].data.score is not None:
        columns["val_score"] = group.per_network([score(*pair) for pair in group.by_run(outcome.is_sound)])
    if not group.stack_shape:
        return [columns]
    table = np.empty((len(columns), *group.stack_shape))
    for column, values in zip(table, columns.values(), strict=True):
        column[...] = values
    return [dict(zip(columns, row, strict=True)) for row in table.T.tolist()]


def score(run: Run, is_sound: bool) -> float:
    """Score the validation rows of a run, unless it has diverged: predictions may then be no numbers."""
    assert run.data.score is not None
    return run.data.score(run.state.params) if is_sound else math.nan


def run_lbfgs(group: Group, hooks: Hooks) -> None:
    """Minimise the objective over all training rows; an iteration counts as an epoch."""
    (run,) = group.runs
    (chunk,) = group.batches.epoch([])
    ((batch, terms),) = chunk
    gradient, grads = group.gradients[batch.n_rows], group.grads
    centring = Centring(group.network.shape, group.network.activate)
    iteration_start = time.perf_counter()

    @np.errstate(all="ignore")
    def objective_and_gradient(x: Array) -> tuple[float, Array]:
        group.params.flat[...] = centring.params(x)
        gradient.fill(group.params, grads, batch, terms)
        (loss,) = chunk.mean_losses()
        group.add_penalty_gradient(group.whole)
        return float(loss + group.penalty_value()), centring.gradient(grads.flat)

    def on_iteration(x: Array, objective: float) -> bool:
        nonlocal iteration_start
        seconds = time.perf_counter() - iteration_start
        outcome = EpochOutcome(objective, math.isfinite(objective), [1.0], seconds)
        with np.errstate(all="ignore"):
            group.params.flat[...] = centring.params(x)
            records = measure(group, outcome)
        end_epoch(group, outcome, records, hooks)
        iteration_start = time.perf_counter()
        return run.state.stop_reason is not None

    start = centring.coordinates(run.state.params)
    has_succeeded = minimise_lbfgs(objective_and_gradient, start, on_iteration)
    if run.epochs_done == 0:  # it ended before its first iteration: record the start
        on_iteration(start, objective_and_gradient(start)[0])
    if run.state.stop_reason is None:
        np.copyto(run.state.params, run.epoch_start)  # a line search that fails ends somewhere else
        run.state.stop_reason = StopReason.CONVERGED if has_succeeded else StopReason.LINE_SEARCH_FAILED
