import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.arrays import norms_of, sum_of_squares
from tests.helpers import both_precisions


@both_precisions
def test_norms_of_vectors_whose_squares_overflow(dtype):
    largest = np.finfo(dtype).max / 4
    vectors = np.array([[3, 4], [0, 0], [largest, -largest], [largest, np.inf], [np.nan, 1]], dtype)
    with np.errstate(all="ignore"):
        together, alone = norms_of(vectors), [norms_of(vector) for vector in vectors]
    assert_array_equal(together, alone)
    assert_allclose(together[:3], [5, 0, 2**0.5 * largest], rtol=1e-6)
    assert np.isnan(together[3:]).all()  # longer than no limit: it stays as it is, and the training diverges


@both_precisions
@pytest.mark.parametrize("n", [1, 7, 8, 63, 64, 65, 1000])
def test_squares_are_summed_alike_wherever_they_lie_in_memory(dtype, n):
    """A dot product of BLAS may round by the alignment, and a stack would not be as its networks alone."""
    vectors = np.random.default_rng(0).normal(size=(5, n)).astype(dtype)
    buffer, itemsize = np.empty(n * vectors.itemsize + 64, np.uint8), vectors.itemsize
    sums = sum_of_squares(vectors)
    for i, vector in enumerate(vectors):
        for offset in range(0, 64, itemsize):
            moved = buffer[offset : offset + n * itemsize].view(dtype)
            moved[...] = vector
            assert sum_of_squares(moved) == sums[i]
