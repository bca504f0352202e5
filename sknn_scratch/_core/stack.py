"""Networks that are trained together: the axis that counts them, and the arrays they share.

Runs with equal keys may be stacked (``stack_key``). A single run has no network axis. With several, the
arrays of each state become views of the stack's arrays, and states whose generators would shuffle alike share
one.
"""

import copy
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from sknn_scratch._core.activations import SATURATED_SLOPE, Array
from sknn_scratch._core.arrays import clear_tiny, count_nonzero, multiply_each, norms_of
from sknn_scratch._core.batches import Batches
from sknn_scratch._core.blocks import BatchGradient, Map, mean_loss
from sknn_scratch._core.data import Data, stack_validations
from sknn_scratch._core.network import Batch, Penalty
from sknn_scratch._core.optimizers import Vectors
from sknn_scratch._core.parameters import view_parameters
from sknn_scratch._core.rows import DenseRows
from sknn_scratch._core.state import Run

# Saturation is measured on at most this number of rows: enough for a share, and quick in full-batch training.
MEASURED_ROWS = 100
# Tiny numbers are set to zero whenever this number of updates has been made. A moment that decays by a tenth
# in each update takes 490 updates to become subnormal from where it is tiny.
UPDATES_TO_CLEARING = 400


def stack_key(run: Run) -> Hashable | None:
    """Make a key: runs with equal keys can be trained together. None means that a run is trained alone.

    Runs may differ in all that is not in the key. Runs of L-BFGS are trained alone, since it chooses how
    often it evaluates, and so are those with sparse rows, whose products share no work.
    """
    state, data, config = run.state, run.data, run.config
    if config.optimizer.takes_all_rows or not isinstance(data.X, DenseRows):
        return None
    return (
        config.network,
        config.optimizer,
        data.source,
        data.n_samples,
        config.batch_size,
        config.dropout > 0,
        (None if data.validation is None else data.validation.X.n_samples, data.score is None),
        state.n_updates,
    )


