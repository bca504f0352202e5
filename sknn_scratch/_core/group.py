"""Networks that are trained together, and the arrays they share."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sknn_scratch._core.activations import SATURATED_SLOPE, Array
from sknn_scratch._core.batches import BatchStream
from sknn_scratch._core.blocks import BatchGradient, sizes_of_blocks
from sknn_scratch._core.data import stack_validations
from sknn_scratch._core.narrowing import Narrowing, Part
from sknn_scratch._core.network import Batch, Map, allocate_workspace, mean_loss, penalty_value
from sknn_scratch._core.optimizers import OPTIMIZERS, Step
from sknn_scratch._core.parameters import Parameters, view_parameters
from sknn_scratch._core.run import Run
from sknn_scratch._core.tasks import is_trained_narrow

# Rows that saturation is measured on: enough for a share, few enough to take no time in full-batch training.
MEASURED_ROWS = 100


class Group:
    """Runs that are trained together, and the arrays they share.

    One run has no network axis. With several, the states' arrays become views of the group's, row by row.

    Attributes
    ----------
    runs : list of Run
    map_blocks : callable
        See ``train``.
    config : TrainConfig
        That of the first run, for what all runs have in common (see ``group_key``).
    network : Network
    stack_shape : tuple of int
        The network axis: () or (K,).
    batches : BatchStream
    validation : Batch or None
    penalty_rates : list of float
        alpha / S of each network; empty if there is no penalty.
    params, grads : Parameters
    gradients : dict of int to BatchGradient
        By the number of rows in a batch.
    step : Step
    whole : Part
        All parameters and their optimiser memory, flat.
    narrowing : Narrowing or None
        Gives the parts of ``whole`` that a batch updates; None if each updates all of it.
    last_grads, last_batch, measured_slope
        What the last step leaves behind for the record of the epoch.
    """

    def __init__(self, runs: list[Run], map_blocks: Map) -> None:
        self.runs = runs
        self.map_blocks = map_blocks
        self.config = runs[0].config
        self.network = self.config.network
        self.stack_shape = () if len(runs) == 1 else (len(runs),)
        self.loss_limits: Any = None  # (...), from the first loss on
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
        if self.stack_shape:
            for i, state in enumerate(states):
                state.params = flat[i]
                state.memory = {name: array[i] for name, array in memory.items()}
        self.params, self.grads = view_parameters(flat, shape), view_parameters(np.zeros_like(flat), shape)
        vectors = {name: array.reshape(-1) for name, array in memory.items()}
        self.whole = Part(
            params=flat.reshape(-1),
            grads=self.grads.flat.reshape(-1),
            updates=np.zeros(flat.size, flat.dtype),
            memory=vectors,
            first_weight=shape.weights.start,
            n_weights=shape.weights.stop - shape.weights.start,
        )
        self.narrowing: Narrowing | None = None
        if is_trained_narrow(self.config, self.runs[0].data):
            self.narrowing = Narrowing(self.whole, shape, self.runs[0].data, self.config.batch_size)
        self.last_grads = self.grads
        self.last_batch: Batch | None = None

    def _stack_data(self) -> None:
        config, data = self.config, [run.data for run in self.runs]
        self.batches = BatchStream(
            data, config.batch_size, self.network.loss, select_columns=self.narrowing is not None
        )
        self.gradients = {n: self._batch_gradient(n) for n in set(self.batches.sizes)}
        first_block = self.gradients[self.batches.batch_size].workspaces[0]
        self.measured_slope = first_block.slope[..., :MEASURED_ROWS, :]
        ones = np.ones((1, self.measured_slope.shape[-2]), self.params.flat.dtype)
        self._sum_rows = partial(first_block.product, ones)
        # Zero-dimensional: NumPy compares with it in two thirds of the time of a Python float.
        self.saturated_slope = np.array(SATURATED_SLOPE, self.params.flat.dtype)
        self.step = Step(
            momenta=[run.config.momentum for run in self.runs],
            nesterov=config.nesterov,
            beta_1=config.beta_1,
            beta_2=config.beta_2,
            epsilon=config.epsilon,
            dtype=self.params.flat.dtype,
        )
        rates = [run.config.alpha / run.data.total_weight for run in self.runs]
        self.penalty_rates = rates if any(rates) else []
        validations = [one.validation for one in data if one.validation is not None]
        self.validation = None
        if validations:
            self.validation = stack_validations(validations) if self.stack_shape else validations[0]

    def _batch_gradient(self, n_rows: int) -> BatchGradient:
        shape, data = self.network.shape, self.runs[0].data
        workspaces = [
            allocate_workspace(
                shape,
                (*self.stack_shape, size),
                self.params.flat.dtype,
                dropout=self.config.dropout > 0,
                sparse=not isinstance(data.X, np.ndarray),
                has_ones=data.has_ones,
            )
            for size in sizes_of_blocks(data.X, shape, n_rows)
        ]
        return BatchGradient(self.network, workspaces, self.map_blocks)

    def _share(self, arrays: list[Array]) -> Array:
        return np.stack(arrays) if self.stack_shape else arrays[0]

    def per_network(self, values: Sequence[float]) -> Any:
        """Give an array (K,) of a number for each network, or the one network's number."""
        return np.array(values) if self.stack_shape else values[0]

    def by_run(self, values: Any) -> Iterable[tuple[Run, Any]]:
        """Pair each run with its own of the values (...)."""
        return zip(self.runs, np.atleast_1d(values).tolist(), strict=True)

    def as_float(self, values: Any) -> Any:
        """Make the value of a single network a Python float; those of a stack are left alone."""
        return values if self.stack_shape else float(values)

    def start_epoch(self, learning_rates: Sequence[float]) -> Step:
        """Set the step's learning rates, and go on numbering the updates."""
        self.step.number = self.runs[0].state.n_updates
        self.step.learning_rates = learning_rates
        if self.narrowing is not None and self.penalty_rates:
            self.narrowing.set_penalty(self.penalty_rates[0], learning_rates[0])
        return self.step

    def limit_losses(self, first_losses: Any) -> None:
        """Set the loss (...) from which on each network counts as exploded, by that of its first batch."""
        if self.loss_limits is None:
            for run, first_loss in self.by_run(first_losses):
                run.limit_loss(first_loss)
            self.loss_limits = self.per_network([run.state.loss_limit for run in self.runs])

    def is_sound(self, objective: Any) -> Any:
        """Whether an objective (...) is finite and below the limit."""
        return objective < self.loss_limits

    def is_last_step_sound(self) -> Any:
        """Whether the objective (...) of the last batch is still sound after the update that it led to."""
        if self.last_batch is None:
            return np.True_
        with np.errstate(all="ignore"):
            loss = mean_loss(self.network, self.params, self.last_batch)
            return self.is_sound(loss + self.penalty_value())

    def are_finite(self) -> Any:
        """Whether the parameters (...) of each network are."""
        return np.isfinite(self.params.flat).all(axis=-1)

    def penalty_value(self) -> Any:
        """L2 penalty (...) of the present parameters."""
        if not self.penalty_rates:
            return 0.0
        rates = np.reshape(self.penalty_rates, self.stack_shape)
        penalty = penalty_value(self.params, rates)
        # Squares of weights without a penalty may be infinite, and zero times that is no number.
        return np.where(rates > 0, penalty, 0.0) if self.stack_shape else penalty

    def sum_measured_rows(self, flags: NDArray[np.bool]) -> Any:
        """Count (..., 1, n_hidden) the measured rows with a flag: by a product, faster than by a sum."""
        return self._sum_rows(flags.astype(self.params.flat.dtype))

    def grads_for(self, X: Any) -> Parameters:
        """Give the buffer for the gradient of a batch."""
        return self.grads if self.narrowing is None else self.narrowing.grads(X)

    def parts(self, X: Any, grads: Parameters) -> Iterable[Part]:
        """Give what a batch updates."""
        return (self.whole,) if self.narrowing is None else self.narrowing.parts(X, grads)

    def add_penalty_gradient(self, part: Part) -> None:
        """Add the penalty's gradient to the loss's."""
        if self.penalty_rates:
            part.add_penalty_gradient(self.penalty_rates)

    def without_stopped(self) -> "Group | None":
        """Go on with the networks that have no reason to stop; None if all have."""
        stopped = [run for run in self.runs if run.state.stop_reason is not None]
        for run in stopped:
            run.leave_group()
        return group_of(self.runs, self.map_blocks) if stopped else self


def group_of(runs: Iterable[Run], map_blocks: Map) -> Group | None:
    """Group the runs that have no reason to stop; None if all have."""
    going_on = [run for run in runs if run.state.stop_reason is None]
    return Group(going_on, map_blocks) if going_on else None
