"""Rows of a sparse design matrix, with the two products that training needs; never densified."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from sknn_scratch._core.activations import Array


class SparseRows:
    """The rows of one network, or of several stacked networks, as CSR matrices.

    Parameters
    ----------
    matrices : sequence of CSR matrices or arrays, each (n_samples, n_features)
        One for each network.
    stacked : bool
        Whether there is a network axis; without one, ``matrices`` has one element.
    """

    def __init__(self, matrices: Sequence[Any], *, stacked: bool) -> None:
        self.matrices = matrices
        self.stacked = stacked

    @classmethod
    def stack(cls, rows: Sequence["SparseRows"], n_samples: int) -> "SparseRows":
        """Stack the rows of single networks; empty rows fill each up to ``n_samples``."""
        matrices = [one.matrices[0].copy() for one in rows]
        for X in matrices:
            X.resize(n_samples, X.shape[1])
        return cls(matrices, stacked=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., n_samples, n_features)."""
        networks = (len(self.matrices),) if self.stacked else ()
        return (*networks, *self.matrices[0].shape)

    def multiply(self, w: Array, out: Array) -> None:
        """out = X w; w may be one network's, out then too."""
        for X, w_of_network, out_of_network in self._networks(w, out):
            out_of_network[...] = X @ w_of_network

    def multiply_transposed(self, delta: Array, out: Array) -> None:
        """out = X' delta."""
        for X, delta_of_network, out_of_network in self._networks(delta, out):
            out_of_network[...] = X.T @ delta_of_network

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
