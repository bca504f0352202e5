"""Networks that are trained together, and the arrays they share."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.batches import BatchStream, TrainData, stack_validations
from sknn_scratch._core.blas import add_multiples
from sknn_scratch._core.narrowing import Narrowing, Part
from sknn_scratch._core.network import Batch, allocate_workspace, mean_loss, penalty_value
from sknn_scratch._core.optimizers import OPTIMIZERS, Step
from sknn_scratch._core.parameters import Parameters, view_parameters
from sknn_scratch._core.stopping import StopReason
from sknn_scratch._core.tasks import TrainConfig, TrainResult, TrainState, TrainTask, is_trained_narrow

# A loss this many times the first one is an explosion: trainings that recover stay far below it.
EXPLOSION = 1e6
# Rows that saturation is measured on: enough for a share, few enough to take no time in full-batch training.
MEASURED_ROWS = 100


@dataclass
class Run:
    """A task on its way through ``train``."""

    number: int
    state: TrainState
    data: TrainData
    config: TrainConfig

    def __post_init__(self) -> None:
        self.epoch_start: Array = self.state.params.copy()
        self.epochs_kept = self.epochs_done

    @property
    def task(self) -> TrainTask:
        """The task itself."""
        return TrainTask(self.state, self.data, self.config)

    @property
    def epochs_done(self) -> int:
        """Epochs of this run."""
        return len(self.state.history)

    @property
    def scheduled_rate(self) -> float:
        """The learning rate of the coming epoch."""
        if self.config.schedule == "cosine":
            progress = self.epochs_done / self.config.max_iter
            return self.state.learning_rate * (1 + math.cos(math.pi * progress)) / 2
        return self.state.learning_rate

    def keep_epoch(self) -> None:
        """Take note of a sound epoch: its start was good, its end is the next one's start.

        A loss may grow for some epochs before it explodes, so an epoch without validation was only good
        if it had the lowest loss so far.
        """
        if self.data.validation is not None or self.state.watch.best_epoch == self.state.epoch:
            self.state.last_good, self.state.good_epoch = self.epoch_start, self.state.epoch - 1
        self.epoch_start, self.epochs_kept = self.state.params.copy(), self.epochs_done

    def diverge(self) -> None:
        """Return to the last good parameters, without what the optimiser remembers of the bad ones."""
        self.state.stop_reason = StopReason.DIVERGED
        last_good = self.epoch_start if self.state.last_good is None else self.state.last_good
        np.copyto(self.state.params, last_good)
        self.state.forget_updates()
        if self.state.watch.best_epoch >= self.state.epoch - 1:  # they led to the explosion, or are it
            self.state.watch.best_params = None

    def interrupt(self) -> None:
        """Stop at the last whole epoch, unless there was another reason to stop.

        What the optimiser remembers has gone on from there, and cannot go back.
        """
        if self.state.stop_reason is None:
            self.state.stop_reason = StopReason.INTERRUPTED
            np.copyto(self.state.params, self.epoch_start)
            del self.state.history[self.epochs_kept :]
            self.state.forget_updates()

    def leave_group(self) -> None:
        """Copy what the group shares: a view would keep the arrays of all its networks alive."""
        self.state.params = self.state.params.copy()
        self.state.memory = {name: array.copy() for name, array in self.state.memory.items()}

    def result(self) -> TrainResult:
        """Let go of the group, and choose the parameters of the best epoch."""
        self.leave_group()
        state, watch = self.state, self.state.watch
        assert state.stop_reason is not None
        if watch.best_params is None:
            has_diverged = state.stop_reason is StopReason.DIVERGED
            return TrainResult(state, state.stop_reason, state.good_epoch if has_diverged else state.epoch)
        state.params, watch.best_params = watch.best_params, None
        return TrainResult(state, state.stop_reason, watch.best_epoch)


class Group:
    """Runs that are trained together, and the arrays they share.

    One run has no network axis. With several, the states' arrays become views of the group's, row by row.
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
        if optimizer is not None:
            self.update = optimizer.update
            for state in states:
                state.memory = state.memory or optimizer.init(state.params)
        flat = self._share([state.params for state in states])
        memory = {name: self._share([state.memory[name] for state in states]) for name in states[0].memory}
        if self.networks:
            for i, state in enumerate(states):
                state.params = flat[i]
                state.memory = {name: array[i] for name, array in memory.items()}
        self.params, self.grads = view_parameters(flat, shape), view_parameters(np.zeros_like(flat), shape)
        vectors = {name: array.reshape(-1) for name, array in memory.items()}
        self.whole = Part(
            flat.reshape(-1),
            self.grads.flat.reshape(-1),
            np.zeros(flat.size, flat.dtype),
            vectors,
            shape.n_weights,
        )
        self.narrowing = Narrowing(self.whole, shape) if is_trained_narrow(self.runs[0].task) else None
        self.last_grads = self.grads
        self.last_batch: Batch | None = None

    def _stack_data(self) -> None:
        config, data = self.config, [run.data for run in self.runs]
        self.batches = BatchStream(
            data, config.batch_size, self.network.loss, select_columns=self.narrowing is not None
        )
        self.workspaces = {
            n: allocate_workspace(
                self.network.shape,
                (*self.networks, n),
                self.params.flat.dtype,
                dropout=config.dropout > 0,
                sparse=not isinstance(data[0].X, np.ndarray),
            )
            for n in set(self.batches.sizes)
        }
        self.measured_slope = self.workspaces[self.batches.batch_size].slope[..., :MEASURED_ROWS, :]
        self.step = Step(
            number=0,  # this and the learning rates are next_step's to set
            learning_rates=[],
            momenta=[run.config.momentum for run in self.runs],
            nesterov=config.nesterov,
            beta_1=config.beta_1,
            beta_2=config.beta_2,
            epsilon=config.epsilon,
            dtype=self.params.flat.dtype,
        )
        alphas = [run.config.alpha / run.data.total_weight for run in self.runs]
        self.penalty = self.per_network(alphas) if any(alphas) else None
        self.penalty_rates = alphas
        validations = [one.validation for one in data if one.validation is not None]
        self.validation = None
        if validations:
            self.validation = stack_validations(validations) if self.networks else validations[0]

    def _share(self, arrays: list[Array]) -> Array:
        return np.stack(arrays) if self.networks else arrays[0]

    def per_network(self, values: Sequence[float]) -> Any:
        """Give an array (...) of a number for each network, in double precision."""
        return np.array(values) if self.networks else np.float64(values[0])

    def next_step(self, learning_rates: Sequence[float]) -> Step:
        """Go on numbering the updates, at an epoch's learning rates."""
        self.step.number = self.runs[0].state.n_updates + 1
        self.step.learning_rates = learning_rates
        return self.step

    def are_sound(self, losses: Array) -> Any:
        """Whether the losses (n_batches, ...) are all finite and no explosion of the run's first one."""
        if self.loss_limit is None:
            for run, first_loss in zip(self.runs, np.atleast_1d(losses[0]), strict=True):
                if run.state.loss_limit is None:
                    run.state.loss_limit = EXPLOSION * max(1.0, float(first_loss))
            self.loss_limit = self.per_network([run.state.loss_limit or 0 for run in self.runs])
        return np.logical_and.reduce(losses < self.loss_limit, axis=0)

    def is_last_step_sound(self) -> Any:
        """Whether the loss (...) of the last batch is still sound after the update that it led to."""
        if self.last_batch is None:
            return np.True_
        with np.errstate(all="ignore"):
            loss = mean_loss(self.network, self.params, self.last_batch)
            return self.are_sound(np.array([loss]))

    def are_finite(self) -> Any:
        """Whether the parameters (...) of each network are."""
        return np.isfinite(self.params.flat).all(axis=-1)

    def penalty_value(self) -> Any:
        """L2 penalty (...) of the present parameters."""
        return 0.0 if self.penalty is None else penalty_value(self.params, self.penalty)

    def grads_for(self, X: Any) -> Parameters:
        """Give the buffer for the gradient of a batch."""
        return self.grads if self.narrowing is None else self.narrowing.grads(X)

    def parts(self, X: Any, grads: Parameters) -> Iterable[Part]:
        """Give what a batch updates."""
        return (self.whole,) if self.narrowing is None else self.narrowing.parts(X, grads)

    def add_penalty_gradient(self, part: Part) -> None:
        """Add the penalty's gradient to the loss's."""
        if self.penalty is not None:
            add_multiples(part.grads, self.penalty_rates, part.params, part.n_weights)

    def without_stopped(self) -> "Group":
        """Go on with the networks that have no reason to stop."""
        going_on = [run for run in self.runs if run.state.stop_reason is None]
        if len(going_on) == len(self.runs):
            return self
        for run in self.runs:
            if run.state.stop_reason is not None:
                run.leave_group()
        if going_on:
            return Group(going_on)
        self.runs = []
        return self
