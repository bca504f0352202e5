"""Forward, backward, the gradient of the loss, the penalty, and predictions.

    hidden_input = X w_hidden + b_hidden            (..., n_samples, n_hidden)
    hidden       = g(hidden_input)                  (..., n_samples, n_hidden)
    outputs      = hidden w_output + b_output       (..., n_samples, n_outputs)
    objective    = sum_i row_weights_i loss(outputs_i, targets_i) + rate / 2 (|w_hidden|^2 + |w_output|^2)

The row weights of a batch sum to one, so the first term is the mean loss. If rows have different weights,
they sum to one on average over the batches, so the first term estimates the mean loss.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import ceil
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Activate, Array
from sknn_scratch._core.arrays import add_multiples, dot, multiply_each, sum_of_squares
from sknn_scratch._core.losses import Loss, Targets
from sknn_scratch._core.parameters import Layers, NetworkShape, Parameters, view_parameters
from sknn_scratch._core.rows import DenseRows, Rows

Map: TypeAlias = Callable[..., Iterable[Any]]  # map, or a version of it that uses several threads

BLOCK_BYTES = 2**20  # of the hidden values of a block of rows, which should stay in the second-level cache
# A batch is cut into blocks if it has at least LARGE_ROWS rows, and its product with w_hidden takes at least
# LARGE_PRODUCT multiplications. It takes at most a tenth longer on one thread, and half the time on two.
LARGE_ROWS = 1000
LARGE_PRODUCT = 2**25
N_BLOCKS = 4


class Network(NamedTuple):
    """All that defines a network except its parameters."""

    shape: NetworkShape
    activate: Activate
    loss: Loss


class Batch(NamedTuple):
    """Some rows of every network."""

    X: Rows
    targets: Targets

    def take(self, rows: slice) -> "Batch":
        """Take a block of rows."""
        return Batch(self.X.take(rows), self.targets.take(rows))


def make_batch(X: Rows, targets: Array, row_weights: Array | None) -> Batch:
    """Make a batch of rows of one network; ``row_weights`` (n_samples,) have any sum, None means equal."""
    n = len(targets)
    shares = np.full(n, 1 / n) if row_weights is None else row_weights / row_weights.sum()
    return Batch(X, Targets.of(targets, shares))


class Workspace(NamedTuple):
    """The buffers of one step, for batches of one size."""

    hidden: Array  # (..., n_samples, n_hidden): the hidden inputs z, then the hidden values a
    slope: Array  # (..., n_samples, n_hidden): g'(z)
    delta_hidden: Array  # (..., n_samples, n_hidden): d mean_loss / d z
    hidden_output: Array  # (..., n_samples, n_outputs): hidden w_output
    hidden_output_mT: Array  # (..., n_outputs, n_samples): a view
    delta_output: Array  # (..., n_outputs, n_samples): d mean_loss / d outputs
    delta_output_mT: Array  # (..., n_samples, n_outputs): a view
    ones: Array  # (1, n_samples): a product with it sums over the samples, faster than NumPy's sum
    dropout_factors: Array | None = None  # (..., n_samples, n_hidden): 0 or 1 / (1 - dropout)

    @classmethod
    def allocate(
        cls, shape: NetworkShape, leading: tuple[int, ...], dtype: DTypeLike, dropout: bool = False
    ) -> "Workspace":
        """Allocate the buffers for ``leading`` = (..., n_samples)."""
        *networks, n_rows = leading
        shapes = workspace_shapes(shape, n_rows, dropout)
        buffers = {name: np.zeros((*networks, *one), dtype) for name, one in shapes.items()}
        return cls(
            **buffers,
            hidden_output_mT=buffers["hidden_output"].mT,
            delta_output_mT=buffers["delta_output"].mT,
            ones=np.ones((1, n_rows), dtype),
        )


def workspace_shapes(shape: NetworkShape, n_rows: int, dropout: bool) -> dict[str, tuple[int, int]]:
    """List the shapes of one network's buffers, by their names."""
    by_hidden = ("hidden", "slope", "delta_hidden", *(["dropout_factors"] if dropout else []))
    shapes = dict.fromkeys(by_hidden, (n_rows, shape.n_hidden))
    return shapes | {"hidden_output": (n_rows, shape.n_outputs), "delta_output": (shape.n_outputs, n_rows)}


