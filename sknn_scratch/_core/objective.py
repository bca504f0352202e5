"""The objective of one network over all its rows."""

import numpy as np

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import clear_tiny
from sknn_scratch._core.blocks import BatchGradient, Map
from sknn_scratch._core.network import Batch, Network, Penalty
from sknn_scratch._core.parameters import view_parameters


class Objective:
    """The mean loss of a batch plus the penalty, and the gradient, of one network in double precision."""

    def __init__(self, network: Network, batch: Batch, map_blocks: Map) -> None:
        shape, n_rows = network.shape, batch.X.n_samples
        self.network, self.batch = network, batch
        self.params, self.grads = (view_parameters(np.zeros(shape.n_params), shape) for _ in range(2))
        self.batch_gradient = BatchGradient(network, self.params.flat, batch.X, n_rows, map_blocks)
        self.outputs_mT = np.zeros((shape.n_outputs, n_rows))
        self.set_penalty(0.0)

    def set_penalty(self, strength: float) -> None:
        """Set the strength of the penalty, alpha / P."""
        self.penalty = Penalty.of([strength], self.network.shape)

    @np.errstate(all="ignore")  # an infinite objective ends the training
    def evaluate(self, params: Array) -> tuple[float, Array]:
        """Compute the objective and its gradient (n_params,), and keep the parameters (n_params,)."""
        self.params.flat[...] = params
        clear_tiny(self.params.flat)
        self.batch_gradient.fill(self.params, self.grads, self.batch, self.outputs_mT)
        self.penalty.apply(self.params.flat, self.grads.flat, [1.0])
        mean_loss = self.network.loss.total(self.outputs_mT, self.batch.targets)
        return float(mean_loss + self.penalty.value(self.params)), self.grads.flat.copy()
