import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.arrays import add_multiples, norms_of, sum_of_squares

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@both_precisions
@pytest.mark.parametrize("n_params", [1, 7, 63, 64, 65, 1000])
def test_a_network_is_rounded_as_if_it_were_alone(dtype, n_params):
    rng = np.random.default_rng(0)
    target, array = rng.normal(size=(2, 5, n_params)).astype(dtype)
    scales, alone = rng.normal(size=5).tolist(), target.copy()
    add_multiples(target.reshape(-1), scales, array.reshape(-1))
    for row, scale, of_network in zip(alone, scales, array, strict=True):
        add_multiples(row, [scale], of_network)
    assert_array_equal(target, alone)


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
