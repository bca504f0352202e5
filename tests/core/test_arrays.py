import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn_scratch._core.arrays import (
    add_multiples,
    count_nonzero,
    decay_and_add,
    dot,
    multiply_each,
    norms_of,
    sum_of_squares,
)

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
one_network_or_a_stack = pytest.mark.parametrize("networks", [(), (3,)])


@both_precisions
@pytest.mark.parametrize("scales", [[0.5], [0.5, 0.0, -3.0]])
@pytest.mark.parametrize(("first", "n"), [(0, None), (0, 5), (2, 4)])
def test_each_network_has_its_own_scale(dtype, scales, first, n):
    target, array = np.random.default_rng(0).normal(size=(2, len(scales), 7)).astype(dtype)
    part, column = np.s_[:, first : None if n is None else first + n], np.array(scales, dtype)[:, np.newaxis]
    added, multiplied, array_before = target.copy(), target.copy(), array.copy()
    add_multiples(added.reshape(-1), scales, array.reshape(-1), first, n)
    multiply_each(multiplied.reshape(-1), scales, first, n)
    expected_sum, expected_product = target.copy(), target.copy()
    expected_sum[part] += column * array[part]
    expected_product[part] *= column
    assert_allclose(added, expected_sum, rtol=8 * np.finfo(dtype).eps)
    assert_array_equal(multiplied, expected_product)
    assert_array_equal(array, array_before)


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
@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_decays_and_adds_in_place(dtype, decay):
    target, array = np.random.default_rng(0).normal(size=(2, 7)).astype(dtype)
    expected, array_before = decay * target + array, array.copy()
    decay_and_add(target, decay, array)
    assert_allclose(target, expected, rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
    assert_array_equal(array, array_before)


@both_precisions
@one_network_or_a_stack
def test_products_are_those_of_each_network(dtype, networks):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(*networks, 4, 3)).astype(dtype), rng.normal(size=(*networks, 3, 2)).astype(dtype)
    out = np.full((*networks, 4, 2), np.nan, dtype)
    dot(a, b, out)
    assert_allclose(out, np.einsum("...ij,...jk->...ik", a, b), rtol=1e-5)
    dot(np.ones((1, 4), dtype), a, total := np.full((*networks, 1, 3), np.nan, dtype))
    assert_allclose(total, a.sum(axis=-2, keepdims=True), rtol=1e-5)


@both_precisions
@one_network_or_a_stack
def test_columns_by_rows_are_exact(dtype, networks):
    """Each value is one product, whatever else BLAS may add: infinite values stay where they are."""
    rng = np.random.default_rng(0)
    column = rng.normal(size=(*networks, 4, 1)).astype(dtype)
    row = rng.normal(size=(*networks, 1, 3)).astype(dtype)
    column[..., 1, 0] = np.inf
    out = np.full((*networks, 4, 3), np.nan, dtype)
    with np.errstate(invalid="ignore"):  # as in training
        dot(column, row, out)
    assert_array_equal(out, column * row)


@both_precisions
@one_network_or_a_stack
def test_squares_are_summed_for_each_network(dtype, networks):
    vectors = np.random.default_rng(0).normal(size=(*networks, 12)).astype(dtype)
    sums = sum_of_squares(vectors)
    assert_allclose(sums, np.linalg.norm(vectors, axis=-1) ** 2, rtol=1e-6)
    assert sums.dtype == dtype


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


@one_network_or_a_stack
def test_what_is_not_zero_is_counted_for_each_network(networks):
    numbers = np.random.default_rng(0).integers(-1, 2, size=(*networks, 4, 3))
    assert_array_equal(count_nonzero(numbers > 0), (numbers > 0).sum(axis=(-2, -1)))
    assert_array_equal(count_nonzero(numbers.astype(float)), (numbers != 0).sum(axis=(-2, -1)))