def loss_gradient(
    network: Network,
    params: Parameters,
    grads: Parameters,
    batch: Batch,
    outputs: Array,
    workspace: Workspace,
) -> None:
    """Fill the outputs (..., n_outputs, n_samples) of a batch, and the gradient of its mean loss."""
    forward(network, params, batch.X, outputs, workspace)
    network.loss.gradient(outputs, batch.targets, workspace.delta_output)
    backward(params, grads, batch.X, workspace)


def forward(network: Network, params: Parameters, X: Rows, outputs: Array, workspace: Workspace) -> None:
    """Fill the outputs (..., n_outputs, n_samples), and ``hidden`` and ``slope`` of the workspace."""
    hidden = workspace.hidden
    X.apply(params, hidden)  # z
    network.activate(hidden, workspace.slope)  # a, in the place of z
    if workspace.dropout_factors is not None:
        hidden *= workspace.dropout_factors
    dot(hidden, params.w_output, workspace.hidden_output)
    np.add(workspace.hidden_output_mT, params.b_output.mT, out=outputs)


def backward(params: Parameters, grads: Parameters, X: Rows, workspace: Workspace) -> None:
    """Backpropagation: from the gradient at the outputs to the gradient of every parameter."""
    delta_output, delta_hidden, ones = workspace.delta_output_mT, workspace.delta_hidden, workspace.ones
    dot(workspace.hidden.mT, delta_output, grads.w_output)
    dot(ones, delta_output, grads.b_output)
    dot(delta_output, params.w_output.mT, delta_hidden)
    delta_hidden *= workspace.slope
    if workspace.dropout_factors is not None:
        delta_hidden *= workspace.dropout_factors
    X.adjoint(delta_hidden, ones, grads)


class BatchGradient:
    """Computes the gradients of batches of one size: as a whole or, if it is large, by blocks of rows.

    Threads can share the blocks. The blocks, and so the bits of the result, do not depend on the number of
    threads. Each has its workspace.
    """

    def __init__(self, network: Network, workspaces: Sequence[Workspace], map_blocks: Map) -> None:
        self.network, self.workspaces, self.map_blocks = network, workspaces, map_blocks
        self.blocks = equal_blocks(sum(one.hidden.shape[-2] for one in workspaces), len(workspaces))
        flat_shape = (*workspaces[0].hidden.shape[:-2], network.shape.n_params)
        if len(workspaces) > 1:
            self.summands = np.empty((len(workspaces), *flat_shape), workspaces[0].hidden.dtype)
            self.grads = [view_parameters(flat, network.shape) for flat in self.summands]

    def fill(self, params: Parameters, grads: Parameters, batch: Batch, outputs: Array) -> None:
        """Fill ``grads`` and the outputs (..., n_outputs, n_samples), as ``loss_gradient`` does."""
        if len(self.workspaces) == 1:
            loss_gradient(self.network, params, grads, batch, outputs, self.workspaces[0])
            return

        @np.errstate(all="ignore")  # each thread has its own
        def fill_block(rows: slice, grads_of_block: Parameters, workspace: Workspace) -> None:
            of_rows = outputs[..., rows]
            loss_gradient(self.network, params, grads_of_block, batch.take(rows), of_rows, workspace)

        for _ in self.map_blocks(fill_block, self.blocks, self.grads, self.workspaces):
            pass
        np.add.reduce(self.summands, axis=0, out=grads.flat)


def gradient_blocks(X: Rows, shape: NetworkShape, n_rows: int) -> list[slice]:
    """Cut a large batch of rows like X into blocks; sparse rows stay in one block."""
    is_large = n_rows >= LARGE_ROWS and n_rows * shape.n_features * shape.n_hidden >= LARGE_PRODUCT
    return equal_blocks(n_rows, N_BLOCKS if is_large and isinstance(X, DenseRows) else 1)


