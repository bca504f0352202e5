"""What NumPy lacks, or BLAS does faster.

What is written to must be contiguous: of any other array, SciPy hands BLAS a copy.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy, dger, dscal, saxpy, sger, sscal

from sknn_scratch._core.activations import Array

AXPY = {"f": saxpy, "d": daxpy}
SCAL = {"f": sscal, "d": dscal}
GER = {"f": sger, "d": dger}


def add_multiples(
    target: Array, scales: Sequence[float], array: Array, start: int = 0, n: int | None = None
) -> None:
    """target += scale * array, each network with its scale, of flat arrays (n_networks * n_params,).

    In all parameters of each network, or in ``n`` from ``start`` on. BLAS makes one pass, where NumPy needs
    two. One call per network, so that each is rounded as in a separate fit: within one long call, rounding
    depends on the position.
    """
    axpy, n_params = AXPY[target.dtype.char], target.size // len(scales)
    n = n_params if n is None else n
    for i, scale in enumerate(scales):
        first = start + i * n_params
        axpy(array, target, n, scale, first, 1, first)


def multiply_each(target: Array, scales: Sequence[float]) -> None:
    """target *= scale, each network with its scale, of a flat array (n_networks * n_params,)."""
    n_params = target.size // len(scales)
    for i, scale in enumerate(scales):
        SCAL[target.dtype.char](scale, target, n_params, i * n_params)


def decay_and_add(target: Array, decay: float, array: Array) -> None:
    """target = decay * target + array, of arrays (n,): short ones in half of NumPy's time."""
    char = target.dtype.char
    SCAL[char](decay, target)
    AXPY[char](array, target)


def add_row(target: Array, row: Array, ones: Array) -> None:
    """target (..., m, n) += row (..., 1, n); ``ones`` (1, m).

    For one network as an update of rank one, ones times the row, in half the time of NumPy's broadcast.
    """
    if target.ndim == 2:
        stride = in_place = 1  # positional: with keywords the call takes twice as long
        GER[target.dtype.char](1.0, row, ones, stride, stride, target.T, in_place, in_place, in_place)
    else:
        target += row


def norm(vectors: Array) -> Any:
    """Euclidean norm (...) of vectors (..., n)."""
    if vectors.ndim == 1:
        return math.sqrt(vectors.dot(vectors))
    return np.sqrt(np.vecdot(vectors, vectors), dtype=np.float64)


def count_nonzero(array: NDArray[Any]) -> Any:
    """Count (...) the entries of an array (..., m, n) that are not zero."""
    return int(np.count_nonzero(array)) if array.ndim == 2 else np.count_nonzero(array, axis=(-2, -1))
