"""What an update changes: a whole network, or the part of a wide one that a sparse batch uses.

A feature that is zero in all rows of a batch has no loss gradient, so with many sparse features most rows
of w_hidden would be read and written in vain. Of a wide network, therefore, only the rows of w_hidden that
the batch uses have a gradient at all, and only they are updated, some at a time: gathered with what the
optimiser remembers of them, changed while they are in the cache, and written back. What this changes: in a
step that does not use a row, the row does not move by momentum, and neither its moments nor its weights
decay.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.optimizers import Memory
from sknn_scratch._core.parameters import NetworkShape, Parameters, view_parameters
from sknn_scratch._core.sparse import SparseRows

# Number of weights of the hidden layer from which on a network with sparse rows is wide: updating all of
# them would take longer than the rest of a step.
WIDE = 2**18
PART_BYTES = 2**18  # of parameters that are gathered: they and their like should stay in the cache


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


class Narrowing:
    """Gives the parts of a wide network that a batch uses.

    Parameters
    ----------
    whole : Part
        All of the network. Its buffers of gradients and updates serve the parts.
    shape : NetworkShape
        The network's.
    """

    def __init__(self, whole: Part, shape: NetworkShape) -> None:
        self.shape = shape
        self.whole = whole
        self.w_hidden = {name: self._rows_of(array) for name, array in _arrays_of(whole).items()}
        row_bytes = shape.n_hidden * whole.params.itemsize
        self.n_rows = max(1, PART_BYTES // row_bytes)
        self.gathered = {
            name: np.empty((self.n_rows, shape.n_hidden), w.dtype) for name, w in self.w_hidden.items()
        }

    def _rows_of(self, flat: Array) -> Array:
        return view_parameters(flat, self.shape).w_hidden

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
            yield self._part_of_w_hidden(gathered, grads.w_hidden[start : start + self.n_rows])
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
