"""What an update changes: a whole network, or, lazily, the part of a wide one that a sparse batch uses.

A feature that is zero in all rows of a batch has no loss gradient, so with many sparse features most rows
of w_hidden would be read and written in vain. Of a wide network, therefore, only the rows of w_hidden that
the batch uses have a gradient at all, and only they are updated, some at a time: gathered with what the
optimiser remembers of them, changed while they are in the cache, and written back.

What this changes: in a step that does not use a row, the row does not move by momentum, and its moments do
not decay. Nor does the penalty reach it; but where it does, it shrinks the row by as much as in all the steps
from one use to the next, on average. So what is minimised is the same.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import gammaln

from sknn_scratch._core.activations import Array
from sknn_scratch._core.blas import add_multiples
from sknn_scratch._core.data import TrainData
from sknn_scratch._core.optimizers import Memory
from sknn_scratch._core.parameters import NetworkShape, Parameters, view_parameters
from sknn_scratch._core.sparse import Index, SparseRows

# Number of weights of the hidden layer from which on a network with sparse rows is wide: updating all of
# them would take longer than the rest of a step.
WIDE = 2**18
PART_BYTES = 2**18  # of parameters that are gathered: they and their like should stay in the cache
COUNTED_ROWS = 2**13  # at once: a copy of so many takes little memory


def is_wide(shape: NetworkShape) -> bool:
    """Whether of a network with sparse rows only parts are updated."""
    return shape.n_features * shape.n_hidden >= WIDE


class Part(NamedTuple):
    """What an update reads and writes: arrays (n,), and which of their entries are weights."""

    params: Array
    grads: Array
    updates: Array
    memory: Memory
    first_weight: int
    n_weights: int  # to which the penalty applies
    row_rates: Array | None = None  # (n_rows,): alpha / S for each row, where they differ

    def add_penalty_gradient(self, rates: Sequence[float]) -> None:
        """Add the penalty's gradient, each network with its rate, to the loss's."""
        if self.row_rates is None:
            add_multiples(self.grads, rates, self.params, self.first_weight, self.n_weights)
        else:
            n_rows = len(self.row_rates)
            rows, product = self.params.reshape(n_rows, -1), self.updates.reshape(n_rows, -1)
            np.multiply(rows, self.row_rates[:, np.newaxis], out=product)
            np.add(self.grads, self.updates, out=self.grads)


def count_rows_by_feature(X: Any, rows: Index | None) -> Index:
    """Count (n_features,) the rows of a CSR matrix, or of some of its rows, that have a feature."""
    n_samples = X.shape[0] if rows is None else len(rows)
    counts = np.zeros(X.shape[1], np.intp)
    for start in range(0, n_samples, COUNTED_ROWS):
        block = slice(start, start + COUNTED_ROWS)
        counted = X[block if rows is None else rows[block]]
        counted.sum_duplicates()
        counts += np.bincount(counted.indices, minlength=len(counts))
    return counts


def clear_unused_features(params: Array, shape: NetworkShape, data: TrainData) -> None:
    """Set the weights of features that occur in no row to zero, where a penalty would take them."""
    is_unused = count_rows_by_feature(data.X, data.rows) == 0
    view_parameters(params, shape).w_hidden[is_unused] = 0


def chances_of_use(counts: Index, n_samples: int, batch_size: int) -> Array:
    """Probability that a batch, drawn without replacement, has one of the ``counts`` rows with a feature.

    Averaged over the batches of an epoch, of which the last may be smaller.
    """
    batch_size = min(batch_size, n_samples)
    n_whole, last = divmod(n_samples, batch_size)
    chances: Array = n_whole * chances_of_drawing(counts, n_samples, batch_size)
    return (chances + chances_of_drawing(counts, n_samples, last)) / (n_whole + (last > 0))


def chances_of_drawing(counts: Index, n_samples: int, n_drawn: int) -> Array:
    """Probability that one of ``counts`` rows is drawn: 1 - C(n - counts, drawn) / C(n, drawn)."""
    others = n_samples - counts
    are_enough = others >= n_drawn
    others = np.where(are_enough, others, n_samples)
    log_chance = gammaln(others + 1) - gammaln(others - n_drawn + 1)
    log_chance -= gammaln(n_samples + 1) - gammaln(n_samples - n_drawn + 1)
    return np.where(are_enough, -np.expm1(log_chance), 1.0)


class Narrowing:
    """Gives the parts of a wide network that a batch uses.

    Parameters
    ----------
    whole : Part
        All of the network. Its buffers of gradients and updates serve the parts.
    shape : NetworkShape
        The network's.
    data : TrainData
        What the network is trained on.
    batch_size : int
        Rows in a batch.
    """

    def __init__(self, whole: Part, shape: NetworkShape, data: TrainData, batch_size: int) -> None:
        self.shape = shape
        self.whole = whole
        counts = count_rows_by_feature(data.X, data.rows)
        self.used = np.flatnonzero(counts)
        self.steps_per_use = 1 / chances_of_use(counts[self.used], data.n_samples, batch_size)
        self.row_rates = np.zeros(len(counts), whole.params.dtype)
        self.w_hidden = {name: self._rows_of(array) for name, array in _arrays_of(whole).items()}
        row_bytes = shape.n_hidden * whole.params.itemsize
        self.n_rows = max(1, PART_BYTES // row_bytes)
        self.gathered = {
            name: np.empty((self.n_rows, shape.n_hidden), w.dtype) for name, w in self.w_hidden.items()
        }

    def _rows_of(self, flat: Array) -> Array:
        return view_parameters(flat, self.shape).w_hidden

    def set_penalty(self, rate: float, learning_rate: float) -> None:
        """Make the penalty of each row that of all steps from one use to the next.

        In n steps, gradient descent shrinks a weight by the factor (1 - learning_rate rate)^n.
        """
        decay = min(learning_rate * rate, 1.0)
        with np.errstate(divide="ignore"):
            shrinkage = -np.expm1(self.steps_per_use * np.log1p(-decay))
        self.row_rates[self.used] = shrinkage * (rate / decay) if decay > 0 else 0.0

    def grads(self, X: SparseRows) -> Parameters:
        """View a buffer as the gradient of the network that has only the features that ``X`` uses."""
        narrow = self.shape._replace(n_features=len(X.columns))
        return view_parameters(self.whole.grads[: narrow.n_params], narrow)

    def parts(self, X: SparseRows, grads: Parameters) -> Iterator[Part]:
        """Yield the parts that ``X`` uses; each must be updated before the next is asked for."""
        n_hidden = self.shape.n_hidden
        yield self._part_in_place(slice(n_hidden), grads.b_hidden.ravel(), n_weights=0)
        output_layer = slice(-grads.output_flat.size, None)
        yield self._part_in_place(output_layer, grads.output_flat, n_weights=grads.w_output.size)
        for start in range(0, len(X.columns), self.n_rows):
            rows = X.columns[start : start + self.n_rows]
            gathered = {name: array[: len(rows)] for name, array in self.gathered.items()}
            for name, w_hidden in self.w_hidden.items():
                w_hidden.take(rows, axis=0, out=gathered[name], mode="clip")
            part = self._part_of_w_hidden(gathered, grads.w_hidden[start : start + self.n_rows])
            yield part._replace(row_rates=self.row_rates[rows])
            for name, w_hidden in self.w_hidden.items():
                w_hidden[rows] = gathered[name]

    def _part_in_place(self, place: slice, grads: Array, n_weights: int) -> Part:
        memory = {name: array[place] for name, array in self.whole.memory.items()}
        return Part(self.whole.params[place], grads, self.whole.updates[place], memory, 0, n_weights)

    def _part_of_w_hidden(self, gathered: dict[str, Array], grads: Array) -> Part:
        memory = {name: array.ravel() for name, array in gathered.items()}
        params = memory.pop("params")
        return Part(params, grads.ravel(), self.whole.updates[: grads.size], memory, 0, grads.size)


def _arrays_of(part: Part) -> dict[str, Any]:
    return {"params": part.params, **part.memory}
