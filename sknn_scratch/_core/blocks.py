"""The gradient of a batch; that of a large one by blocks of its rows, which threads can share.

The blocks do not depend on how many threads there are, so neither does the result, bit for bit. Other batches
are one block: threads would wait for longer than they work.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sknn_scratch._core.batches import places_of
from sknn_scratch._core.losses import LossTerms
from sknn_scratch._core.network import Batch, Map, Network, Workspace, loss_gradient
from sknn_scratch._core.parameters import NetworkShape, Parameters, view_parameters
from sknn_scratch._core.sparse import slice_rows

# A batch with so many rows, and so many multiplications in its product with the hidden layer, is large: its
# blocks take at most a tenth longer one by one than it would as a whole, and half of that on two threads.
LARGE_ROWS = 1000
LARGE_PRODUCT = 2**25
N_BLOCKS = 4


def sizes_of_blocks(X: Any, shape: NetworkShape, n_rows: int) -> list[int]:
    """Count the rows of each block of a batch of X; sparse rows are not cut."""
    is_large = n_rows >= LARGE_ROWS and n_rows * shape.n_features * shape.n_hidden >= LARGE_PRODUCT
    if not (is_large and isinstance(X, np.ndarray)):
        return [n_rows]
    return [n_rows * (i + 1) // N_BLOCKS - n_rows * i // N_BLOCKS for i in range(N_BLOCKS)]


class BatchGradient:
    """Computes the gradients of batches of one size.

    Parameters
    ----------
    network : Network
    workspaces : sequence of Workspace
        One for each block of rows.
    map_blocks : callable
        ``map``, or one that uses several threads.
    """

    def __init__(self, network: Network, workspaces: Sequence[Workspace], map_blocks: Map) -> None:
        self.network = network
        self.workspaces = workspaces
        self.map_blocks = map_blocks
        if len(workspaces) > 1:
            self.places = places_of([workspace.hidden.shape[-2] for workspace in workspaces])
            self.summands = np.empty((len(workspaces), network.shape.n_params), workspaces[0].hidden.dtype)
            self.grads_of_blocks = [view_parameters(flat, network.shape) for flat in self.summands]

    def fill(self, params: Parameters, grads: Parameters, batch: Batch, terms: LossTerms) -> None:
        """Fill ``grads`` and ``terms``, as ``loss_gradient`` does."""
        if len(self.workspaces) == 1:
            loss_gradient(self.network, params, grads, batch, terms, self.workspaces[0])
            return

        @np.errstate(all="ignore")  # each thread has its own
        def fill_block(rows: slice, grads_of_block: Parameters, workspace: Workspace) -> None:
            block = Batch(slice_rows(batch.X, rows), batch.targets.rows(rows), rows.stop - rows.start)
            loss_gradient(self.network, params, grads_of_block, block, terms.rows(rows), workspace)

        for _ in self.map_blocks(fill_block, self.places, self.grads_of_blocks, self.workspaces):
            pass
        np.add.reduce(self.summands, axis=0, out=grads.flat)
