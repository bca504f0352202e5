"""Rows of a sparse design matrix, with the two products that training needs; never densified."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import DTypeLike, NDArray

from sknn_scratch._core.activations import Array

Index: TypeAlias = NDArray[np.intp]


class SparseRows:
    """The rows of one network, or of several stacked networks, as CSR matrices.

    Parameters
    ----------
    matrices : sequence of CSR matrices or arrays, each (n_samples, n_features)
        One for each network.
    stacked : bool
        Whether there is a network axis; without one, ``matrices`` has one element.
    columns : ndarray of shape (n_columns,), optional
        The columns that have stored values, where others are to be left out of the transpose.
    narrow : CSR array of shape (n_samples, n_columns), optional
        The only matrix without those others.
    """

    def __init__(
        self, matrices: Sequence[Any], *, stacked: bool, columns: Any = None, narrow: Any = None
    ) -> None:
        self.matrices = matrices
        self.stacked = stacked
        self.columns = columns
        self.narrow = narrow

    @classmethod
    def stack(cls, rows: Sequence["SparseRows"]) -> "SparseRows":
        """Stack the rows of single networks."""
        return cls([one.matrices[0] for one in rows], stacked=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., n_samples, n_features)."""
        networks = (len(self.matrices),) if self.stacked else ()
        return (*networks, *self.matrices[0].shape)

    @property
    def mT(self) -> "SparseRows":
        """The transpose of every network's matrix, of the selected columns if some are."""
        matrices = self.matrices if self.narrow is None else [self.narrow]
        return SparseRows([X.T for X in matrices], stacked=self.stacked)

    def multiply(self, w: Array, out: Array) -> None:
        """out = X w."""
        for X, w_of_network, out_of_network in self._networks(w, out):
            out_of_network[...] = X @ w_of_network

    def astype(self, dtype: DTypeLike, copy: bool = True) -> "SparseRows":
        """Convert the values, as ndarray.astype does."""
        return SparseRows([X.astype(dtype, copy=copy) for X in self.matrices], stacked=self.stacked)

    def slice(self, rows: slice) -> "SparseRows":
        """Take a block of rows of every network."""
        return SparseRows([X[rows] for X in self.matrices], stacked=self.stacked)

    def _networks(self, left: Array, right: Array) -> Any:
        if self.stacked:
            return zip(self.matrices, left, right, strict=True)
        return ((self.matrices[0], left, right),)


def slice_rows(X: Any, rows: slice) -> Any:
    """Take a block of rows of dense or sparse rows."""
    return X[..., rows, :] if isinstance(X, np.ndarray) else X.slice(rows)


class ColumnSelector:
    """Selects the columns that sparse rows of one network use."""

    def __init__(self, n_columns: int) -> None:
        self._is_used = np.zeros(n_columns, bool)
        self._position = np.zeros(n_columns, np.int32)

    def __call__(self, rows: SparseRows) -> SparseRows:
        """Leave the columns without a stored value out of the transpose."""
        (X,) = rows.matrices
        self._is_used[X.indices] = True
        columns = np.flatnonzero(self._is_used)
        self._is_used[columns] = False
        self._position[columns] = np.arange(len(columns))
        parts = (X.data, self._position[X.indices], X.indptr)
        narrow = scipy.sparse.csr_array(parts, shape=(X.shape[0], len(columns)))
        return SparseRows(rows.matrices, stacked=False, columns=columns, narrow=narrow)
