"""Training: tasks go in, results come out, and there is one loop.

    train          run epochs until every network has a reason to stop
    run_epoch      for each batch: loss_and_gradient, then one update of the optimiser
    measure        the numbers of the epoch that has just ended
    end_epoch      write them down, and find the reasons to stop

Every network has its own state, data and config: a ``TrainTask``. Tasks with the same ``group_key`` are
trained together: their parameters are the rows of one array, and that leading axis runs through all that a
step computes. A single network has no such axis. A network that has stopped leaves the stack.
"""

import copy
import math
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.batches import BatchStream, TrainData, pool, stack_validations
from sknn_scratch._core.lbfgs import minimise_lbfgs
from sknn_scratch._core.narrowing import Narrowing, Trainable, is_wide
from sknn_scratch._core.network import (
    Batch,
    Network,
    add_penalty_gradient,
    allocate_workspace,
    loss_and_gradient,
    mean_loss,
    penalty_value,
)
from sknn_scratch._core.optimizers import OPTIMIZERS, Memory, Step
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.sparse import Index, SparseRows
from sknn_scratch._core.stopping import StopReason, Watch

EpochRecord: TypeAlias = dict[str, float]

# A loss this many times the first one is an explosion: trainings that recover stay far below it.
EXPLOSION = 1e6
# The adaptive schedule divides the learning rate by this factor, as scikit-learn's does.
ADAPTIVE_FACTOR = 5.0
ADAPTIVE_MINIMUM = 1e-6
# A hidden value is saturated where the slope of the activation is below this.
SATURATED_SLOPE = 0.05


@dataclass(frozen=True)
class TrainConfig:
    """The hyperparameters of one network."""

    network: Network
    solver: str
    batch_size: int
    max_iter: int
    learning_rate: float
    schedule: str = "constant"
    alpha: float = 0.0
    dropout: float = 0.0
    momentum: float = 0.9
    nesterov: bool = True
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    tol: float = 0.0
    n_iter_no_change: int = 10
    gradient_tol: float = 0.0


@dataclass
class TrainState:
    """All that changes while a network is trained; from it, training goes on as if never stopped.

    Attributes
    ----------
    params : ndarray of shape (n_params,)
    shuffle_rng, dropout_rng : Generator
        The random streams of the order of the rows and of the dropped units.
    learning_rate : float
        The current one; the adaptive schedule lowers it.
    memory : dict of ndarray of shape (n_params,)
        The optimiser's.
    n_updates : int
        How many updates the optimiser has made.
    history : list of dict
        One record an epoch.
    epochs_before : int
        How many of them were made before the present run, which has its own ``max_iter``.
    watch : Watch
        The best epoch of the present run.
    loss_limit : float or None
        The loss that counts as an explosion; None until the first batch.
    stop_reason : StopReason or None
        Why the present run has ended; None while it has not.
    """

    params: Array
    shuffle_rng: np.random.Generator
    dropout_rng: np.random.Generator
    learning_rate: float
    memory: Memory = field(default_factory=dict)
    n_updates: int = 0
    history: list[EpochRecord] = field(default_factory=list)
    epochs_before: int = 0
    watch: Watch = field(default_factory=Watch)
    loss_limit: float | None = None
    stop_reason: StopReason | None = None

    @property
    def epoch(self) -> int:
        """Number of epochs made."""
        return len(self.history)

    def copy(self) -> "TrainState":
        """Copy all that training changes; the records of the history are never changed."""
        return replace(
            self,
            params=self.params.copy(),
            shuffle_rng=copy.deepcopy(self.shuffle_rng),
            dropout_rng=copy.deepcopy(self.dropout_rng),
            memory={name: array.copy() for name, array in self.memory.items()},
            history=list(self.history),
            watch=replace(self.watch),
        )

    def for_another_run(self, learning_rate: float) -> "TrainState":
        """Copy the state for a further run, with full patience and its own epochs to count."""
        return replace(
            self.copy(),
            learning_rate=learning_rate,
            epochs_before=self.epoch,
            watch=Watch(),
            loss_limit=None,
            stop_reason=None,
        )


class TrainTask(NamedTuple):
    """One network to train."""

    state: TrainState
    data: TrainData
    config: TrainConfig