def row_blocks(n_rows: int, n_hidden: int, dtype: DTypeLike) -> list[slice]:
    """Cut rows into blocks whose hidden values take at most ``BLOCK_BYTES`` for each network."""
    largest = max(1, BLOCK_BYTES // (n_hidden * np.dtype(dtype).itemsize))
    return equal_blocks(n_rows, ceil(n_rows / largest)) if n_rows > largest else [slice(0, n_rows)]


def equal_blocks(n_rows: int, n_blocks: int) -> list[slice]:
    """Cut rows into blocks of nearly equal size."""
    ends = [n_rows * i // n_blocks for i in range(n_blocks + 1)]
    return list(map(slice, ends, ends[1:]))


class Penalty(NamedTuple):
    """The L2 penalty of each network: rate / 2 times the sum of its squared weights."""

    rates: Any  # floats (K,): alpha / P, see ``_core``; empty if no network has a penalty
    first: int  # index of the first weight in a network's flat parameters
    n_weights: int

    def value(self, params: Parameters) -> Any:
        """Compute the penalty (...)."""
        if not self.rates:
            return 0.0
        squares = sum_of_squares(params.weights)
        rates = np.reshape(self.rates, np.shape(squares))
        # The squares of a network without a penalty may be infinite, and zero times infinity is NaN.
        return np.where(rates > 0, 0.5 * rates * squares, 0.0) if np.ndim(squares) else 0.5 * rates * squares

    def add_gradient(self, params: Array, grads: Array) -> None:
        """grads += rate * weights, of flat arrays (n_networks * n_params,)."""
        if self.rates:
            add_multiples(grads, self.rates, params, self.first, self.n_weights)

    def shrink(self, params: Array, learning_rates: Sequence[float]) -> None:
        """weights -= learning_rate * rate * weights, of a flat array; no weight changes its sign."""
        if self.rates:
            pairs = zip(learning_rates, self.rates, strict=True)
            kept = [max(0.0, 1 - learning_rate * rate) for learning_rate, rate in pairs]
            multiply_each(params, kept, self.first, self.n_weights)


def mean_loss(network: Network, params: Layers | Parameters, batch: Batch) -> Any:
    """Compute the mean loss (...) of any number of rows, block by block."""
    total: Any = 0.0
    for rows in row_blocks(batch.X.n_samples, network.shape.n_hidden, params.w_hidden.dtype):
        block = batch.take(rows)
        outputs = np.ascontiguousarray(block_outputs(network, params, block.X).mT)
        total = total + network.loss.total(outputs, block.targets)
    return total


def predict_outputs(network: Network, params: Layers | Parameters, X: Rows, map_blocks: Map = map) -> Array:
    """Compute the outputs (..., n_samples, n_outputs) of any number of rows, block by block."""
    return _by_blocks(partial(block_outputs, network, params), network.shape.n_outputs, params, X, map_blocks)


def predict_hidden(network: Network, params: Layers | Parameters, X: Rows, map_blocks: Map = map) -> Array:
    """Compute the hidden values (..., n_samples, n_hidden) of any number of rows, block by block."""
    return _by_blocks(partial(block_hidden, network, params), network.shape.n_hidden, params, X, map_blocks)


def _by_blocks(
    of_block: Callable[[Rows], Array], n_columns: int, params: Any, X: Rows, map_blocks: Map
) -> Array:
    dtype = params.w_hidden.dtype
    blocks = row_blocks(X.n_samples, params.w_hidden.shape[-1], dtype)
    if len(blocks) == 1:
        return of_block(X)
    values = np.empty((*params.b_hidden.shape[:-2], X.n_samples, n_columns), dtype)

    @np.errstate(over="ignore", invalid="ignore")  # each thread has its own; the callers check the values
    def fill(rows: slice) -> None:
        values[..., rows, :] = of_block(X.take(rows))

    for _ in map_blocks(fill, blocks):
        pass
    return values


def block_outputs(network: Network, params: Layers | Parameters, X: Rows) -> Array:
    """Compute the outputs (..., n_samples, n_outputs) of a block of rows in a new array."""
    outputs = block_hidden(network, params, X) @ params.w_output
    outputs += params.b_output
    return outputs


def block_hidden(network: Network, params: Layers | Parameters, X: Rows) -> Array:
    """Compute the hidden values (..., n_samples, n_hidden) of a block of rows in a new array."""
    w_hidden = params.w_hidden
    hidden = np.empty((*w_hidden.shape[:-2], X.n_samples, w_hidden.shape[-1]), w_hidden.dtype)
    X.apply(params, hidden)
    network.activate(hidden, None)
    return hidden