class Stack:
    """Runs that are trained together, each on some rows of one X, until it is closed."""

    def __init__(self, runs: Sequence[Run], data: Sequence[Data], map_blocks: Map) -> None:
        self.runs, self.data = runs, data
        self.config = runs[0].config  # read only for what all runs have in common: see ``stack_key``
        self.network = self.config.network
        self.stack_shape = () if len(runs) == 1 else (len(runs),)
        self.optimizer = self.config.optimizer
        self.batches = Batches(data, self.config.batch_size, self.network.loss)
        self.validation = stack_validations(data)
        self.clips = any(run.config.max_grad_norm < np.inf for run in runs)
        self.last_batch: Batch | None = None
        self._stack_states()
        self._prepare_updates()
        self._prepare_gradients(map_blocks)

    def close(self) -> None:
        """Give the runs arrays of their own: views would keep the arrays of the whole stack in memory."""
        if self.stack_shape:
            for run in self.runs:
                run.state.params = run.state.params.copy()
                run.state.memory = {name: array.copy() for name, array in run.state.memory.items()}
                run.state.shuffle_rng = copy.deepcopy(run.state.shuffle_rng)

    def _stack_states(self) -> None:
        """Stack the parameters and the optimiser's memory; the states get views of them."""
        states = [run.state for run in self.runs]
        for state in states:
            state.memory = state.memory or self.optimizer.init(state.params)
        flat, names = self.per_network([state.params for state in states]), states[0].memory
        self.memory = {name: self.per_network([state.memory[name] for state in states]) for name in names}
        if self.stack_shape:
            shared: dict[str, np.random.Generator] = {}
            for i, state in enumerate(states):
                state.params = flat[i]
                state.memory = {name: array[i] for name, array in self.memory.items()}
                shuffles_as = repr(state.shuffle_rng.bit_generator.state)
                state.shuffle_rng = shared.setdefault(shuffles_as, state.shuffle_rng)
        self.shuffle_rngs = [state.shuffle_rng for state in states]
        self.params = view_parameters(flat, self.network.shape)
        self.grads = view_parameters(np.zeros_like(flat), self.network.shape)

    def _prepare_updates(self) -> None:
        strengths = [run.penalty_strength for run in self.runs]
        self.penalty = Penalty.of(strengths, self.network.shape, self.optimizer.decouples_penalty)
        self.n_updates = self.runs[0].state.n_updates
        self.learning_rates = [1.0] * len(self.runs)  # L-BFGS keeps these; else they are set in every epoch
        flat = self.params.flat.reshape(-1)
        memory = {name: array.reshape(-1) for name, array in self.memory.items()}
        self.vectors = Vectors(flat, self.grads.flat.reshape(-1), memory, np.zeros_like(flat))

    def _prepare_gradients(self, map_blocks: Map) -> None:
        params, X, dropout = self.params.flat, self.data[0].X, self.config.dropout > 0
        self.batch_gradients = {
            n_rows: BatchGradient(self.network, params, X, n_rows, map_blocks, dropout)
            for n_rows in set(self.batches.sizes)
        }
        first_block = self.batch_gradients[self.batches.batch_size].workspaces[0]
        self.measured_slope = first_block.slope[..., :MEASURED_ROWS, :]

    def start_epoch(self) -> None:
        """Set the learning rates of the coming epoch."""
        self.learning_rates = [run.learning_rate for run in self.runs]

    def compute_gradient(self, batch: Batch, outputs_mT: Array) -> None:
        """Compute the gradient of the mean loss of a batch, and fill its outputs."""
        batch_gradient = self.batch_gradients[batch.X.n_samples]
        for workspace in batch_gradient.workspaces:
            if workspace.dropout_factors is not None:
                draw_dropout(self.runs, workspace.dropout_factors)
        batch_gradient.fill(self.params, self.grads, batch, outputs_mT)
        self.last_batch = batch

    def update(self) -> None:
        """Update the parameters by the gradients of the last batch and of the penalty."""
        if self.clips:
            self._clip()
        self.n_updates += 1
        self.penalty.apply(self.vectors.params, self.vectors.grads, self.learning_rates)
        self.optimizer.update(self.vectors, self.learning_rates, self.n_updates)
        if self.n_updates % UPDATES_TO_CLEARING == 0:
            self.optimizer.clear_tiny(self.vectors)

    def _clip(self) -> None:
        """Scale gradients of the loss that are longer than ``max_grad_norm`` down to it."""
        scales = []
        for run, norm in self.by_run(norms_of(self.grads.flat)):
            is_long = norm > run.config.max_grad_norm
            run.clipped_norm = norm if is_long else 0.0
            scales.append(run.config.max_grad_norm / norm if is_long else 1.0)
        multiply_each(self.grads.flat.reshape(-1), scales)

    @np.errstate(all="ignore")  # an infinite objective ends the training
    def evaluate(self, params: Array) -> tuple[float, Array]:
        """Move a single network to ``params`` (n_params,), and compute the objective over all rows.

        Returns it with its gradient (n_params,). All are float64, whatever the precision of the network.
        """
        self.params.flat[...] = params
        clear_tiny(self.params.flat)
        for batch, outputs_mT in self.batches.epoch(self.shuffle_rngs):  # only one
            self.compute_gradient(batch, outputs_mT)
        self.penalty.apply(self.params.flat, self.grads.flat, self.learning_rates)
        objective = self.batches.losses()[0] + self.penalty.value(self.params)
        return float(objective), self.grads.flat.astype(np.float64)

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


def draw_dropout(runs: Sequence[Run], all_factors: Array) -> None:
    """Draw the factors (..., n_samples, n_hidden) of a batch: 0, or 1 / (1 - dropout)."""
    for run, factors in zip(runs, all_factors.reshape(len(runs), *all_factors.shape[-2:]), strict=True):
        dropout = run.config.dropout
        run.state.dropout_rng.random(out=factors, dtype=factors.dtype.type)
        np.greater_equal(factors, dropout, out=factors, casting="unsafe")
        np.multiply(factors, 1 / (1 - dropout), out=factors)