class TrainResult(NamedTuple):
    """One network, trained."""

    state: TrainState  # its params are the best epoch's where there is a validation, else the last's
    stop_reason: StopReason
    best_epoch: int


OnEpochEnd: TypeAlias = Callable[[int, TrainState], bool]


def group_key(task: TrainTask) -> Hashable:
    """Tasks with equal keys can be trained together."""
    state, data, config = task
    n_batches = -(-data.n_samples // config.batch_size)
    return (
        config.network,
        config.solver,
        n_batches,
        config.batch_size if n_batches > 1 else None,
        (config.nesterov, config.beta_1, config.beta_2, config.epsilon),
        config.dropout > 0,
        data.validation is None,
        isinstance(data.X, np.ndarray),
        state.params.dtype.str,
        state.n_updates,
        id(state) if is_trained_narrow(task) else None,  # each batch of each network trains another part
    )


def is_trained_narrow(task: "TrainTask | Run") -> bool:
    """Whether the network is wide and its rows sparse, so that batches train parts of it."""
    is_sparse = not isinstance(task.data.X, np.ndarray)
    return is_sparse and task.config.solver != "lbfgs" and is_wide(task.config.network.shape)


def train(tasks: Sequence[TrainTask], on_epoch_end: OnEpochEnd | None = None) -> list[TrainResult]:
    """Train networks together until each has a reason to stop.

    Parameters
    ----------
    tasks : sequence of TrainTask
        All with the same ``group_key``; with the solver lbfgs, just one. Their states are changed, unless
        they have a reason to stop already.
    on_epoch_end : callable, optional
        ``on_epoch_end(i, state)`` is called after every epoch of task i; a true value ends its training.

    Returns
    -------
    list of TrainResult
        One for each task, in the same order.
    """
    runs = [Run(i, *task) for i, task in enumerate(tasks)]
    for run, data in zip(runs, pool([task.data for task in tasks]), strict=True):
        run.data = data
    try:
        stack = Stack(runs).without_stopped()
        if stack.config.solver == "lbfgs":
            run_lbfgs(stack, on_epoch_end)
        while stack.runs:
            end_epoch(stack, run_epoch(stack), on_epoch_end)
            stack = stack.without_stopped()
    except KeyboardInterrupt:
        for run in runs:
            run.interrupt()
    return [run.result() for run in runs]


@dataclass
class Run:
    """A task on its way through ``train``."""

    number: int
    state: TrainState
    data: TrainData
    config: TrainConfig
    last_good: Array = field(default_factory=lambda: np.empty(0))  # params after the last sound epoch

    @property
    def epochs_done(self) -> int:
        """Epochs of this run."""
        return self.state.epoch - self.state.epochs_before

    @property
    def scheduled_rate(self) -> float:
        """The learning rate of the coming epoch."""
        if self.config.schedule == "cosine":
            progress = self.epochs_done / self.config.max_iter
            return self.state.learning_rate * (1 + math.cos(math.pi * progress)) / 2
        return self.state.learning_rate

    def restore_last_good(self) -> None:
        """Undo the updates since the last good epoch."""
        np.copyto(self.state.params, self.last_good)

    def interrupt(self) -> None:
        """Stop at the last whole epoch, unless there was another reason to stop."""
        if self.state.stop_reason is None:
            self.state.stop_reason = StopReason.INTERRUPTED
            self.restore_last_good()

    def result(self) -> TrainResult:
        """Let go of the stack, and choose the parameters of the best epoch."""
        state, watch = self.state, self.state.watch
        assert state.stop_reason is not None
        state.params = state.params.copy()
        state.memory = {name: array.copy() for name, array in state.memory.items()}
        if watch.best_params is None:
            return TrainResult(state, state.stop_reason, state.epoch)
        state.params, watch.best_params = watch.best_params, None
        return TrainResult(state, state.stop_reason, watch.best_epoch)


class Stack:
    """Runs that are trained together, and the arrays they share.

    The states' arrays become views of the rows of the stack's arrays.
    """

    def __init__(self, runs: list[Run]) -> None:
        self.runs = runs
        self.config = runs[0].config
        self.network = self.config.network
        self.networks = () if len(runs) == 1 else (len(runs),)
        self.loss_limit: Any = None
        self._stack_parameters()
        self._stack_data()

    def _stack_parameters(self) -> None:
        shape, states = self.network.shape, [run.state for run in self.runs]
        optimizer = OPTIMIZERS.get(self.config.solver)
        for state in states:
            if optimizer is not None and not state.memory:
                state.memory = optimizer.init(state.params)
        flat = self._share([state.params for state in states])
        memory = {name: self._share([state.memory[name] for state in states]) for name in states[0].memory}
        if self.networks:
            for i, state in enumerate(states):
                state.params = flat[i]
                state.memory = {name: array[i] for name, array in memory.items()}
        self.params, grads, updates = (
            view_parameters(array, shape) for array in (flat, np.zeros_like(flat), np.zeros_like(flat))
        )
        self.whole = self.last_trained = Trainable(self.params, grads, updates, memory)
        self.narrowing = Narrowing(self.whole, shape) if is_trained_narrow(self.runs[0]) else None
        self.last_good = flat.copy()
        for run, last_good in zip(self.runs, np.atleast_2d(self.last_good), strict=True):
            run.last_good = last_good

    def _stack_data(self) -> None:
        config, data = self.config, [run.data for run in self.runs]
        self.batches = BatchStream(data, config.batch_size, select_columns=self.narrowing is not None)
        self.workspaces = {
            n: allocate_workspace(
                self.network.shape,
                (*self.networks, n),
                self.params.flat.dtype,
                dropout=config.dropout > 0,
            )
            for n in self.batches.sizes
        }
        alphas = [run.config.alpha / run.data.total_weight for run in self.runs]
        self.penalty = self.per_network(alphas) if any(alphas) else None
        self.penalty_column = self.column(alphas)
        validations = [one.validation for one in data if one.validation is not None]
        self.validation = None
        if validations:
            self.validation = stack_validations(validations) if self.networks else validations[0]

    def _share(self, arrays: list[Array]) -> Array:
        return np.stack(arrays) if self.networks else arrays[0]

    def per_network(self, values: Sequence[float]) -> Any:
        """Give an array (...) of a number for each network; one network's stays a number."""
        return np.array(values) if self.networks else values[0]

    def column(self, values: Sequence[float]) -> Any:
        """Give the same in the precision of the parameters, as (..., 1) to go with them."""
        column = np.array(values, self.params.flat.dtype)
        return column[:, np.newaxis] if self.networks else column.reshape(())

    def next_step(self, learning_rates: Sequence[float]) -> Step:
        """Start an epoch's numbering of the updates where the last one's ended."""
        config = self.config
        return Step(
            number=self.runs[0].state.n_updates + 1,
            learning_rate=self.column(learning_rates),
            momentum=self.column([run.config.momentum for run in self.runs]),
            nesterov=config.nesterov,
            beta_1=config.beta_1,
            beta_2=config.beta_2,
            epsilon=config.epsilon,
        )

    def are_sound(self, losses: Sequence[Any]) -> Any:
        """Whether the losses (...) of batches are all finite and no explosion of the run's first one."""
        if self.loss_limit is None:
            for run, first_loss in zip(self.runs, np.atleast_1d(losses[0]), strict=True):
                if run.state.loss_limit is None:
                    run.state.loss_limit = EXPLOSION * max(1.0, float(first_loss))
            self.loss_limit = self.per_network([run.state.loss_limit or 0 for run in self.runs])
        return np.all(np.array(losses) < self.loss_limit, axis=0)

    def penalty_value(self) -> Any:
        """L2 penalty (...) of the present parameters."""
        return 0.0 if self.penalty is None else penalty_value(self.params, self.penalty)

    def add_penalty_gradient(self, trained: Trainable) -> None:
        """Add the penalty's gradient to the loss's."""
        if self.penalty is not None:
            params, grads, updates, _ = trained
            add_penalty_gradient(params, grads, self.penalty_column, updates.weights)

    def trained_by(self, batch: Batch) -> Trainable:
        """Get what a step with this batch trains: all of it, or the part that sparse rows use."""
        return self.whole if self.narrowing is None else self.narrowing.read(columns_of(batch))

    def keep_trained(self, trained: Trainable, batch: Batch) -> None:
        """Write a part back."""
        self.last_trained = trained
        if self.narrowing is not None:
            self.narrowing.write(trained, columns_of(batch))

    def without_stopped(self) -> "Stack":
        """Go on with the networks that have no reason to stop."""
        going_on = [run for run in self.runs if run.state.stop_reason is None]
        if len(going_on) == len(self.runs):
            return self
        if going_on:
            return Stack(going_on)
        self.runs = []
        return self


def columns_of(batch: Batch) -> Index:
    """Get the features that the rows of a batch use."""
    assert isinstance(batch.X, SparseRows)
    assert batch.X.columns is not None
    return batch.X.columns


class EpochOutcome(NamedTuple):
    """What an epoch leaves behind, for every network (...)."""

    objective: Any  # mean loss over the batches, each before its update, plus the penalty at the start
    sound: Any  # whether the loss stayed finite and did not explode
    learning_rates: list[float]
    seconds: float


@np.errstate(all="ignore")
def run_epoch(stack: Stack) -> EpochOutcome:
    """Update the parameters once for every batch of the training rows."""
    start = time.perf_counter()
    learning_rates = [run.scheduled_rate for run in stack.runs]
    update = OPTIMIZERS[stack.config.solver].update
    step = stack.next_step(learning_rates)
    objective, sound = stack.penalty_value(), np.True_
    for chunk in stack.batches.epoch([run.state.shuffle_rng for run in stack.runs]):
        losses = []
        for batch in chunk:
            workspace = stack.workspaces[batch.n_rows]
            if workspace.keep is not None:
                draw_dropout(stack.runs, batch.counts, workspace.keep)
            trained = stack.trained_by(batch)
            losses.append(loss_and_gradient(stack.network, trained.params, trained.grads, batch, workspace))
            stack.add_penalty_gradient(trained)
            params, grads, updates, memory = trained
            update(params.flat, grads.flat, updates.flat, memory, step)
            stack.keep_trained(trained, batch)
            step.number += 1
        objective = objective + sum(loss * batch.share for loss, batch in zip(losses, chunk, strict=True))
        sound = sound & stack.are_sound(losses)
        if not sound.any():
            break
    for run in stack.runs:
        run.state.n_updates = step.number - 1
    return EpochOutcome(objective, sound, learning_rates, time.perf_counter() - start)


def draw_dropout(runs: Sequence[Run], counts: Sequence[int], keep: Array) -> None:
    """Draw the factors (..., n_samples, n_hidden) of a batch: 0, or 1 / (1 - dropout)."""
    for run, count, factors in zip(runs, counts, keep.reshape(len(runs), *keep.shape[-2:]), strict=True):
        dropout = run.config.dropout
        drawn = factors[:count]
        run.state.dropout_rng.random(out=drawn, dtype=drawn.dtype.type)
        np.greater_equal(drawn, dropout, out=drawn, casting="unsafe")
        np.multiply(drawn, 1 / (1 - dropout), out=drawn)


def run_lbfgs(stack: Stack, on_epoch_end: OnEpochEnd | None) -> None:
    """Minimise the objective over all training rows; an iteration counts as an epoch."""
    (run,) = stack.runs
    ((batch,),) = stack.batches.epoch([])
    workspace, grads = stack.workspaces[batch.n_rows], stack.whole.grads
    iteration_start = time.perf_counter()

    def objective_and_gradient(x: Array) -> tuple[float, Array]:
        stack.params.flat[...] = x
        penalty = stack.penalty_value()
        with np.errstate(all="ignore"):
            loss = loss_and_gradient(stack.network, stack.params, grads, batch, workspace)
        stack.add_penalty_gradient(stack.whole)
        return float(loss + penalty), grads.flat.astype(np.float64)

    def on_iteration(x: Array, objective: float) -> bool:
        nonlocal iteration_start
        stack.params.flat[...] = x
        now = time.perf_counter()
        outcome = EpochOutcome(np.float64(objective), np.isfinite(objective), [1.0], now - iteration_start)
        iteration_start = now
        end_epoch(stack, outcome, on_epoch_end)
        return run.state.stop_reason is not None

    minimise_lbfgs(objective_and_gradient, run.state.params, on_iteration)
    if run.epochs_done == 0:
        on_iteration(run.state.params, objective_and_gradient(run.state.params)[0])
    run.state.stop_reason = run.state.stop_reason or StopReason.CONVERGED
    stack.runs = []


def end_epoch(stack: Stack, outcome: EpochOutcome, on_epoch_end: OnEpochEnd | None) -> None:
    """Write the epoch down, and find the reasons to stop."""
    sound = np.atleast_1d(outcome.sound)
    for run, record, is_sound in zip(stack.runs, measure(stack, outcome), sound, strict=True):
        run.state.history.append(record)
        if is_sound:
            run.state.stop_reason = reason_to_stop(run, record)
            np.copyto(run.last_good, run.state.params)
        else:
            run.state.stop_reason = StopReason.DIVERGED
            run.restore_last_good()
        if on_epoch_end is not None and on_epoch_end(run.number, run.state):
            run.state.stop_reason = run.state.stop_reason or StopReason.CALLBACK


def reason_to_stop(run: Run, record: EpochRecord) -> StopReason | None:
    """Apply the stopping rules to the epoch that has just ended."""
    state, config = run.state, run.config
    validated = run.data.validation is not None
    state.watch.see(watched_value(record), state.epoch, config.tol, state.params if validated else None)
    gradient_norm = math.hypot(record["gradient_norm_hidden"], record["gradient_norm_output"])
    if gradient_norm < config.gradient_tol:
        return StopReason.SMALL_GRADIENT
    if state.watch.epochs_without_improvement >= config.n_iter_no_change:
        if config.schedule == "adaptive" and state.learning_rate > ADAPTIVE_MINIMUM:
            state.learning_rate /= ADAPTIVE_FACTOR
            state.watch.epochs_without_improvement = 0
        else:
            return StopReason.NO_IMPROVEMENT if validated else StopReason.CONVERGED
    return StopReason.MAX_ITER if run.epochs_done >= config.max_iter else None


def watched_value(record: EpochRecord) -> float:
    """Find the number that should fall: minus the validation score, the validation loss or the loss."""
    if "val_score" in record:
        return -record["val_score"]
    return record.get("val_loss", record["loss"])


@np.errstate(all="ignore")
def measure(stack: Stack, outcome: EpochOutcome) -> list[EpochRecord]:
    """Record the epoch: its objective, validation, last gradient and last hidden values.

    The gradient is that of the last update; the slopes are those of as many of the last rows as a batch
    has, except that in a stack a few of them may be surplus rows.
    """
    grads, slope = stack.last_trained.grads, stack.workspaces[stack.batches.batch_size].slope
    n_samples, n_hidden = slope.shape[-2:]
    flat_counts = np.add.reduce(slope < SATURATED_SLOPE, axis=-2)
    columns = {
        "loss": outcome.objective,
        "gradient_norm_hidden": norm(grads.w_hidden, grads.b_hidden),
        "gradient_norm_output": norm(grads.w_output, grads.b_output),
        "saturated_fraction": np.add.reduce(flat_counts, axis=-1) / (n_samples * n_hidden),
        "dead_fraction": np.add.reduce(flat_counts == n_samples, axis=-1) / n_hidden,
        "learning_rate": stack.per_network(outcome.learning_rates),
        "seconds": stack.per_network([outcome.seconds / len(stack.runs)] * len(stack.runs)),
    }
    if stack.validation is not None:
        columns["val_loss"] = mean_loss(stack.network, stack.params, stack.validation)
    if stack.runs[0].data.score is not None:
        scores = [run.data.score(run.state.params) for run in stack.runs if run.data.score]
        columns["val_score"] = stack.per_network(scores)
    if not stack.networks:
        return [{name: float(value) for name, value in columns.items()}]
    return [dict(zip(columns, map(float, row), strict=True)) for row in zip(*columns.values(), strict=True)]


def norm(weights: Array, biases: Array) -> Any:
    """Euclidean norm (...) of a layer's weights (..., n_in, n_out) and biases (..., 1, n_out)."""
    flat = weights.reshape(*weights.shape[:-2], -1)
    return np.sqrt(np.vecdot(flat, flat) + np.vecdot(biases, biases)[..., 0])
