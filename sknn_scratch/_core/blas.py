"""The one operation that NumPy lacks: adding a multiple of an array in a single pass."""

from typing import Any

import numpy as np
from scipy.linalg.blas import daxpy, saxpy

from sknn_scratch._core.activations import Array

AXPY = {"f": saxpy, "d": daxpy}


def add_multiple(target: Array, scale: Any, array: Array, scratch: Array) -> None:
    """target += scale * array, for arrays (..., n) and a scale that broadcasts: no axes for one network.

    For one network BLAS does it in one pass, in a third of the time of the two that NumPy needs.
    ``scratch`` has the shape of ``array``, and may be ``array`` itself, if that need not be kept.
    """
    if target.ndim == 1:
        AXPY[target.dtype.char](array, target, array.size, scale)
    else:
        np.multiply(array, scale, out=scratch)
        target += scratch
