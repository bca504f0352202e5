"""Hashes of the rows of a design matrix, and distinct rows by these."""

import numpy as np

from sknn_scratch._core.blocks import row_blocks
from sknn_scratch._core.rows import SparseRows


def distinct_rows(data, hashes):
    """Find the distinct pairs of row and target, in an order that depends only on their values.

    The rows of the data have these hashes (n_samples,). Returns the number (n_distinct,) of one row of each
    kind, and the sum (n_distinct,) of their weights.
    """
    rows = data.row_numbers
    weights = np.ones(len(rows)) if data.row_weights is None else data.row_weights
    keys = np.array([*data.targets[rows].T, hashes])
    order = np.lexsort((weights, *keys))  # the weights last, for the rounding of their sums
    keys = keys[:, order]
    starts = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)))
    return rows[order[starts]], np.add.reduceat(weights[order], starts)


def hashes_of_rows(X, rows):
    """Hash rows of a design matrix: equal ones have equal hashes, also if one of the matrices is sparse.

    The hash is a sum over the features, each times an odd number of its own, modulo 2**64. A zero adds
    nothing. Returns an array (n_samples,) of floats.
    """
    factors = np.random.default_rng(0).integers(2**63, size=X.n_features, dtype=np.uint64) * 2 + 1
    sums = np.empty(len(rows), np.uint64)
    for block in row_blocks(len(rows), X.n_features, np.float64):
        taken = X.take(rows[block])
        if isinstance(taken, SparseRows):
            matrix = taken.source
            matrix = type(matrix)(
                (hashes_of_numbers(matrix.data), matrix.indices, matrix.indptr), matrix.shape
            )
        else:
            matrix = hashes_of_numbers(taken.source)
        sums[block] = matrix @ factors
    return (mixed_bits(sums) >> np.uint64(11)).astype(np.float64)  # 53 bits, which a float holds exactly


def hashes_of_numbers(values):
    """Hash numbers to 64 bits; the hash of zero is zero."""
    return mixed_bits((values.astype(np.float64) + 0.0).view(np.uint64))  # 0.0 removes the sign of zero


def mixed_bits(integers):
    """Mix the bits of 64-bit integers: the last step of MurmurHash3 (Appleby, 2011)."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        integers = integers ^ (integers >> np.uint64(33))
        integers = integers * np.uint64(factor)
    return integers ^ (integers >> np.uint64(33))
