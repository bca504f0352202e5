"""What NumPy lacks, or BLAS does faster; where it does so for one network only, that is worth a branch.

What is written to must be contiguous: of any other array, SciPy hands BLAS a copy.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy, dger, dscal, saxpy, sger, sscal

from sknn_scratch._core.activations import Array

AXPY = {"f": saxpy, "d": daxpy}
SCAL = {"f": sscal, "d": dscal}
GER = {"f": sger, "d": dger}


def add_multiples(target: Array, scales: Sequence[float], array: Array, n: int | None = None) -> None:
    """target += scale * array, each network with its scale, of flat arrays (n_networks * n_params,).

    In all or in the first ``n`` parameters of each. BLAS makes one pass, where NumPy needs two. Each network
    has a call of its own: so it is rounded as if it were alone, while in one long call its place counts.
    """
    axpy = AXPY[target.dtype.char]
    if len(scales) == 1:
        axpy(array, target, target.size if n is None else n, scales[0])
        return
    n_params = target.size // len(scales)
    for i, scale in enumerate(scales):
        axpy(array, target, n_params if n is None else n, scale, i * n_params, 1, i * n_params)


def multiply_each(target: Array, scales: Sequence[float]) -> None:
    """target *= scale, each network with its scale, of a flat array (n_networks * n_params,)."""
    n_params = target.size // len(scales)
    for i, scale in enumerate(scales):
        SCAL[target.dtype.char](scale, target, n_params, i * n_params)


def decay_and_add(target: Array, decay: float, array: Array) -> None:
    """target = decay * target + array, of arrays (n,): short ones in half of NumPy's time."""
    SCAL[target.dtype.char](decay, target)
    AXPY[target.dtype.char](array, target)


def add_row(target: Array, row: Array, ones: Array) -> None:
    """target (..., m, n) += row (..., 1, n); ``ones`` (1, m).

    For one network as an update of rank one, ones times the row, in half the time of NumPy's broadcast.
    """
    if target.ndim == 2:
        stride = in_place = 1
        GER[target.dtype.char](1.0, row, ones, stride, stride, target.T, in_place, in_place, in_place)
    else:
        target += row


def inner_product(a: Array, b: Array) -> Any:
    """Sum (...) of the products of the entries of arrays (..., m, n)."""
    if a.ndim == 2:
        return a.ravel().dot(b.ravel())
    return np.vecdot(a.reshape(*a.shape[:-2], -1), b.reshape(*b.shape[:-2], -1))


def count_true(flags: NDArray[np.bool]) -> Any:
    """Count (...) the true values of an array (..., m, n)."""
    return np.count_nonzero(flags) if flags.ndim == 2 else np.add.reduce(flags, axis=(-2, -1))
