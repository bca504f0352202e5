"""Lazy updates of a wide network: only of the features that a sparse batch uses.

A feature that is zero in all rows of a batch has no loss gradient. So with many sparse features, most rows of
w_hidden would be read and written in vain. A lazy update computes the gradient of only the rows of w_hidden
that the batch uses. It gathers some of them at a time, with their part of the optimiser's memory, updates
them while they are in the cache, and writes them back.

A step that does not use a row of w_hidden neither moves it by momentum nor decays its moments. The penalty
skips the row too. When a step uses the row, the penalty shrinks it for all skipped steps at once, on average.
So the same objective is minimised.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse
from scipy.special import gammaln

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import dot
from sknn_scratch._core.data import Data
from sknn_scratch._core.network import Batch, Penalty
from sknn_scratch._core.optimizers import Optimizer, Vectors
from sknn_scratch._core.parameters import NetworkShape, Parameters, view_parameters
from sknn_scratch._core.rows import Index, SparseRows
from sknn_scratch._core.state import Config

# A lazy update takes about COST_PER_WEIGHT times as long as a usual one for each weight of w_hidden that it
# updates, and in addition as long as a usual update of FIXED_COST weights.
COST_PER_WEIGHT = 2
FIXED_COST = 2**17
# Size of the parameters that are gathered at a time. With the optimiser's memory, they should fit the cache.
CACHED_BYTES = 2**18


def updates_lazily(config: Config, data: Data) -> bool:
    """Whether updates are lazy: if this is faster, given the share of the features that a batch uses."""
    n_weights = config.network.shape.n_features * config.network.shape.n_hidden
    if config.optimizer.takes_all_rows or not isinstance(data.X, SparseRows) or n_weights <= FIXED_COST:
        return False
    share = chances_of_use(data.rows_with_feature, data.n_samples, config.batch_size).mean()
    return bool(COST_PER_WEIGHT * share * n_weights + FIXED_COST < n_weights)


def clear_unused_features(params: Array, shape: NetworkShape, data: Data) -> None:
    """Set the weights of features that occur in no row to zero: nothing is known of them."""
    view_parameters(params, shape).w_hidden[data.rows_with_feature == 0] = 0


def chances_of_use(counts: Index, n_samples: int, batch_size: int) -> Array:
    """Probability that a batch, drawn without replacement, has one of the ``counts`` rows with a feature.

    It is the average over the batches of an epoch. The last batch may be smaller.
    """
    batch_size = min(batch_size, n_samples)
    n_whole, last = divmod(n_samples, batch_size)
    chances = n_whole * chances_of_drawing(counts, n_samples, batch_size)
    return (chances + chances_of_drawing(counts, n_samples, last)) / (n_whole + (last > 0))


def chances_of_drawing(counts: Index, n_samples: int, n_drawn: int) -> Array:
    """Probability that any of ``counts`` rows is drawn: 1 - C(n - counts, drawn) / C(n, drawn)."""
    others = n_samples - counts
    are_enough = others >= n_drawn
    others = np.where(are_enough, others, n_samples)
    log_chance = gammaln(others + 1) - gammaln(others - n_drawn + 1)
    log_chance -= gammaln(n_samples + 1) - gammaln(n_samples - n_drawn + 1)
    return np.where(are_enough, -np.expm1(log_chance), 1.0)


class UsedRows(SparseRows):
    """Rows of one network, whose gradient has only the columns that they use."""

    def __init__(self, X: Any, columns: Index, positions: Index) -> None:
        super().__init__(X)
        parts = (X.data, positions[X.indices], X.indptr)
        self.narrow = scipy.sparse.csr_array(parts, shape=(X.shape[0], len(columns)))

    def fill_hidden_gradients(self, delta: Array, ones: Array, grads: Parameters) -> None:
        """Fill the gradient of a network that has only the used columns."""
        grads.w_hidden[...] = self.narrow.T @ delta
        dot(ones, delta, grads.b_hidden)


class LazyUpdate:
    """Updates the part of one wide network, ``whole``, that a batch of sparse rows uses."""

    def __init__(
        self, optimizer: Optimizer, whole: Vectors, penalty: Penalty, data: Data, config: Config
    ) -> None:
        self.optimizer, self.whole, self.penalty = optimizer, whole, penalty
        self.shape = shape = config.network.shape
        counts = data.rows_with_feature
        self.used = np.flatnonzero(counts)
        self.steps_per_use = 1 / chances_of_use(counts[self.used], data.n_samples, config.batch_size)
        self.row_strengths = np.zeros(len(counts), whole.params.dtype)
        self.is_used, self.positions = np.zeros(len(counts), bool), np.zeros(len(counts), np.int32)
        arrays = {"params": whole.params, **whole.memory}
        self.w_hidden = {name: view_parameters(array, shape).w_hidden for name, array in arrays.items()}
        self.n_rows = max(1, CACHED_BYTES // (shape.n_hidden * whole.params.itemsize))
        self.gathered = {name: np.empty_like(w[: self.n_rows]) for name, w in self.w_hidden.items()}

    def start_epoch(self, learning_rates: Sequence[float]) -> None:
        """Set the penalty's strength for each row to that of all steps from one use to the next.

        In n steps, gradient descent shrinks a weight by the factor (1 - learning_rate strength)^n.
        """
        (strength,) = self.penalty.strengths or (0.0,)
        decay = min(learning_rates[0] * strength, 1.0)
        with np.errstate(divide="ignore"):
            shrinkage = -np.expm1(self.steps_per_use * np.log1p(-decay))
        self.row_strengths[self.used] = shrinkage * (strength / decay) if decay > 0 else 0.0

    def prepare(self, batch: Batch) -> tuple[Batch, Parameters]:
        """Find the columns that the batch uses; return the batch with these and a buffer for the gradient."""
        assert isinstance(batch.X, SparseRows)
        X = batch.X.matrix
        self.is_used[X.indices] = True
        self.columns = columns = np.flatnonzero(self.is_used)
        self.is_used[columns] = False
        self.positions[columns] = np.arange(len(columns))
        narrow = self.shape._replace(n_features=len(columns))
        self.grads = view_parameters(self.whole.grads[: narrow.n_params], narrow)
        return Batch(UsedRows(X, columns, self.positions), batch.targets), self.grads

    def step(self, learning_rates: Sequence[float], number: int) -> None:
        """Update the biases, the output layer and the used rows of w_hidden, with the batch's gradient."""
        grads, n_hidden = self.grads, self.shape.n_hidden
        b_hidden = self._part(slice(n_hidden), grads.b_hidden.ravel())
        self.optimizer.update(b_hidden, learning_rates, number)
        output = self._part(slice(-grads.output_flat.size, None), grads.output_flat)
        penalty = self.penalty._replace(first=0, n_weights=grads.w_output.size)
        penalty.apply(output.params, output.grads, learning_rates)
        self.optimizer.update(output, learning_rates, number)
        for start in range(0, len(self.columns), self.n_rows):
            self._step_of_rows(slice(start, start + self.n_rows), learning_rates, number)

    def _step_of_rows(self, some: slice, learning_rates: Sequence[float], number: int) -> None:
        """Gather some of the used rows, update them while they are in the cache, and write them back."""
        rows, grads = self.columns[some], self.grads.w_hidden[some]
        gathered = {name: array[: len(rows)] for name, array in self.gathered.items()}
        for name, w_hidden in self.w_hidden.items():
            w_hidden.take(rows, axis=0, out=gathered[name], mode="clip")
        self.penalty.apply_to_rows(gathered["params"], grads, self.row_strengths[rows], learning_rates[0])
        memory = {name: array.ravel() for name, array in gathered.items()}
        vectors = Vectors(memory.pop("params"), grads.ravel(), memory, self.whole.scratch[: grads.size])
        self.optimizer.update(vectors, learning_rates, number)
        for name, w_hidden in self.w_hidden.items():
            w_hidden[rows] = gathered[name]

    def _part(self, some: slice, grads: Array) -> Vectors:
        memory = {name: array[some] for name, array in self.whole.memory.items()}
        return Vectors(self.whole.params[some], grads, memory, self.whole.scratch[some])
