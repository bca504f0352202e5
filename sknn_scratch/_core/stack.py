"""Networks that are trained together: the axis that counts them, and the arrays they share.

Runs with equal keys may be stacked (``stack_key``). A single run has no network axis. With several, the
arrays of each state become views of the stack's arrays.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sknn_scratch._core.activations import SATURATED_SLOPE, Array
from sknn_scratch._core.arrays import clear_tiny, count_nonzero, multiply_each, norms_of
from sknn_scratch._core.batches import Batches
from sknn_scratch._core.blocks import BatchGradient, Map, mean_loss
from sknn_scratch._core.data import stack_validations
from sknn_scratch._core.network import Batch, Penalty
from sknn_scratch._core.optimizers import Memory, Vectors
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.rows import DenseRows, Rows, with_ones_if_small
from sknn_scratch._core.state import Run, State

# Saturation is measured on at most this number of rows: enough for a share, and quick in full-batch training.
MEASURED_ROWS = 100
# Tiny numbers are set to zero whenever this number of updates has been made. A moment that decays by a tenth
# in each update takes 490 updates to become subnormal from where it is tiny.
UPDATES_TO_CLEARING = 400


def stack_key(run: Run) -> Hashable | None:
    """Make a key: runs with equal keys can be trained together. None means that a run is trained alone.

    They may differ in alpha, and in the rows of one X. Runs of L-BFGS are trained alone, since it chooses how
    often it evaluates, and so are those with sparse rows, whose products share no work.
    """
    data, validation = run.data, run.data.validation
    if run.config.optimizer.takes_all_rows or not isinstance(data.X, DenseRows):
        return None
    n_validated = None if validation is None else validation.X.n_samples
    config = replace(run.config, alpha=0.0)
    return config, data.source, data.n_samples, n_validated, data.score is None, run.state.n_updates


class Stack:
    """Runs that are trained together, each on some rows of one X, until it is closed."""

    def __init__(self, runs: Sequence[Run], map_blocks: Map) -> None:
        self.runs = runs
        self.config = runs[0].config  # of all runs, except for alpha
        self.network, self.optimizer = self.config.network, self.config.optimizer
        self.stack_shape = () if len(runs) == 1 else (len(runs),)
        X, data = with_ones_if_small(runs[0].data.X), [run.data for run in runs]
        self.batches = Batches(X, data, self.config.batch_size, self.network.loss)
        self.validation = stack_validations(data)
        self.last_batch: Batch | None = None
        self._prepare_updates()
        self._prepare_gradients(X, map_blocks)

    def _prepare_updates(self) -> None:
        states, shape = [run.state for run in self.runs], self.network.shape
        for state in states:
            state.memory = state.memory or self.optimizer.init(state.params)
        params, memory = states[0].params, states[0].memory
        if self.stack_shape:
            params, memory = join(states)
        self.vectors = Vectors(params, np.zeros_like(params), memory, np.zeros_like(params))
        self.params = view_parameters(params.reshape(*self.stack_shape, -1), shape)
        self.grads = view_parameters(self.vectors.grads.reshape(*self.stack_shape, -1), shape)
        strengths = [run.penalty_strength for run in self.runs]
        self.penalty = Penalty.of(strengths, shape, self.optimizer.decouples_penalty)
        self.n_updates = states[0].n_updates
        self.learning_rates = [1.0] * len(states)  # L-BFGS keeps these; else they are set in every epoch

    def _prepare_gradients(self, X: Rows, map_blocks: Map) -> None:
        params, dropout = self.params.flat, self.config.dropout > 0
        self.batch_gradients = {
            n_rows: BatchGradient(self.network, params, X, n_rows, map_blocks, dropout)
            for n_rows in set(self.batches.sizes)
        }
        first_block = self.batch_gradients[self.batches.batch_size].workspaces[0]
        self.measured_slope = first_block.slope[..., :MEASURED_ROWS, :]

    def close(self) -> None:
        """Give the runs arrays of their own: views would keep the arrays of the whole stack in memory."""
        if self.stack_shape:
            for run in self.runs:
                run.state.params = run.state.params.copy()
                run.state.memory = {name: array.copy() for name, array in run.state.memory.items()}

    def compute_gradient(self, batch: Batch) -> None:
        """Compute the gradient of the mean loss of a batch, and fill its outputs."""
        batch_gradient = self.batch_gradients[batch.X.n_samples]
        for workspace in batch_gradient.workspaces:
            if workspace.dropout_factors is not None:
                self._draw_dropout(workspace.dropout_factors)
        batch_gradient.fill(self.params, self.grads, batch)
        self.last_batch = batch

    def update(self) -> None:
        """Update the parameters by the gradients of the last batch and of the penalty."""
        if self.config.max_grad_norm < np.inf:
            self._clip(self.config.max_grad_norm)
        self.n_updates += 1
        self.penalty.apply(self.vectors.params, self.vectors.grads, self.learning_rates)
        self.optimizer.update(self.vectors, self.learning_rates, self.n_updates)
        if self.n_updates % UPDATES_TO_CLEARING == 0:
            self.optimizer.clear_tiny(self.vectors)

    def _clip(self, largest: float) -> None:
        """Scale gradients of the loss whose norm is larger down to it."""
        scales = []
        for run, norm in self.by_run(norms_of(self.grads.flat)):
            run.clipped_norm = norm if norm > largest else 0.0
            scales.append(largest / norm if norm > largest else 1.0)
        multiply_each(self.vectors.grads, scales)

    def _draw_dropout(self, all_factors: Array) -> None:
        """Draw the factors (..., n_samples, n_hidden) of a batch: 0, or 1 / (1 - dropout)."""
        dropout, shape = self.config.dropout, (len(self.runs), *all_factors.shape[-2:])
        for run, factors in zip(self.runs, all_factors.reshape(shape), strict=True):
            run.state.dropout_rng.random(out=factors, dtype=factors.dtype.type)
        np.greater_equal(all_factors, dropout, out=all_factors, casting="unsafe")
        all_factors *= 1 / (1 - dropout)

    @np.errstate(all="ignore")  # an infinite objective ends the training
    def evaluate(self, params: Array) -> tuple[float, Array]:
        """Move a single network to ``params`` (n_params,), and compute the objective over all rows.

        Returns it with its gradient (n_params,).
        """
        self.params.flat[...] = params
        clear_tiny(self.params.flat)
        for batch in self.batches.epoch(()):  # only one, of all rows
            self.compute_gradient(batch)
        self.penalty.apply(self.vectors.params, self.vectors.grads, self.learning_rates)
        objective = self.batches.losses()[0] + self.penalty.value(self.params)
        return float(objective), self.grads.flat.copy()

    def last_objective(self) -> Any:
        """Compute the objective (...) of the last batch, with the parameters after the update."""
        assert self.last_batch is not None
        with np.errstate(all="ignore"):
            return mean_loss(self.network, self.params, self.last_batch) + self.penalty.value(self.params)

    @np.errstate(all="ignore")  # a loss that is not finite ends the training
    def validation_loss(self) -> Any:
        """Compute the mean loss (...) of the validation rows, which there must be."""
        assert self.validation is not None
        return mean_loss(self.network, self.params, self.validation)

    def saturation(self) -> tuple[Any, Any]:
        """Measure the shares (...) of saturated hidden values and of dead units.

        They are measured on at most ``MEASURED_ROWS`` rows of the last batch of full size.
        """
        n_rows, n_hidden = self.measured_slope.shape[-2:]
        is_steep = np.abs(self.measured_slope) >= SATURATED_SLOPE
        is_alive = np.logical_or.reduce(is_steep, axis=-2, keepdims=True)
        return 1 - count_nonzero(is_steep) / (n_rows * n_hidden), 1 - count_nonzero(is_alive) / n_hidden

    def per_network(self, values: Sequence[Any]) -> Any:
        """Make an array (K, ...) of the values of networks; that of a single network stays as it is."""
        return np.array(values) if self.stack_shape else values[0]

    def by_run(self, values: Any) -> Iterable[tuple[Run, Any]]:
        """Pair each run with its value, from values (...) of all networks."""
        return zip(self.runs, np.atleast_1d(values).tolist(), strict=True)


def join(states: Sequence[State]) -> tuple[Array, Memory]:
    """Join the parameters of networks, and what their optimisers remember: (n_networks * n_params,) each.

    The states get views of them.
    """
    n_params = states[0].params.size
    params = np.concatenate([state.params for state in states])
    memory = {name: np.concatenate([one.memory[name] for one in states]) for name in states[0].memory}
    for number, state in enumerate(states):
        place = slice(number * n_params, (number + 1) * n_params)
        state.params = params[place]
        state.memory = {name: array[place] for name, array in memory.items()}
    return params, memory
