"""What networks are trained on: design matrices, targets and weights, each network's own or common ones.

TrainData          the rows one network is trained on, and how it is validated
pool               the same for several networks, with one design matrix in common
with_ones          the same, with a column of ones in it, if it is small
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

SMALL_BYTES = 2**20


@dataclass(frozen=True)
class TrainData:
    """The rows one network is trained on, and how it is validated.

    Attributes
    ----------
    X : ndarray or CSR of shape (n_rows, n_features)
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

    Different design matrices are put one below the other, and the rows are numbered anew.
    """
    sources = list({(id(one.X), id(one.targets)): one for one in data}.values())
    if len(sources) == 1:
        return list(data)
    X = _stack_vertically([one.X for one in sources])
    targets = np.concatenate([one.targets for one in sources])
    ends = np.cumsum([one.X.shape[0] for one in sources])
    offset_of = {
        (id(one.X), id(one.targets)): end - one.X.shape[0] for one, end in zip(sources, ends, strict=True)
    }
    pooled = []
    for one in data:
        rows = np.arange(one.n_samples) if one.rows is None else one.rows
        offset = offset_of[id(one.X), id(one.targets)]
        pooled.append(replace(one, X=X, targets=targets, rows=rows + offset))
    return pooled


def is_small(data: TrainData) -> bool:
    """Whether the rows that a network trains on are dense, and so few that a copy of them costs nothing."""
    X = data.X
    return isinstance(X, np.ndarray) and data.n_samples * X.shape[1] * X.itemsize <= SMALL_BYTES


def with_ones(data: Sequence[TrainData]) -> list[TrainData]:
    """Add a column of ones to the pooled rows of networks, if they are small: it makes the biases weights.

    Rows that no network trains on are left out, if they are many.
    """
    X = data[0].X
    if not is_small(data[0]):
        return list(data)
    if len(X) > sum(one.n_samples for one in data):
        return with_ones(pool([only_its_rows(one) for one in data]))
    X = np.hstack([np.ones((len(X), 1), X.dtype), X])
    return [replace(one, X=X, has_ones=True) for one in data]


def only_its_rows(data: TrainData) -> TrainData:
    """Copy the rows that a network trains on."""
    return replace(data, X=data.X[data.rows], targets=data.targets[data.rows], rows=None)


def stack_validations(validations: Sequence[Batch]) -> Batch:
    """Stack the validation rows of several networks, which all have as many."""
    matrices: list[Any] = [one.X for one in validations]
    X: Rows = np.stack(matrices) if isinstance(matrices[0], np.ndarray) else SparseRows.stack(matrices)
    targets = CodedTargets(*map(np.stack, zip(*(one.targets for one in validations), strict=True)))
    return Batch(X, targets, validations[0].n_rows)


def _stack_vertically(matrices: Sequence[Any]) -> Any:
    if isinstance(matrices[0], np.ndarray):
        return np.concatenate(matrices)
    return scipy.sparse.vstack(matrices, format="csr")
