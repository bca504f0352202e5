"""The network: forward, backward, the gradient of the mean loss, and the penalty.

The shares of a mini-batch sum to one; if rows have weights, only on average over the batches (see ``_core``).

A prediction makes new arrays. A step uses the buffers of a workspace, and computes the outputs transposed, as
``losses`` needs them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Activate, Array
from sknn_scratch._core.arrays import add_multiples, dot, multiply_each, sum_of_squares
from sknn_scratch._core.loss import Loss, Targets
from sknn_scratch._core.parameters import Layers, NetworkShape, Parameters
from sknn_scratch._core.rows import Rows


class Network(NamedTuple):
    """All that defines a network except its parameters."""

    shape: NetworkShape
    activate: Activate
    loss: Loss


def hidden_values(network: Network, params: Layers | Parameters, X: Rows) -> Array:
    """Compute the hidden values (..., n_samples, n_hidden) in a new array."""
    w_hidden = params.w_hidden
    hidden = np.empty((*w_hidden.shape[:-2], X.n_samples, w_hidden.shape[-1]), w_hidden.dtype)
    X.fill_hidden_input(params, hidden)
    network.activate(hidden, None)
    return hidden


def outputs_of(network: Network, params: Layers | Parameters, X: Rows) -> Array:
    """Compute the outputs (..., n_samples, n_outputs) in a new array."""
    outputs = hidden_values(network, params, X) @ params.w_output
    outputs += params.b_output
    return outputs


class Batch(NamedTuple):
    X: Rows
    targets: Targets
    outputs_mT: Any = None  # (..., n_outputs, n_samples): in training, a buffer for the outputs

    def take(self, rows: slice) -> "Batch":
        outputs_mT = None if self.outputs_mT is None else self.outputs_mT[..., rows]
        return Batch(self.X.take(rows), self.targets.take(rows), outputs_mT)


def make_batch(X: Rows, targets: Array, row_weights: Array | None) -> Batch:
    """Make a batch of rows of one network; ``row_weights`` (n_samples,) are positive, or None if equal."""
    return Batch(X, Targets.of(targets, shares_of(len(targets), row_weights)))


def shares_of(n_samples: int, row_weights: Array | None) -> Array:
    """Compute the share (n_samples,) of each row in the mean loss; weights of None are ones."""
    return np.full(n_samples, 1 / n_samples) if row_weights is None else row_weights / row_weights.sum()


class Workspace(NamedTuple):
    """The buffers of one step, for batches of one size."""

    hidden: Array  # (..., n_samples, n_hidden): the hidden inputs z, then the hidden values a
    slope: Array  # (..., n_samples, n_hidden): g'(z)
    delta_hidden: Array  # (..., n_samples, n_hidden): d mean_loss / d z
    outputs_without_bias: Array  # (..., n_samples, n_outputs): hidden w_output
    delta_output_mT: Array  # (..., n_outputs, n_samples): d mean_loss / d outputs, transposed
    ones: Array  # (1, n_samples): a product with it sums over the samples, faster than NumPy's sum
    dropout_factors: Array | None = None  # (..., n_samples, n_hidden): 0 or 1 / (1 - dropout)

    @classmethod
    def allocate(
        cls, shape: NetworkShape, leading: tuple[int, ...], dtype: DTypeLike, dropout: bool = False
    ) -> "Workspace":
        """Allocate the buffers for ``leading`` = (..., n_samples)."""
        *networks, n_rows = leading
        of_hidden, of_outputs = (*leading, shape.n_hidden), (*leading, shape.n_outputs)
        return cls(
            hidden=np.zeros(of_hidden, dtype),
            slope=np.zeros(of_hidden, dtype),
            delta_hidden=np.zeros(of_hidden, dtype),
            outputs_without_bias=np.zeros(of_outputs, dtype),
            delta_output_mT=np.zeros((*networks, shape.n_outputs, n_rows), dtype),
            ones=np.ones((1, n_rows), dtype),
            dropout_factors=np.zeros(of_hidden, dtype) if dropout else None,
        )


def loss_gradient(
    network: Network, params: Parameters, grads: Parameters, batch: Batch, workspace: Workspace
) -> None:
    """Fill the outputs of a batch, and the gradient of its mean loss."""
    forward(network, params, batch, workspace)
    network.loss.gradient(batch.outputs_mT, batch.targets, workspace.delta_output_mT)
    backward(params, grads, batch.X, workspace)


def forward(network: Network, params: Parameters, batch: Batch, workspace: Workspace) -> None:
    """Fill the outputs of a batch, and what ``backward`` needs of the workspace."""
    hidden = workspace.hidden
    batch.X.fill_hidden_input(params, hidden)  # z
    network.activate(hidden, workspace.slope)  # a, in the place of z
    if workspace.dropout_factors is not None:
        hidden *= workspace.dropout_factors
    dot(hidden, params.w_output, workspace.outputs_without_bias)
    np.add(workspace.outputs_without_bias.mT, params.b_output.mT, out=batch.outputs_mT)


def backward(params: Parameters, grads: Parameters, X: Rows, workspace: Workspace) -> None:
    """Backpropagation: from the gradient at the outputs to the gradient of every parameter."""
    delta_output, delta_hidden, ones = workspace.delta_output_mT.mT, workspace.delta_hidden, workspace.ones
    dot(workspace.hidden.mT, delta_output, grads.w_output)  # hidden' delta_output
    dot(ones, delta_output, grads.b_output)  # sum_i delta_output_i
    dot(delta_output, params.w_output.mT, delta_hidden)  # delta_output w_output': d mean_loss / d hidden
    delta_hidden *= workspace.slope  # times g'(z): d mean_loss / d z
    if workspace.dropout_factors is not None:
        delta_hidden *= workspace.dropout_factors
    X.fill_hidden_gradients(delta_hidden, ones, grads)  # X' delta_hidden, and sum_i delta_hidden_i


class Penalty(NamedTuple):
    """The L2 penalty of each network: its strength / 2 times the sum of its squared weights.

    A decoupled penalty is weight decay: it shrinks the weights beside the objective and its gradient.
    """

    strengths: Any  # floats (K,): alpha / P, see ``_core``; empty if no network has a penalty
    first: int  # index of the first weight in a network's flat parameters
    n_weights: int
    is_decoupled: bool = False

    @classmethod
    def of(cls, strengths: Sequence[float], shape: NetworkShape, is_decoupled: bool = False) -> "Penalty":
        first, n_weights = shape.weights.start, shape.weights.stop - shape.weights.start
        return cls(strengths if any(strengths) else (), first, n_weights, is_decoupled)

    def value(self, params: Parameters) -> Any:
        """Compute the penalty (...) in the objective."""
        if not self.strengths or self.is_decoupled:
            return 0.0
        squares = sum_of_squares(params.weights)
        if np.ndim(squares) == 0:
            return 0.5 * self.strengths[0] * float(squares)
        strengths = np.array(self.strengths)
        # The squares of a network without a penalty may be infinite, and zero times infinity is NaN.
        return np.where(strengths > 0, 0.5 * strengths * squares, 0.0)

    def apply(self, params: Array, grads: Array, learning_rates: Sequence[float]) -> None:
        """grads += strength * weights or, if decoupled, weights -= learning_rate * strength * weights.

        The arrays (n_networks * n_params,) are flat. It comes before each update.
        """
        if not self.strengths:
            return
        if self.is_decoupled:
            pairs = zip(learning_rates, self.strengths, strict=True)
            kept = [max(0.0, 1 - rate * strength) for rate, strength in pairs]  # with their signs
            multiply_each(params, kept, self.first, self.n_weights)
        else:
            add_multiples(grads, self.strengths, params, self.first, self.n_weights)
