"""Forward, backward and the objective of the network, written into buffers that are allocated once.

    hidden_input = X w_hidden + b_hidden            (..., n_samples, n_hidden)
    hidden       = g(hidden_input)                  (..., n_samples, n_hidden)
    logits       = hidden w_output + b_output       (..., n_samples, n_outputs)
    objective    = sum_i weights_i loss(logits_i, targets_i) + penalty_rate / 2 |w_hidden, w_output|^2

The weights of a batch's rows sum to one, on average where rows weigh differently, so the first term is a mean
loss, or estimates it. The leading axes ``...`` count networks: none for one network, (K,) for K networks that
are trained together.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Activate, Array
from sknn_scratch._core.blas import add_row
from sknn_scratch._core.losses import CodedTargets, Loss, LossTerms
from sknn_scratch._core.parameters import Layers, NetworkShape, Parameters
from sknn_scratch._core.sparse import SparseRows, slice_rows

Rows: TypeAlias = Array | SparseRows
Product: TypeAlias = Callable[..., Any]
Map: TypeAlias = Callable[..., Iterable[Any]]  # map, or one that uses several threads

OUTER_OF_EACH: Product = partial(np.einsum, "kno,koh->knh")

BLOCK_BYTES = 2**20  # hidden values of a block of rows: they should stay in the second-level cache


class Network(NamedTuple):
    """What defines a network beside its parameters."""

    shape: NetworkShape
    activate: Activate
    loss: Loss


class Batch(NamedTuple):
    """Some rows of every network."""

    X: Rows  # (..., n_samples, n_features), or 1 + n_features with a column of ones
    targets: CodedTargets  # of training batches with weighted rows, the weights sum to one on average
    n_rows: int  # of each network


def make_batch(X: Rows, targets: Array, weights: Array | None, loss: Loss) -> Batch:
    """Make a batch of rows of one network; ``weights`` (n_samples,) of any sum, None for equal ones."""
    n = len(targets)
    shares = np.full(n, 1 / n) if weights is None else weights / weights.sum()
    return Batch(X, loss.coded_targets(targets, shares), n)


class Workspace(NamedTuple):
    """The buffers of one step for batches of one size, and the product that suits their axes."""

    hidden: Array  # (..., n_samples, n_hidden): the hidden inputs z, then the hidden values a
    slope: Array  # (..., n_samples, n_hidden): g'(z)
    delta_hidden: Array  # (..., n_samples, n_hidden): d objective / d z
    hidden_output: Array  # (..., n_samples, n_outputs): hidden w_output
    hidden_output_mT: Array  # (..., n_outputs, n_samples): a view of it
    logits: Array  # (..., n_outputs, n_samples): the logits, then d objective / d logits
    delta_output: Array  # (..., n_samples, n_outputs): a view of that
    keep: Array | None  # (..., n_samples, n_hidden): dropout's factors, 0 or 1 / (1 - dropout)
    ones: Array  # (1, n_samples): a product with it sums over the samples, faster than NumPy's sum
    # ndarray.dot or, with a network axis, np.matmul, whose overhead is twice as large.
    product: Product
    rows_product: Product  # for the rows of X, which may be sparse
    outer_product: Product  # delta_output w_output'; for stacked networks with one output, einsum is fastest
    has_ones: bool  # whether the first column of X is one: then the biases are a row of weights


def allocate_workspace(
    shape: NetworkShape,
    leading: tuple[int, ...],
    dtype: DTypeLike,
    *,
    dropout: bool = False,
    sparse: bool = False,
    has_ones: bool = False,
) -> Workspace:
    """Allocate the buffers for ``leading`` = (..., n_samples)."""
    product: Product = np.ndarray.dot if len(leading) == 1 else np.matmul

    def hidden_buffer() -> Array:
        return np.zeros((*leading, shape.n_hidden), dtype)

    hidden_output = np.zeros((*leading, shape.n_outputs), dtype)
    logits = np.zeros((*leading[:-1], shape.n_outputs, leading[-1]), dtype)
    return Workspace(
        hidden=hidden_buffer(),
        slope=hidden_buffer(),
        delta_hidden=hidden_buffer(),
        hidden_output=hidden_output,
        hidden_output_mT=hidden_output.mT,
        logits=logits,
        delta_output=logits.mT,
        keep=hidden_buffer() if dropout else None,
        ones=np.ones((1, leading[-1]), dtype),
        product=product,
        rows_product=SparseRows.multiply if sparse else product,
        outer_product=OUTER_OF_EACH if shape.n_outputs == 1 and product is np.matmul else product,
        has_ones=has_ones,
    )


def loss_gradient(
    network: Network,
    params: Parameters,
    grads: Parameters,
    batch: Batch,
    terms: LossTerms,
    workspace: Workspace,
) -> None:
    """Fill ``grads`` with the gradient of the mean loss of a batch, and ``terms`` with what that is made of.

    The penalty is in neither.
    """
    forward(network, params, batch.X, workspace)
    network.loss.gradient(workspace.logits, batch.targets, terms)
    backward(params, grads, batch.X, workspace)


def forward(network: Network, params: Parameters, X: Rows, workspace: Workspace) -> None:
    """Fill ``hidden``, ``slope`` and ``logits`` of the workspace."""
    hidden = workspace.hidden
    if workspace.has_ones:
        workspace.rows_product(X, params.hidden_layer, out=hidden)
    else:
        workspace.rows_product(X, params.w_hidden, out=hidden)
        add_row(hidden, params.b_hidden, workspace.ones)
    network.activate(hidden, workspace.slope)
    if workspace.keep is not None:
        hidden *= workspace.keep
    workspace.product(hidden, params.w_output, out=workspace.hidden_output)
    np.add(workspace.hidden_output_mT, params.b_output.mT, out=workspace.logits)


def backward(params: Parameters, grads: Parameters, X: Rows, workspace: Workspace) -> None:
    """Backpropagation: from the gradient at the logits to the gradient of every parameter."""
    hidden, delta_output, delta_hidden = workspace.hidden, workspace.delta_output, workspace.delta_hidden
    ones, product = workspace.ones, workspace.product
    product(hidden.mT, delta_output, out=grads.w_output)
    product(ones, delta_output, out=grads.b_output)
    workspace.outer_product(delta_output, params.w_output.mT, out=delta_hidden)
    delta_hidden *= workspace.slope
    if workspace.keep is not None:
        delta_hidden *= workspace.keep
    if workspace.has_ones:
        workspace.rows_product(X.mT, delta_hidden, out=grads.hidden_layer)
    else:
        workspace.rows_product(X.mT, delta_hidden, out=grads.w_hidden)
        product(ones, delta_hidden, out=grads.b_hidden)


def penalty_value(params: Parameters, penalty_rate: Any) -> Any:
    """L2 penalty (...) of the weights; ``penalty_rate`` (...) is alpha / S."""
    return 0.5 * penalty_rate * np.vecdot(params.weights, params.weights)


def mean_loss(network: Network, params: Layers | Parameters, batch: Batch) -> Any:
    """Mean loss (...) of any number of rows, block by block."""
    total: Any = 0.0
    for rows in row_blocks(batch.n_rows, network.shape.n_hidden, params.w_hidden.dtype):
        X = slice_rows(batch.X, rows)
        has_ones = X.shape[-1] > network.shape.n_features
        logits = block_logits(network, params, X[..., 1:] if has_ones else X)
        by_output = np.ascontiguousarray(logits.mT)
        total = total + network.loss.mean(by_output, batch.targets.rows(rows))
    return total


def predict_logits(network: Network, params: Layers | Parameters, X: Rows, map_blocks: Map = map) -> Array:
    """Logits (..., n_samples, n_outputs) of any number of rows, block by block."""
    of_block = partial(block_logits, network, params)
    return _by_blocks(of_block, network.shape.n_outputs, params, X, map_blocks)


def predict_hidden(network: Network, params: Layers | Parameters, X: Rows, map_blocks: Map = map) -> Array:
    """Hidden values (..., n_samples, n_hidden) of any number of rows, block by block."""
    of_block = partial(block_hidden, network, params)
    return _by_blocks(of_block, network.shape.n_hidden, params, X, map_blocks)


def _by_blocks(
    of_block: Callable[[Rows], Array], n_columns: int, params: Any, X: Rows, map_blocks: Map
) -> Array:
    n_samples, dtype = X.shape[-2], params.w_hidden.dtype
    blocks = row_blocks(n_samples, params.w_hidden.shape[-1], dtype)
    if len(blocks) == 1:
        return of_block(X)
    values = np.empty((*params.b_hidden.shape[:-2], n_samples, n_columns), dtype)

    def fill(rows: slice) -> None:
        values[..., rows, :] = of_block(slice_rows(X, rows))

    for _ in map_blocks(fill, blocks):
        pass
    return values


def block_logits(network: Network, params: Layers | Parameters, X: Rows) -> Array:
    """Logits (..., n_samples, n_outputs) of a block of rows, a new array."""
    logits = block_hidden(network, params, X) @ params.w_output
    logits += params.b_output
    return logits


def block_hidden(network: Network, params: Layers | Parameters, X: Rows) -> Array:
    """Hidden values (..., n_samples, n_hidden) of a block of rows, a new array."""
    w_hidden = params.w_hidden
    hidden = np.empty((*w_hidden.shape[:-2], X.shape[-2], w_hidden.shape[-1]), w_hidden.dtype)
    product: Product = np.matmul if isinstance(X, np.ndarray) else SparseRows.multiply
    product(X.astype(w_hidden.dtype, copy=False), w_hidden, out=hidden)
    hidden += params.b_hidden
    network.activate(hidden, None)
    return hidden


def row_blocks(n_samples: int, n_hidden: int, dtype: DTypeLike) -> list[slice]:
    """Cut the rows into blocks of ``block_size``."""
    n_rows = block_size(n_hidden, dtype)
    return [slice(start, start + n_rows) for start in range(0, n_samples, n_rows)]


def block_size(n_hidden: int, dtype: DTypeLike) -> int:
    """Count the rows of which one network's hidden values fill ``BLOCK_BYTES``."""
    return max(1, BLOCK_BYTES // (n_hidden * np.dtype(dtype).itemsize))
