"""Many rows, block by block: gradients of large batches, losses and predictions.

A large batch is cut into four blocks, which threads can share. For losses and predictions, a block is small
enough that its hidden values stay in a cache. The number of threads changes neither the blocks nor the bits.
"""

from collections.abc import Callable, Iterable
from functools import partial
from math import ceil
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array
from sknn_scratch._core.network import Batch, Network, Workspace, hidden_values, loss_gradient, outputs_of
from sknn_scratch._core.parameters import Layers, NetworkShape, Parameters, view_parameters
from sknn_scratch._core.rows import DenseRows, Rows

Map: TypeAlias = Callable[..., Iterable[Any]]  # map, or a version of it that uses several threads

BLOCK_BYTES = 2**20  # of a block of rows or its hidden values, which should stay in the second-level cache
# A batch is cut into blocks if it has at least LARGE_ROWS rows, and its product with w_hidden takes at least
# LARGE_PRODUCT multiplications. It takes at most a tenth longer on one thread, and half the time on two.
LARGE_ROWS = 1000
LARGE_PRODUCT = 2**25
N_BLOCKS = 4


class BatchGradient:
    """Computes gradients of batches of ``n_rows`` rows like X, with a workspace for each block of rows."""

    def __init__(
        self, network: Network, params: Array, X: Rows, n_rows: int, map_blocks: Map, dropout: bool = False
    ) -> None:
        self.network, self.map_blocks, networks = network, map_blocks, params.shape[:-1]
        self.blocks = gradient_blocks(X, network.shape, n_rows)
        self.workspaces = [
            Workspace.allocate(network.shape, (*networks, rows.stop - rows.start), params.dtype, dropout)
            for rows in self.blocks
        ]
        if len(self.blocks) > 1:
            self.summands = np.empty((len(self.blocks), *params.shape), params.dtype)
            self.grads = [view_parameters(flat, network.shape) for flat in self.summands]

    def fill(self, params: Parameters, grads: Parameters, batch: Batch) -> None:
        """Fill ``grads`` and the outputs of the batch, as ``loss_gradient`` does."""
        if len(self.workspaces) == 1:
            loss_gradient(self.network, params, grads, batch, self.workspaces[0])
            return

        @np.errstate(all="ignore")  # each thread has its own
        def fill_block(rows: slice, grads_of_block: Parameters, workspace: Workspace) -> None:
            loss_gradient(self.network, params, grads_of_block, batch.take(rows), workspace)

        for _ in self.map_blocks(fill_block, self.blocks, self.grads, self.workspaces):
            pass
        np.add.reduce(self.summands, axis=0, out=grads.flat)


def gradient_blocks(X: Rows, shape: NetworkShape, n_rows: int) -> list[slice]:
    """Cut a large batch of rows like X into blocks; sparse rows stay in one block."""
    is_large = n_rows >= LARGE_ROWS and n_rows * shape.n_features * shape.n_hidden >= LARGE_PRODUCT
    return equal_blocks(n_rows, N_BLOCKS) if is_large and isinstance(X, DenseRows) else [slice(0, n_rows)]


def row_blocks(n_rows: int, n_values: int, dtype: DTypeLike) -> list[slice]:
    """Cut rows of so many values each, such as hidden ones, into blocks of at most ``BLOCK_BYTES``."""
    largest = max(1, BLOCK_BYTES // (n_values * np.dtype(dtype).itemsize))
    return equal_blocks(n_rows, ceil(n_rows / largest)) if n_rows > largest else [slice(0, n_rows)]


def equal_blocks(n_rows: int, n_blocks: int) -> list[slice]:
    ends = [n_rows * i // n_blocks for i in range(n_blocks + 1)]
    return list(map(slice, ends, ends[1:]))


def mean_loss(network: Network, params: Layers | Parameters, batch: Batch) -> Any:
    """Compute the mean loss (...) of any number of rows, block by block."""
    total: Any = 0.0
    for rows in row_blocks(batch.X.n_samples, network.shape.n_hidden, params.w_hidden.dtype):
        block = batch.take(rows)
        outputs_mT = np.ascontiguousarray(outputs_of(network, params, block.X).mT)
        total = total + network.loss.total(outputs_mT, block.targets)
    return total


def row_losses(network: Network, params: Layers | Parameters, batch: Batch) -> Array:
    """Compute the losses (n_samples,) of the rows of one network, each times its share in the mean loss."""
    outputs_mT = np.ascontiguousarray(predict_outputs(network, params, batch.X).T)
    return network.loss.of_rows(outputs_mT, batch.targets)


def predict_outputs(network: Network, params: Layers | Parameters, X: Rows, map_blocks: Map = map) -> Array:
    """Compute the outputs (..., n_samples, n_outputs) of any number of rows, block by block."""
    return _by_blocks(partial(outputs_of, network, params), network.shape.n_outputs, params, X, map_blocks)


def predict_hidden(network: Network, params: Layers | Parameters, X: Rows, map_blocks: Map = map) -> Array:
    """Compute the hidden values (..., n_samples, n_hidden) of any number of rows, block by block."""
    return _by_blocks(partial(hidden_values, network, params), network.shape.n_hidden, params, X, map_blocks)


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
