"""Cheaper or safer forms of what NumPy, BLAS and Python offer, each behind a name that says what it does.

Arrays that are written to must be contiguous: SciPy passes BLAS a copy of any other array.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import daxpy, dscal, saxpy, sscal

from sknn_scratch._core.activations import Array

AXPY = {"f": saxpy, "d": daxpy}
SCAL = {"f": sscal, "d": dscal}

Value = TypeVar("Value")


class computed_once(cached_property[Value]):
    """A cached_property without a lock.

    Before Python 3.12, all threads share its lock. A process that is forked meanwhile waits for it for ever.
    """

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        value = vars(instance)[self.attrname] = self.func(instance)
        return value


def dot(a: Array, b: Array, out: Array) -> None:
    """out = a b, of matrices or, with a network axis, of stacks of matrices.

    ndarray.dot has half the overhead of matmul.
    """
    if out.ndim == 2:
        a.dot(b, out)
    elif a.shape[-1] > 1:
        np.matmul(a, b, out)
    else:
        # A second column and row of zeros make matmul call BLAS. For a single one, matmul uses a loop of its
        # own, which takes four to ten times as long as BLAS takes for two.
        columns = np.zeros((*a.shape[:-1], 2), a.dtype)
        rows = np.zeros((*b.shape[:-2], 2, b.shape[-1]), b.dtype)
        columns[..., :1], rows[..., :1, :] = a, b
        np.matmul(columns, rows, out)


def add_multiples(
    target: Array, scales: Sequence[float], array: Array, first: int = 0, n: int | None = None
) -> None:
    """target += scale * array, with a scale for each network, of flat arrays (n_networks * n_params,).

    It changes all parameters of each network, or ``n`` of them, starting at ``first``. BLAS makes one pass;
    NumPy needs two. There is one call for each network, so that it rounds as in a separate fit: within one
    long call, rounding depends on the position.
    """
    axpy, n_params = AXPY[target.dtype.char], target.size // len(scales)
    n = n_params if n is None else n
    for scale in scales:
        axpy(array, target, n, scale, first, 1, first)
        first += n_params


def add_multiple(target: Array, scale: float, array: Array) -> None:
    """target += scale * array, of arrays (n,)."""
    AXPY[target.dtype.char](array, target, a=scale)


def multiply_each(target: Array, scales: Sequence[float], first: int = 0, n: int | None = None) -> None:
    """target *= scale, with a scale for each network, of a flat array (n_networks * n_params,)."""
    scal, n_params = SCAL[target.dtype.char], target.size // len(scales)
    n = n_params if n is None else n
    for scale in scales:
        scal(scale, target, n, first)
        first += n_params


def decay_and_add(target: Array, decay: float, array: Array) -> None:
    """target = decay * target + array, of arrays (n,); twice as fast as NumPy if they are short."""
    char = target.dtype.char
    SCAL[char](decay, target)
    AXPY[char](array, target)


def clear_tiny(array: Array, *, are_squares: bool = False) -> None:
    """Set tiny numbers to zero: a product of them may be subnormal, and takes a hundred times as long.

    The squares of the numbers that are left are normal, even if they shrink by the relative precision. In
    float32, these numbers are at least 3e-16. The bound for an array of squares is the square of that.
    """
    limits = np.finfo(array.dtype)
    least_square = limits.smallest_normal / limits.eps
    np.multiply(array, np.abs(array) >= (least_square if are_squares else np.sqrt(least_square)), out=array)


def sum_of_squares(vectors: Array) -> Any:
    """Sum the squares (...) of vectors (..., n).

    BLAS is not used: in some libraries, the rounding of a dot product depends on the address of the array, so
    a network in a stack would not equal a separate fit.
    """
    return np.add.reduce(np.square(vectors), axis=-1)


def norms_of(vectors: Array) -> Any:
    """Compute the norms (...) of vectors (..., n), even if their squares overflow."""
    norms = np.sqrt(sum_of_squares(vectors))
    if np.isinf(norms).any():
        largest = np.abs(vectors).max(axis=-1, keepdims=True)
        finite = largest[..., 0].astype(float) * np.sqrt(sum_of_squares(vectors / largest))
        norms = np.where(np.isinf(norms), finite, norms)
    return norms


def count_nonzero(array: NDArray[Any]) -> Any:
    """Count (...) the entries of an array (..., m, n) that are not zero."""
    return int(np.count_nonzero(array)) if array.ndim == 2 else np.count_nonzero(array, axis=(-2, -1))
