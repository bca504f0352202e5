"""What networks are trained on: design matrices, targets and weights, each network's own or common ones.

TrainData          the rows one network is trained on, and how it is validated
pool               the same for several networks, with one design matrix in common; with ones, if it is small
stack_validations  the validation rows of several networks
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse

from sknn_scratch._core.activations import Array
from sknn_scratch._core.losses import CodedTargets
from sknn_scratch._core.network import Batch, Rows
from sknn_scratch._core.sparse import Index, SparseRows

# Of the rows that a network trains on. A copy of so many takes no time that can be noticed; with many more, a
# step takes so long that the calls for the biases do not count.
SMALL_BYTES = 2**20


@dataclass(frozen=True)
class TrainData:
    """The rows one network is trained on, and how it is validated.

    Attributes
    ----------
    X : ndarray or CSR of shape (n_rows, n_features), with ``has_ones`` (n_rows, 1 + n_features)
        Has the dtype of the parameters; may hold rows that this network does not train on.
    targets : ndarray of shape (n_rows, n_outputs)
        Zeros and ones.
    rows : ndarray of shape (n_samples,) or None
        The rows of X that this network trains on; None for all.
    weights : ndarray of shape (n_samples,) or None
        A positive weight for each of these rows; None for weights of one.
    validation : Batch or None
        Rows kept out of training; their weights sum to one.
    score : callable or None
        ``score(params)`` of the validation rows, larger is better, to be watched instead of their loss.
    has_ones : bool
        Whether a first column of ones was added to X, to be multiplied by the biases.
    """

    X: Any
    targets: Array
    rows: Index | None = None
    weights: Array | None = None
    validation: Batch | None = None
    score: Callable[[Array], float] | None = None
    has_ones: bool = False

    @property
    def n_samples(self) -> int:
        """Number of rows to train on."""
        return int(self.X.shape[0]) if self.rows is None else len(self.rows)

    @property
    def total_weight(self) -> float:
        """Sum of the weights: the number of rows where all weights are one."""
        return float(self.n_samples if self.weights is None else self.weights.sum())


def pool(data: Sequence[TrainData]) -> list[TrainData]:
    """Give all networks one common X and targets, so that they can be stacked.

    Different design matrices are put one below the other, and the rows are numbered anew. Small ones get a
    first column of ones, so that the biases are a row of weights; of these, rows that no network trains on
    are left out if they are many.
    """
    has_ones = is_small(data[0])
    sources = distinct_sources(data)
    if has_ones and sum(len(one.X) for one in sources) > sum(one.n_samples for one in data):
        data = [only_its_rows(one) for one in data]
        sources = distinct_sources(data)
    if len(sources) == 1 and not has_ones:
        return list(data)
    X = _stack_vertically([one.X for one in sources], has_ones)
    targets = np.concatenate([one.targets for one in sources])
    ends = np.cumsum([one.X.shape[0] for one in sources])
    offset_of = {source_of(one): end - one.X.shape[0] for one, end in zip(sources, ends, strict=True)}
    pooled = []
    for one in data:
        rows = one.rows
        if len(sources) > 1:
            rows = (np.arange(one.n_samples) if rows is None else rows) + offset_of[source_of(one)]
        pooled.append(replace(one, X=X, targets=targets, rows=rows, has_ones=has_ones))
    return pooled


def is_small(data: TrainData) -> bool:
    """Whether the rows that a network trains on are dense, and so few that a copy of them costs nothing."""
    X = data.X
    return isinstance(X, np.ndarray) and data.n_samples * X.shape[1] * X.itemsize <= SMALL_BYTES


def values_of_row(X: Any) -> float:
    """How many numbers a gathered row of X takes the room of.

    Sparse rows are there twice, in a chunk and in its batches, with an index for each value.
    """
    return float(X.shape[1] if isinstance(X, np.ndarray) else 3 * X.nnz / X.shape[0])


def only_its_rows(data: TrainData) -> TrainData:
    """Copy the rows that a network trains on, if they are not all."""
    if data.rows is None:
        return data
    return replace(data, X=data.X[data.rows], targets=data.targets[data.rows], rows=None)


def source_of(data: TrainData) -> tuple[int, int]:
    """Tell what a network draws its rows from; equal for the same X and targets."""
    return id(data.X), id(data.targets)


def distinct_sources(data: Sequence[TrainData]) -> list[TrainData]:
    """Find one network for each X and targets that are drawn from."""
    return list({source_of(one): one for one in data}.values())


def stack_validations(validations: Sequence[Batch]) -> Batch:
    """Stack the validation rows of several networks, which all have as many."""
    matrices: list[Any] = [one.X for one in validations]
    X: Rows = np.stack(matrices) if isinstance(matrices[0], np.ndarray) else SparseRows.stack(matrices)
    targets = CodedTargets(*map(np.stack, zip(*(one.targets for one in validations), strict=True)))
    return Batch(X, targets, validations[0].n_rows)


def _stack_vertically(matrices: Sequence[Any], has_ones: bool) -> Any:
    if not isinstance(matrices[0], np.ndarray):
        return scipy.sparse.vstack(matrices, format="csr")
    if not has_ones:
        return np.concatenate(matrices)
    n_rows, n_features = sum(map(len, matrices)), matrices[0].shape[1]
    stacked = np.ones((n_rows, 1 + n_features), matrices[0].dtype)
    np.concatenate(matrices, out=stacked[:, 1:])
    return stacked
