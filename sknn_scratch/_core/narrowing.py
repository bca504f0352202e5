"""The part of a wide network that a sparse batch uses.

A feature that is zero in all rows of a batch has no loss gradient, so with many sparse features most rows
of w_hidden would be read and written in vain. A wide network is therefore trained through a narrow one:
before each step the rows of w_hidden that the batch uses are gathered, with what the optimiser remembers
of them, and after it they are written back. What this changes: in a step that does not use a row, the row
does not move by momentum, and neither its moments nor its weights decay.
"""

from typing import Any, NamedTuple

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.optimizers import Memory
from sknn_scratch._core.parameters import NetworkShape, Parameters, view_parameters

# Number of weights of the hidden layer from which on a network with sparse rows is wide: updating all of
# them would take longer than the rest of a step.
WIDE = 2**18


def is_wide(shape: NetworkShape) -> bool:
    """Whether a network with sparse rows is trained through narrow ones."""
    return shape.n_features * shape.n_hidden >= WIDE


class Trainable(NamedTuple):
    """What an update reads and writes: of a whole network, of a stack, or of a part of a network."""

    params: Parameters
    grads: Parameters
    updates: Parameters
    memory: Memory


class Narrowing:
    """Reads narrow networks out of a wide one, and writes them back.

    Parameters
    ----------
    whole : Trainable
        The wide network. Its buffers of gradients and updates serve the narrow ones.
    shape : NetworkShape
        The wide network's.
    """

    def __init__(self, whole: Trainable, shape: NetworkShape) -> None:
        self.shape = shape
        self.whole = {"params": whole.params, **_view_memory(whole.memory, shape)}
        self.narrow = {name: np.empty_like(array.flat) for name, array in self.whole.items()}
        self.buffers = whole.grads.flat, whole.updates.flat

    def read(self, X: Any) -> Trainable:
        """Gather the network of the features that sparse rows use."""
        columns = X.columns
        shape = self.shape._replace(n_features=len(columns))

        def view(flat: Array) -> Parameters:
            return view_parameters(flat[: shape.n_params], shape)

        narrow = {name: view(flat) for name, flat in self.narrow.items()}
        for name, source in self.whole.items():
            target = narrow[name]
            source.w_hidden.take(columns, axis=0, out=target.w_hidden, mode="clip")
            _copy_all_but_w_hidden(source, target)
        grads, updates = map(view, self.buffers)
        params = narrow.pop("params")
        return Trainable(params, grads, updates, {name: views.flat for name, views in narrow.items()})

    def write(self, part: Trainable, X: Any) -> None:
        """Scatter a network that ``read`` has gathered."""
        columns = X.columns
        shape = self.shape._replace(n_features=len(columns))
        narrow = {"params": part.params, **_view_memory(part.memory, shape)}
        for name, target in self.whole.items():
            target.w_hidden[columns] = narrow[name].w_hidden
            _copy_all_but_w_hidden(narrow[name], target)


def _view_memory(memory: Memory, shape: NetworkShape) -> dict[str, Parameters]:
    return {name: view_parameters(flat, shape) for name, flat in memory.items()}


def _copy_all_but_w_hidden(source: Parameters, target: Parameters) -> None:
    for name in ("w_output", "b_hidden", "b_output"):
        np.copyto(getattr(target, name), getattr(source, name))
