"""Rows of a design matrix: dense, dense with a column of ones, or sparse.

Each kind of rows has the two products that training needs, for the weights and biases of the hidden layer:

    fill_hidden_input      hidden_input = X w_hidden + b_hidden
    fill_hidden_gradients  of w_hidden: X' delta_hidden; of b_hidden: the sums of delta_hidden

Each kind also cuts its rows into blocks and gathers them into batches. Sparse rows are never made dense. They
are in SciPy's canonical form, and store no zero: what is stored occurs. They belong to one network: only
networks with dense rows are stacked.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from sknn_scratch._core.activations import Array
from sknn_scratch._core.arrays import computed_once, dot
from sknn_scratch._core.parameters import Layers, Parameters

Index: TypeAlias = NDArray[np.integer]
Rows: TypeAlias = Union["DenseRows", "SparseRows"]
Gather: TypeAlias = Callable[[Index], Sequence[Any]]

# If X is not larger, the time to copy it is negligible.
SMALL_BYTES = 2**20
COPIED_ROWS = 2**13  # rows that are copied at once: this takes little memory


def rows_of(X: Any) -> Rows:
    """Wrap a design matrix (n_samples, n_features), an ndarray or CSR matrix."""
    return DenseRows(X) if isinstance(X, np.ndarray) else SparseRows(X)


class DenseRows:
    """Rows of a dense design matrix (..., n_samples, n_features)."""

    has_ones: ClassVar[bool] = False

    def __init__(self, X: Array) -> None:
        self.X = self.source = X  # the identity of the source tells whether two networks share it
        self.X_mT = X.mT
        self.n_samples: int = X.shape[-2]
        self.n_features: int = X.shape[-1] - self.has_ones

    @property
    def values_per_row(self) -> float:
        """Memory of a gathered row, in numbers."""
        return float(self.X.shape[-1])

    def fill_hidden_input(self, layers: Layers | Parameters, out: Array) -> None:
        """out = X w_hidden + b_hidden (..., n_samples, n_hidden)."""
        dot(self.X, layers.w_hidden, out)
        out += layers.b_hidden

    def fill_hidden_gradients(self, delta: Array, ones: Array, grads: Parameters) -> None:
        dot(self.X_mT, delta, grads.w_hidden)
        dot(ones, delta, grads.b_hidden)

    def count_values(self) -> int:
        return int(np.count_nonzero(self.X))

    def has_occurred(self) -> NDArray[np.bool_]:
        """Whether each feature (n_features,) of one network is other than zero in a row."""
        return np.logical_or.reduce(self.X, axis=0)

    def take(self, rows: slice | Index) -> "DenseRows":
        """View a block of rows of every network, or copy rows by their indices."""
        return type(self)(self.X[..., rows, :])

    def astype(self, dtype: Any) -> "DenseRows":
        return self if self.X.dtype == dtype else type(self)(self.X.astype(dtype))

    def with_ones(self) -> "RowsWithOnes":
        widened = np.ones((self.X.shape[0], 1 + self.X.shape[1]), self.X.dtype)
        widened[:, 1:] = self.X
        return RowsWithOnes(widened)

    def gatherer(self, stack_shape: tuple[int, ...], places: Sequence[slice]) -> Gather:
        """Make a function that gathers rows (..., n_gathered) into a buffer, and returns its batches."""
        buffer = np.empty((*stack_shape, places[-1].stop, self.X.shape[1]), self.X.dtype)
        batches = [type(self)(buffer[..., place, :]) for place in places]

        def gather(rows: Index) -> Sequence[DenseRows]:
            # "clip" lets take() write into the buffer directly; the rows are in range.
            self.X.take(rows, axis=0, out=buffer, mode="clip")
            return batches

        return gather


class RowsWithOnes(DenseRows):
    """Rows (..., n_samples, 1 + n_features) with a first column of ones: the biases are a row of weights."""

    has_ones = True

    def fill_hidden_input(self, layers: Any, out: Array) -> None:
        """out = X w_hidden + b_hidden, as one product."""
        dot(self.X, layers.hidden_layer, out)

    def fill_hidden_gradients(self, delta: Array, ones: Array, grads: Parameters) -> None:
        dot(self.X_mT, delta, grads.hidden_layer)


class SparseRows:
    """Rows of a sparse design matrix (n_samples, n_features) in CSR form, of one network."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = self.source = matrix
        self.n_samples, self.n_features = matrix.shape

    @property
    def values_per_row(self) -> float:
        """Memory of a gathered row, in numbers: each value has an index, and is copied to a batch."""
        return float(3 * self.matrix.nnz / self.n_samples)

    @computed_once
    def transpose(self) -> Any:
        """Transpose the matrix once: for few rows, it takes about as long as a product."""
        return self.matrix.T

    def fill_hidden_input(self, layers: Layers | Parameters, out: Array) -> None:
        """out = X w_hidden + b_hidden (n_samples, n_hidden)."""
        np.add(self.matrix @ layers.w_hidden, layers.b_hidden, out=out)

    def fill_hidden_gradients(self, delta: Array, ones: Array, grads: Parameters) -> None:
        grads.w_hidden[...] = self.transpose @ delta
        dot(ones, delta, grads.b_hidden)

    def count_values(self) -> int:
        return int(self.matrix.nnz)

    def has_occurred(self) -> NDArray[np.bool_]:
        """Whether each feature (n_features,) is other than zero in a row."""
        has_occurred = np.zeros(self.n_features, bool)
        has_occurred[self.matrix.indices] = True
        return has_occurred

    def take(self, rows: slice | Index) -> "SparseRows":
        return SparseRows(self.matrix[rows])

    def astype(self, dtype: Any) -> "SparseRows":
        return SparseRows(self.matrix.astype(dtype, copy=False))

    def gatherer(self, stack_shape: tuple[int, ...], places: Sequence[slice]) -> Gather:
        """Make a function that gathers rows (n_gathered,) and cuts them into batches."""

        def gather(rows: Index) -> Sequence[SparseRows]:
            gathered = self.take(rows)
            return [gathered.take(place) for place in places]

        return gather


def with_ones_if_small(X: Rows) -> Rows:
    """Copy small dense rows with a first column of ones, so that the biases are weights; others stay."""
    if isinstance(X, DenseRows) and not X.has_ones and X.source.nbytes <= SMALL_BYTES:
        return X.with_ones()
    return X


def features_of_rows(X: Rows, rows: Index | None) -> NDArray[np.bool_]:
    """Whether each feature (n_features,) is other than zero in one of some rows, or of all."""
    if rows is None:
        return X.has_occurred()
    found = np.zeros(X.n_features, bool)
    for start in range(0, len(rows), COPIED_ROWS):
        found |= X.take(rows[start : start + COPIED_ROWS]).has_occurred()
    return found


def evenly(n: int, n_most: int) -> Index:
    """Choose at most ``n_most`` of the numbers below n, at equal distances."""
    n_some = min(n, n_most)
    return np.arange(n_some) * n // n_some
